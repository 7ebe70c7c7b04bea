"""What dispatch does when the kernel announces something about people."""

from __future__ import annotations

from fsm.events import PersonChanged, on

from .actions import keep_technician


@on(PersonChanged)
def keep_board_row_of_technician(event: PersonChanged) -> None:
    """Whoever has the technician's role has a row on the board, and loses it with the role."""
    keep_technician(event.user_id)
