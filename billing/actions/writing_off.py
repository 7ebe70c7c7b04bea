"""Giving up what is owed: at once by whoever may, else as a proposal that a second person decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.clock import now as clock_now
from fsm.models import Review, User
from fsm.money import format_money
from fsm.permissions import May, allowed
from fsm.references import Reference
from fsm.reviews import ask_for_review, reviewable
from fsm.states import NotPossible, Stale

from ..models import Invoice
from ..states import INVOICE_STATES, InvoiceState
from .allocations import balance_of
from .drafts import lock_reviewed_invoice, locked_invoice_of
from .ending import end_invoice
from .locks import WRITE_OFF_REVIEW, locked_invoice, reason

WRITE_OFF_LIMIT = timedelta(days=5)


@transaction.atomic
def write_off_invoice(invoice_id: int, *, because: str, now: datetime) -> Invoice:
    """Give up what is still owed on an invoice; what was paid stays applied."""
    because = reason(because)
    invoice = locked_invoice(invoice_id)
    _check(invoice)
    return end_invoice(invoice, InvoiceState.WRITTEN_OFF, because, now)


@transaction.atomic
def ask_to_write_off(invoice_id: int, *, because: str, now: datetime, by: User) -> Review | None:
    """Write an invoice off where the person may adjust invoices (None); else propose it to whoever may."""
    if allowed(by, May.ADJUST_INVOICES):
        write_off_invoice(invoice_id, because=because, now=now)
        return None
    because = reason(because)
    invoice = locked_invoice(invoice_id)
    _check(invoice)
    owed = balance_of(invoice)
    return ask_for_review(
        kind=WRITE_OFF_REVIEW,
        subject=Reference("invoice", invoice.uuid),
        subject_label=f"{invoice}, {invoice.customer.name}",
        title=_("Write off %(owed)s of invoice %(number)s")
        % {"owed": format_money(owed), "number": invoice.number},
        before={_("Owed"): format_money(owed), _("State"): str(invoice.get_state_display())},
        after={_("Owed"): format_money(Decimal(0)), _("State"): str(InvoiceState.WRITTEN_OFF.label)},
        payload={"owed": str(owed), "because": because},
        limit=WRITE_OFF_LIMIT,
        now=now,
        because=because,
        branch_id=invoice.branch_id,
        key=f"{WRITE_OFF_REVIEW}:{invoice.pk}",
    )


@reviewable(
    WRITE_OFF_REVIEW,
    label=gettext_lazy("Write-off"),
    decide=May.ADJUST_INVOICES,
    lock=lock_reviewed_invoice,
)
def write_off_as_proposed(review: Review) -> None:
    """Write off what was proposed, for the reason that was given; Stale where something else is owed now."""
    invoice = locked_invoice_of(review)
    if invoice is None:
        raise NotPossible(_("This invoice is gone. Reject the proposal."))
    then, owed = Decimal(review.payload["owed"]), balance_of(invoice)
    if owed != then:
        raise Stale(
            _("Something else is owed than when this was proposed. Reject it and have it proposed again."),
            theirs={_("Owed then"): format_money(then), _("Owed now"): format_money(owed)},
        )
    write_off_invoice(invoice.pk, because=review.payload["because"], now=clock_now())


def _check(invoice: Invoice) -> None:
    INVOICE_STATES.check(invoice.state, InvoiceState.WRITTEN_OFF)
    if balance_of(invoice) <= 0:
        raise NotPossible(
            _("Invoice %(number)s is paid; nothing is left to write off.") % {"number": invoice}
        )
