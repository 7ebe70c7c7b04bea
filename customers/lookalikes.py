"""Customers who may be the one about to be added: the same number, or the same door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from .addresses import match_key, parse_address
from .models import Contact, Customer, Site
from .phones import find_phones, format_us, search_digits

MOST = 5


@dataclass(frozen=True)
class Lookalike:
    """A customer on record and why they may be the one."""

    customer: Customer
    because: list[str]
    address: str


def find_lookalikes(
    user: Any,
    *,
    phones: Iterable[str] = (),
    street: str = "",
    unit: str = "",
    city: str = "",
    state: str = "",
    postal_code: str = "",
) -> list[Lookalike]:
    """Customers the person sees who have one of the numbers or a site at the address; at most a handful."""
    digits = {
        search_digits(phone.e164) for text in phones for phone in find_phones(text).phones if phone.e164
    }
    key = ""
    if street and (city or postal_code):
        parsed = parse_address([f"{street} {unit}".strip(), f"{city}, {state} {postal_code[:5]}"])
        key = match_key(
            parsed.street or street,
            unit=parsed.unit or unit,
            city=city,
            state=state,
            postal_code=postal_code,
        )
    if not (digits or key):
        return []
    rows = (
        Customer.objects.visible_to(user)
        .filter(
            Q(pk__in=Contact.objects.filter(phones__digits__in=digits).values("customer"))
            | Q(pk__in=Site.objects.filter(match_key=key).exclude(match_key="").values("customer"))
        )
        .prefetch_related(
            Prefetch("contacts", Contact.objects.prefetch_related("phones")),
            "sites",
        )[:MOST]
    )
    return [_explain(customer, digits, key) for customer in rows]


def _explain(customer: Customer, digits: set[str], key: str) -> Lookalike:
    same = [
        phone
        for contact in customer.contacts.all()
        for phone in contact.phones.all()
        if phone.digits in digits
    ]
    sites = list(customer.sites.all())
    here = next((site for site in sites if key and site.match_key == key), None)
    because = [_("the same number %(number)s") % {"number": format_us(phone.e164)} for phone in same[:1]]
    if here:
        because.append(_("the same address"))
    shown = here or (sites[0] if sites else None)
    return Lookalike(customer, because, shown.one_line if shown else "")
