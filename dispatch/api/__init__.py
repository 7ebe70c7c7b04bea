"""Work, for programs: jobs, visits, who comes, and what technicians do."""

from django.urls import path

from . import field, jobs, visits

urlpatterns = [
    path("jobs/", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/book/", jobs.BookJob.as_view(), name="book-job"),
    path("jobs/<uuid:job_uuid>/", jobs.ShowJob.as_view(), name="job"),
    path("jobs/<uuid:job_uuid>/edit/", jobs.EditJob.as_view(), name="edit-job"),
    path("jobs/<uuid:job_uuid>/hold/", jobs.HoldJob.as_view(), name="hold-job"),
    path("jobs/<uuid:job_uuid>/resume/", jobs.ResumeJob.as_view(), name="resume-job"),
    path("jobs/<uuid:job_uuid>/cancel/", jobs.CancelJob.as_view(), name="cancel-job"),
    path("jobs/<uuid:job_uuid>/close/", jobs.CloseJob.as_view(), name="close-job"),
    path("jobs/<uuid:job_uuid>/reopen/", jobs.ReopenJob.as_view(), name="reopen-job"),
    path("jobs/<uuid:job_uuid>/notes/", jobs.JobNotes.as_view(), name="job-notes"),
    path("jobs/<uuid:job_uuid>/notes/write/", jobs.WriteNote.as_view(), name="write-note"),
    path("jobs/<uuid:job_uuid>/visits/add/", visits.AddVisit.as_view(), name="add-visit"),
    path("job-types/", jobs.JobTypes.as_view(), name="job-types"),
    path("technicians/", visits.Technicians.as_view(), name="technicians"),
    path("technicians/<uuid:technician_uuid>/", visits.ShowTechnician.as_view(), name="technician"),
    path("visits/", visits.Visits.as_view(), name="visits"),
    path("visits/<uuid:visit_uuid>/", visits.ShowVisit.as_view(), name="visit"),
    path("visits/<uuid:visit_uuid>/place/", visits.PlaceVisit.as_view(), name="place-visit"),
    path("visits/<uuid:visit_uuid>/unschedule/", visits.UnscheduleVisit.as_view(), name="unschedule-visit"),
    path("visits/<uuid:visit_uuid>/window/", visits.ChangeWindow.as_view(), name="change-window"),
    path("visits/<uuid:visit_uuid>/technicians/add/", visits.AddTechnician.as_view(), name="add-technician"),
    path(
        "visits/<uuid:visit_uuid>/technicians/release/",
        visits.ReleaseTechnician.as_view(),
        name="release-technician",
    ),
    path(
        "visits/<uuid:visit_uuid>/complete-on-behalf/",
        field.CompleteOnBehalf.as_view(),
        name="complete-on-behalf",
    ),
    path("visits/<uuid:visit_uuid>/en-route/", field.GoEnRoute.as_view(), name="go-en-route"),
    path("visits/<uuid:visit_uuid>/arrive/", field.Arrive.as_view(), name="arrive"),
    path("visits/<uuid:visit_uuid>/pause/", field.Pause.as_view(), name="pause"),
    path("visits/<uuid:visit_uuid>/resume/", field.Resume.as_view(), name="resume"),
    path("visits/<uuid:visit_uuid>/checks/answer/", field.AnswerCheck.as_view(), name="answer-check"),
    path("visits/<uuid:visit_uuid>/photos/add/", field.AddPhoto.as_view(), name="add-photo"),
    path("visits/<uuid:visit_uuid>/parts/use/", field.UsePart.as_view(), name="use-part"),
    path("visits/<uuid:visit_uuid>/parts/take-back/", field.TakeBackPart.as_view(), name="take-back-part"),
    path("visits/<uuid:visit_uuid>/refrigerant/log/", field.LogRefrigerant.as_view(), name="log-refrigerant"),
    path("visits/<uuid:visit_uuid>/sign/", field.Sign.as_view(), name="sign"),
    path("visits/<uuid:visit_uuid>/complete/", field.CompleteVisit.as_view(), name="complete-visit"),
    path("visits/<uuid:visit_uuid>/no-access/", field.ReportNoAccess.as_view(), name="report-no-access"),
]
