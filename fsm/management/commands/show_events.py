"""What triggers what, on the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from fsm.events import subscribers
from fsm.tasks import name_of


class Command(BaseCommand):
    """The same map as the page of the house."""

    help = "Print every event and who listens to it."

    def handle(self, *args: Any, **options: Any) -> None:
        for event, listeners in subscribers().items():
            self.stdout.write(f"{event.__module__}.{event.__name__}")
            for listener in listeners:
                self.stdout.write(f"    -> {name_of(listener)}")
            if not listeners:
                self.stdout.write("    (nobody listens)")
