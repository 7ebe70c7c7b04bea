"""What we say to customers: every message passes here, by itself or by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fsm import outbox
from fsm.company import the_company
from fsm.references import Reference
from fsm.states import NotPossible

from ..messaging import Attachment
from ..models import Channel, Communication, Contact, Customer, Occasion, OptOut, Site, Wish
from ..phones import format_us
from ..sending import MONEY, Decision, HoldBack, QuietHours, Wait, Why, decide, plainer
from ..states import DeliveryState
from ..wording import LONGEST, Words, filled_in, why_held_back
from .templates import messaging_rules, standing_templates
from .wishes import standard_address

# The word a channel leaves the house by.
OUTBOX = {Channel.EMAIL: "email", Channel.TEXT: "text"}
TEXT_FIRST = {Occasion.ON_MY_WAY, Occasion.REMINDER}
NOT_FOR_TEXTS = {"fax", "pager"}


@dataclass(frozen=True)
class Reach:
    """A number or address, whose it is where a contact has it, and what they said about it: where several
    contacts of the customer have it, the stricter of them.
    """

    channel: str
    address: str
    contact: Contact | None
    consent: str = ""


@transaction.atomic
def send_message(
    *,
    occasion: str,
    customer_id: int,
    about: Reference,
    variables: Mapping[str, Any],
    now: datetime,
    key: str,
    channel: str | None = None,
    contact_id: int | None = None,
    to: str = "",
    attachments: Sequence[Attachment] = (),
    zone: str = "",
    by_hand: bool = False,
    useful_until: datetime | None = None,
) -> Communication | None:
    """Say what the occasion calls for, once: the same occasion, subject and key is the same message.

    Chooses contact, channel and language, fills in the template and decides. What may not leave stands on the
    record as held back, with the reason; by hand it is refused with that reason instead. None where the
    occasion is switched off or nobody can be reached.
    """
    unique = uuid_of_message(occasion, about, key)
    if standing := Communication.objects.filter(uuid=unique).first():
        return standing
    customer = Customer.objects.select_related("branch", "merged_into__branch").get(pk=customer_id)
    customer = customer.merged_into or customer
    templates = standing_templates([occasion])
    channels = [
        wanted
        for wanted in ([channel] if channel else _order(occasion))
        if by_hand or templates[occasion, wanted, customer.language].is_on
    ]
    if not channels:
        return None
    if to:
        reaches = [_whose(customer, channels[0], standard_address(channels[0], to))]
    else:
        reaches = _reaches(customer, channels, contact_id, by_wish=occasion not in MONEY)
    if not reaches:
        if by_hand:
            raise NotPossible(why_held_back(Why.NO_ADDRESS), field="to")
        return None
    chosen, decision = _choose(
        reaches, customer, occasion=occasion, zone=zone, now=now, by_hand=by_hand, useful_until=useful_until
    )
    if by_hand and isinstance(decision, HoldBack):
        raise NotPossible(why_held_back(decision.why), field="to")
    company = the_company()
    words = filled_in(
        templates[occasion, chosen.channel, customer.language].words,
        {"name": customer.name, "company": company.name, "company_phone": company.phone, **variables},
        language=customer.language,
        channel=chosen.channel,
    )
    return _write(
        customer,
        chosen,
        decision,
        words,
        unique=unique,
        now=now,
        template=occasion,
        about=about,
        attachments=attachments if chosen.channel == Channel.EMAIL else (),
        facts={
            "by_hand": by_hand,
            **({"useful_until": useful_until.isoformat()} if useful_until else {}),
            **({"zone": zone} if zone else {}),
        },
    )


def uuid_of_message(occasion: str, about: Reference, key: str) -> UUID:
    """What names the one message of an occasion about a thing."""
    return uuid5(about.uuid, f"{occasion}:{key}")


@transaction.atomic
def queue_message(
    *,
    customer_id: int,
    channel: str,
    to: str,
    body: str,
    now: datetime,
    subject: str = "",
    template: str = "",
    about: Reference | None = None,
    attachments: Sequence[Attachment] = (),
    contact_id: int | None = None,
    uuid: UUID | None = None,
) -> Communication:
    """Write to a customer by hand: what they do not want is refused with the reason, a text at night waits.

    The same uuid twice is one message.
    """
    if uuid and (standing := Communication.objects.filter(uuid=uuid).first()):
        return standing
    if channel not in OUTBOX:
        raise NotPossible(_("Only e-mails and texts can be sent."), field="channel")
    address = standard_address(channel, to)
    words = Words(" ".join(subject.split())[:200] if channel == Channel.EMAIL else "", body.strip())
    if channel == Channel.EMAIL and not (words.subject and words.body):
        raise NotPossible(_("An e-mail needs a subject and a text."), field="subject")
    if not words.body:
        raise NotPossible(_("A message needs a text."), field="body")
    if channel == Channel.TEXT:
        words = Words("", plainer(words.body))
        if len(words.body) > LONGEST[Channel.TEXT]:
            raise NotPossible(
                _("A text has at most %(most)s letters; this has %(n)s.")
                % {"most": LONGEST[Channel.TEXT], "n": len(words.body)},
                field="body",
            )
    customer = Customer.objects.select_related("branch").get(pk=customer_id)
    reach = _whose(customer, channel, address, contact_id)
    occasion = template if template in Occasion.values else ""
    decision = decision_for(reach, customer, occasion=occasion, now=now, by_hand=True)
    if isinstance(decision, HoldBack):
        raise NotPossible(why_held_back(decision.why), field="to")
    return _write(
        customer,
        reach,
        decision,
        words,
        unique=uuid or uuid4(),
        now=now,
        template=template,
        about=about,
        attachments=attachments,
        facts={"by_hand": True},
    )


# Deciding ---------------------------------------------------------------------------------------------


def decision_for(
    reach: Reach,
    customer: Customer,
    *,
    occasion: str,
    now: datetime,
    by_hand: bool,
    zone: str = "",
    useful_until: datetime | None = None,
) -> Decision:
    """What becomes of a message to this number or address, as things stand."""
    return _choose(
        [reach],
        customer,
        occasion=occasion,
        zone=zone,
        now=now,
        by_hand=by_hand,
        useful_until=useful_until,
    )[1]


def decision_again(message: Communication, facts: Mapping[str, Any], *, now: datetime) -> Decision:
    """What becomes of a queued message at the moment it is about to leave: wishes may have changed since."""
    customer = message.customer
    reach = _whose(customer, message.channel, message.to, message.contact_id)
    until = facts.get("useful_until")
    return decision_for(
        reach,
        customer,
        occasion=message.template if message.template in Occasion.values else "",
        now=now,
        by_hand=bool(facts.get("by_hand")),
        zone=str(facts.get("zone", "")),
        useful_until=datetime.fromisoformat(until) if until else None,
    )


def _choose(
    reaches: Sequence[Reach],
    customer: Customer,
    *,
    occasion: str,
    zone: str,
    now: datetime,
    by_hand: bool,
    useful_until: datetime | None,
) -> tuple[Reach, Decision]:
    """The first of the ways that is open, else the first with the reason why not."""
    stopped = Q()
    for reach in reaches:
        stopped |= Q(channel=reach.channel, address=reach.address)
    out = set(OptOut.objects.filter(stopped).values_list("channel", "address"))
    texts = any(reach.channel == Channel.TEXT for reach in reaches)
    quiet = _quiet_hours(customer, zone) if texts else None
    decided = []
    for reach in reaches:
        decision = decide(
            reach.channel,
            occasion=occasion,
            consent=reach.consent,
            opted_out=(reach.channel, reach.address) in out,
            preferred=reach.contact.preferred_channel if reach.contact else "",
            quiet=quiet,
            served=customer.is_active and not customer.do_not_service,
            now=now,
            by_hand=by_hand,
            useful_until=useful_until,
        )
        if not isinstance(decision, HoldBack):
            return reach, decision
        decided.append((reach, decision))
    return decided[0]


def _quiet_hours(customer: Customer, zone: str) -> QuietHours:
    """On the wall clock of where the work is, else of the customer's first place, else of the branch."""
    if not zone:
        places = Site.objects.filter(customer=customer).order_by("-is_active", "pk")
        zone = places.values_list("time_zone", flat=True).first() or customer.branch.time_zone
    rules = messaging_rules()
    return QuietHours(rules.quiet_from, rules.quiet_until, zone)


# Finding whom ----------------------------------------------------------------------------------------


def _order(occasion: str) -> list[str]:
    texts_first = occasion in TEXT_FIRST
    return [Channel.TEXT, Channel.EMAIL] if texts_first else [Channel.EMAIL, Channel.TEXT]


def _people(customer: Customer) -> list[Contact]:
    contacts = Contact.objects.filter(customer=customer, is_active=True)
    return list(
        contacts.prefetch_related("phones", "emails", "consents").order_by("-is_primary", "name", "pk")
    )


def _reaches(
    customer: Customer, channels: Sequence[str], contact_id: int | None, *, by_wish: bool
) -> list[Reach]:
    """One number or address a channel: of the contact meant, else of the first to call who has one; the way
    that contact likes best comes first where `by_wish`.
    """
    people = sorted(_people(customer), key=lambda contact: contact.pk != contact_id)
    found = []
    for channel in channels:
        reach = next(
            (
                _reach(people, channel, address, contact)
                for contact in people
                if (address := address_of(contact, channel))
            ),
            None,
        )
        if reach is not None:
            found.append(reach)
    if by_wish:
        found.sort(key=lambda one: one.contact is None or one.contact.preferred_channel != one.channel)
    return found


def address_of(contact: Contact, channel: str) -> str:
    """Where a contact is reached by the channel, or "": the first e-mail; the cell, else the first number
    that may be one. Needs phones and e-mails fetched.
    """
    if channel == Channel.EMAIL:
        return next((email.address for email in contact.emails.all()), "")
    phones = [
        phone for phone in contact.phones.all() if not phone.extension and phone.label not in NOT_FOR_TEXTS
    ]
    phones.sort(key=lambda phone: phone.label != "cell")
    return phones[0].e164 if phones else ""


def ways_of(customer: Customer) -> list[Reach]:
    """Every number and address of the customer that can be written to, the likeliest first."""
    found: list[Reach] = []
    people = _people(customer)
    for contact in people:
        found += [_reach(people, Channel.EMAIL, email.address, contact) for email in contact.emails.all()]
        found += [
            _reach(people, Channel.TEXT, phone.e164, contact)
            for phone in contact.phones.all()
            if not phone.extension and phone.label not in NOT_FOR_TEXTS
        ]
    return found


def _whose(customer: Customer, channel: str, address: str, contact_id: int | None = None) -> Reach:
    """Which of the customer's contacts has the address: their wishes hold."""
    people = sorted(_people(customer), key=lambda contact: contact.pk != contact_id)
    holder = next((contact for contact in people if _has(contact, channel, address)), None)
    meant = next((contact for contact in people if contact.pk == contact_id), None)
    return _reach(people, channel, address, holder or meant)


def _has(contact: Contact, channel: str, address: str) -> bool:
    if channel == Channel.EMAIL:
        return any(email.address == address for email in contact.emails.all())
    return any(phone.e164 == address for phone in contact.phones.all())


def _reach(people: Sequence[Contact], channel: str, address: str, contact: Contact | None) -> Reach:
    """With the strictest of what those said who have the address."""
    concerned = [one for one in people if one == contact or _has(one, channel, address)]
    said = {row.wish for one in concerned for row in one.consents.all() if row.channel == channel}
    return Reach(channel, address, contact, next((wish for wish in (Wish.NO, Wish.YES) if wish in said), ""))


# Writing ---------------------------------------------------------------------------------------------


def _write(
    customer: Customer,
    reach: Reach,
    decision: Decision,
    words: Words,
    *,
    unique: UUID,
    now: datetime,
    template: str,
    about: Reference | None,
    attachments: Iterable[Attachment],
    facts: dict[str, Any],
) -> Communication:
    """The message on the record and, unless it is held back, its way out; two at once are one."""
    held = isinstance(decision, HoldBack)
    until = decision.until if isinstance(decision, Wait) else None
    try:
        with transaction.atomic():
            message = Communication.objects.create(
                uuid=unique,
                customer=customer,
                contact=reach.contact,
                channel=reach.channel,
                to=reach.address,
                subject=words.subject,
                body=words.body,
                template=template,
                language=customer.language,
                attachments=[dict(attachment) for attachment in attachments],
                about_kind=about.kind if about else "",
                about_uuid=about.uuid if about else None,
                state=DeliveryState.HELD_BACK if held else DeliveryState.QUEUED,
                problem=why_held_back(decision.why) if isinstance(decision, HoldBack) else "",
                not_before=until,
                created_at=now,
                settled_at=now if held else None,
            )
    except IntegrityError:
        if standing := Communication.objects.filter(uuid=unique).first():
            return standing
        raise
    if not held:
        outbox.post(
            OUTBOX[Channel(reach.channel)],
            about=Reference("communication", message.uuid),
            payload=facts,
            not_before=until,
        )
    return message


def shown_address(channel: str, address: str) -> str:
    """A number as people write it."""
    return format_us(address) if channel == Channel.TEXT else address
