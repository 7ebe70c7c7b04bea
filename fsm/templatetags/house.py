"""Words and numbers as the house writes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext, gettext_lazy

from ..clock import local
from ..money import format_money

register = template.Library()


@register.filter
def money(amount: Decimal | None) -> str:
    """$1,234.50; a dash for nothing."""
    return "\N{EN DASH}" if amount is None else format_money(amount)


@register.filter
def quantity(amount: Decimal | None) -> str:
    """A quantity without needless zeros."""
    if amount is None:
        return ""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def in_zone(instant: datetime | None, zone: str) -> datetime | None:
    """The instant on the wall clock of a zone; format it with date: {{ visit.starts_at|in_zone:zone|clock
    }}.
    """
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


DOORS = {
    "office": gettext_lazy("office"),
    "board": gettext_lazy("board"),
    "technician": gettext_lazy("phone"),
    "admin": gettext_lazy("back office"),
    "api": gettext_lazy("another system"),
    "import": gettext_lazy("import"),
    "quickbooks": gettext_lazy("QuickBooks"),
}


@register.filter
def door(source: str) -> str:
    """The door through which something came, as a word."""
    kind, _, name = source.partition(":")
    if kind == "task":
        return gettext("by itself (%(name)s)") % {"name": name.rpartition(".")[2].replace("_", " ")}
    if kind == "command":
        return gettext("command %(name)s") % {"name": name}
    return str(DOORS.get(source, source))


@register.filter
def door_icon(source: str) -> str:
    """The sign of a door."""
    kind = source.partition(":")[0]
    return {
        "board": "board",
        "technician": "mobile",
        "task": "gear",
        "command": "gear",
        "import": "upload",
    }.get(kind, "pen")


@register.filter
def door_tone(source: str) -> str:
    """The tone of a door."""
    return {"board": "violet", "technician": "teal", "task": "grey", "command": "grey"}.get(
        source.partition(":")[0], "blue"
    )


@register.simple_tag(takes_context=True)
def panel_body(context: template.Context, panel: Any) -> str:
    """The inside of a panel, drawn by its own template with its own context."""
    page: Any = context.template
    own = page.engine.get_template(panel.template)
    with context.push(panel=panel, **panel.context):
        return str(own.render(context))
