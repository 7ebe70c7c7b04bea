"""Show that a backup can be restored, without touching anything."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fsm import safekeeping
from fsm.attribution import attributed
from fsm.clock import now as clock_now
from fsm.databases import Unreachable
from fsm.launch.screen import step


class Command(BaseCommand):
    """To be run on a clock: a backup that was never restored is a hope."""

    help = "Restore the newest backup into a new database, compare every table, drop it, and record the run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", type=Path, dest="source", metavar="DIR", help="folder of backups")

    def handle(self, *args: Any, **options: Any) -> None:
        backups = (options["source"] or safekeeping.backups_folder()).expanduser().resolve()

        def say(what: str) -> None:
            step("drill", what)

        with attributed(source="command:restore_drill", actor_name="Command line"):
            try:
                newest = safekeeping.latest(backups)
                if newest is None:
                    step("drill", f"no backup in {backups} yet: making one")
                    newest = safekeeping.back_up(backups, now=clock_now(), say=say).folder
                manifest = safekeeping.drill(newest, say=say)
            except (safekeeping.Unsafe, Unreachable, OSError) as problem:
                raise CommandError(f"The drill failed. {problem}") from problem
        self.stdout.write(
            f"{newest.name} restores: {len(manifest.tables)} tables with {manifest.rows} rows came out as "
            f"they went in, and {len(manifest.files)} files are as they were written."
        )
