"""What comes along when a customer is merged into another: every app names its keys to customers here.

`moves` re-points a key; `stays` says why one is left alone. A test asks that each key to a customer, a site
or a contact is named in one of the two. Rows are locked in the order in which they are named, the house's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import F, Q, Value

from .models import (
    ChannelConsent,
    Communication,
    Contact,
    Customer,
    CustomerFile,
    CustomerNote,
    DuplicatePair,
    EmailAddress,
    ExternalId,
    ImportRow,
    MatchKey,
    Merge,
    PhoneNumber,
    Site,
    SiteRole,
)

Rows = models.QuerySet[Any]
Unless = Callable[[Rows, int, int], Rows]


@dataclass(frozen=True)
class Mover:
    """A key that is re-pointed; `unless(rows, loser, survivor)` gives the rows that are left alone."""

    model: type[models.Model]
    field: str
    target: type[models.Model]
    unless: Unless | None = None

    @property
    def column(self) -> str:
        """The name under which the key's value is read and written."""
        return f"{self.field}_id"

    def rows(self, loser: int, survivor: int) -> Rows:
        """What points at the loser and is to point at the survivor."""
        rows = self.model._base_manager.filter(**{self.column: loser})
        return rows.exclude(pk__in=self.unless(rows, loser, survivor).values("pk")) if self.unless else rows


_movers: list[Mover] = []
_staying: dict[tuple[type[models.Model], str], str] = {}


def moves(model: type[models.Model], field: str, *, unless: Unless | None = None) -> None:
    """Register a key that goes over to the survivor with its rows."""
    target: Any = model._meta.get_field(field).related_model
    _movers.append(Mover(model, field, target, unless))


def stays(model: type[models.Model], field: str, *, because: str) -> None:
    """Register a key that is not re-pointed, with the reason."""
    _staying[model, field] = because


def movers_to(target: type[models.Model]) -> list[Mover]:
    """The keys to this model, in the order in which their rows are locked."""
    return [mover for mover in _movers if mover.target is target]


def named_keys() -> set[tuple[type[models.Model], str]]:
    """Every key that was named, whether it moves or stays."""
    return {(mover.model, mover.field) for mover in _movers} | set(_staying)


def _of_the_survivor(rows: Rows, loser: int, survivor: int) -> Rows:
    """The survivor itself: what it says of the loser is settled with its other fields."""
    del loser
    return rows.filter(pk=survivor)


def _would_be_two(rows: Rows, loser: int, survivor: int) -> Rows:
    """A standing owner or payer, where the other site has one."""
    del loser
    kept = SiteRole.objects.filter(site=survivor, until_on__isnull=True, kind__in=["owner", "bill_to"])
    return rows.filter(until_on__isnull=True, kind__in=kept.values("kind"))


moves(Customer, "parent", unless=_of_the_survivor)
moves(Customer, "bill_to", unless=_of_the_survivor)
moves(Customer, "merged_into")
moves(Site, "customer")
moves(Contact, "customer")
moves(CustomerNote, "customer")
moves(ExternalId, "customer")
moves(ExternalId, "site")
moves(Communication, "customer")
moves(ImportRow, "customer")
moves(ImportRow, "site")
moves(SiteRole, "customer")
moves(SiteRole, "site", unless=_would_be_two)
moves(CustomerFile, "customer")
moves(CustomerFile, "site")

_WHOLE = "contacts move whole, with what hangs on them"
stays(PhoneNumber, "contact", because=_WHOLE)
stays(EmailAddress, "contact", because=_WHOLE)
stays(ChannelConsent, "contact", because=_WHOLE)
stays(Communication, "contact", because=_WHOLE)
stays(SiteRole, "contact", because=_WHOLE)
stays(MatchKey, "customer", because="made anew for both")
stays(DuplicatePair, "first", because="a verdict on two records; it is read through tombstones")
stays(DuplicatePair, "second", because="a verdict on two records; it is read through tombstones")
stays(Merge, "survivor", because="what happened")
stays(Merge, "loser", because="what happened")


def count_what_hangs_on(customer_ids: list[int]) -> dict[int, dict[type[models.Model], int]]:
    """How many rows of each kind would move with each of the customers; one query."""
    keys: dict[type[models.Model], list[str]] = {}
    for mover in movers_to(Customer):
        keys.setdefault(mover.model, []).append(mover.column)
    kinds = list(keys)
    number = models.IntegerField()
    parts = [
        model._base_manager.filter(reduce(or_, (Q(**{column: pk}) for column in keys[model])))
        .order_by()
        .values(whose=Value(pk, number), at=Value(at, number))
        .annotate(n=models.Count("pk"))
        for at, model in enumerate(kinds)
        for pk in customer_ids
    ]
    found: dict[int, dict[type[models.Model], int]] = {pk: {} for pk in customer_ids}
    for row in parts[0].union(*parts[1:], all=True):
        found[row["whose"]][kinds[row["at"]]] = row["n"]
    return found


def weigh(customer_ids: list[int]) -> dict[int, int]:
    """About how much hangs on each customer, to say which of two has more history; one query."""
    parts = [
        mover.model._base_manager.filter(**{f"{mover.column}__in": customer_ids})
        .order_by()
        .values(whose=F(mover.column))
        .annotate(n=models.Count("pk"))
        for mover in movers_to(Customer)
    ]
    weights = dict.fromkeys(customer_ids, 0)
    for row in parts[0].union(*parts[1:], all=True) if customer_ids else ():
        weights[row["whose"]] += row["n"]
    return weights
