from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.states import InvoiceState
from equipment import actions
from equipment.models import Maker, Opportunity, Reading, Unit, UnitFile, UnitMove, Warranty, WarrantyClaim
from equipment.services import repair_spend
from equipment.trends import HEIGHT, trend_of
from fsm.clock import now as clock_now
from fsm.clock import today_in
from tests.conftest import client_of
from tests.factories import (
    BranchFactory,
    CircuitFactory,
    InvoiceFactory,
    RefrigerantRecordFactory,
    UserBranchFactory,
    instant,
    picture,
)

pytestmark = pytest.mark.django_db


def here_today():
    """The day where the unit stands: late in the evening it is tomorrow in UTC."""
    return today_in("America/Chicago", clock_now())


@pytest.fixture
def unit(make_unit):
    maker = Maker.objects.get_or_create(name="Goodman")[0]
    return make_unit(
        maker=maker, serial="1703112345", category="air_conditioner",
        installed_on=here_today() - timedelta(days=10),
    )  # fmt: skip


def at(name, thing):
    return reverse(f"equipment:{name}", args=[thing.uuid])


def words_of(answer):
    return answer.content.decode()


def fill(unit, make_customer, times):
    """A history: each kind of row so many times."""
    now = clock_now()
    warranty = actions.add_warranty(unit.pk, kind="parts", base_months=60, provider="Goodman")
    for number in range(times):
        RefrigerantRecordFactory(circuit=unit.circuit)
        actions.add_warranty(unit.pk, kind="labor", base_months=12, provider="Us")
        actions.open_claim(
            warranty.pk, failed_part="Fan", fault="Dead", failed_on=now.date(), today=now.date()
        )
        actions.record_readings(
            unit.pk, values={"delta_t": "18", "capacitor": "45"}, now=now,
            measured_at=now - timedelta(days=number),
        )  # fmt: skip
        actions.add_unit_file(
            unit.pk, data=picture(number + 1, 3), name=f"{number}.png", kind="photo", now=now
        )
        move = actions.move_unit(unit.pk, to_site_id=make_customer().site.pk, because="Moved", now=now)
        actions.undo_move(move.pk, because="Back", now=now)
        actions.install_unit(site_id=unit.site_id, category="furnace")
        CircuitFactory(unit=unit, label=uuid.uuid4().hex[:8])


def test_a_unit_s_page_asks_twelve_times_at_any_length_of_history(casey_client, unit, make_customer):
    url = at("unit", unit)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert casey_client.get(url).status_code == 200
        return len(queries)

    fill(unit, make_customer, 1)
    cost()
    one = cost()
    fill(unit, make_customer, 19)
    assert cost() == one <= 12


def test_everything_about_a_unit_stands_on_its_page(casey_client, unit, make_customer):
    fill(unit, make_customer, 2)
    actions.edit_unit(
        unit.pk, version=Unit.objects.get(pk=unit.pk).version, access="Ladder", ratings={"rla": "14.1"}
    )
    page = words_of(casey_client.get(at("unit", unit)))
    for words in (
        "Ladder", "Compressor RLA", "14.1 A", "confidence", "Fan", "0.jpg", "undone", "2 values",
        "Put on record", "<polyline", "Labor",
    ):  # fmt: skip
        assert words in page
    assert "style=" not in page.split("<main")[1]


def test_the_serial_s_date_is_confirmed_by_a_button_and_not_before(casey_client, unit):
    page = words_of(casey_client.get(at("unit", unit)))
    assert "looks like March 2017, confidence high" in page
    said = {"maker": "Goodman", "serial": "1703112345", "category": "air_conditioner"}
    assert "March 2017" in words_of(casey_client.get(reverse("equipment:read-serial"), said))
    unit.refresh_from_db()
    assert unit.manufactured_on is None
    casey_client.post(at("confirm-manufacture", unit), {"made_on": "2017-03-01", "known_by": "serial"})
    unit.refresh_from_db()
    assert (unit.manufactured_on, unit.manufacture_known_by) == (date(2017, 3, 1), "serial")


def test_warranties_are_confirmed_registered_claimed_and_ended_from_the_page(casey_client, unit):
    today = here_today().isoformat()
    casey_client.post(at("confirm-warranties", unit), {"kinds": ["parts"]})
    row = Warranty.objects.get()
    due = words_of(casey_client.get(reverse("equipment:registrations")))
    assert unit.serial in due
    answer = casey_client.post(
        at("register-warranty", row), {"on": today, "confirmation": "G-1"}, follow=True
    )
    assert "instead of" in words_of(answer)
    assert "G-1" in words_of(answer)
    assert unit.serial not in words_of(casey_client.get(reverse("equipment:registrations")))
    typed = {
        "failed_part": "Fan motor",
        "fault": "Bearing",
        "failed_on": today,
        "once": str(uuid.UUID(int=3)),
    }
    assert casey_client.post(at("add-claim", row), typed | {"failed_part": ""}).status_code == 422
    for _ in range(2):
        casey_client.post(at("add-claim", row), typed)
    claim = WarrantyClaim.objects.get()
    assert "Fan motor" in words_of(casey_client.get(reverse("equipment:claims")))
    assert casey_client.post(at("credit-claim", claim), {"received": "50", "on": today}).status_code == 409
    casey_client.post(at("send-claim", claim), {"rma": "R-9"})
    casey_client.post(at("approve-claim", claim), {"credit_expected": "$1,050.00"})
    assert casey_client.post(at("credit-claim", claim), {"received": "x", "on": today}).status_code == 409
    casey_client.post(at("credit-claim", claim), {"received": "1000", "on": today})
    claim.refresh_from_db()
    assert (claim.state, claim.rma, claim.credit_expected) == ("credited", "R-9", Decimal(1050))
    assert "Fan motor" not in words_of(casey_client.get(reverse("equipment:claims")))
    assert "$1,000.00" in words_of(casey_client.get(at("claim", claim)))
    casey_client.post(at("end-warranty", row), {"on": today, "because": "Altered"})
    row.refresh_from_db()
    assert row.ended_because == "Altered"


def test_an_old_warranty_form_shows_what_stands_there(casey_client, unit):
    row = actions.add_warranty(unit.pk, kind="parts", base_months=60, provider="Goodman")
    actions.edit_warranty(row.pk, version=1, base_months=72)
    typed = {"version": 1, "kind": "parts", "provider": "Goodman", "base_months": 120}
    answer = casey_client.post(at("edit-warranty", row), typed)
    assert answer.status_code == 409
    assert "72" in words_of(answer)
    assert casey_client.post(at("edit-warranty", row), typed | {"version": 2}).status_code == 302


def test_readings_are_entered_flagged_refused_and_struck_out(casey_client, unit):
    url = at("add-readings", unit)
    typed = {"measured_on": here_today().isoformat(), "delta_t": "9", "capacitor": ""}
    refused = casey_client.post(url, typed | {"suction_pressure": "9999"})
    assert refused.status_code == 409
    assert "cannot be" in words_of(refused)
    assert not Reading.objects.exists()
    answer = casey_client.post(url, typed, follow=True)
    assert "is under 16" in words_of(answer)
    row = Reading.objects.get()
    assert casey_client.post(at("void-reading", row), {"because": ""}).status_code == 409
    answer = casey_client.post(at("void-reading", row), {"because": "Door was open"}, follow=True)
    assert "Door was open" in words_of(answer)
    assert b"Nothing was measured yet" in casey_client.get(at("unit", unit)).content


def test_a_unit_is_moved_and_brought_back(casey_client, unit, make_customer, make_job):
    there = make_customer(name="Rosa Delgado").site
    job = make_job(customer=unit.site.customer, unit_ids=[unit.pk])
    url = at("move-unit", unit)
    page = words_of(casey_client.get(url, {"q": "rosa"}))
    assert job.number in page
    assert str(there.uuid) in page
    typed = {"to_site": str(there.uuid), "because": "Taken along", "q": "rosa"}
    answer = casey_client.post(url, typed)
    assert answer.status_code == 409
    assert str(there.uuid) in words_of(answer)
    casey_client.post(url, typed | {"despite_open_work": "on"})
    move = UnitMove.objects.get()
    casey_client.post(at("undo-move", move), {"because": "Wrong house"})
    unit.refresh_from_db()
    assert unit.site == move.from_site


def test_a_file_is_kept_shown_to_who_may_and_removed(casey_client, unit):
    url = at("add-unit-file", unit)
    sent = SimpleUploadedFile("plate.png", picture(), "image/png")
    casey_client.post(url, {"file": sent, "kind": "nameplate"})
    row = UnitFile.objects.get()
    shown = casey_client.get(at("unit-file", row), follow=True)
    assert shown["Content-Type"] == "image/jpeg"
    assert casey_client.post(url, {"kind": "nameplate"}).status_code == 409
    casey_client.post(at("remove-unit-file", row), {"because": "Blurred"})
    assert casey_client.get(at("unit-file", row)).status_code == 404


def test_systems_and_replacements_are_said_on_the_page(casey_client, unit):
    new = actions.install_unit(site_id=unit.site_id, category="heat_pump", serial="NEW1")
    for one in (unit, new):
        casey_client.post(at("set-system", one), {"name": "Upstairs"})
    assert words_of(casey_client.get(at("unit", unit))).count("Upstairs") >= 1
    casey_client.post(
        at("replace-unit", unit), {"by": str(new.uuid), "because": "Worn out", "on": "2026-07-01"}
    )
    assert "NEW1" in words_of(casey_client.get(at("unit", unit)))
    assert unit.serial in words_of(casey_client.get(at("unit", new)))
    casey_client.post(at("set-system", new), {"name": ""})
    new.refresh_from_db()
    assert new.system is None


# Outlook ---------------------------------------------------------------------------------------------


def test_the_outlook_is_narrowed_exported_and_opens_an_opportunity_once(casey_client, make_unit):
    old, new = make_unit(installed_on=date(2003, 1, 1)), make_unit(installed_on=here_today())
    url = reverse("equipment:outlook")
    page = words_of(casey_client.get(url))
    assert "years old" in page
    assert old.serial in page
    assert new.serial not in page or "GWP" in page
    assert old.serial in words_of(casey_client.get(url, {"age": "20"}))
    assert new.serial not in words_of(casey_client.get(url, {"age": "20"}))
    assert old.serial not in words_of(casey_client.get(url, {"refrigerant": "R-22", "category": "boiler"}))
    file = casey_client.get(reverse("equipment:outlook-csv"), {"age": "20"}).content.decode()
    assert old.serial in file
    assert new.serial not in file
    for _ in range(2):
        casey_client.post(at("open-opportunity", old))
    row = Opportunity.objects.get()
    assert (row.times_seen, row.score > 0, bool(row.reasons)) == (2, True, True)
    assert "&amp;unit=" in words_of(casey_client.get(at("opportunity", row)))
    until = (here_today() + timedelta(days=9)).isoformat()
    casey_client.post(at("snooze-opportunity", row), {"until": until})
    casey_client.post(at("contact-about-opportunity", row))
    assert casey_client.post(at("dismiss-opportunity", row), {"because": ""}).status_code == 409
    casey_client.post(at("dismiss-opportunity", row), {"because": "Sold the house"})
    assert row.summary not in words_of(casey_client.get(reverse("equipment:opportunities")))
    casey_client.post(at("triage-opportunity", row), {"because": "They called"})
    row.refresh_from_db()
    assert row.state == "triaged"


def test_the_outlook_costs_the_same_for_one_unit_or_twenty(casey_client, make_unit):
    url = reverse("equipment:outlook")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            casey_client.get(url)
        return len(queries)

    make_unit(installed_on=date(2003, 1, 1))
    cost()
    one = cost()
    for _ in range(19):
        make_unit(installed_on=date(2003, 1, 1))
    assert cost() == one <= 16


def test_what_repairs_have_cost_is_shared_by_the_units_of_the_job(make_unit, make_job):
    unit = make_unit()
    other = actions.install_unit(site_id=unit.site_id, category="furnace")
    job = make_job(customer=unit.site.customer, unit_ids=[unit.pk, other.pk])
    InvoiceFactory(
        job=job, state=InvoiceState.ISSUED, subtotal=Decimal(301), total=Decimal(301), number="I1",
        issued_on=date(2026, 7, 1), due_on=date(2026, 7, 1), issued_at=instant(),
    )  # fmt: skip
    spent = repair_spend([unit.pk, other.pk], date(2026, 1, 1))
    assert spent == {unit.pk: Decimal("150.50"), other.pk: Decimal("150.50")}
    assert repair_spend([unit.pk], date(2026, 7, 2)) == {}


# Labels and scanning ---------------------------------------------------------------------------------


def test_a_label_leads_the_office_to_the_unit_and_the_technician_to_their_visit(
    casey_client, tess, tess_client, unit, make_job
):
    sheet = words_of(casey_client.get(reverse("equipment:labels", args=[unit.site.uuid])))
    assert "<svg" in sheet
    assert unit.serial in sheet
    code = reverse("scan:unit", args=[unit.uuid])
    assert casey_client.get(code).url == at("unit", unit)
    assert tess_client.get(code).status_code == 404
    job = make_job(customer=unit.site.customer, technician=tess, starts_at=instant())
    assert tess_client.get(code).url == reverse("dispatch:phone-unit", args=[job.visit.uuid, unit.uuid])


# Doors -----------------------------------------------------------------------------------------------


def test_rows_of_another_branch_s_unit_are_not_there(casey, unit):
    row = actions.add_warranty(unit.pk, kind="parts", base_months=60, provider="Goodman")
    today = here_today()
    claim = actions.open_claim(row.pk, failed_part="Fan", fault="x", failed_on=today, today=today)
    reading = actions.record_reading(
        unit.pk, key="delta_t", value="18", measured_at=clock_now(), now=clock_now()
    )
    chance = actions.raise_opportunity(unit.pk, kind="repair", summary="x", reasons=[])
    UserBranchFactory(user=casey, branch=BranchFactory(name="Waco"))
    client = client_of(casey)
    for name, thing in (
        ("edit-warranty", row), ("claim", claim), ("opportunity", chance), ("readings", unit),
        ("unit-label", unit), ("move-unit", unit),
    ):  # fmt: skip
        assert client.get(at(name, thing)).status_code == 404, name
    assert client.post(at("void-reading", reading), {"because": "x"}).status_code == 404
    assert unit.serial not in words_of(client.get(reverse("equipment:outlook")))


def test_a_trend_is_drawn_within_its_frame_with_the_good_range_behind():
    days = [(instant() + timedelta(days=n), Decimal(v), v > 22) for n, v in enumerate((18, 25, 12))]
    trend = trend_of(days, low=Decimal(16), high=Decimal(22))
    assert [dot.is_flagged for dot in trend.dots] == [False, True, False]
    assert all(0 <= float(dot.y) <= HEIGHT for dot in trend.dots)
    assert float(trend.dots[1].y) < float(trend.band.y) < float(trend.dots[2].y)
    assert trend_of(days[:1]) is None
    assert len(trend_of([days[0], days[0]]).dots) == 2
