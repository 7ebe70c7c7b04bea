"""Quantities and costs as sentences and tables write them."""

from __future__ import annotations

from decimal import Decimal

from fsm.money import CENT, format_money


def quantity(amount: Decimal) -> str:
    """Without needless zeros: 3, 2.5."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def unit_cost(amount: Decimal) -> str:
    """Dollars and cents, or as many places as the cost of one needs: $0.0425."""
    return format_money(amount) if amount % CENT == 0 else f"${amount:,.4f}".rstrip("0")


def plain_cost(amount: Decimal) -> str:
    """The same as it stands in a field: 10.25, 0.0425."""
    return unit_cost(amount).replace("$", "").replace(",", "")
