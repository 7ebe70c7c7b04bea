"""Amounts as equipment pages write them."""

from __future__ import annotations

from decimal import Decimal

from django import template

from ..models import pounds_and_ounces
from ..readings import plain
from ..wording import translated

register = template.Library()


@register.filter
def lb_oz(ounces: Decimal | None) -> str:
    """2 lb 4 oz."""
    return pounds_and_ounces(ounces) if ounces is not None else ""


@register.filter
def reading(value: Decimal) -> str:
    """118; 0.5; 42.3."""
    return plain(value)


@register.filter
def said(words: str) -> str:
    """A rule's sentence in the reader's language."""
    return translated(words)
