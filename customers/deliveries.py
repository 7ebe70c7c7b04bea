"""How e-mail leaves the house."""

from __future__ import annotations

from django.conf import settings

from fsm.clock import now as clock_now
from fsm.company import the_company
from fsm.exchanges import current_exchange
from fsm.models import OutboxRow, OutboxState
from fsm.outbox import delivers

from . import messaging
from .actions import settle_communication
from .models import Communication
from .states import DeliveryState


def tell_record(row: OutboxRow) -> None:
    """Write into the customer's communications what became of the message."""
    problem = row.last_error if row.state == OutboxState.FAILED else ""
    settle_communication(row.about_uuid, now=clock_now(), problem=problem)


@delivers("email", settled=tell_record)
def deliver_email(row: OutboxRow) -> str:
    """Send one e-mail; the outbox row's uuid is its Message-ID, so that a repeat is known for one."""
    communication = Communication.objects.select_related("customer").get(uuid=row.about_uuid)
    message_id = f"<{row.uuid}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"
    if communication.state == DeliveryState.SENT:
        return message_id
    current_exchange().sent(
        to=communication.to,
        subject=communication.subject,
        attachments=[attachment["name"] for attachment in communication.attachments],
        message_id=message_id,
    )
    return messaging.send_email(
        to=communication.to,
        subject=communication.subject,
        body=communication.body,
        attachments=communication.attachments,
        message_id=message_id,
        reply_to=the_company().email,
    )
