"""What we tell customers, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from fsm import outbox
from fsm.references import Reference
from fsm.states import NotPossible

from ..messaging import Attachment
from ..models import Channel, Communication, Customer, Direction
from ..states import DELIVERY_STATES, DeliveryState


@transaction.atomic
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
    """Write an e-mail into the customer's communications and send it once this transaction commits."""
    to, subject = to.strip(), " ".join(subject.split())
    if uuid and (standing := Communication.objects.filter(uuid=uuid).first()):
        return standing
    try:
        validate_email(to)
    except ValidationError:
        raise NotPossible(_("“%(to)s” is not an e-mail address.") % {"to": to}, field="to") from None
    if not subject or not body.strip():
        raise NotPossible(_("An e-mail needs a subject and a text."), field="subject")
    communication = Communication.objects.create(
        uuid=uuid or uuid4(),
        customer_id=customer_id,
        contact_id=contact_id,
        channel=Channel.EMAIL,
        to=to,
        subject=subject[:200],
        body=body,
        template=template,
        attachments=[dict(attachment) for attachment in attachments],
        about_kind=about.kind if about else "",
        about_uuid=about.uuid if about else None,
        created_at=now,
    )
    outbox.post("email", about=Reference("communication", communication.uuid), payload={})
    return communication


@transaction.atomic
def send_again(communication_id: int) -> Communication:
    """Try a failed e-mail once more."""
    communication = Communication.objects.select_for_update(no_key=True).get(pk=communication_id)
    DELIVERY_STATES.check(communication.state, DeliveryState.QUEUED)
    communication.state, communication.problem, communication.settled_at = DeliveryState.QUEUED, "", None
    communication.save(update_fields=["state", "problem", "settled_at"])
    outbox.post("email", about=Reference("communication", communication.uuid), payload={})
    return communication


@transaction.atomic
def settle_communication(communication_uuid: UUID, *, now: datetime, problem: str = "") -> Communication:
    """Say that a message left the house, or why it never will; one that left stays so, one that failed may
    still leave when somebody has it tried again.
    """
    communication = Communication.objects.select_for_update(no_key=True).get(uuid=communication_uuid)
    settled = communication.state != DeliveryState.QUEUED
    if settled and (problem or communication.state != DeliveryState.FAILED):
        return communication
    communication.state = DeliveryState.FAILED if problem else DeliveryState.SENT
    communication.problem, communication.settled_at = problem, now
    communication.save(update_fields=["state", "problem", "settled_at"])
    return communication


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
