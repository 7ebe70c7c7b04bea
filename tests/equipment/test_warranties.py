from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipment.makers import StartRule, facts_of
from equipment.serials import decode
from equipment.warranties import (
    LIFETIME,
    Component,
    Kind,
    Site,
    Term,
    add_months,
    can_still_register,
    covered,
    expires,
    registration_deadline,
    reminder_days,
    replacement_part_until,
    standing,
    start_of,
    usual_terms,
)

MARCH = date(2026, 3, 1)
PARTS = Term(Kind.PARTS, "Goodman", MARCH, 60, 120, registration_deadline=date(2026, 4, 30))
ON_TIME = replace(PARTS, registered_on=date(2026, 4, 30))
LATE = replace(PARTS, registered_on=date(2026, 5, 1))
days = st.dates(date(1990, 1, 1), date(2080, 12, 31))


def answer(term, on, component=Component.PARTS, **site):
    found = covered(term, on=on, component=component, site=Site(**site))
    return str(found.covered), found.until


def test_sixty_days_to_register_and_ten_years_for_who_did():
    assert registration_deadline(MARCH, facts_of("Goodman").registration_days) == date(2026, 4, 30)
    assert expires(ON_TIME) == date(2036, 3, 1)
    assert expires(LATE) == date(2031, 3, 1)
    assert expires(PARTS) == date(2031, 3, 1)


@pytest.mark.parametrize("state", ["CA", "fl", "QC"])
def test_some_states_ask_for_no_registration(state):
    assert expires(LATE, state) == date(2036, 3, 1)
    assert not can_still_register(PARTS, on=MARCH, state=state)
    assert reminder_days(PARTS, state) == []
    found = covered(PARTS, on=date(2033, 1, 1), component=Component.PARTS, site=Site(state))
    assert found.reason == f"Goodman, parts: {state.upper()} asks for no registration, until Mar 1, 2036."


def test_florida_may_or_may_not_reach_back_before_its_law():
    old = replace(PARTS, starts_on=date(2020, 3, 1), registration_deadline=date(2020, 4, 30))
    assert expires(old, "FL") == date(2025, 3, 1)
    assert answer(old, date(2025, 3, 1), state="FL") == ("unsure", date(2025, 3, 1))
    assert answer(old, date(2030, 3, 1), state="FL") == ("no", date(2025, 3, 1))
    assert answer(old, date(2025, 3, 1), state="TX") == ("no", date(2025, 3, 1))


def test_trane_counts_from_the_manufacture_where_nobody_knows_the_installation():
    [made] = decode("Trane", "17103N6MF4", today=MARCH)
    rule = facts_of("Trane").start_rule
    assert start_of(rule, made_on=made.starts_on).on == date(2017, 5, 5)
    assert start_of(rule, made_on=made.starts_on, installed_on=MARCH).on == MARCH
    assert start_of(facts_of("Carrier").start_rule, made_on=made.starts_on).on is None
    assert start_of(
        StartRule.INSTALL, installed_on=MARCH, bought_from_builder_on=date(2026, 6, 1)
    ).on == date(2026, 6, 1)


def test_the_day_it_expires_is_the_first_day_without_cover():
    assert answer(ON_TIME, date(2036, 2, 29)) == ("yes", date(2036, 3, 1))
    assert answer(ON_TIME, date(2036, 3, 1)) == ("no", date(2036, 3, 1))
    assert answer(ON_TIME, date(2026, 2, 28)) == ("no", date(2036, 3, 1))
    assert answer(replace(ON_TIME, ended_on=date(2030, 1, 1)), date(2030, 1, 1)) == ("no", date(2030, 1, 1))
    assert answer(replace(ON_TIME, starts_on=None), MARCH) == ("unsure", None)


def test_the_reason_names_the_days():
    def why(term, on):
        return covered(term, on=on, component=Component.PARTS).reason

    assert why(ON_TIME, MARCH) == "Goodman, parts: registered on Apr 30, 2026, covered until Mar 1, 2036."
    assert why(LATE, date(2027, 1, 1)) == (
        "Goodman, parts: not registered in time, covered until Mar 1, 2031 only."
    )
    assert why(LATE, date(2032, 1, 1)) == (
        "Goodman, parts: ended on Mar 1, 2031; the registration of May 1, 2026 came too late."
    )
    assert why(PARTS, date(2032, 1, 1)) == "Goodman, parts: ended on Mar 1, 2031, as it was not registered."
    assert why(PARTS, date(2037, 1, 1)) == "Goodman, parts: ended on Mar 1, 2031."
    life = Term(Kind.PARTS, "Amana", MARCH, LIFETIME)
    assert why(life, date(2060, 1, 1)) == "Amana, parts: for life."


def test_parts_pay_for_a_compressor_and_never_for_labor():
    assert answer(PARTS, MARCH, Component.COMPRESSOR)[0] == "yes"
    assert answer(PARTS, MARCH, Component.HEAT_EXCHANGER)[0] == "yes"
    assert answer(PARTS, MARCH, Component.LABOR) == ("no", None)
    assert answer(PARTS, MARCH, Component.REFRIGERANT) == ("no", None)
    compressor = replace(PARTS, kind=Kind.COMPRESSOR)
    assert answer(compressor, MARCH, Component.PARTS)[0] == "no"
    assert answer(replace(PARTS, kind=Kind.WORKMANSHIP), MARCH, Component.LABOR)[0] == "yes"


@pytest.mark.parametrize(
    ("transferable", "state", "sold_on", "expected"),
    [
        (True, "TX", date(2027, 1, 1), "yes"),
        (False, "TX", date(2027, 1, 1), "no"),
        (None, "TX", date(2027, 1, 1), "unsure"),
        (False, "FL", date(2027, 1, 1), "yes"),
        (False, "TX", date(2020, 1, 1), "yes"),  # sold before it was installed
    ],
)
def test_what_a_sale_of_the_home_does(transferable, state, sold_on, expected):
    term = replace(ON_TIME, transferable=transferable)
    assert answer(term, date(2028, 1, 1), state=state, sold_on=sold_on)[0] == expected


def test_terms_for_owners_who_live_there_are_doubtful_elsewhere():
    term = replace(ON_TIME, owner_occupied_only=True)
    assert answer(term, date(2028, 1, 1), owner_occupied=False)[0] == "unsure"
    assert answer(term, date(2028, 1, 1), owner_occupied=True)[0] == "yes"
    assert answer(ON_TIME, date(2028, 1, 1), owner_occupied=False)[0] == "yes"


def test_reminders_come_thirty_fourteen_seven_and_one_day_before():
    assert reminder_days(PARTS) == [
        date(2026, 3, 31),
        date(2026, 4, 16),
        date(2026, 4, 23),
        date(2026, 4, 29),
    ]
    assert reminder_days(ON_TIME) == []
    assert reminder_days(replace(PARTS, registered_months=None)) == []
    assert can_still_register(PARTS, on=date(2026, 4, 30))
    assert not can_still_register(PARTS, on=date(2026, 5, 1))


def test_a_replacement_part_keeps_the_longer_of_the_rest_and_its_own():
    assert replacement_part_until(replaced_on=MARCH, original_until=date(2031, 3, 1)) == date(2031, 3, 1)
    assert replacement_part_until(replaced_on=MARCH, original_until=date(2026, 4, 1)) == date(2026, 5, 30)
    assert replacement_part_until(replaced_on=MARCH, original_until=None, own_days=365) == date(2027, 3, 1)


def test_a_whole_unit_gets_its_best_answer_per_component():
    terms = [PARTS, replace(PARTS, kind=Kind.COMPRESSOR, base_months=120), Term(Kind.LABOR, "us", MARCH, 12)]
    found = standing(terms, on=date(2033, 1, 1))
    assert {str(component): str(answer.covered) for component, answer in found.items()} == {
        "parts": "no", "compressor": "yes", "heat_exchanger": "no", "labor": "no", "refrigerant": "no",
    }  # fmt: skip
    assert found[Component.LABOR].until == date(2027, 3, 1)
    assert found[Component.REFRIGERANT].reason == "No refrigerant warranty is on record."
    longest = standing([PARTS, ON_TIME, LATE], on=MARCH)[Component.PARTS]
    assert longest.until == date(2036, 3, 1)
    assert {str(answer.covered) for answer in standing([], on=MARCH).values()} == {"unsure"}


def test_what_makers_usually_promise():
    terms = usual_terms(facts_of("Lennox"), "mini_split", starts_on=MARCH)
    assert [(term.kind, term.base_months, term.registered_months) for term in terms] == [
        ("parts", 60, 144),
        ("compressor", 60, 144),
    ]
    furnace = usual_terms(facts_of("Carrier"), "furnace", starts_on=MARCH)
    assert [(str(term.kind), term.registration_deadline) for term in furnace] == [
        ("parts", date(2026, 5, 30)),
        ("heat_exchanger", None),
    ]
    assert usual_terms(facts_of("Hoshizaki"), "ice_machine", starts_on=MARCH) == []


@given(day=days, months=st.integers(0, 400))
def test_months_keep_the_day_or_end_with_the_month(day, months):
    then = add_months(day, months)
    assert (then.year - day.year) * 12 + then.month - day.month == months
    assert then.day == min(day.day, monthrange(then.year, then.month)[1])


def test_the_anchor_day_stays():
    january = date(2027, 1, 31)
    assert [add_months(january, n) for n in (1, 2, 13)] == [
        date(2027, 2, 28), date(2027, 3, 31), date(2028, 2, 29),
    ]  # fmt: skip


@given(
    start=days, base=st.integers(1, 240), more=st.integers(0, 240), window=st.integers(0, 120),
    registered=st.none() | st.integers(-30, 200), on=days,
    state=st.sampled_from(["", "TX", "CA", "FL", "QC"]), sold=st.none() | days,
)  # fmt: skip
def test_registering_never_shortens_and_cover_ends_where_it_says(
    start, base, more, window, registered, on, state, sold
):
    registered_on = None if registered is None else start + timedelta(days=registered)
    term = Term(Kind.PARTS, "Trane", start, base, base + more, start + timedelta(days=window), registered_on)
    until = expires(term, state)
    assert add_months(start, base) <= until <= add_months(start, base + more)
    found = covered(term, on=on, component=Component.PARTS, site=Site(state, sold_on=sold))
    if found.covered == "yes":
        assert start <= on < found.until == until
    assert all(day < term.registration_deadline for day in reminder_days(term, state))
    assert len(found.reason) <= 200
