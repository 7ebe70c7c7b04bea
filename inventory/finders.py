"""Parts in the global search."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.finders import Hit, finder
from fsm.permissions import May

from .models import Part
from .words import quantity


@finder(order=50, may=May.SEE_STOCK)
def find(query: str, user: Any, limit: int) -> list[Hit]:
    """By number, name or barcode, with how much there is."""
    parts: Any = Part.objects.visible_to(user).filter(is_active=True).matching(query).with_stock()
    return [
        Hit(
            _("Part"),
            part.name,
            _("%(number)s · %(total)s on hand") % {"number": part.number, "total": quantity(part.total)},
            reverse("inventory:part", args=[part.uuid]),
        )
        for part in parts[:limit]
    ]
