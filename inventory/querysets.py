"""Named questions about stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsm.permissions import May
from fsm.querysets import OfficeQuerySet

if TYPE_CHECKING:
    from .models import Part, StockMovement, StockPlace  # noqa: F401 (named in strings below)


class PartQuerySet(OfficeQuerySet["Part"]):
    """What we stock and use."""

    capability = May.SEE_STOCK
    branch_path = ""


class StockPlaceQuerySet(OfficeQuerySet["StockPlace"]):
    """Warehouses and trucks."""

    capability = May.SEE_STOCK


class StockMovementQuerySet(OfficeQuerySet["StockMovement"]):
    """The ledger."""

    capability = May.SEE_STOCK
    branch_path = ""
