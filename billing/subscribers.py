"""What billing does when work is announced."""

from __future__ import annotations

from dispatch.events import JobCompleted
from fsm.clock import now as clock_now
from fsm.events import on

from .actions import draft_invoice


@on(JobCompleted)
def draft_invoice_of_completed_job(event: JobCompleted) -> None:
    """The draft stands in the same transaction as the completion."""
    draft_invoice(event.job_id, now=clock_now())
