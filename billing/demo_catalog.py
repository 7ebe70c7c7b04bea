"""What the demo company charges. Data."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from .models import ItemKind, PriceBasis


class Sold(NamedTuple):
    """A line of the price book."""

    code: str
    name: str
    kind: str
    price: str
    unit: str = "each"
    is_taxable: bool = True


BOOK = [
    Sold("DIAG", "Diagnostic", ItemKind.FEE, "89"),
    Sold("LABOR", "Labor", ItemKind.LABOR, "129", "hour"),
    Sold("LABOR-COM", "Labor, commercial", ItemKind.LABOR, "158", "hour"),
    Sold("LABOR-REF", "Labor, refrigeration", ItemKind.LABOR, "168", "hour"),
    Sold("TUNE-C", "Cooling tune-up", ItemKind.LABOR, "149"),
    Sold("TUNE-H", "Heating tune-up", ItemKind.LABOR, "139"),
    Sold("LEAK", "Leak search and repair", ItemKind.LABOR, "385"),
    Sold("CHANGE-OUT", "System change-out, 3 ton, as quoted", ItemKind.LABOR, "6850"),
    Sold("STAT", "Thermostat set-up", ItemKind.LABOR, "119"),
    Sold("ESTIMATE", "Estimate, free of charge", ItemKind.FEE, "0"),
    Sold("TRIP", "Trip charge", ItemKind.FEE, "49"),
    Sold("AFTER", "After-hours call", ItemKind.FEE, "95"),
    Sold("DISPOSAL", "Disposal of the old unit", ItemKind.FEE, "75", "each", False),
    Sold("PERMIT", "City permit", ItemKind.FEE, "125", "each", False),
]

ONCE, HOURS = PriceBasis.ONCE, PriceBasis.HOURS
CHARGED: dict[str, list[tuple[str, str, str]]] = {
    "no-cooling": [("DIAG", ONCE, "1"), ("LABOR", HOURS, "1")],
    "no-heating": [("DIAG", ONCE, "1"), ("LABOR", HOURS, "1")],
    "diagnostic": [("DIAG", ONCE, "1")],
    "cooling-tune-up": [("TUNE-C", ONCE, "1")],
    "heating-tune-up": [("TUNE-H", ONCE, "1")],
    "repair-return": [("LABOR", HOURS, "1")],
    "leak-repair": [("LEAK", ONCE, "1"), ("LABOR", HOURS, "1")],
    "rooftop-service": [("LABOR-COM", HOURS, "1.5")],
    "change-out": [("CHANGE-OUT", ONCE, "1"), ("DISPOSAL", ONCE, "1"), ("PERMIT", ONCE, "1")],
    "estimate": [("ESTIMATE", ONCE, "1")],
    "thermostat": [("STAT", ONCE, "1")],
    "refrigeration": [("DIAG", ONCE, "1"), ("LABOR-REF", HOURS, "1")],
}

# A part's price from its cost: the cheaper, the more times.
MARKUP = [
    (Decimal(10), Decimal("4.2")),
    (Decimal(40), Decimal("3.2")),
    (Decimal(120), Decimal("2.4")),
    (Decimal(400), Decimal("1.9")),
    (Decimal(10_000), Decimal("1.55")),
]
PER_POUND = {
    "R-410A": "95",
    "R-22": "165",
    "R-32": "89",
    "R-454B": "109",
    "R-134a": "85",
    "R-404A": "118",
    "R-407C": "92",
    "R-448A": "126",
    "R-290": "60",
}
OTHER_PER_POUND = "110"

WHY_VOID = ["Issued for the wrong job", "Billed twice: the property manager pays"]
WHY_CREDIT = [
    "Wrong bill-to: goes to the landlord",
    "Goodwill: second visit for the same fault",
    "Billed at the commercial rate by mistake",
]
WHY_WRITTEN_OFF = ["Moved away, returned mail", "Small balance, not worth a letter"]
