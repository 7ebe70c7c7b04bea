"""Forget what nobody needs any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from fsm.attribution import attributed
from fsm.schedules import forget_old_sessions, prune_live_events, prune_task_results


class Command(BaseCommand):
    """The workers do this by themselves; here it is for an installation without workers."""

    help = "Remove old live events, results of tasks that went well, and sessions that ended."

    def handle(self, *args: Any, **options: Any) -> None:
        with attributed(source="command:prune", actor_name="Command line"):
            for prune in (prune_live_events, prune_task_results, forget_old_sessions):
                prune()
                if options["verbosity"]:
                    self.stdout.write(f"done     {(prune.__doc__ or '').splitlines()[0]}")
