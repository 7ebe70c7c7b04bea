from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.terms import TERMS, days_of, due_date, known

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ("Due on receipt", date(2026, 11, 20)),
        ("Net 15", date(2026, 12, 5)),
        ("Net 30", date(2026, 12, 20)),
        ("Net 45", date(2027, 1, 4)),
        ("Net 60", date(2027, 1, 19)),
    ],
)
def test_each_of_our_terms_gives_its_due_date(terms, due):
    assert due_date(terms, FRIDAY) == due


def test_net_days_count_calendar_days_over_a_leap_day():
    assert due_date("Net 30", date(2028, 2, 1)) == date(2028, 3, 2)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("net30", "Net 30"),
        (" NET  30 days ", "Net 30"),
        ("Due On Receipt", "Due on receipt"),
        ("", "Due on receipt"),
        ("net 010", "Net 10"),
    ],
)
def test_terms_typed_elsewhere_are_understood(typed, meant):
    assert known(typed) == meant


@pytest.mark.parametrize("typed", ["2% 10 Net 30", "Net", "Net -5", "Net 1000", "soon"])
def test_terms_nobody_defined_are_refused_and_not_guessed(typed):
    assert known(typed) is None
    with pytest.raises(ValueError, match="not terms we know"):
        due_date(typed, FRIDAY)


def test_our_own_terms_are_written_the_one_way():
    assert all(known(terms) == terms for terms in TERMS)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 999))
def test_nothing_is_due_before_it_is_issued(issued, days):
    assert (
        due_date(f"Net {days}", issued) - issued == timedelta(days=days) == timedelta(days_of(f"net {days}"))
    )
