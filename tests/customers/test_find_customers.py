from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.actions import add_contact, add_customer, add_site, edit_customer
from customers.querysets import find_customers
from customers.search import understand
from tests.factories import BranchFactory, UserBranchFactory, instant

NOW = instant()
pytestmark = pytest.mark.django_db


@pytest.fixture
def lisa(branch):
    return add_customer(
        kind="household",
        first_name="Lisa",
        last_name="Hall",
        phones=["(512) 555-0142 cell"],
        emails=["lisa.hall@example.com"],
        site={"street": "4108 Avenue F", "city": "Austin", "state": "TX", "postal_code": "78751"},
        now=NOW,
    )


@pytest.fixture
def others(branch):
    for first, last, phone, street in [
        ("Maria", "Johnson", "512-555-0177", "17 Cypress Bend"),
        ("Tom", "Okafor", "737-555-0190", "900 E Riverside Drive"),
        ("Hallie", "Lissom", "512-555-0111", "12 Oak Hollow Ln"),
    ]:
        add_customer(
            kind="household",
            first_name=first,
            last_name=last,
            phones=[phone],
            site={"street": street, "city": "Round Rock", "state": "TX", "postal_code": "78664"},
            now=NOW,
        )


def names(query, user, limit=12):
    return [found.name for found in find_customers(query, user, limit)]


@pytest.mark.parametrize(
    "typed",
    ["(512) 555-0142", "512.555.0142", "5125550142", "+1 512 555 0142", "1-512-555-0142", "0142", "555-0142"],
)
def test_a_caller_is_found_by_their_number_in_any_shape(lisa, others, casey, typed):
    assert names(typed, casey)[0] == "Lisa Hall"


@pytest.mark.parametrize("typed", ["lisa hall", "Hall Lisa", "hall", "LISA", "hall, lisa", "lis"])
def test_a_caller_is_found_by_name_in_any_order_of_words(lisa, others, casey, typed):
    assert names(typed, casey)[0] == "Lisa Hall"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jonson", "Maria Johnson"),
        ("maria jonson", "Maria Johnson"),
        ("okafr", "Tom Okafor"),
        ("lissa hal", "Lisa Hall"),
    ],
)
def test_a_misspelt_name_is_found(lisa, others, casey, typed, meant):
    assert names(typed, casey)[0] == meant


@pytest.mark.parametrize(
    "typed",
    [
        "4108 Avenue F",
        "4108 ave f",
        "4108",
        "avenue f austin",
        "78751",
        "lisa.hall@",
        "lisa.hall@example.com",
    ],
)
def test_a_caller_is_found_by_address_and_e_mail(lisa, others, casey, typed):
    assert "Lisa Hall" in names(typed, casey)


def test_a_street_is_found_however_its_last_word_is_written(others, casey):
    assert names("900 riverside dr", casey) == names("900 e riverside drive", casey) == ["Tom Okafor"]


def test_a_name_and_a_street_together_find_the_one_customer_that_has_both(lisa, others, casey):
    assert names("lisa avenue", casey) == ["Lisa Hall"]
    assert names("hall 0142", casey)[0] == "Lisa Hall"


@pytest.mark.parametrize("typed", ["4108 h", "h 4108", "lisa 4108", "4108 ha"])
def test_a_house_number_and_the_beginning_of_a_name_find_who_has_both(lisa, others, casey, typed):
    assert names(typed, casey)[0] == "Lisa Hall"
    assert "Hallie Lissom" not in names(typed, casey)


def test_two_letters_find_e_mail_addresses_that_begin_with_them(lisa, others, casey):
    add_contact(lisa.pk, name="Front Desk", emails=["zq.office@example.com"])
    assert names("zq", casey) == ["Lisa Hall"]
    assert names("q.", casey) == []


def test_of_very_many_that_resemble_a_word_a_few_are_compared(lisa, others, casey, monkeypatch):
    assert names("jonson", casey) == ["Maria Johnson"]
    monkeypatch.setattr("customers.search.MOST_ALIKE", 0)
    assert names("jonson", casey) == []
    assert names("johnson", casey) == ["Maria Johnson"]


def test_a_customer_is_found_by_number_and_by_any_of_their_contacts(lisa, others, casey):
    add_contact(lisa.pk, name="Bernard Quill", phones=["512-555-0155"])
    assert names(lisa.number, casey)[0] == "Lisa Hall"
    assert names(lisa.number.lower(), casey)[0] == "Lisa Hall"
    assert names("quill", casey) == ["Lisa Hall"]


def test_a_number_is_taken_literally(lisa, others, casey):
    assert names(lisa.number, casey) == ["Lisa Hall"]
    assert names("C9999", casey) == []


def test_a_suggestion_shows_whom_to_call_and_where_they_live(lisa, casey):
    found = find_customers("0142", casey)[0]
    assert (found.contact, found.phone, found.address, found.site_count) == (
        "Lisa Hall",
        "+15125550142",
        "4108 Avenue F, Austin",
        1,
    )
    assert found.matched == "phone"


def test_of_several_sites_and_numbers_the_one_asked_for_is_shown(lisa, casey):
    add_site(lisa.pk, street="77 Lake Austin Blvd", city="Austin", state="TX", postal_code="78703")
    add_contact(lisa.pk, name="Bernard Quill", phones=["512-555-0155"])
    assert find_customers("lake austin", casey)[0].address == "77 Lake Austin Blvd, Austin"
    assert find_customers("0155", casey)[0].phone == "+15125550155"


def test_customers_who_left_come_last(lisa, casey):
    edit_customer(lisa.pk, version=1, is_active=False)
    add_customer(kind="household", first_name="Hall", last_name="Zimmer", now=NOW)
    assert names("hall", casey) == ["Hall Zimmer", "Lisa Hall"]


@pytest.mark.parametrize("typed", ["0142", "hall", "lisa avenue", "lisa.hall@example.com", "jonson marria"])
def test_a_search_costs_one_query_whatever_is_typed(lisa, others, casey, typed, django_assert_num_queries):
    assert casey.branch_ids == []
    with django_assert_num_queries(1):
        find_customers(typed, casey)


def test_people_limited_to_a_branch_find_only_its_customers_and_technicians_none(lisa, casey, tess):
    other = BranchFactory(name="Waco")
    UserBranchFactory(user=casey, branch=other)
    assert names("hall", casey) == []
    assert names("hall", tess) == []


@pytest.mark.parametrize("typed", ["", " ", "x", "%", "%%", "_", "\\", "'", "\x00", "((((", "a" * 400])
def test_odd_input_finds_nothing_and_breaks_nothing(lisa, casey, typed):
    assert names(typed, casey) == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_is_taken_apart_without_complaint(text):
    wanted = understand(text)
    assert len(wanted.words) <= 6
    assert "\x00" not in wanted.text
