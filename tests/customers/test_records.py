from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction

from customers import actions
from customers.models import Contact, Customer, CustomerNote, PhoneNumber, Site
from fsm.attribution import attributed
from fsm.states import NotPossible, Stale
from tests.factories import instant

NOW = instant()
SITE = {"street": "4108 avenue f apt 2", "city": "austin", "state": "tx", "postal_code": "78751"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def lisa(branch):
    return actions.add_customer(
        kind="household",
        first_name=" Lisa ",
        last_name="Hall",
        phones=["(512) 555-0142 cell", "512-555-0143"],
        emails=["Lisa.Hall@Example.com"],
        site=SITE,
        now=NOW,
    )


def test_a_new_customer_comes_with_number_contact_phones_and_site(lisa):
    contact, site = lisa.contacts.get(), lisa.sites.get()
    assert (lisa.name, lisa.number) == ("Lisa Hall", "C1001")
    assert contact.name == "Lisa Hall"
    assert contact.is_primary
    assert [(phone.e164, phone.label, phone.is_primary) for phone in contact.phones.all()] == [
        ("+15125550142", "cell", True),
        ("+15125550143", "", False),
    ]
    assert contact.emails.get().address == "lisa.hall@example.com"
    assert site.one_line == "4108 Avenue F Apt 2, Austin, TX 78751"
    assert site.time_zone == "America/Chicago"


def test_two_spellings_of_one_address_have_the_same_match_key(lisa):
    other = actions.add_site(
        lisa.pk, street="4108 Avenue F #2", city="Austin", state="TX", postal_code="78751-1234"
    )
    assert other.match_key == lisa.sites.exclude(pk=other.pk).get().match_key


def test_the_same_customer_sent_twice_is_one(branch):
    same = uuid.uuid4()
    first, second = (
        actions.add_customer(uuid=same, kind="household", last_name="Hall", now=NOW) for _ in range(2)
    )
    assert first == second
    assert Customer.objects.count() == 1


def test_nothing_is_kept_of_a_customer_whose_phone_is_no_phone(branch):
    with pytest.raises(NotPossible, match="not a phone number") as refusal:
        actions.add_customer(kind="household", last_name="Hall", phones=["call me"], now=NOW)
    assert refusal.value.field == "phones"
    assert not Customer.objects.exists()
    taken = actions.add_customer(kind="household", last_name="Hall", now=NOW)
    assert taken.number == "C1001"


def test_a_company_is_called_by_its_name_and_needs_one(branch):
    made = actions.add_customer(
        kind="company", company_name="Riverside Dental", first_name="Ann", last_name="Cho", now=NOW
    )
    assert made.name == "Riverside Dental"
    with pytest.raises(NotPossible, match="needs the company"):
        actions.add_customer(kind="company", now=NOW)


@pytest.mark.parametrize(("field", "value"), [("street", ""), ("city", ""), ("state", "QQ"), ("state", "")])
def test_a_site_that_cannot_be_found_is_refused(lisa, field, value):
    with pytest.raises(NotPossible) as refusal:
        actions.add_site(lisa.pk, **{**SITE, field: value})
    assert refusal.value.field == field


def test_an_edit_from_an_old_page_is_refused_and_shows_what_stands_there(lisa):
    with attributed(actor_name="Dana Whitfield"):
        actions.edit_customer(lisa.pk, version=1, terms="Net 30")
    with pytest.raises(Stale, match="Dana Whitfield changed this customer") as stale:
        actions.edit_customer(lisa.pk, version=1, terms="Net 15")
    assert stale.value.theirs == {"Terms": "Net 30"}
    lisa.refresh_from_db()
    assert (lisa.terms, lisa.version) == ("Net 30", 2)


def test_an_edit_changes_the_name_with_its_parts_and_keeps_a_given_one(lisa):
    assert actions.edit_customer(lisa.pk, version=1, last_name="Garza").name == "Lisa Garza"
    assert actions.edit_customer(lisa.pk, version=2, first_name="", last_name="").name == "Lisa Garza"


def test_a_customer_is_never_its_own_parent_nor_its_own_payer(lisa):
    with pytest.raises(NotPossible, match="part of itself"):
        actions.edit_customer(lisa.pk, version=1, parent_id=lisa.pk)
    assert actions.edit_customer(lisa.pk, version=1, bill_to_id=lisa.pk).bill_to is None
    lisa.parent = lisa
    with pytest.raises(IntegrityError), transaction.atomic():
        lisa.save()


def test_unknown_fields_are_a_mistake_of_the_caller(lisa):
    with pytest.raises(TypeError, match="version_2"):
        actions.edit_customer(lisa.pk, version=1, version_2=1)


def test_refusing_service_needs_a_reason_and_can_be_undone(lisa):
    with pytest.raises(NotPossible, match="why"):
        actions.set_do_not_service(lisa.pk, on=True, reason="  ")
    refused = actions.set_do_not_service(lisa.pk, on=True, reason="Threatened a technician")
    assert (refused.do_not_service, refused.do_not_service_reason) == (True, "Threatened a technician")
    allowed = actions.set_do_not_service(lisa.pk, on=False)
    assert (allowed.do_not_service, allowed.do_not_service_reason, allowed.version) == (False, "", 3)


def test_credit_hold_goes_on_and_off(lisa):
    assert actions.set_credit_hold(lisa.pk, on=True).credit_hold
    assert not actions.set_credit_hold(lisa.pk, on=False).credit_hold


def test_a_moved_site_forgets_where_it_was_on_the_map(lisa):
    site = lisa.sites.get()
    site.latitude, site.longitude = 30, -97
    site.save()
    assert actions.edit_site(site.pk, version=1, now=instant(), gate_code="#4471").site.latitude is not None
    moved = actions.edit_site(
        site.pk, version=2, now=instant(), street="77 Lake Austin Boulevard", unit=""
    ).site
    assert (moved.latitude, moved.street) == (None, "77 Lake Austin Blvd")
    with pytest.raises(Stale):
        actions.edit_site(site.pk, version=2, now=instant(), street="1 Elsewhere St")
    assert Site.objects.get().version == 3


def test_a_site_in_another_state_keeps_its_own_time(lisa):
    site = actions.add_site(lisa.pk, street="1 Main St", city="El Paso", state="TX", postal_code="79901")
    assert site.time_zone == "America/Denver"


def test_only_one_contact_is_the_first_to_call(lisa):
    first = lisa.contacts.get()
    second = actions.add_contact(lisa.pk, name="Bernard Quill", is_primary=True, phones=["512-555-0155"])
    first.refresh_from_db()
    assert (first.is_primary, second.is_primary) == (False, True)
    actions.edit_contact(first.pk, version=first.version, name="Lisa Hall", is_primary=True)
    assert [contact.name for contact in Contact.objects.filter(is_primary=True)] == ["Lisa Hall"]


def test_a_contact_s_numbers_are_those_of_the_list_and_the_old_ones_stay_in_history(lisa):
    contact = lisa.contacts.get()
    kept = contact.phones.get(e164="+15125550143")
    actions.edit_contact(
        contact.pk,
        version=1,
        name="Lisa Hall",
        is_primary=True,
        phones=["512.555.0143 ext 7", "(512) 555-0143 home"],
        emails=[],
    )
    assert [(p.e164, p.extension, p.label, p.is_primary) for p in contact.phones.order_by("-is_primary")] == [
        ("+15125550143", "7", "", True),
        ("+15125550143", "", "home", False),
    ]
    assert contact.phones.get(extension="").pk == kept.pk
    assert not contact.emails.exists()
    gone = PhoneNumber.history.filter(e164="+15125550142", history_type="-").get()
    assert gone.source == "test"


def test_a_contact_edited_from_an_old_page_is_refused(lisa):
    contact = lisa.contacts.get()
    actions.edit_contact(contact.pk, version=1, name="Lisa M. Hall", is_primary=True)
    with pytest.raises(Stale) as stale:
        actions.edit_contact(contact.pk, version=1, name="L. Hall", is_primary=True)
    assert stale.value.theirs == {"Name": "Lisa M. Hall"}


def test_phones_and_e_mails_come_and_go_one_by_one(lisa):
    contact = lisa.contacts.get()
    (added,) = actions.add_phone(contact.pk, number="737 555 0101", label="work")
    assert actions.add_phone(contact.pk, number="(737) 555-0101") == [added]
    actions.remove_phone(added.pk)
    email = actions.add_email(contact.pk, address="office@example.com")
    assert actions.add_email(contact.pk, address="OFFICE@example.com") == email
    actions.remove_email(email.pk)
    assert contact.phones.count() == 2
    with pytest.raises(NotPossible, match="not an e-mail"):
        actions.add_email(contact.pk, address="office at example")


def test_a_note_carries_who_wrote_it_and_is_written_once(lisa, casey):
    key = uuid.uuid4()
    with attributed(user=casey):
        for _ in range(2):
            actions.add_note(lisa.pk, body=" Two dogs. ", uuid=key)
    note = CustomerNote.objects.get()
    assert (note.body, note.author, note.author_name) == ("Two dogs.", casey, "Casey Nolan")
    assert actions.pin_note(note.pk, pinned=True).is_pinned
    with pytest.raises(NotPossible, match="empty"):
        actions.add_note(lisa.pk, body="  ")


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_at_once_one_wins_and_the_other_is_told(branch, at_once):
    customer = actions.add_customer(kind="household", last_name="Hall", now=NOW)
    outcomes = at_once(
        2, lambda number: actions.edit_customer(customer.pk, version=1, lead_source=f"Source {number}")
    )
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert isinstance(next(o.error for o in outcomes if not o.won), Stale)


@pytest.mark.django_db(transaction=True)
def test_customers_added_at_once_have_numbers_of_their_own(branch, at_once):
    outcomes = at_once(4, lambda: actions.add_customer(kind="household", last_name="Hall", now=NOW).number)
    assert sorted(outcome.result for outcome in outcomes) == ["C1001", "C1002", "C1003", "C1004"]
