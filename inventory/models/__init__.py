"""Parts and where they lie; cylinders and what they hold."""

from __future__ import annotations

from .cylinders import (
    Cylinder,
    CylinderKind,
    CylinderMoveKind,
    CylinderMovement,
    CylinderOrigin,
    CylinderState,
    RecoveryMachine,
    RefrigerantTransfer,
)
from .stock import (
    MovementKind,
    Part,
    PlaceKind,
    Reservation,
    ReservationState,
    StockLevel,
    StockMovement,
    StockPlace,
)

__all__ = [
    "Cylinder",
    "CylinderKind",
    "CylinderMoveKind",
    "CylinderMovement",
    "CylinderOrigin",
    "CylinderState",
    "MovementKind",
    "Part",
    "PlaceKind",
    "RecoveryMachine",
    "RefrigerantTransfer",
    "Reservation",
    "ReservationState",
    "StockLevel",
    "StockMovement",
    "StockPlace",
]
