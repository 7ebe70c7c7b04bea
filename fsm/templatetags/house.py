"""Words and numbers as the house writes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template

from ..clock import local
from ..money import format_money

register = template.Library()


@register.filter
def money(amount: Decimal | None) -> str:
    """$1,234.50; a dash for nothing."""
    return "–" if amount is None else format_money(amount)


@register.filter
def quantity(amount: Decimal | None) -> str:
    """A quantity without needless zeros."""
    if amount is None:
        return ""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def in_zone(instant: datetime | None, zone: str) -> datetime | None:
    """The instant on the wall clock of a zone; format it with date: {{ visit.starts_at|in_zone:zone|clock }}."""
    return local(instant, zone).replace(tzinfo=None) if instant else None


@register.filter
def clock(wall: datetime | None) -> str:
    """2:05 pm."""
    if wall is None:
        return ""
    return f"{wall.hour % 12 or 12}:{wall.minute:02d} {'am' if wall.hour < 12 else 'pm'}"


@register.filter
def lookup(mapping: Any, key: Any) -> Any:
    """mapping[key], or nothing."""
    return mapping.get(key) if mapping else None
