"""Workers that are never left waiting for the dead.

The processes of a tier hand each other tasks through queues whose locks lie in shared memory. One that is
killed from outside, by the machine when memory runs out for example, may hold such a lock, and nobody ever
gets it again: whoever is started in its place waits for ever, and the tier looks alive and does nothing. So
the whole tier ends then. Whoever keeps it running starts it anew, with new queues; what it was at is done
again when its task's lock in the database runs out.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from django_q import cluster

PAUSE = 0.5
logger = logging.getLogger("django-q")


class Sentinel(cluster.Sentinel):  # type: ignore[misc]
    """Guards the processes of one tier, and ends with all of them when one was killed by a signal."""

    def start(self) -> None:
        """Guard until told to stop."""
        threading.Thread(target=self.watch, daemon=True).start()
        super().start()

    def members(self) -> list[Any]:
        """The processes that share the queues now. One that took too long is not among them any more: it is
        ended while it works, when it holds no lock.
        """
        return [process for process in [*self.pool, self.monitor, self.pusher] if process is not None]

    def killed(self) -> list[Any]:
        """Those that a signal ended."""
        dead = [process for process in self.members() if (process.exitcode or 0) < 0]
        return [process for process in dead if process in self.members()]

    def watch(self) -> None:
        """Wait for a member to be killed; then end everything at once."""
        while not self.killed():
            time.sleep(PAUSE)
        logger.critical("A process of this tier was killed. The tier ends, to be started with new queues.")
        for process in self.members():
            process.kill()
        os._exit(1)
