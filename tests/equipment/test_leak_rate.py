"""Leak rates against published cases, and what no rate can be worked out from."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as some

from equipment import leak_rate
from equipment.leak_rate import annualizing, exceeds, rolling, two_places

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "leak_rate_published.json"
ON = date(2026, 7, 1)

amounts = some.one_of(
    some.decimals(0, 5000, places=3), some.integers(0, 5000), some.fractions(0, 5000, max_denominator=160)
)
charges = some.decimals(Decimal("0.001"), 5000, places=3)
days = some.dates(date(2024, 1, 1), ON)


def published():
    if not PUBLISHED.exists():
        pytest.skip(f"the published cases are not here: {PUBLISHED.name} is kept beside the project")
    return json.loads(PUBLISHED.read_text())


def verify(path):
    out = io.StringIO()
    call_command("verify_leak_rates", str(path), stdout=out)
    return out.getvalue()


def test_every_published_case_agrees():
    cases = published()
    told = verify(PUBLISHED)
    assert f"All {len(cases)} cases agree." in told
    assert "P8           20.16 %  exceeds     agrees" in told
    assert "C4          124.84 %  not chronic agrees" in told


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("P1", "rate_pct", "20.27"),
        ("P7", "exceeds", True),
        ("P12b", "rate_exact", "24/1"),
        ("C3", "chronic", False),
        ("P2", "threshold_pct", 20),
    ],
)
def test_a_tampered_case_is_named_and_the_command_fails(tmp_path, name, field, value):
    cases = published()
    next(case for case in cases if case["id"] == name)[field] = value
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    with pytest.raises(CommandError, match=f"1 of {len(cases)} disagree: {name}") as failed:
        verify(tmp_path / "cases.json")
    assert failed.value.returncode == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no JSON"),
        ("[]", "no list of cases"),
        ('[{"id": "X", "method": "rolling", "rate_pct": "1"}]', "Case X does not say 'full_charge_lb'"),
        ('[{"id": "X", "method": "guess", "full_charge_lb": "1", "rate_pct": "1"}]', "“guess” is no method"),
        ('[{"id": "X", "full_charge_lb": "1"}]', "expects nothing"),
    ],
)
def test_a_file_without_cases_says_what_is_wrong(tmp_path, text, said):
    (tmp_path / "cases.json").write_text(text)
    with pytest.raises(CommandError, match=said) as failed:
        verify(tmp_path / "cases.json")
    assert failed.value.returncode == 2
    with pytest.raises(CommandError, match="cannot be read"):
        verify(tmp_path / "absent.json")


def test_the_window_is_365_days_that_end_today_after_the_test_and_not_before_the_floor():
    def rate(*additions, **limits):
        return rolling(additions=additions, full_charge_lb=100, on=date(2026, 9, 15), **limits)

    in_window, too_old = (date(2025, 9, 16), 10), (date(2025, 9, 15), 10)
    assert rate(in_window) == 10
    assert rate(too_old) == 0
    assert rate((date(2026, 7, 20), 8), (date(2026, 9, 15), 3), after=date(2026, 7, 20)) == 3  # P13
    assert rate((date(2025, 12, 15), 15), (date(2026, 3, 1), 6), floor=date(2026, 1, 1)) == 6  # P14
    assert rate((date(2026, 1, 1), 15), floor=date(2026, 1, 1)) == 15


def test_days_are_capped_and_the_first_calculation_under_84_106_takes_365():
    assert annualizing(added_lb="4", full_charge_lb="40", days_since_last=400) == 10  # P6
    first = annualizing(added_lb=3, full_charge_lb=40, days_since_last=40, first_under_84_106=True)
    assert first == Fraction(15, 2)  # P9
    assert annualizing(added_lb=3, full_charge_lb=40, days_since_last=None) == Fraction(15, 2)
    assert annualizing(added_lb=4, full_charge_lb=40, days_since_last=91) == Fraction(3650, 91)  # W-V2
    assert two_places(Fraction(3650, 91)) == "40.11"


def test_rates_are_shown_half_up_and_never_compared_as_shown():
    assert [two_places(Fraction(text)) for text in ("9.125", "20.275", "0", "0.005")] == [
        "9.13",
        "20.28",
        "0.00",
        "0.01",
    ]
    barely = Fraction(10) + Fraction(1, 10**9)
    assert two_places(barely) == "10.00"
    assert exceeds(barely, "comfort")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"full_charge_lb": 0}, leak_rate.NoFullCharge),
        ({"full_charge_lb": None}, leak_rate.NoFullCharge),
        ({"full_charge_lb": -5}, leak_rate.NoFullCharge),
        ({"added_lb": -1}, leak_rate.NegativeAmount),
        ({"added_lb": "much"}, leak_rate.NotANumber),
        ({"added_lb": Decimal("NaN")}, leak_rate.NotANumber),
        ({"days_since_last": -1}, leak_rate.NegativeDays),
        ({"days_since_last": 0}, leak_rate.NoDays),
        ({"added_lb": 1.5}, TypeError),
        ({"full_charge_lb": 40.0}, TypeError),
        ({"days_since_last": 30.0}, TypeError),
        ({"added_lb": True}, TypeError),
    ],
)
def test_what_gives_no_rate_is_refused_by_name(wrong, error):
    with pytest.raises(error) as refused:
        annualizing(**{"added_lb": 1, "full_charge_lb": 40, "days_since_last": 30, **wrong})
    if error is not TypeError:
        assert isinstance(refused.value, ValueError)
        assert str(refused.value).endswith(".")


def test_a_rolling_rate_knows_no_future_and_no_moments():
    tomorrow = ON + timedelta(days=1)
    assert rolling(additions=[(ON, 1), (tomorrow, 1)], full_charge_lb=40, on=ON) == Fraction(5, 2)
    with pytest.raises(leak_rate.InTheFuture):
        rolling(additions=[], full_charge_lb=40, on=ON, after=tomorrow)
    with pytest.raises(leak_rate.NegativeAmount):
        rolling(additions=[(ON, -1)], full_charge_lb=40, on=ON)
    with pytest.raises(TypeError):
        rolling(additions=[(ON, 1.0)], full_charge_lb=40, on=ON)
    with pytest.raises(TypeError):
        rolling(additions=[(datetime(2026, 7, 1, 8, tzinfo=UTC), 1)], full_charge_lb=40, on=ON)
    with pytest.raises(leak_rate.UnknownCategory, match="comfort, commercial, ipr"):
        exceeds(Fraction(30), "household")


@settings(max_examples=40)
@given(added=amounts, charge=charges, since=some.integers(1, 2000))
def test_rates_are_fractions_and_grow_with_what_was_added(added, charge, since):
    rate = annualizing(added_lb=added, full_charge_lb=charge, days_since_last=since)
    more = annualizing(added_lb=Fraction(added) + 1, full_charge_lb=charge, days_since_last=since)
    assert type(rate) is Fraction
    assert more > rate >= 0
    assert rate * Fraction(charge) * min(since, 365) == Fraction(added) * 36500


@settings(max_examples=40)
@given(some.lists(some.tuples(days, amounts), max_size=8), charges, some.randoms())
def test_the_order_of_additions_does_not_matter_and_a_day_may_be_merged(additions, charge, random):
    rate = rolling(additions=additions, full_charge_lb=charge, on=ON)
    shuffled = additions[:]
    random.shuffle(shuffled)
    merged = {}
    for day, amount in shuffled:
        merged[day] = merged.get(day, Fraction(0)) + Fraction(amount)
    assert type(rate) is Fraction
    assert rate == rolling(additions=shuffled, full_charge_lb=charge, on=ON)
    assert rate == rolling(additions=list(merged.items()), full_charge_lb=charge, on=ON)


@settings(max_examples=40)
@given(some.sampled_from(sorted(leak_rate.TRIGGERS.items())), some.fractions(0, 1, max_denominator=10**12))
def test_exactly_at_the_trigger_nothing_is_exceeded(category, beyond):
    name, trigger = category
    assert not exceeds(trigger - beyond, name)
    assert exceeds(trigger + beyond, name) is (beyond > 0)
