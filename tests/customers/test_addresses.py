from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from customers.addresses import (
    match_key,
    parse_address,
    standard_case,
    standardised,
    street_parts,
    time_zone_of,
    zip_fits_state,
)

SAME_DOOR = [
    ("100 Main St #4B, Austin, TX 78701", "100 Main St Apt 4B, Austin, TX 78701"),
    ("100 Main St, Austin, TX 78701", "100 Main St, Austin, TX 78701-1234"),
    ("450 CR 12, Elgin, TX 78621", "450 County Road 12, Elgin, TX 78621"),
    ("12 1/2 Oak Ln, Elgin, TX 78621", "12-1/2 Oak Lane, Elgin, TX 78621"),
    ("789 Hwy 71 W, Bastrop, TX 78602", "789 W Highway 71, Bastrop, TX 78602"),
    ("9 Saint Andrews Dr, Mesa, AZ 85206", "9 St. Andrews Drive, Mesa, AZ 85206"),
    ("714 First Ave, Mesa, AZ 85206", "714 1st Avenue, Mesa, AZ 85206"),
    ("4106 Martin Luther King Jr St, Mesa, AZ 85206", "4106 MLK St, Mesa, AZ 85206"),
    ("PO Box 123, Mesa, AZ 85206", "P.O. Box 123, Mesa AZ 85206"),
    ("100 N Main Street, Austin, TX 78701", "100 NORTH MAIN ST., AUSTIN TX 78701"),
    ("5 Twenty-First St, Elgin, TX 78621", "5 21st Street, Elgin, TX 78621"),
    ("100 Farm to Market Road 20, Elgin, TX 78621", "100 FM 20, Elgin, TX 78621"),
]


@pytest.mark.parametrize(("one", "other"), SAME_DOOR)
def test_two_spellings_of_one_door_have_one_key(one, other):
    first, second = parse_address([one]), parse_address([other])
    assert first.match_key
    assert first.match_key == second.match_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("100 Main St, Austin, TX 78701", "102 Main St, Austin, TX 78701"),
        ("100 Main St, Austin, TX 78701", "100 Main Ave, Austin, TX 78701"),
        ("100 Main St Apt 4, Austin, TX 78701", "100 Main St Apt 5, Austin, TX 78701"),
        ("100 Main St, Austin, TX 78701", "100 Main St, Elgin, TX 78621"),
        ("450 County Road 12, Elgin, TX 78621", "450 FM 12, Elgin, TX 78621"),
    ],
)
def test_two_doors_have_two_keys(one, other):
    assert parse_address([one]).match_key != parse_address([other]).match_key


def test_lines_of_an_export_come_apart_into_their_parts():
    parsed = parse_address(["5 SAVANNAH LANE UNIT H", "PINE MOUNTAIN VALLEY, GA 31823", "", ""])
    assert (parsed.street, parsed.unit) == ("5 Savannah Ln", "Unit H")
    assert (parsed.city, parsed.state, parsed.postal_code) == ("Pine Mountain Valley", "GA", "31823")
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["9139 Harbor St", "Pineview, GA "], "no_zip"),
        (["8z654 Cherry Ave", "Aransas Pass, TX 78336"], "odd_number"),
        (["Old Mill Rd", "Elgin, TX 78621"], "no_number"),
        (["12 Main St", "Elgin, TX 31071"], "zip_not_in_state"),
        (["97 Oak St", "Boston, MA 2134"], "zip_lost_zero"),
        (["PO Box 9", "Elgin, TX 78621"], "po_box"),
        ([], "no_address"),
    ],
)
def test_what_is_wrong_with_an_address_is_named(lines, problem):
    assert problem in parse_address(lines).problems


def test_a_zip_that_lost_its_first_digit_gets_it_back():
    assert parse_address(["97 Oak St", "Boston, MA 2134.0"]).postal_code == "02134"


def test_an_address_that_the_parser_cannot_read_is_kept_as_typed():
    parsed = parse_address(["100 Farm to Market Road 20 Elgin TX 78621 or 12 Main St Austin TX 78701"])
    assert "100 Farm to Market" in parsed.street


def test_loud_text_becomes_quiet_and_mixed_text_stays():
    assert standard_case("2100 MCKINNEY 5TH AVE NE") == "2100 McKinney 5th Ave NE"
    assert standard_case("DeSoto") == "DeSoto"


def test_a_zip_belongs_to_its_state_and_no_other():
    assert zip_fits_state("78701", "TX")
    assert not zip_fits_state("78701", "GA")
    assert not zip_fits_state("78701", "XX")


@pytest.mark.parametrize(
    ("state", "postal_code", "zone"),
    [
        ("TX", "78701", "America/Chicago"),
        ("TX", "79930", "America/Denver"),
        ("GA", "31071", "America/New_York"),
        ("AZ", "", "America/Phoenix"),
        ("", "", ""),
    ],
)
def test_a_site_keeps_the_clock_of_its_state(state, postal_code, zone):
    assert time_zone_of(state, postal_code) == zone


def test_no_street_means_no_key_so_nothing_matches_it():
    assert match_key("", city="Austin", state="TX", postal_code="78701") == ""


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text(max_size=60) | st.text(alphabet="0123456789 #.,-/ABCst TXpobx", max_size=40), max_size=6)
)
@example(["#"])
@example([", ,", "TX"])
def test_no_lines_at_all_make_it_raise(lines):
    parsed = parse_address(lines)
    again = match_key(
        parsed.street, unit=parsed.unit, city=parsed.city, state=parsed.state, postal_code=parsed.postal_code
    )
    assert again == parsed.match_key
    assert len(parsed.postal_code) in (0, 5)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("100 north main street apartment 4b, austin, tx 78701", "100 N MAIN ST APT 4B, AUSTIN, TX 78701"),
        ("450 County Road 12, Elgin, TX 78621", "450 COUNTY RD 12, ELGIN, TX 78621"),
        ("PO Box 123, Mesa, AZ 85206", "PO BOX 123, MESA, AZ 85206"),
        ("12 Oak Lane", "12 OAK LN"),
    ],
)
def test_the_standardised_form_names_the_same_door(typed, expected):
    address = parse_address([typed])
    assert standardised(address) == expected
    if address.postal_code:
        assert parse_address([standardised(address)]).match_key == address.match_key


@pytest.mark.parametrize(
    ("street", "unit", "parts"),
    [
        ("12 N Oak Street", "Apt 4", ("12", "oak", "st", "4")),
        ("12 1/2 First Ave", "", ("12 1/2", "1", "ave", "")),
        ("789 W Highway 71", "", ("789", "hwy 71", "", "")),
        ("100 Main St # 4B", "", ("100", "main", "st", "4b")),
        ("mountain creek road", "", ("", "mountain creek", "rd", "")),
    ],
)
def test_a_street_line_comes_apart_as_the_matcher_compares_it(street, unit, parts):
    found = street_parts(street, unit)
    assert (found.number, found.name, found.kind, found.unit) == parts
