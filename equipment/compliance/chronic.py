"""Chronic leakers: 125 % or more of the full charge lost in a calendar year, reported by March 1 of the next
(40 CFR 82.157(j) and (m)(4), 84.106(j) and (m)(4)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from equipment.leak_rate import calendar_year, exact, is_chronic

from .applicability import HFC_RULE, OUNCES_IN_POUND, Rule, applies
from .choices import Choices
from .judging import History, nets
from .words import Sentence, _, decimals


@dataclass(frozen=True, slots=True)
class Year:
    """What a circuit lost in a calendar year. `codes` are the rules that cover it; empty: for information."""

    year: int
    lost_lb: Fraction
    full_charge_lb: Fraction | None  # at the end of the year, or of the part of it that is known
    percent: Fraction | None
    is_chronic: bool
    codes: tuple[str, ...]
    report_due: date | None
    sentence: Sentence
    citation: str = "40 CFR 82.157(j), 84.106(j)"


def years(
    history: History, *, rules: Sequence[Rule], on: date, choices: Choices | None = None
) -> tuple[Year, ...]:
    """Every calendar year with a loss, oldest first; the current one as far as `on`."""
    lost: dict[int, Fraction] = {}
    for net in nets(history, choices or Choices()):
        if net.lb > 0 and net.event.day <= on:
            lost[net.event.day.year] = lost.get(net.event.day.year, Fraction(0)) + net.lb
    return tuple(_year(history, rules, year, lost[year], on) for year in sorted(lost))


def report_due(year: int) -> date:
    """March 1 of the next year."""
    return date(year + 1, 3, 1)


def _year(history: History, rules: Sequence[Rule], year: int, lost: Fraction, on: date) -> Year:
    last_day = min(on, date(year, 12, 31))
    charge_oz = history.full_charge_oz(last_day)
    charge = None if charge_oz is None else exact(charge_oz) / OUNCES_IN_POUND
    in_service = history.retired_on is None or history.retired_on > last_day
    day = last_day if in_service else max(event.day for event in history.events if event.day.year == year)
    codes = tuple(rule.code for rule in applies(history.facts(day), rules, day).covering)
    if charge is None:
        said = _("%(lost)s lb were lost in %(year)s; the full charge is not known.", lost=lost, year=year)
        return Year(year, lost, None, None, False, codes, None, said)
    percent = calendar_year(lost_lb=lost, full_charge_lb=charge)
    chronic = bool(codes) and is_chronic(percent)
    due = report_due(year) if chronic else None
    said = _(
        "%(lost)s lb of %(charge)s lb were lost in %(year)s: %(percent)s %%.",
        lost=lost,
        charge=charge,
        year=year,
        percent=decimals(percent, 2),
    )
    if due is not None:
        said = _("%(how)s A report to EPA is due on %(due)s%(where)s", how=said, due=due, where=_where(codes))
    return Year(year, lost, charge, percent, chronic, codes, due, said)


def _where(codes: Sequence[str]) -> Sentence:
    if HFC_RULE in codes:
        return _(", on its e-reporting platform, signed.")
    return _(", by e-mail to 608reports@epa.gov.")
