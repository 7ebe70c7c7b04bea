"""What equipment does by the clock."""

from __future__ import annotations

from fsm.clock import now
from fsm.tasks import recurring

from .actions import refresh_deadlines, remind_of_registrations, wake_opportunities
from .actions.reminders import remind_of_deadlines


@recurring("10 13 * * *")
def remind_office_of_registrations() -> None:
    """Remind of the warranties that must be registered soon, in the office's morning."""
    remind_of_registrations(now=now())


@recurring("20 10 * * *")
def bring_back_opportunities() -> None:
    """Bring back the opportunities that were put off until today."""
    wake_opportunities(now=now())


@recurring("40 5 * * *", tier="analytical")
def bring_deadlines_up_to_the_day() -> None:
    """What is due in each leak case, and its next inspection, as of today."""
    refresh_deadlines(now=now())


@recurring("5 13 * * *")
def remind_of_compliance_deadlines() -> None:
    """Write to owners and managers of deadlines that are near, due or overdue, in their morning."""
    remind_of_deadlines(now=now())
