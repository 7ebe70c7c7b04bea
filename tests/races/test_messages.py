"""The same message called for twice at one instant, and the same text told twice: one of each."""

from __future__ import annotations

import uuid

import pytest

from customers import actions
from customers.models import Communication, OptOut, UnknownText
from fsm.clock import now
from fsm.models import OutboxRow
from fsm.references import Reference

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_or_a_text_that_comes_twice_at_once_is_one(make_customer, at_once):
    customer, job = make_customer(email="lisa@example.com"), Reference("job", uuid.uuid4())
    actions.switch_message("done", "email", on=True)

    def say():
        return actions.send_message(
            occasion="done", customer_id=customer.pk, about=job, key="job", variables={}, now=now()
        )

    outcomes = at_once(4, say)
    assert [one.error for one in outcomes if one.error] == []
    assert (Communication.objects.count(), OutboxRow.objects.count()) == (1, 1)
    told = at_once(
        4, lambda: actions.receive_text(number="+15125550177", body="STOP", external_id="SM1", now=now())
    )
    assert [one.error for one in told if one.error] == []
    assert (UnknownText.objects.count(), OptOut.objects.count()) == (1, 1)
