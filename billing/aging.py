"""How old the money owed to us is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum


class Bucket(Enum):
    """How many days past due, as an A/R report says it."""

    CURRENT = "current"
    DAYS_1_30 = "1-30"
    DAYS_31_60 = "31-60"
    DAYS_61_90 = "61-90"
    OVER_90 = "90+"


def bucket_of(due: date, as_of: date) -> Bucket:
    """The bucket of something due that day; on the due day itself it is still current."""
    late = (as_of - due).days
    if late <= 0:
        return Bucket.CURRENT
    if late <= 30:
        return Bucket.DAYS_1_30
    if late <= 60:
        return Bucket.DAYS_31_60
    if late <= 90:
        return Bucket.DAYS_61_90
    return Bucket.OVER_90


@dataclass(frozen=True)
class Aging:
    """What is owed, by bucket; every bucket is present."""

    amounts: dict[Bucket, Decimal] = field(default_factory=lambda: dict.fromkeys(Bucket, Decimal("0.00")))

    @property
    def total(self) -> Decimal:
        """All that is owed."""
        return sum(self.amounts.values(), Decimal("0.00"))

    @property
    def past_due(self) -> Decimal:
        """What is owed and late."""
        return self.total - self.amounts[Bucket.CURRENT]


def aged(open_amounts: Iterable[tuple[date, Decimal]], as_of: date) -> Aging:
    """Sort (due date, open amount) into buckets as of a day; credits are negative and lower their bucket."""
    aging = Aging()
    for due, amount in open_amounts:
        aging.amounts[bucket_of(due, as_of)] += amount
    return aging
