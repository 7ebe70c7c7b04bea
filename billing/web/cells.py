"""Cells that several lists of money share."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fsm.money import format_money
from fsm.templatetags.ui import state

from ..ledger import Line

NOTHING = "\N{EN DASH}"


def two(first: Any, second: Any) -> Any:
    """Two lines in one cell, the second quiet."""
    return format_html(
        '<span class="two"><span>{}</span><small class="muted">{}</small></span>', first, second
    )


def day(value: date | None) -> str:
    """Jul 14, 2026."""
    return date_format(value, "M j, Y") if value else NOTHING


def money(value: Decimal) -> Any:
    """An amount; nothing is quiet."""
    return format_money(value) if value else format_html('<span class="faint">{}</span>', NOTHING)


def standing(row: Line) -> Any:
    """The pill of how an invoice stands."""
    return state(row.standing, row.standing.label)


def due(row: Line) -> Any:
    """The due day, and how late it is."""
    if row.days_late:
        late = ngettext("%(n)s day late", "%(n)s days late", row.days_late) % {"n": row.days_late}
        return format_html(
            '<span class="two"><span>{}</span><small class="late">{}</small></span>',
            day(row.invoice.due_on),
            late,
        )
    return day(row.invoice.due_on)


def name_of(row: Line) -> str:
    """The number, or that it is a draft."""
    return row.invoice.number or _("Draft")
