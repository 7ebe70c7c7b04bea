"""Named questions about money."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Case, DecimalField, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from fsm.permissions import May, allowed
from fsm.querysets import OfficeQuerySet

from .states import BatchState, InvoiceState, PaymentState, Standing

if TYPE_CHECKING:
    from .models import (  # noqa: F401 (named in strings below)
        CreditMemo,
        Invoice,
        Payment,
        PriceItem,
        QuickBooksBatch,
    )

MONEY: DecimalField[Decimal, Decimal] = DecimalField(max_digits=12, decimal_places=2)
NOTHING = Value(Decimal("0.00"), output_field=MONEY)


def _allocated(path: str) -> Coalesce:
    """What stands allocated to (or from) the outer row."""
    from .models import Allocation

    standing = Allocation.objects.filter(**{path: OuterRef("pk")}, is_undone=False).order_by()
    total = standing.values(path).annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total, output_field=MONEY), NOTHING)


def _exported(path: str) -> Exists:
    """Whether the outer row is in a QuickBooks batch that was not cancelled."""
    from .models import QuickBooksBatchItem

    return Exists(QuickBooksBatchItem.objects.filter(**{path: OuterRef("pk")}, is_cancelled=False))


class InvoiceQuerySet(OfficeQuerySet["Invoice"]):
    """What is owed. A technician sees the invoices of their own jobs."""

    capability = May.SEE_MONEY

    def visible_to(self, user: Any) -> Self:
        if allowed(user, May.WORK_VISITS):
            return self.filter(job__visits__assignments__technician__user=user).distinct()
        return super().visible_to(user)

    def with_balance(self) -> Self:
        """Each with `paid` and `balance`; only an issued one has a balance."""
        owed = Case(When(state=InvoiceState.ISSUED, then=F("total") - F("paid")), default=NOTHING)
        return self.annotate(paid=_allocated("invoice")).annotate(balance=owed)

    def owing(self) -> Self:
        """Issued and not yet paid in full, with `paid` and `balance`."""
        return self.with_balance().filter(state=InvoiceState.ISSUED, balance__gt=0)

    def past_due(self, today: date) -> Self:
        """Owing, and due before today."""
        return self.owing().filter(due_on__lt=today)

    def standing(self, standing: str, today: date) -> Self:
        """Those that stand so today, as `states.standing_of` says of each."""
        rows = self.with_balance()
        if standing == Standing.PAID:
            return rows.filter(state=InvoiceState.ISSUED, balance__lte=0)
        if standing == Standing.PAST_DUE:
            return self.past_due(today)
        if standing in (Standing.ISSUED, Standing.PARTLY_PAID):
            in_time = self.owing().exclude(due_on__lt=today)
            return in_time.filter(paid__gt=0) if standing == Standing.PARTLY_PAID else in_time.filter(paid=0)
        return rows.filter(state=standing)

    def matching(self, query: str) -> Self:
        """By invoice number, job number, PO number, or words of the billed name."""
        words = Q()
        for word in query.split():
            words &= Q(customer__name__icontains=word) | Q(bill_to_name__icontains=word)
        return self.filter(
            Q(number__istartswith=query)
            | Q(job__number__istartswith=query)
            | Q(po_number__istartswith=query)
            | words
        )

    def not_in_quickbooks(self) -> Self:
        """Issued (and perhaps credited or written off since), in no batch that was not cancelled."""
        kinds = [InvoiceState.ISSUED, InvoiceState.CREDITED, InvoiceState.WRITTEN_OFF]
        return self.filter(~_exported("invoice"), state__in=kinds)


class CreditMemoQuerySet(OfficeQuerySet["CreditMemo"]):
    """What was taken back."""

    capability = May.SEE_MONEY
    branch_path = "invoice__branch"

    def not_in_quickbooks(self) -> Self:
        """In no batch that was not cancelled."""
        return self.filter(~_exported("credit_memo"))


class PaymentQuerySet(OfficeQuerySet["Payment"]):
    """What came in."""

    capability = May.SEE_MONEY

    def with_unapplied(self) -> Self:
        """Each with `applied` and `unapplied`, the part that is the customer's credit."""
        left = Case(When(state=PaymentState.CAPTURED, then=F("amount") - F("applied")), default=NOTHING)
        return self.annotate(applied=_allocated("payment")).annotate(unapplied=left)

    def credits(self) -> Self:
        """Payments of which something is not applied to any invoice."""
        return self.with_unapplied().filter(unapplied__gt=0)

    def matching(self, query: str) -> Self:
        """By payment number, check number, invoice number or words of the customer's name."""
        from .models import Allocation

        words = Q()
        for word in query.split():
            words &= Q(customer__name__icontains=word)
        of_invoice = Allocation.objects.filter(invoice__number__iexact=query, is_undone=False)
        return self.filter(
            Q(number__istartswith=query)
            | Q(reference__istartswith=query)
            | Q(pk__in=of_invoice.values("payment"))
            | words
        )

    def not_in_quickbooks(self) -> Self:
        """Received and not reversed, in no batch that was not cancelled."""
        return self.filter(~_exported("payment"), state=PaymentState.CAPTURED)


class PriceItemQuerySet(OfficeQuerySet["PriceItem"]):
    """What we charge."""

    capability = May.SEE_MONEY
    branch_path = ""

    def matching(self, query: str) -> Self:
        """By code, name or part number."""
        return self.filter(
            Q(code__icontains=query) | Q(name__icontains=query) | Q(part__number__icontains=query)
        )


class QuickBooksBatchQuerySet(OfficeQuerySet["QuickBooksBatch"]):
    """Files for QuickBooks."""

    capability = May.RUN_QUICKBOOKS
    branch_path = ""

    def standing(self) -> Self:
        """Those that were not cancelled: what they hold is in the books, or about to be."""
        return self.exclude(state=BatchState.CANCELLED)
