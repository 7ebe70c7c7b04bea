"""A draft becomes an issued invoice, its page, and an e-mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions import send_message
from customers.models import Channel, Communication, Customer, EmailAddress, Occasion
from fsm import counters
from fsm.attribution import rooted
from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.events import announce
from fsm.references import Reference
from fsm.reviews import waiting_about
from fsm.states import NotPossible
from fsm.tasks import enqueue

from ..documents import bill_to_lines, invoice_document, service_lines
from ..events import InvoiceIssued
from ..models import Invoice, Payment
from ..pdf import invoice_pdf
from ..states import INVOICE_STATES, InvoiceState
from ..terms import due_date
from .allocations import apply_part, unapplied_of
from .locks import locked_draft, locked_invoice
from .totals import recompute


@transaction.atomic
def issue_invoice(invoice_id: int, *, now: datetime, version: int | None = None) -> Invoice:
    """Number the draft and freeze it: name, addresses, tax and totals stay as they are from now on.

    Money taken on the job before is applied. The page is made and e-mailed after the transaction. An issue
    that is refused or rolled back uses no number.
    """
    invoice = locked_draft(invoice_id, version)
    INVOICE_STATES.check(invoice.state, InvoiceState.ISSUED)
    with rooted("job", invoice.job.uuid):
        recompute(invoice, now)
        if refusal := why_not_issue(invoice):
            raise NotPossible(refusal)
        invoice.bill_to_name, *address = bill_to_lines(invoice)
        invoice.bill_to_address = "\n".join(address)
        invoice.service_address = "\n".join(service_lines(invoice))
        invoice.issued_at = now
        invoice.issued_on = today_in(the_company().time_zone, now)
        invoice.due_on = due_date(invoice.terms, invoice.issued_on)
        credits = _credits_of_job(invoice)
        invoice.state = InvoiceState.ISSUED
        invoice.number = counters.take_one("invoice")
        invoice.save(
            update_fields=[
                "bill_to_name",
                "bill_to_address",
                "service_address",
                "issued_at",
                "issued_on",
                "due_on",
                "state",
                "number",
            ]
        )
        for payment in credits:
            apply_part(payment, invoice, unapplied_of(payment), now)
        announce(InvoiceIssued(invoice_id=invoice.pk))
        enqueue(render_and_send_invoice, invoice_id=invoice.pk)
    return invoice


def why_not_issue(invoice: Invoice) -> str:
    """Why a draft cannot be issued as it stands, or ""."""
    lines = list(invoice.lines.all())
    if not lines:
        return _("There is nothing on this invoice. Add a line, or discard the draft.")
    waiting = next((line for line in lines if line.needs_price), None)
    if waiting is not None:
        return _("“%(line)s” still needs a price from the office.") % {"line": waiting.description}
    if waiting_about(Reference("invoice", invoice.uuid)).exists():
        return _("A price on this draft waits for approval. It can be issued when that is decided.")
    return ""


def render_and_send_invoice(*, invoice_id: int) -> None:
    """Make the issued invoice's page and e-mail it to whoever pays. Safe to run twice: both happen once."""
    with transaction.atomic():
        invoice = locked_invoice(invoice_id)
        with rooted("job", invoice.job.uuid):
            _render(invoice)
            if invoice.state == InvoiceState.ISSUED:
                _send(invoice, key="issued", now=clock_now())


@transaction.atomic
def email_invoice_again(invoice_id: int, *, to: str, now: datetime) -> Communication:
    """Send the issued invoice once more, to any address that did not ask us to stop; makes its page where
    that failed before.
    """
    invoice = locked_invoice(invoice_id)
    if invoice.state != InvoiceState.ISSUED:
        raise NotPossible(
            _("Invoice %(number)s is %(state)s; only an issued one is sent.")
            % {"number": invoice, "state": invoice.get_state_display().lower()}
        )
    with rooted("job", invoice.job.uuid):
        _render(invoice)
        sent = _send(invoice, to=to, key=uuid4().hex, now=now, channel=Channel.EMAIL, by_hand=True)
        if sent is None:  # by hand a message is written or refused
            raise NotPossible(_("The invoice could not be sent."))
        return sent


def _credits_of_job(invoice: Invoice) -> list[Payment]:
    """Money that was taken on the job before its invoice, locked."""
    credits = Payment.objects.credits().filter(job=invoice.job_id, customer=invoice.customer_id)
    keys = list(credits.values_list("pk", flat=True))
    return list(Payment.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def email_of(customer: Customer) -> str | None:
    """Where a customer's bills go: the first address of the first to call, or None."""
    addresses = EmailAddress.objects.filter(contact__customer=customer, contact__is_active=True)
    found = addresses.order_by("-contact__is_primary", "-is_primary", "pk")
    return found.values_list("address", flat=True).first()


def _render(invoice: Invoice) -> None:
    """Store the page as issued, once."""
    if invoice.pdf:
        return
    content = invoice_pdf(invoice_document(invoice, with_payments=False))
    invoice.pdf.save(f"{uuid4().hex}.pdf", ContentFile(content), save=False)
    invoice.save(update_fields=["pdf"])


def _send(invoice: Invoice, *, key: str, now: datetime, **how: Any) -> Communication | None:
    """The invoice in the words for it, with its page, in the language of who pays."""
    return send_message(
        occasion=Occasion.INVOICE,
        customer_id=invoice.customer_id,
        about=Reference("invoice", invoice.uuid),
        key=key,
        variables={
            "name": invoice.bill_to_name,
            "invoice": invoice.number,
            "total": invoice.total,
            "due": invoice.due_on,
            "job": invoice.job.number,
            "address": ", ".join(service_lines(invoice)),
        },
        attachments=[{"name": f"Invoice {invoice.number}.pdf", "path": str(invoice.pdf.name)}],
        now=now,
        **how,
    )
