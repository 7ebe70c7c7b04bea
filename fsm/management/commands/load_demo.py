"""Fill an empty database with the demo company."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from fsm import demo
from fsm.attribution import attributed
from fsm.clock import now
from fsm.models import User


class Command(BaseCommand):
    """All or nothing: one transaction, so that a failure leaves the database as empty as it was."""

    help = "Fill an empty database with the demo company; always the same one, around today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="also into a database that already has people"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists() and not options["force"]:
            raise CommandError(
                "This database already has people in it, so the demo company was not loaded."
                " Nothing was changed. Add --force if you really want both."
            )
        began = time.monotonic()

        def say(text: str) -> None:
            if options["verbosity"]:
                self.stdout.write(f"{time.monotonic() - began:6.1f} s  {text}")

        world = demo.world_at(now(), say=say)
        with (
            attributed(
                source="command:load_demo", actor_name="Demo company", reason="Made for trying things out"
            ),
            transaction.atomic(),
        ):
            demo.build(world)
        say(f"{demo.COMPANY_NAME} is ready.")
