"""The trace itself: whose chain a thing belongs to, what is told of a version, and what is not."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from fsm import trace
from fsm.attribution import attributed, because, rooted
from fsm.references import Reference, ref_of
from fsm.trace import Step, of_batch, origins, root_of, roots, story, timeline, traces
from tests.conftest import client_of
from tests.factories import CustomerFactory, SiteFactory, UserFactory, instant

ROOT = uuid.UUID(int=5)


@pytest.fixture(autouse=True)
def _own_registries(monkeypatch):
    monkeypatch.setattr(trace, "_roots", {})
    monkeypatch.setattr(trace, "_origins", {})
    monkeypatch.setattr(trace, "_tracers", [])


def told(steps):
    return [(step.what, step.verb) for step in steps]


def test_a_thing_belongs_to_its_own_chain_unless_somebody_said_otherwise(db):
    customer = CustomerFactory()
    assert root_of(customer) == ref_of(customer)
    roots("customer")(lambda found: f"job:{ROOT}")
    assert root_of(customer) == Reference("job", ROOT)
    roots("customer")(lambda found: "")
    assert root_of(customer) == ref_of(customer)


def test_a_story_tells_the_chain_and_the_thing_itself_once_each_in_order(db):
    roots("customer")(lambda found: f"job:{ROOT}")
    customer = CustomerFactory()
    with rooted("job", ROOT):
        customer.name = "Lisa Hall-Ruiz"
        customer.save()
        site = SiteFactory(customer=customer)
    site.street = "Not of this chain"
    site.save()
    steps = story(customer)
    assert told(steps) == [("Customer", "made"), ("Customer", "changed"), ("Site", "made")]
    assert [step.when for step in steps] == sorted(step.when for step in steps)


def test_what_a_chain_stands_on_is_told_by_its_making_only(db):
    customer = CustomerFactory()
    customer.name = "Renamed"
    customer.save()
    origins("job")(lambda unique: [customer])
    assert told(trace.chain(f"job:{ROOT}")) == [("Customer", "made")]


def test_append_only_tables_tell_their_own_steps(db):
    @traces
    def rows_for(root):
        yield Step(instant(), "Stock movement", "used", "Tess", "technician", "", None)

    assert told(trace.chain(f"job:{ROOT}")) == [("Stock movement", "used")]


def test_a_change_is_told_in_words_before_and_after(db):
    customer = CustomerFactory(kind="household")
    other = CustomerFactory(name="Parent company")
    customer.kind, customer.parent, customer.credit_hold = "property_manager", other, True
    with because("merged"):
        customer.save()
    [change] = [step for step in timeline(customer) if step.verb == "changed"]
    assert {(c.label, c.before, c.after) for c in change.changes} == {
        ("kind", "Household", "Property manager"),
        ("part of", "", "Parent company"),
        ("credit hold", "no", "yes"),
    }
    assert change.reason == "merged"


def test_a_version_that_changed_nothing_is_not_told(db):
    customer = CustomerFactory()
    customer.save()
    assert told(timeline(customer)) == [("Customer", "made")]


def test_gate_codes_and_access_notes_are_never_told(casey):
    site = SiteFactory(gate_code="4471", access_notes="Key under the pot")
    site.gate_code = "9932"
    site.save()
    words = str(timeline(site))
    assert "gate code" in words
    for secret in ("4471", "9932", "Key under the pot"):
        assert secret not in words
    page = client_of(casey).get(reverse("fsm:trace", args=["site", site.uuid])).content.decode()
    assert "•••" in page
    assert "4471" not in page


def test_internal_columns_are_not_told(db):
    labels = {change.label for step in timeline(SiteFactory()) for change in step.changes}
    assert labels
    assert not labels & {"match key", "version", "uuid", "ID"}


def test_a_batch_is_everything_one_request_changed(db):
    CustomerFactory()  # which makes branch and counter
    with attributed(batch=uuid.uuid4()) as who:
        SiteFactory()
    CustomerFactory()
    assert sorted(told(of_batch(who.batch))) == [("Customer", "made"), ("Site", "made")]


def test_the_page_shows_who_why_and_what(casey):
    customer = CustomerFactory(name="Lisa Hall")
    with attributed(user=UserFactory(name="Nora Vance"), source="board"), because("she asked for it"):
        customer.credit_hold = True
        customer.save()
    page = client_of(casey).get(reverse("fsm:trace", args=["customer", customer.uuid])).content.decode()
    for words in ("Lisa Hall", "Nora Vance", "board", "she asked for it", "credit hold"):
        assert words in page


@pytest.mark.parametrize("versions", [1, 20])
def test_the_page_costs_the_same_for_one_version_or_20(casey, versions, django_assert_max_num_queries):
    customer = CustomerFactory()
    for number in range(versions):
        customer.name = f"Hall {number}"
        customer.save()
    client = client_of(casey)
    url = reverse("fsm:trace", args=["customer", customer.uuid])
    client.get(url)
    # session, person, frame, the row, branch limits, company, versions and earlier ones, their branch,
    # which histories know the chain, label of the link
    with django_assert_max_num_queries(13):
        assert client.get(url).status_code == 200
