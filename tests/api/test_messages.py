"""A program writes to a customer: once, and never against what they said."""

from __future__ import annotations

import uuid

import pytest

from customers.actions import opt_out
from fsm.clock import now
from fsm.models import OutboxRow

pytestmark = pytest.mark.django_db


def test_a_message_is_sent_once_by_its_uuid_and_a_refusal_says_why(casey_program, make_customer):
    customer = make_customer(email="lisa@example.com")
    path = f"customers/{customer.uuid}/messages/send/"
    letter = {"uuid": str(uuid.uuid4()), "channel": "email", "to": "lisa@example.com", "body": "We found it."}
    assert casey_program.post(path, letter).status_code == 409  # without a subject
    for _ in range(2):
        answer = casey_program.post(path, letter | {"subject": "Your key"})
        assert (answer.status_code, answer.json()["state"]) == (201, "queued")
    assert OutboxRow.objects.count() == 1
    opt_out("email", "lisa@example.com", said="", now=now())
    refused = casey_program.post(path, letter | {"uuid": str(uuid.uuid4()), "subject": "Again"})
    assert (refused.status_code, b"asked us to stop" in refused.content) == (409, True)
