"""What must reach the outside does, once as far as we can tell, however often tasks are lost or doubled."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django_q.models import OrmQ

from fsm import clock, outbox
from fsm.attribution import attributed, current
from fsm.models import OutboxRow, OutboxState
from fsm.outbox import delivers, drain, post
from fsm.references import Reference
from tests.queue import run_queued_tasks


class Outside:
    """The outside: remembers what reached it, and refuses when told to."""

    def __init__(self):
        self.reached, self.settled, self.refuses, self.seen = [], [], 0, []

    def deliver(self, row):
        self.seen.append(current())
        if self.refuses:
            self.refuses -= 1
            raise ConnectionError("the line is busy")
        self.reached.append(row.uuid)
        return f"receipt-{len(self.reached)}"

    def settle(self, row):
        self.settled.append((row.uuid, row.state))


@pytest.fixture
def outside(monkeypatch):
    found = Outside()
    monkeypatch.setattr(outbox, "_deliverers", {})
    monkeypatch.setattr(outbox, "_after", {})
    delivers("letter", settled=found.settle)(found.deliver)
    return found


@pytest.fixture
def later(monkeypatch):
    """`later(minutes)` moves the outbox's clock."""
    at = [clock.now()]
    monkeypatch.setattr(outbox, "clock_now", lambda: at[0])

    def move(**by):
        at[0] += timedelta(**by)

    return move


@transaction.atomic
def send(**payload):
    return post("letter", about=Reference("customer", uuid.uuid4()), payload=payload)


def test_what_is_posted_is_delivered_once_and_settled(db, outside):
    row = send(text="hello")
    assert outside.reached == []
    run_queued_tasks()
    row.refresh_from_db()
    assert (row.state, row.outside_reference, row.attempts) == (OutboxState.SENT, "receipt-1", 1)
    assert row.done_at is not None
    assert outside.settled == [(row.uuid, OutboxState.SENT)]


def test_nothing_is_posted_by_a_transaction_that_rolls_back(transactional_db, outside):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post("letter", about=Reference("customer", uuid.uuid4()), payload={})
        1 / 0  # noqa: B018
    drain()
    assert (OutboxRow.objects.count(), OrmQ.objects.count(), outside.reached) == (0, 0, [])


def test_a_doubled_task_delivers_nothing_twice(db, outside):
    send()
    assert drain() == 1
    assert drain() == 0
    run_queued_tasks()
    assert len(outside.reached) == 1


def test_a_lost_task_is_made_good_by_the_next_drain(db, outside):
    row = send()
    OrmQ.objects.all().delete()
    outbox.drain_again()
    assert outside.reached == [row.uuid]


def test_rows_leave_in_the_order_of_their_writing(db, outside):
    rows = [send(number=number) for number in range(4)]
    drain()
    assert outside.reached == [row.uuid for row in rows]


def test_what_may_not_leave_yet_waits_without_counting_and_what_is_refused_for_good_is_given_up(
    db, outside, later
):
    night, morning = send(), outbox.clock_now() + timedelta(hours=9)

    def sleeping(row):
        raise outbox.NotYet(morning)

    outside.deliver = sleeping
    delivers("letter", settled=outside.settle)(lambda row: outside.deliver(row))
    assert (drain(), drain()) == (1, 0)
    night.refresh_from_db()
    assert (night.state, night.attempts, night.not_before) == (OutboxState.WAITING, 0, morning)
    later(hours=10)

    def refused(row):
        raise outbox.RefusedForGood("no such address")

    outside.deliver = refused
    drain()
    night.refresh_from_db()
    assert (night.state, night.attempts, night.last_error) == (OutboxState.FAILED, 1, "no such address")
    assert outside.settled == [(night.uuid, OutboxState.FAILED)]


def test_a_row_for_later_leaves_later(db, outside, later):
    post(
        "letter",
        about=Reference("customer", uuid.uuid4()),
        payload={},
        not_before=outbox.clock_now() + timedelta(hours=1),
    )
    assert drain() == 0
    later(hours=1)
    assert drain() == 1


def test_the_outside_hears_who_wrote_it_and_in_which_chain(db, outside):
    with attributed(actor_name="Casey", source="office", root="job:1") as who:
        send()
    drain()
    [seen] = outside.seen
    assert (seen.actor_name, seen.root, seen.batch) == ("Casey", "job:1", who.batch)
    assert seen.source == "task:outbox.letter"


def test_a_refusal_waits_longer_each_time_and_does_not_stop_the_others(db, outside, later):
    outside.refuses = 2
    first, second = send(), send()
    drain()
    assert outside.reached == []
    waits = [row.not_before - outbox.clock_now() for row in OutboxRow.objects.order_by("pk")]
    assert waits == [timedelta(seconds=30)] * 2
    assert drain() == 0  # too early
    later(seconds=31)
    drain()
    assert outside.reached == [first.uuid, second.uuid]


def test_what_is_refused_again_and_again_is_given_up_and_said_so(db, outside, later):
    outside.refuses = 100
    row = send()
    waits = []
    while OutboxRow.objects.get().state == OutboxState.WAITING:
        drain()
        row.refresh_from_db()
        if row.state == OutboxState.WAITING:
            waits.append(row.not_before - outbox.clock_now())
            later(days=1)
    assert row.attempts == outbox.MOST_ATTEMPTS
    assert waits == sorted(waits)
    assert len(set(waits)) == len(waits)
    assert row.last_error == "ConnectionError: the line is busy"
    assert outside.settled == [(row.uuid, OutboxState.FAILED)]
    later(days=9)
    assert drain() == 0


def test_what_a_failing_delivery_wrote_is_undone(db, outside):
    from fsm.models import Branch

    @delivers("half")
    def half(row):
        Branch.objects.create(name="Half done")
        raise ConnectionError

    with transaction.atomic():
        post("half", about=Reference("customer", uuid.uuid4()), payload={})
    drain()
    assert not Branch.objects.filter(name="Half done").exists()
    assert OutboxRow.objects.get().attempts == 1


def test_a_kind_that_nobody_delivers_waits_with_its_reason(db, outside):
    with transaction.atomic():
        post("pigeon", about=Reference("customer", uuid.uuid4()), payload={})
    drain()
    assert "KeyError" in OutboxRow.objects.get().last_error


@pytest.mark.django_db(transaction=True)
def test_two_drains_at_once_deliver_each_row_once(outside, at_once):
    rows = [send(number=number) for number in range(12)]
    outcomes = at_once(2, drain)
    assert all(outcome.won for outcome in outcomes)
    assert sorted(outside.reached) == sorted(row.uuid for row in rows)


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_drains_deliver_twice(outside, at_once, no_locks):
    import threading

    both = threading.Barrier(2)
    delivered = outside.deliver

    def slowly(row):
        both.wait(10)
        return delivered(row)

    delivers("letter")(slowly)
    send()
    at_once(2, outbox._deliver_next)
    assert len(outside.reached) == 2
