"""Bring a database and the static files to what this version needs; do nothing that is already done."""

from __future__ import annotations

import hashlib
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from fsm import demo
from fsm.launch.screen import step
from fsm.models import User

OLDEST_SERVER = 150000


class Command(BaseCommand):
    """Used by `manage.py up` at every start, and by an installation's own upgrade script."""

    help = "Migrate, load the demo company if asked and empty, set the schedules, collect static files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", help="fill an empty database with the demo company"
        )
        parser.add_argument("--report", type=Path, help="write what was found into this file, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        self.require_server()
        self.migrate()
        empty = not User.objects.exists()
        if empty and options["demo"]:
            step("demo company", "an empty database: making one")
            call_command("load_demo", stdout=self.stdout)
        call_command("sync_schedules", stdout=self.stdout, verbosity=0)
        self.collect_static()
        if options["report"]:
            report = {"logins": self.logins(), "people": User.objects.exists()}
            options["report"].write_text(json.dumps(report))

    def require_server(self) -> None:
        """A server that answers and is new enough, or a sentence."""
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        version = connection.cursor().connection.info.server_version
        if version < OLDEST_SERVER:
            raise CommandError(f"PostgreSQL 15 or newer is needed; the server is {version // 10000}.")

    def migrate(self) -> None:
        """Apply what is missing."""
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not plan:
            step("tables", "up to date")
            return
        step("tables", f"{len(plan)} migrations to apply")
        call_command("migrate", verbosity=0, interactive=False)

    def collect_static(self) -> None:
        """Collect when a source file changed since the last time."""
        done = Path(settings.STATIC_ROOT) / ".collected"
        wanted = static_digest()
        if done.exists() and done.read_text() == wanted:
            return
        step("static files", "collecting")
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        done.write_text(wanted)

    def logins(self) -> list[list[str]]:
        """Name, password and role of every demo log-in that still works."""
        people = User.objects.in_bulk([name for name, _, _ in demo.LOGINS], field_name="username")
        return [
            [name, demo.PASSWORD, str(role.label)]
            for name, _, role in demo.LOGINS
            if name in people and people[name].is_active and people[name].check_password(demo.PASSWORD)
        ]


def static_digest() -> str:
    """Changes when any static source file, or how they are stored, does."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for path, storage in sorted(finder.list(["CVS", ".*", "*~"]), key=lambda found: str(found[0])):
            about = Path(storage.path(path)).stat()
            digest.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()
