"""What stock offers to the other pages: search, home, references, traces, the demo company."""

import random
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse

from dispatch import actions as work
from fsm.demo import DemoWorld
from fsm.finders import search
from fsm.panels import panels_for
from fsm.references import Reference, ref_of, resolve_many
from fsm.trace import chain
from inventory import actions, demo
from inventory.models import MovementKind, Part, PlaceKind, StockLevel, StockMovement, StockPlace

from ..factories import StockPlaceFactory, instant

pytestmark = pytest.mark.django_db
NOW = instant()


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


def home_panel(user):
    return next((panel for panel in panels_for("home", None, user) if panel.key == "stock"), None)


def test_home_says_what_is_negative_and_what_is_low(casey, casey_client, make_part, truck):
    assert home_panel(casey) is None
    cause = Reference("visit", uuid.uuid4())
    part = make_part(name="Capacitor")
    actions.reserve(uuid=uuid.uuid4(), place_id=truck.pk, part_id=part.pk, quantity=Decimal(1), cause=cause)
    actions.use_reserved(cause, now=NOW)
    other = make_part(on={truck: Decimal(1)})
    actions.set_limits(place_id=truck.pk, part_id=other.pk, minimum=Decimal(2), maximum=Decimal(3))
    context = home_panel(casey).context
    assert (context["negative"], context["low"]) == (1, 1)
    html = casey_client.get(reverse("fsm:home")).content.decode()
    assert "Capacitor" in html
    assert "-1: count it" in html
    assert "1 shelf is below its minimum" in html


def test_the_search_box_finds_parts_for_those_who_see_stock(casey, tess, make_part, truck):
    make_part(number="CAP-45", name="Capacitor", on={truck: Decimal(4)})
    hits = [hit for hit in search("cap-45", casey) if hit.kind == "Part"]
    assert [(hit.label, hit.detail) for hit in hits] == [("Capacitor", "CAP-45 · 4 on hand")]
    assert not search("cap-45", tess)


def test_parts_places_and_movements_can_be_referred_to(casey, tess, make_part, truck):
    part = make_part(number="CAP-45", name="Capacitor", on={truck: Decimal(4)})
    things = [part, truck, StockMovement.objects.get()]
    references = [ref_of(thing) for thing in things]
    found = resolve_many(references, casey)
    assert [found[reference].label for reference in references] == [
        "CAP-45 Capacitor",
        "Truck 7",
        "Received: 4 of CAP-45",
    ]
    assert resolve_many(references, tess) == {}


def test_a_used_part_is_in_the_chain_of_its_job(make_job, make_part, tess, marcus_client):
    truck = tess.technician.truck
    part = make_part(number="CAP-45", on={truck: Decimal(1)})
    job = make_job(technician=tess)
    work.go_en_route(job.visit.pk, technician_id=tess.technician.pk, now=NOW)
    work.arrive(job.visit.pk, technician_id=tess.technician.pk, now=NOW)
    work.use_part(
        job.visit.pk,
        uuid=uuid.uuid4(),
        part_id=part.pk,
        quantity=Decimal(2),
        technician_id=tess.technician.pk,
        now=NOW,
    )
    work.complete_visit(job.visit.pk, technician_id=tess.technician.pk, now=NOW)
    (step,) = [
        step for step in chain(f"job:{job.uuid}") if step.app == "inventory" and step.what == "Stock movement"
    ]
    assert step.verb == "used on a job"
    assert {change.label: change.after for change in step.changes} == {
        "part": str(part),
        "quantity": "2",
        "from": truck.name,
        "short by": "1",
    }
    moved = StockMovement.objects.get(kind=MovementKind.USED)
    html = marcus_client.get(reverse("fsm:trace", args=["movement", moved.uuid])).content.decode()
    assert f"Job {job.number}" in html
    assert "Stock movement used on a job" in html


def test_a_movement_without_work_has_a_trace_too(marcus_client, make_part, truck):
    make_part(on={truck: Decimal(1)})
    moved = StockMovement.objects.get()
    assert marcus_client.get(reverse("fsm:trace", args=["movement", moved.uuid])).status_code == 200


def test_the_demo_company_is_stocked_through_the_ledger(branch):
    world = DemoWorld(
        random.Random(1), datetime(2026, 7, 14, 15, tzinfo=UTC), date(2026, 7, 14), "America/Chicago"
    )
    demo.build(world)
    assert [truck.name for truck in world.made["trucks"]] == [f"Truck {n}" for n in range(1, 13)]
    assert StockPlace.objects.filter(kind=PlaceKind.WAREHOUSE).get() == world.made["warehouse"]
    assert len(world.made["parts"]) == Part.objects.count() >= 60
    assert len(set(Part.objects.values_list("barcode", flat=True))) == Part.objects.count()
    for level in StockLevel.objects.all():
        rows = StockMovement.objects.filter(part=level.part_id)
        came = rows.filter(to_place=level.place_id).aggregate(n=Sum("quantity"))["n"] or 0
        went = rows.filter(from_place=level.place_id).aggregate(n=Sum("quantity"))["n"] or 0
        assert level.on_hand == came - went >= 0
        assert level.history.count() == 1
    assert not StockMovement.objects.filter(moved_at__gte=world.now).exists()
    assert len({level.place_id for level in StockLevel.objects.filter(on_hand__gte=1)}) == 13
