"""A customer's timeline narrowed to one unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from fsm.permissions import May
from fsm.timelines import narrowed_by

from .models import Unit

SHOWN = 200


@narrowed_by("unit", label=gettext_lazy("Unit"), may=May.SEE_EQUIPMENT)
def units_of(customer: Any, user: Any) -> Sequence[tuple[str, str]]:
    """What stands at the customer's sites."""
    units = Unit.objects.visible_to(user).filter(site__customer=customer).order_by("status", "category", "pk")
    return [(str(unit.uuid), str(unit)) for unit in units.select_related("maker")[:SHOWN]]
