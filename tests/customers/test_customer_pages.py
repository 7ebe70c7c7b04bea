from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import actions
from customers.models import Communication, Contact, Customer, CustomerNote
from fsm.finders import search
from tests.conftest import client_of
from tests.factories import (
    BranchFactory,
    CommunicationFactory,
    ContactFactory,
    CustomerNoteFactory,
    EmailAddressFactory,
    PhoneNumberFactory,
    SiteFactory,
    UserBranchFactory,
    instant,
)

NOW = instant()
NEW = {
    "kind": "household",
    "first_name": "Lisa",
    "last_name": "Hall",
    "phones": "(512) 555-0142 cell",
    "emails": "lisa@example.com",
    "street": "4108 Avenue F",
    "city": "Austin",
    "state": "TX",
    "postal_code": "78751",
    "terms": "Due on receipt",
    "is_taxable": "on",
}
pytestmark = pytest.mark.django_db


def cost(client, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_list_costs_the_same_for_one_customer_or_twenty(casey_client, make_customer):
    url = reverse("customers:customers")
    make_customer()
    casey_client.get(url)
    one = cost(casey_client, url)
    for _ in range(19):
        make_customer()
    assert cost(casey_client, url) == one <= 9


def test_the_record_costs_the_same_however_much_is_on_it(casey_client, make_customer):
    customer = make_customer()
    url = reverse("customers:customer", args=[customer.uuid])
    CustomerNoteFactory(customer=customer)
    CommunicationFactory(customer=customer)
    casey_client.get(url)
    one = cost(casey_client, url)
    for _ in range(20):
        contact = ContactFactory(customer=customer, is_primary=False)
        PhoneNumberFactory(contact=contact)
        EmailAddressFactory(contact=contact)
        SiteFactory(customer=customer)
        CustomerNoteFactory(customer=customer)
        CommunicationFactory(customer=customer)
    assert cost(casey_client, url) == one <= 20


def test_the_record_shows_whom_to_call_where_and_what_to_know_first(casey_client, make_customer):
    customer = make_customer(name="Lisa Hall", phone="5125550142", email="lisa@example.com")
    actions.set_do_not_service(customer.pk, on=True, reason="Threatened a technician")
    actions.set_credit_hold(customer.pk, on=True)
    actions.edit_customer(customer.pk, version=3, is_taxable=False)
    page = casey_client.get(reverse("customers:customer", args=[customer.uuid])).content.decode()
    for words in (
        "tel:+15125550142",
        "(512) 555-0142",
        "mailto:lisa@example.com",
        "Threatened a technician",
        "On credit hold",
        "Tax exempt",
        customer.site.street,
    ):
        assert words in page
    assert "Book a call" not in page.split("<main")[1].split("page-body")[0]


def test_gate_codes_stand_on_no_list_and_no_record(casey_client, make_customer):
    customer = make_customer(site={"gate_code": "#44719", "access_notes": "Key in the lockbox 8812"})
    for name in ("customers:customers", "customers:find"):
        assert b"44719" not in casey_client.get(reverse(name), {"q": customer.name}).content
    record = casey_client.get(reverse("customers:customer", args=[customer.uuid])).content
    assert b"44719" not in record
    assert b"8812" not in record
    site = casey_client.get(reverse("customers:site", args=[customer.site.uuid])).content
    assert b"44719" in site


@pytest.mark.parametrize("filters", [
    {"kind": "household"}, {"standing": "do_not_service"}, {"standing": "left"}, {"q": "0142"},
    {"sort": "-name"}, {"sort": "'; drop"}, {"page": "-3"}, {"kind": "x' or 1=1"}, {"q": "\x00%"},
])  # fmt: skip
def test_the_list_takes_any_search_filter_and_sort(casey_client, make_customer, filters):
    make_customer()
    assert casey_client.get(reverse("customers:customers"), filters).status_code == 200


def test_the_list_is_narrowed_by_standing_and_by_what_is_typed(casey_client, make_customer):
    make_customer(name="Refused Ralph", do_not_service=True, do_not_service_reason="Threats")
    make_customer(name="Gone Gina", is_active=False)
    make_customer(name="Plain Pat")
    url = reverse("customers:customers")
    queries = {"dns": {"standing": "do_not_service"}, "left": {"standing": "left"}, "pat": {"q": "pat plain"}}
    shown = {
        key: casey_client.get(url, query).content.decode().split("<tbody")[1]
        for key, query in queries.items()
    }
    assert ["Ralph" in shown["dns"], "Gina" in shown["dns"], "Pat" in shown["dns"]] == [True, False, False]
    assert ["Ralph" in shown["left"], "Gina" in shown["left"], "Pat" in shown["left"]] == [False, True, False]
    assert ["Ralph" in shown["pat"], "Gina" in shown["pat"], "Pat" in shown["pat"]] == [False, False, True]


def test_a_caller_is_added_from_one_page(casey_client, branch):
    answer = casey_client.post(
        reverse("customers:add-customer"), NEW | {"gate_code": "#1", "note": "Two dogs."}
    )
    customer = Customer.objects.get()
    assert answer.url == reverse("customers:customer", args=[customer.uuid])
    assert customer.sites.get().gate_code == "#1"
    assert customer.notes.get().author_name == "Casey Nolan"
    assert set(customer.history.values_list("source", "actor_name")) == {("office", "Casey Nolan")}


def test_pressing_save_twice_adds_one_customer(casey_client, branch):
    for _ in range(2):
        casey_client.post(
            reverse("customers:add-customer"), NEW | {"uuid": str(uuid.UUID(int=7)), "anyway": "1"}
        )
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(("typed", "words"), [
    ({"last_name": "", "first_name": ""}, "Give the first or the last name."),
    ({"kind": "company"}, "Give the company&#x27;s name."),
    ({"postal_code": "10001"}, "10001 is not in Texas."),
    ({"postal_code": "787"}, "A ZIP has five digits"),
    ({"phones": "call me"}, "is not a phone number"),
    ({"emails": "lisa at example"}, "is not an e-mail address"),
    ({"street": ""}, "This field is required."),
])  # fmt: skip
def test_a_mistake_is_said_and_nothing_typed_is_lost(casey_client, branch, typed, words):
    answer = casey_client.post(reverse("customers:add-customer"), NEW | {"note": "Two dogs."} | typed)
    assert answer.status_code in (409, 422)
    page = answer.content.decode()
    assert words in page
    assert "Two dogs." in page
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "same", [{"phones": "512.555.0142"}, {"street": "4108 ave. F", "postal_code": "78751"}]
)
def test_somebody_with_the_same_number_or_address_is_shown_before_anything_is_saved(
    casey_client, branch, same
):
    casey_client.post(reverse("customers:add-customer"), NEW)
    other = {"last_name": "Garza", "phones": "737-555-0199", "street": "1 Other St", "postal_code": "78702"}
    answer = casey_client.post(reverse("customers:add-customer"), NEW | other | same)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "It is this one" in page
    assert "Lisa Hall" in page
    assert Customer.objects.count() == 1
    casey_client.post(reverse("customers:add-customer"), NEW | other | same | {"anyway": "1"})
    assert Customer.objects.count() == 2


def test_lookalikes_show_while_one_types(casey_client, make_customer):
    customer = make_customer(name="Lisa Hall", phone="5125550142")
    answer = casey_client.get(reverse("customers:lookalikes"), {"phones": "(512) 555-0142"})
    assert customer.name in answer.content.decode()
    nobody = casey_client.get(reverse("customers:lookalikes"), {"phones": "(512) 555-0199"})
    assert b"It is this one" not in nobody.content


def test_a_caller_added_while_booking_leads_back_to_the_booking(casey_client, branch):
    url = reverse("customers:add-customer") + "?phone=5125550142&next=/book/%3Fsummary%3Dno%2520cool"
    page = casey_client.get(url).content.decode()
    assert "5125550142" in page
    answer = casey_client.post(url, NEW | {"next": "/book/?summary=no%20cool"})
    customer = Customer.objects.get()
    assert answer.url == f"/book/?summary=no+cool&customer={customer.uuid}&site={customer.sites.get().uuid}"


def test_nobody_is_sent_to_another_house(casey_client, branch):
    answer = casey_client.post(reverse("customers:add-customer"), NEW | {"next": "https://evil.example/"})
    assert answer.url.startswith("/customers/")


def edited(customer, **changed):
    return {
        "version": customer.version, "kind": customer.kind, "company_name": customer.name,
        "terms": customer.terms, "is_taxable": "on", "is_active": "on", **changed,
    }  # fmt: skip


def test_an_edit_from_an_old_page_keeps_what_was_typed_and_shows_what_stands_there(
    casey_client, make_customer
):
    customer = make_customer(name="Riverside Dental", kind="company")
    url = reverse("customers:edit-customer", args=[customer.uuid])
    actions.edit_customer(customer.pk, version=1, terms="Net 60")
    answer = casey_client.post(url, edited(customer, terms="Net 15", lead_source="Mailer"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Net 60" in page.split("What stands there now")[1][:400]
    assert 'value="Mailer"' in page
    assert 'name="version" value="2"' in page
    assert casey_client.post(url, edited(customer, terms="Net 15", version=2)).status_code == 302
    customer.refresh_from_db()
    assert customer.terms == "Net 15"


def test_bills_go_to_a_customer_named_by_number(casey_client, make_customer):
    customer, manager = make_customer(), make_customer(name="Pecan Street Property")
    url = reverse("customers:edit-customer", args=[customer.uuid])
    assert casey_client.post(url, edited(customer, bill_to=manager.number.lower())).status_code == 302
    customer.refresh_from_db()
    assert customer.bill_to == manager
    unknown = casey_client.post(url, edited(customer, bill_to="C999999"))
    assert unknown.status_code == 409
    assert b"No customer has the number" in unknown.content


def test_sites_and_contacts_are_added_and_edited(casey_client, make_customer):
    customer = make_customer()
    address = {
        "street": "77 Lake Austin Blvd",
        "city": "Austin",
        "state": "TX",
        "postal_code": "78703",
        "is_active": "on",
    }
    answer = casey_client.post(reverse("customers:add-site", args=[customer.uuid]), address)
    site = customer.sites.get(street__startswith="77")
    assert answer.url == reverse("customers:site", args=[site.uuid])
    assert b"77 LAKE AUSTIN BLVD, AUSTIN, TX 78703" in casey_client.get(answer.url).content
    edit = reverse("customers:edit-site", args=[site.uuid])
    assert casey_client.post(edit, address | {"version": 1, "name": "Lake house"}).status_code == 302
    stale = casey_client.post(edit, address | {"version": 1, "name": "Boat house"})
    assert stale.status_code == 409
    assert b"Lake house" in stale.content
    contact = {
        "name": "Bernard Quill",
        "phones": "512 555 0155\n737-555-0100 work",
        "emails": "b@example.com",
    }
    casey_client.post(reverse("customers:add-contact", args=[customer.uuid]), contact)
    made = Contact.objects.get(name="Bernard Quill")
    assert made.phones.count() == 2
    url = reverse("customers:edit-contact", args=[made.uuid])
    assert b"(737) 555-0100 work" in casey_client.get(url).content
    gone = casey_client.post(url, contact | {"version": 1, "phones": "512 555 0155"})
    assert gone.status_code == 302
    made.refresh_from_db()
    assert (made.phones.count(), made.is_active) == (1, False)


def test_a_note_pressed_twice_is_one_and_can_be_kept_on_top(casey_client, make_customer):
    customer = make_customer()
    url = reverse("customers:add-note", args=[customer.uuid])
    for _ in range(2):
        casey_client.post(url, {"body": "Two dogs.", "once": str(uuid.UUID(int=9))})
    note = CustomerNote.objects.get()
    casey_client.post(reverse("customers:pin-note", args=[note.uuid]))
    note.refresh_from_db()
    assert note.is_pinned
    empty = casey_client.post(url, {"body": ""})
    assert empty.status_code == 422


def test_service_is_refused_and_allowed_from_the_record(casey_client, make_customer):
    customer = make_customer()
    refuse = reverse("customers:refuse-service", args=[customer.uuid])
    assert casey_client.post(refuse, {"reason": ""}).status_code == 409
    casey_client.post(refuse, {"reason": "Threats"})
    customer.refresh_from_db()
    assert customer.do_not_service
    casey_client.post(reverse("customers:allow-service", args=[customer.uuid]))
    casey_client.post(reverse("customers:hold-credit", args=[customer.uuid]))
    customer.refresh_from_db()
    assert (customer.do_not_service, customer.credit_hold) == (False, True)
    casey_client.post(reverse("customers:release-credit", args=[customer.uuid]))
    customer.refresh_from_db()
    assert not customer.credit_hold


def test_another_branch_s_customer_is_not_there(casey, make_customer):
    customer = make_customer()
    message = CommunicationFactory(customer=customer)
    UserBranchFactory(user=casey, branch=BranchFactory(name="Waco"))
    client = client_of(casey)
    for name, unique in (
        ("customer", customer.uuid),
        ("edit-customer", customer.uuid),
        ("site", customer.site.uuid),
        ("edit-contact", customer.contact.uuid),
        ("communication", message.uuid),
    ):
        assert client.get(reverse(f"customers:{name}", args=[unique])).status_code == 404


def test_the_branch_is_only_spoken_of_where_there_are_several(casey_client, make_customer, branch):
    customer = make_customer()
    urls = [reverse("customers:customers"), reverse("customers:edit-customer", args=[customer.uuid])]
    assert all(b"Branch" not in casey_client.get(url).content.split(b"<main")[1] for url in urls)
    BranchFactory(name="Waco")
    assert all(b"Branch" in casey_client.get(url).content.split(b"<main")[1] for url in urls)


def test_the_global_search_finds_customers_by_phone(casey, tess, make_customer):
    make_customer(name="Lisa Hall", phone="5125550142")
    assert [hit.label for hit in search("555-0142", casey) if hit.kind == "Customer"] == ["Lisa Hall"]
    assert search("555-0142", tess) == []


def test_the_messages_page_lists_and_searches_what_was_said(casey_client, make_customer):
    customer = make_customer()
    CommunicationFactory(customer=customer, subject="Your invoice 10001")
    CommunicationFactory(customer=customer, subject="Your appointment")
    url = reverse("customers:communications", args=[customer.uuid])
    page = casey_client.get(url, {"q": "10001"}).content.decode()
    assert "Your invoice 10001" in page
    assert "Your appointment" not in page
    assert Communication.objects.count() == 2
