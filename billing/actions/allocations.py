"""What part of a payment pays which invoice. The callers hold the locks: invoice first, then payment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from fsm.attribution import rooted

from ..models import Allocation, Invoice, Payment
from ..states import InvoiceState, PaymentState
from .locks import WRITE_OFF_REVIEW, withdraw_proposals

ZERO = Decimal("0.00")


def balance_of(invoice: Invoice) -> Decimal:
    """What is still owed on an issued invoice; nothing on any other."""
    if invoice.state != InvoiceState.ISSUED:
        return ZERO
    return invoice.total - _sum(invoice.allocations.all())


def unapplied_of(payment: Payment) -> Decimal:
    """What of a received payment pays no invoice yet."""
    if payment.state != PaymentState.CAPTURED:
        return ZERO
    return payment.amount - _sum(payment.allocations.all())


def apply_part(payment: Payment, invoice: Invoice, amount: Decimal, now: datetime) -> Allocation | None:
    """Apply up to what is owed on the invoice; None where nothing is. Where nothing is left to write off,
    the proposal to do so is withdrawn.
    """
    owed = balance_of(invoice)
    part = min(amount, owed)
    if part <= 0:
        return None
    if part == owed:
        withdraw_proposals(invoice, _("The invoice was paid."), now, kind=WRITE_OFF_REVIEW)
    standing = payment.allocations.filter(invoice=invoice, is_undone=False).first()
    if standing is not None:
        standing.amount += part
        standing.save(update_fields=["amount"])
        return standing
    return Allocation.objects.create(payment=payment, invoice=invoice, amount=part)


def undo_allocations(allocations: QuerySet[Allocation]) -> None:
    """Take allocations back, each in its invoice's chain."""
    standing = allocations.filter(is_undone=False).select_related("invoice__job")
    for allocation in standing.order_by("pk"):
        with rooted("job", allocation.invoice.job.uuid):
            allocation.is_undone = True
            allocation.save(update_fields=["is_undone"])


def _sum(allocations: QuerySet[Allocation]) -> Decimal:
    return allocations.filter(is_undone=False).aggregate(total=Sum("amount"))["total"] or ZERO
