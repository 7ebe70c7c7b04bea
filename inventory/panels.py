"""What stock shows at home: places where the ledger and the shelf cannot both be right, and what runs low."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.panels import panel
from fsm.permissions import May

from .models import StockLevel

SHOWN = 6


@panel(
    "home",
    key="stock",
    title=gettext_lazy("Stock to look at"),
    order=60,
    template="inventory/_home_stock.html",
    may=May.SEE_STOCK,
)
def stock_to_look_at(_home: Any, user: Any) -> dict[str, Any] | None:
    """Levels below zero, worst first, and how many are below their minimum; stays away when all is well."""
    levels = StockLevel.objects.visible_to(user)
    negative, low = levels.negative().count(), levels.below_minimum().count()
    if not negative and not low:
        return None
    worst = levels.negative().select_related("part", "place").order_by("on_hand", "pk")[:SHOWN]
    return {
        "negative": negative,
        "low": low,
        "worst": list(worst) if negative else [],
        "count": negative + low,
        "more_url": f"{reverse('inventory:places')}",
        "more_label": _("All places"),
    }
