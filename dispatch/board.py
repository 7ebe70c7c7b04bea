"""What the board shows: plain values from a fixed number of queries, in minutes since the day began."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Window
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fsm.clock import at, day_in, local, today_in
from fsm.models import Branch, Company

from .actions.planning import MOVABLE
from .models import Assignment, AssignmentRole, Job, Shift, Technician, TimeOff, Visit
from .states import ASSIGNMENT_HOLDING, JOB_STATES, AssignmentState, JobState, VisitState
from .windows import in_words

TRAY_LIMIT = 200
GRACE = timedelta(minutes=15)  # a visit without a window is late this long after its planned start
AT_WORK = (AssignmentState.ON_SITE, AssignmentState.PAUSED)
HIDDEN = (VisitState.CANCELLED, VisitState.UNUSED)


@dataclass(frozen=True)
class Span:
    """A stretch of a row: when nobody works, when somebody is away."""

    start: int
    minutes: int
    label: str = ""


@dataclass(frozen=True)
class Card:
    """A visit on one technician's row, or in the tray (then `start` is None)."""

    visit_uuid: uuids.UUID
    version: int
    job_number: str
    customer: str
    town: str
    job_type: str
    summary: str
    priority: int
    priority_label: str
    state: str
    state_label: str
    minutes: int
    start: int | None = None
    times: str = ""
    window: Span | None = None
    misses_window: bool = False
    actual_start: int | None = None
    actual_end: int | None = None
    late_from: int | None = None
    over_from: int | None = None
    is_late: bool = False
    is_over: bool = False
    is_movable: bool = True
    is_hidden: bool = False
    is_helper: bool = False
    is_tentative: bool = False
    crew: int = 1
    lane: int = 0
    age: str = ""

    @property
    def end(self) -> int:
        """The minute it is planned to end."""
        return (self.start or 0) + self.minutes


@dataclass(frozen=True)
class Row:
    """A technician's day."""

    uuid: uuids.UUID
    name: str
    skills: str
    hours: str
    load: str
    away: bool
    closed: list[Span]
    time_off: list[Span]
    cards: list[Card]
    lanes: int


@dataclass(frozen=True)
class Tray:
    """What waits for a time: at most TRAY_LIMIT cards, most pressing first, of `total`."""

    cards: list[Card]
    total: int


@dataclass(frozen=True)
class Hour:
    """A tick of the axis."""

    minute: int
    label: str


@dataclass(frozen=True)
class Day:
    """One local day of a branch: its instants, and minutes as the board counts them."""

    branch: Branch
    date: date
    now: datetime
    first_instant: datetime
    last_instant: datetime

    @property
    def zone(self) -> str:
        """The branch's zone."""
        return self.branch.time_zone

    @property
    def is_today(self) -> bool:
        """Whether the day is today, where the branch is."""
        return self.date == today_in(self.zone, self.now)

    @property
    def length(self) -> int:
        """Minutes of the day: 1440, and an hour more or less when the clocks change."""
        return self.minute(self.last_instant)

    def minute(self, instant: datetime) -> int:
        """Minutes since the day's first instant; negative before it."""
        return int((instant - self.first_instant).total_seconds() // 60)

    def at_clock(self, wall: time) -> int:
        """The minute at which the wall clock shows a time."""
        return self.minute(at(self.zone, self.date, wall))


@dataclass(frozen=True)
class Board:
    """A whole page."""

    day: Day
    opens: int
    closes: int
    hours: list[Hour]
    rows: list[Row]
    tray: Tray
    late: int = field(default=0)
    over: int = field(default=0)
    placed: int = field(default=0)


def day_of(branch: Branch, day: date | None, now: datetime) -> Day:
    """The day asked for, else the branch's today."""
    day = day or today_in(branch.time_zone, now)
    return Day(branch, day, now, *day_in(branch.time_zone, day))


def read_board(user: Any, day: Day, company: Company | None) -> Board:
    """Everything of one day, in four queries."""
    rows = read_rows(user, day)
    cards = [card for row in rows for card in row.cards]
    opens, closes = _axis(day, company, rows, cards)
    return Board(
        day=day,
        opens=opens,
        closes=closes,
        hours=[Hour(minute, _tick(day, minute)) for minute in range(0, day.length, 60)],
        rows=rows,
        tray=read_tray(user, day),
        late=len({card.visit_uuid for card in cards if card.is_late}),
        over=len({card.visit_uuid for card in cards if card.is_over}),
        placed=len({card.visit_uuid for card in cards}),
    )


def read_rows(user: Any, day: Day, only: Collection[uuids.UUID] | None = None) -> list[Row]:
    """The rows of the branch's technicians, or of some of them, in three queries."""
    technicians = _technicians(user, day, only)
    wanted = [technician["pk"] for technician in technicians]
    cards: dict[int, list[Card]] = {pk: [] for pk in wanted}
    for assignment in _assignments(day, wanted):
        cards[assignment.technician_id].append(_placed(assignment, user, day))
    away: dict[int, list[Span]] = {pk: [] for pk in wanted}
    for absence in TimeOff.objects.filter(
        technician__in=wanted, starts_at__lt=day.last_instant, ends_at__gt=day.first_instant
    ).order_by("starts_at"):
        away[absence.technician_id].append(_absence(absence, day))
    return [_row(row, cards[row["pk"]], away[row["pk"]], day) for row in technicians]


def read_tray(user: Any, day: Day) -> Tray:
    """The branch's visits without a time, most pressing first, in one query."""
    waiting = (
        Visit.objects.visible_to(user)
        .filter(state=VisitState.UNSCHEDULED, job__branch=day.branch, job__state__in=JOB_STATES.open())
        .exclude(job__state=JobState.ON_HOLD, job__follow_up_on__gt=day.date)
        .select_related("job__customer", "job__site", "job__job_type")
        .annotate(total=Window(Count("pk")))
        .order_by("job__priority", "window_start", "job__created_at", "pk")[:TRAY_LIMIT]
    )
    visits: list[Any] = list(waiting)
    return Tray([_waiting(visit, day) for visit in visits], visits[0].total if visits else 0)


def technicians_of(user: Any, branch: Branch) -> list[tuple[str, str]]:
    """Who can be chosen in a form, by uuid and name."""
    rows = Technician.objects.visible_to(user).active().filter(branch=branch)
    return [(str(unique), name) for unique, name in rows.values_list("uuid", "user__name")]


def holders_of(visit_uuids: Iterable[uuids.UUID]) -> set[uuids.UUID]:
    """The technicians on whose rows these visits stand."""
    standing = Assignment.objects.filter(visit__uuid__in=list(visit_uuids)).exclude(
        state=AssignmentState.RELEASED
    )
    return set(standing.values_list("technician__uuid", flat=True))


def _technicians(user: Any, day: Day, only: Collection[uuids.UUID] | None) -> list[dict[str, Any]]:
    shift = Shift.objects.filter(technician=OuterRef("pk"), weekday=day.date.weekday())
    rows = Technician.objects.visible_to(user).filter(branch=day.branch)
    if only is not None:
        rows = rows.filter(uuid__in=only)
    booked = Assignment.objects.filter(
        technician=OuterRef("pk"),
        state__in=ASSIGNMENT_HOLDING,
        starts_at__lt=day.last_instant,
        ends_at__gt=day.first_instant,
    )
    found: Any = (
        rows.filter(Q(is_active=True, user__is_active=True) | Exists(booked))
        .annotate(
            skill_names=ArrayAgg(
                "skills__skill__name",
                filter=Q(skills__isnull=False),
                order_by="skills__skill__name",
                default=[],
            ),
            shift_starts=Subquery(shift.values("starts")[:1]),
            shift_ends=Subquery(shift.values("ends")[:1]),
        )
        .order_by("position", "pk")
        .values("pk", "uuid", "user__name", "skill_names", "shift_starts", "shift_ends")
    )
    return list(found)


def _assignments(day: Day, technicians: list[int]) -> QuerySet[Assignment]:
    crew = (
        Assignment.objects.filter(visit=OuterRef("visit"))
        .exclude(state=AssignmentState.RELEASED)
        .order_by()
        .values("visit")
        .annotate(n=Count("pk"))
    )
    return (
        Assignment.objects.filter(
            technician__in=technicians, starts_at__lt=day.last_instant, ends_at__gt=day.first_instant
        )
        .exclude(state=AssignmentState.RELEASED)
        .exclude(visit__state__in=HIDDEN)
        .select_related("visit__job__customer", "visit__job__site", "visit__job__job_type")
        .annotate(crew=Subquery(crew.values("n")))
        .order_by("starts_at", "pk")
    )


def _row(row: dict[str, Any], cards: list[Card], time_off: list[Span], day: Day) -> Row:
    cards, lanes = in_lanes(cards)
    starts, ends = row["shift_starts"], row["shift_ends"]
    closed, hours = [Span(0, day.length)], _("Not on shift")
    if starts and ends:
        first, last = day.at_clock(starts), day.at_clock(ends)
        closed = [Span(0, first), Span(last, day.length - last)]
        hours = in_words(at(day.zone, day.date, starts), at(day.zone, day.date, ends), day.zone)
    return Row(
        uuid=row["uuid"],
        name=row["user__name"],
        skills=", ".join(row["skill_names"]),
        hours=hours,
        load=_load(cards),
        away=not starts,
        closed=[span for span in closed if span.minutes > 0],
        time_off=time_off,
        cards=cards,
        lanes=lanes,
    )


def in_lanes(cards: list[Card]) -> tuple[list[Card], int]:
    """Cards in order of time, each in the first lane that is free by then, and how many lanes that takes."""
    free_from: list[int] = []
    placed = []
    for card in sorted(cards, key=lambda card: (card.start or 0, card.end)):
        start = card.start or 0
        lane = next((n for n, free in enumerate(free_from) if free <= start), len(free_from))
        free_from[lane : lane + 1] = [card.end]
        placed.append(card if lane == card.lane else _moved_to(card, lane))
    return placed, max(len(free_from), 1)


def _moved_to(card: Card, lane: int) -> Card:
    return Card(**{**card.__dict__, "lane": lane})


def _placed(assignment: Any, user: Any, day: Day) -> Card:
    visit = assignment.visit
    start, end = day.minute(assignment.starts_at), day.minute(assignment.ends_at)
    not_here_yet = assignment.state in (AssignmentState.ASSIGNED, AssignmentState.EN_ROUTE)
    late_at = _late_at(visit, assignment) if not_here_yet and visit.state != VisitState.NO_SHOW else None
    over_at = assignment.ends_at if assignment.state in AT_WORK else None
    hidden = bool(user.branch_ids) and visit.job.branch_id not in user.branch_ids
    state = _state(visit, assignment)
    return Card(
        **_facts(visit, hidden),
        state=state,
        state_label=str(VisitState(state).label),
        start=start,
        minutes=max(end - start, 1),
        times=in_words(assignment.starts_at, assignment.ends_at, day.zone),
        window=_window(visit, day),
        misses_window=_misses_window(visit, assignment),
        actual_start=_minute(day, assignment.arrived_at),
        actual_end=_minute(day, assignment.done_at),
        late_from=_minute(day, late_at),
        over_from=_minute(day, over_at),
        is_late=late_at is not None and day.now > late_at,
        is_over=over_at is not None and day.now > over_at,
        is_movable=visit.state in MOVABLE and not hidden,
        is_hidden=hidden,
        is_helper=assignment.role == AssignmentRole.HELPER,
        is_tentative=assignment.is_tentative or visit.state == VisitState.TENTATIVE,
        crew=assignment.crew,
    )


def _waiting(visit: Any, day: Day) -> Card:
    return Card(
        **_facts(visit, hidden=False),
        state=visit.state,
        state_label=str(VisitState(visit.state).label),
        minutes=visit.minutes,
        times=_window_words(visit, day),
        window=_window(visit, day),
        late_from=_minute(day, visit.window_end),
        is_late=bool(visit.window_end and visit.window_end < day.now),
        age=_age(visit.job, day.now),
    )


def _facts(visit: Any, hidden: bool) -> dict[str, Any]:
    """What both kinds of card say; of another branch's work only that it is there."""
    job = visit.job
    return {
        "visit_uuid": visit.uuid,
        "version": visit.version,
        "job_number": "" if hidden else job.number,
        "customer": _("Another branch") if hidden else job.customer.name,
        "town": "" if hidden else job.site.city,
        "job_type": "" if hidden else job.job_type.name,
        "summary": "" if hidden else job.summary,
        "priority": job.priority,
        "priority_label": job.get_priority_display(),
    }


def _state(visit: Any, assignment: Any) -> str:
    """How far this technician is, where that says more than the visit as a whole."""
    if assignment.state == AssignmentState.ASSIGNED or visit.state == VisitState.NO_SHOW:
        planned = visit.state not in (VisitState.EN_ROUTE, VisitState.ON_SITE, VisitState.PAUSED)
        return str(visit.state if planned else VisitState.SCHEDULED)
    return str(assignment.state)


def _late_at(visit: Any, assignment: Any) -> datetime:
    late_at: datetime = visit.window_end or assignment.starts_at + GRACE
    return late_at


def _misses_window(visit: Any, assignment: Any) -> bool:
    if visit.window_start is None or assignment.arrived_at is not None:
        return False
    return not visit.window_start <= assignment.starts_at <= visit.window_end


def _window(visit: Any, day: Day) -> Span | None:
    """The promised window, where it touches the day."""
    if (
        not visit.window_start
        or visit.window_end <= day.first_instant
        or visit.window_start >= day.last_instant
    ):
        return None
    start = day.minute(visit.window_start)
    return Span(
        start, day.minute(visit.window_end) - start, in_words(visit.window_start, visit.window_end, day.zone)
    )


def _window_words(visit: Any, day: Day) -> str:
    if not visit.window_start:
        return ""
    words = in_words(visit.window_start, visit.window_end, day.zone)
    on = local(visit.window_start, day.zone).date()
    return words if on == day.date else f"{date_format(on, 'D M j')}, {words}"


def _absence(absence: TimeOff, day: Day) -> Span:
    start = max(day.minute(absence.starts_at), 0)
    return Span(start, min(day.minute(absence.ends_at), day.length) - start, absence.reason or _("Time off"))


def _minute(day: Day, instant: datetime | None) -> int | None:
    return None if instant is None else day.minute(instant)


def _age(job: Job, now: datetime) -> str:
    """How long the customer has been waiting, in the largest unit that fits."""
    minutes = max(int((now - job.created_at).total_seconds() // 60), 0)
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 24 * 60:
        return _("%(n)s h") % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def _load(cards: list[Card]) -> str:
    """How many visits and hours a row holds."""
    if not cards:
        return _("free")
    hours = f"{sum(card.minutes for card in cards) / 60:.1f}".removesuffix(".0")
    return _("%(n)s · %(hours)s h") % {"n": len(cards), "hours": hours}


def _axis(day: Day, company: Company | None, rows: list[Row], cards: list[Card]) -> tuple[int, int]:
    """Business hours, extended to whole hours by what is planned, within the day."""
    opens = [day.at_clock(company.opens_at if company else time(7))]
    closes = [day.at_clock(company.closes_at if company else time(18))]
    for card in cards:
        opens.append(max(card.start or 0, 0))
        closes.append(min(card.end, day.length))
    for row in rows:
        if not row.away:
            opens.append(row.closed[0].minutes if row.closed and row.closed[0].start == 0 else 0)
            closes.append(row.closed[-1].start if row.closed and row.closed[-1].start else day.length)
    return min(opens) // 60 * 60, -(-max(closes) // 60) * 60


def _tick(day: Day, minute: int) -> str:
    wall = local(day.first_instant + timedelta(minutes=minute), day.zone)
    return f"{wall.hour % 12 or 12} {'am' if wall.hour < 12 else 'pm'}"
