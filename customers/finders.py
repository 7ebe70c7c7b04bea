"""Customers in the global search."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.finders import Hit, finder
from fsm.permissions import May

from .phones import format_us
from .querysets import find_customers


@finder(order=10, may=May.SEE_CUSTOMERS)
def find(query: str, user: Any, limit: int) -> list[Hit]:
    """By name, phone, address, e-mail, contact or number."""
    return [
        Hit(
            _("Customer"),
            found.name,
            " · ".join(part for part in (format_us(found.phone), found.address, found.number) if part),
            reverse("customers:customer", args=[found.uuid]),
        )
        for found in find_customers(query, user, limit)
    ]
