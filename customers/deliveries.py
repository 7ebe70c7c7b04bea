"""How e-mail and texts leave the house."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from fsm.clock import now as clock_now
from fsm.company import the_company
from fsm.exchanges import current_exchange
from fsm.models import OutboxRow, OutboxState
from fsm.outbox import NotYet, RefusedForGood, delivers

from . import messaging, sms
from .actions.communications import hold_back, name_at_carrier, settle_communication
from .actions.messages import decision_again
from .actions.templates import messaging_rules
from .actions.wishes import opt_out
from .models import Channel, Communication
from .sending import HoldBack, Wait
from .states import DeliveryState


def tell_record(row: OutboxRow) -> None:
    """Write into the customer's communications what became of the message."""
    problem = row.last_error if row.state == OutboxState.FAILED else ""
    settle_communication(row.about_uuid, now=clock_now(), problem=problem)


def _still_wanted(row: OutboxRow, message: Communication) -> bool:
    """Whether it may leave now; what was refused meanwhile is held back, what came into the night waits."""
    if message.state not in (DeliveryState.QUEUED, DeliveryState.FAILED):
        return False
    now = clock_now()
    decision = decision_again(message, row.payload, now=now)
    if isinstance(decision, Wait):
        raise NotYet(decision.until)
    if isinstance(decision, HoldBack):
        hold_back(message.uuid, decision.why, now=now)
        current_exchange().answered(held_back=decision.why.value)
        return False
    return True


def _message(row: OutboxRow) -> Communication:
    messages = Communication.objects.select_related("customer__branch", "contact")
    return messages.get(uuid=row.about_uuid)


@delivers("email", settled=tell_record)
def deliver_email(row: OutboxRow) -> str:
    """Send one e-mail; the outbox row's uuid is its Message-ID, so that a repeat is known for one."""
    message = _message(row)
    message_id = f"<{row.uuid}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"
    if not _still_wanted(row, message):
        return message_id
    current_exchange().sent(
        to=message.to,
        subject=message.subject,
        attachments=[attachment["name"] for attachment in message.attachments],
        message_id=message_id,
    )
    return messaging.send_email(
        to=message.to,
        subject=message.subject,
        body=message.body,
        attachments=message.attachments,
        message_id=message_id,
        reply_to=the_company().email,
    )


@delivers("text", settled=tell_record)
def deliver_text(row: OutboxRow) -> str:
    """Hand one text to the carrier, which tells later whether it was delivered."""
    message = _message(row)
    if not _still_wanted(row, message):
        return message.external_id
    sender = messaging_rules().text_from
    current_exchange().sent(to=message.to, body=message.body, sender=sender)
    try:
        taken = sms.the_carrier().send(
            to=message.to,
            body=message.body,
            sender=sender,
            callback=callback_of(message),
            unique=message.uuid,
        )
    except sms.CarrierError as problem:
        current_exchange().answered(code=problem.code, status=problem.status, message=str(problem))
        if problem.code == sms.ASKED_US_TO_STOP:
            opt_out(Channel.TEXT, message.to, said=str(problem), now=clock_now())
            _still_wanted(row, message)
            return ""
        if problem.is_final:
            raise RefusedForGood(str(problem)) from problem
        raise
    current_exchange().answered(sid=taken.external_id, status=taken.status)
    name_at_carrier(message.uuid, taken.external_id)
    return taken.external_id


def callback_of(message: Communication) -> str:
    """Where the carrier tells what became of a text; "" where nobody outside can find us."""
    if not settings.SITE_URL:
        return ""
    return f"{settings.SITE_URL}{reverse('hooks:sms-status', args=[message.uuid])}"
