"""The leak rate of an appliance in percent of its full charge a year (40 CFR 82.152 and 84.102), exactly.

Amounts are pounds: int, Decimal, Fraction or a decimal written as text. A float is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from equipment.compliance.words import Refused, _, decimals

Amount = int | Decimal | Fraction | str

ANNUALIZING, ROLLING = "annualizing", "rolling"
METHODS: Final = (ANNUALIZING, ROLLING)
DAYS_IN_YEAR: Final = 365

# 82.157(c)(2) and 84.106(c)(2): percent a year; what is over it must be addressed.
TRIGGERS: Final = {"comfort": Fraction(10), "commercial": Fraction(20), "ipr": Fraction(30)}
CHRONIC_PERCENT: Final = Fraction(125)  # 82.157(j), 84.106(j): reached, not only passed


class LeakRateError(Refused):
    """Something no leak rate can be worked out from."""


class NotANumber(LeakRateError):
    """An amount that is no number."""


class NegativeAmount(LeakRateError):
    """Less than nothing was added."""


class NoFullCharge(LeakRateError):
    """The full charge is missing, zero or negative."""


class NegativeDays(LeakRateError):
    """The last addition lies after this one."""


class NoDays(LeakRateError):
    """Two additions on one day are one addition."""


class InTheFuture(LeakRateError):
    """A test lies after the day of the calculation."""


class UnknownCategory(LeakRateError):
    """A category that has no trigger."""


def annualizing(
    *,
    added_lb: Amount,
    full_charge_lb: Amount,
    days_since_last: int | None,
    first_under_84_106: bool = False,
) -> Fraction:
    """The annualizing method: the share added, over the share of a year since the last addition.

    More than 365 days count as 365; unknown days (None) and the first calculation under 84.106(b)(1) as well.
    """
    added, charge = _added(added_lb), _full_charge(full_charge_lb)
    if days_since_last is None:
        days = DAYS_IN_YEAR
    elif isinstance(days_since_last, bool) or not isinstance(days_since_last, int):
        raise TypeError(f"Days are counted whole: {days_since_last!r} is no number of days.")
    elif days_since_last < 0:
        raise NegativeDays(_("The last addition lies %(days)s days after this one.", days=-days_since_last))
    else:
        days = DAYS_IN_YEAR if first_under_84_106 else min(days_since_last, DAYS_IN_YEAR)
    if days == 0:
        raise NoDays(_("Additions on one day are one addition: add them up, and count from the day before."))
    return added / charge * DAYS_IN_YEAR / days * 100


def rolling(
    *,
    additions: Sequence[tuple[date, Amount]],
    full_charge_lb: Amount,
    on: date,
    after: date | None = None,
    floor: date | None = None,
) -> Fraction:
    """The rolling average: what the 365 days that end with `on` took, as a share of the full charge.

    Additions up to and on `after`, the day of the last passed follow-up test, are out; so is what was added
    before `floor` (84.106(b)(2): since January 1, 2026), and what was added after `on`.
    """
    charge = _full_charge(full_charge_lb)
    _day(on)
    if after is not None and _day(after) > on:
        raise InTheFuture(_("The follow-up test of %(after)s lies after %(on)s.", after=after, on=on))
    start = first_day_of_window(on)
    if after is not None:
        start = max(start, after + timedelta(days=1))
    if floor is not None:
        start = max(start, _day(floor))
    total = Fraction(0)
    for day, amount in additions:
        added = _added(amount)
        if start <= _day(day) <= on:
            total += added
    return total / charge * 100


def first_day_of_window(on: date) -> date:
    """The first of the 365 days that end with `on`; the day 365 days ago is out."""
    return on - timedelta(days=DAYS_IN_YEAR - 1)


def calendar_year(*, lost_lb: Amount, full_charge_lb: Amount) -> Fraction:
    """What a calendar year took, as a percentage of the full charge."""
    return _added(lost_lb) / _full_charge(full_charge_lb) * 100


def is_chronic(rate: Amount) -> bool:
    """Whether a calendar year's loss makes a chronic leaker: 125 % or more."""
    return exact(rate) >= CHRONIC_PERCENT


def trigger(category: str) -> Fraction:
    """The percentage above which a leak must be addressed."""
    try:
        return TRIGGERS[category]
    except (KeyError, TypeError):
        raise UnknownCategory(
            _(
                "There is no leak rate for “%(category)s”; the categories are %(known)s.",
                category=str(category),
                known=", ".join(TRIGGERS),
            )
        ) from None


def exceeds(rate: Amount, category: str) -> bool:
    """Whether the rate is over the category's trigger; exactly at the trigger it is not."""
    return exact(rate) > trigger(category)


def two_places(rate: Amount) -> str:
    """The rate as it is shown: two places, half up. Never compare this one."""
    return decimals(exact(rate), 2)


def exact(amount: Amount) -> Fraction:
    """The number itself, never a float."""
    if isinstance(amount, Fraction):
        return amount
    if isinstance(amount, bool) or not isinstance(amount, (int, Decimal, str)):
        raise TypeError(f"{amount!r} is not exact: give an int, a Decimal, a Fraction or a text.")
    try:
        return Fraction(amount)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise NotANumber(_("“%(text)s” is no number.", text=str(amount))) from None


def _added(amount: Amount) -> Fraction:
    added = exact(amount)
    if added < 0:
        raise NegativeAmount(_("An addition of %(amount)s lb is less than nothing.", amount=added))
    return added


def _full_charge(amount: Amount | None) -> Fraction:
    if amount is None:
        raise NoFullCharge(_("Without a full charge there is no leak rate."))
    charge = exact(amount)
    if charge <= 0:
        raise NoFullCharge(_("A full charge of %(amount)s lb gives no leak rate.", amount=charge))
    return charge


def _day(day: date) -> date:
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError(f"{day!r} is no day: a moment is turned into the site's day first.")
    return day
