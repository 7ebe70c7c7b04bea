"""Two people decide at the same instant: one does, once, and the lock is the reason."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import transaction

from fsm import reviews
from fsm.attribution import attributed
from fsm.clock import now
from fsm.models import Review
from fsm.permissions import May
from fsm.references import ref_of
from fsm.reviews import approve_review, ask_for_review, drop_reviews, reject_review, reviewable
from fsm.states import NotPossible

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def applied(monkeypatch):
    monkeypatch.setattr(reviews, "_kinds", {})
    done = []
    reviewable("thing", label="Thing", decide=May.ADJUST_INVOICES)(lambda review: done.append(review.pk))
    return done


@pytest.fixture
def review(applied, make_customer, casey):
    with transaction.atomic(), attributed(user=casey):
        return ask_for_review(
            kind="thing", subject=ref_of(make_customer()), subject_label="Ann", title="Cheaper",
            before={"Price": "2"}, after={"Price": "1"}, payload={}, limit=timedelta(days=1), now=now(),
        )  # fmt: skip


def decide(review, person, n):
    if n:
        return reject_review(review.pk, by=person, version=1, because="No", now=now())
    return approve_review(review.pk, by=person, version=1, now=now())


def test_two_managers_decide_at_once_and_one_does(review, applied, marcus, olivia, at_once):
    outcomes = at_once(2, lambda n: decide(review, (marcus, olivia)[n], n))
    assert [type(one.error) for one in outcomes if not one.won] == [NotPossible]
    (won,) = (one for one in outcomes if one.won)
    review.refresh_from_db()
    assert review.state == won.result.state
    assert len(applied) == (review.state == "approved")


def test_without_the_lock_both_decide(review, applied, marcus, olivia, at_once, no_locks, monkeypatch):
    """The twin: each reads that it waits before the other has written."""
    both_have_read = threading.Barrier(2)
    check = reviews._check_decider

    def slow(row, by):
        both_have_read.wait(10)
        check(row, by)

    monkeypatch.setattr(reviews, "_check_decider", slow)
    outcomes = at_once(2, lambda n: decide(review, (marcus, olivia)[n], 0))
    assert [one.won for one in outcomes] == [True, True]
    assert len(applied) == 2


def test_an_approval_and_the_subjects_end_at_once_do_not_both_happen(review, applied, marcus, at_once):
    about = reviews.Reference(review.subject_kind, review.subject_uuid)

    def one(n):
        with transaction.atomic():
            return decide(review, marcus, 0) if n else drop_reviews(about, because="Sold.", now=now())

    at_once(2, one)
    assert (Review.objects.get().state, len(applied)) in {("approved", 1), ("withdrawn", 0)}


def test_the_asker_who_becomes_the_last_who_may_decides_alone_and_it_says_so(
    applied, make_customer, marcus, olivia
):
    with transaction.atomic(), attributed(user=marcus):
        own = ask_for_review(
            kind="thing", subject=ref_of(make_customer()), subject_label="Ann", title="Cheaper",
            before={}, after={}, payload={}, limit=timedelta(days=1), now=now(),
        )  # fmt: skip
    with pytest.raises(NotPossible, match="somebody else"):
        decide(own, marcus, 0)
    olivia.is_active = False
    olivia.save(update_fields=["is_active"])
    assert decide(own, marcus, 0).decided_alone is True
