"""Two customers become one and are taken apart again, with everything that hangs on them in every app."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.apps import apps
from django.urls import reverse

from customers import actions, movers
from customers.models import (
    ChannelConsent,
    Contact,
    Customer,
    CustomerNote,
    DuplicatePair,
    MatchKey,
    Merge,
    MergedRow,
    Site,
)
from customers.movers import movers_to, named_keys
from customers.querysets import find_customers
from customers.states import PairState
from customers.web.forms import CustomerForm
from fsm.attribution import attributed
from fsm.history import history_model, is_tracked
from fsm.references import Reference, fetch, resolve_many
from fsm.states import NotPossible, Stale
from tests import factories as make
from tests.api.conftest import Program
from tests.factories import instant
from tests.test_architecture import our_models

NOW = instant()
pytestmark = pytest.mark.django_db
RECORDS = (Customer, Site, Contact)
# What a merge leaves behind by design, and what is made anew.
BOOKS = {DuplicatePair, Merge, MergedRow, MatchKey}


@pytest.fixture
def lisa(make_customer):
    return make_customer(
        name="Lisa Hall", first_name="Lisa", last_name="Hall", phone="5125550142", tags=["vip"]
    )


@pytest.fixture
def hall(make_customer):
    return make_customer(name="L Hall", first_name="L", last_name="Hall", phone="5125550142", tags=["pool"])


def merge(survivor, loser, **more):
    return actions.merge_customers(survivor.pk, loser.pk, now=more.pop("now", NOW), **more)


def again(row):
    return type(row)._base_manager.get(pk=row.pk)


# What goes over --------------------------------------------------------------------------------------


def test_every_key_to_a_customer_a_site_or_a_contact_moves_or_says_why_not():
    keys = {
        (model, field.name)
        for model in our_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and field.related_model in RECORDS
    }
    assert {f"{model.__name__}.{field}" for model, field in keys - named_keys()} == set()
    assert {f"{model.__name__}.{field}" for model, field in named_keys() - keys} == set()


def hang_everything_on(customer, rng, most=2):
    """Rows of every kind that can point at a customer or its site, by each key that can."""
    sites = [customer.site, make.SiteFactory(customer=customer)]
    for mover in movers_to(Customer) + movers_to(Site):
        if mover.field == "merged_into" or mover.model in (Site, Contact):
            continue
        factory = getattr(make, f"{mover.model.__name__}Factory")
        for _ in range(rng.randint(0, most)):
            target = customer if mover.target is Customer else rng.choice(sites)
            factory(**{mover.field: target})
    for _ in range(rng.randint(0, most)):
        contact = make.ContactFactory(customer=customer, name=f"Ann {rng.randint(1, 3)}", is_primary=False)
        make.PhoneNumberFactory(contact=contact)
        make.ChannelConsentFactory(contact=contact, wish=rng.choice(["yes", "no"]))
    if rng.random() < 0.5:
        Contact.objects.filter(pk=customer.contact.pk).update(is_primary=False)
    if rng.random() < 0.3:
        into = make.CustomerFactory()
        actions.merge_customers(customer.pk, into.pk, now=NOW)
    customer = again(customer)
    customer.credit_hold = rng.random() < 0.5
    customer.do_not_service = rng.random() < 0.5
    customer.do_not_service_reason = "Bad cheques" if customer.do_not_service else ""
    customer.tags = rng.sample(["vip", "pool", "gate"], rng.randint(0, 3))
    customer.is_taxable = rng.random() < 0.5
    customer.billing_street = rng.choice(["", "1 Main St"])
    customer.save()


def everything():
    """Each row of each model with history, column by column; a version only counts up."""
    return {
        model: {
            row.pop("id", None) or row.get("pk"): {name: v for name, v in row.items() if name != "version"}
            for row in model._base_manager.values()
        }
        for model in our_models()
        if is_tracked(model) and model not in BOOKS
    }


@pytest.mark.parametrize("seed", range(4))
def test_undoing_a_merge_leaves_every_row_of_every_app_as_it_was(make_customer, seed):
    rng = random.Random(seed)
    survivor, loser = make_customer(phone="5125550142"), make_customer(phone="5125550142")
    if rng.random() < 0.5:
        survivor, loser = loser, survivor
    for customer in (survivor, loser):
        hang_everything_on(customer, rng)
    if rng.random() < 0.5:
        Customer.objects.filter(pk=survivor.pk).update(parent=loser, bill_to=loser)
    before = everything()
    choices = {
        group: rng.choice(["survivor", "loser"]) for group in ("name", "terms", "tax", "billing_address")
    }
    same = {loser.site.pk: survivor.site.pk} if rng.random() < 0.6 else {}
    done = merge(survivor, loser, chosen=choices, same_sites=same)
    for mover in movers_to(Customer):
        assert not mover.model._base_manager.filter(**{mover.field: loser.pk}).exists(), mover
    for old in same:
        assert not apps.get_model("equipment.unit").objects.filter(site=old).exists()
        assert not apps.get_model("dispatch.job").objects.filter(site=old).exists()
    assert everything() != before
    undone = actions.undo_merge(done.pk, now=NOW + timedelta(days=89))
    assert everything() == before
    assert undone.kept == []


def test_each_moved_row_has_one_version_and_one_record_of_what_it_said(lisa, hall):
    job = make.JobFactory(customer=hall, bill_to=hall, site=hall.site)
    history = history_model(type(job))._default_manager.filter(id=job.pk)
    versions = history.count()
    with attributed(source="web:merge"):
        done = merge(lisa, hall)
    assert history.count() == versions + 1
    assert history.latest("history_id").source == "web:merge"
    row = done.rows.get(model="dispatch.job")
    assert row.before == {"customer_id": hall.pk, "bill_to_id": hall.pk}
    assert row.after == {"customer_id": lisa.pk, "bill_to_id": lisa.pk}
    batches = {
        history_model(model)._default_manager.latest("history_id").batch for model in (type(job), Merge)
    }
    assert len(batches) == 1


def test_the_loser_stays_as_a_tombstone_and_its_tombstones_lead_on(lisa, hall, make_customer):
    oldest = make_customer()
    merge(hall, oldest)
    merge(lisa, hall)
    assert [(again(row).merged_into_id, again(row).is_active) for row in (hall, oldest)] == [
        (lisa.pk, False)
    ] * 2
    assert not MatchKey.objects.filter(customer__in=[hall, oldest]).exists()
    assert actions.hold_customer(oldest.pk) == lisa
    actions.add_note(oldest.pk, body="Called again")
    assert lisa.notes.get().body == "Called again"


# Which words stand -----------------------------------------------------------------------------------


def test_the_stricter_of_the_two_wins_and_tags_join(lisa, hall):
    Customer.objects.filter(pk=hall.pk).update(
        credit_hold=True, do_not_service=True, do_not_service_reason="Dog bit Tess"
    )
    merge(lisa, hall)
    stands = again(lisa)
    assert (stands.credit_hold, stands.do_not_service, stands.do_not_service_reason) == (
        True,
        True,
        "Dog bit Tess",
    )
    assert stands.tags == ["vip", "pool"]


def test_terms_and_tax_are_the_survivors_unless_chosen_and_blanks_are_filled(lisa, hall):
    Customer.objects.filter(pk=hall.pk).update(
        terms="Net 30", is_taxable=False, tax_certificate="X1", billing_street="1 Main St"
    )
    done = merge(lisa, hall)
    stands = again(lisa)
    assert (stands.terms, stands.is_taxable, stands.billing_street) == ("Due on receipt", True, "1 Main St")
    actions.undo_merge(done.pk, now=NOW)
    assert again(lisa).billing_street == ""
    DuplicatePair.objects.update(state=PairState.WAITING)
    merge(lisa, hall, chosen={"terms": "loser", "tax": "loser", "name": {"first_name": "Elisabeth"}})
    stands = again(lisa)
    assert (stands.terms, stands.is_taxable, stands.tax_certificate) == ("Net 30", False, "X1")
    assert stands.name == "Elisabeth Hall"


def test_no_beats_yes_where_two_contacts_are_one_person(lisa, hall):
    yes = make.ChannelConsentFactory(contact=lisa.contact, wish="yes")
    make.ChannelConsentFactory(contact=hall.contact, wish="no")
    make.ChannelConsentFactory(contact=hall.contact, wish="no", channel="email")
    other = make.ChannelConsentFactory(contact=make.ContactFactory(customer=lisa, name="Bob"), wish="yes")
    done = merge(lisa, hall)
    said = dict(ChannelConsent.objects.filter(contact=lisa.contact).values_list("channel", "wish"))
    assert said == {"text": "no", "email": "no"}
    assert again(other).wish == "yes"
    actions.undo_merge(done.pk, now=NOW)
    assert ChannelConsent.objects.get(contact=lisa.contact) == yes
    assert again(yes).wish == "yes"


def test_the_survivors_first_to_call_stays_the_first(lisa, hall):
    merge(lisa, hall)
    assert lisa.contacts.get(is_primary=True) == lisa.contact
    assert lisa.contacts.count() == 2


def test_one_place_instead_of_two(lisa, hall, make_unit):
    unit = make_unit(site=hall.site)
    owner = make.SiteRoleFactory(site=hall.site, kind="owner", customer=hall)
    make.SiteRoleFactory(site=lisa.site, kind="owner", customer=lisa)
    merge(lisa, hall, same_sites={hall.site.pk: lisa.site.pk})
    assert again(unit).site_id == lisa.site.pk
    assert again(hall.site).is_active is False
    assert again(owner).site_id == hall.site.pk  # one place has one owner
    with pytest.raises(NotPossible, match="does not belong"):
        merge(make.CustomerFactory(), lisa, same_sites={lisa.site.pk: hall.site.pk})


# Refusals --------------------------------------------------------------------------------------------


def test_what_cannot_be_merged(lisa, hall, make_customer):
    with pytest.raises(NotPossible, match="itself"):
        merge(lisa, lisa)
    with pytest.raises(Stale, match="changed while you were looking"):
        merge(lisa, hall, seen={hall.pk: 7})
    merge(lisa, hall)
    for survivor, loser in ((lisa, hall), (hall, make_customer())):
        with pytest.raises(NotPossible, match="already"):
            merge(survivor, loser)


def test_two_who_were_said_not_to_be_the_same_stay_two_even_under_another_name(lisa, hall, make_customer):
    stranger = make_customer()
    make.DuplicatePairFactory(first=hall, second=stranger, state=PairState.NOT_DUPLICATE, decided_at=NOW)
    merge(lisa, hall)
    with pytest.raises(NotPossible, match="not the same customer"):
        merge(lisa, stranger)


def test_an_old_look_at_the_pair_is_refused(lisa, hall):
    make.DuplicatePairFactory(first=lisa, second=hall, version=3)
    with pytest.raises(Stale, match="decided about this pair"):
        merge(lisa, hall, pair_version=2)


# Undoing ---------------------------------------------------------------------------------------------


def test_what_came_or_changed_since_stays_and_is_listed(lisa, hall, make_job):
    Customer.objects.filter(pk=hall.pk).update(credit_hold=True, lead_source="Yelp")
    note = make.CustomerNoteFactory(customer=hall)
    old = make_job(customer=hall)
    done = merge(lisa, hall)
    moved_on = make.CustomerFactory()
    CustomerNote.objects.filter(pk=note.pk).update(customer=moved_on)
    new = make_job(customer=lisa)
    fresh = actions.add_note(lisa.pk, body="After")
    actions.edit_customer(lisa.pk, version=again(lisa).version, lead_source="Radio")
    undone = actions.undo_merge(done.pk, now=NOW)
    assert {(kept.model, kept.key) for kept in undone.kept} == {
        (CustomerNote, note.pk),
        (CustomerNote, fresh.pk),
        (type(new), new.pk),
        (Customer, lisa.pk),
    }
    assert [again(row).customer_id for row in (old, new, fresh, note)] == [
        hall.pk, lisa.pk, lisa.pk, moved_on.pk,
    ]  # fmt: skip
    stands = again(lisa)
    assert (stands.credit_hold, stands.lead_source) == (False, "Radio")
    assert next(kept for kept in undone.kept if kept.key == new.pk and kept.model is type(new)).reference


def test_an_undo_remembers_that_they_are_not_the_same(lisa, hall, olivia):
    done = merge(lisa, hall)
    actions.undo_merge(done.pk, now=NOW, by=olivia, because="Mother and daughter")
    pair = DuplicatePair.objects.get()
    assert (pair.state, pair.decided_by, pair.decided_because) == (
        PairState.NOT_DUPLICATE,
        olivia,
        "Mother and daughter",
    )
    with pytest.raises(NotPossible, match="not the same customer"):
        merge(lisa, hall)
    with pytest.raises(NotPossible, match="already"):
        actions.undo_merge(done.pk, now=NOW)
    assert MatchKey.objects.filter(customer=hall).exists()


def test_a_merge_can_be_undone_until_the_ninetieth_day_and_the_last_one_first(lisa, hall, make_customer):
    done = merge(lisa, hall)
    boss = make_customer()
    last = merge(boss, lisa)
    with pytest.raises(NotPossible, match="Undo that merge first"):
        actions.undo_merge(done.pk, now=NOW)
    actions.undo_merge(last.pk, now=NOW + timedelta(days=90))
    with pytest.raises(NotPossible, match="90 days"):
        actions.undo_merge(done.pk, now=NOW + timedelta(days=90, seconds=1))
    assert again(hall).merged_into_id == lisa.pk


def test_what_a_later_merge_says_too_is_not_taken_back(lisa, hall, make_customer):
    third = make_customer(credit_hold=True)
    Customer.objects.filter(pk=hall.pk).update(credit_hold=True)
    first = merge(lisa, hall)
    merge(lisa, third)
    undone = actions.undo_merge(first.pk, now=NOW)
    assert again(lisa).credit_hold is True
    assert any("credit hold" in kept.label for kept in undone.kept)


def test_how_much_would_move_is_counted_in_one_query(lisa, hall, django_assert_num_queries):
    make.JobFactory(customer=hall, bill_to=hall, site=hall.site)
    with django_assert_num_queries(1):
        counts = movers.count_what_hangs_on([lisa.pk, hall.pk])
    assert counts[hall.pk][Site] == 1
    assert counts[hall.pk][apps.get_model("dispatch.job")] == 1


def test_what_came_to_the_tombstone_late_is_brought_over_and_goes_back(lisa, hall):
    done = merge(lisa, hall)
    late = make.JobFactory(customer=hall, bill_to=hall, site=lisa.site)
    assert actions.bring_stragglers() == 2
    assert (again(late).customer_id, again(late).bill_to_id) == (lisa.pk, lisa.pk)
    assert actions.bring_stragglers() == 0
    actions.undo_merge(done.pk, now=NOW)
    assert (again(late).customer_id, again(late).bill_to_id) == (hall.pk, hall.pk)


def test_open_questions_about_the_loser_are_settled_and_come_back(lisa, hall, make_customer):
    third = make_customer()
    pair = make.DuplicatePairFactory(first=hall, second=third)
    done = merge(lisa, hall)
    assert again(pair).state == PairState.GONE
    actions.undo_merge(done.pk, now=NOW)
    assert again(pair).state == PairState.WAITING


# Where old names lead ---------------------------------------------------------------------------------


def test_old_names_lead_to_the_survivor_by_every_door(lisa, hall, casey, casey_client, make_job):
    """The page, the API, a reference, a search, and a form that names who pays."""
    merge(lisa, hall)
    page = casey_client.get(reverse("customers:customer", args=[hall.uuid]), follow=True)
    assert page.redirect_chain == [(reverse("customers:customer", args=[lisa.uuid]), 302)]
    assert "was merged into this one" in page.content.decode()
    reference = Reference("customer", hall.uuid)
    assert fetch(reference, casey) == lisa
    assert resolve_many([reference], casey)[reference].url.endswith(f"{lisa.uuid}/")
    assert [found.pk for found in find_customers(hall.number, casey)] == [lisa.pk]
    assert [found.pk for found in find_customers("L Hall", casey)] == [lisa.pk]
    assert not Customer.objects.visible_to(casey).filter(pk=hall.pk).exists()
    answer = Program(casey).get(f"customers/{hall.uuid}/")
    assert answer.json()["uuid"] == str(lisa.uuid)
    third = make.CustomerFactory()
    form = CustomerForm.initial_of(third) | {"bill_to": hall.number}
    posted = {name: "" if value is None else value for name, value in form.items()}
    casey_client.post(reverse("customers:edit-customer", args=[third.uuid]), posted)
    assert again(third).bill_to_id == lisa.pk
    assert make_job(customer=hall, site=lisa.site).customer_id == lisa.pk
