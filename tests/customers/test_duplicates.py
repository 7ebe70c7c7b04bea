"""Copies on record: found by night, shown with reasons, settled by people, and seen before one is added."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from customers import actions, match_wording, matching
from customers.actions.duplicates import find_duplicate_pairs, keep_apart, look_again, say_not_the_same
from customers.likeness import who_look_like
from customers.lookalikes import find_lookalikes
from customers.matching import scoring
from customers.models import Customer, DuplicatePair, MatchKey
from customers.states import PairState
from fsm import clock
from fsm.states import NotPossible, Stale
from tests.api.conftest import Program
from tests.factories import instant

NOW = instant()
pytestmark = pytest.mark.django_db
SITE = {"street": "4108 Avenue F", "city": "Austin", "state": "TX", "postal_code": "78751"}


def add(first="Lisa", last="Hall", *, phone="(512) 472-0142", email="", street="4108 Avenue F", **more):
    return actions.add_customer(
        kind="household",
        first_name=first,
        last_name=last,
        phones=[phone] if phone else [],
        emails=[email] if email else [],
        site={**SITE, "street": street},
        now=NOW,
        **more,
    )


def pairs():
    return {(pair.first_id, pair.second_id): pair for pair in DuplicatePair.objects.all()}


# Keys ------------------------------------------------------------------------------------------------


def test_keys_follow_every_change_of_names_numbers_and_addresses(branch):
    lisa = add()

    def keys():
        return set(MatchKey.objects.filter(customer=lisa).values_list("key", flat=True))

    def right():
        return set(matching.keys_of(actions.records_of([lisa.pk])[lisa.pk]))

    assert "phone:+15124720142" in keys() == right()
    contact, site = lisa.contacts.get(), lisa.sites.get()
    changes = [
        lambda: actions.add_phone(contact.pk, number="(512) 472-0199"),
        lambda: actions.add_email(contact.pk, address="lisa.hall@example.com"),
        lambda: actions.remove_phone(contact.phones.get(digits="5124720142").pk),
        lambda: actions.edit_customer(lisa.pk, version=lisa.version, last_name="Winter"),
        lambda: actions.add_contact(lisa.pk, name="Rob Snow", phones=["(737) 472-0111"]),
        lambda: actions.add_site(lisa.pk, **{**SITE, "street": "9 Elm St"}),
        lambda: actions.edit_site(site.pk, version=site.version, now=NOW, street="77 Oak Ave"),
        lambda: actions.remove_email(contact.emails.get().pk),
        lambda: actions.edit_contact(
            contact.pk, version=contact.version, name="Bob", phones=["512 472 0100"]
        ),
    ]
    for change in changes:
        before = keys()
        change()
        assert keys() == right()
        assert keys() != before


# The search ------------------------------------------------------------------------------------------


def test_a_search_finds_copies_with_score_band_and_reasons_and_leaves_others(branch):
    lisa, copy = add(), add("Liz", phone="512-472-0142", street="4108 Ave F")
    add("Rob", "Snow", phone="(512) 472-0777", street="9 Elm St")
    found = find_duplicate_pairs(now=NOW)
    assert (found.fresh, found.waiting) == (1, 1)
    pair = pairs()[lisa.pk, copy.pk]
    assert (pair.state, pair.scoring) == (PairState.WAITING, str(matching.VERSION))
    assert ["phone same", matching.POINTS["phone same"]] in pair.reasons
    assert pair.history.count() == 1
    again = find_duplicate_pairs(now=NOW)
    assert (again.fresh, again.gone) == (0, 0)
    assert pair.history.count() == 1


def test_a_pair_that_was_decided_never_comes_back_and_one_that_changed_is_judged_anew(branch):
    lisa, copy = add(), add("Liz")
    find_duplicate_pairs(now=NOW)
    pair = DuplicatePair.objects.get()
    keep_apart(pair.pk, version=pair.version, because="Twins", now=NOW)
    find_duplicate_pairs(now=NOW)
    pair.refresh_from_db()
    assert (pair.state, pair.decided_because) == (PairState.NOT_DUPLICATE, "Twins")
    look_again(pair.pk, version=pair.version, now=NOW)
    actions.edit_customer(copy.pk, version=copy.version, first_name="Rob", last_name="Snow")
    actions.edit_contact(
        copy.contacts.get().pk, version=1, name="Rob Snow", is_primary=True, phones=["512 472 0777"]
    )
    site = copy.sites.get()
    actions.edit_site(site.pk, version=site.version, now=NOW, street="9 Elm St")
    assert find_duplicate_pairs(now=NOW).gone == 1
    assert pairs()[lisa.pk, copy.pk].state == PairState.GONE


def test_a_nightly_search_looks_only_at_who_changed(branch):
    add(), add("Liz")
    cut = clock.now() + timedelta(seconds=1)
    assert find_duplicate_pairs(now=NOW, changed_since=cut).compared == 0
    assert find_duplicate_pairs(now=NOW, changed_since=cut - timedelta(hours=1)).fresh == 1


def test_a_crowded_number_proves_nothing(branch, monkeypatch):
    monkeypatch.setattr(matching, "MOST_IN_A_GROUP", 2)
    for n, name in enumerate(("Ann Able", "Bo Baker", "Cy Cole")):
        add(*name.split(), street=f"{n + 1}{n}7 Elm St")
    assert find_duplicate_pairs(now=NOW).fresh == 0


def test_customers_that_came_without_keys_are_found_as_well(make_customer):
    for _ in range(2):
        make_customer(
            name="Lisa Hall", first_name="Lisa", last_name="Hall", phone="5124720142", street="9 Elm"
        )
    assert find_duplicate_pairs(now=NOW).fresh == 1
    assert MatchKey.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_customers(branch, django_assert_max_num_queries):
    for n in range(12):
        add(f"Lisa{n % 2}", phone=f"(512) 472-01{n:02}")
    with django_assert_max_num_queries(18):
        assert find_duplicate_pairs(now=NOW).fresh > 1


def test_a_verdict_without_a_search_and_an_old_look(branch):
    lisa, copy = add(), add()
    pair = say_not_the_same(copy.pk, lisa.pk, now=NOW, because="Mother and daughter")
    assert (pair.first, pair.second, pair.state) == (lisa, copy, PairState.NOT_DUPLICATE)
    with pytest.raises(Stale):
        look_again(pair.pk, version=pair.version - 1, now=NOW)
    look_again(pair.pk, version=pair.version, now=NOW)
    with pytest.raises(NotPossible):
        look_again(pair.pk, version=pair.version + 1, now=NOW)


def test_every_reason_and_veto_has_its_words():
    assert match_wording.WORDS.keys() >= matching.POINTS.keys()
    source = Path(scoring.__file__).read_text()
    assert [veto for veto in match_wording.VETOES if veto.removeprefix("other ") not in source] == []


# Before one is added ---------------------------------------------------------------------------------


def test_who_may_be_the_caller_is_told_with_reasons_in_three_queries(
    branch, casey, django_assert_max_num_queries
):
    lisa = add(email="lisa@example.com")
    spouse = {"phones": ["(512) 472-0142"], "first_name": "Rob", "last_name": "Snow"}
    with django_assert_max_num_queries(3):
        (found,) = find_lookalikes(casey, **spouse)
    assert (found.customer, found.because) == (lisa, ["the same phone number"])
    (found,) = find_lookalikes(casey, **SITE)
    assert (found.because, found.address) == (["the same address"], "4108 Avenue F, Austin, TX 78751")
    assert find_lookalikes(casey, first_name="Lisa", last_name="Hall", emails=["lisa@example.com"])
    assert find_lookalikes(casey, first_name="Zoe", last_name="Quill", phones=["(737) 555-0888"]) == []


def test_many_rows_are_asked_about_at_once(branch, django_assert_max_num_queries):
    lisa = add()
    rows = [
        matching.record(str(n), first_name="Liza", last_name="Hall", phones=["512 472 0142"])
        for n in range(9)
    ]
    with django_assert_max_num_queries(2):
        found = who_look_like([*rows, matching.record("x", first_name="Bo", last_name="Oak")])
    assert [[one.customer for one in likely] for likely in found] == [[lisa]] * 9 + [[]]


def test_a_program_is_told_who_is_there_and_may_insist(branch, casey):
    lisa = add()
    body = {"kind": "household", "first_name": "Lisa", "last_name": "Hall", "phones": ["512 472 0142"]}
    body["uuid"] = "5a1c1b0e-51a5-4a63-9a6e-0d1f4f7b0001"
    program = Program(casey)
    refused = program.post("customers/add/", body)
    assert refused.status_code == 409
    assert refused.json()["theirs"]["candidates"][0]["uuid"] == str(lisa.uuid)
    assert Customer.objects.count() == 1
    for _ in range(2):  # the same uuid again is the same customer, and no copy of itself
        made = program.post("customers/add/", {**body, "confirm_new": True})
        assert made.status_code == 201, made.json()
    assert Customer.objects.count() == 2
    assert program.post("customers/add/", body).json()["uuid"] == body["uuid"]


def test_a_program_merges_keeps_apart_and_undoes(branch, casey):
    lisa, copy, third = add(), add("Liz"), add("Lisa", phone="(512) 472-0999")
    find_duplicate_pairs(now=NOW)
    program = Program(casey)
    found = program.get("duplicates/", state="waiting").json()["results"]
    pair = next(row for row in found if row["second"]["uuid"] == str(third.uuid))
    assert any("the same last name (+27)" in row["reasons"] for row in found)
    kept = program.post(f"duplicates/{pair['uuid']}/keep-apart/", {"version": pair["version"]})
    assert kept.json()["state"] == "not_duplicate"
    body = {"version": 1, "other": str(copy.uuid), "other_version": 1, "take_from_other": ["name"]}
    assert program.post(f"customers/{lisa.uuid}/merge/", {**body, "other_version": 2}).status_code == 409
    merge = program.post(f"customers/{lisa.uuid}/merge/", body).json()
    assert Customer.objects.get(pk=lisa.pk).name == "Liz Hall"
    assert [row["uuid"] for row in program.get("merges/").json()["results"]] == [merge["uuid"]]
    actions.add_note(lisa.pk, body="After")
    undone = program.post(f"merges/{merge['uuid']}/undo/", {"because": "Twins"}).json()
    assert undone["left_behind"] == ["customer note After: added after the merge"]
    assert Customer.objects.get(pk=lisa.pk).name == "Lisa Hall"


def test_the_page_shows_the_copy_before_anything_is_saved(branch, casey_client: Client):
    lisa = add()
    posted = {
        "uuid": "5a1c1b0e-51a5-4a63-9a6e-0d1f4f7b0002", "kind": "household", "first_name": "Elisabeth",
        "last_name": "Hall", "phones": "512-472-0142", "terms": "Due on receipt", "is_taxable": "on",
        "branch": lisa.branch_id, **SITE,
    }  # fmt: skip
    page = casey_client.post(reverse("customers:add-customer"), posted)
    assert page.status_code == 422
    assert lisa.number in page.content.decode()
    assert casey_client.post(reverse("customers:add-customer"), {**posted, "anyway": "on"}).status_code == 302
    assert Customer.objects.count() == 2
