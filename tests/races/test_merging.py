"""Two merges, or a merge and a booking, at one instant: nobody is merged twice, nothing is left behind."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import transaction

from customers import actions
from customers.actions import merging
from customers.models import Customer, Merge
from dispatch.actions import book_job
from dispatch.models import Job
from fsm.clock import now
from fsm.states import NotPossible
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three(make_customer):
    return [make_customer(name=name) for name in ("Lisa Hall", "Liz Hall", "L Hall")]


def merge(survivor, loser):
    return actions.merge_customers(survivor.pk, loser.pk, now=now())


def test_one_record_is_merged_into_one_other_only(three, at_once):
    lisa, liz, loser = three
    outcomes = at_once(2, lambda n: merge((lisa, liz)[n], loser))
    assert [type(one.error) for one in outcomes if not one.won] == [NotPossible]
    assert Merge.objects.count() == 1


def test_two_who_are_merged_into_each_other_end_as_one(three, at_once):
    lisa, liz, _loser = three
    outcomes = at_once(2, lambda n: merge(lisa, liz) if n else merge(liz, lisa))
    assert [type(one.error) for one in outcomes if not one.won] == [NotPossible]
    assert Customer.objects.filter(merged_into__isnull=True).count() == 2


def test_a_note_written_while_the_merge_runs_goes_over(three, monkeypatch, at_once):
    """The note's transaction is open when the merge begins: the merge waits for it and takes it along."""
    lisa, _liz, loser = three
    written = threading.Event()

    def write():
        with transaction.atomic():
            actions.add_note(loser.pk, body="Called")
            written.set()
            threading.Event().wait(0.3)

    def join():
        written.wait(10)
        return merge(lisa, loser)

    assert all(one.won for one in at_once(2, lambda n: write() if n else join()))
    assert lisa.notes.get().body == "Called"


def test_a_job_booked_while_the_merge_runs_is_the_survivors(three, monkeypatch, at_once):
    lisa, _liz, loser = three
    kind = make.JobTypeFactory()
    moving, settle = threading.Event(), merging.settle

    def slow(*arguments):
        moving.set()
        threading.Event().wait(0.3)
        return settle(*arguments)

    monkeypatch.setattr(merging, "settle", slow)

    def book():
        moving.wait(10)
        return book_job(
            uuid=uuid.uuid4(), customer_id=loser.pk, site_id=loser.site.pk, job_type_id=kind.pk,
            summary="No cooling", now=now(),
        )  # fmt: skip

    outcomes = at_once(2, lambda n: book() if n else merge(lisa, loser))
    assert [one.error for one in outcomes] == [None, None]
    assert Job.objects.get().customer == lisa
    assert Job.objects.get().bill_to == lisa
