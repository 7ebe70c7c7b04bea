"""Every change to stock. The ledger is append-only; a shortage is flagged, what was used is never lost."""

from .catalog import add_part, add_place, edit_part, edit_place, set_limits
from .counts import counts_waiting, propose_count
from .cylinder_exits import (
    lose_refrigerant,
    note_receipt,
    pour_between,
    return_to_supplier,
    send_to_reclaimer,
)
from .cylinders import (
    add_cylinder,
    charge_from_cylinder,
    edit_cylinder,
    fill_cylinder,
    ledger_gaps,
    move_cylinder,
    recover_into_cylinder,
    take_back,
)
from .movements import count_stock, on_hand, receive_stock, transfer_many, transfer_stock
from .reservations import Reserved, release, reserve, use_reserved
from .weighing import weigh_cylinder, weights_waiting

__all__ = [
    "Reserved",
    "add_cylinder",
    "add_part",
    "add_place",
    "charge_from_cylinder",
    "count_stock",
    "counts_waiting",
    "edit_cylinder",
    "edit_part",
    "edit_place",
    "fill_cylinder",
    "ledger_gaps",
    "lose_refrigerant",
    "move_cylinder",
    "note_receipt",
    "on_hand",
    "pour_between",
    "propose_count",
    "receive_stock",
    "recover_into_cylinder",
    "release",
    "reserve",
    "return_to_supplier",
    "send_to_reclaimer",
    "set_limits",
    "take_back",
    "transfer_many",
    "transfer_stock",
    "use_reserved",
    "weigh_cylinder",
    "weights_waiting",
]
