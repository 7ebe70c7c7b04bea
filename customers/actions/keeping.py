"""What is kept with a customer: files, tags, and the word of somebody who tried a number or an address."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.attribution import attributed, current
from fsm.files import LARGEST_FILE, take_in
from fsm.states import NotPossible

from ..models import Customer, CustomerFile, EmailAddress, PhoneNumber
from .holding import hold_customer

MOST_TAGS: Final = 20
HOW_VERIFIED: Final = {
    "called": gettext_lazy("We called and they answered"),
    "wrote": gettext_lazy("They wrote from it"),
    "said": gettext_lazy("They read it back to us"),
    "answered": gettext_lazy("They answered our message"),
}


@transaction.atomic
def add_file(
    customer_id: int,
    *,
    data: bytes,
    name: str,
    now: datetime,
    site_id: int | None = None,
    uuid: UUID | None = None,
) -> CustomerFile:
    """Keep a file with a customer: pictures are encoded anew, a PDF stays as it came. The same uuid, or the
    same bytes while they are still kept, are one file.
    """
    customer = hold_customer(customer_id)
    if len(data) > LARGEST_FILE:
        raise NotPossible(_("The file is larger than 10 MB. Nothing was saved."), field="file")
    digest = hashlib.sha256(data).hexdigest()
    rows = CustomerFile.objects.filter(customer=customer)
    standing = CustomerFile.objects.filter(uuid=uuid).first() if uuid else None
    if standing and standing.customer_id != customer.pk:
        raise NotPossible(_("Something else already has this uuid. Nothing was changed."), field="uuid")
    if site_id and not customer.sites.filter(pk=site_id).exists():
        raise NotPossible(_("This site belongs to another customer."), field="site")
    standing = standing or rows.filter(sha256=digest, removed_at=None).first()
    if standing:
        return standing
    unique = uuid or uuid4()
    taken = take_in(data, name)
    row = CustomerFile(
        uuid=unique,
        customer=customer,
        site_id=site_id,
        name=taken.name,
        content_type=taken.content_type,
        size=len(taken.data),
        sha256=digest,
        author_name=current().actor_name,
        created_at=now,
    )
    row.file.save(f"{unique.hex}.{taken.extension}", ContentFile(taken.data), save=False)
    row.save(force_insert=True)
    return row


@transaction.atomic
def remove_file(file_id: int, *, because: str, now: datetime) -> CustomerFile:
    """Take a file off the record for a reason; nobody opens it any more, the history says it was there."""
    because = because.strip()
    if not because:
        raise NotPossible(_("Say why the file is removed."), field="because")
    hold_customer(CustomerFile.objects.values_list("customer_id", flat=True).get(pk=file_id))
    row = CustomerFile.objects.select_for_update(no_key=True).get(pk=file_id)
    if row.removed_at is None:
        row.removed_at = now
        with attributed(reason=because[:300]):
            row.save(update_fields=["removed_at"])
    return row


@transaction.atomic
def add_tag(customer_id: int, *, tag: str) -> Customer:
    """Put a word on a customer; one that is there already, in any case, stays as it is."""
    customer = hold_customer(customer_id)
    word = " ".join(tag.replace("\x00", "").split())[:40].strip(" ,;")
    if not word:
        raise NotPossible(_("A tag needs a word."), field="tag")
    if word.casefold() in {standing.casefold() for standing in customer.tags}:
        return customer
    if len(customer.tags) >= MOST_TAGS:
        raise NotPossible(_("A customer has at most %(n)s tags.") % {"n": MOST_TAGS}, field="tag")
    customer.tags = [*customer.tags, word]
    customer.save(update_fields=["tags"])
    return customer


@transaction.atomic
def remove_tag(customer_id: int, *, tag: str) -> Customer:
    """Take a word off a customer; one that is not there is no mistake."""
    customer = hold_customer(customer_id)
    if tag in customer.tags:
        customer.tags = [standing for standing in customer.tags if standing != tag]
        customer.save(update_fields=["tags"])
    return customer


@transaction.atomic
def verify_phone(phone_id: int, *, how: str, now: datetime) -> PhoneNumber:
    """Say that a number reaches the contact: how that is known, since when, and who says so."""
    hold_customer(PhoneNumber.objects.values_list("contact__customer_id", flat=True).get(pk=phone_id))
    phone = PhoneNumber.objects.select_for_update(no_key=True, of=("self",)).get(pk=phone_id)
    _verify(phone, how, now)
    return phone


@transaction.atomic
def verify_email(email_id: int, *, how: str, now: datetime) -> EmailAddress:
    """Say that an address reaches the contact: how that is known, since when, and who says so."""
    hold_customer(EmailAddress.objects.values_list("contact__customer_id", flat=True).get(pk=email_id))
    email = EmailAddress.objects.select_for_update(no_key=True, of=("self",)).get(pk=email_id)
    _verify(email, how, now)
    return email


def _verify(row: PhoneNumber | EmailAddress, how: str, now: datetime) -> None:
    if how not in HOW_VERIFIED:
        raise NotPossible(_("Say how we know."), field="how")
    row.verified_at, row.verified_by_id, row.verified_how = now, current().user_id, how
    row.save(update_fields=["verified_at", "verified_by", "verified_how"])
