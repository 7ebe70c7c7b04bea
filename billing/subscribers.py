"""What billing does when work is announced, and what customers are told of their money."""

from __future__ import annotations

from customers.actions import is_said
from customers.models import Occasion
from dispatch.events import JobCompleted
from fsm.clock import now as clock_now
from fsm.events import on
from fsm.tasks import enqueue

from .actions import draft_invoice
from .actions.telling import tell_of_payment
from .events import PaymentRecorded


@on(JobCompleted)
def draft_invoice_of_completed_job(event: JobCompleted) -> None:
    """The draft stands in the same transaction as the completion."""
    draft_invoice(event.job_id, now=clock_now())


@on(PaymentRecorded)
def thank_for_payment(event: PaymentRecorded) -> None:
    """A receipt, where the house sends them."""
    if is_said(Occasion.PAYMENT):
        enqueue(tell_of_payment, payment_id=event.payment_id)
