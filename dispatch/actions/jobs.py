"""What becomes of a job as a whole."""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.attribution import current, rooted
from fsm.events import announce
from fsm.states import NotPossible
from inventory import actions as stock
from inventory.models import ReservationState

from ..events import JobCancelled, JobClosed, JobReopened
from ..models import Job, JobNote, Visit
from ..states import JOB_STATES, UNDER_WAY, VISIT_STATES, AssignmentState, JobState, VisitState
from .locks import locked_assignments, locked_job, tell_boards


@transaction.atomic
def cancel_job(job_id: int, *, because: str, now: datetime) -> Job:
    """End a job that will not be done: its visits are cancelled, its technicians free, its parts released."""
    del now
    because = _reason(because)
    job = locked_job(job_id)
    JOB_STATES.check(job.state, JobState.CANCELLED)
    visits = list(job.visits.select_for_update(no_key=True).order_by("pk"))
    if any(visit.state in UNDER_WAY for visit in visits):
        raise NotPossible(
            _("A technician is on this job right now. Let them finish or report no access first.")
        )
    with rooted("job", job.uuid), with_reason(because):
        for visit in visits:
            if visit.state in VISIT_STATES.open():
                end_visit(visit, VisitState.CANCELLED, because)
        job.state, job.cancelled_because = JobState.CANCELLED, because
        job.hold_reason, job.follow_up_on = "", None
        job.version += 1
        job.save(update_fields=["state", "cancelled_because", "hold_reason", "follow_up_on", "version"])
        announce(JobCancelled(job_id=job.pk))
    return job


@transaction.atomic
def hold_job(job_id: int, *, because: str, follow_up_on: date, now: datetime) -> Job:
    """Wait for parts, the customer or an approval; the job comes back by itself on the follow-up day."""
    because = _reason(because)
    job = locked_job(job_id)
    JOB_STATES.check(job.state, JobState.ON_HOLD)
    if follow_up_on < now.date():
        raise NotPossible(_("The follow-up day is in the past."), field="follow_up_on")
    with rooted("job", job.uuid), with_reason(because):
        job.state, job.hold_reason, job.follow_up_on = JobState.ON_HOLD, because, follow_up_on
        job.version += 1
        job.save(update_fields=["state", "hold_reason", "follow_up_on", "version"])
        _tell_of_open_visits(job)
    return job


@transaction.atomic
def resume_job(job_id: int, *, now: datetime) -> Job:
    """Take a job off hold: scheduled where a visit has its time, else back to booked."""
    del now
    job = locked_job(job_id)
    if job.state != JobState.ON_HOLD:
        raise NotPossible(_("Job %(job)s is not on hold.") % {"job": job.number})
    planned = job.visits.filter(starts_at__isnull=False, state__in=VISIT_STATES.open()).exists()
    target = JobState.SCHEDULED if planned else JobState.BOOKED
    JOB_STATES.check(job.state, target)
    with rooted("job", job.uuid):
        job.state, job.hold_reason, job.follow_up_on = target, "", None
        job.version += 1
        job.save(update_fields=["state", "hold_reason", "follow_up_on", "version"])
        _tell_of_open_visits(job)
    return job


@transaction.atomic
def close_job(job_id: int, *, now: datetime) -> Job:
    """The completion was reviewed and no visit is open: nothing more happens to the job."""
    del now
    job = locked_job(job_id)
    JOB_STATES.check(job.state, JobState.CLOSED)
    if job.visits.filter(state__in=VISIT_STATES.open()).exists():
        raise NotPossible(_("Job %(job)s still has an open visit.") % {"job": job.number})
    with rooted("job", job.uuid):
        job.state = JobState.CLOSED
        job.version += 1
        job.save(update_fields=["state", "version"])
        announce(JobClosed(job_id=job.pk))
    return job


@transaction.atomic
def reopen_job(job_id: int, *, because: str, now: datetime) -> Job:
    """More work on a job that was complete; add a visit next."""
    del now
    because = _reason(because)
    job = locked_job(job_id)
    if job.state not in (JobState.WORK_COMPLETE, JobState.CLOSED):
        raise NotPossible(_("Job %(job)s is still open.") % {"job": job.number})
    JOB_STATES.check(job.state, JobState.IN_PROGRESS)
    with rooted("job", job.uuid), with_reason(because):
        job.state, job.completed_at = JobState.IN_PROGRESS, None
        job.version += 1
        job.save(update_fields=["state", "completed_at", "version"])
        announce(JobReopened(job_id=job.pk))
    return job


@transaction.atomic
def write_note(
    job_id: int, *, body: str, now: datetime, uuid: uuids.UUID | None = None, visit_id: int | None = None
) -> JobNote:
    """Add a note; notes are never edited. The same uuid twice is the same note."""
    if not body.strip():
        raise NotPossible(_("Write something first."), field="body")
    job = locked_job(job_id)
    if visit_id and not job.visits.filter(pk=visit_id).exists():
        raise NotPossible(_("This visit belongs to another job."))
    who = current()
    with rooted("job", job.uuid):
        note, _made = JobNote.objects.get_or_create(
            uuid=uuid or uuids.uuid4(),
            defaults={
                "job": job,
                "visit_id": visit_id,
                "body": body.strip(),
                "author_id": who.user_id,
                "author_name": who.actor_name,
                "written_at": now,
            },
        )
    return note


def end_visit(visit: Visit, state: VisitState, because: str = "") -> None:
    """Cancel a visit or mark it unused: its technicians are free and what was reserved for it is released."""
    VISIT_STATES.check(visit.state, state)
    for assignment in locked_assignments(visit):
        if assignment.state != AssignmentState.DONE:
            assignment.state = AssignmentState.RELEASED
            assignment.save(update_fields=["state"])
    for use in visit.part_uses.filter(reservation__state=ReservationState.HELD).select_related("reservation"):
        stock.release(use.reservation_id)
    visit.state, visit.cancelled_because = state, because
    visit.version += 1
    visit.save(update_fields=["state", "cancelled_because", "version"])
    tell_boards(visit)


def _reason(text: str) -> str:
    if not text.strip():
        raise NotPossible(_("Say why: the reason stays on the job."), field="because")
    return text.strip()


def _tell_of_open_visits(job: Job) -> None:
    for visit in job.visits.filter(state__in=VISIT_STATES.open()):
        tell_boards(visit)
