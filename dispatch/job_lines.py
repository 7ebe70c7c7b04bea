"""A job as one line of a list: its state, the visit that matters and who goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fsm.clock import local, today_in

from .models import Job, Visit
from .states import VISIT_STATES, VisitState
from .windows import in_words


@dataclass(frozen=True)
class JobLine:
    """One job; `when` and `who` are words for the visit that is next, or was last."""

    job: Job
    visit: Visit | None
    when: str
    who: str
    is_overdue: bool


def lines(jobs: Iterable[Job], now: datetime) -> list[JobLine]:
    """Lines of jobs that were fetched with `for_lines`; no further query."""
    return [line(job, now) for job in jobs]


def line(job: Job, now: datetime) -> JobLine:
    """One job that was fetched with `for_lines`."""
    visits: list[Any] = job.ordered_visits  # type: ignore[attr-defined]
    visit = next_visit(visits)
    return JobLine(
        job=job,
        visit=visit,
        when=when(visit, job.site.time_zone, now) if visit else "",
        who=", ".join(str(assignment.technician) for assignment in visit.people) if visit else "",
        is_overdue=bool(visit and is_overdue(visit, now)),
    )


def next_visit(visits: list[Any]) -> Any:
    """The first visit that is still open, else the last that was."""
    still_open = [visit for visit in visits if VisitState(visit.state) in VISIT_STATES.open()]
    if still_open:
        return min(still_open, key=lambda visit: (visit.starts_at is None, visit.starts_at, visit.sequence))
    return visits[-1] if visits else None


def is_overdue(visit: Visit, now: datetime) -> bool:
    """Whether the promised window has passed and nobody has arrived."""
    waiting = visit.state not in (VisitState.ON_SITE, VisitState.PAUSED)
    return bool(
        waiting
        and VisitState(visit.state) in VISIT_STATES.open()
        and visit.window_end is not None
        and visit.window_end < now
    )


def when(visit: Visit, zone: str, now: datetime) -> str:
    """The planned day and the promised window, else the planned start; empty for a visit with neither."""
    if visit.window_start and visit.window_end and VisitState(visit.state) in VISIT_STATES.open():
        hours = in_words(visit.window_start, visit.window_end, zone)
        return f"{day_words(local(visit.window_start, zone).date(), zone, now)}, {hours}"
    if visit.starts_at and visit.ends_at:
        hours = in_words(visit.starts_at, visit.ends_at, zone)
        return f"{day_words(local(visit.starts_at, zone).date(), zone, now)}, {hours}"
    return ""


def day_words(day: date, zone: str, now: datetime) -> str:
    """Today, tomorrow, yesterday, a weekday of this week, else the date."""
    away = (day - today_in(zone, now)).days
    if away in (-1, 0, 1):
        return {-1: _("Yesterday"), 0: _("Today"), 1: _("Tomorrow")}[away]
    return date_format(day, "D, M j" if abs(away) < 180 else "M j, Y")
