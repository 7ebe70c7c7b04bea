"""What may follow what, for jobs, visits and assignments."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fsm.states import StateTable


class JobState(TextChoices):
    """Why we come and what is owed; never whether it is billed."""

    BOOKED = "booked", _("Booked")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_PROGRESS = "in_progress", _("In progress")
    ON_HOLD = "on_hold", _("On hold")
    WORK_COMPLETE = "work_complete", _("Work complete")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


JOB_STATES = StateTable(
    "job",
    {
        JobState.BOOKED: frozenset(
            {JobState.SCHEDULED, JobState.IN_PROGRESS, JobState.ON_HOLD, JobState.CANCELLED}
        ),
        JobState.SCHEDULED: frozenset(
            {JobState.BOOKED, JobState.IN_PROGRESS, JobState.ON_HOLD, JobState.CANCELLED}
        ),
        JobState.IN_PROGRESS: frozenset(
            {
                JobState.BOOKED,
                JobState.SCHEDULED,
                JobState.ON_HOLD,
                JobState.WORK_COMPLETE,
                JobState.CANCELLED,
            }
        ),
        JobState.ON_HOLD: frozenset(
            {JobState.BOOKED, JobState.SCHEDULED, JobState.IN_PROGRESS, JobState.CANCELLED}
        ),
        JobState.WORK_COMPLETE: frozenset({JobState.CLOSED, JobState.IN_PROGRESS}),
        JobState.CLOSED: frozenset({JobState.IN_PROGRESS}),
        JobState.CANCELLED: frozenset(),
    },
)
# States in which somebody still has to come.
JOB_UNFINISHED = (JobState.BOOKED, JobState.SCHEDULED, JobState.IN_PROGRESS, JobState.ON_HOLD)


class VisitState(TextChoices):
    """When we come and how far we are."""

    UNSCHEDULED = "unscheduled", _("To be scheduled")
    TENTATIVE = "tentative", _("Tentative")
    SCHEDULED = "scheduled", _("Scheduled")
    CONFIRMED = "confirmed", _("Confirmed")
    DISPATCHED = "dispatched", _("Dispatched")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    EN_ROUTE = "en_route", _("En route")
    ON_SITE = "on_site", _("On site")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    NO_SHOW = "no_show", _("No access")
    CANCELLED = "cancelled", _("Cancelled")
    UNUSED = "unused", _("Unused")


_PLANNED = {VisitState.TENTATIVE, VisitState.SCHEDULED, VisitState.CONFIRMED, VisitState.DISPATCHED}
_ENDED_EARLY = {VisitState.CANCELLED, VisitState.UNUSED}
_ON_THE_WAY = {VisitState.EN_ROUTE, VisitState.ON_SITE}

VISIT_STATES = StateTable(
    "visit",
    {
        VisitState.UNSCHEDULED: frozenset(
            {VisitState.TENTATIVE, VisitState.SCHEDULED, VisitState.CONFIRMED} | _ENDED_EARLY
        ),
        VisitState.TENTATIVE: frozenset(
            {VisitState.UNSCHEDULED, VisitState.SCHEDULED, VisitState.CONFIRMED} | _ENDED_EARLY
        ),
        VisitState.SCHEDULED: frozenset(
            {VisitState.UNSCHEDULED, VisitState.CONFIRMED, VisitState.DISPATCHED, VisitState.NO_SHOW}
            | _ON_THE_WAY
            | _ENDED_EARLY
        ),
        VisitState.CONFIRMED: frozenset(
            {VisitState.UNSCHEDULED, VisitState.SCHEDULED, VisitState.DISPATCHED, VisitState.NO_SHOW}
            | _ON_THE_WAY
            | _ENDED_EARLY
        ),
        VisitState.DISPATCHED: frozenset(
            {VisitState.UNSCHEDULED, VisitState.SCHEDULED, VisitState.ACKNOWLEDGED, VisitState.NO_SHOW}
            | _ON_THE_WAY
            | _ENDED_EARLY
        ),
        VisitState.ACKNOWLEDGED: frozenset(
            {VisitState.UNSCHEDULED, VisitState.SCHEDULED, VisitState.DISPATCHED, VisitState.NO_SHOW}
            | _ON_THE_WAY
            | _ENDED_EARLY
        ),
        VisitState.EN_ROUTE: frozenset(
            {VisitState.ON_SITE, VisitState.SCHEDULED, VisitState.UNSCHEDULED, VisitState.NO_SHOW}
            | _ENDED_EARLY
        ),
        VisitState.ON_SITE: frozenset(
            {VisitState.PAUSED, VisitState.DONE, VisitState.NO_SHOW, VisitState.CANCELLED}
        ),
        VisitState.PAUSED: frozenset({VisitState.ON_SITE, VisitState.DONE, VisitState.CANCELLED}),
        VisitState.DONE: frozenset(),
        VisitState.NO_SHOW: frozenset(),
        VisitState.CANCELLED: frozenset(),
        VisitState.UNUSED: frozenset(),
    },
)
# States in which a visit has a place on the board that nobody else may take.
HOLDING = (
    VisitState.SCHEDULED,
    VisitState.CONFIRMED,
    VisitState.DISPATCHED,
    VisitState.ACKNOWLEDGED,
    VisitState.EN_ROUTE,
    VisitState.ON_SITE,
    VisitState.PAUSED,
)
UNDER_WAY = (VisitState.EN_ROUTE, VisitState.ON_SITE, VisitState.PAUSED)


class VisitOutcome(TextChoices):
    """How a visit that is done ended."""

    COMPLETE = "complete", _("Complete")
    RETURN_NEEDED = "return_needed", _("Return needed")


class AssignmentState(TextChoices):
    """How far one technician is on one visit."""

    ASSIGNED = "assigned", _("Assigned")
    EN_ROUTE = "en_route", _("En route")
    ON_SITE = "on_site", _("On site")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    RELEASED = "released", _("Released")


ASSIGNMENT_STATES = StateTable(
    "assignment",
    {
        AssignmentState.ASSIGNED: frozenset(
            {
                AssignmentState.EN_ROUTE,
                AssignmentState.ON_SITE,
                AssignmentState.DONE,
                AssignmentState.RELEASED,
            }
        ),
        AssignmentState.EN_ROUTE: frozenset(
            {
                AssignmentState.ON_SITE,
                AssignmentState.ASSIGNED,
                AssignmentState.DONE,
                AssignmentState.RELEASED,
            }
        ),
        AssignmentState.ON_SITE: frozenset(
            {AssignmentState.PAUSED, AssignmentState.DONE, AssignmentState.RELEASED}
        ),
        AssignmentState.PAUSED: frozenset(
            {AssignmentState.ON_SITE, AssignmentState.DONE, AssignmentState.RELEASED}
        ),
        AssignmentState.DONE: frozenset(),
        AssignmentState.RELEASED: frozenset({AssignmentState.ASSIGNED}),
    },
)
ASSIGNMENT_HOLDING = (
    AssignmentState.ASSIGNED,
    AssignmentState.EN_ROUTE,
    AssignmentState.ON_SITE,
    AssignmentState.PAUSED,
)
