"""What becomes of an invoice that is not simply paid."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fsm import counters
from fsm.attribution import because as with_reason
from fsm.attribution import rooted
from fsm.clock import today_in
from fsm.company import the_company
from fsm.events import announce
from fsm.states import NotPossible

from ..events import InvoiceEnded
from ..models import CreditMemo, Invoice
from ..states import INVOICE_STATES, InvoiceState
from .allocations import undo_allocations
from .locks import locked_draft, locked_invoice, reason, withdraw_proposals


@transaction.atomic
def discard_draft(invoice_id: int, *, because: str, now: datetime, version: int | None = None) -> Invoice:
    """End a draft that will not be billed; the job can be billed anew later."""
    because = reason(because)
    invoice = locked_draft(invoice_id, version)
    return end_invoice(invoice, InvoiceState.VOID, because, now)


@transaction.atomic
def void_invoice(invoice_id: int, *, because: str, now: datetime) -> Invoice:
    """Take back an issued invoice that should never have been: nothing applied to it, not in QuickBooks.

    Its number stays used, so that the row of numbers has no gap.
    """
    because = reason(because)
    invoice = locked_invoice(invoice_id)
    if refusal := why_not_void(invoice):
        raise NotPossible(refusal)
    return end_invoice(invoice, InvoiceState.VOID, because, now)


def why_not_void(invoice: Invoice) -> str:
    """Why an invoice cannot be voided, or ""."""
    if not INVOICE_STATES.allows(invoice.state, InvoiceState.VOID):
        return _("Invoice %(number)s is %(state)s already.") % {
            "number": invoice,
            "state": invoice.get_state_display().lower(),
        }
    if invoice.allocations.filter(is_undone=False).exists():
        return _("A payment is applied to invoice %(number)s. Credit it instead.") % {"number": invoice}
    if invoice.quickbooks_items.filter(is_cancelled=False).exists():
        return _("Invoice %(number)s went to QuickBooks. Credit it instead.") % {"number": invoice}
    return ""


@transaction.atomic
def credit_invoice(invoice_id: int, *, because: str, now: datetime) -> CreditMemo:
    """Take an issued invoice back in full by a credit memo; what was paid becomes the customer's credit."""
    because = reason(because)
    invoice = locked_invoice(invoice_id)
    INVOICE_STATES.check(invoice.state, InvoiceState.CREDITED)
    with rooted("job", invoice.job.uuid), with_reason(because):
        undo_allocations(invoice.allocations.all())
        end_invoice(invoice, InvoiceState.CREDITED, because, now)
        return CreditMemo.objects.create(
            number=counters.take_one("credit_memo"),
            invoice=invoice,
            issued_on=today_in(the_company().time_zone, now),
            issued_at=now,
            subtotal=invoice.subtotal,
            tax=invoice.tax,
            total=invoice.total,
            reason=because,
        )


def end_invoice(invoice: Invoice, state: InvoiceState, because: str, now: datetime) -> Invoice:
    """End a locked invoice; what waited about it is withdrawn, saying that it has ended."""
    INVOICE_STATES.check(invoice.state, state)
    with rooted("job", invoice.job.uuid), with_reason(because):
        invoice.state, invoice.ended_because = state, because
        invoice.version += 1
        invoice.save(update_fields=["state", "ended_because", "version"])
        withdraw_proposals(
            invoice,
            _("Invoice %(number)s is %(state)s.")
            % {"number": invoice, "state": invoice.get_state_display().lower()},
            now,
        )
        announce(InvoiceEnded(invoice_id=invoice.pk, state=state))
    return invoice
