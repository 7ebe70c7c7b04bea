"""What a customer of each kind must have, and what it should have: one table for all doors and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Refused without: one field of each group must say something.
REQUIRED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "household": (("last_name", "first_name", "company_name"),),
    "company": (("company_name",),),
    "property_manager": (("company_name",),),
}
# Counted as wanting on the page of data quality.
WANTED: Final[dict[str, tuple[str, ...]]] = {
    "household": ("first_name", "last_name"),
    "company": ("company_name",),
    "property_manager": ("company_name", "billing_street", "billing_city"),
}


def missing_required(kind: str, fields: Mapping[str, Any]) -> list[str]:
    """The first field of every group that says nothing; an unknown kind asks for nothing."""
    return [
        group[0]
        for group in REQUIRED.get(kind, ())
        if not any(str(fields.get(name) or "").strip() for name in group)
    ]
