"""What is missing before a visit may be completed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dispatch.readiness import VisitFacts, what_is_missing

READY = VisitFacts(
    has_arrived=True,
    open_checks=(),
    needs_photo=True,
    photos=1,
    needs_signature=True,
    is_signed=True,
    no_signature_because="",
    parts=1,
    parts_confirmed=False,
)


def keys(facts):
    return [item.key for item in what_is_missing(facts)]


def test_nothing_is_missing_when_all_is_there():
    assert keys(READY) == []


def test_every_open_line_of_the_checklist_is_named():
    missing = what_is_missing(replace(READY, open_checks=("Filter", "Delta-T")))
    assert [(item.key, item.detail) for item in missing] == [("check", "Filter"), ("check", "Delta-T")]


def test_no_parts_must_be_confirmed():
    assert keys(replace(READY, parts=0)) == ["parts"]
    assert keys(replace(READY, parts=0, parts_confirmed=True)) == []


def test_a_reason_stands_for_a_signature_but_blanks_do_not():
    assert keys(replace(READY, is_signed=False)) == ["signature"]
    assert keys(replace(READY, is_signed=False, no_signature_because="nobody home")) == []
    assert keys(replace(READY, is_signed=False, no_signature_because="   ")) == ["signature"]


def test_a_photo_is_asked_only_where_the_job_type_asks():
    assert keys(replace(READY, photos=0)) == ["photo"]
    assert keys(replace(READY, photos=0, needs_photo=False)) == []


facts = st.builds(
    VisitFacts,
    has_arrived=st.booleans(),
    open_checks=st.lists(st.text(min_size=1), max_size=3).map(tuple),
    needs_photo=st.booleans(),
    photos=st.integers(0, 3),
    needs_signature=st.booleans(),
    is_signed=st.booleans(),
    no_signature_because=st.text(max_size=5),
    parts=st.integers(0, 3),
    parts_confirmed=st.booleans(),
)


@given(facts)
def test_supplying_everything_always_leaves_nothing_missing(known):
    supplied = replace(
        known, has_arrived=True, open_checks=(), photos=1, is_signed=True, parts_confirmed=True
    )
    assert what_is_missing(supplied) == []


@given(facts)
def test_more_facts_never_make_more_missing(known):
    better = replace(known, photos=known.photos + 1, parts=known.parts + 1)
    assert len(what_is_missing(better)) <= len(what_is_missing(known))
