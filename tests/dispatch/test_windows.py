"""Arrival windows: what is offered on the phone and how it reads."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.windows import HOURS, between, in_words, quick_picks, read_pick
from fsm.clock import local

CHICAGO, DENVER = "America/Chicago", "America/Denver"
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 10 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
ZONES = st.sampled_from(["America/New_York", CHICAGO, DENVER, "America/Phoenix", "Pacific/Honolulu"])


def test_the_picks_are_on_the_sites_clock_not_the_offices():
    now = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
    chicago, denver = quick_picks(CHICAGO, now)[0], quick_picks(DENVER, now)[0]
    assert chicago.picks[0].window.start == datetime(2026, 7, 14, 13, 0, tzinfo=UTC)
    assert denver.picks[0].window.start == datetime(2026, 7, 14, 14, 0, tzinfo=UTC)


def test_late_in_the_evening_utc_is_still_today_in_texas():
    days = quick_picks(CHICAGO, datetime(2026, 7, 15, 3, 0, tzinfo=UTC))
    assert [day.day for day in days] == [date(2026, 7, 14), date(2026, 7, 15), date(2026, 7, 16)]
    assert all(pick.is_past for pick in days[0].picks)
    assert not any(pick.is_past for pick in days[1].picks)


def test_a_window_that_is_running_can_still_be_promised():
    at_half_past_nine = datetime(2026, 7, 14, 14, 30, tzinfo=UTC)
    first, second, *_rest = quick_picks(CHICAGO, at_half_past_nine)[0].picks
    assert not first.is_past
    assert not second.is_past
    assert quick_picks(CHICAGO, at_half_past_nine + timedelta(minutes=30))[0].picks[0].is_past


@given(ZONES, MOMENTS)
def test_every_pick_reads_back_as_the_window_it_offered(zone, now):
    for day in quick_picks(zone, now):
        for pick in day.picks:
            assert read_pick(pick.value, zone) == pick.window


@given(ZONES, st.dates(date(2024, 1, 1), date(2034, 1, 1)), st.sampled_from(HOURS))
def test_a_pick_keeps_its_wall_time_on_the_days_the_clocks_change(zone, day, hours):
    window = read_pick(f"{day.isoformat()} {hours[0]:02d}-{hours[1]:02d}", zone)
    assert (local(window.start, zone).hour, local(window.end, zone).hour) == hours


@pytest.mark.parametrize("value", ["", "tomorrow", "2026-07-14 09-11", "2026-13-01 08-10", "2026-07-14 8"])
def test_a_value_we_never_offered_is_no_window(value):
    with pytest.raises(ValueError):  # noqa: PT011 (int and date say it in their own words)
        read_pick(value, CHICAGO)


def test_a_window_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        between(CHICAGO, date(2026, 7, 14), time(15), time(14))


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ((8, 0), (10, 0), "8\u201310 am"),
        ((10, 0), (12, 0), "10 am\u201312 pm"),
        ((13, 30), (15, 0), "1:30\u20133 pm"),
        ((0, 0), (1, 0), "12\u20131 am"),
    ],
)
def test_a_window_reads_as_the_office_says_it(start, end, words):
    window = between(CHICAGO, date(2026, 7, 14), time(*start), time(*end))
    assert in_words(window.start, window.end, CHICAGO) == words
