"""What we tell customers, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from fsm import outbox
from fsm.clock import now as clock_now
from fsm.references import Reference
from fsm.states import NotPossible

from ..messaging import Attachment
from ..models import Channel, Communication, Customer, Direction
from ..sending import HoldBack, Wait, Why
from ..states import DELIVERY_STATES, DeliveryState
from ..wording import why_held_back
from .messages import OUTBOX, decision_again, queue_message


def queue_email(
    *,
    customer_id: int,
    to: str,
    subject: str,
    body: str,
    now: datetime,
    template: str = "",
    about: Reference | None = None,
    attachments: Sequence[Attachment] = (),
    contact_id: int | None = None,
    uuid: UUID | None = None,
) -> Communication:
    """Write an e-mail by hand into the customer's communications and send it once this transaction commits;
    refused where the address asked us to stop, or the contact does not want e-mails (a bill goes all the
    same).
    """
    return queue_message(
        customer_id=customer_id,
        channel=Channel.EMAIL,
        to=to,
        subject=subject,
        body=body,
        now=now,
        template=template,
        about=about,
        attachments=attachments,
        contact_id=contact_id,
        uuid=uuid,
    )


@transaction.atomic
def send_again(communication_id: int, *, now: datetime | None = None) -> Communication:
    """Try a failed message once more; what the customer does not want any more is refused with the reason."""
    message = (
        Communication.objects.select_for_update(no_key=True, of=("self",))
        .select_related("customer__branch")
        .get(pk=communication_id)
    )
    DELIVERY_STATES.check(message.state, DeliveryState.QUEUED)
    facts = {"by_hand": True}
    decision = decision_again(message, facts, now=now or clock_now())
    if isinstance(decision, HoldBack):
        raise NotPossible(why_held_back(decision.why))
    message.state, message.problem, message.settled_at = DeliveryState.QUEUED, "", None
    message.external_id = ""
    message.not_before = decision.until if isinstance(decision, Wait) else None
    message.save(update_fields=["state", "problem", "settled_at", "external_id", "not_before"])
    outbox.post(
        OUTBOX[Channel(message.channel)],
        about=Reference("communication", message.uuid),
        payload=facts,
        not_before=message.not_before,
    )
    return message


@transaction.atomic
def settle_communication(communication_uuid: UUID, *, now: datetime, problem: str = "") -> Communication:
    """Say that a message left the house, or why it never will; one that left stays so, one that failed may
    still leave when somebody has it tried again. What the carrier said of it stands.
    """
    communication = Communication.objects.select_for_update(no_key=True).get(uuid=communication_uuid)
    settled = communication.state != DeliveryState.QUEUED
    failed_here = communication.state == DeliveryState.FAILED and not communication.external_id
    if settled and (problem or not failed_here):
        return communication
    communication.state = DeliveryState.FAILED if problem else DeliveryState.SENT
    communication.problem, communication.settled_at = problem, now
    communication.save(update_fields=["state", "problem", "settled_at"])
    return communication


@transaction.atomic
def hold_back(communication_uuid: UUID, why: Why, *, now: datetime) -> Communication:
    """Keep a queued message here after all, and say why."""
    message = Communication.objects.select_for_update(no_key=True).get(uuid=communication_uuid)
    if DELIVERY_STATES.allows(message.state, DeliveryState.HELD_BACK):
        message.state, message.problem, message.settled_at = DeliveryState.HELD_BACK, why_held_back(why), now
        message.save(update_fields=["state", "problem", "settled_at"])
    return message


@transaction.atomic
def name_at_carrier(communication_uuid: UUID, external_id: str) -> None:
    """Remember what the carrier calls a text it took."""
    message = Communication.objects.select_for_update(no_key=True).get(uuid=communication_uuid)
    if not message.external_id:
        message.external_id = external_id[:64]
        message.save(update_fields=["external_id"])


@transaction.atomic
def log_call(
    customer_id: int,
    *,
    body: str,
    now: datetime,
    direction: str = Direction.IN,
    number: str = "",
    contact_id: int | None = None,
    about: Reference | None = None,
    uuid: UUID | None = None,
) -> Communication:
    """Remember a telephone call with the customer; the same uuid twice is one."""
    if uuid and (standing := Communication.objects.filter(uuid=uuid).first()):
        return standing
    if not body.strip():
        raise NotPossible(_("Say what the call was about."), field="body")
    customer = Customer.objects.get(pk=customer_id)
    return Communication.objects.create(
        uuid=uuid or uuid4(),
        customer=customer,
        contact_id=contact_id,
        channel=Channel.CALL,
        direction=direction,
        to=number.strip(),
        body=body.strip(),
        about_kind=about.kind if about else "",
        about_uuid=about.uuid if about else None,
        state=DeliveryState.NOTED,
        created_at=now,
        settled_at=now,
    )
