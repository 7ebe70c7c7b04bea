"""How pages of other apps name and link parts, places and movements."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fsm.references import refers

from .models import Cylinder, Part, StockMovement, StockPlace
from .words import quantity


def _movement_label(movement: Any) -> str:
    return _("%(kind)s: %(quantity)s of %(part)s") % {
        "kind": movement.get_kind_display(),
        "quantity": quantity(movement.quantity),
        "part": movement.part.number,
    }


def _movement_url(movement: Any) -> str:
    return f"{reverse('inventory:movements')}?{urlencode({'q': movement.part.number})}"


refers("part", Part, url=lambda part: reverse("inventory:part", args=[part.uuid]))
refers("place", StockPlace, url=lambda place: reverse("inventory:place", args=[place.uuid]))
refers("movement", StockMovement, url=_movement_url, label=_movement_label, related=("part",))
refers(
    "cylinder",
    Cylinder,
    url=lambda cylinder: reverse("inventory:cylinder", args=[cylinder.uuid]),
    label=lambda cylinder: f"{cylinder.number} {cylinder.refrigerant.designation}",
    related=("refrigerant",),
)
