"""Fault schedules: many people at work while things break, and afterwards a comparison with what must be.

An app registers its schedules in `<app>/soak.py`; only the command and the tests import them.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connections
from django.utils.module_loading import autodiscover_modules

from ..attribution import attributed


@dataclass
class Soak:
    """One run: its seed, what happened how often, and what was found that must not be."""

    count: int
    seed: int
    say: Callable[[str], None] = lambda _: None
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    stack: Any = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 (a schedule that can be repeated)
        self._lock = threading.Lock()

    def happened(self, what: str, times: int = 1) -> None:
        """Count something; threads may."""
        with self._lock:
            self.counts[what] += times

    def broken(self, sentence: str) -> None:
        """Note what must not be."""
        with self._lock:
            self.violations.append(sentence)

    def expect(self, holds: bool, sentence: str) -> None:
        """Note the sentence unless it holds."""
        if not holds:
            self.broken(sentence)

    def equal(self, what: str, found: Any, wanted: Any) -> None:
        """Note a difference between what was found and what must be."""
        self.expect(found == wanted, f"{what}: {found} instead of {wanted}")

    def at_once(self, jobs: Iterable[Callable[[], None]], *, patience: float = 600) -> None:
        """Run every job in a thread of its own, with its own connection; a job that raises is a violation."""

        def run(job: Callable[[], None]) -> None:
            try:
                with attributed(source="command:soak", actor_name="Soak"):
                    job()
            except Exception as problem:
                self.broken(f"{type(problem).__name__}: {problem}")
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + patience
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for thread in threads:
            self.expect(not thread.is_alive(), "somebody is still waiting for an answer")


@dataclass(frozen=True)
class Schedule:
    """A kind of run; with a stack it has servers and workers of its own, else only a database."""

    name: str
    title: str
    usual_count: int
    run: Callable[[Soak], None]
    needs_stack: bool = False


_schedules: dict[str, Schedule] = {}


def schedule(
    name: str, title: str, *, count: int, needs_stack: bool = False
) -> Callable[[Callable[[Soak], None]], Callable[[Soak], None]]:
    """Register a schedule; it raises nothing, but notes every violation."""

    def register(run: Callable[[Soak], None]) -> Callable[[Soak], None]:
        _schedules[name] = Schedule(name, title, count, run, needs_stack)
        return run

    return register


def schedules() -> dict[str, Schedule]:
    """Every schedule of every app."""
    autodiscover_modules("soak")
    return dict(_schedules)
