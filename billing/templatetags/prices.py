"""Unit prices as pages write them."""

from __future__ import annotations

from decimal import Decimal

from django import template

from ..pdf import price_text

register = template.Library()


@register.filter
def price(value: Decimal) -> str:
    """$45.50, or with up to four places where the price has them."""
    return price_text(value)
