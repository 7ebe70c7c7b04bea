"""Every message with the outside is kept without its secrets, whatever becomes of the work around it."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from customers.actions import settle_communication
from customers.states import DeliveryState
from fsm import outbox
from fsm.clock import now
from fsm.exchanges import current_exchange, exchange, is_card, keeping_exchanges, redacted, redacted_text
from fsm.models import Branch, Exchange, OutboxRow, OutboxState
from fsm.outbox import delivers, drain, give_up_delivery, post, retry_delivery
from fsm.references import Reference
from fsm.states import NotPossible
from tests import factories as make
from tests.queue import run_queued_tasks

VISA = "4111111111111111"


# What may be kept ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["password", "api_key", "Authorization", "refresh_token", "client_secret", "Set-Cookie", "cvv"]
)
def test_what_is_named_like_a_secret_is_hidden_at_any_depth(key):
    kept = redacted({"outer": [{key: "hunter2", "name": "Ann"}]})
    assert kept == {"outer": [{key: "•••", "name": "Ann"}]}


@pytest.mark.parametrize(
    "text",
    [
        "Bearer abc.def-123456",
        "basic dXNlcjpwYXNz",
        "https://x.example/?token=abc123&a=b",
        "password: abc123",
    ],
)
def test_a_secret_inside_a_sentence_is_hidden(text):
    kept = redacted_text(f"refused: {text}")
    assert "•••" in kept
    assert not any(secret in kept for secret in ("abc.def-123456", "dXNlcjpwYXNz", "abc123"))


@pytest.mark.parametrize("number", [VISA, "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005"])
def test_a_card_keeps_its_last_four_only(number):
    digits = number.replace(" ", "").replace("-", "")
    assert redacted_text(f"paid with {number}.") == f"paid with •••{digits[-4:]}."
    assert redacted({"n": int(digits)}) == {"n": f"•••{digits[-4:]}"}


def with_check_digit(digits):
    return next(f"{digits}{last}" for last in range(10) if is_card(f"{digits}{last}"))


@given(
    st.text("0123456789", min_size=12, max_size=18).filter(lambda d: len(set(d)) > 1),
    st.sampled_from(["", "7 ", "order 12-"]),
)
def test_no_card_number_stays_whole_whatever_stands_before_it(digits, before):
    card = with_check_digit(digits)
    assert card not in redacted_text(f"{before}{card} was refused")


@pytest.mark.parametrize(
    "text", ["(512) 555-0100", "invoice 10001, job J10042", "2026-11-22 16:30:00", "4111111111111112"]
)
def test_other_numbers_stay(text):
    assert redacted_text(text) == text


def test_anything_can_be_kept():
    odd = {1: b"123", "when": now(), "id": uuid.uuid4(), "nan": float("nan"), "deep": [], "nul": "a\x00b"}
    odd["deep"].append(odd["deep"])
    kept = redacted(odd)
    assert kept["1"] == "(3 bytes)"
    assert kept["nul"] == "ab"
    assert len(redacted_text("x" * 9_000)) < 5_000


# Keeping them ----------------------------------------------------------------------------------------


def test_an_exchange_says_what_was_said_and_how_it_ended(company):
    about = Reference("invoice", uuid.uuid4())
    with exchange("payments", "charge", about=about, request={"card": VISA, "secret": "x"}) as talk:
        talk.answered(status="ok")
        talk.outside_reference = "ch_1"
    row = Exchange.objects.get()
    assert (row.system, row.operation, row.outcome, row.outside_reference) == (
        "payments",
        "charge",
        "ok",
        "ch_1",
    )
    assert row.request == {"card": "•••1111", "secret": "•••"}
    assert (row.about_kind, row.about_uuid) == ("invoice", about.uuid)
    assert (row.source, row.actor_name) == ("test", "Test")


def test_a_failed_exchange_is_kept_and_the_failure_goes_on(db):
    with pytest.raises(ConnectionError), exchange("payments", "charge"):
        raise ConnectionError(f"card {VISA} was refused")
    row = Exchange.objects.get()
    assert (row.outcome, row.problem) == ("failed", "ConnectionError: card •••1111 was refused")


def test_a_rollback_of_the_work_loses_no_exchange(db):
    with pytest.raises(ConnectionError), keeping_exchanges(), transaction.atomic():
        Branch.objects.create(name="Half done")
        with exchange("payments", "charge"):
            raise ConnectionError
    assert not Branch.objects.filter(name="Half done").exists()
    assert Exchange.objects.get().outcome == "failed"


@pytest.mark.parametrize("statement", ["UPDATE fsm_exchange SET problem = ''", "DELETE FROM fsm_exchange"])
def test_an_exchange_cannot_be_changed(db, statement):
    with exchange("payments", "charge"):
        pass
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# What leaves through the outbox ----------------------------------------------------------------------


@pytest.fixture
def pigeon(monkeypatch):
    """A way out that fails until `pigeon["flies"]`; what it wrote, and whom it told."""
    monkeypatch.setattr(outbox, "_deliverers", {})
    monkeypatch.setattr(outbox, "_after", {})
    bird = {"flies": False, "told": []}

    def deliver(row):
        Branch.objects.create(name="Loft")
        current_exchange().sent(to="ann@example.com", token="abc")
        if not bird["flies"]:
            raise ConnectionError("too windy")
        return "ring-7"

    delivers("pigeon", settled=lambda row: bird["told"].append(row.state))(deliver)
    return bird


@transaction.atomic
def send():
    return post("pigeon", about=Reference("customer", uuid.uuid4()), payload={"text": "hi", "password": "x"})


def test_a_failing_delivery_leaves_a_failed_exchange_although_its_own_work_is_undone(company, pigeon):
    row = send()
    drain()
    kept = Exchange.objects.get()
    assert not Branch.objects.filter(name="Loft").exists()
    assert (kept.outcome, kept.problem, kept.outbox_uuid) == (
        "failed",
        "ConnectionError: too windy",
        row.uuid,
    )
    assert kept.request == {
        "attempt": 1, "text": "hi", "password": "•••", "to": "ann@example.com", "token": "•••"
    }  # fmt: skip
    assert kept.batch == row.batch


def test_every_try_is_kept(company, pigeon):
    row = send()
    drain()
    pigeon["flies"] = True
    retry_delivery(row.pk)
    run_queued_tasks()
    row.refresh_from_db()
    assert row.state == OutboxState.SENT
    assert [talk.outcome for talk in Exchange.objects.order_by("pk")] == ["failed", "ok"]
    assert Exchange.objects.get(outcome="ok").outside_reference == "ring-7"


def test_what_was_given_up_is_not_tried_until_somebody_retries_it(company, pigeon):
    row = send()
    drain()
    given = give_up_delivery(row.pk, because="They have moved", now=now())
    assert (given.state, given.last_error) == (OutboxState.FAILED, "Given up by Test: They have moved")
    assert pigeon["told"] == [OutboxState.FAILED]
    pigeon["flies"] = True
    assert drain() == 0
    retry_delivery(row.pk)
    assert drain() == 1
    assert OutboxRow.objects.get().state == OutboxState.SENT


def test_what_left_is_neither_sent_again_nor_given_up(company, pigeon):
    pigeon["flies"] = True
    row = send()
    drain()
    with pytest.raises(NotPossible, match="delivered already"):
        retry_delivery(row.pk)
    with pytest.raises(NotPossible, match="does not wait"):
        give_up_delivery(row.pk, because="x", now=now())
    assert Exchange.objects.count() == 1


def test_giving_up_asks_why(company, pigeon):
    with pytest.raises(NotPossible, match="Say why"):
        give_up_delivery(send().pk, because="  ", now=now())


def test_an_email_that_failed_may_still_leave(company):
    mail = make.CommunicationFactory(state=DeliveryState.FAILED, problem="no", settled_at=now())
    assert settle_communication(mail.uuid, now=now()).state == DeliveryState.SENT
    assert settle_communication(mail.uuid, now=now(), problem="late").state == DeliveryState.SENT
