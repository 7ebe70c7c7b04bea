"""Cells that the house's own lists share."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _

from ..clock import local
from ..references import Resolved
from .context import prepare

NOTHING = "\N{EN DASH}"


def zone_of(request: HttpRequest) -> str:
    """The company's zone, from the frame."""
    frame = prepare(request)
    return frame.company.time_zone if frame.company else "UTC"


def moment(instant: datetime | None, zone: str) -> str:
    """Jul 14, 2:05 p.m. on that zone's clock."""
    if instant is None:
        return NOTHING
    return date_format(local(instant, zone), "M j, Y, P")


def two(first: Any, second: Any) -> Any:
    """Two lines in one cell, the second quiet."""
    return format_html(
        '<span class="two"><span>{}</span><small class="muted">{}</small></span>', first, second
    )


def link_to(found: Resolved | None, otherwise: str = NOTHING) -> Any:
    """A link to what something is about; words where the person may not see it."""
    return format_html('<a href="{}">{}</a>', found.url, found.label) if found else otherwise


def took(milliseconds: int) -> str:
    """0.42 s."""
    return _("%(n)s ms") % {"n": milliseconds} if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def pretty(value: Any) -> str:
    """JSON as a person reads it."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
