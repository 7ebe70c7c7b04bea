"""Which EPA section 608 certificate covers which circuit (40 CFR 82.161)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

TYPE_I, TYPE_II, TYPE_III, UNIVERSAL = "type_i", "type_ii", "type_iii", "universal"

# A small appliance holds five pounds or less and was charged and sealed in the factory.
SMALL_APPLIANCE_OUNCES: Final = Decimal(80)
SMALL_APPLIANCES: Final = frozenset({"ice_machine"})
MAYBE_SMALL_APPLIANCES: Final = frozenset({"other"})  # window units and the like: the category does not say


@dataclass(frozen=True)
class Held:
    """A certificate as the rule sees it."""

    kind: str
    issued_on: date
    revoked_on: date | None = None

    def is_in_force(self, day: date) -> bool:
        """Whether it holds on the day: issued by then and not revoked yet. It never expires."""
        return self.issued_on <= day and (self.revoked_on is None or day < self.revoked_on)


def kinds_for(category: str, pressure_class: str, full_charge_oz: Decimal | None) -> frozenset[str]:
    """The kinds of certificate that allow opening the circuit; Universal always does."""
    if pressure_class == "low":
        return frozenset({TYPE_III, UNIVERSAL})
    if full_charge_oz is not None and full_charge_oz <= SMALL_APPLIANCE_OUNCES:
        if category in SMALL_APPLIANCES:
            return frozenset({TYPE_I, UNIVERSAL})
        if category in MAYBE_SMALL_APPLIANCES:
            return frozenset({TYPE_I, TYPE_II, UNIVERSAL})
    return frozenset({TYPE_II, UNIVERSAL})


def covers(held: Iterable[Held], needed: frozenset[str], day: date) -> bool:
    """Whether one of the certificates is of a needed kind and in force on the day."""
    return any(certificate.kind in needed and certificate.is_in_force(day) for certificate in held)
