from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions import set_do_not_service
from equipment import actions
from equipment.models import RefrigerantRecord, Unit
from fsm.finders import search
from fsm.panels import panels_for
from tests.conftest import client_of
from tests.factories import (
    BranchFactory,
    CircuitFactory,
    RefrigerantFactory,
    RefrigerantRecordFactory,
    UserBranchFactory,
)

PLATE = {
    "category": "heat_pump",
    "maker": "Trane",
    "model_number": "4TWR6036J1000",
    "serial": "1822-4KA5G",
    "tons": "3",
    "installed_on": "2018-06-01",
    "date_known_by": "plate",
    "refrigerant_0": "R-410A",
    "pounds_0": "7",
    "ounces_0": "4",
}
pytestmark = pytest.mark.django_db


def cost(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_list_costs_the_same_for_one_unit_or_twenty(casey_client, make_unit):
    url = reverse("equipment:units")
    make_unit()
    casey_client.get(url)
    one = cost(casey_client, url)
    for _ in range(19):
        make_unit()
    assert cost(casey_client, url) == one <= 10


def test_a_unit_s_page_costs_the_same_for_one_record_or_twenty(casey_client, make_unit):
    unit = make_unit()
    url = reverse("equipment:unit", args=[unit.uuid])
    RefrigerantRecordFactory(circuit=unit.circuit)
    casey_client.get(url)
    one = cost(casey_client, url)
    for number in range(19):
        CircuitFactory(unit=unit, label=str(number + 2))
        RefrigerantRecordFactory(circuit=unit.circuit)
    assert cost(casey_client, url) == one <= 15


def test_the_equipment_panel_costs_the_same_for_one_unit_or_twenty(casey, make_customer, make_unit):
    customer = make_customer()
    make_unit(site=customer.site)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            (panel,) = [p for p in panels_for("sites", [customer.site], casey) if p.key == "equipment"]
        return len(captured), len(panel.context["of"][customer.site.pk]["lines"])

    assert casey.branch_ids == []
    one, _ = queries()
    for _ in range(19):
        make_unit(site=customer.site)
    assert queries() == (one, 20)


def test_a_unit_is_added_from_its_site_once(casey_client, make_customer):
    RefrigerantFactory()
    site = make_customer().site
    url = reverse("equipment:add-unit", args=[site.uuid])
    for _ in range(2):
        casey_client.post(url, PLATE | {"once": str(uuid.UUID(int=5))})
    unit = Unit.objects.get()
    assert (unit.site, unit.maker.name, unit.circuits.get().full_charge_oz) == (site, "Trane", 116)
    page = casey_client.get(reverse("equipment:unit", args=[unit.uuid])).content.decode()
    assert "7 lb 4 oz" in page
    assert "from the nameplate" in page


@pytest.mark.parametrize(("typed", "words"), [
    ({"refrigerant_0": ""}, "Say which refrigerant it is."),
    ({"tons": "-3"}, "greater than or equal"),
    ({"installed_on": "yesterday"}, "valid date"),
    ({"category": "toaster"}, "valid choice"),
])  # fmt: skip
def test_a_mistake_on_the_plate_is_said_and_nothing_typed_is_lost(casey_client, make_customer, typed, words):
    RefrigerantFactory()
    url = reverse("equipment:add-unit", args=[make_customer().site.uuid])
    answer = casey_client.post(url, PLATE | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "1822-4KA5G" in answer.content.decode()
    assert not Unit.objects.exists()


def test_an_edit_from_an_old_page_shows_what_stands_there(casey_client, make_unit):
    unit = make_unit()
    url = reverse("equipment:edit-unit", args=[unit.uuid])
    typed = {"version": 1, "category": unit.category, "serial": "MINE", "refrigerant_0": "R-410A"}
    actions.edit_unit(unit.pk, version=1, serial="THEIRS")
    answer = casey_client.post(url, typed)
    assert answer.status_code == 409
    assert b"THEIRS" in answer.content
    assert b"MINE" in answer.content
    assert casey_client.post(url, typed | {"version": 2}).status_code == 302


@pytest.mark.parametrize("typed", ["3416E", "34-16 e1", "Carrier", "24ACC6", "Avenue F"])
def test_units_are_found_by_what_stands_on_the_plate_or_the_house(casey_client, make_unit, typed):
    unit = make_unit(serial="3416E12345")
    page = casey_client.get(reverse("equipment:units"), {"q": typed}).content.decode()
    assert unit.serial in page


def test_the_list_is_narrowed_by_refrigerant_and_status(casey_client, make_unit):
    unit = make_unit()
    url = reverse("equipment:units")
    RefrigerantFactory(designation="R-22")
    for query, shown in (
        ({"refrigerant": "R-410A"}, True),
        ({"refrigerant": "R-22"}, False),
        ({"status": "retired"}, False),
        ({"category": "air_conditioner", "status": "active"}, True),
        ({"refrigerant": "'; --"}, True),
    ):
        assert (unit.serial in casey_client.get(url, query).content.decode()) is shown


def test_a_unit_is_retired_and_returned_with_reasons(casey_client, make_unit):
    unit = make_unit()
    retire = reverse("equipment:retire-unit", args=[unit.uuid])
    assert casey_client.post(retire, {"because": ""}).status_code == 409
    casey_client.post(retire, {"because": "Replaced"})
    unit.refresh_from_db()
    assert unit.status == "retired"
    casey_client.post(reverse("equipment:return-unit", args=[unit.uuid]), {"because": "Wrong one"})
    casey_client.post(reverse("equipment:mothball-unit", args=[unit.uuid]), {"because": "Season is over"})
    unit.refresh_from_db()
    assert unit.status == "mothballed"


def test_a_record_is_struck_out_on_the_unit_s_page(casey_client, make_unit):
    unit = make_unit()
    record = RefrigerantRecordFactory(circuit=unit.circuit)
    url = reverse("equipment:void-record", args=[record.uuid])
    assert casey_client.post(url, {"because": ""}).status_code == 409
    answer = casey_client.post(url, {"because": "Logged on the wrong unit"})
    assert b"Logged on the wrong unit" in casey_client.get(answer.url).content
    assert not RefrigerantRecord.objects.in_force().exists()


def test_the_bookkeeper_sees_equipment_and_changes_none(bea_client, make_unit):
    unit = make_unit()
    page = bea_client.get(reverse("equipment:unit", args=[unit.uuid]))
    assert page.status_code == 200
    assert b"Retire" not in page.content
    answer = bea_client.post(reverse("equipment:retire-unit", args=[unit.uuid]), {"because": "x"})
    assert answer.status_code == 403


def test_a_unit_of_a_refused_customer_offers_no_booking(casey_client, make_unit):
    unit = make_unit()
    url = reverse("equipment:unit", args=[unit.uuid])
    set_do_not_service(unit.site.customer_id, on=True, reason="Threats")
    page = casey_client.get(url).content.decode()
    assert "Do not service." in page
    assert "&amp;unit=" not in page.split("page-body")[0]


def test_another_branch_s_unit_is_not_there(casey, make_unit):
    unit = make_unit()
    record = RefrigerantRecordFactory(circuit=unit.circuit)
    UserBranchFactory(user=casey, branch=BranchFactory(name="Waco"))
    client = client_of(casey)
    assert client.get(reverse("equipment:unit", args=[unit.uuid])).status_code == 404
    assert client.post(reverse("equipment:void-record", args=[record.uuid])).status_code == 404


def test_the_global_search_finds_a_serial_read_out_with_spaces(casey, make_unit):
    make_unit(serial="3416E12345")
    (hit,) = [hit for hit in search("3416 e123", casey) if hit.kind == "Unit"]
    assert "3416E12345" in hit.detail
