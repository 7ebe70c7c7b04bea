"""Who on record looks like somebody: asked before anybody is added, by whichever door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from . import matching
from .models import Contact, Customer

MOST_COMPARED = 40
PER_KEY = matching.MOST_IN_A_GROUP

_BY_KEYS = (
    "SELECT wanted.at, m.customer_id FROM unnest(%(at)s::int[], %(keys)s::text[]) AS wanted (at, key)"
    " CROSS JOIN LATERAL"
    " (SELECT customer_id FROM customers_matchkey WHERE key = wanted.key LIMIT %(per_key)s) AS m"
    " GROUP BY 1, 2 ORDER BY 1, count(*) DESC, 2"
)


@dataclass(frozen=True)
class Likeness:
    """A customer on record and how like they are; `band` says whether they are surely the same. A number that
    proves nothing to the matcher, such as a made-up one, may still be the same.
    """

    customer: Customer
    score: matching.Score
    band: matching.Band
    same_number: bool = False


def record_of(customer: Any, *, not_same_as: Iterable[int] = ()) -> matching.Record:
    """A customer fetched `with_likeness()` as the matcher compares it."""
    doors = [matching.door(**place) for place in customer.places]
    if not doors and (customer.billing_street or customer.billing_city):
        billing = ("street", "unit", "city", "state", "postal_code")
        doors = [matching.door(**{name: getattr(customer, f"billing_{name}") for name in billing})]
    return matching.record(
        str(customer.pk),
        names=[customer.name, *customer.people],
        first_name=customer.first_name,
        last_name=customer.last_name,
        companies=[customer.company_name],
        phones=customer.numbers,
        emails=customer.addresses,
        doors=doors,
        not_same_as=[str(other) for other in not_same_as],
        order=customer.pk,
    )


def who_looks_like(
    record: matching.Record, user: Any, *, numbers: Iterable[str] = (), most: int = 5
) -> list[Likeness]:
    """The customers whom the person sees and who may be this one, the likeliest first; also who has one of
    the numbers (E.164) or lives in the house, whatever their name. Two queries.
    """
    rows = Customer.objects.visible_to(user)
    return _likely([record], rows, most, loosely=True, numbers=frozenset(numbers))[0]


def who_look_like(records: Sequence[matching.Record], *, most: int = 3) -> list[list[Likeness]]:
    """The same for many records at once, such as the rows of a file; two queries for all."""
    return _likely(records, Customer.objects.living(), most, loosely=False)


def _likely(
    records: Sequence[matching.Record],
    rows: Any,
    most: int,
    *,
    loosely: bool,
    numbers: frozenset[str] = frozenset(),
) -> list[list[Likeness]]:
    near = _sharing_keys(records)
    wanted = Q(pk__in={pk for ids in near for pk in ids})
    if numbers:
        wanted |= Q(pk__in=Contact.objects.filter(phones__e164__in=numbers).values("customer"))
    customers = {row.pk: row for row in rows.filter(wanted).with_likeness().order_by()}
    known = {pk: record_of(row) for pk, row in customers.items()}
    found = []
    for record, ids in zip(records, near, strict=True):
        likely = []
        for pk in known if numbers else [pk for pk in ids if pk in known]:
            score = matching.score(record, known[pk])
            same = not numbers.isdisjoint(customers[pk].numbers)
            if matching.band(score) or same or (loosely and score.groups & {"contact", "address"}):
                likely.append(Likeness(customers[pk], score, matching.band(score), same))
        likely.sort(key=lambda one: (-one.score.points, one.customer.pk))
        found.append(likely[:most])
    return found


def _sharing_keys(records: Sequence[matching.Record]) -> list[list[int]]:
    """For each record the customers that share most keys with it."""
    pairs = [(at, key) for at, record in enumerate(records) for key in matching.keys_of(record)]
    near: list[list[int]] = [[] for _ in records]
    if not pairs:
        return near
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_KEYS,
            {"at": [at for at, _ in pairs], "keys": [key[:80] for _, key in pairs], "per_key": PER_KEY},
        )
        for at, pk in cursor.fetchall():
            if len(near[at]) < MOST_COMPARED:
                near[at].append(pk)
    return near
