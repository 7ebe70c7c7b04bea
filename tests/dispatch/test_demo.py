"""The demo company's work: no overlaps, every state, and the same again from the same seed."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace

import pytest

from dispatch import demo
from dispatch.models import Assignment, Job, PartUse, Visit, VisitCheck
from fsm.clock import day_in, today_in
from fsm.demo import DemoWorld
from fsm.permissions import Role
from fsm.trace import chain
from tests import factories as make

ZONE = "America/Chicago"
NOON = datetime(2026, 7, 14, 18, 0, tzinfo=UTC)  # one in the afternoon in Texas, a Tuesday


@pytest.fixture
def small_world(branch, make_customer, make_unit, make_part):
    """Twelve technicians with stocked trucks, and a few households and shops to visit."""
    make.UserFactory(username="casey", name="Casey Nolan", role=Role.OFFICE)
    make.UserFactory(username="dana", name="Dana Whitfield", role=Role.DISPATCHER)
    people = [make.UserFactory(name=f"Technician {n}", role=Role.TECHNICIAN) for n in range(12)]
    for person in people:
        make.TechnicianCertificateFactory(technician=person)
    trucks = [make.StockPlaceFactory() for _ in people]
    for name in ("Run capacitor", "Contactor", "Filter"):
        make_part(name=name, on=dict.fromkeys(trucks, 30))
    for number in range(12):
        customer = make_customer(
            name=f"Customer {number}", kind="company" if number % 4 == 0 else "household"
        )
        for category in ("rooftop", "walk_in") if number % 4 == 0 else ("air_conditioner", "furnace"):
            make_unit(site=customer.site, category=category)
    refused = make_customer(name="Never", do_not_service=True, do_not_service_reason="Threats")
    make_unit(site=refused.site)
    return SimpleNamespace(people=people, trucks=trucks, refused=refused)


def build(small, now=NOON, seed=20261):
    world = DemoWorld(
        random=Random(seed),
        now=now,
        today=today_in(ZONE, now),
        zone=ZONE,
        made={"technicians": small.people, "trucks": small.trucks},
    )
    demo.build(world)
    return world


@pytest.fixture
def quick(monkeypatch):
    """A day behind and one ahead are enough to prove the rules."""
    monkeypatch.setattr(demo, "DAYS_BEHIND", 1)
    monkeypatch.setattr(demo, "DAYS_AHEAD", 1)


def test_the_demo_has_work_in_every_state_and_nobody_in_two_places(small_world, quick):
    build(small_world)
    states = Counter(Job.objects.values_list("state", flat=True))
    assert set(states) == {
        "booked", "scheduled", "in_progress", "on_hold", "work_complete", "closed", "cancelled"
    }  # fmt: skip
    assert 10 <= Visit.objects.filter(state="unscheduled", job__state="booked").count() <= 16
    start, end = day_in(ZONE, today_in(ZONE, NOON))
    today = Counter(
        Visit.objects.filter(starts_at__gte=start, starts_at__lt=end).values_list("state", flat=True)
    )
    assert sum(today.values()) >= 40
    assert {"done", "on_site", "scheduled"} <= set(today)
    rows = Assignment.objects.order_by("technician", "starts_at").values_list(
        "technician", "starts_at", "ends_at"
    )
    previous = None
    for technician, starts, ends in rows:
        assert previous is None or previous[0] != technician or previous[1] <= starts
        previous = (technician, ends)


def test_what_is_past_is_complete_and_can_be_billed(small_world, quick):
    build(small_world)
    start, _end = day_in(ZONE, today_in(ZONE, NOON))
    past = Job.objects.filter(visits__starts_at__lt=start, visits__isnull=False).distinct()
    assert past.count() > 30
    assert not past.filter(completed_at__isnull=True).exists()
    assert not VisitCheck.objects.filter(visit__job__in=past, answered_at__isnull=True).exists()
    assert PartUse.objects.filter(job__in=past, reservation__state="used").exists()
    assert not Job.objects.filter(customer=small_world.refused).exists()
    job = past.filter(part_uses__isnull=False).first()
    assert {"Job", "Visit", "Assignment", "Part use"} <= {step.what for step in chain(f"job:{job.uuid}")}
    numbers = list(past.order_by("created_at", "pk").values_list("number", flat=True))
    assert numbers == sorted(numbers)


def test_what_today_did_is_in_the_name_of_who_did_it(small_world, quick):
    build(small_world)
    done = Visit.history.filter(source="technician", state="done").latest()
    visit = Visit.objects.get(pk=done.id)
    booked = visit.job.history.earliest()
    placed = visit.history.filter(source="board").first()
    assert booked.actor_name == "Casey Nolan"
    assert placed.actor_name == "Dana Whitfield"
    assert done.actor_name.startswith("Technician")
    assert booked.root == placed.root == done.root == f"job:{visit.job.uuid}"


@pytest.mark.parametrize("now", [NOON - timedelta(hours=10), NOON - timedelta(days=2)])
def test_the_demo_is_made_at_any_hour_and_on_a_sunday(small_world, quick, now):
    build(small_world, now=now)
    start, end = day_in(ZONE, today_in(ZONE, now))
    assert Visit.objects.filter(starts_at__gte=start, starts_at__lt=end).count() >= 40
