"""What customers want of us: by which way, and not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import attributed
from fsm.states import NotPossible

from ..models import Channel, ChannelConsent, Contact, OptOut, Wish
from ..phones import find_phones
from ..versions import check_version


@transaction.atomic
def set_wishes(
    contact_id: int,
    *,
    version: int,
    preferred_channel: str,
    wishes: Mapping[str, str],
    how: str,
    now: datetime,
) -> Contact:
    """How a contact likes to be reached and what they said to each channel ("yes", "no", "" for nothing).

    `how` says how we know and is asked wherever a wish changes. Stale when the contact changed since.
    """
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
    check_version(contact, version, {"preferred_channel": preferred_channel}, noun=_("contact"))
    standing = {row.channel: row for row in contact.consents.select_for_update(no_key=True).order_by("pk")}
    changed = {
        channel: wish
        for channel, wish in wishes.items()
        if wish != (standing[channel].wish if channel in standing else "")
    }
    unknown = set(wishes) - set(Channel.values) or set(wishes.values()) - {"", *Wish.values}
    if unknown or preferred_channel not in {"", *Channel.values}:
        raise NotPossible(_("Choose from the list."))
    if any(changed.values()) and not how.strip():
        raise NotPossible(_("Say how we know: on the phone, by a form, in an e-mail."), field="how")
    if preferred_channel and wishes.get(preferred_channel) == Wish.NO:
        raise NotPossible(_("They cannot like best what they do not want."), field="preferred_channel")
    for channel, wish in changed.items():
        row = standing.get(channel) or ChannelConsent(contact=contact, channel=channel)
        if not wish:
            row.delete()
            continue
        row.wish, row.how, row.since = wish, how.strip()[:120], now
        row.save()
    contact.preferred_channel = preferred_channel
    contact.version += 1
    contact.save(update_fields=["preferred_channel", "version"])
    return contact


@transaction.atomic
def opt_out(channel: str, address: str, *, said: str, now: datetime) -> OptOut:
    """Nothing goes to this number or address any more, whoever has it; twice is once."""
    found, _made = OptOut.objects.get_or_create(
        channel=channel,
        address=standard_address(channel, address),
        defaults={"said": said.strip()[:160], "since": now},
    )
    return found


@transaction.atomic
def lift_opt_out(opt_out_id: int, *, because: str) -> None:
    """They want to hear from us again; the reason stays in the history."""
    if not because.strip():
        raise NotPossible(_("Say how they asked for it."), field="because")
    row = OptOut.objects.select_for_update(no_key=True).filter(pk=opt_out_id).first()
    if row is not None:
        with attributed(reason=because.strip()):
            row.delete()


def standard_address(channel: str, address: str) -> str:
    """A number as E.164, an e-mail address in lower case; refuses what is neither."""
    address = address.strip()
    if channel == Channel.EMAIL:
        try:
            validate_email(address)
        except ValidationError:
            raise NotPossible(_("“%(to)s” is not an e-mail address.") % {"to": address}, field="to") from None
        return address.lower()
    numbers = find_phones(address).phones
    if len(numbers) != 1 or not numbers[0].e164:
        raise NotPossible(
            _("“%(to)s” is not a phone number with its area code.") % {"to": address}, field="to"
        )
    return numbers[0].e164
