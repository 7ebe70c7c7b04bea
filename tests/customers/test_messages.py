"""What the house says to customers by itself and by hand, whom it asks first, and what they answer."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from customers import actions
from customers.deliveries import deliver_text
from customers.models import Channel, Communication, Language, MessageTemplate, Occasion, OptOut, UnknownText
from customers.states import DeliveryState
from customers.wording import OF_OCCASION, OURS, VARIABLES, Words, filled_in, problems_of, samples
from fsm import outbox
from fsm.clock import at
from fsm.models import Exchange, OutboxRow, OutboxState
from fsm.references import Reference
from fsm.states import NotPossible, Stale
from tests import factories as make

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 14)
NOON, NIGHT = (at("America/Chicago", DAY, time(hour)) for hour in (12, 22))
CELL = "+15125550142"


@pytest.fixture
def lisa(make_customer):
    customer = make_customer(name="Lisa Hall", email="lisa@example.com")
    phone = customer.phone
    phone.e164, phone.digits, phone.label = CELL, CELL[2:], "cell"
    phone.save()
    return customer


@pytest.fixture
def say(lisa):
    """`say(occasion, **fields)` about one and the same job."""
    job = Reference("job", uuid.uuid4())

    def send(occasion=Occasion.BOOKED, **fields):
        values = {"about": job, "key": "job", "now": NOON, "customer_id": lisa.pk, "variables": {}}
        return actions.send_message(occasion=occasion, **(values | fields))

    return send


def on(*pairs):
    for occasion, channel in pairs:
        actions.switch_message(occasion, channel, on=True)


def clock(monkeypatch, moment):
    for module in ("fsm.outbox", "customers.deliveries"):
        monkeypatch.setattr(f"{module}.clock_now", lambda: moment)


# Saying it -------------------------------------------------------------------------------------------


def test_nothing_is_said_until_somebody_switches_it_on_but_the_bill(say):
    assert [say(occasion) for occasion in Occasion.values if occasion != Occasion.INVOICE] == [None] * 6
    assert say(Occasion.INVOICE).channel == Channel.EMAIL
    assert actions.is_said(Occasion.INVOICE)
    assert not actions.is_said(Occasion.BOOKED)
    on((Occasion.BOOKED, Channel.TEXT))
    assert actions.is_said(Occasion.BOOKED)
    assert say().channel == Channel.TEXT


def test_a_message_is_said_once_whatever_calls_for_it_again(say):
    on((Occasion.BOOKED, Channel.EMAIL))
    first = say()
    assert say() == first
    assert say(key="another day") != first
    assert OutboxRow.objects.count() == 2


def test_it_is_said_in_the_customer_s_language_with_days_and_money_as_people_write_them(say, lisa):
    on((Occasion.INVOICE, Channel.TEXT))
    facts = {"invoice": "10214", "total": Decimal("1389.7"), "due": date(2026, 8, 13)}
    english = say(Occasion.INVOICE, channel=Channel.TEXT, variables=facts)
    assert "invoice 10214 over $1,389.70 is due Thursday, August 13." in english.body
    lisa.language = Language.SPANISH
    lisa.save()
    spanish = say(Occasion.INVOICE, channel=Channel.TEXT, variables=facts, key="again")
    assert "la factura 10214 por $1,389.70 vence el jueves 13 de agosto." in spanish.body
    assert spanish.language == Language.SPANISH


def test_the_way_they_like_best_comes_first_and_a_closed_way_gives_way_to_an_open_one(say, lisa):
    on((Occasion.BOOKED, Channel.EMAIL), (Occasion.BOOKED, Channel.TEXT))
    wish(lisa.contact, preferred="text")
    assert say(key="1").channel == Channel.TEXT
    actions.opt_out(Channel.TEXT, CELL, said="stop", now=NOON)
    assert say(key="2").channel == Channel.EMAIL
    actions.opt_out(Channel.EMAIL, "Lisa@Example.com", said="on the phone", now=NOON)
    held = say(key="3")
    assert (held.state, held.settled_at) == (DeliveryState.HELD_BACK, NOON)
    assert "asked us to stop" in held.problem
    assert OutboxRow.objects.count() == 2


def test_a_text_is_not_sent_when_the_preference_says_no(say, lisa):
    on((Occasion.BOOKED, Channel.TEXT))
    wish(lisa.contact, text="no")
    assert say().state == DeliveryState.HELD_BACK
    with pytest.raises(NotPossible, match="does not want"):
        by_hand(lisa, channel="text", to=CELL)
    assert not OutboxRow.objects.exists()


def test_a_text_at_night_waits_for_the_morning_where_the_customer_lives(say, lisa, monkeypatch):
    lisa.site.time_zone = "America/Los_Angeles"
    lisa.site.save()
    on((Occasion.BOOKED, Channel.TEXT))
    waiting = say(now=NIGHT)  # eight in the evening there
    assert waiting.not_before == at("America/Los_Angeles", DAY + timedelta(days=1), time(8))
    assert OutboxRow.objects.get(about_uuid=waiting.uuid).not_before == waiting.not_before
    clock(monkeypatch, waiting.not_before - timedelta(minutes=1))
    assert outbox.drain() == 0
    clock(monkeypatch, waiting.not_before)
    assert outbox.drain() == 1
    waiting.refresh_from_db()
    assert waiting.state == DeliveryState.SENT


def test_what_they_said_between_writing_and_sending_counts(say, monkeypatch):
    on((Occasion.BOOKED, Channel.TEXT))
    stopped, late = say(), say(key="late")
    actions.receive_text(number=CELL, body="Stop", external_id="SM1", now=NOON)
    clock(monkeypatch, NOON)
    outbox.drain()
    stopped.refresh_from_db()
    assert stopped.state == DeliveryState.HELD_BACK
    assert Exchange.objects.filter(answer__held_back="opted_out").count() == 2
    actions.receive_text(number=CELL, body="START", external_id="SM2", now=NOON)
    waits = say(key="night")
    clock(monkeypatch, NIGHT)  # the worker was down until ten
    outbox.drain()
    waits.refresh_from_db()
    row = OutboxRow.objects.get(about_uuid=waits.uuid)
    assert (waits.state, row.state, row.attempts) == (DeliveryState.QUEUED, OutboxState.WAITING, 0)
    assert row.not_before > NIGHT
    assert late.pk


def test_the_contact_of_the_job_is_told_and_one_without_an_address_gives_way_to_the_first_to_call(say, lisa):
    on((Occasion.BOOKED, Channel.EMAIL))
    tenant = make.ContactFactory(customer=lisa, name="A tenant", is_primary=False)
    assert say(contact_id=tenant.pk).to == "lisa@example.com"
    make.EmailAddressFactory(contact=tenant, address="tenant@example.com")
    assert say(contact_id=tenant.pk, key="2").to == "tenant@example.com"


def test_nobody_to_reach_is_no_message(say, lisa):
    on((Occasion.BOOKED, Channel.EMAIL), (Occasion.BOOKED, Channel.TEXT))
    lisa.contact.is_active = lisa.contact.is_primary = False
    lisa.contact.save()
    assert say() is None
    with pytest.raises(NotPossible, match="no number or address"):
        say(Occasion.INVOICE, by_hand=True)


def test_of_two_who_share_a_number_the_stricter_one_holds(say, lisa):
    on((Occasion.BOOKED, Channel.TEXT))
    wish(lisa.contact, text="yes")
    other = make.ContactFactory(customer=lisa, name="Ed Hall", is_primary=False)
    make.PhoneNumberFactory(contact=other, e164=CELL, digits=CELL[2:])
    assert say(key="1").state == DeliveryState.QUEUED
    wish(other, text="no")
    assert say(key="2").state == DeliveryState.HELD_BACK


# By hand ---------------------------------------------------------------------------------------------


def by_hand(customer, **fields):
    values = {"channel": "email", "to": "lisa@example.com", "subject": "Hello", "body": "We found your key."}
    return actions.queue_message(customer_id=customer.pk, now=NOON, **(values | fields))


def test_a_bill_asked_for_goes_out_against_a_no_but_never_to_who_asked_us_to_stop(say, lisa):
    wish(lisa.contact, email="no")
    assert say(Occasion.INVOICE).state == DeliveryState.HELD_BACK
    sent = say(Occasion.INVOICE, by_hand=True, to="lisa@example.com", channel=Channel.EMAIL, key="hand")
    assert sent.state == DeliveryState.QUEUED
    with pytest.raises(NotPossible, match="does not want"):
        by_hand(lisa)
    actions.opt_out(Channel.EMAIL, "lisa@example.com", said="", now=NOON)
    with pytest.raises(NotPossible, match="asked us to stop"):
        say(Occasion.INVOICE, by_hand=True, to="LISA@example.com", channel=Channel.EMAIL, key="hand 2")


def test_a_text_by_hand_is_made_plain_and_refused_when_it_is_too_long(lisa):
    text = by_hand(lisa, channel="text", to="(512) 555-0142", body="We come 8–10 “sharp”…")  # noqa: RUF001
    assert (text.to, text.subject, text.body) == (CELL, "", 'We come 8-10 "sharp"...')
    with pytest.raises(NotPossible, match="at most 480"):
        by_hand(lisa, channel="text", to=CELL, body="a" * 481)
    with pytest.raises(NotPossible, match="not a phone number"):
        by_hand(lisa, channel="text", to="555")


def test_a_failed_message_whose_reader_opted_out_is_not_sent_again(lisa):
    failed = by_hand(lisa)
    actions.settle_communication(failed.uuid, now=NOON, problem="550")
    actions.opt_out(Channel.EMAIL, "lisa@example.com", said="", now=NOON)
    with pytest.raises(NotPossible, match="asked us to stop"):
        actions.send_again(failed.pk, now=NOON)


# Wishes and words ------------------------------------------------------------------------------------


def wish(contact, *, preferred="", **wishes):
    contact.refresh_from_db()
    return actions.set_wishes(
        contact.pk,
        version=contact.version,
        preferred_channel=preferred,
        wishes=wishes,
        how="on the phone",
        now=NOON,
    )


def test_a_wish_says_how_we_know_it_and_an_old_page_is_stale(lisa):
    facts = {"preferred_channel": "text", "wishes": {"text": "yes"}, "now": NOON}
    version = lisa.contact.version
    with pytest.raises(NotPossible, match="how we know"):
        actions.set_wishes(lisa.contact.pk, version=version, how=" ", **facts)
    actions.set_wishes(lisa.contact.pk, version=version, how="a form", **facts)
    with pytest.raises(Stale):
        actions.set_wishes(lisa.contact.pk, version=version, how="a form", **(facts | {"wishes": {}}))
    with pytest.raises(NotPossible, match="like best"):
        actions.set_wishes(
            lisa.contact.pk, version=version + 1, how="x", **(facts | {"wishes": {"text": "no"}})
        )
    wish(lisa.contact, text="")
    assert not lisa.contact.consents.exists()


def test_lifting_an_opt_out_needs_a_reason_which_stays(lisa):
    row = actions.opt_out(Channel.TEXT, "512 555 0142", said="asked at the door", now=NOON)
    with pytest.raises(NotPossible):
        actions.lift_opt_out(row.pk, because=" ")
    actions.lift_opt_out(row.pk, because="Asked again on the phone")
    assert not OptOut.objects.exists()
    assert OptOut.history.order_by("-history_id").first().history_change_reason == "Asked again on the phone"


def test_every_template_of_ours_can_be_saved_and_reads_well():
    assert set(OURS) == {
        (o, c, n) for o in Occasion.values for c in ("email", "text") for n in Language.values
    }
    for (occasion, channel, language), words in OURS.items():
        assert problems_of(words, occasion) == []
        read = filled_in(words, samples(occasion), language=language, channel=channel)
        assert "{" not in read.subject + read.body
        assert bool(read.subject) == (channel == "email")
        assert channel == "email" or len(read.body) <= 160, (occasion, language, len(read.body))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Hello {nobody}", r"\{nobody\} is not known here"),
        ("Hello {name.__class__}", "is not known here"),
        ("Hello {gate_code}", "is not known here"),
        ("Hello {technician}", "is not known here"),
        ("Hello {name", "stands alone"),
        ("Hello {}", "is not known here"),
        ("  ", "needs a text"),
    ],
)
def test_a_template_with_what_nobody_fills_in_is_refused(body, words):
    with pytest.raises(NotPossible, match=words):
        actions.save_template("booked", "text", "en", subject="", body=body, version=0)
    assert not MessageTemplate.objects.exists()


@given(st.dictionaries(st.sampled_from(sorted(VARIABLES)), st.text()), st.sampled_from(sorted(OURS)))
def test_what_a_customer_is_called_is_never_taken_for_a_placeholder(values, key):
    occasion, channel, language = key
    marked = {name: f"{{company}}{value}" for name, value in values.items()}
    words = filled_in(OURS[key], {**marked, "company": "ACME"}, language=language, channel=channel)
    for name in set(marked) - {"company"}:
        if f"{{{name}}}" in OURS[key].body and name in OF_OCCASION[occasion]:
            assert "{company}" in words.body
    assert "\n" not in words.subject


def test_the_company_s_words_hold_until_ours_are_brought_back_and_two_cannot_overwrite_each_other(say):
    on((Occasion.BOOKED, Channel.EMAIL))
    actions.save_template(
        "booked", "email", "en", subject="Howdy {name}", body="See you {visit_date}.", version=1
    )
    with pytest.raises(Stale):
        actions.save_template("booked", "email", "en", subject="Hi", body="Other words", version=1)
    sent = say(variables={"visit_date": date(2026, 7, 14)})
    assert (sent.subject, sent.body) == ("Howdy Lisa Hall", "See you Tuesday, July 14.")
    actions.restore_our_words("booked", "email", "en")
    stands = actions.standing_templates(["booked"])["booked", "email", "en"]
    assert (stands.is_ours, stands.is_on, stands.words) == (True, True, OURS["booked", "email", "en"])


def test_the_rules_are_one_row_checked(say):
    facts = {"quiet_from": time(21), "quiet_until": time(7), "reminder_hours": 36}
    rules = actions.change_messaging_rules(version=0, text_from="(512) 555-0100", **facts)
    assert rules.text_from == "+15125550100"
    with pytest.raises(NotPossible, match="not a phone number"):
        actions.change_messaging_rules(version=1, text_from="call us", **facts)
    with pytest.raises(NotPossible, match="seven days"):
        actions.change_messaging_rules(version=1, text_from="", **(facts | {"reminder_hours": 400}))
    with pytest.raises(Stale):
        actions.change_messaging_rules(version=7, text_from="", **facts)


# What comes in ---------------------------------------------------------------------------------------


def incoming(body, number=CELL, sid="SM1"):
    return actions.receive_text(number=number, body=body, external_id=sid, now=NOON)


def test_a_text_stands_on_the_record_of_whose_number_it_is_once(lisa):
    first = incoming("Is somebody coming?")
    assert incoming("Is somebody coming?") == first
    assert (first.customer, first.contact, first.direction) == (lisa, lisa.contact, "in")
    assert first.state == DeliveryState.NOTED


def test_where_several_have_the_number_it_belongs_to_whom_we_texted_last(lisa, make_customer):
    son = make_customer(name="Ed Hall")
    make.PhoneNumberFactory(contact=son.contact, e164=CELL, digits=CELL[2:])
    assert incoming("Yes").customer == lisa
    by_hand(son, channel="text", to=CELL)
    assert incoming("Thanks", sid="SM2").customer == son


def test_a_text_of_a_stranger_waits_until_somebody_says_whose_it_is(lisa):
    stranger = incoming("Do you fix ovens?", number="+15125550177")
    assert isinstance(stranger, UnknownText)
    assert incoming("Do you fix ovens?", number="+15125550177") == stranger
    taken = actions.take_up_text(stranger.pk, customer_id=lisa.pk)
    assert (taken.customer, taken.body, taken.created_at) == (lisa, "Do you fix ovens?", NOON)
    assert actions.take_up_text(stranger.pk, customer_id=lisa.pk) == taken
    with pytest.raises(NotPossible, match="already"):
        actions.put_text_away(stranger.pk)
    assert incoming("Do you fix ovens?", number="+15125550177") == taken


def test_stop_is_obeyed_for_strangers_too_and_start_undoes_it(lisa):
    incoming("ALTO", number="+15125550177")
    assert OptOut.objects.get().address == "+15125550177"
    incoming("start", number="+15125550177", sid="SM2")
    assert not OptOut.objects.exists()
    incoming("help", number="+15125550177", sid="SM3")
    assert not OptOut.objects.exists()


def test_the_first_end_that_the_carrier_tells_stays_and_only_for_the_text_it_took(lisa, monkeypatch):
    clock(monkeypatch, NOON)
    text = by_hand(lisa, channel="text", to=CELL)
    outbox.drain()
    text.refresh_from_db()
    sid = text.external_id
    settle = actions.settle_at_carrier
    settle(text.uuid, external_id="SM-other", delivered=True, problem="", now=NOON)
    text.refresh_from_db()
    assert text.state == DeliveryState.SENT
    settle(text.uuid, external_id=sid, delivered=True, problem="", now=NOON)
    settle(text.uuid, external_id=sid, delivered=False, problem="late", now=NOON)
    text.refresh_from_db()
    assert (text.state, text.problem) == (DeliveryState.DELIVERED, "")
    assert deliver_text(OutboxRow.objects.get()) == sid  # a doubled task sends nothing
    assert mail.outbox == []
    assert Communication.objects.count() == 1
    assert Words("", "").body == ""
