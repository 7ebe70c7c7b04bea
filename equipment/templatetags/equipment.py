"""Amounts as equipment pages write them."""

from __future__ import annotations

from decimal import Decimal

from django import template

from ..models import pounds_and_ounces

register = template.Library()


@register.filter
def lb_oz(ounces: Decimal | None) -> str:
    """2 lb 4 oz."""
    return pounds_and_ounces(ounces) if ounces is not None else ""
