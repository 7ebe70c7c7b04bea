"""Whether all is well: each measure says so, and what to do where it is not."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.urls import reverse
from django_q.models import Failure, OrmQ, Schedule

from fsm import health
from fsm.clock import now
from fsm.health import Verdict, examination, judged, span, worst
from fsm.models import OutboxRow, SafekeepingRun
from fsm.tasks import sync_schedules


def line(key, label, at=None):
    sections = {section.key: section for section in examination(at or now())}
    return next(found for found in sections[key].lines if found.label.startswith(label))


def test_a_measure_is_bad_from_its_limit_on():
    assert [judged(n, warn=2, bad=4) for n in (1, 2, 3, 4, None)] == ["ok", "warn", "warn", "bad", "ok"]
    assert worst([Verdict.OK, Verdict.BAD, Verdict.WARN]) == Verdict.BAD
    assert worst([]) == Verdict.OK


@pytest.mark.parametrize(
    ("length", "words"), [(4, "4 s"), (300, "5 min"), (9000, "2 h"), (200_000, "2 days"), (-5, "0 s")]
)
def test_a_span_is_said_in_its_largest_sensible_unit(length, words):
    assert span(timedelta(seconds=length)) == words


def test_ready_means_database_migrations_and_cache(client, db):
    answer = client.get(reverse("fsm:readyz"))
    assert answer.status_code == 200
    assert answer.json() == {"ok": True, "database": "ok", "migrations": "ok", "cache": "ok"}


def test_a_migration_that_is_not_applied_makes_it_unready(client, db, monkeypatch):
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: ["one"])
    answer = client.get(reverse("fsm:readyz"))
    assert (answer.status_code, answer.json()["migrations"]) == (503, "1 not applied")


def test_a_database_that_is_away_makes_it_unready(client, db, monkeypatch):
    def away(*args):
        raise OperationalError

    monkeypatch.setattr(health, "MigrationExecutor", away)
    answer = client.get(reverse("fsm:readyz"))
    assert (answer.status_code, answer.json()["database"]) == (503, "does not answer")


def test_a_cache_that_forgets_makes_it_unready(client, db, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    answer = client.get(reverse("fsm:readyz"))
    assert (answer.status_code, answer.json()["cache"]) == (503, "forgets")


def test_the_lag_of_each_queue_is_its_oldest_waiting_task(db):
    OrmQ.objects.create(key="critical", payload="x", lock=now() - timedelta(minutes=3))
    OrmQ.objects.create(key="critical", payload="x", lock=now() - timedelta(seconds=3))
    OrmQ.objects.create(key="standard", payload="x", lock=now() + timedelta(minutes=3))  # being worked on
    critical = line("work", "Queue critical")
    assert (critical.verdict, critical.value) == (Verdict.WARN, "2 tasks wait, the oldest for 3 min")
    assert line("work", "Queue standard").value == "Nothing waits"
    assert line("work", "Queue critical", now() + timedelta(hours=1)).verdict == Verdict.BAD


def test_a_failed_task_is_told(db):
    assert line("work", "Failed tasks").verdict == Verdict.OK
    Failure.objects.create(
        id="f", name="fsm.outbox.drain", func="x", started=now(), stopped=now(), success=False
    )
    assert line("work", "Failed tasks").verdict == Verdict.WARN


def test_a_schedule_that_does_not_begin_is_told(db):
    assert line("clock", "Drain again").verdict == Verdict.WARN  # the queue does not know it
    sync_schedules()
    Schedule.objects.filter(name="fsm.outbox.drain_again").update(next_run=now() + timedelta(seconds=30))
    assert line("clock", "Drain again").verdict == Verdict.OK
    Schedule.objects.filter(name="fsm.outbox.drain_again").update(next_run=now() - timedelta(minutes=40))
    late = line("clock", "Drain again")
    assert (late.verdict, late.value) == (Verdict.BAD, "should have begun 40 min ago")


def test_what_waits_long_in_the_outbox_or_was_given_up_is_told(db):
    row = OutboxRow.objects.create(kind="email", about_kind="customer", about_uuid=uuid.uuid4())
    assert line("outbox", "Waiting").verdict == Verdict.OK
    assert line("outbox", "Waiting", now() + timedelta(minutes=30)).verdict == Verdict.WARN
    tomorrow = now() + timedelta(hours=9)
    OutboxRow.objects.filter(pk=row.pk).update(not_before=tomorrow)  # a text that waits for the morning
    assert line("outbox", "Waiting", now() + timedelta(minutes=30)).verdict == Verdict.OK
    OutboxRow.objects.filter(pk=row.pk).update(attempts=1)  # one that the outside refused
    assert line("outbox", "Waiting", now() + timedelta(minutes=30)).verdict == Verdict.WARN
    OutboxRow.objects.filter(pk=row.pk).update(state="failed")
    assert line("outbox", "Given up").verdict == Verdict.WARN


def test_backups_are_asked_for(db):
    assert line("safekeeping", "Last good backup").value == "never"
    kept = {"kind": "backup", "started_at": now(), "ended_at": now()}
    SafekeepingRun.objects.create(**kept, is_good=False)
    assert line("safekeeping", "Last good backup").value == "never"
    SafekeepingRun.objects.create(**kept, is_good=True)
    assert line("safekeeping", "Last good backup").verdict == Verdict.OK
    assert line("safekeeping", "Last good backup", now() + timedelta(days=2)).verdict == Verdict.WARN
    assert line("safekeeping", "Last good backup", now() + timedelta(days=8)).verdict == Verdict.BAD


def test_a_full_disk_is_told(db, monkeypatch):
    usage = type("usage", (), {"free": 1, "total": 100})
    monkeypatch.setattr(health.shutil, "disk_usage", lambda folder: usage)
    assert line("disk", "Free").verdict == Verdict.BAD


@pytest.mark.parametrize("rows", [1, 20])
def test_the_page_costs_the_same_however_much_there_is(marcus_client, django_assert_num_queries, rows):
    sync_schedules()
    for _ in range(rows):
        OrmQ.objects.create(key="critical", payload="x", lock=now())
        OutboxRow.objects.create(kind="email", about_kind="customer", about_uuid=uuid.uuid4())
    marcus_client.get(reverse("fsm:health"))  # renews the session
    # session, user, frame, server, queues, failures, schedules, outbox, live, backups
    with django_assert_num_queries(10):
        page = marcus_client.get(reverse("fsm:health"))
    assert page.status_code == 200
    assert b"Measure again" in page.content


def test_the_page_says_what_to_do(marcus_client):
    assert "manage.py backup" in marcus_client.get(reverse("fsm:health")).content.decode()
