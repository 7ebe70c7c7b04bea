"""What an owner and an inspector get on paper."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from customers.models import Communication, EmailAddress
from equipment import actions
from equipment.models import CaseEvent, ChargeRevision, ComplianceDocument, LeakCase, Refrigerant
from equipment.papers import Facts, Paper, paper_pdf
from fsm.references import Reference
from tests import factories as make
from tests.factories import instant

NOW = instant(day=date(2026, 12, 1))
pytestmark = pytest.mark.django_db


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).split())


@pytest.fixture
def chiller(make_customer):
    """An R-134a chiller of 40 lb that no exemption covers."""
    unit = make.UnitFactory(site=make_customer().site, category="chiller", installed_on=date(2020, 5, 1))
    refrigerant = Refrigerant.objects.get(designation="R-134a")
    charge = {"refrigerant": refrigerant, "full_charge_oz": Decimal(640)}
    circuit = make.CircuitFactory(
        unit=unit, exempt="no", category="comfort", started_on=date(2020, 5, 1), **charge
    )
    ChargeRevision.objects.create(
        circuit=circuit, effective_on=date(2020, 5, 1), method="manufacturer", **charge
    )
    return circuit


@pytest.fixture
def add(tess):
    def added(circuit, when, pounds, **fields):
        values = {
            "uuid": uuid.uuid4(),
            "circuit_id": circuit.pk,
            "kind": "added",
            "ounces": Decimal(pounds) * 16,
            "technician_id": tess.pk,
            "happened_at": when,
            "now": max(when, NOW),
        }
        return actions.record_refrigerant(**(values | fields))

    return added


def on(month, day):
    return instant(10, day=date(2026, month, day))


def test_no_text_is_taken_for_markup_and_the_same_paper_is_the_same_bytes():
    evil = '#eval("1+1") *not bold* $x$ \\ <label> @ref // no comment'
    paper = Paper(title=evil, company=evil, made_at=NOW, blocks=[Facts(title=evil, pairs=[("Owner", evil)])])
    made = paper_pdf(paper)
    assert text_of(made).count("".join(evil.split())[:12]) or text_of(made).count(evil) >= 3
    assert made == paper_pdf(paper)


def test_the_owner_is_handed_every_item_of_the_rule_once_for_each_circuit_and_kind(chiller, add, tess):
    visit = Reference("visit", uuid.uuid4())
    add(chiller, on(1, 5), "1")
    add(chiller, on(3, 5), "4", work=visit, leak_found=True, parts_worked_on="Evaporator, tube 4",
        work_done="Brazed")  # fmt: skip
    case = LeakCase.objects.get(circuit=chiller)
    tested = {"technician_id": tess.pk, "method": "Nitrogen, bubbles", "locations": "Tube 4", "now": NOW}
    actions.log_case_event(case.pk, step="inspection", happened_on=date(2026, 3, 5), work=visit,
                           all_parts_inspected=True, **tested)  # fmt: skip
    actions.log_case_event(case.pk, step="repaired", happened_on=date(2026, 3, 6), work=visit, **tested)
    actions.log_case_event(case.pk, step="initial_passed", happened_on=date(2026, 3, 6), work=visit, **tested)
    papers = {row.kind: row for row in actions.make_service_documents(visit, now=NOW)}
    assert list(papers) == ["service", "inspection", "verification"]
    said = {kind: text_of(row.file.open().read()) for kind, row in papers.items()}
    site = chiller.unit.site
    for item in (
        site.customer.name, site.street, chiller.unit.serial, "Mar 5, 2026", "Evaporator, tube 4", "Brazed",
        tess.name, "4 lb (4 lb 0 oz) R-134a", "40 lb (40 lb 0 oz)", "Manufacturer's figure",
        "61.86%", "4 lb added", "59 days", "Annualizing", "10.00%", "Over the trigger rate", "82.157(b)",
        "The owner or operator of the equipment makes the final determination.",
    ):  # fmt: skip
        assert item in said["service"].replace("\u2019", "'").replace("March", "Mar"), item
    for item in (
        "Nitrogen, bubbles",
        "Tube 4",
        "All visible and accessible parts were inspected Yes",
        "(l)(3)",
    ):
        assert item in said["inspection"], item
    for item in ("Initial verification test", "Nitrogen, bubbles", "Tube 4", "Passed", "(l)(5)", site.street):
        assert item in said["verification"], item
    again = actions.make_service_documents(visit, now=NOW + timedelta(days=1))
    assert [row.pk for row in again] == [row.pk for row in papers.values()]
    assert all(hashlib.sha256(row.file.open().read()).hexdigest() == row.sha256 for row in again)


def test_a_disposal_s_paper_says_what_was_recovered_or_why_nothing_was(chiller, add):
    visit = Reference("visit", uuid.uuid4())
    add(chiller, on(3, 5), "0", kind="recovered", purpose="disposal", nothing_because="Empty on arrival",
        work=visit)  # fmt: skip
    (paper,) = actions.make_service_documents(visit, now=NOW)
    said = text_of(paper.file.open().read())
    assert paper.kind == "disposal"
    assert "0 lb: Empty on arrival" in said
    assert "82.156(a)(3)" in said


def test_a_struck_out_record_makes_no_paper(chiller, add):
    visit = Reference("visit", uuid.uuid4())
    record = add(chiller, on(3, 5), "1", work=visit)
    actions.void_refrigerant_record(record.pk, because="Wrong unit", now=NOW)
    assert not actions.calls_for_papers([visit])
    assert actions.make_service_documents(visit, now=NOW) == []


def test_papers_go_out_in_one_message_once_and_wait_where_nobody_can_be_reached(chiller, add):
    visit, job = Reference("visit", uuid.uuid4()), Reference("job", uuid.uuid4())
    add(chiller, on(3, 5), "1", work=visit)
    customer = chiller.unit.site.customer
    handed = {"customer_id": customer.pk, "about": job, "job": "J-1", "now": NOW}
    EmailAddress.objects.all().delete()
    (waiting,) = actions.hand_over_documents([visit], **handed)
    assert waiting.sent_at is None
    assert waiting.file
    contact = make.ContactFactory(customer=customer)
    make.EmailAddressFactory(contact=contact, address="owner@example.com")
    (sent,) = actions.hand_over_documents([visit], **handed)
    actions.hand_over_documents([visit], **(handed | {"now": NOW + timedelta(hours=1)}))
    (message,) = Communication.objects.filter(template="service_documents")
    assert sent.sent_to == message.to == "owner@example.com"
    assert ComplianceDocument.objects.get(pk=sent.pk).sent_at == NOW
    assert CaseEvent.objects.count() == 0
