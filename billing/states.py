"""What may follow what, for invoices, payments and QuickBooks batches."""

from __future__ import annotations

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
