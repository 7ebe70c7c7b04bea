"""Money: decimals, rounded half up, once, here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

CENT = Decimal("0.01")
if TYPE_CHECKING:
    Decimals = models.DecimalField[Decimal | str | float | int, Decimal]
else:
    Decimals = models.DecimalField


def to_cents(amount: Decimal) -> Decimal:
    """The amount in whole cents, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def allocate(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split whole cents by weight so that the parts always add up to the total; weights must not sum to
    zero.
    """
    whole = sum(weights, Decimal(0))
    parts: list[Decimal] = []
    given, seen = Decimal(0), Decimal(0)
    for weight in weights:
        seen += weight
        part = to_cents(total * seen / whole) - given
        given += part
        parts.append(part)
    return parts


def format_money(amount: Decimal) -> str:
    """$1,234.50, with a minus sign in front of the dollar sign."""
    sign = "-" if amount < 0 else ""
    return f"{sign}${abs(to_cents(amount)):,}"


class MoneyField(Decimals):
    """US dollars and cents."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


class RateField(Decimals):
    """A unit price or a percent, with four places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


class QuantityField(Decimals):
    """How many or how much, with three places."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 12)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)
