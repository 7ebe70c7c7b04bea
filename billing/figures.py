"""The three numbers of money: drafts that wait, what is owed, what of it is late."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from .ledger import company_today
from .states import InvoiceState


def figures_of(rows: Any) -> dict[str, Any]:
    """How many drafts wait, what is owed, and what of it is late."""
    today = company_today()
    drafts = rows.filter(state=InvoiceState.DRAFT).order_by().aggregate(n=Count("pk"), sum=Sum("total"))
    late = Q(due_on__lt=today)
    owed = rows.owing().order_by()
    owed = owed.aggregate(
        n=Count("pk"), sum=Sum("balance"), late_n=Count("pk", filter=late), late=Sum("balance", filter=late)
    )
    return {
        "drafts": drafts["n"],
        "drafted": drafts["sum"] or Decimal(0),
        "open": owed["n"],
        "owed": owed["sum"] or Decimal(0),
        "late_n": owed["late_n"],
        "late": owed["late"] or Decimal(0),
    }
