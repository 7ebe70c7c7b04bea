"""The processes that `up` keeps alive: started together, started again when one dies, stopped together."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import processes
from .screen import step

LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0  # seconds alive after which earlier deaths are forgotten
LARGEST_LOG = 5_000_000


@dataclass
class Child:
    """One long-running program, and what happened to it so far."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    start_at: float = 0.0

    def is_alive(self) -> bool:
        """Whether its process runs now."""
        return self.process is not None and self.process.poll() is None


class Children:
    """A set of programs, each with a log file of its own in `logs`."""

    def __init__(
        self, children: Sequence[Child], *, logs: Path, started: Callable[[], None] = lambda: None
    ) -> None:
        self.all = list(children)
        self.logs = logs
        self.started = started

    def start(self) -> None:
        """Start every one of them."""
        self.logs.mkdir(mode=0o700, exist_ok=True)
        for child in self.all:
            self._start(child)

    def tend(self, now: float) -> None:
        """Start again whoever died, after a pause that grows with every death. To be called all the time."""
        for child in self.all:
            if child.is_alive():
                if child.deaths and now - child.started > STEADY_AFTER:
                    child.deaths = 0
            elif child.process is not None:
                self._bury(child, child.process, now)
            elif now >= child.start_at:
                self._start(child)

    def dead(self) -> list[Child]:
        """Those that are not running now."""
        return [child for child in self.all if not child.is_alive()]

    def groups(self) -> list[int]:
        """The process groups in use."""
        return [child.process.pid for child in self.all if child.process is not None]

    def last_words(self, child: Child, lines: int = 12) -> str:
        """The end of a child's log."""
        log = self.log(child)
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def log(self, child: Child) -> Path:
        """Where a child's words go."""
        return self.logs / f"{child.name.replace(' ', '-')}.log"

    def stop(self, *, patience: Callable[[], float]) -> None:
        """Ask all of them to end, and kill what is left of them after `patience()` seconds."""
        processes.stop_groups(self.groups(), patience=patience)
        for child in self.all:
            if child.process is not None:
                child.process.wait()
                child.process = None

    def _start(self, child: Child) -> None:
        log = self.log(child)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.old"))
        with log.open("ab") as output:
            child.process = processes.spawn(child.command, child.environment, output)
        child.started = time.monotonic()
        self.started()

    def _bury(self, child: Child, process: subprocess.Popen[bytes], now: float) -> None:
        status = process.returncode
        ended = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        processes.stop_groups([process.pid], patience=lambda: 1.0)  # what it started and left behind
        pause = min(2.0**child.deaths, LONGEST_PAUSE)
        child.deaths += 1
        child.process, child.start_at = None, now + pause
        step(child.name, f"{ended}; starting it again in {pause:.0f} s (see {self.log(child)})")
