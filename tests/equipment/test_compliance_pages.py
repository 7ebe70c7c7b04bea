"""The pages of compliance, and the reminders of its deadlines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from equipment import actions
from equipment.actions.reminders import remind_of_deadlines, step_for
from equipment.deliveries import deliver_compliance_email
from equipment.models import CaseEvent, LeakCase, RefrigerantRecord
from fsm.clock import now
from fsm.models import OutboxRow, User
from fsm.panels import panels_for
from tests.equipment.conftest import NOW, on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    """The pages stand on April 2, 2026: a month after the exceedance."""
    for module in ("circuits", "cases", "registers"):
        monkeypatch.setattr(f"equipment.web.{module}.clock_now", lambda: on(4, 2))


def page(client, name, *args, **query):
    answer = client.get(reverse(f"equipment:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def cost(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_a_circuit_s_page_shows_both_rules_and_how_each_rate_was_found(case, casey_client):
    shown = page(casey_client, "circuit", case.circuit.uuid)
    assert "Covers it" in shown
    assert "40 CFR 82.157" in shown
    assert "4 lb of 40 lb over 51 days since the last addition: 71.57 % a year" in shown
    assert "final determination" in shown
    assert "A leak case is open since March 2, 2026" in shown


def test_the_pages_cost_the_same_for_two_records_or_twenty(case, add, casey_client):
    urls = [
        reverse("equipment:circuit", args=[case.circuit.uuid]),
        reverse("equipment:case", args=[case.uuid]),
        reverse("equipment:compliance"),
        reverse("equipment:compliance-calendar"),
    ]
    before = [cost(casey_client, url) for url in urls for _again in (1, 2)][1::2]
    for day in range(3, 21):
        add(case.circuit, on(3, day), "0.1")
    assert [cost(casey_client, url) for url in urls] == before
    assert max(before) <= 26


def test_a_step_is_noted_by_its_button_and_struck_out_again(case, casey_client, tess):
    shown = page(casey_client, "case", case.uuid)
    assert "step=repaired" in shown
    assert "step=follow_up_passed" not in shown
    assert "overdue" in shown
    url = reverse("equipment:log-case-event", args=[case.uuid])
    said = {"step": "inspection", "happened_on": "2026-03-09", "technician_id": tess.pk, "method": "Bubbles"}
    refused = casey_client.post(url, said)
    assert refused.status_code == 409
    assert "all visible and accessible parts" in refused.content.decode()
    assert casey_client.post(url, said | {"happened_on": "soon"}).status_code == 422
    assert casey_client.post(url, said | {"all_parts_inspected": "on"}).status_code == 302
    event = CaseEvent.objects.get()
    assert "Bubbles" in page(casey_client, "case", case.uuid)
    casey_client.post(reverse("equipment:void-case-event", args=[event.uuid]), {"because": "Other circuit"})
    assert "Other circuit" in page(casey_client, "case", case.uuid)


def test_the_office_records_strikes_out_and_logs_again_and_is_told_what_changed(case, casey_client, tess):
    url = reverse("equipment:record-refrigerant", args=[case.circuit.uuid])
    said = {
        "kind": "added", "purpose": "service", "pounds": "1", "ounces": "8", "day": "2026-04-01",
        "hour": "09:30", "technician": tess.pk, "leak_found": "unknown",
    }  # fmt: skip
    refused = casey_client.post(url, said | {"refrigerant": "R-22"})
    assert refused.status_code == 409
    assert "holds R-134a, not R-22" in refused.content.decode()
    told = casey_client.post(url, said, follow=True).content.decode()
    assert "joins the leak case of March 2, 2026" in told
    record = RefrigerantRecord.objects.get(ounces=24)
    actions.void_refrigerant_record(record.pk, because="Twice", now=NOW)
    again = casey_client.get(url, {"again": record.uuid}).content.decode()
    assert str(record.uuid) in again
    casey_client.post(url, said | {"replaces": record.uuid, "ounces": "9"})
    assert RefrigerantRecord.objects.get(ounces=25).replaces == record


def test_charge_retrofit_rule_and_method_have_their_pages(case, casey_client):
    circuit = case.circuit
    post = lambda name, key, **said: casey_client.post(reverse(f"equipment:{name}", args=[key]), said)  # noqa: E731
    assert post("revise-charge", circuit.uuid, effective_on="2026-03-01", method="range").status_code == 409
    said = {"effective_on": "2026-03-01", "method": "range", "range_low": "38", "range_high": "44"}
    assert post("revise-charge", circuit.uuid, **said).status_code == 302
    assert (
        post("circuit-rule", circuit.uuid, category="comfort", exempt="yes", because="House").status_code
        == 302
    )
    assert LeakCase.objects.get().state == "withdrawn"
    said = {"refrigerant": "R-513A", "pounds": "38", "effective_on": "2026-04-01"}
    assert post("retrofit-circuit", circuit.uuid, **said).status_code == 302
    assert "R-513A" in page(casey_client, "circuit", circuit.uuid)
    site = circuit.unit.site
    assert post("facility-method", site.uuid, method="rolling").status_code == 409


def test_the_registers_filter_and_go_into_a_spreadsheet(case, casey_client, olivia_client):
    assert "R-134a" in page(casey_client, "compliance", q="R-134a", category="comfort")
    assert "Nothing matches" in page(casey_client, "compliance", rules="82.157")
    assert "71.57" in page(casey_client, "exceedances")
    file = casey_client.get(reverse("equipment:exceedances"), {"as": "csv"})
    assert file["Content-Type"].startswith("text/csv")
    assert "R-134a" in file.content.decode()
    assert "No inspection is due" in page(casey_client, "inspections-due")
    assert "No chronic leaker" in page(casey_client, "chronic-leakers")
    assert "Repair" in page(casey_client, "compliance-calendar", month="2026-04") or "Inspection" in page(
        casey_client, "compliance-calendar", month="2026-04"
    )
    assert page(casey_client, "compliance-calendar", month="9999-99")
    assert "I13." in page(olivia_client, "compliance-settings")


def test_choices_are_saved_once_and_an_old_page_is_refused(olivia_client):
    url = reverse("equipment:compliance-settings")
    form = olivia_client.get(url).context["form"]
    said = {name: form[name].value() for name in form.fields} | {"reminder_days": "21, 3"}
    assert olivia_client.post(url, said).status_code == 302
    assert olivia_client.post(url, said).status_code == 409
    assert olivia_client.post(url, said | {"reminder_days": "soon"}).status_code == 422


# Reminders --------------------------------------------------------------------------------------------


def test_a_deadline_is_reminded_of_once_a_step_until_it_is_overdue(case, olivia):
    """W-C1's clock, moved day by day; due April 1."""
    User.objects.filter(pk=olivia.pk).update(email="olivia@example.com")
    sent = {}
    for passed in range(33):
        day = on(3, 2, hour=12) + timedelta(days=passed)
        made = remind_of_deadlines(now=day)
        assert remind_of_deadlines(now=day) == []
        if made:
            sent[(date(2026, 4, 1) - day.date()).days] = [row.days_before for row in made]
    assert sent == {30: [30], 14: [14], 7: [7], 1: [1], 0: [0], -1: [-1]}
    rows = OutboxRow.objects.filter(kind="compliance_email")
    assert rows.count() == 6


def test_the_e_mail_names_the_case_and_is_not_sent_when_it_is_over(case, olivia):
    User.objects.filter(pk=olivia.pk).update(email="olivia@example.com")
    remind_of_deadlines(now=on(3, 25))
    row = OutboxRow.objects.get(kind="compliance_email")
    deliver_compliance_email(row)
    assert "April 1, 2026: leak case of March 2, 2026" in mail.outbox[0].body
    LeakCase.objects.get().events.all()
    actions.void_refrigerant_record(case.opened_by_id, because="Wrong", now=NOW)
    deliver_compliance_email(row)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("left", "step"), [(31, None), (30, 30), (15, 30), (14, 14), (1, 1), (0, 0), (-9, -1)]
)
def test_the_step_of_a_day(left, step):
    assert step_for(left, [30, 14, 7, 1]) == step


def test_the_home_page_shows_the_deadlines_of_a_month(case, casey, tess):
    assert any(panel.key == "compliance" for panel in panels_for("home", None, casey)) == (
        LeakCase.objects.get().next_due_on <= now().date() + timedelta(days=30)
    )
    assert not any(panel.key == "compliance" for panel in panels_for("home", None, tess))
