"""Money adds up, days have their hours, numbers have no gaps, states follow their table."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.models import TextChoices
from hypothesis import given
from hypothesis import strategies as some

from fsm import clock, counters
from fsm.history import history_model
from fsm.models import Counter
from fsm.money import CENT, allocate, format_money, to_cents
from fsm.states import NotPossible, StateTable

CENTS = some.decimals(-10_000_000, 10_000_000, places=2)
SOMEWHEN = datetime(2000, 1, 1)  # noqa: DTZ001 (hypothesis adds the zone)
ZONES = ["America/Chicago", "America/Phoenix", "America/New_York", "America/Anchorage", "Pacific/Honolulu"]


# money ----------------------------------------------------------------------------------------------


@given(
    total=CENTS, weights=some.lists(some.decimals(0, 10_000, places=4), min_size=1, max_size=30).filter(any)
)
def test_the_parts_of_an_amount_always_add_up(total, weights):
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    assert all(part == to_cents(part) for part in parts)


@given(
    total=CENTS, weights=some.lists(some.decimals(0, 10_000, places=4), min_size=1, max_size=30).filter(any)
)
def test_no_part_is_further_than_a_cent_from_its_share(total, weights):
    whole = sum(weights)
    for part, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(part - total * weight / whole) <= CENT
        if not weight:
            assert part == 0


@pytest.mark.parametrize(
    ("exact", "rounded"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("1.0049", "1.00")]
)
def test_halves_are_rounded_away_from_zero(exact, rounded):
    assert to_cents(Decimal(exact)) == Decimal(rounded)


@given(amount=some.decimals(-1_000_000, 1_000_000, places=6))
def test_rounding_to_cents_moves_by_at_most_half_a_cent(amount):
    assert abs(to_cents(amount) - amount) <= CENT / 2


def test_money_is_written_as_the_office_writes_it():
    assert [format_money(Decimal(text)) for text in ("1234.5", "-0.5", "0", "1000000")] == [
        "$1,234.50", "-$0.50", "$0.00", "$1,000,000.00"
    ]  # fmt: skip


# clock ----------------------------------------------------------------------------------------------


@given(zone=some.sampled_from(ZONES), day=some.dates(date(2000, 1, 1), date(2060, 12, 30)))
def test_a_local_day_has_23_24_or_25_hours_and_the_next_begins_where_it_ends(zone, day):
    start, end = clock.day_in(zone, day)
    assert end - start in {timedelta(hours=hours) for hours in (23, 24, 25)}
    assert clock.day_in(zone, day + timedelta(days=1))[0] == end
    assert clock.today_in(zone, start) == day
    assert clock.today_in(zone, end - timedelta(microseconds=1)) == day
    assert start.tzinfo is UTC


def test_days_on_which_the_clocks_change_have_their_own_length():
    hours = [
        (end - start) / timedelta(hours=1)
        for start, end in (
            clock.day_in("America/Chicago", day)
            for day in (date(2026, 3, 8), date(2026, 3, 9), date(2026, 11, 1))
        )
    ]
    assert hours == [23, 24, 25]


def test_a_time_the_clocks_skip_moves_forward_and_one_they_repeat_is_the_first():
    assert clock.at("America/Chicago", date(2026, 3, 8), time(2, 30)) == datetime(
        2026, 3, 8, 8, 30, tzinfo=UTC
    )
    assert clock.at("America/Chicago", date(2026, 11, 1), time(1, 30)) == datetime(
        2026, 11, 1, 6, 30, tzinfo=UTC
    )


@given(
    zone=some.sampled_from(ZONES),
    instant=some.datetimes(timezones=some.just(UTC), min_value=SOMEWHEN),
)
def test_a_wall_clock_shows_the_same_instant(zone, instant):
    assert clock.local(instant, zone) == instant


# counters -------------------------------------------------------------------------------------------


def test_numbers_follow_each_other_without_a_gap(db):
    assert counters.take("invoice", count=3) == ["10001", "10002", "10003"]
    assert counters.take_one("invoice") == "10004"
    assert counters.take_one("job") == "J1001"


def test_a_number_that_was_rolled_back_is_given_again(transactional_db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        counters.take_one("invoice")
        1 / 0  # noqa: B018
    with transaction.atomic():
        assert counters.take_one("invoice") == "10001"


def test_numbers_are_taken_inside_a_transaction(transactional_db):
    with pytest.raises(RuntimeError):
        counters.take("invoice")


def test_a_number_never_grows_longer_than_quickbooks_takes(db):
    assert all(len(prefix) + len(str(first)) <= 8 for prefix, first in counters.KINDS.values())
    Counter.objects.create(name="credit_memo", prefix="CM", next_number=999_999_999)
    assert counters.take_one("credit_memo") == "CM999999999"
    with pytest.raises(RuntimeError, match="11 characters"):
        counters.take_one("credit_memo")


def test_taking_a_number_leaves_no_version_of_the_counter(db):
    counters.take_one("invoice")
    before = history_model(Counter).objects.count()
    counters.take("invoice", count=5)
    assert history_model(Counter).objects.count() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("there", [True, False])
def test_takers_at_the_same_instant_get_different_numbers_without_a_gap(at_once, there):
    if there:
        with transaction.atomic():
            counters.take_one("invoice")
    outcomes = at_once(6, transaction.atomic(lambda: counters.take("invoice", count=2)))
    assert all(outcome.won for outcome in outcomes)
    taken = sorted(int(number) for outcome in outcomes for number in outcome.result)
    assert taken == list(range(10001 + there, 10013 + there))


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_takers_get_the_same_number(at_once, no_locks, monkeypatch):
    import threading

    with transaction.atomic():
        counters.take_one("invoice")
    both_looked = threading.Barrier(2)
    save = Counter.save_without_historical_record
    monkeypatch.setattr(
        Counter,
        "save_without_historical_record",
        lambda self, **how: (both_looked.wait(10), save(self, **how)),
    )
    outcomes = at_once(2, transaction.atomic(lambda: counters.take_one("invoice")))
    assert [outcome.result for outcome in outcomes] == ["10002", "10002"]


# states ---------------------------------------------------------------------------------------------


class Kettle(TextChoices):
    COLD = "cold", "Cold"
    BOILING = "boiling", "Boiling"
    EMPTY = "empty", "Empty"


KETTLE = StateTable(
    "kettle",
    {
        Kettle.COLD: frozenset({Kettle.BOILING, Kettle.EMPTY}),
        Kettle.BOILING: frozenset({Kettle.COLD, Kettle.EMPTY}),
        Kettle.EMPTY: frozenset(),
    },
)


@pytest.mark.parametrize(("current", "target"), list(itertools.product(Kettle, Kettle)))
def test_a_state_table_allows_what_stands_in_it_and_nothing_else(current, target):
    if target in KETTLE.next[current]:
        KETTLE.check(current.value, target)
        assert KETTLE.allows(current, target)
    else:
        assert not KETTLE.allows(current, target)
        with pytest.raises(NotPossible) as refusal:
            KETTLE.check(current.value, target)
        assert str(refusal.value) == (
            f"A kettle that is {current.label.lower()} cannot become {target.label.lower()}."
        )


def test_a_state_table_knows_its_open_and_final_states():
    assert KETTLE.final() == {Kettle.EMPTY}
    assert KETTLE.open() == {Kettle.COLD, Kettle.BOILING}
