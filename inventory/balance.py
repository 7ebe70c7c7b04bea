"""The mass balance of refrigerant: opening + in - out = closing, to the thousandth of an ounce."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

NOTHING: Final = Decimal(0)
# A movement that takes another back counts where that one counted.
INTO: Final = ("opening", "purchased", "recovered", "poured_in")
OUT: Final = ("charged", "poured_out", "sent", "returned", "lost")
DIFFERENCE: Final = "weighed"
COLUMNS: Final = (*INTO, *OUT, DIFFERENCE)


@dataclass(frozen=True, slots=True)
class Line:
    """What one kind of movement changed in a month (its first day), for one group."""

    group: Hashable
    month: date
    kind: str
    ounces: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """One group over a time: what was there, what came in and went out, and what is left.

    `amounts` has every column: what came in and what went out both as positive amounts, what weighing found
    with its sign.
    """

    group: Hashable
    month: date
    opening: Decimal
    amounts: dict[str, Decimal]
    closing: Decimal

    @property
    def into(self) -> Decimal:
        """All that came in."""
        return sum((self.amounts[kind] for kind in INTO), NOTHING)

    @property
    def out(self) -> Decimal:
        """All that went out."""
        return sum((self.amounts[kind] for kind in OUT), NOTHING)

    @property
    def difference(self) -> Decimal:
        """What weighing found more (+) or less (-)."""
        return self.amounts[DIFFERENCE]

    @property
    def closes(self) -> bool:
        """Whether opening + in - out + differences is what is left."""
        return self.opening + self.into - self.out + self.difference == self.closing


def balances(lines: Iterable[Line], *, since: date, until: date) -> list[Balance]:
    """Each group's balance from the month of `since` to the month of `until`, both in; groups that held and
    moved nothing are left out.
    """
    first, last = since.replace(day=1), until.replace(day=1)
    before: dict[Hashable, Decimal] = defaultdict(Decimal)
    within: dict[Hashable, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        if line.month < first:
            before[line.group] += line.ounces
        elif line.month <= last:
            within[line.group][line.kind] += line.ounces
    groups = [group for group, held in before.items() if held or group in within]
    groups += [group for group in within if group not in before]
    return [_balance(group, first, before[group], within[group]) for group in groups]


def by_month(lines: Iterable[Line], *, since: date, until: date) -> list[Balance]:
    """Each group month by month, every month opening with what the one before left."""
    rows = list(lines)
    found = []
    for group in dict.fromkeys(line.group for line in rows):
        mine = [line for line in rows if line.group == group]
        month = since.replace(day=1)
        while month <= until:
            found += balances(mine, since=month, until=month)
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return found


def _balance(group: Hashable, month: date, opening: Decimal, changes: dict[str, Decimal]) -> Balance:
    amounts = {kind: -changes[kind] if kind in OUT else changes[kind] for kind in COLUMNS}
    return Balance(group, month, opening, amounts, opening + sum(changes.values(), NOTHING))
