"""Invoices, payments and credits in the search over everything."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.clock import now, today_in
from fsm.company import the_company
from fsm.finders import Hit, finder
from fsm.money import format_money
from fsm.permissions import May
from fsm.querysets import by_number

from .models import CreditMemo, Invoice, Payment
from .states import standing_of


@finder(order=40, may=May.SEE_MONEY)
def find_invoices(query: str, user: Any, limit: int) -> list[Hit]:
    """Invoices by number or PO number; the newest first."""
    today = today_in(the_company().time_zone, now())
    wanted = Q(number__startswith=query.upper())  # an index answers; numbers are in capitals
    if any(letter.isdigit() for letter in query):
        wanted |= Q(po_number__istartswith=query) & ~Q(po_number="")
    found = by_number(Invoice.objects.visible_to(user), [query.upper()], wanted)
    rows = found.with_balance().select_related("customer", "job")
    hits = []
    for row in rows.order_by("-issued_at", "-pk")[:limit]:
        stands = standing_of(row.state, balance=row.balance, paid=row.paid, due_on=row.due_on, today=today)
        hits.append(
            Hit(
                _("Invoice"),
                f"{row.number or _('Draft')} {row.customer.name}",
                f"{stands.label} · {format_money(row.total)} · {row.job.number}",
                reverse("billing:invoice", args=[row.uuid]),
            )
        )
    return hits


@finder(order=41, may=May.SEE_MONEY)
def find_payments(query: str, user: Any, limit: int) -> list[Hit]:
    """Payments by their number or the check's."""
    wanted = Q(number__startswith=query.upper()) | (Q(reference__istartswith=query) & ~Q(reference=""))
    rows = by_number(Payment.objects.visible_to(user), [query.upper()], wanted).select_related("customer")
    return [
        Hit(
            _("Payment"),
            f"{row.number} {row.customer.name}",
            f"{row.get_method_display()} {row.reference} · {format_money(row.amount)} · {row.received_on}",
            reverse("billing:payment", args=[row.uuid]),
        )
        for row in rows.order_by("-received_at", "-pk")[:limit]
    ]


@finder(order=42, may=May.SEE_MONEY)
def find_credits(query: str, user: Any, limit: int) -> list[Hit]:
    """Credit memos by number."""
    rows = CreditMemo.objects.visible_to(user).filter(number__startswith=query.upper())
    return [
        Hit(
            _("Credit memo"),
            f"{row.number} {row.invoice.customer.name}",
            f"{format_money(row.total)} · {row.reason}",
            reverse("billing:invoice", args=[row.invoice.uuid]),
        )
        for row in rows.select_related("invoice__customer").order_by("-issued_at")[:limit]
    ]
