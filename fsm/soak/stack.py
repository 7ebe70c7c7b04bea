"""Servers and workers of one run's own, in a folder of its own, on loopback only; each can be killed."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import secrets
import shutil
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings

from ..databases import Address, fill
from ..launch import processes
from ..launch.children import Child, Children
from ..launch.environment import ROOT
from ..launch.postgres import Server
from ..launch.up import HEALTH, asked

HOST = "127.0.0.1"
NAME = "sightglass"
WORKERS = ("critical", "standard")
TARGETS = ("database", "web", "web process", "worker", "worker process")
PATIENCE = 90.0


class Stack:
    """A database server, gunicorn and the workers of two tiers, started again however often they die."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)  # noqa: S311 (a schedule that can be repeated)
        self.server = Server(folder / "postgres")
        self.address = Address.parse(self.server.url(NAME))
        self.port = free_port()
        self.environment = {
            "DATABASE_URL": self.address.url,
            "SIGHTGLASS_DATA": str(folder),
            "SIGHTGLASS_LOCAL": "1",
            "SECRET_KEY": settings.SECRET_KEY,
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "DJANGO_SETTINGS_MODULE": "fsm.settings",
            "PYTHONPATH": str(ROOT),
            "DEBUG": "0",
        }
        self.kills: Counter[str] = Counter()
        self.children = Children(self._programs(), logs=folder / "logs")
        self._closing = threading.Event()
        self._turn = threading.Lock()

    def _programs(self) -> list[Child]:
        gunicorn = [sys.executable, "-m", "gunicorn", "fsm.wsgi:application", "--bind", f"{HOST}:{self.port}"]
        gunicorn += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
        gunicorn += ["--chdir", str(ROOT)]
        queue = [sys.executable, "-m", "django", "work"]
        return [
            Child("web", gunicorn, {**self.environment, "SIGHTGLASS_POOL": "1"}),
            *(
                Child(f"worker {tier}", queue, {**self.environment, "Q_CLUSTER_NAME": tier})
                for tier in WORKERS
            ),
        ]

    @contextlib.contextmanager
    def running(self, *, like: Address | None = None) -> Iterator[None]:
        """Everything up for the length of the block; afterwards nothing of it is left."""
        with self.server.in_use():
            self.server.create_database(NAME)
            fill(self.address, like=like)
            self._make_ready()
            keeper = threading.Thread(target=self._keep_alive, daemon=True)
            try:
                self.children.start()
                keeper.start()
                self.wait_until_well()
                yield
            finally:
                self._closing.set()
                if keeper.is_alive():
                    keeper.join(60)
                self.children.stop(patience=lambda: 10.0)
                self.server.recover()  # so that it is stopped in order
        self._remove_server()

    def _remove_server(self) -> None:
        """What of our server is not in our folder: where its user could not enter, it moved out."""
        for place in (self.server.home, self.server.socket):
            if not place.is_relative_to(self.folder):
                shutil.rmtree(place, ignore_errors=True)

    def _make_ready(self) -> None:
        command = [sys.executable, "-m", "django", "make_ready"]
        log = self.folder / "make_ready.log"
        with log.open("wb") as said:
            process = processes.spawn(command, self.environment, said)
            if process.wait():
                raise RuntimeError(f"The stack could not be made ready:\n{log.read_text()[-2000:]}")

    def wait_until_well(self) -> None:
        """Return once the web process answers; raises when it never does."""
        deadline = time.monotonic() + PATIENCE
        while asked(HOST, self.port, HEALTH) != 200:
            if time.monotonic() > deadline:
                web = self.children.all[0]
                raise RuntimeError(f"The web process does not answer:\n{self.children.last_words(web)}")
            time.sleep(0.2)

    def _keep_alive(self) -> None:
        """What `up` does: whoever died is started again, the database as well."""
        while not self._closing.wait(0.2):
            with self._turn:
                for child in self.children.all:
                    child.deaths = 0  # they die on purpose here: no longer and longer pauses
                self.children.tend(time.monotonic())
                self.server.recover()

    # Faults

    def kill(self, target: str) -> bool:
        """`kill -9` one of TARGETS; False when it is dead already."""
        with self._turn:
            victims = self._victims(target)
            processes.send(victims, signal.SIGKILL)
        if victims:
            self.kills[target] += 1
        return bool(victims)

    def _victims(self, target: str) -> list[int]:
        """Only ever processes that we started, or that they started."""
        if target == "database":
            main = self.server.main_process()
            return [main] if main else []
        kind, _, one = target.partition(" ")
        alive = [child for child in self.children.all if child.name.startswith(kind) and child.is_alive()]
        if not alive:
            return []
        child = self.random.choice(alive)
        leader = child.process.pid if child.process else 0
        members = processes.group_members(leader)
        if not one:
            return members
        below = [pid for pid in members if pid != leader]
        return [self.random.choice(below)] if below else []


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class Caller:
    """A person's device: speaks to the stack over HTTP, with a session, and never gives up."""

    def __init__(self, stack: Stack, session_key: str) -> None:
        self.stack = stack
        token = secrets.token_hex(16)
        self.headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session_key}; {settings.CSRF_COOKIE_NAME}={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Phone": "1",
        }

    def post(self, path: str, fields: Mapping[str, str], *, listen: bool = True) -> tuple[int, str]:
        """Send a form once; 0 where no answer came. With `listen` off, hang up before the answer."""
        connection = http.client.HTTPConnection(HOST, self.stack.port, timeout=30)
        try:
            connection.request("POST", path, urlencode(fields), self.headers)
            if not listen:
                return 0, "hung up"
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as problem:
            return 0, str(problem)
        finally:
            connection.close()


def leftovers(folder: Path) -> list[int]:
    """Processes that still work on a folder; none may."""
    return [pid for pid in processes.carrying(str(folder)) if pid != os.getpid()]
