"""What is usual for each category of equipment: life, refrigerant rule, certificate, visits.

The table is `data/categories.csv`. Lives are the medians that hvac-eng.com quotes from ASHRAE's chart
(`is_checked`), the rest is general knowledge. The limits on GWP for newly installed systems are those of
40 CFR 84.54; for refrigeration none is kept, because the figures of the 2026 rule were not read.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

FACTS: Final = Path(__file__).resolve().parent / "data" / "categories.csv"


@dataclass(frozen=True, slots=True)
class CategoryFacts:
    """One category. An exemption of "unsure" has to be decided per circuit."""

    key: str
    life_low: int | None
    life_high: int | None
    has_refrigerant: bool  # a circuit of its own
    shares_refrigerant: bool  # part of the outdoor unit's circuit
    compliance: str  # comfort, commercial, ipr or nothing
    exemption: str  # residential or light-commercial air conditioning: yes, no, unsure or nothing
    certificates: tuple[str, ...]
    visits_low: int
    visits_high: int
    gwp_limit: int | None
    gwp_limit_from: date | None
    is_checked: bool


@cache
def load_categories() -> Mapping[str, CategoryFacts]:
    """Every category by its key."""
    with FACTS.open(newline="", encoding="utf-8") as file:
        return MappingProxyType({row["key"]: _facts(row) for row in csv.DictReader(file)})


def _facts(row: dict[str, str]) -> CategoryFacts:
    return CategoryFacts(
        key=row["key"],
        life_low=_number(row["life_low"]),
        life_high=_number(row["life_high"]),
        has_refrigerant=row["has_refrigerant"] == "yes",
        shares_refrigerant=row["has_refrigerant"] == "shared",
        compliance=row["compliance"],
        exemption=row["exemption"],
        certificates=tuple(row["certificates"].split()),
        visits_low=int(row["visits_low"]),
        visits_high=int(row["visits_high"]),
        gwp_limit=_number(row["gwp_limit"]),
        gwp_limit_from=date.fromisoformat(row["gwp_limit_from"]) if row["gwp_limit_from"] else None,
        is_checked=row["is_checked"] == "yes",
    )


def _number(text: str) -> int | None:
    return int(text) if text else None
