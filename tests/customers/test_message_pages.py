"""The pages about messages: words, rules, opt-outs, strangers, wishes, and writing by hand."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import actions
from customers.models import (
    ChannelConsent,
    Communication,
    MessageTemplate,
    MessagingRules,
    OptOut,
    UnknownText,
)
from customers.web.forms import CustomerForm
from fsm.models import OutboxRow
from tests import factories as make
from tests.factories import instant

pytestmark = pytest.mark.django_db
CELL = "+15125550142"
WORDS = ["booked", "text", "en"]


@pytest.fixture
def lisa(make_customer):
    customer = make_customer(name="Lisa Hall", email="lisa@example.com")
    customer.phone.e164, customer.phone.digits = CELL, CELL[2:]
    customer.phone.save()
    return customer


def url(name, *args):
    return reverse(f"customers:{name}", args=args)


def test_the_office_writes_its_own_words_sees_them_as_a_customer_would_and_goes_back(casey_client):
    page = url("template", *WORDS)
    assert "You are booked" not in casey_client.get(page).content.decode()
    words = {"body": "Howdy! {visit_date}, {visit_time}. {company}", "version": 0}
    preview = casey_client.post(url("preview-template", *WORDS), words).content.decode()
    assert "Howdy! Tuesday, July 14, 8-10 am. Lone Star Comfort" in preview
    assert "1 part" in preview
    wrong = casey_client.post(page, words | {"body": "Hello {gate_code}"})
    assert (wrong.status_code, b"{gate_code} is not known here" in wrong.content) == (409, True)
    assert "Hello {gate_code}" in wrong.content.decode()
    assert casey_client.post(page, words).status_code == 302
    stale = casey_client.post(page, words | {"body": "Other words"})
    assert (stale.status_code, b"Howdy!" in stale.content) == (409, True)
    assert casey_client.post(url("restore-words", *WORDS)).status_code == 302
    assert MessageTemplate.objects.get().body.startswith("{company}: you are booked")


def test_an_occasion_is_switched_on_and_off_by_channel_in_every_language(casey_client):
    for on in ("1", "0"):
        casey_client.post(url("switch-message", "booked", "text"), {"on": on})
        assert set(MessageTemplate.objects.values_list("channel", "language", "is_on")) == {
            ("text", "en", on == "1"),
            ("text", "es", on == "1"),
        }
    assert casey_client.post(url("switch-message", "birthday", "text"), {"on": "1"}).status_code == 404
    assert casey_client.get(url("template", "booked", "letter", "en")).status_code == 404
    listed = casey_client.get(url("templates")).content.decode()
    assert listed.count("Switch off:") == 1  # the bill


def test_the_rules_are_changed_and_what_is_wrong_is_said_beside_its_field(casey_client):
    rules = {
        "version": 0,
        "quiet_from": "21:00",
        "quiet_until": "07:30",
        "reminder_hours": 36,
        "text_from": "",
    }
    page = url("messaging-rules")
    assert casey_client.get(page).status_code == 200
    assert casey_client.post(page, rules | {"text_from": "nine"}).status_code == 409
    assert casey_client.post(page, rules | {"reminder_hours": 0}).status_code == 422
    assert casey_client.post(page, rules).status_code == 302
    assert str(MessagingRules.objects.get().quiet_until) == "07:30:00"
    assert casey_client.post(page, rules | {"version": 9}).status_code == 409


def test_an_opt_out_taken_on_the_phone_is_added_and_lifted_with_its_reason(casey_client):
    page = url("opt-outs")
    wanted = {"channel": "text", "address": "(512) 555-0142", "said": "On the phone, to Casey"}
    assert casey_client.post(page, wanted | {"address": "55"}).status_code == 409
    assert casey_client.post(page, wanted).status_code == 302
    row = OptOut.objects.get()
    assert row.address == CELL
    assert "(512) 555-0142" in casey_client.get(page).content.decode()
    lift = url("lift-opt-out", row.pk)
    assert casey_client.get(lift).status_code == 200
    assert casey_client.post(lift, {"because": ""}).status_code == 422
    assert casey_client.post(lift, {"because": "Wrote that she wants texts"}).status_code == 302
    assert not OptOut.objects.exists()


def test_a_stranger_s_text_is_given_to_a_customer_or_put_away(casey_client, lisa):
    one, two = make.UnknownTextFactory(body="Is it you?"), make.UnknownTextFactory(body="Buy now")
    page = url("unknown-texts")
    assert "Is it you?" in casey_client.get(page).content.decode()
    assert casey_client.post(url("take-up-text", one.uuid), {"customer": ""}).status_code == 409
    casey_client.post(url("take-up-text", one.uuid), {"customer": f"{lisa.number} Lisa Hall"})
    casey_client.post(url("put-text-away", two.uuid))
    assert Communication.objects.get().customer == lisa
    assert UnknownText.objects.get(pk=two.pk).is_dismissed
    assert "Nothing waits here" in casey_client.get(page).content.decode()


def test_wishes_stand_beside_the_contact_with_how_we_know(casey_client, lisa):
    page = url("edit-contact", lisa.contact.uuid)
    assert "How they want to be reached" in casey_client.get(page).content.decode()
    wishes = {"version": lisa.contact.version, "preferred_channel": "email", "wish_text": "no", "how": ""}
    refused = casey_client.post(url("set-wishes", lisa.contact.uuid), wishes)
    assert (refused.status_code, b"how we know" in refused.content) == (409, True)
    assert (
        casey_client.post(url("set-wishes", lisa.contact.uuid), wishes | {"how": "By phone"}).status_code
        == 302
    )
    assert ChannelConsent.objects.get().wish == "no"
    assert "Text: No, By phone" in casey_client.get(page).content.decode()


# Writing ---------------------------------------------------------------------------------------------


def letter(**fields):
    usual = {"once": uuid.uuid4(), "to": "email:lisa@example.com", "subject": "Key", "body": "We found it."}
    return usual | fields


def test_a_message_is_written_once_from_the_record(casey_client, lisa):
    page, message = url("write-message", lisa.uuid), letter()
    assert "lisa@example.com" in casey_client.get(page).content.decode()
    for _ in range(2):
        assert casey_client.post(page, message).status_code == 302
    assert OutboxRow.objects.count() == 1
    assert casey_client.post(page, letter(subject="")).status_code == 422
    assert casey_client.post(page, letter(to="email:somebody@example.com")).status_code == 422
    inside = casey_client.post(page, letter(), headers={"HX-Request": "true"})
    assert (inside.status_code, inside.headers["HX-Redirect"]) == (204, url("customer", lisa.uuid))


def test_a_picked_template_is_filled_in_as_far_as_we_know_and_blanks_are_not_sent(casey_client, lisa):
    page = url("write-message", lisa.uuid)
    begun = casey_client.get(page, {"to": "email:lisa@example.com", "template": "booked"}).content.decode()
    assert "Lisa Hall,\n\nyou are booked: ____" in begun
    refused = casey_client.post(page, letter(body="See you ____"))
    assert (refused.status_code, b"Fill in the blanks" in refused.content) == (422, True)


def test_what_would_become_of_it_is_said_before_it_is_sent(casey_client, lisa, monkeypatch):
    check = url("check-message", lisa.uuid)
    text = letter(to=f"text:{CELL}", body="a" * 200)
    monkeypatch.setattr("customers.web.writing.clock_now", lambda: instant(15))
    assert "It leaves at once." in casey_client.post(check, text).content.decode()
    monkeypatch.setattr("customers.web.writing.clock_now", lambda: instant(2))
    said = casey_client.post(check, text).content.decode()
    assert "it waits until 8:00 am tomorrow" in said
    assert "200 letters, 2 parts" in said
    actions.opt_out("text", CELL, said="", now=instant())
    assert "asked us to stop" in casey_client.post(check, text).content.decode()
    refused = casey_client.post(url("write-message", lisa.uuid), text)
    assert (refused.status_code, b"asked us to stop" in refused.content) == (409, True)
    assert "a" * 200 in refused.content.decode()


def test_a_message_held_back_says_why_on_its_page(casey_client, lisa):
    row = make.CommunicationFactory(
        customer=lisa, state="held_back", problem="They do not want it.", template="done"
    )
    page = casey_client.get(url("communication", row.uuid)).content.decode()
    assert "It was held back." in page
    assert "They do not want it." in page
    assert "Work done" in page


@pytest.mark.parametrize("rows", [1, 20])
def test_lists_cost_the_same_however_long(casey_client, lisa, rows):
    for _ in range(rows):
        make.CommunicationFactory(customer=lisa)
        make.OptOutFactory()
        make.UnknownTextFactory()
    actions.switch_message("booked", "text", on=True)
    most = {"messages": 9, "opt-outs": 9, "unknown-texts": 8, "templates": 8}
    for name, budget in most.items():
        with CaptureQueriesContext(connection) as queries:
            assert casey_client.get(url(name)).status_code == 200
        assert len(queries) <= budget, (name, [query["sql"][:90] for query in queries])


def test_what_language_a_customer_reads_is_said_on_the_record_and_a_form_that_does_not_ask_leaves_it(
    casey_client, lisa
):
    page = url("edit-customer", lisa.uuid)
    standing = CustomerForm.initial_of(lisa)
    fields = {name: value for name, value in standing.items() if value not in (None, False)}
    assert casey_client.post(page, fields | {"language": "es"}).status_code == 302
    lisa.refresh_from_db()
    assert lisa.language == "es"
    del fields["language"]
    assert casey_client.post(page, fields | {"version": lisa.version}).status_code == 302
    lisa.refresh_from_db()
    assert lisa.language == "es"
