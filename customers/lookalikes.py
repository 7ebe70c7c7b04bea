"""Customers who may be the one about to be added: the same number, the same door, or much the same record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import matching
from .likeness import Likeness, who_looks_like
from .match_wording import in_short
from .models import Customer
from .phones import find_phones

MOST = 5


@dataclass(frozen=True)
class Lookalike:
    """A customer on record and why they may be the one; `is_likely` where the whole record says so."""

    customer: Customer
    because: list[str]
    address: str
    is_likely: bool = True


def find_lookalikes(
    user: Any,
    *,
    name: str = "",
    first_name: str = "",
    last_name: str = "",
    company_name: str = "",
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    street: str = "",
    unit: str = "",
    city: str = "",
    state: str = "",
    postal_code: str = "",
) -> list[Lookalike]:
    """Customers the person sees who may be this one, the likeliest first; two queries, at most a handful."""
    phones = list(phones)
    numbers = {phone.e164 for text in phones for phone in find_phones(text).phones if phone.e164}
    record = matching.record(
        "",
        names=[name],
        first_name=first_name,
        last_name=last_name,
        companies=[company_name],
        phones=phones,
        emails=emails,
        doors=[matching.door(street, unit, city, state, postal_code)] if street else [],
    )
    return [
        Lookalike(
            one.customer,
            _because(one),
            _address(one.customer),
            bool(one.band),
        )
        for one in who_looks_like(record, user, numbers=numbers, most=MOST)
    ]


def _because(one: Likeness) -> list[str]:
    reasons = list(one.score.reasons)
    if one.same_number and "phone same" not in dict(reasons):
        reasons.append(("phone same", matching.POINTS["phone same"]))
    return [str(words) for words in in_short(reasons)]


def _address(customer: Any) -> str:
    place = next(iter(customer.places), None)
    if place is None:
        return ", ".join(customer.billing_lines)
    first = " ".join(part for part in (place["street"], place["unit"]) if part)
    last = " ".join(part for part in (place["state"], place["postal_code"]) if part)
    return ", ".join(part for part in (first, place["city"], last) if part)
