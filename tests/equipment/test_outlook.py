from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipment.categories import load_categories
from equipment.outlook import Settings, UnitFacts, outlook_of, rank

TODAY = date(2026, 11, 22)
OLD = UnitFacts(
    "old", "heat_pump", date(2008, 11, 22), D(2340), D(6000), "R-22", D(1810), True, date(2018, 11, 22)
)
NEW = UnitFacts("new", "heat_pump", date(2025, 6, 1), D(0), None, "R-454B", D(465), False, date(2035, 6, 1))


def reasons(unit, on=TODAY, **settings):
    outlook = outlook_of(unit, on, Settings(**settings))
    return {reason.kind: (reason.points, str(reason.sentence)) for reason in outlook.reasons}


def test_every_reason_is_a_sentence_with_its_numbers():
    assert reasons(OLD) == {
        "age": (40, "18 years old; such equipment lasts about 15 years."),
        "repairs": (23, "$2,340 of repairs in 36 months, 39% of the $6,000 of a new one."),
        "refrigerant": (20, "No R-22 has been made or imported since Jan 1, 2020; only stock is left."),
        "warranty": (10, "The parts warranty ended on Nov 22, 2018."),
    }
    assert outlook_of(OLD, TODAY).score == 93


def test_the_most_urgent_comes_first_and_who_has_no_reason_is_left_out():
    middle = replace(OLD, key="middle", repair_spend=D(0), refrigerant="R-410A", is_ozone_depleting=False)
    twin = replace(middle, key="twin")
    assert [outlook.key for outlook in rank([NEW, middle, OLD, twin], on=TODAY)] == ["old", "middle", "twin"]
    assert rank([NEW], on=TODAY) == []


@pytest.mark.parametrize(
    ("installed", "points"),
    [
        (date(2017, 11, 22), 0),  # 9 years of 15
        (date(2017, 5, 22), 2),
        (date(2013, 5, 22), 20),  # half way
        (date(2008, 11, 23), 39),  # a day before 18 years
        (date(2008, 11, 22), 40),
        (date(1990, 1, 1), 40),
        (date(2027, 1, 1), 0),
    ],
)
def test_age_counts_from_sixty_percent_of_the_expected_life(installed, points):
    found = reasons(UnitFacts(1, "heat_pump", installed))
    assert found.get("age", (0, ""))[0] == points


def test_a_range_of_lives_counts_from_its_short_to_its_long_end():
    assert reasons(UnitFacts(1, "boiler", date(2010, 1, 1)))["age"] == (
        3, "16 years old; such equipment lasts 24 to 35 years.",
    )  # fmt: skip
    assert reasons(UnitFacts(1, "other", date(1990, 1, 1))) == {}
    assert reasons(UnitFacts(1, "boiler", None)) == {}


def test_repairs_count_against_the_price_or_the_threshold():
    unit = replace(NEW, repair_spend=D(750))
    assert reasons(unit)["repairs"] == (15, "$750 of repairs in 36 months; $1,500 is much for any unit.")
    assert reasons(replace(unit, replacement_price=D(1500)))["repairs"][0] == 30
    assert reasons(replace(unit, replacement_price=D(15000)))["repairs"][0] == 3
    assert reasons(unit, repair_threshold=D(750))["repairs"][0] == 30


def test_refrigerants_count_by_the_limit_of_the_category():
    r410a = replace(NEW, refrigerant="R-410A", gwp=D(2088))
    assert reasons(r410a)["refrigerant"] == (
        10, "R-410A has a GWP of 2,088; new systems stay below 700 since Jan 1, 2025 (40 CFR 84.54).",
    )  # fmt: skip
    assert reasons(r410a, on=date(2024, 12, 31)) == {}
    assert reasons(replace(r410a, gwp=D(700)))["refrigerant"][0] == 10
    assert reasons(replace(r410a, gwp=D("699.9"))) == {}
    assert reasons(replace(r410a, category="vrf"), on=date(2025, 12, 31)) == {}
    assert "refrigerant" not in reasons(replace(r410a, category="walk_in"))
    assert "being phased out" in reasons(OLD, on=date(2019, 12, 31))["refrigerant"][1]
    assert reasons(replace(NEW, refrigerant="R-123", is_ozone_depleting=True))["refrigerant"] == (
        20, "R-123 depletes the ozone layer and is being phased out.",
    )  # fmt: skip


def test_a_warranty_counts_when_it_ends_soon_or_has_ended():
    assert reasons(replace(NEW, warranty_until=TODAY))["warranty"][0] == 10
    assert reasons(replace(NEW, warranty_until=date(2027, 11, 22)))["warranty"] == (
        5, "The parts warranty ends on Nov 22, 2027.",
    )  # fmt: skip
    assert reasons(replace(NEW, warranty_until=date(2027, 11, 23))) == {}
    assert reasons(replace(NEW, warranty_until=None)) == {}


def test_the_weights_add_up_to_a_hundred():
    weights = Settings()
    assert (
        weights.age_points + weights.repair_points + weights.refrigerant_points + weights.warranty_points
        == 100
    )


units = st.builds(
    UnitFacts, st.integers(), st.sampled_from(sorted(load_categories())),
    st.none() | st.dates(date(1980, 1, 1), TODAY), st.decimals(0, 50000, places=2),
    st.none() | st.decimals(1, 50000, places=2), st.sampled_from(["", "R-22", "R-410A"]),
    st.none() | st.decimals(0, 15000, places=1), st.booleans(),
    st.none() | st.dates(date(1990, 1, 1), date(2060, 1, 1)),
)  # fmt: skip


@given(found=st.lists(units, max_size=6))
def test_scores_stay_within_a_hundred_and_are_the_sum_of_their_reasons(found):
    ranked = rank(found, on=TODAY)
    scores = [outlook.score for outlook in ranked]
    assert scores == sorted(scores, reverse=True)
    for outlook in ranked:
        assert 0 < outlook.score <= 100
        assert outlook.score == sum(reason.points for reason in outlook.reasons)
        assert all(reason.points > 0 and len(reason.sentence) <= 200 for reason in outlook.reasons)


@given(unit=units, older=st.integers(0, 4000), dearer=st.decimals(0, 9000, places=2))
def test_older_and_dearer_is_never_less_urgent(unit, older, dearer):
    if unit.installed_on is not None:
        ordinal = max(unit.installed_on.toordinal() - older, 1)
        worse = replace(unit, installed_on=date.fromordinal(ordinal), repair_spend=unit.repair_spend + dearer)
        assert outlook_of(worse, TODAY).score >= outlook_of(unit, TODAY).score
