"""What is known of each maker (`data/makers.csv`): its group, how it numbers, the time to register."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

FACTS: Final = Path(__file__).resolve().parent / "data" / "makers.csv"


class StartRule(StrEnum):
    """What starts the warranty where no home was bought from its builder."""

    INSTALL = "install"
    INSTALL_OR_MADE = "install_or_made"  # without proof of installation: days after the manufacture


@dataclass(frozen=True, slots=True)
class MakerFacts:
    """One maker. `is_checked`: its registration days were read in a published text."""

    name: str
    group: str
    serial_family: str
    registration_days: int | None
    base_months: int | None
    registered_months: int | None
    mini_split_registered_months: int | None
    heat_exchanger_months: int | None
    start_rule: StartRule
    is_checked: bool


@cache
def load_makers() -> tuple[MakerFacts, ...]:
    """All makers of the table."""
    with FACTS.open(newline="", encoding="utf-8") as file:
        return tuple(
            MakerFacts(
                row["name"],
                row["group"],
                row["serial_family"],
                _number(row["registration_days"]),
                _number(row["base_months"]),
                _number(row["registered_months"]),
                _number(row["mini_split_registered_months"]),
                _number(row["heat_exchanger_months"]),
                StartRule(row["start_rule"]),
                row["is_checked"] == "yes",
            )
            for row in csv.DictReader(file)
        )


def facts_of(maker_name: str) -> MakerFacts | None:
    """The maker by its name, whatever its case, spaces and signs ("day&night", "LENNOX Inc.")."""
    return _by_key().get(_key(maker_name))


@cache
def _by_key() -> dict[str, MakerFacts]:
    return {_key(maker.name): maker for maker in load_makers()}


def _key(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", " ", name.lower().replace("&", " and ")).split()
    return "".join(word for word in words if word not in {"inc", "corp", "co", "company", "llc", "and"})


def _number(text: str) -> int | None:
    return int(text) if text else None
