"""What things cost: measures that make their own data, count processor time, and know their limits.

An app registers its measures in `<app>/bench.py`; only the command imports them.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils.module_loading import autodiscover_modules

from ..company import default_branch, the_company
from ..launch.processes import command_line
from ..models import Branch, User

SEED = 20261
MS = 1000.0


@dataclass(frozen=True)
class Result:
    """A number and its limit. Where there is a floor, what binds is the ratio to it."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    floor: float | None = None
    beside: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the floor."""
        return self.value / self.floor if self.floor else None

    @property
    def ok(self) -> bool:
        """Whether it is within its limit."""
        bound = self.value if self.floor is None else self.ratio
        return self.limit is None or (bound is not None and bound <= self.limit)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        rounded = {name: _rounded(getattr(self, name)) for name in ("value", "floor", "ratio", "limit")}
        return {
            "name": self.name,
            "value": rounded["value"],
            "unit": self.unit,
            "floor": rounded["floor"],
            "ratio": rounded["ratio"],
            "limit": rounded["limit"],
            "ok": self.ok,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


@dataclass
class Timing:
    """One line per repetition, in seconds: our processor time, the database backend's, and the clock's."""

    cpu: list[float] = field(default_factory=list)
    backend: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def both(self) -> list[float]:
        """Our processor time and the backend's together."""
        return [ours + theirs for ours, theirs in zip(self.cpu, self.backend, strict=True)]


def middle(values: Sequence[float]) -> float:
    """The median of the least disturbed quarter, in milliseconds: what else the machine does only adds."""
    size = max(len(values) // 4, min(5, len(values)))
    quarters = [values[first : first + size] for first in range(0, len(values) - size + 1, size)]
    return min(statistics.median(quarter) for quarter in quarters) * MS


def p95(values: Sequence[float]) -> float:
    """The value that one in twenty exceeds, in milliseconds."""
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)] * MS


class Backend:
    """Processor time of the database process that serves this connection, where we can see it."""

    def __init__(self) -> None:
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        here = connection.connection.info.host.startswith(("/", "127.", "localhost")) or not (
            connection.connection.info.host
        )
        self.file = Path(f"/proc/{pid}/schedstat")
        self.is_visible = here and self.file.exists() and "postgres" in command_line(pid)

    def seconds(self) -> float:
        """Since it was started; always 0 where it runs on another machine."""
        return int(self.file.read_text().split()[0]) / 1e9 if self.is_visible else 0.0


class Bench:
    """What a measure is given: people, a browser of ours, and a stopwatch."""

    def __init__(self, *, quick: bool, say: Callable[[str], None] = lambda _: None) -> None:
        self.quick, self.say = quick, say
        self.random = random.Random(SEED)  # noqa: S311 (data for a bench)
        self.made: dict[str, Any] = {}

    def choose(self, whole: int, quick: int) -> int:
        """How much: the whole amount, or the small one for a quick look."""
        return quick if self.quick else whole

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Data that several measures share."""
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    @property
    def branch(self) -> Branch:
        """The company's one branch."""

        def make() -> Branch:
            the_company()
            return default_branch()

        found: Branch = self.once("branch", make)
        return found

    def person(self, role: str, number: int = 1) -> User:
        """Somebody of that role."""

        def make() -> User:
            user = User(username=f"{role}{number}", name=f"{role.title()} {number}", role=role)
            user.set_unusable_password()
            user.save()
            return user

        found: User = self.once(f"{role} {number}", make)
        return found

    def client(self, role: str) -> Client:
        """A browser in which somebody of that role is signed in. It calls the house in this process."""
        client = Client(headers={"host": "bench.example"})
        client.force_login(self.person(role))
        return client

    def time(self, call: Callable[[int], Any], *, repeats: int, warm: int = 4) -> Timing:
        """Call with 0, 1, 2 and so on; the first few, which fill caches, do not count."""
        timing, backend = Timing(), Backend()
        for number in range(warm + repeats):
            if number == warm:
                gc.collect()
            theirs, ours, wall = backend.seconds(), time.process_time(), time.perf_counter()
            call(number)
            if number >= warm:
                timing.wall.append(time.perf_counter() - wall)
                timing.cpu.append(time.process_time() - ours)
                timing.backend.append(backend.seconds() - theirs)
        return timing

    def analyze(self) -> None:
        """Let the planner know what has been made."""
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def queries_of(call: Callable[[], Any]) -> int:
    """How many statements a call sends."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def beside(timing: Timing, *, worst: bool = False) -> str:
    """What does not bind and is good to know."""
    pick, word = (p95, "p95 ") if worst else (middle, "")
    words = [f"{word}wall {pick(timing.wall):.1f} ms"]
    if any(timing.backend):
        words.append(f"database {pick(timing.backend):.1f} ms CPU")
    return ", ".join(words)


Measure = Callable[[Bench], Iterator[Result]]
_measures: dict[str, tuple[str, Measure]] = {}
_long: set[str] = set()


def measure(name: str, title: str, *, long: bool = False) -> Callable[[Measure], Measure]:
    """Register a measure; it yields its results. A long one is only taken where it is named."""

    def register(function: Measure) -> Measure:
        _measures[name] = (title, function)
        if long:
            _long.add(name)
        return function

    return register


def measures() -> dict[str, tuple[str, Measure]]:
    """Every measure of every app: its title and itself."""
    autodiscover_modules("bench")
    return dict(_measures)


def is_long(name: str) -> bool:
    """Whether the measure takes minutes and is only taken where it is named."""
    return name in _long


@contextmanager
def as_in_production() -> Iterator[None]:
    """Settings that a bench needs, and none that would make it faster than a real request."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(
        DEBUG=False, ALLOWED_HOSTS=["bench.example"], SECURE_SSL_REDIRECT=False, STORAGES=storages
    ):
        yield
