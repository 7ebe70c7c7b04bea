"""Hold the leak-rate arithmetic against published cases."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from equipment import leak_rate

BAD_FILE: Final = 2
WINDOW_DAY: Final = date(2026, 1, 1)  # a case tells the window's total, not its days
EXPECTED: Final = ("rate_exact", "rate_pct", "exceeds", "chronic")


@dataclass(frozen=True)
class Answer:
    """What we say to a case, and where the case says otherwise."""

    name: str
    rate: Fraction
    verdict: str
    disagreements: tuple[str, ...]


class Command(BaseCommand):
    """Exits 1 when a case disagrees, 2 when the file cannot be read as cases. Needs no database."""

    help = "Check leak rates against a file of cases: prints id, rate, verdict and agreement of each."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="a JSON list of cases")

    def handle(self, *args: Any, **options: Any) -> None:
        answers = [answer(case) for case in read(options["file"])]
        for told in answers:
            agreement = f"disagrees: {'; '.join(told.disagreements)}" if told.disagreements else "agrees"
            rate = leak_rate.two_places(told.rate)
            self.stdout.write(f"{told.name:<8}{rate:>10} %  {told.verdict:<12}{agreement}")
        wrong = [told.name for told in answers if told.disagreements]
        if wrong:
            raise CommandError(f"{len(wrong)} of {len(answers)} disagree: {', '.join(wrong)}.", returncode=1)
        self.stdout.write(f"All {len(answers)} cases agree.")


def read(path: Path) -> list[Mapping[str, Any]]:
    """The file's cases; numbers with a point are read exactly."""
    try:
        cases = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}.", returncode=BAD_FILE) from problem
    except ValueError as problem:
        raise CommandError(f"{path} is no JSON: {problem}.", returncode=BAD_FILE) from problem
    if not isinstance(cases, list) or not cases or not all(isinstance(case, dict) for case in cases):
        raise CommandError(f"{path} holds no list of cases.", returncode=BAD_FILE)
    return cases


def answer(case: Mapping[str, Any]) -> Answer:
    """Our rate and verdict, and every expectation of the case that differs."""
    name = str(case.get("id", "?"))
    if not any(key in case for key in EXPECTED):
        raise CommandError(
            f"Case {name} expects nothing: none of {', '.join(EXPECTED)}.", returncode=BAD_FILE
        )
    try:
        rate = _rate(case)
        return Answer(name, rate, _verdict(case, rate), tuple(_disagreements(case, rate)))
    except KeyError as missing:
        raise CommandError(f"Case {name} does not say {missing}.", returncode=BAD_FILE) from missing
    except (ValueError, TypeError, ArithmeticError) as problem:
        raise CommandError(f"Case {name}: {problem}", returncode=BAD_FILE) from problem


def _rate(case: Mapping[str, Any]) -> Fraction:
    charge = case["full_charge_lb"]
    match case["method"]:
        case leak_rate.ANNUALIZING:
            days = case["days_used"] if "days_used" in case else case["days_since_last"]
            return leak_rate.annualizing(
                added_lb=case["added_lb"], full_charge_lb=charge, days_since_last=days
            )
        case leak_rate.ROLLING:
            window = [(WINDOW_DAY, case["window_total_lb"])]
            return leak_rate.rolling(additions=window, full_charge_lb=charge, on=WINDOW_DAY)
        case "calendar_year":
            return leak_rate.calendar_year(lost_lb=case["window_total_lb"], full_charge_lb=charge)
        case other:
            raise ValueError(f"“{other}” is no method.")


def _verdict(case: Mapping[str, Any], rate: Fraction) -> str:
    if case["method"] == "calendar_year":
        return "chronic" if leak_rate.is_chronic(rate) else "not chronic"
    return "exceeds" if leak_rate.exceeds(rate, case["category"]) else "within"


def _disagreements(case: Mapping[str, Any], rate: Fraction) -> Iterator[str]:
    if "rate_exact" in case and leak_rate.exact(str(case["rate_exact"])) != rate:
        yield f"exact {rate}, not {case['rate_exact']}"
    shown = leak_rate.two_places(rate)
    if "rate_pct" in case and leak_rate.exact(str(case["rate_pct"])) != leak_rate.exact(shown):
        yield f"{shown} %, not {case['rate_pct']} %"
    if "chronic" in case and case["chronic"] is not leak_rate.is_chronic(rate):
        yield f"chronic {leak_rate.is_chronic(rate)}, not {case['chronic']}"
    if "exceeds" in case and case["exceeds"] is not leak_rate.exceeds(rate, case["category"]):
        yield f"exceeds {leak_rate.exceeds(rate, case['category'])}, not {case['exceeds']}"
    if "threshold_pct" in case:
        trigger = leak_rate.trigger(case["category"])
        if leak_rate.exact(str(case["threshold_pct"])) != trigger:
            yield f"trigger {trigger} %, not {case['threshold_pct']} %"
