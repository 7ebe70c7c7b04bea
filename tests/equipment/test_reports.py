"""The inspector's reports, the evidence pack, and how long records are kept."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from equipment import actions
from equipment.models import ComplianceDocument, LeakCase, RefrigerantRecord
from equipment.reporting import reports_for
from fsm.states import NotPossible
from tests import factories as make
from tests.conftest import client_of
from tests.factories import instant

pytestmark = pytest.mark.django_db


def body(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


def cost(client, url) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
        assert answer.status_code == 200
        body(answer)
    return len(queries)


def a_leak(unit, day=date(2026, 3, 5)):
    """A case, a charge, a rate's record and a struck-out one on a circuit of the unit's own."""
    circuit = make.CircuitFactory(unit=unit, label=f"c{unit.circuits.count()}", full_charge_oz=640)
    record = make.RefrigerantRecordFactory(circuit=circuit, happened_at=instant(day=day), note="=1+1")
    return LeakCase.objects.create(
        circuit=circuit, opened_by=record, rules="82.157,84.106", opened_on=day, percent=62,
        next_due_on=day, next_due_what="repair", next_inspection_on=day,
    )  # fmt: skip


@pytest.fixture
def unit(make_customer):
    return make.UnitFactory(site=make_customer().site, category="chiller", serial="CH-1")


def test_every_report_is_cited_says_who_decides_and_costs_the_same_for_one_row_or_twenty(olivia, unit):
    client = client_of(olivia)
    a_leak(unit)
    addresses = [
        reverse("reports:report", args=[report.key]) + way
        for report in reports_for(olivia)
        for way in ("", "?as=csv")
    ]
    assert len(addresses) == 22
    one = {}
    for address in addresses:
        said = body(client.get(address)).decode()
        assert "CFR" in said
        assert "owner or operator of the equipment makes the final determination" in said, address
        one[address] = cost(client, address)
    for _ in range(19):
        a_leak(unit)
    for address in addresses:
        assert cost(client, address) == one[address] <= 16, address


def test_a_report_is_narrowed_by_days_on_screen_as_spreadsheet_and_on_paper(olivia, unit):
    client = client_of(olivia)
    a_leak(unit)
    address = reverse("reports:report", args=["exceedances"])
    for way in ("", "&as=csv", "&as=pdf"):
        found = {}
        for first in ("2026-03-05", "2026-03-06"):
            content = body(client.get(f"{address}?first={first}{way}"))
            found[first] = text_of(content) if way == "&as=pdf" else content.decode()
        assert "62.00%" in found["2026-03-05"], way
        assert "62.00%" not in found["2026-03-06"], way
    assert "No leak rate was over its trigger in this time." in found["2026-03-06"]
    assert "makes the final determination" in found["2026-03-05"]
    wrong = client.get(f"{address}?first=2026-03-06&last=2026-03-05")
    assert wrong.status_code == 422
    assert client.get(f"{address}?first=nonsense&as=csv").status_code == 422


def test_a_certificate_is_in_the_register_on_the_days_it_was_held(olivia):
    make.TechnicianCertificateFactory(
        number="EPA-77", issued_on=date(2020, 1, 10), revoked_on=date(2024, 5, 1)
    )
    address = reverse("reports:report", args=["certificates"])
    held = {
        day: b"EPA-77" in client_of(olivia).get(f"{address}?last={day}").content
        for day in ("2020-01-09", "2020-01-10", "2024-04-30", "2024-05-01")
    }
    assert list(held.values()) == [False, True, True, False]


def test_the_audit_says_who_changed_what_from_what_and_why(olivia, unit):
    case = a_leak(unit)
    actions.hold_records(case.circuit_id, because="Suit pending")
    said = body(client_of(olivia).get(reverse("reports:report", args=["audit"]) + "?as=csv")).decode()
    assert "Kept on legal hold because: – → Suit pending" in said  # noqa: RUF001
    assert "Suit pending,test" in said


def test_an_evidence_pack_holds_records_and_certificates_and_leaves_a_look(olivia, unit):
    record = make.RefrigerantRecordFactory(circuit=make.CircuitFactory(unit=unit), note="*not* #markup")
    answer = client_of(olivia).get(reverse("reports:evidence", args=[unit.uuid]))
    said = text_of(answer.content)
    for item in (
        "CH-1",
        unit.site.customer.name,
        record.certificate.number,
        "*not* #markup",
        "final determination",
    ):
        assert item in said, item


# Keeping ---------------------------------------------------------------------------------------------


@pytest.fixture
def retired(unit):
    """A circuit that was retired in 2010, with a record and a paper of 2009."""
    circuit = make.CircuitFactory(unit=unit, retired_on=date(2010, 1, 1))
    make.RefrigerantRecordFactory(circuit=circuit, happened_at=instant(day=date(2009, 3, 5)))
    ComplianceDocument.objects.create(
        circuit=circuit, kind="service", number="1", made_at=instant(day=date(2009, 3, 5))
    )
    return circuit


@pytest.mark.parametrize(
    ("now", "retired_on", "hold", "refused"),
    [
        (2026, None, "", "life of the equipment"),
        (2026, date(2024, 1, 1), "", "Jan. 1, 2031"),
        (2026, date(2010, 1, 1), "Suit pending", "hold"),
        (2016, date(2010, 1, 1), "", "Jan. 1, 2017"),
    ],
)
def test_no_record_is_purged_within_its_time_in_service_or_under_a_hold(
    olivia, retired, now, retired_on, hold, refused
):
    retired.retired_on, retired.hold_because = retired_on, hold
    retired.save()
    with pytest.raises(NotPossible, match=refused):
        actions.purge_records(retired.pk, because="Old", by=olivia, now=instant(day=date(now, 12, 1)))
    assert RefrigerantRecord.objects.count() == ComplianceDocument.objects.count() == 1


def test_an_open_case_and_whoever_is_no_owner_and_a_missing_reason_stop_a_purge(olivia, marcus, retired):
    at = {"now": instant(day=date(2026, 12, 1))}
    with pytest.raises(NotPossible, match="owner"):
        actions.purge_records(retired.pk, because="Old", by=marcus, **at)
    with pytest.raises(NotPossible, match="why"):
        actions.purge_records(retired.pk, because=" ", by=olivia, **at)
    case = LeakCase.objects.create(
        circuit=retired,
        opened_by=retired.records.get(),
        rules="82.157",
        opened_on=date(2009, 3, 5),
        percent=62,
    )
    with pytest.raises(NotPossible, match="open"):
        actions.purge_records(retired.pk, because="Old", by=olivia, **at)
    assert case.circuit.records.count() == 1


def test_what_is_over_its_time_goes_with_a_reason_and_the_ledger_s_records_stay(olivia, retired):
    named = make.RefrigerantRecordFactory(circuit=retired, happened_at=instant(day=date(2009, 3, 6)))
    make.CylinderMovementFactory(record=named)
    done = actions.purge_records(
        retired.pk, because="Time is over", by=olivia, now=instant(day=date(2026, 12, 1))
    )
    assert (done.gone, done.stayed) == (2, 1)
    assert list(retired.records.all()) == [named]
    assert not retired.documents.exists()
    last = RefrigerantRecord.history.filter(history_type="-").get()
    assert last.history_change_reason == "Time is over"


def test_the_retention_page_says_what_stands_in_the_way_and_holds_are_set_and_lifted(olivia, retired):
    client = client_of(olivia)
    page = f"{reverse('reports:retention')}?circuit={retired.uuid}"
    assert b"May be purged since" in client.get(page).content
    client.post(reverse("reports:hold", args=[retired.uuid]), {"because": "Suit pending"})
    assert b"Held: Suit pending" in client.get(page).content
    client.post(reverse("reports:release", args=[retired.uuid]), {"because": "Settled"})
    client.post(reverse("reports:purge", args=[retired.uuid]), {"because": "Old"})
    assert not retired.records.exists()
