"""The ratings on a nameplate: which there are, what can be read there, and what they are good for.

A reading is judged against them: amps against RLA and FLA, a capacitor against its rating.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.states import NotPossible

from .readings import Context

LARGEST: Final = Decimal(100_000)
METERING: Final = {
    "txv": gettext_lazy("TXV"),
    "eev": gettext_lazy("Electronic valve"),
    "piston": gettext_lazy("Piston or capillary"),
}
FUELS: Final = {"natural_gas": gettext_lazy("Natural gas"), "propane": gettext_lazy("Propane")}


@dataclass(frozen=True)
class Rating:
    """One line of a nameplate: a number with its unit, or one of some words."""

    key: str
    label: Any
    unit: str = ""
    words: Mapping[str, Any] | None = None


RATINGS: Final = {
    rating.key: rating
    for rating in (
        Rating("volts", gettext_lazy("Volts"), "V"),
        Rating("rla", gettext_lazy("Compressor RLA"), "A"),
        Rating("fla", gettext_lazy("Fan or blower FLA"), "A"),
        Rating("capacitor", gettext_lazy("Capacitor"), "µF"),
        Rating("subcooling", gettext_lazy("Subcooling"), "°F"),
        Rating("superheat", gettext_lazy("Superheat"), "°F"),
        Rating("metering", gettext_lazy("Metering device"), words=METERING),
        Rating("fuel", gettext_lazy("Fuel"), words=FUELS),
        Rating("rise_low", gettext_lazy("Temperature rise from"), "°F"),
        Rating("rise_high", gettext_lazy("Temperature rise to"), "°F"),
        Rating("static_high", gettext_lazy("Static pressure up to"), "in w.c."),
        Rating("manifold_low", gettext_lazy("Manifold pressure from"), "in w.c."),
        Rating("manifold_high", gettext_lazy("Manifold pressure to"), "in w.c."),
        Rating("strips_low", gettext_lazy("Heat strips from"), "A"),
        Rating("strips_high", gettext_lazy("Heat strips to"), "A"),
    )
}
RANGES: Final = {
    "temperature_rise": ("rise_low", "rise_high"),
    "total_static": ("", "static_high"),
    "gas_manifold": ("manifold_low", "manifold_high"),
    "heat_strip_amps": ("strips_low", "strips_high"),
}
TARGETS: Final = {"superheat": "superheat", "subcooling": "subcooling"}


def checked_ratings(given: Mapping[str, Any] | None) -> dict[str, str]:
    """The ratings as they are kept, without empty ones; NotPossible names the one that cannot be."""
    kept: dict[str, str] = {}
    for key, value in (given or {}).items():
        rating = RATINGS.get(key)
        if rating is None:
            raise NotPossible(_("“%(name)s” is not a rating we know.") % {"name": key}, field="ratings")
        text = str(value if value is not None else "").strip()
        if text:
            kept[key] = text if rating.words and text in rating.words else _number(rating, text)
    for low, high in RANGES.values():
        if low in kept and high in kept and Decimal(kept[low]) > Decimal(kept[high]):
            raise NotPossible(
                _("%(low)s must not be more than %(high)s.")
                % {"low": RATINGS[low].label, "high": RATINGS[high].label},
                field=f"rating_{low}",
            )
    return kept


def _number(rating: Rating, text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if rating.words or not number.is_finite() or not 0 < number <= LARGEST:
        raise NotPossible(
            _("%(rating)s: “%(text)s” cannot stand on a nameplate.") % {"rating": rating.label, "text": text},
            field=f"rating_{rating.key}",
        )
    return f"{number.normalize():f}"


def shown_ratings(ratings: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Label and value of what is known, in the order of the nameplate."""
    return [
        (rating.label, str(rating.words.get(value, value)) if rating.words else f"{value} {rating.unit}")
        for key, rating in RATINGS.items()
        if (value := ratings.get(key))
    ]


def context_for(kind: str, ratings: Mapping[str, Any], *, maker: str = "") -> Context:
    """What the nameplate says for judging a kind of reading."""
    low, high = RANGES.get(kind, ("", ""))
    return Context(
        rated=_of(ratings, "capacitor"),
        rla=_of(ratings, "rla"),
        fla=_of(ratings, "fla"),
        plate_low=_of(ratings, low),
        plate_high=_of(ratings, high),
        target=_of(ratings, TARGETS.get(kind, "")),
        nominal_volts=_of(ratings, "volts"),
        metering=cast(Literal["", "txv", "eev", "piston"], ratings.get("metering", "")),
        fuel=cast(Literal["", "natural_gas", "propane"], ratings.get("fuel", "")),
        maker=maker,
    )


def _of(ratings: Mapping[str, Any], key: str) -> Decimal | None:
    value = ratings.get(key)
    try:
        return Decimal(str(value)) if value else None
    except InvalidOperation:
        return None
