"""Filling a truck up from the warehouse."""

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from inventory import actions
from inventory.models import MovementKind, StockMovement

from ...factories import StockPlaceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def warehouse(branch):
    return StockPlaceFactory(name="Main warehouse", kind="warehouse")


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


@pytest.fixture
def stocked(make_part, warehouse, truck):
    """`stocked(on_truck, in_warehouse, low, high)`: a part with its limits on the truck."""

    def part(on_truck, in_warehouse, low, high, **fields):
        on = {truck: on_truck, warehouse: in_warehouse}
        made = make_part(on={place: Decimal(n) for place, n in on.items() if n}, **fields)
        actions.set_limits(place_id=truck.pk, part_id=made.pk, minimum=Decimal(low), maximum=Decimal(high))
        return made

    return part


def field(part):
    return f"part_{part.uuid.hex}"


def test_what_is_below_its_minimum_is_suggested_up_to_the_maximum_or_what_is_there(
    dana_client, stocked, truck
):
    low, scarce = stocked(1, 20, 2, 6), stocked(1, 3, 2, 6)
    fine, full = stocked(3, 20, 2, 6), stocked(6, 20, 2, 6)
    none_there, gone = stocked(0, 0, 2, 6), stocked(0, 5, 2, 6, is_active=False)
    answer = dana_client.get(reverse("inventory:load", args=[truck.uuid]))
    form = answer.context["form"]
    assert form[field(low)].value() == "5"
    assert form[field(scarce)].value() == "3"
    assert form[field(fine)].value() == ""
    for absent in (full, none_there, gone):
        assert field(absent) not in form.fields


def test_one_press_loads_the_truck_and_a_second_adds_nothing(dana_client, stocked, warehouse, truck):
    low, fine = stocked(1, 20, 2, 6), stocked(3, 20, 2, 6)
    form = {"once": str(uuid.uuid4()), field(low): "5", field(fine): ""}
    where = reverse("inventory:load", args=[truck.uuid])
    assert dana_client.post(where, form).status_code == 302
    dana_client.post(where, form)
    assert actions.on_hand(truck.pk, low.pk) == 6
    assert actions.on_hand(truck.pk, fine.pk) == 3
    assert StockMovement.objects.filter(kind=MovementKind.TRANSFERRED).count() == 1


def test_what_left_the_warehouse_meanwhile_is_refused_and_the_numbers_stay(
    dana_client, stocked, warehouse, truck
):
    part, other = stocked(1, 4, 2, 6, number="CAP-45"), stocked(1, 9, 2, 6)
    form = {"once": str(uuid.uuid4()), field(part): "5", field(other): "3"}
    answer = dana_client.post(reverse("inventory:load", args=[truck.uuid]), form)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Only 4 of CAP-45 are in Main warehouse" in html
    assert 'value="3"' in html
    assert actions.on_hand(truck.pk, other.pk) == 1


def test_numbers_that_make_no_sense_load_nothing(dana_client, stocked, truck):
    part = stocked(1, 20, 2, 6)
    for wrong in ("-1", "a few"):
        form = {"once": str(uuid.uuid4()), field(part): wrong}
        assert dana_client.post(reverse("inventory:load", args=[truck.uuid]), form).status_code == 422
    assert actions.on_hand(truck.pk, part.pk) == 1


def test_loading_needs_the_right_to_move_stock_and_somewhere_to_load_from(
    bea_client, dana_client, stocked, truck, branch
):
    where = reverse("inventory:load", args=[truck.uuid])
    assert bea_client.get(where).status_code == 403
    alone = StockPlaceFactory(name="Only truck", is_active=False)
    assert dana_client.get(reverse("inventory:load", args=[alone.uuid])).status_code == 409
