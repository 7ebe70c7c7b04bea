"""What the board shows: plain values from a fixed number of queries, in minutes since the day began."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any

from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fsm.clock import at, day_in, local, today_in
from fsm.models import Branch, Company
from fsm.permissions import May, allowed

from .actions.planning import MOVABLE
from .models import Assignment, AssignmentRole, Priority, Technician, TimeOff
from .states import ASSIGNMENT_HOLDING, JOB_STATES, AssignmentState, JobState, VisitState
from .windows import in_words

TRAY_LIMIT = 200
GRACE = 15 * 60  # seconds: a visit without a window is late this long after its planned start
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
    closed: tuple[Span, ...]
    time_off: tuple[Span, ...]
    cards: tuple[Card, ...]
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
    shifts: dict[tuple[time, time], tuple[tuple[Span, ...], str]] = field(default_factory=dict, compare=False)

    @property
    def zone(self) -> str:
        """The branch's zone."""
        return self.branch.time_zone

    @property
    def is_today(self) -> bool:
        """Whether the day is today, where the branch is."""
        return self.date == today_in(self.zone, self.now)

    @cached_property
    def length(self) -> int:
        """Minutes of the day: 1440, and an hour more or less when the clocks change."""
        return self.minute(self.last_instant)

    @cached_property
    def first_second(self) -> int:
        """The day's first instant as the rows count: in seconds."""
        return int(self.first_instant.timestamp())

    @cached_property
    def second_now(self) -> int:
        """This instant, in seconds."""
        return int(self.now.timestamp())

    def minute(self, instant: datetime) -> int:
        """Minutes since the day's first instant; negative before it."""
        return int((instant - self.first_instant).total_seconds() // 60)

    def minute_of(self, second: int) -> int:
        """The same of an instant in seconds."""
        return (second - self.first_second) // 60

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
    words = Words()
    for assignment in _assignments(day, wanted):
        cards[assignment["technician_id"]].append(_placed(assignment, user, day, words))
    away: dict[int, list[Span]] = {pk: [] for pk in wanted}
    for absence in TimeOff.objects.filter(
        technician__in=wanted, starts_at__lt=day.last_instant, ends_at__gt=day.first_instant
    ).order_by("starts_at"):
        away[absence.technician_id].append(_absence(absence, day))
    return [_row(row, cards[row["pk"]], away[row["pk"]], day) for row in technicians]


def read_tray(user: Any, day: Day) -> Tray:
    """The branch's visits without a time, most pressing first, in one query."""
    if not _may_look(user, day):
        return Tray([], 0)
    visits = _ask(
        TRAY,
        unscheduled=VisitState.UNSCHEDULED.value,
        branch=day.branch.pk,
        open=[state.value for state in JOB_STATES.open()],
        on_hold=JobState.ON_HOLD.value,
        day=day.date,
        limit=TRAY_LIMIT,
    )
    words = Words()
    return Tray([_waiting(visit, day, words) for visit in visits], visits[0]["total"] if visits else 0)


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


# The three questions of every look at a board are written out: putting them together from querysets takes the
# server longer than the database needs to answer them.
TECHNICIANS = """
SELECT t.id AS pk, t.uuid, u.name, s.starts AS shift_starts, s.ends AS shift_ends,
    coalesce((SELECT string_agg(k.name, ', ' ORDER BY k.name)
        FROM dispatch_technicianskill AS has JOIN dispatch_skill AS k ON k.id = has.skill_id
        WHERE has.technician_id = t.id), '') AS skills
FROM dispatch_technician AS t
JOIN fsm_user AS u ON u.id = t.user_id
LEFT JOIN dispatch_shift AS s ON s.technician_id = t.id AND s.weekday = %(weekday)s
WHERE t.branch_id = %(branch)s AND (%(only)s::uuid[] IS NULL OR t.uuid = ANY(%(only)s::uuid[]))
    AND (t.is_active AND u.is_active OR EXISTS (
        SELECT FROM dispatch_assignment AS a WHERE a.technician_id = t.id AND a.state = ANY(%(holding)s)
            AND a.starts_at < %(until)s AND a.ends_at > %(since)s))
ORDER BY t.position, t.id
"""
# Instants come as whole seconds: a number is read ten times faster than a time with its zone.
FACTS = """
    v.uuid AS visit_uuid, v.version AS visit_version, v.state AS visit_state,
    floor(extract(epoch FROM v.window_start))::bigint AS promised_from,
    floor(extract(epoch FROM v.window_end))::bigint AS promised_until,
    j.number AS job_number, j.priority AS job_priority, j.summary AS job_summary, j.branch_id AS job_branch,
    c.name AS customer, p.city AS town, k.name AS type_name"""
OF_JOB = """
JOIN dispatch_job AS j ON j.id = v.job_id
JOIN customers_customer AS c ON c.id = j.customer_id
JOIN customers_site AS p ON p.id = j.site_id
JOIN dispatch_jobtype AS k ON k.id = j.job_type_id"""
ASSIGNMENTS = f"""
SELECT a.technician_id, a.state, a.role, a.is_tentative,
    floor(extract(epoch FROM a.starts_at))::bigint AS starts,
    floor(extract(epoch FROM a.ends_at))::bigint AS ends,
    floor(extract(epoch FROM a.arrived_at))::bigint AS arrived,
    floor(extract(epoch FROM a.done_at))::bigint AS done,
    (SELECT count(*) FROM dispatch_assignment AS o
        WHERE o.visit_id = a.visit_id AND o.state <> %(released)s) AS crew, {FACTS}
FROM dispatch_assignment AS a
JOIN dispatch_visit AS v ON v.id = a.visit_id {OF_JOB}
WHERE a.technician_id = ANY(%(technicians)s) AND a.starts_at < %(until)s AND a.ends_at > %(since)s
    AND a.state <> %(released)s AND v.state <> ALL(%(hidden)s)
ORDER BY a.starts_at, a.id
"""  # noqa: S608 (put together from constants)
TRAY = f"""
SELECT v.minutes, floor(extract(epoch FROM j.created_at))::bigint AS booked,
    count(*) OVER () AS total, {FACTS}
FROM dispatch_visit AS v {OF_JOB}
WHERE v.state = %(unscheduled)s AND j.branch_id = %(branch)s AND j.state = ANY(%(open)s)
    AND NOT (j.state = %(on_hold)s AND j.follow_up_on IS NOT NULL AND j.follow_up_on > %(day)s)
ORDER BY j.priority, v.window_start, j.created_at, v.id
LIMIT %(limit)s
"""  # noqa: S608 (put together from constants)


def _ask(question: str, **values: Any) -> list[dict[str, Any]]:
    """The answer's rows by the names of their columns."""
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _may_look(user: Any, day: Day) -> bool:
    """Whether the person sees work at all, and of this branch."""
    return allowed(user, May.SEE_JOBS) and (not user.branch_ids or day.branch.pk in user.branch_ids)


def _technicians(user: Any, day: Day, only: Collection[uuids.UUID] | None) -> list[dict[str, Any]]:
    """Who works in the branch, and who left it but still stands on the day's board."""
    if not _may_look(user, day):
        return []
    return _ask(
        TECHNICIANS,
        branch=day.branch.pk,
        weekday=day.date.weekday(),
        only=None if only is None else list(only),
        holding=[state.value for state in ASSIGNMENT_HOLDING],
        since=day.first_instant,
        until=day.last_instant,
    )


def _assignments(day: Day, technicians: list[int]) -> list[dict[str, Any]]:
    """What stands on their rows."""
    return _ask(
        ASSIGNMENTS,
        technicians=technicians,
        since=day.first_instant,
        until=day.last_instant,
        released=AssignmentState.RELEASED.value,
        hidden=[state.value for state in HIDDEN],
    )


def _row(row: dict[str, Any], cards: list[Card], time_off: list[Span], day: Day) -> Row:
    cards, lanes = in_lanes(cards)
    starts, ends = row["shift_starts"], row["shift_ends"]
    closed: tuple[Span, ...] = (Span(0, day.length),)
    hours = _("Not on shift")
    if starts and ends:
        closed, hours = _off_hours(day, starts, ends)
    return Row(
        uuid=row["uuid"],
        name=row["name"],
        skills=row["skills"],
        hours=hours,
        load=_load(cards),
        away=not starts,
        closed=closed,
        time_off=tuple(time_off),
        cards=tuple(cards),
        lanes=lanes,
    )


def _off_hours(day: Day, starts: time, ends: time) -> tuple[tuple[Span, ...], str]:
    """When a shift is not, and the shift in words; most technicians have the same one."""
    known = day.shifts.get((starts, ends))
    if known is None:
        first, last = day.at_clock(starts), day.at_clock(ends)
        closed = tuple(span for span in (Span(0, first), Span(last, day.length - last)) if span.minutes > 0)
        hours = in_words(at(day.zone, day.date, starts), at(day.zone, day.date, ends), day.zone)
        known = day.shifts[starts, ends] = closed, hours
    return known


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


class Words:
    """The names of states and priorities, translated once a page."""

    def __init__(self) -> None:
        self.states = {state.value: str(state.label) for state in VisitState}
        self.priorities = {priority.value: str(priority.label) for priority in Priority}


def _placed(row: dict[str, Any], user: Any, day: Day, words: Words) -> Card:
    start, end = day.minute_of(row["starts"]), day.minute_of(row["ends"])
    not_here_yet = row["state"] in (AssignmentState.ASSIGNED, AssignmentState.EN_ROUTE)
    late_at = _late_at(row) if not_here_yet and row["visit_state"] != VisitState.NO_SHOW else None
    over_at = row["ends"] if row["state"] in AT_WORK else None
    hidden = bool(user.branch_ids) and row["job_branch"] not in user.branch_ids
    state = _state(row["visit_state"], row["state"])
    return Card(
        **_facts(row, hidden, words),
        state=state,
        state_label=words.states[state],
        start=start,
        minutes=max(end - start, 1),
        times=_in_words(row["starts"], row["ends"], day.zone),
        window=_window(row, day),
        misses_window=_misses_window(row),
        actual_start=_minute(day, row["arrived"]),
        actual_end=_minute(day, row["done"]),
        late_from=_minute(day, late_at),
        over_from=_minute(day, over_at),
        is_late=late_at is not None and day.second_now > late_at,
        is_over=over_at is not None and day.second_now > over_at,
        is_movable=row["visit_state"] in MOVABLE and not hidden,
        is_hidden=hidden,
        is_helper=row["role"] == AssignmentRole.HELPER,
        is_tentative=row["is_tentative"] or row["visit_state"] == VisitState.TENTATIVE,
        crew=row["crew"],
    )


def _waiting(row: dict[str, Any], day: Day, words: Words) -> Card:
    until = row["promised_until"]
    return Card(
        **_facts(row, False, words),
        state=row["visit_state"],
        state_label=words.states[row["visit_state"]],
        minutes=row["minutes"],
        times=_window_words(row, day),
        window=_window(row, day),
        late_from=_minute(day, until),
        is_late=until is not None and until < day.second_now,
        age=_age(day.second_now - row["booked"]),
    )


def _facts(row: dict[str, Any], hidden: bool, words: Words) -> dict[str, Any]:
    """What both kinds of card say; of another branch's work only that it is there."""
    return {
        "visit_uuid": row["visit_uuid"],
        "version": row["visit_version"],
        "job_number": "" if hidden else row["job_number"],
        "customer": _("Another branch") if hidden else row["customer"],
        "town": "" if hidden else row["town"],
        "job_type": "" if hidden else row["type_name"],
        "summary": "" if hidden else row["job_summary"],
        "priority": row["job_priority"],
        "priority_label": words.priorities[row["job_priority"]],
    }


def _state(of_visit: str, of_technician: str) -> str:
    """How far this technician is, where that says more than the visit as a whole."""
    if of_technician == AssignmentState.ASSIGNED or of_visit == VisitState.NO_SHOW:
        planned = of_visit not in (VisitState.EN_ROUTE, VisitState.ON_SITE, VisitState.PAUSED)
        return of_visit if planned else VisitState.SCHEDULED.value
    return of_technician


def _late_at(row: dict[str, Any]) -> int:
    late_at: int = row["promised_until"] or row["starts"] + GRACE
    return late_at


def _misses_window(row: dict[str, Any]) -> bool:
    if row["promised_from"] is None or row["arrived"] is not None:
        return False
    return not row["promised_from"] <= row["starts"] <= row["promised_until"]


def _window(row: dict[str, Any], day: Day) -> Span | None:
    """The promised window, where it touches the day."""
    opens, closes = row["promised_from"], row["promised_until"]
    if opens is None:
        return None
    start, end = day.minute_of(opens), day.minute_of(closes)
    if closes <= day.first_second or start >= day.length:
        return None
    return Span(start, end - start, _in_words(opens, closes, day.zone))


def _window_words(row: dict[str, Any], day: Day) -> str:
    if row["promised_from"] is None:
        return ""
    words = _in_words(row["promised_from"], row["promised_until"], day.zone)
    on = local(datetime.fromtimestamp(row["promised_from"], UTC), day.zone).date()
    return words if on == day.date else f"{date_format(on, 'D M j')}, {words}"


@lru_cache(maxsize=10_000)
def _in_words(start: int, end: int, zone: str) -> str:
    """Two instants in seconds as one says them; most of a day's visits share their hours."""
    return in_words(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), zone)


def _absence(absence: TimeOff, day: Day) -> Span:
    start = max(day.minute(absence.starts_at), 0)
    return Span(start, min(day.minute(absence.ends_at), day.length) - start, absence.reason or _("Time off"))


def _minute(day: Day, second: int | None) -> int | None:
    return None if second is None else day.minute_of(second)


def _age(seconds: int) -> str:
    """How long the customer has been waiting, in the largest unit that fits."""
    minutes = max(seconds // 60, 0)
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
