"""A tier of workers that lost a process ends, instead of waiting for a lock that nobody gives back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from fsm import workers
from fsm.databases import child_environment, configured
from fsm.launch import processes


class Member:
    """Stands for a process that ended, or did not."""

    def __init__(self, exitcode: int | None) -> None:
        self.exitcode = exitcode


@pytest.fixture
def guard():
    """A sentinel that guards nothing yet."""
    made = workers.Sentinel.__new__(workers.Sentinel)
    made.pool, made.monitor, made.pusher = [Member(None)], Member(None), None
    return made


@pytest.mark.parametrize("exitcode", [None, 0, 1])
def test_who_works_or_ended_by_itself_is_replaced_as_ever(guard, exitcode):
    guard.pool.append(Member(exitcode))
    guard.pusher = Member(exitcode)
    assert guard.killed() == []


@pytest.mark.parametrize("part", ["pool", "monitor", "pusher"])
def test_whoever_was_killed_is_noticed(guard, part):
    victim = Member(-signal.SIGKILL)
    setattr(guard, part, [Member(None), victim] if part == "pool" else victim)
    assert guard.killed() == [victim]


def wait_for(condition, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def test_a_tier_whose_worker_is_killed_ends_with_all_its_processes(db):
    """An idle worker holds the lock of its queue while it waits: its death would stop the tier for good."""
    environment = child_environment(
        configured(),
        DJANGO_SETTINGS_MODULE="fsm.settings",
        SECRET_KEY=settings.SECRET_KEY,
        SIGHTGLASS_LOCAL="1",
        Q_CLUSTER_NAME="analytical",
    )
    tier = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "django", "work"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(
            lambda: len(processes.group_members(tier.pid)) >= 5
        )  # itself, guard, worker, monitor, pusher
        victim = max(processes.group_members(tier.pid))
        os.kill(victim, signal.SIGKILL)
        tier.wait(timeout=20)
        wait_for(lambda: processes.group_members(tier.pid) == [], patience=5)
    finally:
        for pid in processes.group_members(tier.pid):
            os.kill(pid, signal.SIGKILL)
