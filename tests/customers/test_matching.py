"""Which records are the same customer, and how often the answer is right where the truth is known."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.matching import (
    POINTS,
    band,
    candidate_pairs,
    door,
    find_duplicates,
    keys_of,
    likely_duplicates,
    record,
    score,
)
from customers.matching.made_up import made_up_records
from customers.matching.people import company_core, nickname_groups, person, read_names
from customers.matching.proof import febrl_records, febrl_rows, febrl_truth, measure, quality, true_pairs
from customers.matching.scoring import AUTO_POINTS, REVIEW_POINTS, Score, value_of
from customers.reading import read_list

IMPORTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "imports"
TRUTH = Path(__file__).parent / "truth" / "rows.csv"


def customer(ref="a", name="John Smith", *, phone="512-232-4455", street="12 Oak St", zip5="78701", **more):
    unit, city = more.pop("unit", ""), more.pop("city", "Austin")
    return record(ref, names=[name], phones=[phone], doors=[door(street, unit, city, "TX", zip5)], **more)


def judged(a, b):
    return band(score(a, b))


# Names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("John Smith", [("john", "smith")]),
        ("SMITH, JOHN", [("john", "smith")]),
        ("Smith, John Q. (2)", [("john", "smith")]),
        ("John and Mary Smith", [("john", "smith"), ("mary", "smith")]),
        ("Smith, John & Mary", [("john", "smith"), ("mary", "smith")]),
        ("John Smith & Mary Jones", [("john", "smith"), ("mary", "jones")]),
        ("Mr. José O'Neil", [("jose", "oneil")]),
        ("Maria de la Cruz", [("maria", "delacruz")]),
        ("Dr Ann Lowe-Hess MD", [("ann", "lowe-hess")]),
        ("Ann Lowe c/o Bob Roe", [("ann", "lowe")]),
    ],
)
def test_a_name_cell_speaks_of_these_people(text, people):
    assert [(one.first, one.last) for one in read_names(text).people] == people


def test_a_company_is_no_person_and_its_legal_form_is_no_name():
    assert read_names("Smith Plumbing LLC").people == ()
    assert (
        read_names("Smith Plumbing LLC").company == company_core("The Smith Plumbing Co.") == "smith plumbing"
    )


def test_given_names_in_their_own_cell_may_be_a_couple():
    assert [(one.first, one.last) for one in person("John & Mary", "Smith Jr")] == [
        ("john", "smith"),
        ("mary", "smith"),
    ]


def test_people_are_known_by_what_they_are_called():
    assert nickname_groups("bob") & nickname_groups("robert")
    assert nickname_groups("peggy") & nickname_groups("margaret")
    assert not nickname_groups("bob") & nickname_groups("william")


# Pairs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (customer("b", "SMITH, JOHN", street="12 Oak Street", zip5="78701.0"), "auto"),
        (customer("b", "Jack Smith"), "auto"),
        (customer("b", "Jon Smtih"), "auto"),
        (customer("b", "Smith John"), "auto"),
        (customer("b", phone=""), "auto"),
        (customer("b", street="77 Elm Ave"), "auto"),  # moved, and kept the number
        (customer("b", "John and Mary Smith"), "auto"),
        (customer("b", "J Smith"), "auto"),
        (customer("b", "J Smith", phone=""), "review"),  # an initial and no number: a person decides
        (customer("b", "Mary Smith"), "review"),  # the same household
        (customer("b", "Mary Smith", phone="512-232-9999"), ""),
        (customer("b", "Carlos Ruiz", phone="512-232-9999"), ""),  # bought the house
        (customer("b", "Carlos Ruiz"), ""),  # and kept the number
        (customer("b", "Carlos Ruiz", street="77 Elm Ave"), ""),  # a manager's number
        (customer("b", phone="512-232-9999", street="77 Elm Ave", zip5="78759"), ""),  # a common name
        (customer("b", "Bill Johnson", phone="512-232-9999", street="14 Oak St"), ""),  # next door
    ],
)
def test_two_records_are_judged_like_this(other, expected):
    assert judged(customer(), other) == expected


@pytest.mark.parametrize(
    ("one", "other", "veto"),
    [
        ({"born": "1980-01-02"}, {"born": "1971-11-30"}, "other birth date"),
        ({"tax_id": "12-3456789"}, {"tax_id": "98-7654321"}, "other tax id"),
        ({"open_contracts": True}, {"open_contracts": True}, "both have open contracts"),
        ({}, {"not_same_as": ["a"]}, "marked as not a duplicate"),
        ({"name": "John Smith Sr"}, {"name": "John Smith Jr"}, "another generation (Jr, Sr)"),
        ({"unit": "Apt 4"}, {"unit": "Apt 5", "phone": "512-232-9999"},
         "another unit of the building and another phone"),
        ({"companies": ["Smith Dental"]}, {"companies": ["Oakhill Church"]}, "other company name"),
    ],
)  # fmt: skip
def test_whatever_the_points_a_veto_keeps_two_records_apart(one, other, veto):
    first, second = customer("a", **one), customer("b", **other)
    found = score(first, second)
    assert veto in found.vetoes
    assert band(found) != "auto"


def test_a_pair_needs_two_kinds_of_evidence_however_many_points_it_has():
    found = Score(0.999, 150, (), (), frozenset({"contact"}))
    assert band(found) == "review"
    assert band(Score(0.999, 150, (), (), frozenset({"contact", "name"}))) == "auto"


def test_the_reasons_add_up_to_the_points():
    found = score(customer(), customer("b", "Jack Smith", phone="512-232-9999"))
    assert sum(points for _word, points in found.reasons) == found.points
    assert ("first name nickname", POINTS["first name nickname"]) in found.reasons
    assert ("phone differs", POINTS["phone differs"]) in found.reasons


def test_a_number_that_many_share_proves_nothing():
    one, other = customer(street="", zip5=""), customer("b", street="", zip5="")
    assert (
        score(one, other).points - score(one, other, shared={"+15122324455"}).points == POINTS["phone same"]
    )


def test_a_like_record_is_shown_before_another_is_added_and_the_likeliest_first():
    there = [customer("b", "Carlos Ruiz"), customer("c", phone=""), customer("d", "Jack Smith")]
    assert [other.ref for other, _score in likely_duplicates(customer("new"), there)] == ["d", "c"]


words = st.sampled_from(
    ["John", "Jon", "Jack", "Mary", "J", "", "Smith", "Smyth", "Smith-Lee", "Ruiz", "LLC"]
)
records = st.builds(
    lambda ref, first, last, phone, email, number, street, unit, zip5, born: record(
        ref,
        first_name=first,
        last_name=last,
        phones=[phone],
        emails=[email],
        doors=[door(f"{number} {street}", unit, "Austin", "TX", zip5)],
        born=born,
    ),
    st.sampled_from("abc"),
    words,
    words,
    st.sampled_from(["", "512-232-4455", "512-232-4456", "737-555-0100"]),
    st.sampled_from(["", "j.smith@mail.example", "jsmith@mail.example", "office@pm.example"]),
    st.sampled_from(["", "1", "12", "21", "1 1/2"]),
    st.sampled_from(["", "Oak St", "Oak Ave", "Oka St", "N Elm Blvd"]),
    st.sampled_from(["", "Apt 4", "#4", "5", "Brook Lodge"]),
    st.sampled_from(["", "78701", "78710", "7870"]),
    st.sampled_from(["", "19800102", "19800201"]),
)


@settings(max_examples=250, deadline=None)
@given(records, records)
def test_the_order_of_two_records_does_not_matter_and_none_is_likelier_than_itself(a, b):
    assert score(a, b) == score(b, a)
    assert score(a, a).points >= score(a, b).points
    assert set(score(a, a).vetoes) <= {"another name"}


@given(st.integers(-300, 400), st.integers(-300, 400))
def test_more_points_never_mean_a_lower_band(one, other):
    low, high = sorted((one, other))
    order = ["", "review", "auto"]
    groups = frozenset({"name", "address"})
    bands = [band(Score(value_of(points), points, (), (), groups)) for points in (low, high)]
    assert order.index(bands[0]) <= order.index(bands[1])
    assert value_of(low) <= value_of(high)


def test_the_bands_begin_at_eighty_and_ninety_nine_in_a_hundred():
    assert value_of(REVIEW_POINTS) == pytest.approx(0.80)
    assert value_of(AUTO_POINTS) == pytest.approx(0.99)


# Lists ----------------------------------------------------------------------------------------------


def test_records_that_share_no_key_are_never_compared_and_keys_are_text():
    one, other = (
        customer(),
        customer("b", "Ann Lowe", phone="404-232-1111", street="9 Elm Ct", zip5="30303", city=""),
    )
    assert candidate_pairs([one, other]) == ([], {})
    assert "phone:+15122324455" in keys_of(one)
    assert set(keys_of(one)) & set(keys_of(customer("c", "Jack Smith")))


def test_a_crowded_number_is_told_of_and_proposes_nobody():
    crowd = [
        record(f"r{at}", names=[f"Al{chr(97 + at % 26)}x Q{chr(97 + at // 26)}z"], phones=["512-232-4455"])
        for at in range(61)
    ]
    found = find_duplicates(crowd)
    assert found.pairs == []
    assert {key: len(group) for key, group in found.shared.items()} == {"phone:+15122324455": 61}


def test_nobody_joins_a_cluster_only_because_a_third_does():
    chain = [
        customer("a", "Ann Lowe", phone="512-232-1111", street="1 Oak St"),
        customer("b", "Ann Lowe", phone="512-232-1111", street="9 Elm Blvd", zip5="78759", order=1),
        record("c", names=["Ann Lowe"], doors=[door("9 Elm Blvd", "", "Austin", "TX", "78759")], order=2),
    ]
    assert judged(chain[1], chain[2]) == "auto"
    assert judged(chain[0], chain[2]) == ""
    found = find_duplicates(chain)
    [cluster] = found.clusters
    assert len(cluster.others) == 1
    assert sorted(pair.band for pair in found.pairs) == ["auto", "review"]


def test_the_record_with_most_behind_it_survives_and_seven_of_a_kind_are_looked_at():
    seven = [customer(f"r{at}", order=at, weight=9 if at == 3 else 0) for at in range(7)]
    found = find_duplicates(seven)
    [cluster] = found.clusters
    assert (cluster.survivor, cluster.band) == (3, "review")
    assert {pair.band for pair in found.pairs} == {"review"}
    [cluster] = find_duplicates(seven[:6]).clusters
    assert (cluster.survivor, cluster.band) == (3, "auto")


def test_rows_of_one_family_and_marked_pairs_are_not_proposed():
    assert find_duplicates([customer("a", family="x"), customer("b", family="x")]).pairs == []
    found = find_duplicates([customer("a"), customer("b", not_same_as=["a"])])
    assert found.clusters == []
    assert [pair.band for pair in found.pairs] == ["review"]


# Proof ----------------------------------------------------------------------------------------------


def test_febrl_three_is_matched_as_well_as_promised_and_in_time():
    rows = febrl_rows(3)
    assert len(rows) == 5000
    truth = febrl_truth(ref for ref, _row in rows)
    started = time.process_time()
    _auto, found = measure(febrl_records(rows, with_birth=False), truth)
    assert (found.f1 >= 0.97, found.precision >= 0.995) == (True, True), found
    _auto, found = measure(febrl_records(rows, with_birth=True), truth)
    assert (found.f1 >= 0.99, found.precision >= 0.995) == (True, True), found
    assert time.process_time() - started < 10


def test_made_up_lists_are_matched_as_well_as_promised():
    auto, both = measure(*made_up_records(4_000, seed=7))
    assert auto.precision >= 0.999
    assert both.recall >= 0.97


@pytest.mark.skipif(not IMPORTS.exists(), reason="the import files lie beside the checkout")
def test_every_automatic_pair_of_the_import_files_is_right_and_few_pairs_are_missed():
    names = sorted({row["file"] for row in csv.DictReader(TRUTH.open())})
    lists = [read_list((IMPORTS / name).read_bytes(), name, prefix=f"{name}:") for name in names]
    customers = [row.record for list_ in lists for row in list_.rows]
    truth = {f"{row['file']}:{row['row']}": row["person"] for row in csv.DictReader(TRUTH.open())}
    assert len(truth) == 200
    found = find_duplicates(customers)

    def named(*bands):
        pairs = [(customers[pair.a].ref, customers[pair.b].ref) for pair in found.pairs if pair.band in bands]
        return [pair for pair in pairs if pair[0] in truth and pair[1] in truth]

    assert quality(named("auto"), true_pairs(truth)).precision == 1
    assert quality(named("auto", "review"), true_pairs(truth)).recall >= 0.97
