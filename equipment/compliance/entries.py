"""What is wrong with a record of refrigerant before it is written: the same refusals at every door."""

from __future__ import annotations

from datetime import date, time
from fractions import Fraction

from equipment.leak_rate import exact

from .applicability import OUNCES_IN_POUND
from .judging import ADDITIONS, Event, History, Kind
from .words import Refused, _


class BadEntry(Refused):
    """A record that cannot be written; `field` names the input at fault."""

    field = ""


class NotPositive(BadEntry):
    """Nothing, or less than nothing."""

    field = "ounces"


class ReturnedTooMuch(BadEntry):
    """More was put back than was added."""

    field = "returned_oz"


class NotHeld(BadEntry):
    """More was put back than was recovered from this circuit and is still held."""

    field = "returned_oz"


class InFuture(BadEntry):
    """A day that has not come."""

    field = "day"


class BeforeInstallation(BadEntry):
    """A day before the equipment was installed."""

    field = "day"


class BeforeLastAddition(BadEntry):
    """A day before the last record of the circuit."""

    field = "day"


class AlreadyRetired(BadEntry):
    """The circuit is retired."""

    field = "circuit"


class NoCharge(BadEntry):
    """The circuit has no full charge."""

    field = "full_charge"


class OtherRefrigerant(BadEntry):
    """Another refrigerant than the circuit's."""

    field = "refrigerant"


def check_entry(event: Event, history: History, *, today: date, refrigerant: str = "") -> None:
    """Refuse a record by name (W-V1, W-V3), or let it pass.

    `history` holds what stands already, `refrigerant` is what the cylinder holds. A late entry of an earlier
    day is refused: the later ones are voided and logged again in their order, so that the change is seen.
    """
    ounces, returned = exact(event.ounces), exact(event.returned_oz)
    if ounces <= 0:
        raise NotPositive(_("An amount is more than nothing."))
    if returned < 0:
        raise ReturnedTooMuch(_("What was put back cannot be less than nothing."))
    if returned > 0 and event.kind not in ADDITIONS:
        raise ReturnedTooMuch(_("Only an addition can put back what was recovered."))
    if returned > ounces:
        raise ReturnedTooMuch(
            _(
                "%(back)s lb of it were put back, more than the %(added)s lb added.",
                back=returned / OUNCES_IN_POUND,
                added=ounces / OUNCES_IN_POUND,
            )
        )
    if event.day > today:
        raise InFuture(_("%(day)s has not come yet.", day=event.day))
    if history.installed_on is not None and event.day < history.installed_on:
        raise BeforeInstallation(_("It was installed on %(day)s, after that day.", day=history.installed_on))
    if history.retired_on is not None and event.day >= history.retired_on:
        raise AlreadyRetired(_("The circuit was retired on %(day)s.", day=history.retired_on))
    charge = history.full_charge_oz(event.day)
    if event.kind in ADDITIONS and (charge is None or exact(charge) <= 0):
        raise NoCharge(_("The circuit's full charge is not known; enter it first."))
    expected = history.facts(event.day).refrigerant.designation
    if refrigerant and refrigerant != expected:
        raise OtherRefrigerant(
            _(
                "The circuit holds %(expected)s, not %(other)s; a change of refrigerant is a retrofit.",
                expected=expected,
                other=refrigerant,
            )
        )
    standing = [known for known in history.events if not known.is_voided]
    if event.kind in ADDITIONS:
        last = max((known.day for known in standing if known.kind in ADDITIONS), default=None)
        if last is not None and event.day < last:
            raise BeforeLastAddition(
                _(
                    "Refrigerant was added on %(day)s, after that; log the later ones again.",
                    day=last,
                )
            )
    held = held_oz(standing, event)
    if returned > held:
        raise NotHeld(
            _(
                "%(back)s lb were put back, but only %(held)s lb recovered from this circuit are held.",
                back=returned / OUNCES_IN_POUND,
                held=held / OUNCES_IN_POUND,
            )
        )


def held_oz(events: list[Event], before: Event) -> Fraction:
    """What was recovered from the circuit, not for the season, and has not been put back."""
    moment = (before.day, before.at or time.max)
    held = Fraction(0)
    for event in events:
        if event.is_voided or (event.day, event.at or time.min) > moment:
            continue
        if event.kind is Kind.RECOVERED:
            held += exact(event.ounces)
        held -= exact(event.returned_oz)
    return held
