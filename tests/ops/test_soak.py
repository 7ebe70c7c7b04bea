"""The fault schedules in small; the large counts are run by hand."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from billing.soak import check_work, priced_work
from dispatch.models import Assignment
from dispatch.soak import check_board, make_work
from fsm.databases import configured
from fsm.history import history_model
from fsm.launch import processes
from fsm.launch.postgres import OPENED_BY_ROOT
from fsm.models import FieldOperation
from fsm.soak import Soak, schedules
from inventory.models import StockLevel

SEED = 20261


def run(name: str, count: int) -> Soak:
    """A schedule in the test's own database."""
    soak = Soak(count, SEED)
    schedules()[name].run(soak)
    return soak


@pytest.mark.django_db(transaction=True)
def test_dispatchers_who_want_the_same_hours_never_put_anybody_in_two_places():
    soak = run("double_booking", 64)
    assert soak.violations == []
    assert soak.counts["placed"] > 5
    assert soak.counts["refused: the technician is elsewhere"] > 5


@pytest.mark.django_db(transaction=True)
def test_phones_that_lose_and_repeat_what_they_send_do_everything_once():
    soak = run("inbox", 4)
    assert soak.violations == []
    for fault in (
        "lost before the commit",
        "answer lost after the commit",
        "sent twice",
        "sent out of order",
    ):
        assert soak.counts[fault] > 0, fault


@pytest.mark.django_db
def test_the_comparison_sees_somebody_in_two_places(monkeypatch):
    """The judge is judged: a row moved behind everybody's back is found."""
    work = make_work(2, crew=1, placed=True)
    soak = Soak(1, SEED)
    check_board(soak, work, [visit.pk for visit in work.visits])
    assert soak.violations == []
    first, second = work.visits
    Assignment.history.filter(visit=second).delete()
    row = Assignment.objects.get(visit=second)
    row.is_tentative = True  # outside the constraint
    row.starts_at, row.ends_at = first.starts_at, first.ends_at
    row.save()
    check_board(soak, work, [visit.pk for visit in work.visits])
    assert any("two places at once: 1 instead of 0" in sentence for sentence in soak.violations)


@pytest.mark.django_db
def test_the_comparison_sees_what_is_done_by_halves():
    from billing.soak import operations
    from fsm.inbox import receive

    work = priced_work(1, crew=1)
    [visit] = work.visits
    ops = operations(visit, work.part.uuid)
    for op in ops:
        receive(work.technicians[0].user, op.key, op.kind, op.body)
    soak = Soak(1, SEED)
    check_work(soak, work)
    assert soak.violations == []
    level = StockLevel.objects.get(place=work.technicians[0].truck_id)
    level.on_hand += 1
    level.save_without_historical_record()
    FieldOperation.objects.get(key=ops[-1].key).delete()
    check_work(soak, work)
    said = "\n".join(soak.violations)
    assert "completions in the inbox: 0 instead of 1" in said
    assert f"parts on truck {level.place_id}" in said
    assert history_model(type(visit)) is not None


def test_an_unknown_schedule_is_refused_by_name():
    with pytest.raises(CommandError, match="no schedule nothing"):
        call_command("soak", "nothing")
    out = io.StringIO()
    call_command("soak", stdout=out)
    for name in ("completions", "double_booking", "inbox"):
        assert name in out.getvalue()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_completion_is_lost_while_database_web_and_worker_are_killed(tmp_path):
    """A stack of its own in a process of its own; nothing of it is left running."""
    before = set(OPENED_BY_ROOT.glob("postgres-*"))
    environment = {
        **os.environ,
        "DATABASE_URL": configured().url,
        "DJANGO_SETTINGS_MODULE": "fsm.settings",
        "SIGHTGLASS_LOCAL": "1",
        "SECRET_KEY": settings.SECRET_KEY,
        "TMPDIR": str(tmp_path),
    }
    tmp_path.chmod(0o755)
    words = ["soak", "completions", "--count", "3", "--seed", str(SEED), "--like", configured().url]
    started = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "django", *words],
        cwd=Path(settings.BASE_DIR),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, _ = started.communicate(timeout=240)
    except subprocess.TimeoutExpired:
        started.send_signal(signal.SIGTERM)
        raise
    assert started.returncode == 0, said
    assert "Nothing lost, doubled or half-done" in said
    assert "kill -9: database" in said
    assert list(tmp_path.glob("sightglass-soak-*")) == []
    assert set(OPENED_BY_ROOT.glob("postgres-*")) <= before
    assert [pid for pid in processes.carrying(str(tmp_path)) if pid != os.getpid()] == []
