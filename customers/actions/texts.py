"""What customers text us, and what the carrier says became of ours."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fsm.attribution import attributed
from fsm.states import NotPossible

from ..models import Channel, Communication, Contact, Customer, Direction, OptOut, UnknownText
from ..phones import search_digits
from ..sending import Answer, answer_of
from ..states import DELIVERY_STATES, DeliveryState
from .wishes import opt_out

# Names the messages of the carrier among our uuids.
AT_THE_CARRIER = UUID("0b3e4a52-6f0d-4c58-9a41-55a1f1c1c5d2")


@transaction.atomic
def receive_text(*, number: str, body: str, external_id: str, now: datetime) -> Communication | UnknownText:
    """Put a text on the record of whoever has the number, or among those of unknown numbers; a word that
    stops or starts our texts does so at once. The same text told twice is one.
    """
    unique = uuid5(AT_THE_CARRIER, external_id)
    if standing := Communication.objects.filter(uuid=unique).first():
        return standing
    if stranger := UnknownText.objects.filter(external_id=external_id).first():
        return stranger
    _take_at_its_word(number, body, now)
    contact = _who_has(number)
    try:
        with transaction.atomic():
            if contact is None:
                return UnknownText.objects.create(
                    number=number[:20], body=body, external_id=external_id, received_at=now
                )
            return _on_record(contact.customer, contact, number, body, unique, external_id, now)
    except IntegrityError:  # told twice at once
        found = Communication.objects.filter(uuid=unique).first()
        return found or UnknownText.objects.get(external_id=external_id)


def _take_at_its_word(number: str, body: str, now: datetime) -> None:
    """Stop and start are obeyed by whoever has the number, known to us or not."""
    answer = answer_of(body)
    if answer == Answer.STOP:
        opt_out(Channel.TEXT, number, said=body, now=now)
    elif answer == Answer.START:
        row = OptOut.objects.select_for_update(no_key=True).filter(channel=Channel.TEXT, address=number)
        for standing in row:
            with attributed(reason=body.strip()[:160]):
                standing.delete()


def _who_has(number: str) -> Contact | None:
    """The contact with the number: where several have it, the one we texted last, else the first to call."""
    contacts = list(
        Contact.objects.filter(phones__e164=number, is_active=True, customer__merged_into__isnull=True)
        .select_related("customer")
        .order_by("-customer__is_active", "-is_primary", "pk")
    )
    if len(contacts) < 2:
        return contacts[0] if contacts else None
    last = (
        Communication.objects.filter(
            channel=Channel.TEXT,
            to=number,
            direction=Direction.OUT,
            customer__in={contact.customer_id for contact in contacts},
        )
        .order_by("-created_at", "-pk")
        .first()
    )
    return min(contacts, key=lambda contact: last is None or contact.customer_id != last.customer_id)


def _on_record(
    customer: Customer,
    contact: Contact | None,
    number: str,
    body: str,
    unique: UUID,
    external_id: str,
    now: datetime,
) -> Communication:
    return Communication.objects.create(
        uuid=unique,
        customer=customer,
        contact=contact,
        channel=Channel.TEXT,
        direction=Direction.IN,
        to=number,
        body=body or _("(no words)"),
        state=DeliveryState.NOTED,
        external_id=external_id,
        created_at=now,
        settled_at=now,
    )


@transaction.atomic
def take_up_text(unknown_id: int, *, customer_id: int) -> Communication:
    """Say whose a text was: it stands on their record from now on, at the time it came."""
    unknown = UnknownText.objects.select_for_update(no_key=True).get(pk=unknown_id)
    if unknown.communication is not None:
        return unknown.communication
    customer = Customer.objects.get(pk=customer_id)
    number = unknown.number
    contact = customer.contacts.filter(phones__digits=search_digits(number), is_active=True).first()
    unknown.communication = _on_record(
        customer,
        contact,
        number,
        unknown.body,
        uuid5(AT_THE_CARRIER, unknown.external_id),
        unknown.external_id,
        unknown.received_at,
    )
    unknown.is_dismissed = False
    unknown.save(update_fields=["communication", "is_dismissed"])
    return unknown.communication


@transaction.atomic
def put_text_away(unknown_id: int) -> UnknownText:
    """Nobody of ours: a wrong number, an advertisement."""
    unknown = UnknownText.objects.select_for_update(no_key=True).get(pk=unknown_id)
    if unknown.communication_id is not None:
        raise NotPossible(_("This text stands on a customer's record already."))
    unknown.is_dismissed = True
    unknown.save(update_fields=["is_dismissed"])
    return unknown


@transaction.atomic
def settle_at_carrier(
    message_uuid: UUID, *, external_id: str, delivered: bool, problem: str, now: datetime
) -> Communication | None:
    """What the carrier says became of a text: delivered, or why not. Told twice, late or in the wrong order,
    the first end stays. None where no message has the uuid.
    """
    message = (
        Communication.objects.select_for_update(no_key=True)
        .filter(uuid=message_uuid, channel=Channel.TEXT, direction=Direction.OUT)
        .first()
    )
    if message is None or (message.external_id and message.external_id != external_id):
        return message
    state = DeliveryState.DELIVERED if delivered else DeliveryState.FAILED
    if message.state == state or not DELIVERY_STATES.allows(message.state, state):
        return message
    message.state, message.external_id, message.settled_at = state, external_id, now
    message.problem = "" if delivered else problem
    message.save(update_fields=["state", "external_id", "settled_at", "problem"])
    return message
