from django.urls import path

from . import board, booking, deeds, jobs

app_name = "dispatch"
urlpatterns = [
    path("board/", board.board, name="board"),
    path("board/rows/", board.board_rows, name="board-rows"),
    path("board/visits/<uuid:visit_uuid>/", board.board_visit, name="board-visit"),
    path("board/visits/<uuid:visit_uuid>/place/", board.place_visit, name="place-visit"),
    path("board/visits/<uuid:visit_uuid>/unschedule/", board.unschedule_visit, name="unschedule-visit"),
    path("board/visits/<uuid:visit_uuid>/technicians/add/", board.add_technician, name="add-technician"),
    path(
        "board/visits/<uuid:visit_uuid>/technicians/release/",
        board.release_technician,
        name="release-technician",
    ),
    path("book/", booking.book, name="book"),
    path("book/find/", booking.find_caller, name="find-caller"),
    path("book/site/", booking.book_site, name="book-site"),
    path("book/job/", booking.book_job, name="book-job"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:job_uuid>/", jobs.job, name="job"),
    path("jobs/<uuid:job_uuid>/edit/", deeds.edit_job, name="edit-job"),
    path("jobs/<uuid:job_uuid>/visits/add/", deeds.add_visit, name="add-visit"),
    path("jobs/<uuid:job_uuid>/hold/", deeds.hold_job, name="hold-job"),
    path("jobs/<uuid:job_uuid>/resume/", deeds.resume_job, name="resume-job"),
    path("jobs/<uuid:job_uuid>/cancel/", deeds.cancel_job, name="cancel-job"),
    path("jobs/<uuid:job_uuid>/close/", deeds.close_job, name="close-job"),
    path("jobs/<uuid:job_uuid>/reopen/", deeds.reopen_job, name="reopen-job"),
    path("jobs/<uuid:job_uuid>/notes/", deeds.write_note, name="write-note"),
    path("visits/<uuid:visit_uuid>/window/", deeds.change_window, name="change-window"),
    path("visits/<uuid:visit_uuid>/complete/", deeds.complete_on_behalf, name="complete-on-behalf"),
    path("photos/<uuid:photo_uuid>/", jobs.photo, name="photo"),
    path("signatures/<uuid:signature_uuid>/", jobs.signature, name="signature"),
]
