from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from customers import actions
from customers.models import Communication
from customers.states import DeliveryState
from fsm import outbox
from fsm.attribution import rooted
from fsm.models import OutboxRow, OutboxState
from fsm.references import Reference
from fsm.states import NotPossible
from tests.factories import instant

NOW = instant()
pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(make_customer):
    return make_customer(name="Lisa Hall", email="lisa@example.com")


@pytest.fixture
def queue(customer):
    def email(**fields):
        values = {
            "customer_id": customer.pk,
            "to": "lisa@example.com",
            "subject": "Your invoice\n10001",
            "body": "Thank you for your business.",
            "now": NOW,
        }
        return actions.queue_email(**(values | fields))

    return email


def test_an_e_mail_is_written_with_its_outbox_row_and_sent_once(queue, customer):
    invoice = Reference("invoice", uuid.uuid4())
    written = queue(about=invoice, template="invoice")
    assert written.state == DeliveryState.QUEUED
    assert mail.outbox == []
    assert (outbox.drain(), outbox.drain()) == (1, 0)
    written.refresh_from_db()
    (sent,) = mail.outbox
    row = OutboxRow.objects.get()
    assert (sent.to, sent.subject) == (["lisa@example.com"], "Your invoice 10001")
    assert sent.extra_headers["Message-ID"].startswith(f"<{row.uuid}@")
    assert (written.state, row.state) == (DeliveryState.SENT, OutboxState.SENT)
    assert written.settled_at is not None
    assert (written.about_kind, written.about_uuid) == ("invoice", invoice.uuid)


def test_attachments_travel_from_the_storage_under_the_reader_s_name(queue):
    path = default_storage.save("invoices/x1.pdf", ContentFile(b"%PDF-1.7"))
    queue(attachments=[{"name": "../Invoice 10001.pdf", "path": path}])
    outbox.drain()
    assert [(name, data) for name, data, _ in mail.outbox[0].attachments] == [
        ("Invoice 10001.pdf", b"%PDF-1.7")
    ]


def test_the_same_message_queued_twice_is_one(queue):
    key = uuid.uuid4()
    assert queue(uuid=key) == queue(uuid=key)
    assert OutboxRow.objects.count() == 1


def test_a_failing_mail_server_is_tried_again_then_given_up_and_the_record_says_why(
    queue, monkeypatch, settings
):
    settings.EMAIL_BACKEND = "tests.customers.test_communications.Broken"
    written = queue()
    outbox.drain()
    written.refresh_from_db()
    assert written.state == DeliveryState.QUEUED
    later = iter(range(1, 100))
    monkeypatch.setattr(
        outbox, "clock_now", lambda: instant(day=NOW.date() + timedelta(days=200 + next(later)))
    )
    while OutboxRow.objects.get().state == OutboxState.WAITING:
        outbox.drain()
    written.refresh_from_db()
    assert written.state == DeliveryState.FAILED
    assert "no route to host" in written.problem


def test_a_failed_message_can_be_sent_again_and_a_sent_one_cannot(queue):
    written = queue()
    outbox.drain()
    with pytest.raises(NotPossible, match="sent cannot become queued"):
        actions.send_again(written.pk)
    failed = queue()
    OutboxRow.objects.filter(about_uuid=failed.uuid).update(state=OutboxState.FAILED, done_at=None)
    actions.settle_communication(failed.uuid, now=NOW, problem="SMTP 550")
    mail.outbox.clear()
    actions.send_again(failed.pk)
    outbox.drain()
    failed.refresh_from_db()
    assert (failed.state, failed.problem, len(mail.outbox)) == (DeliveryState.SENT, "", 1)


def test_a_settled_message_stays_as_it_is(queue):
    written = queue()
    actions.settle_communication(written.uuid, now=NOW)
    again = actions.settle_communication(written.uuid, now=NOW, problem="too late")
    assert (again.state, again.problem) == (DeliveryState.SENT, "")


def test_a_message_already_sent_does_not_leave_twice_when_its_task_is_doubled(queue):
    written = queue()
    outbox.drain()
    OutboxRow.objects.update(state=OutboxState.WAITING)
    outbox.drain()
    written.refresh_from_db()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("to", ["", "lisa", "lisa@", "a@b.com, c@d.com", "a@b.com\nBcc: x@y.com"])
def test_an_address_that_is_none_is_refused_before_anything_is_written(queue, to):
    with pytest.raises(NotPossible, match="not an e-mail address"):
        queue(to=to)
    assert not Communication.objects.exists()


def test_a_message_belongs_to_the_chain_it_was_written_in(queue):
    job = uuid.uuid4()
    with rooted("job", job):
        written = queue()
    outbox.drain()
    assert set(written.history.values_list("root", flat=True)) == {f"job:{job}"}
    assert OutboxRow.objects.get().root == f"job:{job}"


def test_a_call_is_remembered_once(customer):
    key = uuid.uuid4()
    for _ in range(2):
        actions.log_call(customer.pk, body="Asked about the warranty.", now=NOW, uuid=key)
    call = Communication.objects.get()
    assert (call.channel, call.state, call.direction) == ("call", DeliveryState.NOTED, "in")


def test_the_office_reads_a_message_with_its_problem_and_sends_it_again(queue, casey_client):
    written = queue()
    OutboxRow.objects.all().delete()
    actions.settle_communication(written.uuid, now=NOW, problem="SMTP 550 mailbox unavailable")
    page = casey_client.get(reverse("customers:communication", args=[written.uuid]))
    assert b"Thank you for your business." in page.content
    assert b"SMTP 550 mailbox unavailable" in page.content
    casey_client.post(reverse("customers:send-again", args=[written.uuid]))
    written.refresh_from_db()
    assert written.state == DeliveryState.QUEUED


def test_a_call_logged_by_the_office_stands_on_the_record(customer, casey_client):
    answer = casey_client.post(
        reverse("customers:log-call", args=[customer.uuid]), {"direction": "in", "body": "Gate will be open."}
    )
    assert answer.status_code == 302
    assert b"Gate will be open." in casey_client.get(answer.url).content
    empty = casey_client.post(
        reverse("customers:log-call", args=[customer.uuid]), {"direction": "in", "body": ""}
    )
    assert empty.status_code == 422


class Broken:
    """A mail server that is not there."""

    def __init__(self, *args, **kwargs):
        pass

    def send_messages(self, messages):
        raise OSError("no route to host")
