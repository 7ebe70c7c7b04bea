"""Callers as one types: the customers that fit a phone, a name or an address, as lines of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from customers.models import Customer
from customers.phones import format_us, search_digits


@dataclass(frozen=True)
class Found:
    """One customer among the results, with where the click leads."""

    customer: Customer
    phone: str
    address: str
    url: str


def found(query: str, user: Any, *, limit: int) -> list[Found]:
    """The customers that fit, best first."""
    digits = search_digits(query)
    wanted = Q(name__icontains=query) | Q(sites__street__icontains=query) | Q(number__iexact=query)
    if digits:
        wanted |= Q(contacts__phones__digits__contains=digits)
    rows = Customer.objects.visible_to(user).filter(wanted).distinct().order_by("name", "pk")
    hits = []
    for customer in rows.prefetch_related("contacts__phones", "sites")[:limit]:
        phones = [phone for contact in customer.contacts.all() for phone in contact.phones.all()]
        sites = list(customer.sites.all())
        hits.append(
            Found(
                customer,
                format_us(phones[0].e164) if phones else "",
                sites[0].one_line if sites else "",
                f"{reverse('dispatch:book')}?customer={customer.uuid}",
            )
        )
    return hits
