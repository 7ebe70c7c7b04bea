"""Named questions about money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from fsm.permissions import May, allowed
from fsm.querysets import OfficeQuerySet

if TYPE_CHECKING:
    from .models import Invoice, Payment, PriceItem, QuickBooksBatch  # noqa: F401 (named in strings below)


class InvoiceQuerySet(OfficeQuerySet["Invoice"]):
    """What is owed. A technician sees the invoices of their own jobs."""

    capability = May.SEE_MONEY

    def visible_to(self, user: Any) -> Self:
        if allowed(user, May.WORK_VISITS):
            return self.filter(job__visits__assignments__technician__user=user).distinct()
        return super().visible_to(user)


class PaymentQuerySet(OfficeQuerySet["Payment"]):
    """What came in."""

    capability = May.SEE_MONEY


class PriceItemQuerySet(OfficeQuerySet["PriceItem"]):
    """What we charge."""

    capability = May.SEE_MONEY
    branch_path = ""


class QuickBooksBatchQuerySet(OfficeQuerySet["QuickBooksBatch"]):
    """Files for QuickBooks."""

    capability = May.RUN_QUICKBOOKS
    branch_path = ""
