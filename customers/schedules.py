"""What customers do by the clock."""

from __future__ import annotations

from customers.actions import imports
from fsm import clock
from fsm.tasks import recurring


@recurring("*/5 * * * *")
def continue_stalled_imports() -> None:
    """An import whose worker was lost goes on by itself."""
    imports.resume_stalled_imports(now=clock.now())
