"""The queue of likely copies, two records side by side, merging and undoing by hand."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import actions
from customers.actions.duplicates import find_duplicate_pairs
from customers.models import Customer, DuplicatePair, Merge
from customers.states import PairState
from fsm.clock import now
from tests import factories as make
from tests.factories import instant
from tests.queue import run_queued_tasks

NOW = instant()
pytestmark = pytest.mark.django_db


def add(first="Lisa", last="Hall", n=142, street="4108 Avenue F", **more):
    return actions.add_customer(
        kind="household", first_name=first, last_name=last, phones=[f"(512) 472-0{n}"], now=NOW,
        site={"street": street, "city": "Austin", "state": "TX", "postal_code": "78751"}, **more,
    )  # fmt: skip


@pytest.fixture
def lisa(branch):
    return add()


@pytest.fixture
def liz(lisa):
    return add("Liz", lead_source="Yelp")


@pytest.fixture
def pair(lisa, liz):
    find_duplicate_pairs(now=NOW)
    return DuplicatePair.objects.get()


def url(name, *things):
    return reverse(f"customers:{name}", args=[getattr(thing, "uuid", thing) for thing in things])


def versions(survivor, loser, pair=None):
    found = {"survivor_version": survivor.version, "loser_version": loser.version}
    return found | ({"pair_version": pair.version} if pair else {})


def test_the_queue_shows_the_surest_first_with_reasons_and_a_count(pair, lisa, liz, casey_client):
    add("Rob", "Snow", 777, "9 Elm St"), add("Bob", "Snow", 778, "9 Elm Street")
    find_duplicate_pairs(now=NOW)
    page = casey_client.get(url("duplicates")).content.decode()
    bands = [pair.band for pair in DuplicatePair.objects.all()]
    assert page.count("data-pair") == len(bands) == 2
    assert "The same phone number" in page
    assert page.index(lisa.number) < page.index("Snow")
    home = casey_client.get(reverse("customers:customers")).content.decode()
    assert "Duplicates" in home
    only = casey_client.get(url("duplicates"), {"band": pair.band}).content.decode()
    assert only.count("data-pair") == bands.count(pair.band)


def test_whoever_may_not_merge_sees_neither_queue_nor_entry(pair, dana_client, bea_client):
    for client in (dana_client, bea_client):
        assert client.get(url("duplicates")).status_code == 403
        assert url("duplicates") not in client.get(reverse("customers:customers")).content.decode()


def test_two_records_side_by_side_are_merged_as_chosen_and_undone(pair, lisa, liz, casey, casey_client):
    make.JobFactory(customer=liz, site=liz.sites.get())
    page = casey_client.get(url("compare", lisa, liz)).content.decode()
    assert "Why they may be one" in page
    assert 'name="choice_name"' in page
    site = liz.sites.get()
    assert f'name="site_{site.uuid}"' in page
    mine = lisa.sites.get()
    posted = {
        **versions(lisa, liz, pair), "choice_name": "loser", "because": "Same phone",
        f"site_{site.uuid}": mine.uuid,
    }  # fmt: skip
    answer = casey_client.post(url("merge-customers", lisa, liz), posted)
    merge = Merge.objects.get()
    assert answer.headers["Location"] == url("merge", merge)
    lisa.refresh_from_db()
    site.refresh_from_db()
    assert (lisa.name, lisa.lead_source, site.is_active) == ("Liz Hall", "Yelp", False)
    assert (merge.merged_by, merge.because, DuplicatePair.objects.get().state) == (
        casey, "Same phone", PairState.MERGED,
    )  # fmt: skip
    assert liz.number in casey_client.get(url("merges")).content.decode()
    shown = casey_client.get(url("merge", merge)).content.decode()
    assert url("undo-merge", merge) in shown
    assert "jobs" in shown
    note = actions.add_note(lisa.pk, body="After the merge")
    casey_client.post(url("undo-merge", merge), {"because": "Sisters"})
    shown = casey_client.get(url("merge", merge)).content.decode()
    assert note.body in shown
    assert url("undo-merge", merge) not in shown
    assert Customer.objects.living().count() == 2
    again = casey_client.post(url("undo-merge", merge))
    assert again.status_code == 409


def test_a_merge_from_an_old_page_is_refused_and_keeps_what_was_chosen(pair, lisa, liz, casey_client):
    seen = versions(lisa, liz, pair)
    actions.edit_customer(liz.pk, version=liz.version, lead_source="Radio")
    answer = casey_client.post(url("merge-customers", lisa, liz), {**seen, "choice_name": "loser"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "was changed while you were looking" in page
    assert 'name="choice_name" value="loser" checked' in page
    assert not Merge.objects.exists()
    assert casey_client.post(url("merge-customers", lisa, liz), {}).status_code == 422


def test_one_click_merges_what_is_surely_the_same(pair, lisa, liz, casey_client):
    DuplicatePair.objects.update(band="auto")
    page = casey_client.get(url("duplicates")).content.decode()
    assert f'action="{url("merge-customers", lisa, liz)}"' in page
    assert casey_client.post(url("merge-customers", lisa, liz), versions(lisa, liz, pair)).status_code == 302


def test_they_are_two_and_the_question_can_be_asked_again(pair, lisa, liz, casey_client):
    casey_client.post(url("keep-apart", lisa, liz), {"because": "Twins"})
    pair.refresh_from_db()
    assert pair.state == PairState.NOT_DUPLICATE
    page = casey_client.get(url("compare", lisa, liz)).content.decode()
    assert "Twins" in page
    assert url("merge-customers", lisa, liz) in page
    answer = casey_client.post(url("merge-customers", lisa, liz), versions(lisa, liz))
    assert answer.status_code == 409
    assert "Twins" in casey_client.get(url("duplicates"), {"state": "not_duplicate"}).content.decode()
    casey_client.post(url("look-again", pair), {"version": pair.version})
    pair.refresh_from_db()
    assert pair.state == PairState.WAITING


def test_the_record_names_its_copies_and_what_went_into_it(pair, lisa, liz, casey_client, dana_client):
    record = casey_client.get(url("customer", lisa)).content.decode()
    assert url("compare", lisa, liz) in record
    assert url("choose-other", lisa) in record
    merge = actions.merge_customers(lisa.pk, liz.pk, now=now())
    record = casey_client.get(url("customer", lisa)).content.decode()
    assert url("merge", merge) in record
    assert "can be undone" in record
    assert url("merge", merge) not in dana_client.get(url("customer", lisa)).content.decode()


def test_two_whom_no_search_named_are_compared_by_number(lisa, branch, casey_client):
    other = add("Zoe", "Quill", 999, "77 Oak Ave")
    assert casey_client.get(url("choose-other", lisa)).status_code == 200
    found = casey_client.get(url("choose-other", lisa), {"other": other.number})
    assert found.headers["Location"] == url("compare", lisa, other)
    assert casey_client.get(url("compare", lisa, other)).status_code == 200
    for wrong in (lisa.number, "C999999"):
        assert casey_client.get(url("choose-other", lisa), {"other": wrong}).status_code == 422
    assert casey_client.get(url("compare", lisa, lisa)).status_code == 404
    assert casey_client.get(url("compare", lisa, uuid.uuid4())).status_code == 404


def test_what_lies_in_another_branch_is_not_there(pair, lisa, liz, casey, casey_client):
    elsewhere = make.BranchFactory()
    make.UserBranchFactory(user=casey, branch=elsewhere)
    assert casey_client.get(url("duplicates")).content.decode().count("data-pair") == 0
    assert casey_client.get(url("compare", lisa, liz)).status_code == 404
    assert casey_client.post(url("look-again", pair), {"version": 1}).status_code == 404


def test_the_search_can_be_started_by_hand(pair, casey_client):
    DuplicatePair.objects.all().delete()
    assert casey_client.post(url("search-duplicates")).status_code == 302
    assert run_queued_tasks() == ["customers.actions.duplicates.search_all"]
    assert DuplicatePair.objects.count() == 1


def asked(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_pages_cost_the_same_for_one_or_twenty(pair, lisa, liz, casey_client):
    actions.merge_customers(lisa.pk, add("Bo").pk, now=now())
    lisa.refresh_from_db()
    casey_client.get(url("duplicates"))
    addresses = [url("duplicates"), url("compare", lisa, liz), url("merges")]
    one = [asked(casey_client, address) for address in addresses]
    for n in range(20):
        add("Liz", n=300 + n, street=f"{10 + n} Elm St")
        copy = add("Liz", n=300 + n, street=f"{10 + n} Elm Street")
        make.CustomerNoteFactory(customer=liz)
        make.SiteFactory(customer=liz)
        if n < 10:
            actions.merge_customers(lisa.pk, copy.pk, now=now())
    find_duplicate_pairs(now=NOW)
    many = [asked(casey_client, address) for address in addresses]
    assert many == one
    assert max(many) <= 16
