"""What nobody decided in time is passed on, once, to whoever answers for the data."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from fsm import outbox
from fsm.actions import change_company
from fsm.escalation import escalate_reviews, stewards
from fsm.models import OutboxRow, Review
from tests import factories as make
from tests.factories import instant

NOW = instant()
LATE = NOW + timedelta(days=30)


@pytest.fixture
def review(db):
    return make.ReviewFactory(asked_at=NOW, limit_at=NOW + timedelta(hours=1))


def test_only_what_is_past_its_limit_is_passed_on_and_only_once(review, olivia):
    assert escalate_reviews(now=review.limit_at) == 0
    assert escalate_reviews(now=LATE) == 1
    assert escalate_reviews(now=LATE) == 0
    version = review.version
    review.refresh_from_db()
    assert (review.escalated_at, review.state, review.version) == (LATE, "waiting", version)
    assert OutboxRow.objects.filter(kind="steward_email").count() == 1


def test_the_named_steward_is_told_and_otherwise_the_owners(olivia, marcus):
    assert stewards() == [olivia]
    change_company(data_steward=marcus)
    assert stewards() == [marcus]
    marcus.is_active = False
    marcus.save()
    assert stewards() == [olivia]


def test_the_letter_names_what_waits_and_leaves_out_what_was_decided(review, olivia):
    olivia.email = "olivia@lonestar.example"
    olivia.save()
    escalate_reviews(now=LATE)
    outbox.drain()
    (letter,) = mail.outbox
    assert letter.to == ["olivia@lonestar.example"]
    assert review.title in letter.body


def test_a_letter_about_nothing_is_not_sent(review, olivia):
    olivia.email = "olivia@lonestar.example"
    olivia.save()
    escalate_reviews(now=LATE)
    Review.objects.filter(pk=review.pk).delete()
    outbox.drain()
    assert mail.outbox == []
