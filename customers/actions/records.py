"""Customers, their contacts and notes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from fsm import counters
from fsm.attribution import current
from fsm.company import default_branch
from fsm.models import Branch
from fsm.states import NotPossible

from ..models import (
    Contact,
    Customer,
    CustomerKind,
    CustomerNote,
    EmailAddress,
    PhoneNumber,
    Terms,
)
from ..phones import find_phones, search_digits
from ..required import missing_required
from ..versions import check_version
from .holding import hold_customer
from .keys import refresh_match_keys
from .sites import SiteFields, check_fields, insert_site

CUSTOMER_FIELDS = {
    "kind",
    "first_name",
    "last_name",
    "company_name",
    "branch_id",
    "parent_id",
    "bill_to_id",
    "billing_street",
    "billing_unit",
    "billing_city",
    "billing_state",
    "billing_postal_code",
    "terms",
    "is_taxable",
    "tax_certificate",
    "tax_certificate_expires",
    "lead_source",
    "language",
    "is_active",
}


@transaction.atomic
def add_customer(
    *,
    now: datetime,
    kind: str,
    uuid: UUID | None = None,
    first_name: str = "",
    last_name: str = "",
    company_name: str = "",
    contact_name: str = "",
    contact_role: str = "",
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    site: SiteFields | None = None,
    branch_id: int | None = None,
    terms: str = Terms.ON_RECEIPT,
    is_taxable: bool = True,
    lead_source: str = "",
    note: str = "",
    **more: Any,
) -> Customer:
    """A new customer with number, contact and first site, all or nothing; the same uuid twice is one."""
    check_fields(more, CUSTOMER_FIELDS)
    unique = uuid or uuid4()
    if uuid and (standing := Customer.objects.filter(uuid=uuid).first()):
        return standing
    name = name_of(kind, first_name, last_name, company_name)
    branch = Branch.objects.get(pk=branch_id) if branch_id else default_branch()
    customer = Customer(
        uuid=unique,
        kind=kind,
        name=name,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        company_name=company_name.strip(),
        branch=branch,
        terms=terms,
        is_taxable=is_taxable,
        lead_source=lead_source.strip(),
        **more,
    )
    customer.number = counters.take_one("customer")
    customer.save(force_insert=True)
    person = contact_name.strip() or f"{first_name.strip()} {last_name.strip()}".strip()
    phones, emails = list(phones), list(emails)
    if person or phones or emails:
        contact = Contact.objects.create(
            customer=customer, name=person or name, role=contact_role.strip(), is_primary=True
        )
        _set_phones(contact, phones)
        _set_emails(contact, emails)
    if site is not None:
        insert_site(customer, branch, site)
    if note.strip():
        _insert_note(customer, note, pinned=False)
    refresh_match_keys([customer.pk])
    return customer


@transaction.atomic
def edit_customer(customer_id: int, *, version: int, **fields: Any) -> Customer:
    """Change what is said about a customer; Stale when somebody else changed it since `version`."""
    check_fields(fields, CUSTOMER_FIELDS)
    customer = hold_customer(customer_id)
    check_version(customer, version, fields, noun=_("customer"))
    for name, value in fields.items():
        setattr(customer, name, value.strip() if isinstance(value, str) else value)
    if {"kind", "first_name", "last_name", "company_name"} & fields.keys():
        customer.name = name_of(
            customer.kind, customer.first_name, customer.last_name, customer.company_name, customer.name
        )
    if customer.parent_id == customer.pk:
        raise NotPossible(_("A customer cannot be part of itself."), field="parent")
    if customer.bill_to_id == customer.pk:
        customer.bill_to = None
    _save_new_version(customer)
    refresh_match_keys([customer.pk])
    return customer


@transaction.atomic
def set_do_not_service(customer_id: int, *, on: bool, reason: str = "") -> Customer:
    """Forbid or allow again that jobs are booked for the customer; forbidding needs a reason."""
    reason = reason.strip()
    if on and not reason:
        raise NotPossible(_("Say why this customer is not to be serviced."), field="reason")
    customer = hold_customer(customer_id)
    customer.do_not_service = on
    customer.do_not_service_reason = reason if on else ""
    return _save_new_version(customer)


@transaction.atomic
def set_credit_hold(customer_id: int, *, on: bool) -> Customer:
    """Put the customer on credit hold or take it off."""
    customer = hold_customer(customer_id)
    customer.credit_hold = on
    return _save_new_version(customer)


@transaction.atomic
def add_contact(
    customer_id: int,
    *,
    name: str,
    role: str = "",
    is_primary: bool = False,
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    uuid: UUID | None = None,
) -> Contact:
    """A person at the customer; the first one is the one to call. The same uuid twice is one."""
    customer = hold_customer(customer_id)
    if uuid and (standing := Contact.objects.filter(uuid=uuid).first()):
        return standing
    if not name.strip():
        raise NotPossible(_("A contact needs a name."), field="name")
    first = not customer.contacts.filter(is_active=True, is_primary=True).exists()
    if is_primary and not first:
        _demote_primary(customer)
    contact = Contact.objects.create(
        uuid=uuid or uuid4(),
        customer=customer,
        name=name.strip(),
        role=role.strip(),
        is_primary=is_primary or first,
    )
    _set_phones(contact, phones)
    _set_emails(contact, emails)
    refresh_match_keys([customer.pk])
    return contact


@transaction.atomic
def edit_contact(
    contact_id: int,
    *,
    version: int,
    name: str,
    role: str = "",
    is_primary: bool = False,
    is_active: bool = True,
    phones: Iterable[str] | None = None,
    emails: Iterable[str] | None = None,
) -> Contact:
    """Change a contact; given lists of phones and e-mails replace what was there, None leaves them."""
    customer_id = Contact.objects.values_list("customer_id", flat=True).get(pk=contact_id)
    customer = hold_customer(customer_id)
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
    if not name.strip():
        raise NotPossible(_("A contact needs a name."), field="name")
    wanted = {"name": name.strip(), "role": role.strip(), "is_primary": is_primary, "is_active": is_active}
    check_version(contact, version, wanted, noun=_("contact"))
    if is_primary and is_active and not contact.is_primary:
        _demote_primary(customer)
    for field, value in wanted.items():
        setattr(contact, field, value)
    contact.is_primary = is_primary and is_active
    contact.version += 1
    contact.save(update_fields=[*wanted, "version"])
    if phones is not None:
        _set_phones(contact, phones)
    if emails is not None:
        _set_emails(contact, emails)
    refresh_match_keys([customer.pk])
    return contact


@transaction.atomic
def add_phone(contact_id: int, *, number: str, label: str = "") -> list[PhoneNumber]:
    """Add the numbers found in the text to a contact; one that is there already stays as it is."""
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
    phones = _insert_phones(contact, [number], label=label)
    refresh_match_keys([contact.customer_id])
    return phones


@transaction.atomic
def remove_phone(phone_id: int) -> None:
    """Take a number off a contact; the history keeps it."""
    phone = PhoneNumber.objects.select_related("contact").get(pk=phone_id)
    phone.delete()
    refresh_match_keys([phone.contact.customer_id])


@transaction.atomic
def add_email(contact_id: int, *, address: str) -> EmailAddress:
    """Add an e-mail address to a contact; one that is there already is returned."""
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact_id)
    email = _insert_emails(contact, [address])[0]
    refresh_match_keys([contact.customer_id])
    return email


@transaction.atomic
def remove_email(email_id: int) -> None:
    """Take an address off a contact; the history keeps it."""
    email = EmailAddress.objects.select_related("contact").get(pk=email_id)
    email.delete()
    refresh_match_keys([email.contact.customer_id])


@transaction.atomic
def add_note(customer_id: int, *, body: str, pinned: bool = False, uuid: UUID | None = None) -> CustomerNote:
    """Remember something about a customer under the name of who is acting; the same uuid twice is one."""
    customer = hold_customer(customer_id)
    if uuid and (standing := CustomerNote.objects.filter(uuid=uuid).first()):
        return standing
    return _insert_note(customer, body, pinned=pinned, uuid=uuid)


@transaction.atomic
def pin_note(note_id: int, *, pinned: bool) -> CustomerNote:
    """Keep a note on top of the record, or let it take its place in time."""
    note = CustomerNote.objects.select_for_update(no_key=True).get(pk=note_id)
    note.is_pinned = pinned
    note.save(update_fields=["is_pinned"])
    return note


def name_of(kind: str, first_name: str, last_name: str, company_name: str, fallback: str = "") -> str:
    """What the customer is called: companies by their name, households by a person's."""
    person = " ".join(part for part in (first_name.strip(), last_name.strip()) if part)
    company = company_name.strip()
    names = {"first_name": first_name, "last_name": last_name, "company_name": company_name}
    if not fallback and (missing := missing_required(kind, names)):
        sentence = (
            _("A household needs a name.")
            if kind == CustomerKind.HOUSEHOLD
            else _("A company or property manager needs the company's name.")
        )
        raise NotPossible(sentence, field=missing[0])
    return ((person or company) if kind == CustomerKind.HOUSEHOLD else (company or person)) or fallback


def _save_new_version(customer: Customer) -> Customer:
    customer.version += 1
    customer.save()
    return customer


def _insert_note(customer: Customer, body: str, *, pinned: bool, uuid: UUID | None = None) -> CustomerNote:
    if not body.strip():
        raise NotPossible(_("The note is empty."), field="body")
    who = current()
    return CustomerNote.objects.create(
        uuid=uuid or uuid4(),
        customer=customer,
        body=body.strip(),
        is_pinned=pinned,
        author_id=who.user_id,
        author_name=who.actor_name,
    )


def _demote_primary(customer: Customer) -> None:
    for other in customer.contacts.select_for_update(no_key=True).filter(is_primary=True):
        other.is_primary = False
        other.version += 1
        other.save(update_fields=["is_primary", "version"])


def _set_phones(contact: Contact, texts: Iterable[str]) -> None:
    """Make the contact's numbers those of the texts, in order; others go, the first is the one to call."""
    wanted = _insert_phones(contact, texts)
    keys = [phone.pk for phone in wanted]
    for phone in contact.phones.exclude(pk__in=keys):
        phone.delete()
    for place, phone in enumerate(wanted):
        if phone.is_primary != (place == 0):
            phone.is_primary = place == 0
            phone.save(update_fields=["is_primary"])


def _insert_phones(contact: Contact, texts: Iterable[str], *, label: str = "") -> list[PhoneNumber]:
    standing = {(phone.e164, phone.extension): phone for phone in contact.phones.all()}
    phones: list[PhoneNumber] = []
    for text in texts:
        if not text.strip():
            continue
        found = find_phones(text)
        usable = [phone for phone in found.phones if phone.e164]
        if not usable or found.leftover:
            raise NotPossible(
                _("“%(text)s” is not a phone number with its area code, such as (512) 555-0142 cell.")
                % {"text": text.strip()},
                field="phones",
            )
        for item in usable:
            phone = standing.get((item.e164, item.extension))
            if phone is None:
                phone = PhoneNumber.objects.create(
                    contact=contact,
                    e164=item.e164,
                    extension=item.extension[:8],
                    digits=search_digits(item.e164),
                    label=label or item.label,
                    as_given=item.raw[:60],
                    doubt=item.flag,
                    is_primary=not standing,
                )
                standing[phone.e164, phone.extension] = phone
            elif (label or item.label) and phone.label != (label or item.label):
                phone.label = label or item.label
                phone.save(update_fields=["label"])
            phones.append(phone)
    return phones


def _set_emails(contact: Contact, texts: Iterable[str]) -> None:
    wanted = _insert_emails(contact, texts)
    keys = [email.pk for email in wanted]
    for email in contact.emails.exclude(pk__in=keys):
        email.delete()
    for place, email in enumerate(wanted):
        if email.is_primary != (place == 0):
            email.is_primary = place == 0
            email.save(update_fields=["is_primary"])


def _insert_emails(contact: Contact, texts: Iterable[str]) -> list[EmailAddress]:
    standing = {email.address: email for email in contact.emails.all()}
    emails: list[EmailAddress] = []
    for text in texts:
        address = text.strip().lower()
        if not address:
            continue
        try:
            validate_email(address)
        except ValidationError:
            raise NotPossible(
                _("“%(text)s” is not an e-mail address.") % {"text": text.strip()}, field="emails"
            ) from None
        if address not in standing:
            standing[address] = EmailAddress.objects.create(
                contact=contact, address=address, is_primary=not standing
            )
        emails.append(standing[address])
    return emails
