"""Measure what the main pages and actions cost, and say which limits hold."""

from __future__ import annotations

import json
import os
import platform
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fsm.attribution import attributed
from fsm.bench import Bench, Result, as_in_production, is_long, measures
from fsm.databases import Address, Unreachable, fill, temporary, using
from fsm.launch.screen import step

HEADINGS = ("measure", "value", "limit", "floor", "ratio", "")


class Command(BaseCommand):
    """Works in a database that it makes on the configured server and drops again."""

    help = "Measure pages and actions on their own data. Processor time and ratios bind, wall times do not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help="measures to take (all but the long ones)"
        )
        parser.add_argument("--json", action="store_true", help="print the results as JSON and nothing else")
        parser.add_argument("--quick", action="store_true", help="less data, fewer repetitions")
        parser.add_argument("--list", action="store_true", help="only say which measures there are")
        parser.add_argument(
            "--like", metavar="URL", help="copy the tables of this empty migrated database, do not migrate"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = measures()
        if options["list"]:
            self.stdout.write("\n".join(f"{name:<10}{title}" for name, (title, _) in known.items()))
            return
        if unknown := set(options["names"]) - set(known):
            raise CommandError(f"There is no measure {sorted(unknown)[0]}. There are: {', '.join(known)}.")
        named = options["names"] or [name for name in known if not is_long(name)]
        wanted = [name for name in known if name in named]
        results: list[Result] = []
        try:
            with ExitStack() as stack:
                database = stack.enter_context(temporary("bench"))
                step("database", f"making {database.name}")
                fill(database, like=Address.parse(options["like"]) if options["like"] else None)
                stack.enter_context(using(database))
                stack.enter_context(as_in_production())
                stack.enter_context(attributed(source="command:bench", actor_name="Bench"))
                bench = Bench(quick=options["quick"], say=lambda what: step("bench", what))
                for name in wanted:
                    step(name, known[name][0])
                    results += known[name][1](bench)
        except Unreachable as problem:
            raise CommandError(str(problem)) from problem
        if options["json"]:
            self.stdout.write(json.dumps([result.as_json() for result in results], indent=1))
        else:
            self.print_table(results)
        if broken := [result.name for result in results if not result.ok]:
            raise CommandError(f"Over the limit: {', '.join(broken)}.")

    def print_table(self, results: list[Result]) -> None:
        """One line a result."""
        rows = [HEADINGS, *(self.cells(result) for result in results)]
        widths = [max(len(row[number]) for row in rows) for number in range(len(HEADINGS))]
        for row in rows:
            left, *numbers, last = row
            cells = [left.ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(numbers, widths[1:-1], strict=True)]
            self.stdout.write("  ".join([*cells, last]).rstrip())
        load = os.getloadavg()[0]
        self.stdout.write(
            f"\n{os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}. Processor time "
            "is of the process that answers,\nwhich is this one; its database connection's stands beside it."
        )

    def cells(self, result: Result) -> tuple[str, ...]:
        """A result as words."""
        limit = "" if result.limit is None else f"{result.limit:g}{'x' if result.floor else ''}"
        return (
            result.name,
            f"{result.value:,.{0 if result.unit == 'queries' else 1}f} {result.unit}",
            f"<= {limit}" if limit else "",
            "" if result.floor is None else f"{result.floor:,.1f}",
            "" if result.ratio is None else f"{result.ratio:.2f}x",
            ("ok" if result.ok else "OVER") + (f"   {result.beside}" if result.beside else ""),
        )
