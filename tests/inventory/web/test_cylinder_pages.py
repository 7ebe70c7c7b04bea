"""The cylinders' pages: what they show, and what a press does."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from equipment.models import Refrigerant
from fsm.clock import now, today_in
from inventory import actions
from inventory.models import Cylinder, CylinderMovement, RefrigerantTransfer

from ...factories import CircuitFactory, RefrigerantRecordFactory, StockPlaceFactory

pytestmark = pytest.mark.django_db
DETAILS = {"once": "", "note": ""}


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


@pytest.fixture
def cylinder(truck):
    """`cylinder(400)`: a cylinder with 400 oz in it."""
    numbers = iter(range(1, 1000))

    def make(ounces, *, name="R-410A", **fields):
        fields = {"kind": "disposable", "origin": "virgin"} | fields
        return actions.add_cylinder(
            number=f"C-{next(numbers)}", refrigerant_id=Refrigerant.objects.get(designation=name).pk,
            place_id=truck.pk, ounces=Decimal(ounces), now=now() - timedelta(minutes=5), **fields,
        )  # fmt: skip

    return make


def page(client, name, *args, **query):
    answer = client.get(reverse(f"inventory:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_cylinder_is_added_listed_and_pressed_twice_once(dana_client, truck):
    form = {
        "once": str(uuid.uuid4()), "number": "C-77", "kind": "disposable", "origin": "virgin",
        "refrigerant": Refrigerant.objects.get(designation="R-410A").pk, "place": str(truck.uuid),
        "tare": "7.25", "pounds": "24", "ounces": "8", "is_purchase": "bought", "cost": "300.00",
    }  # fmt: skip
    url = reverse("inventory:add-cylinder")
    assert [dana_client.post(url, form).status_code for _ in range(2)] == [302, 302]
    made = Cylinder.objects.get()
    assert (made.content_oz, made.tare_oz, made.movements.get().cost) == (392, 116, 300)
    assert "24 lb 8 oz" in page(dana_client, "cylinders", q="c-77")
    assert "Nothing matches" in page(dana_client, "cylinders", refrigerant="R-410A", standing="gone")
    assert dana_client.post(url, form | {"once": str(uuid.uuid4())}).status_code == 409


def test_a_cylinder_page_weighs_and_says_what_waits(dana_client, cylinder):
    one = cylinder(400, tare_oz=Decimal(160))
    url = reverse("inventory:weigh-cylinder", args=[one.uuid])
    assert dana_client.post(url, DETAILS).status_code == 422
    assert dana_client.post(url, DETAILS | {"pounds": "9"}).status_code == 409
    assert dana_client.post(url, DETAILS | {"pounds": "30", "ounces": "0"}).status_code == 302
    assert "waits for a manager" in page(dana_client, "cylinder", one.uuid)


def test_a_cylinder_page_costs_the_same_at_any_length(dana_client, cylinder, django_assert_max_num_queries):
    one = cylinder(400)
    for number in range(20):
        actions.lose_refrigerant(one.pk, ounces=Decimal(1), because="Hose", key=f"l{number}", now=now())
    with django_assert_max_num_queries(16):
        page(dana_client, "cylinder", one.uuid)
    with django_assert_max_num_queries(16):
        page(dana_client, "cylinders")


def test_what_is_sent_shows_with_its_receipt_and_a_month_of_disposals_adds_up(
    dana_client, cylinder, tess, company
):
    """Three R-22 systems and one of R-410A; 8 + 6.5 + 0 lb of R-22; a 5 lb system needs no record."""
    waste = cylinder(640, name="R-22", kind="recovery", origin="to_reclaim", is_purchase=False)
    month = now()
    for name, charge, ounces in (
        ("R-22", 128, 128), ("R-22", 104, 104), ("R-22", 96, 0), ("R-410A", "115.2", "115.2"),
        ("R-22", 80, 80),
    ):  # fmt: skip
        circuit = CircuitFactory(
            refrigerant=Refrigerant.objects.get(designation=name), full_charge_oz=Decimal(charge)
        )
        RefrigerantRecordFactory(
            circuit=circuit, kind="recovered", purpose="disposal", ounces=Decimal(ounces), technician=tess,
            happened_at=month, nothing_because="" if ounces else "System empty on arrival",
        )  # fmt: skip
    form = {
        "once": str(uuid.uuid4()), "sent_to": "Gulf Reclaim", "cylinders": [str(waste.uuid)],
        "sent_on": f"{today_in(company.time_zone, month)}", "reference": "", "note": "",
    }  # fmt: skip
    assert dana_client.post(reverse("inventory:send-refrigerant"), form).status_code == 302
    transfer = RefrigerantTransfer.objects.get()
    receipt = reverse("inventory:note-receipt", args=[transfer.uuid])
    assert dana_client.post(receipt, {"reference": "GR-9"}).status_code == 302
    assert "GR-9" in page(dana_client, "refrigerant-transfers")
    assert "40 lb" in page(dana_client, "refrigerant-transfer", transfer.uuid)
    shown = page(dana_client, "disposal-months")
    assert "System empty on arrival" in shown
    file = dana_client.get(reverse("inventory:disposal-file")).content.decode("utf-8-sig")
    cells = [row.split(",") for row in file.splitlines()]
    totals = {(row[0], row[3], row[4]) for row in cells if row[0].startswith("Total")}
    assert {("Total recovered", "R-22", "14.5"), ("Total recovered", "R-410A", "7.2")} <= totals
    assert ("Total sent away", "R-22", "40") in totals


@pytest.mark.parametrize("by", ["refrigerant", "cylinder", "technician", "month", "nonsense"])
def test_the_balance_closes_on_screen_and_in_the_file(dana_client, cylinder, by):
    one = cylinder(400)
    actions.lose_refrigerant(one.pk, ounces=Decimal(16), because="Hose", key="l", now=now())
    shown = page(dana_client, "balance", by=by)
    assert "It closes" in shown
    assert "The owner or operator of the equipment makes the final determination." in shown
    assert "Sent away" not in shown.partition("<thead>")[2].partition("</thead>")[0]
    last = dana_client.get(reverse("inventory:balance-file"), {"by": by}).content.decode().splitlines()[-1]
    assert last.endswith(",1,0,24")
    assert CylinderMovement.objects.count() == 2
