from __future__ import annotations

import string
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipment.makers import load_makers
from equipment.serials import Confidence, Precision, decode

TODAY = date(2026, 11, 22)


def read(maker, serial, category="", today=TODAY):
    return [
        (c.starts_on, c.precision, c.confidence)
        for c in decode(maker, serial, category=category, today=today)
    ]


def week(year, number):
    return date.fromisocalendar(year, number, 1)


@pytest.mark.parametrize(
    ("maker", "serial", "starts_on", "precision", "confidence"),
    [
        ("Carrier", "1104B12345", week(2004, 11), "week", "high"),
        ("day&night", "1104 b-12345", week(2004, 11), "week", "high"),
        ("Bryant", "3188F402", week(1988, 31), "week", "medium"),
        ("Airquest", "R883512345", week(1988, 35), "week", "high"),
        ("Carrier", "R883512345", week(1988, 35), "week", "medium"),
        ("Heil", "1104B12345", week(2004, 11), "week", "medium"),
        ("Trane", "11241KADBB", week(2011, 24), "week", "high"),
        ("American Standard", "17103N6MF4", date(2017, 3, 6), "week", "high"),
        ("Trane", "81422S41G", week(2008, 14), "week", "high"),
        ("Trane", "M12345678", week(1997, 12), "week", "medium"),
        ("Trane", "W01123456", week(1983, 1), "week", "medium"),
        ("Trane", "Z52123456", week(2001, 52), "week", "medium"),
        ("Trane", "R10123456", week(2000, 10), "week", "medium"),
        ("Lennox", "5898G07568", date(1998, 7, 1), "month", "high"),
        ("Ducane", "5800A12345", date(2000, 1, 1), "month", "high"),
        ("LENNOX Inc.", "5819M12345", date(2019, 12, 1), "month", "high"),
        ("Goodman", "1404123456", date(2014, 4, 1), "month", "high"),
        ("Amana", "1404123456", date(2014, 4, 1), "month", "high"),
        ("Rheem", "W401712345", week(2017, 40), "week", "high"),
        ("Ruud", "F401712345", week(2017, 40), "week", "high"),
        ("York", "N1L5123456", date(2015, 10, 1), "month", "high"),
        ("Luxaire", "WAPM123456", date(1984, 1, 1), "month", "high"),
    ],
)
def test_every_way_of_numbering_is_read(maker, serial, starts_on, precision, confidence):
    category = "furnace" if maker in {"Rheem", "Ruud"} else ""
    assert read(maker, serial, category) == [(starts_on, Precision(precision), Confidence(confidence))]


def test_the_york_letters_come_round_and_neither_year_is_sure():
    assert read("Coleman", "WCMM123456") == [
        (date(2003, 3, 1), "month", "medium"),
        (date(1982, 3, 1), "month", "medium"),
    ]


def test_the_york_letters_end_in_october_2004_and_the_digits_begin():
    assert [day for day, *_ in read("York", "WLNM123456")] == [date(2004, 10, 1), date(1983, 10, 1)]
    assert [day for day, *_ in read("York", "WMNM123456")] == [date(1983, 11, 1)]
    assert read("York", "N0K4123456") == []
    assert [day for day, *_ in read("York", "N0L4123456")] == [date(2004, 10, 1)]


def test_old_amana_leaves_the_decade_open():
    assert read("Amana", "B1234567") == [(date(1981, 1, 1), "year", "low"), (date(1971, 1, 1), "year", "low")]
    assert [day.year for day, *_ in read("Amana", "E1234567")] == [1990, 1980]
    assert read("Goodman", "B1234567") == []


def test_a_rheem_water_heater_reads_two_ways():
    """MMYY says one source, WWYY the others: on a furnace only the week counts."""
    assert read("Rheem", "122112345", "water_heater") == [
        (date(2021, 12, 1), "month", "medium"),
        (week(2021, 12), "week", "low"),
    ]
    assert read("Rheem", "122112345", "furnace") == [(week(2021, 12), "week", "medium")]
    assert {confidence for *_, confidence in read("Rheem", "122112345")} == {"low"}
    assert [tuple(map(str, rest)) for _day, *rest in read("Rheem", "W101712345")] == [
        ("week", "medium"),
        ("month", "low"),
    ]
    assert read("Rheem", "401712345", "water_heater") == [(week(2017, 40), "week", "medium")]


def test_an_unknown_maker_may_be_anybody_but_a_known_one_without_a_pattern_is_nobody():
    found = decode("Polar King", "1104B12345", today=TODAY)
    assert {candidate.confidence for candidate in found} == {"low"}
    assert {"carrier-wwyy", "trane-2010"} <= {candidate.pattern for candidate in found}
    assert decode("", "5898G07568", today=TODAY)[0].starts_on == date(1998, 7, 1)
    assert decode("Mitsubishi Electric", "1104B12345", today=TODAY) == []


@pytest.mark.parametrize(
    ("maker", "serial"),
    [
        ("Carrier", "0004B12345"),  # week 0
        ("Carrier", "5404B12345"),  # week 54
        ("Carrier", "5026B12345"),  # this December
        ("Goodman", "1413123456"),  # month 13
        ("Goodman", "2612123456"),  # next month
        ("Lennox", "5898I07568"),  # no I among the months
        ("Trane", "09241KADBB"),  # that form began in 2010
        ("Carrier", "4735B12345"),  # 1935
        ("Carrier", ""),
        ("Lennox", "hello"),
    ],
)
def test_what_cannot_be_a_date_is_not_offered(maker, serial):
    assert read(maker, serial) == []


def test_two_digits_mean_the_newest_year_that_has_come():
    assert read("Goodman", "2611123456")[0][0] == date(2026, 11, 1)
    assert read("Goodman", "9911123456")[0][0] == date(1999, 11, 1)
    assert read("Goodman", "9911123456", today=date(2100, 1, 1))[0][0] == date(2099, 11, 1)


def test_a_53rd_week_runs_on_where_the_year_has_none():
    assert read("Carrier", "5320B12345")[0][0] == date(2020, 12, 28)
    assert read("Carrier", "5317B12345")[0][0] == date(2018, 1, 1)


def test_the_sentence_says_how_it_was_read():
    [candidate] = decode("Trane", "17103N6MF4", today=TODAY)
    assert candidate.sentence == (
        "17103N6MF4, read as Trane's year and week since 2010, was made in the week of Mar 6, 2017."
    )


@given(
    maker=st.sampled_from(["", "Polar King", *(maker.name for maker in load_makers())]),
    serial=st.text(string.ascii_letters + string.digits + " -", max_size=14)
    | st.from_regex(r"[A-Z]?[0-9]{4}[A-Z]?[0-9]{5}", fullmatch=True),
    category=st.sampled_from(["", "furnace", "water_heater"]),
    today=st.dates(date(1990, 1, 1), date(2099, 12, 31)),
)
def test_nothing_from_the_future_is_ever_offered_and_doubt_is_never_sure(maker, serial, category, today):
    found = decode(maker, serial, category=category, today=today)
    assert all(date(1959, 12, 28) <= candidate.starts_on <= today for candidate in found)
    if len({candidate.starts_on for candidate in found}) > 1:
        assert all(candidate.confidence != "high" for candidate in found)


@given(day=st.dates(date(1990, 1, 1), TODAY - timedelta(days=7)))
def test_a_week_that_was_numbered_is_read_back(day):
    year, number, _ = day.isocalendar()
    if year > 1989 and week(year, number) <= TODAY:
        [found] = read("Carrier", f"{number:02}{year % 100:02}A12345")
        assert found[0] == week(year, number)
