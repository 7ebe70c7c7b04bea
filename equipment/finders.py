"""Units in the global search."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.finders import Hit, finder
from fsm.permissions import May

from .models import Unit


@finder(order=30, may=May.SEE_EQUIPMENT)
def find(query: str, user: Any, limit: int) -> list[Hit]:
    """By serial or model."""
    units = Unit.objects.visible_to(user).by_plate(query).select_related("site__customer", "maker")
    return [
        Hit(
            _("Unit"),
            " ".join(part for part in (unit.maker.name if unit.maker else "", str(unit)) if part),
            " · ".join(part for part in (unit.plate, unit.site.customer.name) if part),
            reverse("equipment:unit", args=[unit.uuid]),
        )
        for unit in units[:limit]
    ]
