"""The people at our customers, and what is remembered of them."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet

from fsm.api.fields import Input, Text, Unique, Whole, YesNo
from fsm.api.views import Deed, Listing, One, found, seen_again
from fsm.permissions import May

from .. import actions
from ..models import Contact, Customer, CustomerNote
from ..narrowing import OfCustomer
from .shapes import (
    ContactOutput,
    CustomerNoteOutput,
    emails_input,
    phones_input,
    seen_contacts,
    seen_customers,
    seen_notes,
)


class ContactFilter(filters.FilterSet):  # type: ignore[misc]
    """By customer."""

    customer = OfCustomer("customer")

    class Meta:
        model = Contact
        fields: tuple[str, ...] = ()


class Contacts(Listing):
    """The people at our customers."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = ContactOutput
    order = ("name", "pk")
    filterset = ContactFilter

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_contacts(self.user)


class ShowContact(One):
    """One person at a customer, with phones and e-mails."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = ContactOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_contacts(self.user)


class AddContact(Deed):
    """Another person at the customer; the first one is the one to call."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = ContactOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same contact.")
        name = Text(most=120)
        role = Text(most=60, required=False)
        is_primary = YesNo(required=False)
        phones = phones_input()
        emails = emails_input()

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return seen_customers(self.user)

    def do(self, data: dict[str, Any]) -> Contact:
        """Add and show."""
        made = actions.add_contact(self.thing.pk, **data)
        contact: Contact = seen_again(seen_contacts(self.user).filter(customer=self.thing), made.pk)
        return contact


class EditContact(Deed):
    """Change a contact; what is not sent stays, a list of phones or e-mails replaces what was there."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = ContactOutput

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of what you read.")
        name = Text(most=120, required=False, allow_blank=False)
        role = Text(most=60, required=False)
        is_primary = YesNo(required=False)
        is_active = YesNo(required=False)
        phones = phones_input()
        emails = emails_input()

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_contacts(self.user)

    def do(self, data: dict[str, Any]) -> Contact:
        """Change and show."""
        stands = {name: getattr(self.thing, name) for name in ("name", "role", "is_primary", "is_active")}
        actions.edit_contact(self.thing.pk, **(stands | data))
        contact: Contact = seen_again(seen_contacts(self.user), self.thing.pk)
        return contact


class Notes(Listing):
    """What is remembered about a customer, latest first."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CustomerNoteOutput
    order = ("-created_at", "-pk")

    def rows(self) -> QuerySet[Any]:
        """The customer's, where the person sees it."""
        customer = found(Customer.objects.visible_to(self.user), uuid=self.kwargs["customer_uuid"])
        return seen_notes(self.user).filter(customer=customer)


class AddNote(Deed):
    """Remember something about a customer."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = CustomerNoteOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same note.")
        body = Text(most=4000)
        pinned = YesNo(required=False, help_text="Keep it on top.")

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return seen_customers(self.user)

    def do(self, data: dict[str, Any]) -> CustomerNote:
        """Write and show."""
        made = actions.add_note(self.thing.pk, **data)
        note: CustomerNote = seen_again(seen_notes(self.user).filter(customer=self.thing), made.pk)
        return note


class PinNote(Deed):
    """Keep a note on top of the record, or let it take its place in time."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = CustomerNoteOutput

    class InputSerializer(Input):
        pinned = YesNo()

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_notes(self.user)

    def do(self, data: dict[str, Any]) -> CustomerNote:
        """Pin and show."""
        actions.pin_note(self.thing.pk, pinned=data["pinned"])
        note: CustomerNote = seen_again(seen_notes(self.user), self.thing.pk)
        return note
