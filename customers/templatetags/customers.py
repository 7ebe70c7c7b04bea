"""Words as customer pages write them."""

from __future__ import annotations

from django import template

from ..phones import format_us

register = template.Library()


@register.filter
def us_phone(e164: str) -> str:
    """(512) 555-0142."""
    return format_us(e164 or "")
