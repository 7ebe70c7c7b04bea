"""Do the queued tasks of one tier, which Q_CLUSTER_NAME names, until told to stop."""

from __future__ import annotations

from typing import Any

from django_q import cluster
from django_q.management.commands import qcluster

from fsm import workers


class Command(qcluster.Command):  # type: ignore[misc]
    """A cluster that ends, to be started anew, when one of its processes is killed."""

    help = "Do the queued tasks of the tier that Q_CLUSTER_NAME names, until told to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        cluster.Sentinel = workers.Sentinel
        super().handle(*args, **options)
