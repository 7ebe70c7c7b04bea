"""From records to rates: the whole algorithm, its choices, and what a correction changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from equipment.compliance import choices as choosing
from equipment.compliance.applicability import SEED_RULES, Exemption, RefrigerantFacts
from equipment.compliance.choices import QUESTIONS, Choices
from equipment.compliance.chronic import years
from equipment.compliance.judging import (
    Charge,
    DaysBasis,
    Event,
    History,
    Kind,
    PassedTest,
    Retrofit,
    UnknownMethod,
    Verdict,
    changed,
    judge,
    kind_of,
)
from equipment.leak_rate import annualizing, rolling, two_places

R22 = RefrigerantFacts("R-22", True, False, 1810)
R404A = RefrigerantFacts("R-404A", False, True, 3922)
R401A = RefrigerantFacts("R-401A", True, True, 1182)
START = date(2024, 1, 1)


def added(day, pounds, kind=Kind.ADDED, **event):
    day = date.fromisoformat(day)
    return Event(event.pop("ref", f"{day} {kind}"), day, kind, Decimal(str(pounds)) * 16, **event)


def circuit(*events, refrigerant=R404A, pounds=40, category="commercial", **history):
    return History(refrigerant, category, (Charge(START, pounds * 16),), events, **history)


def judged(history, method="annualizing", **choices):
    return judge(history, method=method, rules=SEED_RULES, choices=Choices(**choices))


def last(history, method="annualizing", **choices):
    return judged(history, method, **choices)[-1]


# Before 2026 an HFC circuit has no rule, so this makes a later one not the first under 84.106.
BEFORE = (added("2026-01-02", "0.1"),)


def test_days_run_from_the_last_addition_and_the_verdict_cites_its_rule():
    p5 = last(circuit(*BEFORE, added("2026-03-01", 1), added("2026-05-30", 4)))
    assert (p5.days, p5.days_basis, p5.rate) == (90, DaysBasis.KNOWN, Fraction(365, 9))
    assert (p5.verdict, p5.codes, p5.trigger) == (Verdict.EXCEEDS, ("84.106",), 20)
    assert p5.citation.startswith("40 CFR 84.106")
    assert "4 lb of 40 lb over 90 days since the last addition: 40.56 % a year." in str(p5.sentence)


def test_long_and_unknown_times_count_as_a_year():
    capped = last(circuit(*BEFORE, added("2027-02-06", 4)))
    assert (capped.days, capped.days_basis, capped.rate) == (365, DaysBasis.CAPPED, 10)
    at_trigger = last(circuit(*BEFORE, added("2027-01-02", 8)))  # P7
    assert (at_trigger.rate, at_trigger.verdict) == (20, Verdict.WITHIN)
    alone = last(circuit(added("2025-05-01", 4), refrigerant=R22, pounds=100))
    assert (alone.days, alone.days_basis, alone.rate) == (365, DaysBasis.UNKNOWN, 4)


def test_the_first_calculation_under_84_106_takes_365_days_and_shows_the_stricter_figure():
    p9 = last(circuit(added("2026-02-10", 3)))
    assert (p9.days_basis, p9.rate, p9.stricter) == (DaysBasis.FIRST_84_106, Fraction(15, 2), None)
    installed = circuit(added("2026-01-10", 40, Kind.INITIAL), added("2026-03-11", 3))
    literal = last(installed)  # D3
    assert (literal.days, literal.rate) == (365, Fraction(15, 2))
    assert literal.stricter == annualizing(added_lb=3, full_charge_lb=40, days_since_last=60)
    strict = last(installed, first_under_84=choosing.FirstUnder84.REAL_DAYS)
    assert (strict.days, strict.days_basis, strict.stricter) == (60, DaysBasis.KNOWN, None)
    unaided = last(circuit(added("2025-12-10", 3), added("2026-02-10", 3)), first_under_84="real_days")
    assert unaided.days_basis is DaysBasis.FIRST_84_106  # nothing of 2026 on record: 365 in either reading


def test_the_first_under_82_157_counts_from_the_installation():
    events = (added("2026-02-20", 5),)
    history = circuit(*events, refrigerant=R22, pounds=100, installed_on=date(2025, 11, 12))
    assert (last(history).days, last(history).days_basis) == (100, DaysBasis.KNOWN)
    assert last(history, last_addition=choosing.LastAddition.CALCULATED).days == 100


def test_a_mixed_blend_is_reckoned_by_each_rule_and_the_stricter_one_stands_on_top():
    history = circuit(added("2026-01-10", 1), added("2026-03-11", 4), refrigerant=R401A, pounds=60)
    first = judged(history)[0]
    assert {figure.code: figure.days_basis for figure in first.figures} == {
        "82.157": DaysBasis.UNKNOWN,
        "84.106": DaysBasis.FIRST_84_106,
    }
    earlier = circuit(added("2025-12-20", 1), added("2026-01-19", 2), refrigerant=R401A, pounds=60)
    told = last(earlier)
    by_code = {figure.code: (figure.days, figure.exceeds) for figure in told.figures}
    assert by_code == {"82.157": (30, True), "84.106": (365, False)}
    assert (told.days, told.verdict, told.codes) == (30, Verdict.EXCEEDS, ("82.157", "84.106"))


def test_additions_of_one_day_are_one_addition():
    day = [added("2026-03-16", 1, ref="a"), added("2026-03-16", 1, ref="b")]
    history = circuit(*BEFORE, added("2026-01-15", 1), *day)
    p10b = last(history)
    assert (p10b.rate, p10b.refs, p10b.exceeds) == (Fraction(365, 12), ("a", "b"), True)
    assert last(circuit(*BEFORE, added("2026-01-15", 1), day[0])).rate == Fraction(365, 24)


def test_what_was_recovered_and_put_back_is_not_added():
    events = (
        *BEFORE,
        added("2026-02-01", 1),
        added("2026-04-01", "37.5", Kind.RECOVERED),
        added("2026-04-02", 40, returned_oz=Decimal("37.5") * 16),
    )
    assert last(circuit(*events)).rate == Fraction(1825, 48)  # P15
    assert last(circuit(*events), returned=choosing.Returned.COUNTED).lb == 40


def test_linked_additions_are_one_leak():
    events = (
        *BEFORE,
        added("2026-01-15", 1),
        added("2026-03-16", 1, ref="first"),
        added("2026-03-20", 1, ref="second", continues="first"),
        added("2026-03-25", 1, continues="first"),
    )
    second, third = judged(circuit(*events))[-2:]
    assert (second.lb, second.days) == (2, 64)
    assert (third.lb, third.days) == (3, 69)
    assert last(circuit(*events), same_leak=choosing.SameLeak.UNLINKED).days == 5


def test_a_season_gives_back_what_it_took_and_only_the_excess_is_an_addition():
    def season(pounds, back="2026-09-01"):
        return circuit(
            *BEFORE,
            added("2026-03-01", 10, Kind.SEASONAL_REMOVED),
            added(back, pounds, Kind.SEASONAL_ADDED),
            pounds=100,
        )

    assert len(judged(season(10))) == 1  # only the addition before the season
    assert last(season(13)).lb == 3
    assert last(season(13), seasonal_excess=choosing.SeasonalExcess.WHOLE).lb == 13
    assert len(judged(season(10, "2027-02-28"))) == 1
    assert last(season(10, "2027-03-01")).lb == 10  # not within one 12-month period
    next_season = (
        added("2026-10-01", 2, Kind.SEASONAL_REMOVED),
        added("2026-11-01", 5, Kind.SEASONAL_ADDED),
    )
    assert last(circuit(*season(4).events, *next_season, pounds=100)).lb == 3  # March is forgotten
    after = circuit(*season(10).events, added("2026-10-01", 1), pounds=100)
    assert last(after).days == 30
    assert last(after, last_addition=choosing.LastAddition.CALCULATED).days == 272


def test_the_first_charges_are_not_calculated_but_are_days_of_addition():
    retrofit = Retrofit(date(2026, 6, 1), R404A)
    events = (
        added("2026-01-05", 50, Kind.INITIAL),
        added("2026-06-01", 40),
        added("2026-07-01", 4),
        added("2026-08-01", 4),
    )
    history = History(
        R22, "commercial", (Charge(START, 800), Charge(retrofit.day, 640)), events, retrofits=(retrofit,)
    )
    first, second = judged(history)
    assert (first.codes, first.days_basis, first.stricter) == (
        ("84.106",),
        DaysBasis.FIRST_84_106,
        annualizing(added_lb=4, full_charge_lb=40, days_since_last=30),
    )
    assert (second.days, second.full_charge_lb) == (31, 40)
    marked = replace(history, events=(events[0], replace(events[1], kind=Kind.RETROFIT), *events[2:]))
    assert changed(judged(history), judged(marked)) == ()
    leaking = replace(history, refrigerant=R404A, events=(*events, added("2026-03-01", 2)))
    assert last(leaking, "rolling").lb == 8  # the retrofit begins a new window


def test_a_revised_full_charge_holds_from_its_day():
    events = (*BEFORE, added("2026-03-01", 2), added("2026-05-01", 2))
    revised = replace(circuit(*events), charges=(Charge(date(2026, 4, 1), 1600), Charge(START, 640)))
    assert [judgement.full_charge_lb for judgement in judged(revised)] == [40, 40, 100]
    small = (Charge(START, 640), Charge(date(2026, 2, 1), 160), Charge(date(2026, 4, 1), 640))
    assert [judgement.days_basis for judgement in judged(replace(revised, charges=small))] == [
        DaysBasis.FIRST_84_106,
        DaysBasis.KNOWN,  # too small for a rule
        DaysBasis.KNOWN,  # covered again, and no longer the first
    ]
    unknown = last(replace(revised, charges=()))
    assert (unknown.rate, unknown.verdict) == (None, Verdict.ADVISORY)
    assert "without a full charge" in str(unknown.sentence)


def test_a_circuit_without_a_rule_gets_a_rate_without_a_verdict():
    events = (added("2026-03-01", 1), added("2026-03-31", 5))
    exempt = last(circuit(*events, category="comfort", exemption=Exemption.YES))
    assert (exempt.verdict, exempt.codes, exempt.trigger) == (Verdict.ADVISORY, (), None)
    assert exempt.rate == annualizing(added_lb=5, full_charge_lb=40, days_since_last=30)
    unsure = last(circuit(*events, category="comfort", exemption=Exemption.UNSURE))
    assert (unsure.verdict, unsure.exceeds, unsure.would_exceed) == (Verdict.ADVISORY, False, True)
    assert [figure.days for figure in unsure.figures] == [30]  # the first one took the 365


def test_the_rolling_window_of_the_published_cases():
    events = (added("2026-02-10", 10), added("2026-05-10", 8))
    assert last(circuit(*events, pounds=100), "rolling").rate == 18  # P12a
    more = (*events, added("2026-07-01", 5))
    p12b = last(circuit(*more, pounds=100), "rolling")
    assert (p12b.rate, p12b.exceeds) == (23, True)
    tested = circuit(*more, added("2026-09-15", 3), pounds=100, passed_tests=(PassedTest(date(2026, 7, 20)),))
    assert last(tested, "rolling").rate == 3  # P13
    floored = circuit(added("2025-12-15", 15), added("2026-03-01", 6), pounds=100)
    assert last(floored, "rolling").rate == 6  # P14
    later = circuit(*floored.events, added("2026-04-01", 1), pounds=100)
    assert last(later, "rolling").rate == 7
    assert last(later, "rolling", rolling_floor=choosing.RollingFloor.FIRST_ONLY).rate == 22
    ods = circuit(added("2025-12-15", 15), added("2026-03-01", 6), pounds=100, refrigerant=R22)
    assert last(ods, "rolling").rate == 21  # 82.157 has no floor


def test_on_the_day_of_the_passed_test_the_time_decides():
    def total(recharge_at, test_at):
        recharge = added("2026-07-20", 5, at=recharge_at)
        test = PassedTest(date(2026, 7, 20), test_at)
        history = circuit(*BEFORE, recharge, added("2026-08-01", 1), pounds=100, passed_tests=(test,))
        return last(history, "rolling").lb

    assert total(None, None) == 1
    assert total(time(9), None) == 1
    assert total(time(9), time(10)) == 1
    assert total(time(15), time(10)) == 6


def test_there_are_two_methods():
    with pytest.raises(UnknownMethod, match="guessing"):
        judge(circuit(), method="guessing", rules=SEED_RULES)
    assert judged(circuit()) == ()


def test_records_are_read_by_kind_and_purpose():
    assert kind_of("added", "service") is Kind.ADDED
    assert kind_of("added", "retrofit") is Kind.RETROFIT
    assert kind_of("recovered", "disposal") is Kind.RECOVERED
    assert kind_of("recovered", "seasonal") is Kind.SEASONAL_REMOVED


def test_a_correction_names_the_days_it_changes():
    events = (*BEFORE, added("2026-03-01", 1), added("2026-05-30", 4), added("2026-07-01", 1))
    before = judged(circuit(*events))
    voided = replace(events[2], is_voided=True)
    relogged = added("2026-05-31", 4, replaces=voided.ref)
    after = judged(circuit(events[0], events[1], voided, events[3], relogged))
    told = {str(change.day): change for change in changed(before, after)}
    assert set(told) == {"2026-05-30", "2026-05-31", "2026-07-01"}
    assert two_places(told["2026-05-31"].after.rate) == "40.11"  # W-V2: 91 days
    assert [field.name for field in told["2026-07-01"].fields] == ["days", "rate"]
    assert "2026-05-30 is no longer calculated; it was 40.56 %." in str(told["2026-05-30"].sentence)


kinds = some.sampled_from(
    [Kind.ADDED, Kind.ADDED, Kind.RECOVERED, Kind.SEASONAL_REMOVED, Kind.SEASONAL_ADDED]
)
records = some.lists(
    some.tuples(some.integers(0, 900), kinds, some.integers(1, 400)), min_size=1, max_size=8
).map(
    lambda rows: tuple(
        Event(number, START + timedelta(days=day), kind, Decimal(ounces) / 4)
        for number, (day, kind, ounces) in enumerate(rows)
    )
)
methods = some.sampled_from(["annualizing", "rolling"])
refrigerants = some.sampled_from([R22, R404A, R401A])


@settings(max_examples=60)
@given(records, methods, refrigerants, some.data())
def test_a_void_followed_by_the_same_record_changes_nothing(events, method, refrigerant, data):
    history = circuit(*events, refrigerant=refrigerant, pounds=60)
    victim = data.draw(some.sampled_from(events))
    links = [replace(event, continues=victim.ref) if event.day > victim.day else event for event in events]
    history = replace(history, events=links)
    again = replace(victim, ref="again", replaces=victim.ref)
    shuffled = [replace(event, is_voided=event.ref == victim.ref) for event in links] + [again]
    assert changed(judged(history, method), judged(replace(history, events=shuffled), method)) == ()


@settings(max_examples=60)
@given(records, methods, refrigerants)
def test_order_of_entry_does_not_matter_and_nothing_is_a_float(events, method, refrigerant):
    events = [event for event in events if event.kind is Kind.ADDED]
    history = circuit(*events, refrigerant=refrigerant, pounds=60)
    found = judged(history, method)
    assert changed(found, judged(replace(history, events=events[::-1]), method)) == ()
    additions = [(event.day, Fraction(event.ounces) / 16) for event in events]
    for judgement in found:
        assert type(judgement.rate) is Fraction
        assert all(type(figure.rate) is Fraction for figure in judgement.figures)
        if method == "rolling":
            floor = date(2026, 1, 1) if judgement.codes == ("84.106",) else None
            seen = [addition for addition in additions if addition[0] <= judgement.day]
            assert judgement.rate == rolling(additions=seen, full_charge_lb=60, on=judgement.day, floor=floor)
        else:
            assert judgement.rate == annualizing(
                added_lb=judgement.lb, full_charge_lb=60, days_since_last=judgement.days
            )


def test_every_choice_is_a_setting_with_a_recommended_answer_and_a_place_where_it_is_applied():
    assert [question.number for question in QUESTIONS] == [f"I{number}" for number in range(1, 14)]
    for question in QUESTIONS:
        assert getattr(Choices(), question.name) == question.recommended
        assert set(question.says) == set(question.options)
        module, function = question.applied_by.split(".")
        found = import_module(f"equipment.compliance.{module}")
        applied = getattr(found, function, None) or getattr(found._Seasons, function)
        assert applied.__doc__
    assert Choices.of({"seasonal_excess": "whole"}).seasonal_excess is choosing.SeasonalExcess.WHOLE
    with pytest.raises(ValueError, match="no choice colour"):
        Choices.of({"colour": "red"})
    with pytest.raises(ValueError, match="perhaps"):
        Choices.of({"seasonal_excess": "perhaps"})


@pytest.mark.parametrize(
    ("pounds", "lost", "percent", "is_chronic"),
    [(40, 50, "125.00", True), (40, "49.9375", "124.84", False), (200, 250, "125.00", True)],
)
def test_a_chronic_leaker_loses_125_percent_in_a_calendar_year(pounds, lost, percent, is_chronic):
    history = circuit(added("2026-02-01", lost), added("2027-01-01", 1), pounds=pounds)
    year, following = years(history, rules=SEED_RULES, on=date(2027, 6, 1))
    assert (two_places(year.percent), year.is_chronic) == (percent, is_chronic)
    assert year.report_due == (date(2027, 3, 1) if is_chronic else None)
    assert following.lost_lb == 1
    exempt = replace(history, exemption=Exemption.YES)
    assert not years(exempt, rules=SEED_RULES, on=date(2027, 6, 1))[0].is_chronic
