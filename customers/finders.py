"""Customers in the global search."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.finders import Hit, finder
from fsm.permissions import May

from .phones import format_us
from .querysets import find_customers
from .search import FoundCustomer

SHOWN_SITES = 4


@finder(order=10, may=May.SEE_CUSTOMERS)
def find(query: str, user: Any, limit: int) -> list[Hit]:
    """By name, phone, address, e-mail, contact or number."""
    found = find_customers(query, user, limit)
    hits = [
        Hit(
            _("Customer"),
            row.name,
            " · ".join(part for part in (_reached(row), row.address, row.number) if part),
            reverse("customers:customer", args=[row.uuid]),
        )
        for row in found
    ]
    sites = [row for row in found if row.matched == "address" and row.site_uuid]
    return hits + [
        Hit(
            _("Site"), row.site_name or row.address, row.name, reverse("customers:site", args=[row.site_uuid])
        )
        for row in sites[:SHOWN_SITES]
    ]


def _reached(row: FoundCustomer) -> str:
    """How it was found, where that was by an e-mail address; else the number to call."""
    return row.email if row.matched == "email" else format_us(row.phone)
