"""Who saw or took out what is sensitive: gate codes on a page, files that leave the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from .clock import now as clock_now
from .models import SensitiveLook
from .references import Reference


class Sensitive(TextChoices):
    """What is worth remembering that somebody saw it."""

    GATE_CODE = "gate_code", _("How to get in")
    EXPORT = "export", _("Export")
    QUICKBOOKS_FILE = "quickbooks_file", _("QuickBooks file")


def saw(what: Sensitive, *, about: Reference | None = None, detail: str = "") -> SensitiveLook:
    """Write down that the person in force saw or took this out; nobody can change it afterwards."""
    return SensitiveLook.objects.create(
        what=what,
        subject_kind=about.kind if about else "",
        subject_uuid=about.uuid if about else None,
        detail=detail[:200],
        seen_at=clock_now(),
    )


def hands_out(what: Sensitive) -> Callable[[Any], Any]:
    """Mark a view (or an operation of the API) that shows or hands out something sensitive: a test opens each
    of them and asks for its look.
    """

    def mark(view: Any) -> Any:
        view.hands_out = what
        return view

    return mark
