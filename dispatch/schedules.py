"""What dispatch does by the clock."""

from __future__ import annotations

from fsm.clock import now
from fsm.tasks import recurring

from .actions.telling import remind_of_visits


@recurring("*/10 * * * *")
def remind_customers() -> None:
    """Remind of the visits that begin within the house's hours."""
    remind_of_visits(now=now())
