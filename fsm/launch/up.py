"""`manage.py up`: everything on one machine, from an empty folder to a page that answers, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import http.client
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from . import database, processes
from .children import Child, Children
from .environment import ROOT
from .screen import CannotStart, clear_passing, passing, step
from .secret_values import load_secrets

TIERS = ("critical", "standard", "analytical")
HEALTH = "/healthz"
LIVE_HEALTH = "/live/health"
HEALTH_PATIENCE = 90.0
STOP_PATIENCE = 10.0
MARK = "SIGHTGLASS_UP"


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="manage.py up",
        description="Start Sightglass on this machine: database, web, live updates, workers.",
    )
    add = parser.add_argument
    add("--port", type=web_port, default=8000, help="web port (8000); live updates use the next one")
    add("--host", default="127.0.0.1", help="address to listen on (127.0.0.1; 0.0.0.0 for every one)")
    add("--no-demo", action="store_true", help="leave an empty database empty")
    add("--data", type=Path, metavar="DIR", help="folder for database, files, secrets and logs (data)")
    add("--check", action="store_true", help="start, ask whether all is well, stop")
    return parser.parse_args(words)


def web_port(word: str) -> int:
    """A port whose next one exists too."""
    number = int(word)
    if not 1 <= number <= 65534:
        raise argparse.ArgumentTypeError("choose a port from 1 to 65534")
    return number


class Stopped(BaseException):
    """Somebody asked us to stop: Ctrl-C, SIGTERM, or the terminal was closed."""


class StopSignals:
    """The first signal interrupts whatever we do; a second one while stopping takes our patience away."""

    def __init__(self) -> None:
        self.received = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received += 1
        if self.received == 1:
            raise Stopped

    def finishing(self) -> None:
        """From here on no signal interrupts: we are stopping anyway."""
        self.received = max(self.received, 1)

    def patience(self) -> float:
        """Seconds to wait for processes that were asked to end."""
        return STOP_PATIENCE if self.received < 2 else 0.0


def run(options: argparse.Namespace, data: Path) -> int:
    """Start everything and stay until told to stop; the exit status says whether all went well."""
    signals = StopSignals()
    try:
        with only_one(data) as record:
            return Up(options, data, record, signals).run()
    except Stopped:
        step("stopped", "")
        return 0 if not options.check else 1


# One at a time ----------------------------------------------------------------------------------------


class Record:
    """What runs on a data folder, for the next `up`: who, where, and how to find what it left behind."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> dict[str, Any]:
        """The last record; empty when there is none or it was cut short."""
        try:
            found = json.loads(self.file.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, **what: Any) -> None:
        """Replace the record as a whole."""
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(what))
        new.replace(self.file)

    def stop_leftovers(self) -> None:
        """End what an `up` that was killed left running. Nothing is stopped that it did not start."""
        before = self.read()
        mark = str(before.get("mark", ""))

        def ours() -> list[int]:
            if processes.LINUX:
                return processes.carrying(mark) if mark else []
            listed = {int(pid): str(line) for pid, line in before.get("children", {}).items()}
            return [pid for pid, line in listed.items() if line and processes.command_line(pid) == line]

        if ours():
            step("before", "stopping what an earlier start left running")
            processes.stop_all(ours, patience=lambda: 3.0)
        self.file.unlink(missing_ok=True)


@contextlib.contextmanager
def only_one(data: Path) -> Iterator[Record]:
    """Hold the data folder; a second `up` on it is told so. The hold ends with us, however we end."""
    record = Record(data / "up.json")
    with (data / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = record.read()
            raise CannotStart(
                f"Sightglass already runs on {data}"
                + (f" at {running['address']} (process {running['pid']})" if running.get("address") else "")
                + ".\nStop that one first, or give this one its own: --data DIR --port PORT"
            ) from None
        record.stop_leftovers()
        try:
            yield record
        finally:
            record.file.unlink(missing_ok=True)


def require_port(host: str, port: int, use: str) -> None:
    """Refuse, with a sentence, a port that we could not listen on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} ({use}) is taken by another program. Choose another with --port, "
                f"for example: python3 manage.py up --port {port + 100 if use == 'web' else port + 99}"
            ) from None
        if error.errno == errno.EACCES:
            raise CannotStart(
                f"Port {port} ({use}) is not for ordinary users. Choose one above 1023 with --port."
            ) from None
        raise CannotStart(
            f"Cannot listen on {host}, port {port} ({use}): {error}. See --host and --port."
        ) from None


# The run ----------------------------------------------------------------------------------------------


class Up:
    """One run of everything."""

    def __init__(self, options: argparse.Namespace, data: Path, record: Record, signals: StopSignals) -> None:
        self.data = data
        self.host: str = options.host
        self.port: int = options.port
        self.check: bool = options.check
        self.demo: bool = not options.no_demo
        self.record = record
        self.signals = signals
        self.mark = secrets.token_hex(16)
        self.children = Children(self._programs(), logs=data / "logs", started=self._remember)
        self.began = time.monotonic()

    @property
    def address(self) -> str:
        """Where a browser on this machine finds us."""
        return f"http://{self._reach()}:{self.port}"

    def run(self) -> int:
        """From the first port check to the last process stopped."""
        require_port(self.host, self.port, "web")
        require_port(self.host, self.port + 1, "live updates")
        load_secrets(self.data)
        os.environ.update(
            {
                MARK: self.mark,
                "SIGHTGLASS_LOCAL": "1",
                "SIGHTGLASS_PORT": str(self.port),
                "SIGHTGLASS_LIVE_PORT": str(self.port + 1),
                "PYTHONUNBUFFERED": "1",
            }
        )
        self._remember()
        with database.in_use(self.data) as self.database:
            step("database", self.database.description)
            os.environ["DATABASE_URL"] = self.database.url
            report = self._make_ready()
            try:
                self.children.start()
                self._wait_until_well()
                if self.check:
                    step("check", "web, live updates and workers are well")
                else:
                    self._announce(report)
                    self._watch()
            finally:
                self.signals.finishing()
                step("stopping", "web, live updates, workers")
                self.children.stop(patience=self.signals.patience)
        return 0

    def _programs(self) -> list[Child]:
        python = sys.executable
        web = [python, "-m", "gunicorn", "fsm.wsgi:application", "--bind", f"{self._bracketed()}:{self.port}"]
        web += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "60"]
        web += ["--graceful-timeout", "5", "--no-control-socket", "--chdir", str(ROOT)]
        live = [
            python,
            "-m",
            "uvicorn",
            "fsm.asgi:application",
            "--host",
            self.host,
            "--port",
            str(self.port + 1),
        ]
        live += ["--timeout-graceful-shutdown", "2", "--no-access-log", "--log-level", "warning"]
        live += ["--app-dir", str(ROOT)]
        worker = [python, str(ROOT / "manage.py"), "work"]
        return [
            Child("web", web, {"SIGHTGLASS_POOL": "1"}),
            Child("live", live, {"SIGHTGLASS_POOL": "1"}),
            *(Child(f"worker {tier}", worker, {"Q_CLUSTER_NAME": tier}) for tier in TIERS),
        ]

    def _make_ready(self) -> dict[str, Any]:
        """Migrations, demo company, schedules, static files: one process that does only what is missing."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            command = [sys.executable, str(ROOT / "manage.py"), "make_ready", "--report", str(report)]
            process = processes.spawn([*command, *(["--demo"] if self.demo else [])], {})
            try:
                status = process.wait()
            except Stopped:
                self.signals.finishing()
                step("stopping", "the preparation; what was finished is kept")
                processes.stop_groups([process.pid], patience=self.signals.patience)
                raise
            if status:
                raise CannotStart("The preparation above did not finish, so nothing was started.")
            found: dict[str, Any] = json.loads(report.read_text())
            return found

    def _wait_until_well(self) -> None:
        """Return once web and live updates answer and every worker has stayed alive for a moment."""
        waiting = {"web": (self.port, HEALTH), "live": (self.port + 1, LIVE_HEALTH)}
        deadline = time.monotonic() + HEALTH_PATIENCE
        settled = time.monotonic() + 2.0
        while waiting or time.monotonic() < settled:
            for child in self.children.dead():
                raise CannotStart(
                    f"{child.name} ended while starting. The end of {self.children.log(child)}:\n\n"
                    + self.children.last_words(child)
                )
            for name, (port, path) in list(waiting.items()):
                if asked(self._reach(), port, path) == 200:
                    del waiting[name]
            if time.monotonic() > deadline:
                name = next(iter(waiting))
                raise CannotStart(
                    f"{name} does not answer {waiting[name][1]} after {HEALTH_PATIENCE:.0f} s. "
                    f"See the log files in {self.children.logs}."
                )
            passing("starting", " and ".join(waiting) or "workers")
            time.sleep(0.1)
        clear_passing()

    def _announce(self, report: dict[str, Any]) -> None:
        step("ready", f"after {time.monotonic() - self.began:.0f} s; logs in {self.children.logs}")
        lines = ["", f"Sightglass is at {self.address}"]
        if self.host in ("0.0.0.0", "::"):  # noqa: S104
            lines.append(f"and, for phones in your network, at port {self.port} of this machine's address.")
        if logins := report.get("logins"):
            lines += ["", "Demo log-ins:"]
            width = max(len(name) for name, _, _ in logins)
            lines += [f"  {name:<{width}}   {password}   {role}" for name, password, role in logins]
        elif not report.get("people"):
            lines += ["", "Nobody is here yet: the first page asks for your company and makes you its owner."]
        print("\n".join([*lines, "", "Ctrl-C stops everything."]), flush=True)

    def _watch(self) -> None:
        """Keep everything alive until a signal ends it."""
        next_look = 0.0
        while True:
            now = time.monotonic()
            self.children.tend(now)
            if now >= next_look:
                next_look = now + 1.0
                try:
                    if self.database.recover():
                        step("database", "had died; it runs again, and what was committed is there")
                except CannotStart as problem:
                    step("database", f"{problem}\nTrying again in 10 s.")
                    next_look = now + 10.0
            time.sleep(0.2)

    def _remember(self) -> None:
        self.record.write(
            pid=os.getpid(),
            mark=self.mark,
            address=self.address,
            children={pid: processes.command_line(pid) for pid in self.children.groups()},
        )

    def _reach(self) -> str:
        """The listening address as a client on this machine writes it."""
        return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self._bracketed())  # noqa: S104

    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def asked(host: str, port: int, path: str) -> int:
    """The status with which a health page answers; 0 when nobody answers."""
    connection = http.client.HTTPConnection(host.strip("[]"), port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
