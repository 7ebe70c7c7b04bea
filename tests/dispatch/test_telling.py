"""Customers hear of their visits: booked, reminded, on the way, done, paid; each once, nothing too late."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from billing import actions as billing
from customers.actions import change_messaging_rules, messaging_rules, switch_message
from customers.models import Communication, Occasion
from customers.states import DeliveryState
from dispatch import actions
from dispatch.actions import telling
from fsm.models import OutboxRow
from tests.factories import instant
from tests.queue import run_queued_tasks

pytestmark = pytest.mark.django_db
MORNING = instant(13)  # eight in Texas
WINDOW = (instant(19), instant(21))


@pytest.fixture
def clock(monkeypatch):
    """`clock(moment)`: when the tasks run."""

    def at(moment):
        monkeypatch.setattr(telling, "clock_now", lambda: moment)

    at(MORNING)
    return at


@pytest.fixture
def said():
    """`said()`: the occasions on record, oldest first."""
    return lambda: list(Communication.objects.order_by("pk").values_list("template", flat=True))


def on(*occasions):
    for occasion in occasions:
        switch_message(occasion, "email", on=True)


def go(job, tess, clock):
    """On the way at 19:10, there at 19:30."""
    me = {"technician_id": tess.technician.pk}
    clock(instant(19, 12))
    actions.go_en_route(job.visit.pk, now=instant(19, 10), **me)
    return me


def test_from_the_call_to_the_money_every_step_is_said_once_in_the_job_s_chain(make_job, tess, clock, said):
    on(Occasion.BOOKED, Occasion.ON_MY_WAY, Occasion.DONE, Occasion.PAYMENT)
    job = make_job(now=MORNING - timedelta(days=3), window=WINDOW)
    run_queued_tasks()
    (booked,) = Communication.objects.all()
    assert "Tuesday, July 14" in booked.body
    assert "2–4 pm" in booked.body  # noqa: RUF001
    assert job.number in booked.body
    assert set(booked.history.values_list("root", flat=True)) == {f"job:{job.uuid}"}
    for hour in (19, 20):
        job.visit.refresh_from_db()
        actions.place_visit(
            job.visit.pk,
            technician_id=tess.technician.pk,
            starts_at=instant(hour),
            ends_at=instant(hour + 1),
            version=None,
            now=MORNING,
        )
    run_queued_tasks()
    assert said() == ["booked"]
    me = go(job, tess, clock)
    run_queued_tasks()
    assert "Tess is on the way" in Communication.objects.get(template="on_my_way").subject
    actions.arrive(job.visit.pk, now=instant(19, 30), **me)
    actions.complete_visit(job.visit.pk, now=instant(20), parts_confirmed=True, **me)
    clock(instant(20, 1))
    billing.record_payment(
        key=uuid.uuid4(), customer_id=job.customer_id, method="cash", amount=Decimal(50),
        received_on=instant().date(), now=instant(20),
    )  # fmt: skip
    run_queued_tasks()
    assert said() == ["booked", "on_my_way", "done", "payment"]
    assert "$50.00" in Communication.objects.get(template="payment").body
    assert OutboxRow.objects.count() == 4


def test_without_a_promise_the_planned_time_is_said_when_the_visit_is_placed(make_job, tess, clock, said):
    on(Occasion.BOOKED)
    job = make_job(now=MORNING)
    run_queued_tasks()
    assert said() == []
    actions.place_visit(
        job.visit.pk,
        technician_id=tess.technician.pk,
        starts_at=instant(19, 30),
        ends_at=instant(21),
        version=None,
        now=MORNING,
    )
    run_queued_tasks()
    assert "about 2:30 pm" in Communication.objects.get().body


def test_switched_off_nothing_is_queued_or_said(make_job, tess, clock, said):
    job = make_job(now=MORNING, window=WINDOW, technician=tess, starts_at=instant(19))
    go(job, tess, clock)
    assert [name for name in run_queued_tasks() if "telling" in name] == []
    assert said() == []


def test_what_a_phone_tells_hours_later_is_not_said(make_job, tess, clock, said):
    on(Occasion.ON_MY_WAY, Occasion.DONE, Occasion.BOOKED)
    job = make_job(now=MORNING, technician=tess, starts_at=instant(19))
    clock(instant(23))
    run_queued_tasks()
    me = {"technician_id": tess.technician.pk}
    actions.go_en_route(job.visit.pk, now=instant(19), **me)
    assert telling.tell_on_my_way(visit_id=job.visit.pk) is None
    actions.arrive(job.visit.pk, now=instant(19, 30), **me)
    clock(instant(19, 40))
    assert telling.tell_on_my_way(visit_id=job.visit.pk) is None
    actions.complete_visit(job.visit.pk, now=instant(20), parts_confirmed=True, **me)
    clock(instant(20) + timedelta(hours=25))
    run_queued_tasks()
    assert said() == []


# Reminding -------------------------------------------------------------------------------------------


def remind(now):
    found = telling.remind_of_visits(now=now)
    run_queued_tasks()
    return found


def test_who_was_booked_before_is_reminded_once_within_the_hours_and_again_on_another_day(
    make_job, tess, clock, said
):
    on(Occasion.REMINDER)
    job = make_job(now=MORNING - timedelta(days=3), window=WINDOW, technician=tess, starts_at=instant(19))
    start = WINDOW[0]
    clock(start - timedelta(hours=24))
    assert remind(start - timedelta(hours=24, minutes=1)) == 0
    assert [remind(start - timedelta(hours=24)) for _ in range(2)] == [1, 0]
    assert said() == ["reminder"]
    job.visit.refresh_from_db()
    later = (start + timedelta(days=1), start + timedelta(days=1, hours=2))
    actions.change_window(job.visit.pk, window=later, version=job.visit.version, now=MORNING)
    clock(start)
    assert remind(start + timedelta(hours=1)) == 1
    assert said() == ["reminder", "reminder"]


def test_who_just_called_is_not_reminded_nor_who_is_in_the_tray_and_the_hours_are_the_house_s(
    make_job, tess, tom, clock, said
):
    on(Occasion.REMINDER)
    make_job(now=WINDOW[0] - timedelta(hours=20), window=WINDOW, technician=tess, starts_at=instant(19))
    make_job(now=MORNING - timedelta(days=3), window=WINDOW)
    assert remind(MORNING) == 0
    old = make_job(now=WINDOW[0] - timedelta(hours=30), window=WINDOW, technician=tom, starts_at=instant(19))
    assert remind(MORNING) == 1
    rules = messaging_rules()
    change_messaging_rules(
        version=0, quiet_from=rules.quiet_from, quiet_until=rules.quiet_until, text_from="", reminder_hours=48
    )
    Communication.objects.all().delete()
    assert remind(MORNING) == 0
    assert old.pk


def test_a_reminder_that_could_only_come_after_the_visit_is_held_back(make_job, tess, clock):
    switch_message(Occasion.REMINDER, "text", on=True)
    early = (instant(12), instant(14))  # seven in Texas, before quiet hours end
    make_job(now=MORNING - timedelta(days=5), window=early, technician=tess, starts_at=instant(12))
    clock(instant(10))
    assert remind(instant(10)) == 1
    held = Communication.objects.get()
    assert (held.state, held.channel) == (DeliveryState.HELD_BACK, "text")
    assert "too late" in held.problem
