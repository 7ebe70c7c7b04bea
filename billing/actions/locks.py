"""Rows locked in the house's order: customer, invoice, payment. All actions lock through here."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from customers.actions import hold_customer
from customers.models import Customer
from fsm.references import Reference
from fsm.reviews import drop_reviews
from fsm.states import NotPossible, Stale

from ..models import Invoice, Payment
from ..states import InvoiceState

PRICE_REVIEW = "invoice_price"
WRITE_OFF_REVIEW = "invoice_write_off"


def locked_customer(customer_id: int) -> Customer:
    """The customer, locked until the transaction ends."""
    return hold_customer(customer_id)


def locked_invoice(invoice_id: int) -> Invoice:
    """The invoice with its job and customer; only the invoice is locked."""
    rows = Invoice.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("job", "customer").get(pk=invoice_id)


def locked_draft(invoice_id: int, version: int | None) -> Invoice:
    """The draft, locked; refuses what was issued, and an older version."""
    invoice = locked_invoice(invoice_id)
    if invoice.state != InvoiceState.DRAFT:
        raise NotPossible(
            _("Invoice %(number)s is %(state)s and stays as it is. Credit it and issue a new one.")
            % {"number": invoice, "state": invoice.get_state_display().lower()}
        )
    if version is not None and invoice.version != version:
        raise Stale(
            _("Somebody changed this draft in the meantime. Your change was not saved; look at it again."),
            theirs={"total": invoice.total, "version": invoice.version},
        )
    return invoice


def locked_payment(payment_id: int) -> Payment:
    """The payment with its customer and job; only the payment is locked."""
    rows = Payment.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("customer", "job").get(pk=payment_id)


def withdraw_proposals(
    invoice: Invoice, because: str, now: datetime, *, kind: str = "", key: str = ""
) -> None:
    """Take back what waits about a locked invoice and cannot be decided any more, saying why."""
    drop_reviews(Reference("invoice", invoice.uuid), because=because, now=now, kind=kind, key=key)


def reason(text: str) -> str:
    """The reason as it is kept; refuses none."""
    words = " ".join(text.split())
    if not words:
        raise NotPossible(_("Say why: the reason stays on record."), field="because")
    return words[:200]
