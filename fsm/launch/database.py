"""Which database: the one DATABASE_URL names, or a server of our own in the data folder."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .postgres import Server, Unusable
from .screen import step

NAME = "sightglass"
FOLDER = "postgres"
TEST_FOLDER = "test-pg"
# A test's data may be lost with the machine's power; nothing else may. Nor is it tidied: what a test took
# back would be counted as empty tables, and the next test's many rows be looked for as if they were none.
DISPOSABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


@dataclass(frozen=True)
class Database:
    """A database that is ready for connections."""

    url: str
    description: str
    server: Server | None  # None when it is somebody else's to run

    def recover(self) -> bool:
        """Start our own server again if it died; True when that was needed."""
        return self.server is not None and self.server.recover()


@contextlib.contextmanager
def in_use(data: Path) -> Iterator[Database]:
    """The database of this data folder, running for the length of the block."""
    if url := os.environ.get("DATABASE_URL"):
        yield Database(url, "the server that DATABASE_URL names", None)
        return
    server = Server(data / FOLDER)
    with server.in_use():
        server.create_database(NAME)
        yield Database(server.url(NAME), f"{server.installation}, in {server.home}", server)


@contextlib.contextmanager
def for_tests(data: Path) -> Iterator[Database]:
    """A fast server for tests only, which keeps nothing safe (see DISPOSABLE); one that broke is made anew.

    `up` never uses it, and what DATABASE_URL names stays as its owner set it.
    """
    if url := os.environ.get("DATABASE_URL"):
        yield Database(url, "the server that DATABASE_URL names", None)
        return
    home = data / TEST_FOLDER
    with contextlib.ExitStack() as stack:
        try:
            server = Server(home, DISPOSABLE)
            stack.enter_context(server.in_use())
        except Unusable as broken:
            step("database", "the test server does not start (its safety is switched off); making a new one")
            shutil.rmtree(broken.home)
            server = Server(home, DISPOSABLE)
            stack.enter_context(server.in_use())
        yield Database(server.url("postgres"), f"{server.installation}, in {server.home}", server)
