"""Make a backup of the database and the files, prove it, and forget old ones."""

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
    """Safe to run while everybody works: the dump is of one instant."""

    help = "Back up the database and the files into a new folder, read it back, and compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, metavar="DIR", help="folder of backups (backups in the data)")
        parser.add_argument("--keep", type=int, metavar="N", help="afterwards keep only the newest N")
        parser.add_argument(
            "--copy-files",
            action="store_true",
            default=None,
            help="copy the files of a bucket too, not only their listing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        into = (options["to"] or safekeeping.backups_folder()).expanduser().resolve()
        if options["keep"] is not None and options["keep"] < 1:
            raise CommandError("At least one backup is kept: --keep 1 or more.")
        with attributed(source="command:backup", actor_name="Command line"):
            try:
                made = safekeeping.back_up(
                    into,
                    now=clock_now(),
                    copy_files=options["copy_files"],
                    say=lambda what: step("backup", what),
                )
            except (safekeeping.Unsafe, Unreachable, OSError) as problem:
                raise CommandError(f"No backup was made. {problem}") from problem
            gone = safekeeping.prune(into, keep=options["keep"]) if options["keep"] else []
        manifest = made.manifest
        self.stdout.write(
            f"{made.folder}: {len(manifest.tables)} tables with {manifest.rows} rows, {len(manifest.files)} "
            f"files{'' if manifest.files_copied else ' listed'}, {manifest.size / 1e6:.1f} MB; "
            "read back and as written."
        )
        for path in gone:
            self.stdout.write(f"removed {path.name}")
        if manifest.missing_files:
            self.stderr.write(
                f"{len(manifest.missing_files)} files that rows name were not in the file store before the "
                f"backup, the first: {manifest.missing_files[0]}"
            )
