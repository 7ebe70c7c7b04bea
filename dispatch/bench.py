"""What the dispatchers' pages and moves cost, and what history adds to a write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock
from typing import Any
from uuid import uuid4

from django.db import connection, models, transaction
from django.urls import NoReverseMatch, reverse

from customers.bench import households
from customers.models import Customer, Site
from fsm.attribution import current
from fsm.bench import MS, Backend, Bench, Result, beside, measure, middle, queries_of
from fsm.clock import at, today_in
from fsm.clock import now as clock_now
from fsm.history import ATTRIBUTION_COLUMNS, history_model, insert_with_history, update_with_history
from fsm.models import User
from fsm.permissions import Role

from .models import Assignment, Job, JobType, Priority, Shift, Technician, Visit
from .states import AssignmentState, JobState, VisitOutcome, VisitState

CREW, VISITS, TRAY = 30, 150, 25
MINUTES = 75
SUMMARIES = (
    "No cooling upstairs",
    "Water around the air handler",
    "Spring tune-up, two systems",
    "Furnace starts and stops",
    "Thermostat shows nothing",
)


@dataclass(frozen=True)
class Day:
    """A planned day of thirty technicians."""

    first: datetime
    technicians: list[Technician]
    visits: list[Visit]


def places(bench: Bench, count: int) -> list[Site]:
    """Addresses of as many customers."""
    bench.once("households", lambda: households(bench))
    return list(Site.objects.select_related("customer").order_by("uuid")[:count])


def job_types(bench: Bench) -> list[JobType]:
    """Three kinds of work."""

    def make() -> list[JobType]:
        kinds = ("Repair", "repair"), ("Maintenance", "maintenance"), ("Estimate", "estimate")
        return insert_with_history(
            [JobType(name=name, code=f"bench-{code}", needs_signature=False) for name, code in kinds]
        )

    found: list[JobType] = bench.once("job types", make)
    return found


def crew(bench: Bench) -> list[Technician]:
    """Thirty technicians who work every day from eight to five."""

    def make() -> list[Technician]:
        people = insert_with_history(
            [
                User(username=f"tech{n}", name=f"Technician Number {n}", role=Role.TECHNICIAN)
                for n in range(CREW)
            ]
        )
        rows = [Technician(user=user, branch=bench.branch, position=n) for n, user in enumerate(people)]
        technicians = insert_with_history(rows)
        insert_with_history(
            [
                Shift(technician=row, weekday=weekday, starts=clock(8), ends=clock(17))
                for row in technicians
                for weekday in range(7)
            ]
        )
        return technicians

    found: list[Technician] = bench.once("crew", make)
    return found


def make_jobs(
    bench: Bench, sites: Sequence[Site], *, state: Callable[[int], JobState], days_ago: int = 0
) -> list[Job]:
    """One job an address."""
    now, types = clock_now(), job_types(bench)
    made = bench.made["job number"] = bench.made.get("job number", 0) + len(sites)
    return insert_with_history(
        [
            Job(
                number=f"JB{made - len(sites) + n}",
                customer_id=site.customer_id,
                site=site,
                bill_to_id=site.customer_id,
                branch_id=site.branch_id,
                job_type=types[n % len(types)],
                priority=Priority.values[n % len(Priority.values)],
                state=state(n),
                summary=SUMMARIES[n % len(SUMMARIES)],
                completed_at=now if state(n) == JobState.WORK_COMPLETE else None,
                created_at=now - timedelta(days=days_ago, hours=1 + n % 20),
            )
            for n, site in enumerate(sites)
        ]
    )


def planned_day(bench: Bench) -> Day:
    """Today: five visits a technician, the first ones done, one under way, and a tray of what waits."""
    zone = bench.branch.time_zone
    first, technicians = at(zone, today_in(zone, clock_now()), clock(8)), crew(bench)
    per_row = VISITS // CREW
    progress = [VisitState.DONE, VisitState.DONE, VisitState.ON_SITE, VisitState.SCHEDULED]
    job_states = {VisitState.DONE: JobState.WORK_COMPLETE, VisitState.ON_SITE: JobState.IN_PROGRESS}

    def state_of(n: int) -> VisitState:
        return progress[min(n % per_row, len(progress) - 1)] if n < VISITS else VisitState.UNSCHEDULED

    def job_state_of(n: int) -> JobState:
        return job_states.get(state_of(n), JobState.SCHEDULED if n < VISITS else JobState.BOOKED)

    jobs = make_jobs(bench, places(bench, VISITS + TRAY), state=job_state_of)
    visits = []
    for n, job in enumerate(jobs):
        starts = first + timedelta(minutes=MINUTES * (n % per_row)) if n < VISITS else None
        window = starts or first
        visits.append(
            Visit(
                job=job,
                state=state_of(n),
                starts_at=starts,
                ends_at=starts and starts + timedelta(minutes=MINUTES),
                minutes=MINUTES,
                window_start=window,
                window_end=window + timedelta(hours=2),
                outcome=VisitOutcome.COMPLETE if state_of(n) == VisitState.DONE else "",
            )
        )
    visits = insert_with_history(visits)
    own_states = {VisitState.DONE: AssignmentState.DONE, VisitState.ON_SITE: AssignmentState.ON_SITE}
    insert_with_history(
        [
            Assignment(
                visit=visit,
                technician=technicians[n // per_row],
                state=own_states.get(VisitState(visit.state), AssignmentState.ASSIGNED),
                starts_at=visit.starts_at or first,
                ends_at=visit.ends_at or first,
                arrived_at=visit.starts_at if visit.state in own_states else None,
                done_at=visit.ends_at if visit.state == VisitState.DONE else None,
            )
            for n, visit in enumerate(visits[:VISITS])
        ]
    )
    bench.analyze()
    return Day(first, technicians, visits)


@measure("board", f"the board of a day: {CREW} technicians, {VISITS} visits")
def board(bench: Bench) -> Iterator[Result]:
    """The whole page, as a dispatcher's browser asks for it."""
    bench.once("day", lambda: planned_day(bench))
    client, url = bench.client(Role.DISPATCHER), reverse("dispatch:board")

    def look(_: int = 0) -> None:
        answer = client.get(url)
        assert answer.status_code == 200, answer.status_code  # noqa: S101
        assert answer.content.count(b"data-visit=") >= VISITS, "the board is not full"  # noqa: S101

    timing = bench.time(look, repeats=bench.choose(40, 8))
    yield Result("board", middle(timing.cpu), "ms CPU", limit=25, beside=beside(timing))
    yield Result("board queries", queries_of(look), "queries", limit=10)


@measure("move", "move a visit on the board: history and live event included")
def move(bench: Bench) -> Iterator[Result]:
    """The request that a drop sends: the visit goes to and fro between two hours of the afternoon."""
    day: Day = bench.once("day", lambda: planned_day(bench))
    client, technician = bench.client(Role.DISPATCHER), day.technicians[0]
    visit = next(row for row in day.visits if row.state == VisitState.SCHEDULED)
    url, version = reverse("dispatch:place-visit", args=[visit.uuid]), visit.version
    Assignment.objects.get(visit=visit, technician=technician)

    def drop(number: int) -> None:
        nonlocal version
        starts = day.first + timedelta(hours=8 + number % 2)
        answer = client.post(
            url,
            {
                "technician": str(technician.uuid),
                "from_technician": str(technician.uuid),
                "starts": starts.isoformat(),
                "ends": (starts + timedelta(minutes=50)).isoformat(),
                "version": version,
            },
            headers={"hx-request": "true"},
        )
        assert answer.status_code == 200, answer.content[:500]  # noqa: S101
        version += 1

    before = history_model(Visit)._default_manager.filter(id=visit.pk).count()
    timing = bench.time(drop, repeats=bench.choose(60, 10))
    versions = history_model(Visit)._default_manager.filter(id=visit.pk).count() - before
    assert versions >= len(timing.cpu), "the moves left no history"  # noqa: S101
    yield Result("move", middle(timing.cpu), "ms CPU", limit=20, beside=beside(timing))


@measure("api", "the API's list of jobs, a hundred a page")
def api(bench: Bench) -> Iterator[Result]:
    """One page of the list, by a token."""
    with suppress(NoReverseMatch):
        url = reverse("api:jobs")
        sites = places(bench, 300)
        bench.once("jobs", lambda: make_jobs(bench, sites, state=lambda _: JobState.BOOKED))
        client = bench.client(Role.OFFICE)

        def ask(_: int = 0) -> None:
            answer = client.get(url, {"limit": 100})
            assert answer.status_code == 200, answer.content[:500]  # noqa: S101
            assert len(answer.json()["results"]) == 100, "not a hundred jobs"  # noqa: S101

        timing = bench.time(ask, repeats=bench.choose(40, 8))
        yield Result("api jobs", middle(timing.cpu), "ms CPU", limit=30, beside=beside(timing))
        yield Result("api queries", queries_of(ask), "queries", limit=10)


# History ----------------------------------------------------------------------------------------------


@measure("insert", "insert rows with history, against one statement")
def insert(bench: Bench) -> Iterator[Result]:
    """`insert_with_history` of prepared objects, and one statement that is given the same values."""
    yield from _compare(bench, "insert", _insert_ours, _insert_floor)


@measure("update", "update rows with history, against one statement")
def update(bench: Bench) -> Iterator[Result]:
    """`update_with_history` of a set of rows, and one statement that changes them and keeps both versions."""
    yield from _compare(bench, "update", _update_ours, _update_floor)


def _compare(
    bench: Bench, name: str, ours: Callable[[list[Visit]], None], floor: Callable[[list[Visit]], None]
) -> Iterator[Result]:
    count, rounds = bench.choose(10_000, 1_000), bench.choose(5, 3)
    site = places(bench, 1)[0]
    jobs = make_jobs(bench, [site], state=lambda _: JobState.BOOKED)
    spent: dict[Any, list[float]] = {ours: [], floor: []}
    wall: list[float] = []
    for number in range(rounds + 1):  # the first round fills caches and does not count
        for work in (floor, ours):
            with transaction.atomic():
                rows = _new_visits(jobs[0], count)
                if name == "update":
                    rows = insert_with_history(rows)
                before, began = _spent(), time.perf_counter()
                work(rows)
                if number:
                    spent[work].append((_spent() - before) / count)
                    if work is ours:
                        wall.append((time.perf_counter() - began) / count)
                transaction.set_rollback(True)
    value, least = (middle(spent[work]) * MS for work in (ours, floor))
    beside = f"with the database's, {count:,} rows; wall {middle(wall) * MS:.1f} µs"
    yield Result(f"{name} with history", value, "µs CPU a row", limit=2, floor=least, beside=beside)


def _spent() -> float:
    return time.process_time() + Backend().seconds()


def _new_visits(job: Job, count: int) -> list[Visit]:
    starts = clock_now()
    return [
        Visit(
            uuid=uuid4(),
            job=job,
            sequence=n + 1,
            state=VisitState.SCHEDULED,
            starts_at=starts + timedelta(minutes=n),
            ends_at=starts + timedelta(minutes=n + 60),
        )
        for n in range(count)
    ]


def _insert_ours(rows: list[Visit]) -> None:
    insert_with_history(rows)


def _update_ours(rows: list[Visit]) -> None:
    update_with_history(
        Visit.objects.filter(job_id=rows[0].job_id), minutes=45, version=models.F("version") + 1
    )


def _columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if not field.primary_key]


def _keep_versions(changing: str, kind: str) -> tuple[str, list[Any]]:
    """A statement that changes visits and puts what came out into the history."""
    history, who = history_model(Visit), current()
    shared = ["id", *(str(field.column) for field in _columns(Visit))]
    extra: dict[str, Any] = {
        "history_date": clock_now(),
        "history_type": kind,
        "history_change_reason": None,
        "history_user_id": who.user_id,
        "source": who.source,
        "batch": who.batch,
        "root": who.root,
        "actor_name": who.actor_name,
    }
    assert set(ATTRIBUTION_COLUMNS) <= set(extra)  # noqa: S101
    statement = (
        f"WITH changed AS ({changing} RETURNING *)"  # noqa: S608 (names come from the models)
        f" INSERT INTO {history._meta.db_table} ({', '.join([*shared, *extra])})"
        f" SELECT {', '.join([*shared, *['%s'] * len(extra)])} FROM changed"
    )
    return statement, list(extra.values())


def _insert_floor(rows: list[Visit]) -> None:
    fields = _columns(Visit)
    names = ", ".join(str(field.column) for field in fields)
    arrays = ", ".join(f"%s::{field.db_type(connection).split(' CHECK')[0]}[]" for field in fields)  # type: ignore[union-attr]
    for row in rows:
        row.created_at = clock_now()
    values: list[Any] = [[getattr(row, field.attname) for row in rows] for field in fields]
    changing = f"INSERT INTO {Visit._meta.db_table} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608
    statement, extra = _keep_versions(changing, "+")
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *extra])


def _update_floor(rows: list[Visit]) -> None:
    changing = f"UPDATE {Visit._meta.db_table} SET minutes = %s, version = version + 1 WHERE job_id = %s"  # noqa: S608
    statement, extra = _keep_versions(changing, "~")
    with connection.cursor() as cursor:
        cursor.execute(statement, [45, rows[0].job_id, *extra])


def busy_customer(bench: Bench) -> Customer:
    """A customer with a long story of work: twenty jobs at one address."""
    site = places(bench, 1)[0]
    jobs = []
    for n in range(20):
        state = JobState.WORK_COMPLETE if n else JobState.BOOKED
        jobs += make_jobs(bench, [site], state=lambda _, state=state: state, days_ago=30 * n)  # type: ignore[misc]
    bench.made["busy jobs"] = jobs
    return site.customer
