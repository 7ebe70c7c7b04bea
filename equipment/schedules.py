"""What equipment does by the clock."""

from __future__ import annotations

from fsm.clock import now
from fsm.tasks import recurring

from .actions import remind_of_registrations, wake_opportunities


@recurring("10 13 * * *")
def remind_office_of_registrations() -> None:
    """Remind of the warranties that must be registered soon, in the office's morning."""
    remind_of_registrations(now=now())


@recurring("20 10 * * *")
def bring_back_opportunities() -> None:
    """Bring back the opportunities that were put off until today."""
    wake_opportunities(now=now())
