"""What may go into and out of which cylinder, as plain rules over its facts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

RECOVERY, DISPOSABLE = "recovery", "disposable"
VIRGIN, RECLAIMED, RECOVERED, TO_RECLAIM = "virgin", "reclaimed", "recovered", "to_reclaim"
FILLS_TO: Final = Decimal("0.8")  # a cylinder that is filled in the field is never filled further
ORIGINS: Final = {
    DISPOSABLE: (VIRGIN, RECLAIMED),
    "refillable": (VIRGIN, RECLAIMED),
    RECOVERY: (RECOVERED, TO_RECLAIM),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """A cylinder as the rules see it."""

    kind: str
    origin: str
    refrigerant: str
    owner: int | None = None
    content_oz: Decimal = Decimal(0)
    capacity_oz: Decimal | None = None


def room_oz(facts: Facts) -> Decimal | None:
    """How much more may be filled in in the field: up to 80 percent; None where the capacity is unknown."""
    if facts.capacity_oz is None:
        return None
    return max(Decimal(0), facts.capacity_oz * FILLS_TO - facts.content_oz)


def may_charge(facts: Facts, owners: frozenset[int]) -> bool:
    """Whether what it holds may go into a circuit of these owners: what was recovered only into their own,
    what is to be reclaimed into none.
    """
    if facts.origin == RECOVERED:
        return facts.owner in owners
    return facts.origin != TO_RECLAIM


def may_take_from_circuit(facts: Facts, owners: frozenset[int]) -> bool:
    """Whether what comes out of a circuit of these owners may go in."""
    return facts.origin == TO_RECLAIM or (facts.origin == RECOVERED and facts.owner in owners)


def may_pour(source: Facts, target: Facts) -> bool:
    """Whether one may be emptied into the other: what was recovered is not passed on as something else."""
    if target.origin == TO_RECLAIM:
        return True
    return source.origin == target.origin and (source.origin != RECOVERED or source.owner == target.owner)
