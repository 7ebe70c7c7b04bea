"""Put a backup into an empty database and an empty data folder."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.core.management.base import BaseCommand, CommandError

from fsm import safekeeping
from fsm.attribution import attributed
from fsm.clock import now as clock_now
from fsm.databases import Address, Unreachable, configured, create, exists
from fsm.launch.screen import step


class Command(BaseCommand):
    """Nothing is ever restored over something."""

    help = "Restore a backup into an empty database and an empty data folder, and compare what came out."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="BACKUP", help="the backup's folder")
        parser.add_argument(
            "--database-url", metavar="URL", help="the database; made if the server has none of that name"
        )
        parser.add_argument(
            "--data", type=Path, metavar="DIR", help="data folder whose files (and own database) to fill"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"].expanduser().resolve()
        try:
            target = Address.parse(options["database_url"]) if options["database_url"] else configured()
            if options["database_url"] and not exists(target):
                safekeeping.check(folder)
                create(target)
            with attributed(source="command:restore", actor_name="Command line"):
                manifest = safekeeping.restore(
                    folder,
                    target,
                    self.store(options["data"]),
                    now=clock_now(),
                    say=lambda what: step("restore", what),
                )
        except (safekeeping.Unsafe, Unreachable, OSError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"Restored into {target.name}: {len(manifest.tables)} tables with {manifest.rows} rows and "
            f"{len(manifest.files)} files, each as it was on {manifest.made_at[:16].replace('T', ' ')} UTC.\n"
            "Run `manage.py make_ready` next: it migrates what an older version left."
        )

    def store(self, data: Path | None) -> Storage:
        """The files of that data folder; the configured store where none is named."""
        if data is None:
            return default_storage
        return FileSystemStorage(location=data.expanduser().resolve() / "files")
