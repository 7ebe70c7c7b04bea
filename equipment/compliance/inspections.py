"""Leak inspections after an exceedance (40 CFR 82.157(g), 84.106(g)); automatic leak detection (84.108)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

from equipment.leak_rate import Amount, exact

from .applicability import HFC_RULE, Answer
from .dates import months_after
from .words import Sentence, _

QUARTERLY_FROM_LB: Final = 500
QUARTERLY: Final = frozenset({"commercial", "ipr"})
DETECTION_FROM_LB: Final = 1500
ALARM_LB: Final = 50
ALARM_SHARE: Final = Fraction(1, 10)
ALARM_PPM: Final = 100  # a direct system detects 10 ppm and alarms at 100, in an enclosed building


class Every(StrEnum):
    """How often an inspection is due."""

    NEVER = "never"
    QUARTER = "quarter"  # once in three months
    CALENDAR_YEAR = "calendar_year"  # 82.157
    YEAR = "year"  # 84.106: a year after the follow-up test


@dataclass(frozen=True, slots=True)
class Schedule:
    """The inspections one rule asks for, as they stand on a day."""

    is_required: bool
    every: Every
    next_due: date | None
    is_overdue: bool
    stops_on: date | None  # from then on none is due, if the rate is not exceeded again
    sentence: Sentence
    citation: str


def schedule(
    *,
    code: str,
    category: str,
    full_charge_lb: Amount,
    exceeded_on: Sequence[date],
    follow_up_passed_on: date | None,
    inspected_on: Sequence[date],
    on: date,
    is_monitored: bool = False,
) -> Schedule:
    """What is due after the exceedances. `is_monitored`: wholly watched by an audited detection system."""
    citation = f"40 CFR {code}(g)"
    exceedances = [day for day in exceeded_on if day <= on]
    if not exceedances:
        return _none(_("The rate was not exceeded; no inspections are due."), citation)
    if is_monitored:
        return _none(_("A detection system, audited and calibrated every year, stands for it."), citation)
    last = max(exceedances)
    is_quarterly = category in QUARTERLY and exact(full_charge_lb) >= QUARTERLY_FROM_LB
    if code == HFC_RULE and (follow_up_passed_on is None or follow_up_passed_on < last):
        return _waiting(_every(code, is_quarterly), citation)
    start = follow_up_passed_on if code == HFC_RULE and follow_up_passed_on is not None else last
    stops = _four_quarters_after(start) if is_quarterly else months_after(start, 12)
    every = _every(code, is_quarterly)
    due = _next_due(every, start, [day for day in inspected_on if start <= day <= on])
    if on >= stops and due > stops:  # what was owed before stays owed
        clean = _(
            "Not exceeded since %(day)s: inspections stopped on %(stops)s.",
            day=last,
            stops=stops,
        )
        return Schedule(False, Every.NEVER, None, False, stops, clean, citation)
    said = _("The next leak inspection is due on %(due)s.", due=due)
    return Schedule(True, every, due, on > due, stops, said, citation)


def _every(code: str, is_quarterly: bool) -> Every:
    if is_quarterly:
        return Every.QUARTER
    return Every.YEAR if code == HFC_RULE else Every.CALENDAR_YEAR


def _next_due(every: Every, start: date, done: Sequence[date]) -> date:
    if every is Every.QUARTER:
        return months_after(max(done, default=start), 3)
    if every is Every.CALENDAR_YEAR:
        return date(max(done).year + 1 if done else start.year, 12, 31)
    # Years after the test; an inspection serves the year in which it was made.
    year = 1
    if done:
        last = max(done)
        while months_after(start, 12 * year) <= last:
            year += 1
        year += 1
    return months_after(start, 12 * year)


def _four_quarters_after(day: date) -> date:
    """The first day after the four full calendar quarters that follow the day's own."""
    first_of_quarter = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return months_after(first_of_quarter, 15)


def _none(sentence: Sentence, citation: str) -> Schedule:
    return Schedule(False, Every.NEVER, None, False, None, sentence, citation)


def _waiting(every: Every, citation: str) -> Schedule:
    said = _("Inspections begin with the passed follow-up verification test.")
    return Schedule(True, every, None, False, None, said, citation)


# Automatic leak detection ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeakDetection:
    """Whether a circuit needs an automatic leak detection system, and from when."""

    answer: Answer
    due: date | None
    sentence: Sentence
    citation: str = "40 CFR 84.108"


def leak_detection(
    *, is_covered: bool, category: str, full_charge_lb: Amount, installed_on: date | None
) -> LeakDetection:
    """84.108: commercial and industrial refrigeration from 1,500 lb; `is_covered` says 84.106 covers it."""
    if not is_covered:
        return LeakDetection(Answer.NO, None, _("40 CFR 84.106 does not cover it."))
    if category not in QUARTERLY:
        return LeakDetection(Answer.NO, None, _("Comfort cooling needs no automatic leak detection."))
    charge = exact(full_charge_lb)
    if charge < DETECTION_FROM_LB:
        return LeakDetection(Answer.NO, None, _("%(charge)s lb are below 1,500 lb.", charge=charge))
    if installed_on is None:
        return LeakDetection(Answer.UNSURE, None, _("It depends on the day of installation, not known."))
    if installed_on < date(2017, 1, 1):
        return LeakDetection(Answer.NO, None, _("It was installed before 2017."))
    if installed_on < date(2026, 1, 1):
        due = date(2027, 1, 1)
        return LeakDetection(Answer.YES, due, _("Installed from 2017 to 2025: by %(due)s.", due=due))
    due = installed_on + timedelta(days=30)
    return LeakDetection(Answer.YES, due, _("Within 30 days of its installation: by %(due)s.", due=due))


def alarm_lb(full_charge_lb: Amount) -> Fraction:
    """The loss at which an indirect system alarms: 50 lb or 10 % of the full charge, whichever is less."""
    return min(Fraction(ALARM_LB), exact(full_charge_lb) * ALARM_SHARE)
