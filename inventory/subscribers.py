"""What stock does when equipment changes its mind."""

from __future__ import annotations

from equipment.events import RefrigerantVoided
from fsm.clock import now as clock_now
from fsm.events import on

from .actions import take_back


@on(RefrigerantVoided)
def take_back_from_cylinders(event: RefrigerantVoided) -> None:
    """What a struck-out record moved in or out of cylinders is taken back with it."""
    take_back(event.record_id, now=clock_now())
