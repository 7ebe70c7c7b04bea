"""A draft becomes an issued invoice: numbered, frozen, printed, e-mailed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core import mail
from django.db import transaction
from django_q.models import OrmQ
from pypdf import PdfReader

from billing import actions
from billing.models import Invoice
from customers.models import Communication
from fsm import outbox
from fsm.models import OutboxRow
from fsm.states import NotPossible, Stale
from tests import factories as make

from .conftest import NOW

D = Decimal


def issue_and_fail(draft):
    """An issue inside a transaction that something else breaks."""

    @transaction.atomic
    def broken():
        assert actions.issue_invoice(draft.pk, now=NOW).number
        raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()


def text_of(invoice):
    with invoice.pdf.open("rb") as file:
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(file.read())).pages)


def test_an_issued_invoice_has_number_days_and_frozen_addresses(make_done, make_customer):
    customer = make_customer(name="Hall, Lisa", terms="Net 30", street="4108 Avenue F")
    invoice = actions.issue_invoice(make_done(customer=customer).draft.pk, now=NOW)
    assert (invoice.number, invoice.state) == ("10001", "issued")
    assert (invoice.issued_on, invoice.due_on) == (date(2026, 7, 14), date(2026, 8, 13))
    customer.name = "Hall-Jones, Lisa"
    customer.save()
    customer.site.street = "1 Elsewhere"
    customer.site.save()
    invoice.refresh_from_db()
    assert invoice.bill_to_name == "Hall, Lisa"
    assert invoice.service_address.startswith("4108 Avenue F\n")


def test_the_day_of_an_invoice_is_the_companys_and_not_utcs(make_done):
    late_in_texas = NOW.replace(hour=3) + timedelta(days=1)  # ten in the evening of the 14th
    assert actions.issue_invoice(make_done().draft.pk, now=late_in_texas).issued_on == date(2026, 7, 14)


def test_a_draft_without_lines_is_not_issued(make_done):
    draft = make_done(job_type=make.JobTypeFactory()).draft
    with pytest.raises(NotPossible, match="nothing on this invoice"):
        actions.issue_invoice(draft.pk, now=NOW)


def test_an_old_page_cannot_issue_what_was_changed(make_done, marcus):
    draft = make_done().draft
    actions.add_invoice_line(
        draft.pk,
        version=draft.version,
        quantity=D(1),
        description="Ladder",
        unit_price=D(20),
        now=NOW,
        by=marcus,
    )
    with pytest.raises(Stale):
        actions.issue_invoice(draft.pk, now=NOW, version=draft.version)


def test_the_tax_is_the_one_of_the_day_of_issue(make_done, book):
    draft = make_done().draft
    book.rate.percent = D("10")
    book.rate.save()
    invoice = actions.issue_invoice(draft.pk, now=NOW)
    assert (invoice.tax, invoice.total) == (D("23.90"), D("262.90"))


def test_an_issue_that_is_rolled_back_leaves_no_gap_in_the_numbers(make_done):
    first, second, third = (make_done().draft for _ in range(3))
    assert actions.issue_invoice(first.pk, now=NOW).number == "10001"
    issue_and_fail(second)
    assert actions.issue_invoice(third.pk, now=NOW).number == "10002"


def test_money_taken_on_the_job_before_is_applied_at_issue(make_done, pay):
    job = make_done()
    payment = pay(job.draft, "100", invoice_id=None, job_id=job.pk)
    invoice = actions.issue_invoice(job.draft.pk, now=NOW)
    assert actions.balance_of(invoice) == invoice.total - 100
    assert actions.unapplied_of(payment) == 0


# The page and the e-mail ----------------------------------------------------------------------------


def test_the_page_is_made_and_sent_by_a_task_that_joins_the_transaction(make_done):
    draft = make_done().draft
    OrmQ.objects.all().delete()
    issue_and_fail(draft)
    assert OrmQ.objects.count() == 0
    actions.issue_invoice(draft.pk, now=NOW)
    assert [task.func() for task in OrmQ.objects.all()] == ["fsm.tasks.run"]


def test_the_page_has_the_number_and_the_total(make_issued):
    invoice = make_issued()
    actions.render_and_send_invoice(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    text = text_of(invoice)
    assert invoice.number in text
    assert "$258.72" in text
    assert invoice.total == D("258.72")


def test_the_invoice_goes_out_by_email_and_stands_in_the_communications(make_issued, make_customer):
    customer = make_customer(email="lisa@example.com")
    invoice = make_issued(customer=customer)
    actions.render_and_send_invoice(invoice_id=invoice.pk)
    outbox.drain()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["lisa@example.com"], "Invoice 10001 from Lone Star Comfort")
    ((name, content, kind),) = sent.attachments
    assert (name, content[:5], kind) == ("Invoice 10001.pdf", b"%PDF-", "application/pdf")
    written = Communication.objects.get(about_kind="invoice", about_uuid=invoice.uuid)
    assert (written.customer, written.state, written.to) == (customer, "sent", "lisa@example.com")
    assert written.history.latest().root == f"job:{invoice.job.uuid}"


def test_running_the_task_twice_sends_once(make_issued):
    invoice = make_issued()
    actions.render_and_send_invoice(invoice_id=invoice.pk)
    first = Invoice.objects.get(pk=invoice.pk).pdf.name
    actions.render_and_send_invoice(invoice_id=invoice.pk)
    outbox.drain()
    assert Invoice.objects.get(pk=invoice.pk).pdf.name == first
    assert len(mail.outbox) == 1


def test_without_an_address_the_page_is_made_and_nothing_is_sent(make_issued, make_customer):
    customer = make_customer()
    customer.contact.emails.all().delete()
    invoice = make_issued(customer=customer)
    actions.render_and_send_invoice(invoice_id=invoice.pk)
    assert Invoice.objects.get(pk=invoice.pk).pdf
    assert not Communication.objects.exists()


def test_mail_that_fails_marks_the_message_and_the_invoice_stays_issued(make_issued, monkeypatch):
    def broken(**message):
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr("customers.messaging.send_email", broken)
    invoice = make_issued()
    actions.render_and_send_invoice(invoice_id=invoice.pk)
    for _ in range(outbox.MOST_ATTEMPTS):
        OutboxRow.objects.update(not_before=None)
        outbox.drain()
    message = Communication.objects.get(about_uuid=invoice.uuid)
    assert message.state == "failed"
    assert "no mail server" in message.problem
    invoice.refresh_from_db()
    assert invoice.state == "issued"
    assert invoice.pdf


def test_it_can_be_sent_again_to_another_address(make_issued):
    invoice = make_issued()
    actions.email_invoice_again(invoice.pk, to="books@example.com", now=NOW)
    outbox.drain()
    assert [message.to for message in mail.outbox] == [["books@example.com"]]
    with pytest.raises(NotPossible, match="not an e-mail address"):
        actions.email_invoice_again(invoice.pk, to="nobody", now=NOW)


def test_a_draft_is_not_sent(make_done):
    with pytest.raises(NotPossible, match="only an issued one"):
        actions.email_invoice_again(make_done().draft.pk, to="a@example.com", now=NOW)
