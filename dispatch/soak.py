"""Dispatchers who all want the same hours, and the work that other schedules need."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from django.db import connection

from customers import actions as customers
from fsm.clock import now as clock_now
from fsm.company import default_branch, the_company
from fsm.history import history_model, insert_with_history
from fsm.models import User
from fsm.permissions import Role
from fsm.soak import Soak, schedule
from fsm.states import NotPossible, Stale
from inventory import actions as stock
from inventory.models import Part, PlaceKind

from . import actions
from .models import Assignment, Job, JobType, Technician, Visit
from .states import AssignmentState, VisitState

STOCKED = Decimal(10_000)
PLANNED, FREE = timedelta(minutes=30), timedelta(minutes=15)


@dataclass(frozen=True)
class Work:
    """A small house with work to do."""

    technicians: list[Technician]
    part: Part
    job_type: JobType
    jobs: list[Job]

    @property
    def visits(self) -> list[Visit]:
        """Each job's first visit, as it stands now."""
        return list(Visit.objects.filter(job__in=self.jobs, sequence=1).order_by("pk"))


def make_work(count: int, *, crew: int, placed: bool) -> Work:
    """That many jobs; placed, each technician has an equal share of them, one after the other from now on."""
    the_company()
    now, branch = clock_now(), default_branch()
    part = stock.add_part(number="SOAK-1", name="Capacitor", cost=Decimal("11.25"))
    technicians = []
    for number in range(crew):
        user = User(username=f"tech{number}", name=f"Technician {number}", role=Role.TECHNICIAN)
        user.set_unusable_password()
        truck = stock.add_place(name=f"Truck {number}", kind=PlaceKind.TRUCK, branch_id=branch.pk)
        stock.receive_stock(
            place_id=truck.pk, part_id=part.pk, quantity=STOCKED, key=f"soak-{number}", now=now
        )
        [user] = insert_with_history([user])
        technicians += _on_board(Technician(user=user, branch=branch, truck=truck, position=number))
    [job_type] = insert_with_history([JobType(name="Soak", code="soak", minutes=30, needs_signature=False)])
    jobs = [_booked(number, job_type, now) for number in range(count)]
    work = Work(technicians, part, job_type, jobs)
    if placed:
        for number, visit in enumerate(work.visits):
            starts = now + (PLANNED + FREE) * (number // crew)
            actions.place_visit(
                visit.pk,
                technician_id=technicians[number % crew].pk,
                starts_at=starts,
                ends_at=starts + PLANNED,
                version=visit.version,
                now=now,
            )
    return work


def _on_board(technician: Technician) -> list[Technician]:
    """Its row; people who become technicians may have one already."""
    standing = Technician.objects.filter(user=technician.user).first()
    if standing is None:
        return insert_with_history([technician])
    standing.truck = technician.truck
    standing.save(update_fields=["truck"])
    return [standing]


def _booked(number: int, job_type: JobType, now: datetime) -> Job:
    customer = customers.add_customer(
        kind="household",
        first_name="Lisa",
        last_name=f"Soak {number}",
        emails=[f"lisa{number}@example.com"],
        site={"street": f"{number} Avenue F", "city": "Austin", "state": "TX", "postal_code": "78751"},
        now=now,
    )
    return actions.book_job(
        uuid=uuid4(),
        customer_id=customer.pk,
        site_id=customer.sites.get().pk,
        job_type_id=job_type.pk,
        summary="No cooling",
        minutes=30,
        now=now,
    )


# Double booking ---------------------------------------------------------------------------------------

DISPATCHERS = 8
OVERLAPS = """
SELECT count(*) FROM dispatch_assignment AS a JOIN dispatch_assignment AS b
    ON a.technician_id = b.technician_id AND a.id < b.id
    AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
WHERE a.state <> 'released' AND b.state <> 'released'
"""
NAMED = re.compile(r"is already at .+ \((?P<job>\S+)\) from .+ to .+\.|was busy at that time a moment ago")


@schedule("double_booking", "dispatchers place visits on the same technicians at the same hours", count=400)
def double_booking(soak: Soak) -> None:
    """Everybody wants the same two technicians: whatever comes of it, nobody is in two places."""
    work = make_work(max(12, soak.count // 20), crew=2, placed=False)
    numbers = {job.number for job in work.jobs}
    placed: list[int] = []

    def dispatcher(seed: int) -> Callable[[], None]:
        def place() -> None:
            choice = random.Random(seed)  # noqa: S311 (a schedule that can be repeated)
            for _ in range(soak.count // DISPATCHERS):
                _try_to_place(soak, work, choice, numbers, placed)

        return place

    soak.say(f"{DISPATCHERS} dispatchers, {len(work.jobs)} visits, 2 technicians")
    soak.at_once(dispatcher(soak.seed * 100 + number) for number in range(DISPATCHERS))
    check_board(soak, work, placed)


def _try_to_place(
    soak: Soak, work: Work, choice: random.Random, numbers: set[str], placed: list[int]
) -> None:
    """One drop, by what this dispatcher's board shows: placed, or refused by a sentence that says why."""
    visit = Visit.objects.get(pk=choice.choice(work.visits).pk)
    starts = clock_now().replace(hour=12, minute=0, second=0, microsecond=0)
    starts += timedelta(minutes=15 * choice.randrange(24))
    time.sleep(choice.random() * 0.02)  # a hand is on the mouse; others are quicker
    try:
        if visit.state == VisitState.SCHEDULED and choice.random() < 0.2:
            actions.unschedule_visit(visit.pk, version=visit.version, now=clock_now())
            soak.happened("taken back into the tray")
        else:
            actions.place_visit(
                visit.pk,
                technician_id=choice.choice(work.technicians).pk,
                starts_at=starts,
                ends_at=starts + timedelta(minutes=choice.choice([30, 45, 60, 120])),
                version=visit.version,
                now=clock_now(),
            )
            soak.happened("placed")
        placed.append(visit.pk)
    except Stale:
        soak.happened("refused: somebody was quicker with the same visit")
    except NotPossible as refusal:
        soak.happened("refused: the technician is elsewhere")
        named = NAMED.search(str(refusal))
        soak.expect(named is not None, f"a refusal that names nobody: {refusal}")
        if named and named["job"]:
            soak.expect(named["job"] in numbers, f"a refusal that names no job of ours: {refusal}")


def check_board(soak: Soak, work: Work, changes: list[int]) -> None:
    """Nobody in two places; every change is there once; visits and their assignments agree."""
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        soak.equal("technicians in two places at once", cursor.fetchone()[0], 0)
    versions = history_model(Visit)._default_manager
    for visit in work.visits:
        standing = list(Assignment.objects.filter(visit=visit).exclude(state=AssignmentState.RELEASED))
        soak.equal(f"{visit}: version", visit.version, 1 + changes.count(visit.pk))
        soak.equal(f"{visit}: versions in the history", versions.filter(id=visit.pk).count(), visit.version)
        soak.equal(f"{visit}: technicians", len(standing), 1 if visit.state == VisitState.SCHEDULED else 0)
        for assignment in standing:
            mine = (assignment.starts_at, assignment.ends_at)
            soak.equal(f"{visit}: the technician's time", mine, (visit.starts_at, visit.ends_at))
    soak.happened("visits on the board at the end", sum(1 for visit in work.visits if visit.starts_at))
