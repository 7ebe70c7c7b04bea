"""Every change to stock. The ledger is append-only; a shortage is flagged, what was used is never lost."""

from .catalog import add_part, add_place, edit_part, edit_place, set_limits
from .counts import counts_waiting, propose_count
from .movements import count_stock, on_hand, receive_stock, transfer_many, transfer_stock
from .reservations import Reserved, release, reserve, use_reserved

__all__ = [
    "Reserved",
    "add_part",
    "add_place",
    "count_stock",
    "counts_waiting",
    "edit_part",
    "edit_place",
    "on_hand",
    "propose_count",
    "receive_stock",
    "release",
    "reserve",
    "set_limits",
    "transfer_many",
    "transfer_stock",
    "use_reserved",
]
