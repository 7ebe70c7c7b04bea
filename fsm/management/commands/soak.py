"""Run a fault schedule and say whether everything came out as it must."""

from __future__ import annotations

import secrets
import shutil
import signal
import sys
import tempfile
import time
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings

from fsm.attribution import attributed
from fsm.databases import Address, Unreachable, fill, temporary, using
from fsm.launch.screen import step
from fsm.soak import Schedule, Soak, schedules
from fsm.soak.stack import Stack

MOST_SHOWN = 20


class Command(BaseCommand):
    """Everything happens in a database, or a whole stack, that it makes and removes."""

    help = "Many people at work while things break: afterwards nothing is lost, doubled or half-done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NAME", help="the schedule (without: which there are)")
        parser.add_argument("--count", type=int, metavar="N", help="how much of it")
        parser.add_argument("--seed", type=int, help="repeat a run's choices")
        parser.add_argument(
            "--like", metavar="URL", help="copy the tables of this empty migrated database, do not migrate"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = schedules()
        if not options["name"]:
            self.stdout.write("\n".join(f"{one.name:<16}{one.title}" for one in known.values()))
            return
        if options["name"] not in known:
            raise CommandError(f"There is no schedule {options['name']}. There are: {', '.join(known)}.")
        schedule = known[options["name"]]
        seed = options["seed"] if options["seed"] is not None else secrets.randbelow(1_000_000)
        soak = Soak(
            options["count"] or schedule.usual_count, seed, say=lambda what: step(schedule.name, what)
        )
        self.stdout.write(f"{schedule.name}: {schedule.title}; count {soak.count}, seed {soak.seed}")
        like, began = Address.parse(options["like"]) if options["like"] else None, time.monotonic()
        try:
            with ExitStack() as stack:
                self.prepare(stack, schedule, soak, like)
                stack.enter_context(attributed(source="command:soak", actor_name="Soak"))
                schedule.run(soak)
        except Unreachable as problem:
            raise CommandError(str(problem)) from problem
        self.report(soak, time.monotonic() - began)

    def prepare(self, stack: ExitStack, schedule: Schedule, soak: Soak, like: Address | None) -> None:
        """A place of its own for the run, entered and left with the stack."""
        if not schedule.needs_stack:
            address = stack.enter_context(temporary("soak"))
            step("database", f"making {address.name}")
            fill(address, like=like)
            stack.enter_context(using(address))
            files = stack.enter_context(tempfile.TemporaryDirectory())
            stack.enter_context(override_settings(MEDIA_ROOT=files))
            return
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # and still tidy up
        folder = Path(tempfile.mkdtemp(prefix="sightglass-soak-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # the database server may run as another user
        soak.stack = Stack(folder, seed=soak.seed)
        step("stack", f"starting database, web and workers in {folder}, port {soak.stack.port}")
        stack.enter_context(soak.stack.running(like=like))
        stack.enter_context(using(soak.stack.address))
        stack.enter_context(override_settings(MEDIA_ROOT=folder / "files"))

    def report(self, soak: Soak, seconds: float) -> None:
        """The counts, and every violation; any ends the command with an error."""
        width = max(map(len, soak.counts), default=0)
        for what, times in soak.counts.items():
            self.stdout.write(f"  {what:<{width}}  {times:>6}")
        for sentence in soak.violations[:MOST_SHOWN]:
            self.stdout.write(f"  BROKEN  {sentence}")
        if soak.violations:
            raise CommandError(f"{len(soak.violations)} violations; repeat with --seed {soak.seed}.")
        self.stdout.write(f"Nothing lost, doubled or half-done, in {seconds:.0f} s.")
