"""Why a cylinder cannot do what was asked, each with a name of its own."""

from __future__ import annotations

from fsm.states import NotPossible


class WrongRefrigerant(NotPossible):
    """The cylinder holds another refrigerant than the circuit or the other cylinder."""


class NotEnough(NotPossible):
    """The cylinder does not hold as much."""


class TooFull(NotPossible):
    """It would be fuller than a cylinder may be."""


class OtherOwner(NotPossible):
    """Recovered refrigerant would change owners without being reclaimed (40 CFR 82.154(d))."""


class WrongCylinder(NotPossible):
    """A cylinder of this kind is not for that."""


class CylinderGone(NotPossible):
    """It was returned or sent off."""


class NotThere(NotPossible):
    """It lies in another place."""


class WrongRecord(NotPossible):
    """The refrigerant record is not one for this, or has nothing left for it."""
