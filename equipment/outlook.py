"""Which units to talk about replacing, most urgent first, with the reasons in figures.

Up to 100 points: age against the expected life of the category, repairs against the price of a new one,
the refrigerant's future, and the end of the warranty. Settings names the weights.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from .categories import load_categories
from .sentences import Sentence, gettext_noop
from .warranties import add_months

_ = gettext_noop

# Production and import for the United States ended (40 CFR 82.16).
ENDED: Final = {"R-22": date(2020, 1, 1), "R-142b": date(2020, 1, 1)}


@dataclass(frozen=True, slots=True)
class Settings:
    """The weights, which add up to 100, and what counts as much."""

    age_points: int = 40
    repair_points: int = 30
    refrigerant_points: int = 20
    warranty_points: int = 10
    age_from_percent: int = 60  # of the shorter expected life: the first point
    age_to_percent: int = 120  # of the longer expected life: all points
    repair_share_percent: int = 50  # repairs worth this share of a new unit: all points
    repair_threshold: Decimal = Decimal(1500)  # the same, where no price is known
    repair_months: int = 36  # the months whose repairs the caller adds up
    warranty_months: int = 12  # an end as near as this counts half


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """One unit. `repair_spend` covers the last `repair_months`; `warranty_until` is the end of its parts."""

    key: Hashable
    category: str
    installed_on: date | None
    repair_spend: Decimal = Decimal(0)
    replacement_price: Decimal | None = None
    refrigerant: str = ""
    gwp: Decimal | None = None
    is_ozone_depleting: bool = False
    warranty_until: date | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for replacing it, and how much."""

    kind: Literal["age", "repairs", "refrigerant", "warranty"]
    points: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Outlook:
    """A unit's score of 0 to 100 with the reasons, strongest first."""

    key: Hashable
    score: int
    reasons: tuple[Reason, ...]


def rank(units: Iterable[UnitFacts], *, on: date, settings: Settings = Settings()) -> list[Outlook]:
    """The units with a reason to replace them, highest score first; equal scores keep their order."""
    outlooks = [outlook for unit in units if (outlook := outlook_of(unit, on, settings)).reasons]
    return sorted(outlooks, key=lambda outlook: -outlook.score)


def outlook_of(unit: UnitFacts, on: date, settings: Settings = Settings()) -> Outlook:
    """One unit's outlook; a unit of unknown age, price or refrigerant gets no points for it."""
    found = (
        _age(unit, on, settings),
        _repairs(unit, settings),
        _refrigerant(unit, on, settings),
        _warranty(unit, on, settings),
    )
    reasons = sorted((reason for reason in found if reason), key=lambda reason: -reason.points)
    return Outlook(unit.key, sum(reason.points for reason in reasons), tuple(reasons))


def _age(unit: UnitFacts, on: date, settings: Settings) -> Reason | None:
    facts = load_categories().get(unit.category)
    if unit.installed_on is None or facts is None or not facts.life_low or not facts.life_high:
        return None
    months = (on.year - unit.installed_on.year) * 12 + on.month - unit.installed_on.month
    months -= on.day < unit.installed_on.day
    first = Fraction(facts.life_low * 12 * settings.age_from_percent, 100)
    last = Fraction(facts.life_high * 12 * settings.age_to_percent, 100)
    if not (points := _share(months - first, last - first, settings.age_points)):
        return None
    if facts.life_low == facts.life_high:
        text = _("%(years)s years old; such equipment lasts about %(high)s years.")
    else:
        text = _("%(years)s years old; such equipment lasts %(low)s to %(high)s years.")
    sentence = Sentence(text, years=months // 12, low=facts.life_low, high=facts.life_high)
    return Reason("age", points, sentence)


def _repairs(unit: UnitFacts, settings: Settings) -> Reason | None:
    price = unit.replacement_price
    most = price * settings.repair_share_percent / 100 if price else settings.repair_threshold
    if not (points := _share(Fraction(unit.repair_spend), Fraction(most), settings.repair_points)):
        return None
    words: dict[str, object] = {"spend": _dollars(unit.repair_spend), "months": settings.repair_months}
    if price:
        text = _("%(spend)s of repairs in %(months)s months, %(share)s%% of the %(price)s of a new one.")
        share = round(unit.repair_spend / price * 100)
        return Reason("repairs", points, Sentence(text, **words, share=share, price=_dollars(price)))
    text = _("%(spend)s of repairs in %(months)s months; %(most)s is much for any unit.")
    return Reason("repairs", points, Sentence(text, **words, most=_dollars(most)))


def _refrigerant(unit: UnitFacts, on: date, settings: Settings) -> Reason | None:
    words: dict[str, object] = {"refrigerant": unit.refrigerant}
    if unit.is_ozone_depleting:
        text = _("%(refrigerant)s depletes the ozone layer and is being phased out.")
        if (ended := ENDED.get(unit.refrigerant)) and ended <= on:
            text = _("No %(refrigerant)s has been made or imported since %(day)s; only stock is left.")
            words["day"] = ended
        return Reason("refrigerant", settings.refrigerant_points, Sentence(text, **words))
    facts = load_categories().get(unit.category)
    if facts is None or facts.gwp_limit is None or unit.gwp is None or unit.gwp < facts.gwp_limit:
        return None
    if facts.gwp_limit_from is None or on < facts.gwp_limit_from:
        return None
    text = _(
        "%(refrigerant)s has a GWP of %(gwp)s; new systems stay below %(limit)s since %(day)s (40 CFR 84.54)."
    )
    words |= {"gwp": f"{unit.gwp:,.0f}", "limit": facts.gwp_limit, "day": facts.gwp_limit_from}
    return Reason("refrigerant", settings.refrigerant_points // 2, Sentence(text, **words))


def _warranty(unit: UnitFacts, on: date, settings: Settings) -> Reason | None:
    until = unit.warranty_until
    if until is None:
        return None
    if until <= on:
        text = _("The parts warranty ended on %(day)s.")
        return Reason("warranty", settings.warranty_points, Sentence(text, day=until))
    if until <= add_months(on, settings.warranty_months):
        text = _("The parts warranty ends on %(day)s.")
        return Reason("warranty", settings.warranty_points // 2, Sentence(text, day=until))
    return None


def _share(part: Fraction, whole: Fraction, points: int) -> int:
    """The points for so much of the whole, none below nothing and all from the whole on."""
    if part <= 0:
        return 0
    return points if part >= whole else int(points * part / whole)


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.0f}"
