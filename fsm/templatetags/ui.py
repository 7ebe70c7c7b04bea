"""Small parts of pages that are needed everywhere: icons and status pills."""

from __future__ import annotations

from typing import Any

from django import template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# state -> (tone, icon). States of different things share a word only where they share a meaning.
STATES: dict[str, tuple[str, str]] = {
    # jobs and visits
    "unscheduled": ("amber", "dashed"),
    "tentative": ("grey", "dashed"),
    "booked": ("grey", "circle"),
    "scheduled": ("blue", "calendar"),
    "confirmed": ("blue", "check"),
    "dispatched": ("blue", "send"),
    "acknowledged": ("blue", "eye"),
    "en_route": ("violet", "truck"),
    "on_site": ("teal", "pin"),
    "in_progress": ("teal", "working"),
    "paused": ("amber", "pause"),
    "on_hold": ("amber", "pause"),
    "return_needed": ("amber", "undo"),
    "work_complete": ("green", "check"),
    "complete": ("green", "check"),
    "completed": ("green", "check"),
    "done": ("green", "done"),
    "closed": ("grey", "lock"),
    "cancelled": ("grey", "cancelled"),
    "no_show": ("red", "ban"),
    "no_access": ("red", "ban"),
    "unused": ("grey", "minus"),
    "late": ("red", "clock"),
    "emergency": ("red", "warning"),
    # money
    "draft": ("grey", "pen"),
    "issued": ("blue", "send"),
    "sent": ("blue", "send"),
    "part_paid": ("violet", "half"),
    "partly_paid": ("violet", "half"),
    "paid": ("green", "done"),
    "past_due": ("red", "clock"),
    "overdue": ("red", "clock"),
    "void": ("grey", "ban"),
    "credited": ("grey", "undo"),
    "written_off": ("grey", "minus"),
    "unapplied": ("amber", "money"),
    "applied": ("green", "check"),
    "posted": ("green", "lock"),
    "exported": ("green", "download"),
    # imports, tasks, deliveries
    "new": ("blue", "plus"),
    "ready": ("blue", "check"),
    "waiting": ("amber", "clock"),
    "pending": ("amber", "clock"),
    "queued": ("amber", "clock"),
    "running": ("teal", "working"),
    "imported": ("green", "check"),
    "delivered": ("green", "check"),
    "held": ("amber", "pause"),
    "held_back": ("amber", "pause"),
    "skipped": ("grey", "minus"),
    "warning": ("amber", "warning"),
    "failed": ("red", "warning"),
    "refused": ("red", "ban"),
    "conflict": ("amber", "swap"),
    "rolled_back": ("grey", "undo"),
    # equipment and people
    "active": ("green", "check"),
    "inactive": ("grey", "minus"),
    "retired": ("grey", "minus"),
    "replaced": ("grey", "swap"),
    "in_warranty": ("green", "done"),
    "do_not_service": ("red", "ban"),
}


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """A drawing of the sprite; without a label it is hidden from screen readers."""
    href = f"{static('fsm/icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon {}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href
        )
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}"/></svg>', css, href)


@register.simple_tag
def pill(label: Any, tone: str = "grey", sign: str = "circle") -> SafeString:
    """A status by colour, sign and word."""
    return format_html('<span class="pill {}">{}{}</span>', tone, icon(sign), label)


@register.simple_tag
def state(value: Any, label: Any = "") -> SafeString:
    """The pill of a known state: {% state visit.state visit.get_state_display %}."""
    tone, sign = STATES.get(str(value), ("grey", "circle"))
    return pill(label or str(value).replace("_", " ").capitalize(), tone, sign)


@register.filter
def tone_of(value: Any) -> str:
    """The tone of a known state, for a class of one's own (a bar on the board)."""
    return STATES.get(str(value), ("grey", "circle"))[0]


@register.filter
def sign_of(value: Any) -> str:
    """The icon of a known state, for a place too small for its pill: {% icon visit.state|sign_of label %}."""
    return STATES.get(str(value), ("grey", "circle"))[1]


@register.filter
def is_check(field: BoundField) -> bool:
    """Whether the field is one tick box, which stands before its label."""
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset
