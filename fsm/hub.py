"""The live hub: one LISTEN connection a process, fanned out to whoever watches."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from django.db import connections

from .live import CHANNEL

logger = logging.getLogger(__name__)
MOST_WAITING = 500  # events that a slow client may fall behind, and that a returning one is replayed
LOOK_AGAIN = 5.0  # seconds after which the table is read without having been told
LONGEST_PAUSE = 5.0
ROWS = "SELECT position, topic, kind, uuid, version FROM fsm_liveevent"


@dataclass(frozen=True)
class Happened:
    """One live event as clients hear it; `position` rises in commit order."""

    position: int
    topic: str
    kind: str
    uuid: UUID
    version: int


@dataclass(eq=False)
class Watcher:
    """One open stream: what it wants to hear of, and what it has not been told yet."""

    topics: frozenset[str]
    queue: asyncio.Queue[Happened] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    fell_behind: bool = False

    def wants(self, event: Happened) -> bool:
        """Whether the stream asked for the topic; one that named none hears everything."""
        return not self.topics or event.topic in self.topics

    def tell(self, event: Happened) -> None:
        """Put the event into the queue; when that is full the client will have to reload."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.fell_behind = True


class Hub:
    """Listens, reads what is new in commit order, tells every watcher; mends its line by itself."""

    def __init__(self) -> None:
        self.watchers: set[Watcher] = set()
        self.position: int | None = None
        self.listening = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen; harmless when it does already."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="live hub")

    async def stop(self) -> None:
        """End the listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        pause = 0.1
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**whereabouts(), autocommit=True) as line:
                    await line.execute(f"LISTEN {CHANNEL}")
                    if self.position is None:
                        self.position = await newest(line)
                    self.listening, pause = True, 0.1
                    while True:
                        await self._tell_news(line)
                        async for _notice in line.notifies(timeout=LOOK_AGAIN, stop_after=1):
                            pass
            except (psycopg.Error, OSError) as problem:
                logger.warning("The live line broke (%s); trying again in %.1f s.", problem, pause)
            finally:
                self.listening = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _tell_news(self, line: psycopg.AsyncConnection[Any]) -> None:
        """Read what came after the last one told, and tell it; nothing is told twice or left out."""
        cursor = await line.execute(f"{ROWS} WHERE position > %s ORDER BY position", [self.position])
        for row in await cursor.fetchall():
            event = Happened(*row)
            self.position = event.position
            for watcher in self.watchers:
                if watcher.wants(event):
                    watcher.tell(event)


def whereabouts() -> dict[str, Any]:
    """How to reach the database directly: a LISTEN does not survive a connection pooler."""
    settings = connections["default"].settings_dict
    given = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    return {name: value for name, value in given.items() if value} | {"application_name": "sightglass live"}


async def newest(line: psycopg.AsyncConnection[Any]) -> int:
    """The last position that was given."""
    cursor = await line.execute("SELECT last_value - (NOT is_called)::int FROM fsm_live_position")
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


def missed(after: int, topics: Iterable[str]) -> tuple[list[Happened], int] | None:
    """What happened after a position, and the newest position; None when that is no longer all there.

    To be called in a thread; the caller closes the connection.
    """
    wanted: Sequence[str] = sorted(topics)
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT min(position) FROM fsm_liveevent), last_value - (NOT is_called)::int"
            " FROM fsm_live_position"
        )
        oldest, last = cursor.fetchone()
        if after > last or after + 1 < (last + 1 if oldest is None else oldest):
            return None
        cursor.execute(
            f"{ROWS} WHERE position > %s AND (%s OR topic = ANY(%s)) ORDER BY position LIMIT %s",
            [after, not wanted, list(wanted), MOST_WAITING + 1],
        )
        events = [Happened(*row) for row in cursor.fetchall()]
    return (events, last) if len(events) <= MOST_WAITING else None


def last_position() -> int:
    """The last position that was given. To be called in a thread; the caller closes the connection."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT last_value - (NOT is_called)::int FROM fsm_live_position")
        return int(cursor.fetchone()[0])
