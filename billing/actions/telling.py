"""What customers hear of their money, beside the invoice itself."""

from __future__ import annotations

from contextlib import nullcontext

from customers.actions import send_message
from customers.models import Communication, Occasion
from fsm.attribution import rooted
from fsm.clock import now as clock_now
from fsm.references import Reference

from ..models import Payment
from ..states import PaymentState


def tell_of_payment(*, payment_id: int) -> Communication | None:
    """Thank for a payment, once; nothing where it was taken back meanwhile."""
    payment = Payment.objects.select_related("job").get(pk=payment_id)
    if payment.state == PaymentState.REVERSED:
        return None
    with rooted("job", payment.job.uuid) if payment.job else nullcontext():
        return send_message(
            occasion=Occasion.PAYMENT,
            customer_id=payment.customer_id,
            about=Reference("payment", payment.uuid),
            key="received",
            variables={"payment": payment.number, "amount": payment.amount},
            now=clock_now(),
        )
