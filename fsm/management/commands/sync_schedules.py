"""Make the queue's schedules what the code declares."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from fsm.tasks import schedules, sync_schedules


class Command(BaseCommand):
    """Run at every start and upgrade; running it again changes nothing."""

    help = (
        "Add, change and remove recurring schedules so that they equal those declared in schedules.py files."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        changed, removed = sync_schedules()
        if options["verbosity"]:
            for name in changed:
                self.stdout.write(f"set      {name}")
            for name in removed:
                self.stdout.write(f"removed  {name}")
            self.stdout.write(f"{len(schedules())} schedules, as declared.")
