"""Events within the transaction, work for later that joins it, schedules that equal what is declared."""

from __future__ import annotations

import uuid
from dataclasses import FrozenInstanceError, dataclass

import pytest
from django.db import transaction
from django_q.models import OrmQ, Schedule

from fsm import events, tasks
from fsm.attribution import attributed, current
from fsm.events import Event, announce, event_types, on, subscribers
from fsm.models import Branch
from tests.queue import run_queued_tasks


@pytest.fixture
def happening():
    """An event of our own and the end of it."""

    @dataclass(frozen=True, kw_only=True)
    class SomethingHappened(Event):
        thing_id: int

    yield SomethingHappened
    events._subscribers.pop(SomethingHappened, None)


def test_every_listener_hears_once_however_often_it_is_registered(db, happening):
    heard = []

    def listen(event):
        heard.append(event.thing_id)

    on(happening)(listen)
    on(happening)(listen)
    announce(happening(thing_id=7))
    assert heard == [7]
    assert subscribers()[happening] == [listen]


def test_a_failing_listener_undoes_what_was_announced(transactional_db, happening):
    @on(happening)
    def refuse(event):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), transaction.atomic():
        Branch.objects.create(name="Waco")
        announce(happening(thing_id=1))
    assert not Branch.objects.filter(name="Waco").exists()


def test_nothing_is_announced_or_queued_outside_a_transaction(transactional_db, happening):
    with pytest.raises(RuntimeError):
        announce(happening(thing_id=1))
    with pytest.raises(RuntimeError):
        tasks.enqueue(remember)


def test_an_event_is_made_of_ids_and_cannot_be_changed(happening):
    with pytest.raises(FrozenInstanceError):
        happening(thing_id=1).thing_id = 2
    for event in event_types():
        for name, kind in event.__annotations__.items():
            assert str(kind) in {"int", "str"}, f"{event.__name__}.{name} is no id"


ran = []


def remember(**kwargs):
    """A task of the tests: remembers what it was given and who asked."""
    ran.append((kwargs, current()))


@pytest.fixture(autouse=True)
def _forget():
    ran.clear()


def test_a_task_runs_later_under_the_attribution_of_whoever_asked(db):
    batch = uuid.uuid4()
    with attributed(
        user_id=None, actor_name="Dana", source="board", reason="storm", batch=batch, root="job:1"
    ):
        tasks.enqueue(remember, tier="critical", thing_id=7)
    assert ran == []
    assert run_queued_tasks() == ["tests.fsm.test_events_and_tasks.remember"]
    [(kwargs, who)] = ran
    assert kwargs == {"thing_id": 7}
    assert (who.actor_name, who.reason, who.batch, who.root) == ("Dana", "storm", batch, "job:1")
    assert who.source == "task:tests.fsm.test_events_and_tasks.remember"


@pytest.mark.parametrize("tier", ["critical", "standard", "analytical"])
def test_each_tier_has_its_own_queue(db, tier):
    tasks.enqueue(remember, tier=tier)
    assert OrmQ.objects.get().key == tier


def test_a_task_of_a_transaction_that_rolls_back_was_never_queued(transactional_db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tasks.enqueue(remember)
        assert OrmQ.objects.count() == 1
        1 / 0  # noqa: B018
    assert OrmQ.objects.count() == 0


def test_every_task_waits_longer_for_a_retry_than_it_may_take(settings):
    for tier in settings.Q_TIERS.values():
        assert tier["retry"] > tier["timeout"]
        assert (tier["queue_limit"], tier["bulk"]) == (1, 1)


def test_schedules_become_what_the_code_declares(db):
    Schedule.objects.create(name="long.gone", func="long.gone", schedule_type=Schedule.HOURLY)
    changed, removed = tasks.sync_schedules()
    assert set(changed) == set(tasks.schedules())
    assert removed == ["long.gone"]
    assert {row.name: row.cron for row in Schedule.objects.all()} == {
        name: wanted.cron for name, wanted in tasks.schedules().items()
    }


def test_synchronising_again_changes_nothing_and_keeps_the_next_run(db):
    tasks.sync_schedules()
    before = list(Schedule.objects.order_by("pk").values())
    assert tasks.sync_schedules() == ([], [])
    assert list(Schedule.objects.order_by("pk").values()) == before


def test_a_changed_schedule_is_put_right(db):
    tasks.sync_schedules()
    name = next(iter(tasks.schedules()))
    Schedule.objects.filter(name=name).update(cron="1 1 1 1 *")
    assert tasks.sync_schedules() == ([name], [])


def test_every_schedule_can_be_found_explained_and_run(db):
    for name, wanted in tasks.schedules().items():
        assert wanted.callable.__doc__, name
        tasks.run(name, {}, {})


def test_a_scheduled_task_is_attributed_to_its_schedule(db):
    tasks.run("tests.fsm.test_events_and_tasks.remember", {}, {})
    assert ran[0][1].source == "task:tests.fsm.test_events_and_tasks.remember"
