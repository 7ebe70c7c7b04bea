"""Who comes when: the board's changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.attribution import rooted
from fsm.clock import local
from fsm.events import announce
from fsm.states import NotPossible

from ..events import VisitPlaced, VisitUnscheduled
from ..models import Assignment, AssignmentRole, JobTypeSkill, Technician, TimeOff, Visit
from ..states import (
    ASSIGNMENT_HOLDING,
    JOB_STATES,
    UNDER_WAY,
    VISIT_STATES,
    AssignmentState,
    JobState,
    VisitState,
)
from .locks import check_version, locked_assignments, locked_visit, take_turns, tell_boards

OVERLAP = "assignment_no_overlap"
MOVABLE = (
    VisitState.UNSCHEDULED,
    VisitState.TENTATIVE,
    VisitState.SCHEDULED,
    VisitState.CONFIRMED,
    VisitState.DISPATCHED,
    VisitState.ACKNOWLEDGED,
)


@dataclass(frozen=True)
class Placed:
    """A visit with its new place, and the soft rules it bends: each a sentence that names itself."""

    visit: Visit
    warnings: list[str] = field(default_factory=list)


@transaction.atomic
def place_visit(
    visit_id: int,
    *,
    technician_id: int,
    starts_at: datetime,
    ends_at: datetime,
    version: int | None,
    now: datetime,
    from_technician_id: int | None = None,
) -> Placed:
    """Give a visit a technician and a time: from the tray, or moving or resizing what is planned.

    With several technicians the time moves for all; `from_technician_id` (else the lead) changes hands.
    Refuses an overlap by the database's constraint, naming the other visit; an older version raises Stale.
    """
    del now
    visit = locked_visit(visit_id)
    assignments = locked_assignments(visit)
    check_version(visit, version, _where(visit, assignments))
    technician = _technician(technician_id)
    _refuse_placement(visit, starts_at, ends_at)
    with rooted("job", visit.job.uuid):
        _reassign(visit, assignments, technician, from_technician_id, starts_at, ends_at)
        if visit.state in (VisitState.UNSCHEDULED, VisitState.TENTATIVE):
            VISIT_STATES.check(visit.state, VisitState.SCHEDULED)
            visit.state = VisitState.SCHEDULED
        visit.starts_at, visit.ends_at = starts_at, ends_at
        visit.minutes = int((ends_at - starts_at).total_seconds() // 60)
        visit.version += 1
        visit.save(update_fields=["state", "starts_at", "ends_at", "minutes", "version"])
        _job_is_scheduled(visit)
        announce(VisitPlaced(visit_id=visit.pk))
        tell_boards(visit)
    return Placed(visit, _warnings(visit, technician))


@transaction.atomic
def unschedule_visit(visit_id: int, *, version: int | None, now: datetime, because: str = "") -> Visit:
    """Put a visit back into the tray; its technicians are free again."""
    del now
    visit = locked_visit(visit_id)
    assignments = locked_assignments(visit)
    check_version(visit, version, _where(visit, assignments))
    if visit.state not in MOVABLE:
        raise NotPossible(
            _("This visit is %(state)s and stays where it is.") % {"state": visit.get_state_display().lower()}
        )
    with rooted("job", visit.job.uuid), with_reason(because):
        for assignment in assignments:
            _release(assignment)
        visit.state, visit.starts_at, visit.ends_at = VisitState.UNSCHEDULED, None, None
        visit.version += 1
        visit.save(update_fields=["state", "starts_at", "ends_at", "version"])
        _job_has_no_visit(visit)
        announce(VisitUnscheduled(visit_id=visit.pk))
        tell_boards(visit)
    return visit


@transaction.atomic
def add_technician(visit_id: int, *, technician_id: int, version: int | None, now: datetime) -> Placed:
    """Send one more technician along, as a helper, at the visit's planned time."""
    del now
    visit = locked_visit(visit_id)
    assignments = locked_assignments(visit)
    check_version(visit, version, _where(visit, assignments))
    if visit.starts_at is None or visit.ends_at is None:
        raise NotPossible(_("Place the visit on the board first, then add technicians."))
    if visit.state not in (*MOVABLE, *UNDER_WAY):
        raise NotPossible(_("This visit is over."))
    technician = _technician(technician_id)
    if any(assignment.technician_id == technician.pk for assignment in assignments):
        raise NotPossible(_("%(name)s is already on this visit.") % {"name": technician})
    take_turns([technician.pk])
    with rooted("job", visit.job.uuid):
        _saved(
            Assignment(
                visit=visit,
                technician=technician,
                role=AssignmentRole.HELPER if assignments else AssignmentRole.LEAD,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
            )
        )
        visit.version += 1
        visit.save(update_fields=["version"])
        announce(VisitPlaced(visit_id=visit.pk))
        tell_boards(visit)
    return Placed(visit, _warnings(visit, technician))


@transaction.atomic
def release_technician(visit_id: int, *, technician_id: int, version: int | None, now: datetime) -> Visit:
    """Take one of several technicians off a visit; the last one goes by unscheduling."""
    del now
    visit = locked_visit(visit_id)
    assignments = locked_assignments(visit)
    check_version(visit, version, _where(visit, assignments))
    leaving = next((row for row in assignments if row.technician_id == technician_id), None)
    if leaving is None:
        raise NotPossible(_("This technician is not on the visit."))
    if len(assignments) == 1:
        raise NotPossible(
            _("This is the only technician. Move the visit to somebody else or back to the tray.")
        )
    if leaving.state != AssignmentState.ASSIGNED:
        raise NotPossible(_("%(name)s has already set out.") % {"name": leaving.technician})
    with rooted("job", visit.job.uuid):
        _release(leaving)
        if leaving.role == AssignmentRole.LEAD:
            heir = next(row for row in assignments if row.pk != leaving.pk)
            heir.role = AssignmentRole.LEAD
            heir.save(update_fields=["role"])
        visit.version += 1
        visit.save(update_fields=["version"])
        announce(VisitPlaced(visit_id=visit.pk))
        tell_boards(visit)
    return visit


def _refuse_placement(visit: Visit, starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise NotPossible(_("A visit must end after it starts."), field="ends_at")
    if visit.state not in MOVABLE:
        raise NotPossible(
            _("This visit is %(state)s and stays where it is.") % {"state": visit.get_state_display().lower()}
        )
    if visit.job.state in (JobState.CANCELLED, JobState.CLOSED, JobState.WORK_COMPLETE):
        raise NotPossible(
            _("Job %(job)s is %(state)s.")
            % {"job": visit.job.number, "state": visit.job.get_state_display().lower()}
        )
    if visit.job.customer.do_not_service:
        raise NotPossible(
            _("We do not serve %(name)s: %(why)s")
            % {"name": visit.job.customer.name, "why": visit.job.customer.do_not_service_reason}
        )


def _reassign(
    visit: Visit,
    assignments: list[Assignment],
    technician: Technician,
    from_technician_id: int | None,
    starts_at: datetime,
    ends_at: datetime,
) -> None:
    """Everybody's time moves; one of them may change hands."""
    take_turns([technician.pk, *(row.technician_id for row in assignments)])
    changing = next(
        (row for row in assignments if row.technician_id == from_technician_id),
        assignments[0] if assignments else None,
    )
    if changing is None:
        _saved(Assignment(visit=visit, technician=technician, starts_at=starts_at, ends_at=ends_at))
        return
    if technician.pk != changing.technician_id and any(
        row.technician_id == technician.pk for row in assignments
    ):
        raise NotPossible(_("%(name)s is already on this visit.") % {"name": technician})
    for row in assignments:
        row.starts_at, row.ends_at = starts_at, ends_at
        if row.pk == changing.pk and row.technician_id != technician.pk:
            row.technician = technician
            row.acknowledged_at = None
        _saved(row)


def _saved(assignment: Assignment) -> Assignment:
    """Save; the database's refusal of an overlap becomes a sentence that names the other visit."""
    try:
        with transaction.atomic():
            assignment.save()
    except IntegrityError as problem:
        if OVERLAP not in str(problem):
            raise
        raise NotPossible(_overlap_sentence(assignment)) from problem
    return assignment


def _overlap_sentence(wanted: Assignment) -> str:
    other = (
        Assignment.objects.filter(
            technician=wanted.technician,
            state__in=ASSIGNMENT_HOLDING,
            starts_at__lt=wanted.ends_at,
            ends_at__gt=wanted.starts_at,
        )
        .exclude(pk=wanted.pk)
        .select_related("visit__job__customer", "visit__job__site")
        .order_by("starts_at")
        .first()
    )
    if other is None:  # it left between the refusal and this look
        return _("%(name)s was busy at that time a moment ago. Try again.") % {"name": wanted.technician}
    job, zone = other.visit.job, other.visit.job.site.time_zone
    return _(
        "%(name)s is already at %(customer)s (%(job)s) from %(start)s to %(end)s. Nothing was moved."
    ) % {
        "name": wanted.technician,
        "customer": job.customer.name,
        "job": job.number,
        "start": local(other.starts_at, zone).strftime("%-I:%M %p"),
        "end": local(other.ends_at, zone).strftime("%-I:%M %p"),
    }


def _release(assignment: Assignment) -> None:
    assignment.state = AssignmentState.RELEASED
    assignment.save(update_fields=["state"])


def _job_is_scheduled(visit: Visit) -> None:
    job = visit.job
    if job.state in (JobState.BOOKED, JobState.ON_HOLD):
        JOB_STATES.check(job.state, JobState.SCHEDULED)
        job.state, job.hold_reason, job.follow_up_on = JobState.SCHEDULED, "", None
        job.version += 1
        job.save(update_fields=["state", "hold_reason", "follow_up_on", "version"])


def _job_has_no_visit(visit: Visit) -> None:
    job = visit.job
    if job.state == JobState.SCHEDULED and not job.visits.filter(state__in=MOVABLE[2:]).exists():
        JOB_STATES.check(job.state, JobState.BOOKED)
        job.state = JobState.BOOKED
        job.version += 1
        job.save(update_fields=["state", "version"])


def _technician(technician_id: int) -> Technician:
    technician = Technician.objects.select_related("user", "branch").get(pk=technician_id)
    if not technician.is_active or not technician.user.is_active:
        raise NotPossible(_("%(name)s does not work here any more.") % {"name": technician})
    return technician


def _where(visit: Visit, assignments: list[Assignment]) -> dict[str, Any]:
    return {
        "starts_at": visit.starts_at,
        "ends_at": visit.ends_at,
        "state": visit.state,
        "technicians": ", ".join(str(row.technician) for row in assignments),
        "version": visit.version,
    }


def _warnings(visit: Visit, technician: Technician) -> list[str]:
    """The soft rules that this placement bends."""
    if visit.starts_at is None or visit.ends_at is None:
        return []
    warnings = []
    if (
        visit.window_start
        and visit.window_end
        and not visit.window_start <= visit.starts_at <= visit.window_end
    ):
        warnings.append(_("Outside the arrival window promised to the customer."))
    wanted = JobTypeSkill.objects.filter(job_type=visit.job.job_type_id)
    needed = set(wanted.values_list("skill__name", flat=True))
    lacking = needed and needed - set(technician.skills.values_list("skill__name", flat=True))
    if lacking:
        warnings.append(
            _("%(name)s does not have: %(skills)s.")
            % {"name": technician, "skills": ", ".join(sorted(lacking))}
        )
    zone = technician.branch.time_zone
    start, end = local(visit.starts_at, zone), local(visit.ends_at, zone)
    shift = technician.shifts.filter(weekday=start.weekday()).first()
    if shift is None or start.time() < shift.starts or end.time() > shift.ends or start.date() != end.date():
        warnings.append(_("Outside the shift of %(name)s.") % {"name": technician})
    if TimeOff.objects.filter(
        technician=technician, starts_at__lt=visit.ends_at, ends_at__gt=visit.starts_at
    ).exists():
        warnings.append(_("%(name)s has time off then.") % {"name": technician})
    return warnings
