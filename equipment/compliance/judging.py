"""What every addition to a circuit means: its leak rate under each rule, and whether it is over the trigger.

One `Judgement` per day on which a rate is due (82.157(b), 84.106(b)): not after an installation, a retrofit
or a seasonal removal. Ounces come in, fractions of pounds are reckoned with, never a float.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from typing import Final

from equipment.leak_rate import ANNUALIZING, DAYS_IN_YEAR, METHODS, Amount, exact, first_day_of_window

from .applicability import (
    HFC_RULE,
    HFC_RULE_STARTS,
    OUNCES_IN_POUND,
    Applicability,
    CircuitFacts,
    Exemption,
    RefrigerantFacts,
    Rule,
    applies,
)
from .choices import Choices, FirstUnder84, LastAddition, Returned, RollingFloor, SameLeak, SeasonalExcess
from .dates import months_after
from .words import Refused, Sentence, _, decimals

ENGINE: Final = "1"  # raise it when the same records would be judged otherwise
NOTHING: Final = Fraction(0)

Moment = tuple[date, time]


class Kind(StrEnum):
    """What a record did with refrigerant."""

    INITIAL = "initial"  # the charge of an installation
    ADDED = "added"
    RETROFIT = "retrofit"  # the first charge after a retrofit
    RECOVERED = "recovered"
    SEASONAL_REMOVED = "seasonal_removed"
    SEASONAL_ADDED = "seasonal_added"


ADDITIONS: Final = frozenset({Kind.INITIAL, Kind.ADDED, Kind.RETROFIT, Kind.SEASONAL_ADDED})
UNCALCULATED: Final = frozenset({Kind.INITIAL, Kind.RETROFIT})  # 82.157(b), 84.106(b)
# What a record says: (kind, purpose).
KINDS: Final = {
    ("added", "initial"): Kind.INITIAL,
    ("added", "retrofit"): Kind.RETROFIT,
    ("added", "seasonal"): Kind.SEASONAL_ADDED,
    ("recovered", "seasonal"): Kind.SEASONAL_REMOVED,
}


def kind_of(kind: str, purpose: str) -> Kind:
    """What a record of that kind and purpose is to the rules; other purposes only say why."""
    return KINDS.get((kind, purpose)) or Kind(kind)


class DaysBasis(StrEnum):
    """Where the number of days comes from."""

    KNOWN = "known"
    CAPPED = "capped"  # more than 365
    UNKNOWN = "unknown"  # no earlier addition on record: 365
    FIRST_84_106 = "first_84_106"  # 84.106(b)(1): 365
    WINDOW = "window"  # rolling: no days since


class Verdict(StrEnum):
    """What a rule says to a rate."""

    EXCEEDS = "exceeds"
    WITHIN = "within"
    ADVISORY = "advisory"  # I13: no rule for certain


@dataclass(frozen=True, slots=True)
class Event:
    """A record. `continues` names the addition of the same leak, `replaces` the voided record it re-logs."""

    ref: Hashable
    day: date
    kind: Kind
    ounces: Amount
    returned_oz: Amount = 0
    at: time | None = None
    continues: Hashable | None = None
    replaces: Hashable | None = None
    is_voided: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """The full charge from a day on. Days before the first revision take the first one."""

    since: date
    ounces: Amount


@dataclass(frozen=True, slots=True)
class Retrofit:
    """Another refrigerant from here on."""

    day: date
    refrigerant: RefrigerantFacts
    at: time | None = None


@dataclass(frozen=True, slots=True)
class PassedTest:
    """A follow-up verification test that showed all identified leaks repaired."""

    day: date
    at: time | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All that judging a circuit takes. The order of the events does not matter."""

    refrigerant: RefrigerantFacts  # the first one
    category: str | None
    charges: Sequence[Charge]
    events: Sequence[Event]
    exemption: Exemption = Exemption.NO
    exemption_reason: str = ""
    installed_on: date | None = None  # the day of the installation's charge, where no record tells it
    retired_on: date | None = None
    retrofits: Sequence[Retrofit] = ()
    passed_tests: Sequence[PassedTest] = ()
    state: str = ""

    def full_charge_oz(self, on: date) -> Amount | None:
        """The full charge that holds that day."""
        found: Charge | None = None
        for charge in sorted(self.charges, key=lambda revision: revision.since):
            if found is None or charge.since <= on:
                found = charge
        return found.ounces if found else None

    def facts(self, on: date) -> CircuitFacts:
        """The circuit as it was that day."""
        refrigerant = self.refrigerant
        for retrofit in sorted(self.retrofits, key=lambda row: row.day):
            if retrofit.day <= on:
                refrigerant = retrofit.refrigerant
        return CircuitFacts(
            refrigerant=refrigerant,
            full_charge_oz=self.full_charge_oz(on),
            category=self.category,
            exemption=self.exemption,
            exemption_reason=self.exemption_reason,
            retired_on=self.retired_on,
            state=self.state,
        )


@dataclass(frozen=True, slots=True)
class RuleFigure:
    """A rate as one rule reckons it. `is_certain` is false where only a doubt keeps the rule from holding."""

    code: str
    is_certain: bool
    rate: Fraction
    days: int | None
    days_basis: DaysBasis
    trigger: Fraction
    exceeds: bool
    citation: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A day's rate. The figures of the strictest rule stand on top; `figures` holds each rule's own."""

    day: date
    refs: tuple[Hashable, ...]  # the records of that day that count
    method: str
    lb: Fraction  # net pounds used: of the day, of the linked leak, or of the window
    days: int | None
    days_basis: DaysBasis
    full_charge_lb: Fraction | None
    rate: Fraction | None  # None without a full charge
    trigger: Fraction | None
    codes: tuple[str, ...]  # the rules that hold for certain
    verdict: Verdict
    figures: tuple[RuleFigure, ...]
    stricter: Fraction | None  # I2: what the real days would give, for information
    citation: str
    sentence: Sentence
    engine: str = ENGINE

    @property
    def exceeds(self) -> bool:
        """Whether a rule that holds for certain is exceeded: a case opens."""
        return self.verdict is Verdict.EXCEEDS

    @property
    def would_exceed(self) -> bool:
        """Whether it would be, should the doubt about a rule be settled against the circuit."""
        return any(figure.exceeds and not figure.is_certain for figure in self.figures)


class UnknownMethod(Refused):
    """Neither annualizing nor rolling."""


def judge(
    history: History, *, method: str, rules: Sequence[Rule], choices: Choices | None = None
) -> tuple[Judgement, ...]:
    """Every day's judgement, oldest first. The site's method is the same for all its appliances (82.152)."""
    if method not in METHODS:
        raise UnknownMethod(_("“%(method)s” is no method of 40 CFR 82.152.", method=method))
    chosen = choices or Choices()
    book = _Book(history, chosen)
    judged = []
    had_84 = False
    for entry in book.days:
        if entry.net <= 0:
            continue
        facts = book.facts(entry.day)
        applicability = applies(facts, rules, entry.day)
        judgement = _judged(book, entry, method, facts, applicability, not had_84)
        had_84 = had_84 or any(figure.code == HFC_RULE for figure in judgement.figures)
        judged.append(judgement)
    return tuple(judged)


# The records of a circuit, day by day ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Net:
    """What one addition adds on balance, in pounds; nothing where no rate is due."""

    event: Event
    lb: Fraction
    moment: Moment


@dataclass(slots=True)
class Day:
    """All additions of a day (I4)."""

    day: date
    net: Fraction
    refs: tuple[Hashable, ...]
    first_moment: Moment
    group_lb: Fraction  # I5: with the additions it continues
    group_since: date  # the first day of that group


class _Book:
    """A circuit's history, sorted once."""

    def __init__(self, history: History, choices: Choices) -> None:
        self.history, self.choices = history, choices
        self.nets = nets(history, choices)
        self.days = same_leak(merged_by_day(self.nets), history.events, choices)
        self.added_on = days_of_addition(history, self.nets, choices)
        self.first_known = first_day_known(history)
        counted = [net for net in self.nets if net.lb > 0]
        self.moments = [net.moment for net in counted]
        self.totals = [NOTHING, *accumulate(net.lb for net in counted)]
        self.resets = sorted(
            [moment_of_test(test) for test in history.passed_tests]
            + [(retrofit.day, retrofit.at or time.min) for retrofit in history.retrofits]
        )
        self._charges = sorted(history.charges, key=lambda revision: revision.since)
        self._changes = sorted({row.since for row in self._charges} | {row.day for row in history.retrofits})
        self._facts: dict[int, CircuitFacts] = {}

    def facts(self, on: date) -> CircuitFacts:
        """The circuit as it was that day, worked out once between two changes."""
        period = bisect_right(self._changes, on)
        if period not in self._facts:
            self._facts[period] = self.history.facts(on)
        return self._facts[period]

    def window(self, entry: Day, floor: date | None) -> Fraction:
        """Pounds added in the 365 days that end that day, since the last passed test or retrofit."""
        start: Moment = (first_day_of_window(entry.day), time.min)
        if floor is not None:
            start = max(start, (floor, time.min))
        first = bisect_left(self.moments, start)
        reset = bisect_left(self.resets, entry.first_moment)
        if reset:
            first = max(first, bisect_right(self.moments, self.resets[reset - 1]))
        end = bisect_right(self.moments, (entry.day, time.max))
        return self.totals[end] - self.totals[min(first, end)]


def nets(history: History, choices: Choices) -> list[Net]:
    """Every addition with what it adds on balance, in order of time; voided records left out."""
    standing = sorted(
        (event for event in history.events if not event.is_voided),
        key=lambda event: (event.day, event.at or time.min),
    )
    uncalculated = uncalculated_days(history, standing)
    credit = _Seasons(choices)
    found = []
    for event in standing:
        if event.kind is Kind.SEASONAL_REMOVED:
            credit.removed(event.day, exact(event.ounces))
        if event.kind not in ADDITIONS:
            continue
        ounces = net_of_returned(event, choices)
        if event.kind is Kind.SEASONAL_ADDED:
            ounces -= credit.seasonal_credit(event.day, ounces)
        if event.kind in UNCALCULATED or event.day in uncalculated:
            ounces = NOTHING
        pounds = max(ounces, NOTHING) / OUNCES_IN_POUND
        found.append(Net(event, pounds, (event.day, event.at or time.min)))
    return found


def net_of_returned(event: Event, choices: Choices) -> Fraction:
    """I6: what came out of the circuit for the repair and went back in is no loss."""
    added = exact(event.ounces)
    return added if choices.returned is Returned.COUNTED else added - exact(event.returned_oz)


class _Seasons:
    """Seasonal variance (82.152): what was removed for the season and may go back uncounted."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._left: list[tuple[date, Fraction]] = []
        self._was_added = False

    def removed(self, day: date, ounces: Fraction) -> None:
        """A new season change forgets the one before it."""
        if self._was_added:
            self._left, self._was_added = [], False
        self._left.append((day, ounces))

    def seasonal_credit(self, day: date, ounces: Fraction) -> Fraction:
        """I9: the part of an addition that only returns what the last season change removed.

        Removal and addition lie within one consecutive 12-month period.
        """
        self._was_added = True
        in_time = [(since, left) for since, left in self._left if day < months_after(since, 12)]
        available = sum((left for _since, left in in_time), NOTHING)
        if not in_time or (ounces > available and self._choices.seasonal_excess is SeasonalExcess.WHOLE):
            return NOTHING
        credit = min(ounces, available)
        self._left = [(in_time[0][0], available - credit)]
        return credit


def uncalculated_days(history: History, standing: Sequence[Event]) -> set[date]:
    """I8: the first day of additions on or after each retrofit is its charge; no rate is due (82.157(b))."""
    days = [event.day for event in standing if event.kind in (Kind.ADDED, Kind.RETROFIT)]
    found = set()
    for retrofit in history.retrofits:
        place = bisect_left(days, retrofit.day)
        if place < len(days):
            found.add(days[place])
    return found


def merged_by_day(found: Iterable[Net]) -> list[Day]:
    """I4: additions of one day are one addition, in whatever order they were recorded."""
    days: list[Day] = []
    for net in found:
        refs = (net.event.ref,) if net.lb > 0 else ()
        if days and days[-1].day == net.event.day:
            last = days[-1]
            last.net += net.lb
            last.group_lb = last.net
            last.refs += refs
        else:
            days.append(Day(net.event.day, net.lb, refs, net.moment, net.lb, net.event.day))
    return days


def same_leak(days: list[Day], events: Iterable[Event], choices: Choices) -> list[Day]:
    """I5: a day that continues an earlier addition carries its pounds, and begins where that one began."""
    linked = [event for event in events if event.continues is not None and not event.is_voided]
    if not linked or choices.same_leak is SameLeak.UNLINKED:
        return days
    events = list(events)
    relogged = {event.replaces: event.ref for event in events if event.replaces is not None}
    day_of = {event.ref: event.day for event in events if not event.is_voided}
    by_day = {entry.day: entry for entry in days}
    continued: dict[date, date] = {}
    roots: dict[date, Day] = {}
    sums: dict[date, Fraction] = {}
    for event in linked:
        target = event.continues
        while target in relogged and target not in day_of:
            target = relogged[target]
        earlier = day_of.get(target)
        if earlier is not None and earlier < event.day and earlier in by_day and by_day[earlier].net > 0:
            continued[event.day] = min(earlier, continued.get(event.day, earlier))
    for entry in days:
        if entry.day in continued:
            earlier = continued[entry.day]
            root = roots[entry.day] = roots.get(earlier, by_day[earlier])
            sums[root.day] = sums.get(root.day, root.net) + entry.net
            entry.group_lb, entry.group_since = sums[root.day], root.day
    return days


def days_of_addition(history: History, found: Sequence[Net], choices: Choices) -> list[date]:
    """The days that count as days on which refrigerant was added, for `last_day_added`."""
    if choices.last_addition is LastAddition.CALCULATED:
        return sorted({net.event.day for net in found if net.lb > 0})
    days = {net.event.day for net in found}
    if history.installed_on is not None:
        days.add(history.installed_on)
    return sorted(days)


def last_day_added(days: Sequence[date], before: date) -> date | None:
    """I1: the last earlier day on which refrigerant was added."""
    place = bisect_left(days, before)
    return days[place - 1] if place else None


def first_day_known(history: History) -> date | None:
    """I3: the day of the installation's charge, from which the first calculation counts its days."""
    initial = [event.day for event in history.events if event.kind is Kind.INITIAL and not event.is_voided]
    if initial:
        return min(initial)
    return history.installed_on


def moment_of_test(test: PassedTest) -> Moment:
    """I7: a test without a time stands at the end of its day, so that the recharge came before it."""
    return (test.day, test.at or time.max)


def rolling_floor(code: str, is_first: bool, choices: Choices) -> date | None:
    """I10: under 84.106(b)(2) a window does not reach back before 2026."""
    if code != HFC_RULE or (choices.rolling_floor is RollingFloor.FIRST_ONLY and not is_first):
        return None
    return HFC_RULE_STARTS


# One day's rate --------------------------------------------------------------------------------------


def _judged(
    book: _Book, entry: Day, method: str, facts: CircuitFacts, applicability: Applicability, first_84: bool
) -> Judgement:
    charge = facts.full_charge_lb
    reckon = _annualized if method == ANNUALIZING else _rolled
    plain = reckon(book, entry, charge, None, first_84)
    figures = tuple(
        _figure(rule, certain, reckon(book, entry, charge, rule.code, first_84))
        for certain, some in ((True, applicability.covering), (False, applicability.doubtful))
        for rule in some
        if charge is not None
    )
    binding = [figure for figure in figures if figure.is_certain]
    top = max(binding, key=lambda figure: (figure.exceeds, figure.rate - figure.trigger), default=None)
    shown = plain if top is None else reckon(book, entry, charge, top.code, first_84)
    stricter = None
    if method == ANNUALIZING and shown.basis is DaysBasis.FIRST_84_106 and charge is not None:
        stricter = plain.rate if _has_addition_of_2026(book, entry) else None
        if stricter is not None and shown.rate is not None and stricter <= shown.rate:
            stricter = None
    return Judgement(
        day=entry.day,
        refs=entry.refs,
        method=method,
        lb=shown.lb,
        days=shown.days,
        days_basis=shown.basis,
        full_charge_lb=charge,
        rate=shown.rate,
        trigger=None if top is None else top.trigger,
        codes=tuple(figure.code for figure in binding),
        verdict=verdicts(binding),
        figures=figures,
        stricter=stricter,
        citation="40 CFR 82.152, 84.102" if top is None else top.citation,
        sentence=_said(shown, charge, top),
    )


@dataclass(frozen=True, slots=True)
class _Reckoned:
    lb: Fraction
    days: int | None
    basis: DaysBasis
    rate: Fraction | None


def _annualized(
    book: _Book, entry: Day, charge: Fraction | None, code: str | None, first_84: bool
) -> _Reckoned:
    days, basis = days_under_82(book, entry)
    if code == HFC_RULE and first_84:
        days, basis = days_under_84(book, entry, days, basis)
    # The formula of leak_rate.annualizing, in one division.
    rate = None if charge is None else entry.group_lb * (DAYS_IN_YEAR * 100) / (charge * days)
    return _Reckoned(entry.group_lb, days, basis, rate)


def _rolled(book: _Book, entry: Day, charge: Fraction | None, code: str | None, first_84: bool) -> _Reckoned:
    floor = None if code is None else rolling_floor(code, first_84, book.choices)
    pounds = book.window(entry, floor)
    return _Reckoned(pounds, None, DaysBasis.WINDOW, None if charge is None else pounds / charge * 100)


def days_under_82(book: _Book, entry: Day) -> tuple[int, DaysBasis]:
    """Days since the last addition before the day, or before the group it continues; at most 365."""
    last = last_day_added(book.added_on, entry.group_since)
    if last is None and book.first_known is not None and book.first_known < entry.group_since:
        last = book.first_known
    if last is None:
        return DAYS_IN_YEAR, DaysBasis.UNKNOWN
    days = (entry.day - last).days
    return (DAYS_IN_YEAR, DaysBasis.CAPPED) if days > DAYS_IN_YEAR else (days, DaysBasis.KNOWN)


def days_under_84(book: _Book, entry: Day, days: int, basis: DaysBasis) -> tuple[int, DaysBasis]:
    """I2: the first calculation under 84.106(b)(1) takes 365 days."""
    if book.choices.first_under_84 is FirstUnder84.REAL_DAYS and _has_addition_of_2026(book, entry):
        return days, basis
    return DAYS_IN_YEAR, DaysBasis.FIRST_84_106


def _has_addition_of_2026(book: _Book, entry: Day) -> bool:
    days = (last_day_added(book.added_on, entry.group_since), book.first_known)
    return any(day is not None and HFC_RULE_STARTS <= day < entry.group_since for day in days)


def _figure(rule: Rule, certain: bool, reckoned: _Reckoned) -> RuleFigure:
    assert reckoned.rate is not None  # noqa: S101  figures are made where the charge is known
    trigger = exact(rule.trigger_percent)
    return RuleFigure(
        code=rule.code,
        is_certain=certain,
        rate=reckoned.rate,
        days=reckoned.days,
        days_basis=reckoned.basis,
        trigger=trigger,
        exceeds=reckoned.rate > trigger,
        citation=rule.citation,
    )


def verdicts(binding: Sequence[RuleFigure]) -> Verdict:
    """I13: without a rule that holds for certain a rate is for information."""
    if not binding:
        return Verdict.ADVISORY
    return Verdict.EXCEEDS if any(figure.exceeds for figure in binding) else Verdict.WITHIN


_BASES: Final[Mapping[DaysBasis, Sentence]] = {
    DaysBasis.KNOWN: _("days since the last addition"),
    DaysBasis.CAPPED: _("days, the most that count"),
    DaysBasis.UNKNOWN: _("days, since no earlier addition is known"),
    DaysBasis.FIRST_84_106: _("days, for the first calculation under 84.106"),
}


def _said(shown: _Reckoned, charge: Fraction | None, top: RuleFigure | None) -> Sentence:
    if charge is None or shown.rate is None:
        return _("%(lb)s lb were added; without a full charge there is no leak rate.", lb=shown.lb)
    rate = decimals(shown.rate, 2)
    if shown.days is None:
        how = _(
            "%(lb)s lb in the window of %(charge)s lb: %(rate)s %%", lb=shown.lb, charge=charge, rate=rate
        )
    else:
        how = _(
            "%(lb)s lb of %(charge)s lb over %(days)s %(basis)s: %(rate)s %% a year",
            lb=shown.lb,
            charge=charge,
            days=shown.days,
            basis=_BASES[shown.basis],
            rate=rate,
        )
    if top is None:
        return _("%(how)s. No rule covers it for certain; for information only.", how=how)
    if top.exceeds:
        return _(
            "%(how)s. Over the %(trigger)s %% of 40 CFR %(code)s(c)(2): the leak must be addressed.",
            how=how,
            trigger=top.trigger,
            code=top.code,
        )
    return _(
        "%(how)s. Not over the %(trigger)s %% of 40 CFR %(code)s(c)(2).",
        how=how,
        trigger=top.trigger,
        code=top.code,
    )


# What a recomputation changes ------------------------------------------------------------------------

_COMPARED: Final = {
    "lb": _("pounds used"),
    "days": _("days used"),
    "days_basis": _("where the days come from"),
    "full_charge_lb": _("full charge"),
    "rate": _("leak rate"),
    "trigger": _("trigger"),
    "codes": _("rules"),
    "verdict": _("verdict"),
    "stricter": _("stricter figure"),
}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value of a judgement that became another."""

    name: str
    label: Sentence
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Change:
    """A day whose judgement is new, gone or different."""

    day: date
    before: Judgement | None
    after: Judgement | None
    fields: tuple[FieldChange, ...]
    sentence: Sentence


def changed(before: Iterable[Judgement], after: Iterable[Judgement]) -> tuple[Change, ...]:
    """What another computation of the same circuit says differently, oldest first.

    That a record was voided and logged again alike is no change.
    """
    old = {judgement.day: judgement for judgement in before}
    new = {judgement.day: judgement for judgement in after}
    found = []
    for day in sorted(old.keys() | new.keys()):
        was, is_now = old.get(day), new.get(day)
        different = tuple(
            FieldChange(name, label, getattr(was, name), getattr(is_now, name))
            for name, label in _COMPARED.items()
            if was is not None and is_now is not None and getattr(was, name) != getattr(is_now, name)
        )
        if different or was is None or is_now is None:
            found.append(Change(day, was, is_now, different, _change_said(day, was, is_now)))
    return tuple(found)


def _change_said(day: date, was: Judgement | None, is_now: Judgement | None) -> Sentence:
    if was is None:
        return _("%(day)s is now calculated: %(rate)s.", day=day, rate=_percent(is_now))
    if is_now is None:
        return _("%(day)s is no longer calculated; it was %(rate)s.", day=day, rate=_percent(was))
    if was.verdict is not is_now.verdict:
        return _(
            "%(day)s: %(old)s (%(was)s) became %(new)s (%(now)s).",
            day=day,
            old=_percent(was),
            new=_percent(is_now),
            was=_VERDICTS[was.verdict],
            now=_VERDICTS[is_now.verdict],
        )
    return _("%(day)s: %(old)s became %(new)s.", day=day, old=_percent(was), new=_percent(is_now))


_VERDICTS: Final[Mapping[Verdict, Sentence]] = {
    Verdict.EXCEEDS: _("over the trigger"),
    Verdict.WITHIN: _("not over the trigger"),
    Verdict.ADVISORY: _("for information"),
}


def _percent(judgement: Judgement | None) -> Sentence:
    if judgement is None or judgement.rate is None:
        return _("no rate")
    return _("%(rate)s %%", rate=decimals(judgement.rate, 2))
