"""How far an appliance is evacuated before it is opened or disposed of (Table 1 of 40 CFR 82.156(a))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from equipment.leak_rate import Amount, exact

from .words import Refused, Sentence, _

CITATION: Final = "40 CFR 82.156(a), Table 1"
NEW_MACHINES_FROM: Final = date(1993, 11, 15)
LARGE_FROM_LB: Final = 200


class Scale(StrEnum):
    """What a level is read in."""

    VACUUM = "inches_hg_vacuum"  # relative to 29.9 inches of mercury
    ABSOLUTE = "mm_hg_absolute"


# Pressure class: (below 200 lb, from 200 lb), each (machine before 1993-11-15, since).
_VACUUM: Final = {
    "very high": ((0, 0), (0, 0)),
    "high": ((0, 0), (4, 10)),
    "medium": ((4, 10), (4, 15)),
}
LOW_PRESSURE_MM: Final = 25


@dataclass(frozen=True, slots=True)
class Level:
    """How deep to evacuate."""

    scale: Scale
    number: int
    sentence: Sentence
    citation: str = CITATION


class UnknownPressureClass(Refused):
    """A pressure class that the table does not have."""


def required_level(
    pressure_class: str,
    full_charge_lb: Amount | None,
    machine_made_on: date | None = None,
    *,
    is_small_appliance: bool = False,
) -> Level:
    """The level for an appliance and a recovery machine. What is not known takes the deeper level."""
    if is_small_appliance:
        small = _("Recover 90 %% (80 %% if the compressor does not run), or %(inches)s inches Hg.", inches=4)
        return Level(Scale.VACUUM, 4, small, "40 CFR 82.156(b)")
    name = pressure_class.replace("_", " ").replace("-", " ")
    if name == "low":
        return Level(
            Scale.ABSOLUTE, LOW_PRESSURE_MM, _("Evacuate to %(mm)s mm Hg absolute.", mm=LOW_PRESSURE_MM)
        )
    if name not in _VACUUM:
        raise UnknownPressureClass(_("“%(name)s” is no pressure class.", name=pressure_class))
    is_large = full_charge_lb is None or exact(full_charge_lb) >= LARGE_FROM_LB
    is_new = machine_made_on is None or machine_made_on >= NEW_MACHINES_FROM
    inches = _VACUUM[name][is_large][is_new]
    if inches == 0:
        return Level(Scale.VACUUM, 0, _("Evacuate to atmospheric pressure (0 psig)."))
    return Level(Scale.VACUUM, inches, _("Evacuate to %(inches)s inches Hg of vacuum.", inches=inches))
