"""When an invoice is due."""

from __future__ import annotations

import re
from datetime import date, timedelta

ON_RECEIPT = "Due on receipt"
TERMS = (ON_RECEIPT, "Net 15", "Net 30", "Net 45", "Net 60")
NET = re.compile(r"net\s*(\d{1,3})(?:\s*days?)?", re.IGNORECASE)


def known(text: str) -> str | None:
    """The terms as we write them ("net30 " becomes "Net 30", nothing becomes due on receipt), or None."""
    words = " ".join(text.split())
    if words.lower() in {"", "due on receipt", "due upon receipt", "on receipt"}:
        return ON_RECEIPT
    match = NET.fullmatch(words)
    return f"Net {int(match[1])}" if match else None


def days_of(terms: str) -> int:
    """How many days after the invoice's date it is due; ValueError for terms that nobody has defined."""
    name = known(terms)
    if name is None:
        raise ValueError(f"“{terms}” are not terms we know: due on receipt, or net and a number of days.")
    return 0 if name == ON_RECEIPT else int(name.removeprefix("Net "))


def due_date(terms: str, issued: date) -> date:
    """The day an invoice issued on that day is due: calendar days, the day of issue not counted."""
    return issued + timedelta(days=days_of(terms))
