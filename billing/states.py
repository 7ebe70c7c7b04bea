"""What may follow what, for invoices, payments and QuickBooks batches."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fsm.states import StateTable


class InvoiceState(TextChoices):
    """What an invoice is; partly paid, paid and past due are computed."""

    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Issued")
    VOID = "void", _("Void")
    CREDITED = "credited", _("Credited")
    WRITTEN_OFF = "written_off", _("Written off")


INVOICE_STATES = StateTable(
    "invoice",
    {
        InvoiceState.DRAFT: frozenset({InvoiceState.ISSUED, InvoiceState.VOID}),
        InvoiceState.ISSUED: frozenset({InvoiceState.VOID, InvoiceState.CREDITED, InvoiceState.WRITTEN_OFF}),
        InvoiceState.VOID: frozenset(),
        InvoiceState.CREDITED: frozenset(),
        InvoiceState.WRITTEN_OFF: frozenset(),
    },
)


class PaymentState(TextChoices):
    """Whether the money came."""

    CAPTURED = "captured", _("Received")
    REVERSED = "reversed", _("Reversed")


PAYMENT_STATES = StateTable(
    "payment",
    {PaymentState.CAPTURED: frozenset({PaymentState.REVERSED}), PaymentState.REVERSED: frozenset()},
)


class BatchState(TextChoices):
    """Where a file for QuickBooks Desktop stands."""

    MADE = "made", _("Ready to import")
    IMPORTED = "imported", _("Imported")
    CANCELLED = "cancelled", _("Cancelled")


BATCH_STATES = StateTable(
    "batch",
    {
        BatchState.MADE: frozenset({BatchState.IMPORTED, BatchState.CANCELLED}),
        BatchState.IMPORTED: frozenset(),
        BatchState.CANCELLED: frozenset(),
    },
)


class Standing(TextChoices):
    """How an invoice stands today: its state, or for an issued one what payments and the calendar say."""

    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Open")
    PARTLY_PAID = "partly_paid", _("Partly paid")
    PAST_DUE = "past_due", _("Past due")
    PAID = "paid", _("Paid")
    VOID = "void", _("Void")
    CREDITED = "credited", _("Credited")
    WRITTEN_OFF = "written_off", _("Written off")


def standing_of(state: str, *, balance: Decimal, paid: Decimal, due_on: date | None, today: date) -> Standing:
    """The standing of one invoice; a past due one that was partly paid is past due."""
    if state != InvoiceState.ISSUED:
        return Standing(state)
    if balance <= 0:
        return Standing.PAID
    if due_on is not None and due_on < today:
        return Standing.PAST_DUE
    return Standing.PARTLY_PAID if paid else Standing.ISSUED
