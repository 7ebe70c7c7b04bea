from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.phones import find_phones, format_us, search_digits


def numbers(text: str) -> list[str]:
    return [phone.e164 for phone in find_phones(text).phones]


@pytest.mark.parametrize(
    "text",
    [
        "325.997.3145",
        "(325) 997-3145",
        "1-325-997-3145",
        "+13259973145",
        "325 997 3145",
        "3259973145",
        "3259973145.0",
    ],
)
def test_every_way_of_writing_a_number_means_the_same_number(text):
    assert numbers(text) == ["+13259973145"]


def test_two_numbers_in_one_cell_are_two_and_each_keeps_its_label():
    read = find_phones("325.997.3145 / wife 361-636-1824")
    assert [(phone.e164, phone.label) for phone in read.phones] == [
        ("+13259973145", ""),
        ("+13616361824", "wife"),
    ]
    assert read.leftover == ""


def test_a_label_may_stand_before_or_after_its_number():
    before = find_phones("C: 404-232-1234 H: 404-232-9999").phones
    after = find_phones("404-232-1234 (cell) / 404-232-9999 (home)").phones
    assert [phone.label for phone in before] == [phone.label for phone in after] == ["cell", "home"]


def test_a_word_that_only_ends_like_a_label_is_left_alone():
    read = find_phones("Marcell 404-232-1234")
    assert (read.phones[0].label, read.leftover) == ("", "Marcell")


def test_an_extension_is_kept_apart_from_the_number():
    (phone,) = find_phones("(404) 232-1234 ext. 12").phones
    assert (phone.e164, phone.extension) == ("+14042321234", "12")


def test_words_around_a_number_are_kept_and_make_no_longer_number():
    read = find_phones("call 404-232-1234 after 5")
    assert [phone.e164 for phone in read.phones] == ["+14042321234"]
    assert read.leftover == "call / after 5"


def test_the_same_number_twice_in_a_cell_is_one():
    assert numbers("404-232-1234 / (404) 232-1234") == ["+14042321234"]


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("404-555-0123", "fictitious"),
        ("404-555-0223", "invalid_area_or_fine"),
        ("404-222-2222", "repeated"),
        ("999-999-9999", "repeated"),
        ("555-1234", "too_short"),
        ("900 048 1089", "invalid_exchange"),
        ("(111) 232-1234", "invalid_area"),
        ("4.04E+09", "rounded"),
    ],
)
def test_a_number_that_nobody_can_answer_says_why(text, flag):
    (phone,) = find_phones(text).phones
    if flag == "invalid_area_or_fine":
        assert phone.flag != "fictitious"
    else:
        assert phone.flag == flag
        assert not phone.usable
    assert phone.raw


def test_a_number_too_short_to_call_has_no_dialling_form():
    (phone,) = find_phones("555-1234").phones
    assert phone.e164 == ""


def test_a_number_in_letters_is_read_where_it_is_one():
    assert numbers("1-800-FLOWERS") == ["+18003569377"]
    assert find_phones("no phone yet").phones == ()


def test_a_number_is_shown_as_the_office_writes_it():
    assert format_us("+14042321234") == "(404) 232-1234"
    assert format_us("+442079460958") == "+442079460958"
    assert format_us("") == ""


def test_a_search_by_number_forgets_punctuation_and_the_country_code():
    assert search_digits("+1 (404) 232-12") == "140423212"
    assert search_digits("1-404-232-1234") == search_digits("404.232.1234") == "4042321234"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120) | st.text(alphabet="0123456789 ()-./+xEeabcwife,;", max_size=60))
def test_no_text_at_all_makes_it_raise_or_invent_digits(text):
    read = find_phones(text)
    for phone in read.phones:
        assert phone.e164 == "" or phone.e164.startswith("+")
    search_digits(text)
    format_us(text)


@pytest.mark.parametrize("form", ["{}{}{}", "({}) {}-{}", "1-{}-{}-{}", "+1{}{}{}", "{}.{}.{}"])
@pytest.mark.parametrize("digits", [("404", "232", "1234"), ("404", "555", "0123"), ("900", "048", "1089"),
                                    ("999", "999", "9999"), ("211", "232", "1234")])  # fmt: skip
def test_a_cell_with_one_plain_number_reads_as_it_does_among_words(form, digits):
    text = form.format(*digits)
    [alone], [among] = find_phones(text).phones, find_phones(f"call {text} after 5").phones
    assert (alone.e164, alone.flag) == (among.e164, among.flag)
