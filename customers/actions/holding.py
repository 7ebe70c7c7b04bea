"""Locking a customer by an id that may be old."""

from __future__ import annotations

from ..models import Customer


def hold_customer(customer_id: int) -> Customer:
    """The customer, locked; where it was merged into another, that one. Actions begin with this."""
    while True:
        rows = Customer.objects.select_for_update(no_key=True, of=("self",)).select_related("branch")
        customer = rows.get(pk=customer_id)
        if customer.merged_into_id is None:
            return customer
        customer_id = customer.merged_into_id
