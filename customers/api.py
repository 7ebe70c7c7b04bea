"""Customers, sites, contacts, notes, messages and imports, for programs."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from fsm.api.fields import Day, Input, Listed, OneOf, Output, Seen, Text, Unique, Whole, YesNo
from fsm.api.views import Deed, Listing, One, found, seen_again
from fsm.clock import now
from fsm.models import Branch, Review
from fsm.permissions import May
from fsm.states import Stale

from . import actions
from .actions import duplicates
from .addresses import STATES, zip_fits_state
from .lookalikes import find_lookalikes
from .match_wording import veto, worded
from .models import (
    Band,
    Channel,
    Communication,
    Contact,
    Customer,
    CustomerKind,
    CustomerNote,
    Direction,
    DuplicatePair,
    EmailAddress,
    ImportBatch,
    ImportRow,
    Language,
    Merge,
    PhoneNumber,
    RowOutcome,
    Site,
    Terms,
)
from .querysets import find_customers
from .states import DeliveryState, PairState
from .survivorship import GROUPS, LOSER
from .web.filters import CustomerFilter
from .wording import WRITTEN

FOUND_IN_LIST = 500


def _branches(user: Any) -> QuerySet[Branch]:
    return Branch.objects.visible_to(user).filter(is_active=True)


# What is read -----------------------------------------------------------------------------------


class CustomerBrief(Output):
    class Meta:
        model = Customer
        fields = ("uuid", "number", "name")


class CustomerOutput(Output):
    class Meta:
        model = Customer
        fields = (
            "uuid", "number", "kind", "name", "first_name", "last_name", "company_name", "branch",
            "parent", "bill_to", "billing_street", "billing_unit", "billing_city", "billing_state",
            "billing_postal_code", "terms", "is_taxable", "tax_certificate", "tax_certificate_expires",
            "credit_hold", "do_not_service", "do_not_service_reason", "lead_source", "language", "is_active",
            "version", "created_at",
        )  # fmt: skip


class SiteOutput(Output):
    has_gate_code = serializers.SerializerMethodField()
    address_waits = serializers.BooleanField(help_text="A new address waits for a decision; this one holds.")

    class Meta:
        model = Site
        fields = (
            "uuid", "customer", "branch", "name", "street", "unit", "city", "state", "postal_code",
            "latitude", "longitude", "coordinates_quality", "address_standing", "address_waits", "time_zone",
            "has_gate_code", "is_active", "version",
        )  # fmt: skip

    def get_has_gate_code(self, site: Site) -> bool:
        """Whether there is one; the code itself is for the technician of the day."""
        return bool(site.gate_code)


class PhoneOutput(Output):
    number = serializers.CharField(source="e164", help_text="As +15125550142.")

    class Meta:
        model = PhoneNumber
        fields = ("number", "extension", "label", "is_primary")


class EmailOutput(Output):
    class Meta:
        model = EmailAddress
        fields = ("address", "is_primary")


class ContactOutput(Output):
    phones = PhoneOutput(many=True)
    emails = EmailOutput(many=True)

    class Meta:
        model = Contact
        fields = (
            "uuid",
            "customer",
            "name",
            "role",
            "is_primary",
            "is_active",
            "version",
            "phones",
            "emails",
        )


class CustomerWhole(CustomerOutput):
    contacts = ContactOutput(many=True)
    sites = SiteOutput(many=True, source="seen_sites")

    class Meta(CustomerOutput.Meta):
        fields = (*CustomerOutput.Meta.fields, "contacts", "sites")  # type: ignore[assignment]


class CustomerNoteOutput(Output):
    class Meta:
        model = CustomerNote
        fields = ("uuid", "customer", "body", "is_pinned", "author_name", "created_at")


class CommunicationOutput(Output):
    about = serializers.SerializerMethodField(help_text="kind:uuid of what it is about.")

    class Meta:
        model = Communication
        fields = (
            "uuid", "customer", "contact", "channel", "direction", "to", "subject", "body", "template",
            "about", "state", "problem", "language", "not_before", "created_at", "settled_at",
        )  # fmt: skip

    def get_about(self, row: Communication) -> str | None:
        """The reference, where there is one."""
        return f"{row.about_kind}:{row.about_uuid}" if row.about_kind and row.about_uuid else None


def _customers(user: Any) -> QuerySet[Customer]:
    return Customer.objects.visible_to(user).select_related("branch", "parent", "bill_to")


def _whole_customers(user: Any) -> QuerySet[Customer]:
    contacts = Contact.objects.select_related("customer").prefetch_related("phones", "emails")
    return _customers(user).prefetch_related(
        Prefetch("contacts", contacts.order_by("-is_active", "-is_primary", "name", "pk")),
        Prefetch("sites", _sites(user).order_by("pk"), to_attr="seen_sites"),
    )


def _sites(user: Any) -> QuerySet[Site]:
    proposed = Review.objects.waiting().filter(
        kind=actions.ADDRESS_REVIEW, subject_kind="site", subject_uuid=OuterRef("uuid")
    )
    rows = Site.objects.visible_to(user).select_related("customer", "branch")
    return rows.annotate(address_waits=Exists(proposed))


def _contacts(user: Any) -> QuerySet[Contact]:
    rows = Contact.objects.visible_to(user).select_related("customer")
    return rows.prefetch_related("phones", "emails")


def _notes(user: Any) -> QuerySet[CustomerNote]:
    return CustomerNote.objects.visible_to(user).select_related("customer")


def _communications(user: Any) -> QuerySet[Communication]:
    return Communication.objects.visible_to(user).select_related("customer", "contact")


# Customers --------------------------------------------------------------------------------------


class Customers(Listing):
    """Everybody we work for, by name."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CustomerOutput
    order = ("name", "pk")
    filterset = CustomerFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _customers(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By name, phone, address, e-mail or number, as on the page; the best 500."""
        return rows.filter(pk__in=[hit.pk for hit in find_customers(text, self.user, FOUND_IN_LIST)])


class ShowCustomer(One):
    """One customer with contacts and sites."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CustomerWhole

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _whole_customers(self.user)


class AddressInput(Input):
    """Where a site is, and how one gets in."""

    street = Text(most=120)
    unit = Text(most=40, required=False)
    city = Text(most=60)
    state = OneOf(choices=list(STATES))
    postal_code = serializers.RegexField(
        r"^[0-9]{5}(-[0-9]{4})?$",
        required=False,
        allow_blank=True,
        help_text="Five digits, or five and four.",
    )
    name = Text(most=80, required=False, help_text="Of the place, where it has one.")
    gate_code = Text(most=40, required=False, help_text="Written, never read back.")
    access_notes = Text(most=2000, required=False, help_text="Written, never read back.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The ZIP lies in the state."""
        postal_code, state = attrs.get("postal_code"), attrs.get("state")
        if postal_code and state and not zip_fits_state(postal_code, state):
            words = _("%(zip)s is not in %(state)s.") % {"zip": postal_code, "state": STATES[state]}
            raise serializers.ValidationError({"postal_code": [words]})
        return attrs


class NamesInput(Input):
    """Who the customer is and how they pay."""

    company_name = Text(most=120, required=False)
    first_name = Text(most=60, required=False)
    last_name = Text(most=60, required=False)
    terms = OneOf(choices=Terms.values, required=False)
    is_taxable = YesNo(required=False)
    tax_certificate = Text(most=60, required=False)
    tax_certificate_expires = Day(required=False, allow_null=True)
    lead_source = Text(most=60, required=False)
    language = OneOf(choices=Language.values, required=False, help_text="What messages are written in.")
    branch = Seen(_branches, required=False)


def _phones(**kwargs: Any) -> Listed:
    words = "Each with its area code and a word if you like: (512) 555-0142 cell."
    return Listed(Text(most=60), most=10, required=False, help_text=words, **kwargs)


def _emails(**kwargs: Any) -> Listed:
    return Listed(Text(most=254), most=10, required=False, **kwargs)


class AddCustomer(Deed):
    """Put a customer on record, with contact, phones, first site and a note, all or nothing."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = CustomerWhole

    class InputSerializer(NamesInput):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same customer.")
        kind = OneOf(choices=CustomerKind.values)
        contact_name = Text(most=120, required=False)
        contact_role = Text(most=60, required=False)
        phones = _phones()
        emails = _emails()
        site = AddressInput(required=False)
        note = Text(most=4000, required=False)
        confirm_new = YesNo(
            required=False,
            help_text="Add although somebody on record looks the same; without it that is refused (409), and "
            "theirs.candidates names them.",
        )

    def do(self, data: dict[str, Any]) -> Customer:
        """Add and show; somebody who is on record already is named instead."""
        if not data.pop("confirm_new", False):
            self._refuse_copies(data)
        branch = data.pop("branch", None) or _usual_branch(self.user)
        made = actions.add_customer(**data, branch_id=branch.pk if branch else None, now=now())
        customer: Customer = seen_again(_whole_customers(self.user), made.pk)
        return customer

    def _refuse_copies(self, data: dict[str, Any]) -> None:
        if "uuid" in data and Customer.objects.filter(uuid=data["uuid"]).exists():
            return
        site = data.get("site", {})
        address = {name: site.get(name, "") for name in ("street", "unit", "city", "state", "postal_code")}
        names = {name: data.get(name, "") for name in ("first_name", "last_name", "company_name")}
        found = find_lookalikes(
            self.user, **names, phones=data.get("phones", ()), emails=data.get("emails", ()), **address
        )
        if likely := [one for one in found if one.is_likely]:
            raise Stale(
                _("Somebody on record looks the same. Use them, or send confirm_new."),
                theirs={
                    "candidates": [
                        {
                            "uuid": str(one.customer.uuid),
                            "number": one.customer.number,
                            "name": one.customer.name,
                            "because": one.because,
                        }
                        for one in likely
                    ]
                },
            )


def _usual_branch(user: Any) -> Branch | None:
    """The first of those a person is limited to; None leaves it to the house."""
    return _branches(user).order_by("pk").first() if user.branch_ids else None


class EditCustomer(Deed):
    """Change what the record says; what is not sent stays."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = CustomerWhole

    class InputSerializer(NamesInput):
        version = Whole(least=1, help_text="Of what you read.")
        kind = OneOf(choices=CustomerKind.values, required=False)
        parent: Any = Seen(lambda user: Customer.objects.visible_to(user), required=False, allow_null=True)
        bill_to = Seen(lambda user: Customer.objects.visible_to(user), required=False, allow_null=True)
        billing_street = Text(most=120, required=False)
        billing_unit = Text(most=40, required=False)
        billing_city = Text(most=60, required=False)
        billing_state = OneOf(choices=["", *STATES], required=False)
        billing_postal_code = Text(most=10, required=False)
        is_active = YesNo(required=False)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _customers(self.user)

    def do(self, data: dict[str, Any]) -> Customer:
        """Change and show."""
        for name in {"parent", "bill_to", "branch"} & data.keys():
            other = data.pop(name)
            data[f"{name}_id"] = other.pk if other else None
        actions.edit_customer(self.thing.pk, **data)
        customer: Customer = seen_again(_whole_customers(self.user), self.thing.pk)
        return customer


class CustomerDeed(Deed):
    """Something done to a customer, who is shown afterwards."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = CustomerOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _customers(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(_customers(self.user).get(pk=thing.pk), **more)


class RefuseService(CustomerDeed):
    """Book nothing for this customer any more, for a reason."""

    class InputSerializer(Input):
        reason = Text(most=200)

    def do(self, data: dict[str, Any]) -> Customer:
        """Forbid."""
        return actions.set_do_not_service(self.thing.pk, on=True, reason=data["reason"])


class AllowService(CustomerDeed):
    """Book jobs for this customer again."""

    def do(self, data: dict[str, Any]) -> Customer:
        """Allow."""
        return actions.set_do_not_service(self.thing.pk, on=False)


class HoldCredit(CustomerDeed):
    """Put the customer on credit hold."""

    def do(self, data: dict[str, Any]) -> Customer:
        """Hold."""
        return actions.set_credit_hold(self.thing.pk, on=True)


class ReleaseCredit(CustomerDeed):
    """Take the customer off credit hold."""

    def do(self, data: dict[str, Any]) -> Customer:
        """Release."""
        return actions.set_credit_hold(self.thing.pk, on=False)


# Sites ------------------------------------------------------------------------------------------


class SiteFilter(filters.FilterSet):  # type: ignore[misc]
    """By customer, and whether we work there."""

    customer = filters.UUIDFilter(field_name="customer__uuid")
    standing = filters.ChoiceFilter(
        choices=[("active", gettext_lazy("Active")), ("left", gettext_lazy("Left"))], method="by_standing"
    )

    class Meta:
        model = Site
        fields: tuple[str, ...] = ()

    def by_standing(self, sites: QuerySet[Site], name: str, value: str) -> QuerySet[Site]:
        """Those we work at, or those we left."""
        return sites.filter(is_active=value == "active")


class Sites(Listing):
    """Every place we work at."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = SiteOutput
    filterset = SiteFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _sites(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By words of street, city, name and ZIP."""
        for word in text.split()[:6]:
            rows = rows.filter(
                Q(street__icontains=word)
                | Q(city__icontains=word)
                | Q(name__icontains=word)
                | Q(postal_code=word)
            )
        return rows


class ShowSite(One):
    """One place."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = SiteOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _sites(self.user)


class AddSite(Deed):
    """Another place of the customer's; its address is written the standard way."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = SiteOutput

    class InputSerializer(AddressInput):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same site.")
        branch = Seen(_branches, required=False, help_text="The customer's, unless you say.")

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return _customers(self.user)

    def do(self, data: dict[str, Any]) -> Site:
        """Add and show."""
        branch = data.pop("branch", None)
        made = actions.add_site(self.thing.pk, **data, **({"branch_id": branch.pk} if branch else {}))
        site: Site = seen_again(_sites(self.user).filter(customer=self.thing), made.pk)
        return site


class EditSite(Deed):
    """Change a place; what is not sent stays."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = SiteOutput

    class InputSerializer(AddressInput):
        version = Whole(least=1, help_text="Of what you read.")
        street = Text(most=120, required=False, allow_blank=False)
        city = Text(most=60, required=False, allow_blank=False)
        state = OneOf(choices=list(STATES), required=False)
        branch = Seen(_branches, required=False)
        is_active = YesNo(required=False)

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            """The ZIP lies in the state, whichever of the two is changed."""
            site = self.context["view"].thing
            super().validate({"state": site.state, "postal_code": site.postal_code, **attrs})
            return attrs

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _sites(self.user)

    def do(self, data: dict[str, Any]) -> Site:
        """Change and show."""
        if "branch" in data:
            data["branch_id"] = data.pop("branch").pk
        actions.edit_site(self.thing.pk, now=now(), **data)
        site: Site = seen_again(_sites(self.user), self.thing.pk)
        return site


# Contacts, notes and calls ----------------------------------------------------------------------


class ContactFilter(filters.FilterSet):  # type: ignore[misc]
    """By customer."""

    customer = filters.UUIDFilter(field_name="customer__uuid")

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
        return _contacts(self.user)


class ShowContact(One):
    """One person at a customer, with phones and e-mails."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = ContactOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _contacts(self.user)


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
        phones = _phones()
        emails = _emails()

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return _customers(self.user)

    def do(self, data: dict[str, Any]) -> Contact:
        """Add and show."""
        made = actions.add_contact(self.thing.pk, **data)
        contact: Contact = seen_again(_contacts(self.user).filter(customer=self.thing), made.pk)
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
        phones = _phones()
        emails = _emails()

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _contacts(self.user)

    def do(self, data: dict[str, Any]) -> Contact:
        """Change and show."""
        stands = {name: getattr(self.thing, name) for name in ("name", "role", "is_primary", "is_active")}
        actions.edit_contact(self.thing.pk, **(stands | data))
        contact: Contact = seen_again(_contacts(self.user), self.thing.pk)
        return contact


class Notes(Listing):
    """What is remembered about a customer, latest first."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CustomerNoteOutput
    order = ("-created_at", "-pk")

    def rows(self) -> QuerySet[Any]:
        """The customer's, where the person sees it."""
        customer = found(Customer.objects.visible_to(self.user), uuid=self.kwargs["customer_uuid"])
        return _notes(self.user).filter(customer=customer)


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
        return _customers(self.user)

    def do(self, data: dict[str, Any]) -> CustomerNote:
        """Write and show."""
        made = actions.add_note(self.thing.pk, **data)
        note: CustomerNote = seen_again(_notes(self.user).filter(customer=self.thing), made.pk)
        return note


class PinNote(Deed):
    """Keep a note on top of the record, or let it take its place in time."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = CustomerNoteOutput

    class InputSerializer(Input):
        pinned = YesNo()

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _notes(self.user)

    def do(self, data: dict[str, Any]) -> CustomerNote:
        """Pin and show."""
        actions.pin_note(self.thing.pk, pinned=data["pinned"])
        note: CustomerNote = seen_again(_notes(self.user), self.thing.pk)
        return note


class CommunicationFilter(filters.FilterSet):  # type: ignore[misc]
    """By customer, way and state."""

    customer = filters.UUIDFilter(field_name="customer__uuid")
    channel = filters.ChoiceFilter(choices=Channel.choices)
    state = filters.ChoiceFilter(choices=DeliveryState.choices)

    class Meta:
        model = Communication
        fields: tuple[str, ...] = ()


class Communications(Listing):
    """Every message and call with customers, latest first."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CommunicationOutput
    order = ("-created_at", "-pk")
    filterset = CommunicationFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _communications(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By subject or text, as on the page."""
        return rows.filter(Q(subject__icontains=text) | Q(body__icontains=text))


class ShowCommunication(One):
    """One message or call."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = CommunicationOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _communications(self.user)


class LogCall(Deed):
    """Remember a telephone call with the customer."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = CommunicationOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same call.")
        direction = OneOf(choices=Direction.values)
        body = Text(most=4000)
        number = Text(most=40, required=False)

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return _customers(self.user)

    def do(self, data: dict[str, Any]) -> Communication:
        """Write and show."""
        made = actions.log_call(self.thing.pk, **data, now=now())
        row: Communication = seen_again(_communications(self.user).filter(customer=self.thing), made.pk)
        return row


class SendMessage(Deed):
    """Write an e-mail or a text to the customer. What they do not want is refused with the reason; a text in
    quiet hours waits, as `not_before` says.
    """

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = CommunicationOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same message.")
        channel = OneOf(choices=[channel.value for channel in WRITTEN])
        to = Text(most=254, help_text="An e-mail address, or a number with its area code.")
        subject = Text(most=200, required=False, help_text="Of an e-mail.")
        body = Text(most=4000)

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return _customers(self.user)

    def do(self, data: dict[str, Any]) -> Communication:
        """Queue and show."""
        made = actions.queue_message(customer_id=self.thing.pk, **data, now=now())
        row: Communication = seen_again(_communications(self.user).filter(customer=self.thing), made.pk)
        return row


class SendAgain(Deed):
    """Try a failed message once more."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = CommunicationOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _communications(self.user)

    def do(self, data: dict[str, Any]) -> Communication:
        """Queue and show."""
        actions.send_again(self.thing.pk)
        row: Communication = seen_again(_communications(self.user), self.thing.pk)
        return row


# Imports ----------------------------------------------------------------------------------------


class ImportOutput(Output):
    rows = serializers.SerializerMethodField(help_text="How many rows came out how.")

    class Meta:
        model = ImportBatch
        fields = (
            "uuid", "system", "file_name", "sha256", "size", "state", "problem", "row_count", "created_at",
            "author_name", "rows",
        )  # fmt: skip

    def get_rows(self, batch: Any) -> dict[str, int]:
        """By outcome, those that occur."""
        counted = {outcome.value: getattr(batch, f"{outcome.value}_count") for outcome in RowOutcome}
        return {outcome: count for outcome, count in counted.items() if count}


def _imports(user: Any) -> QuerySet[ImportBatch]:
    counts = {
        f"{outcome.value}_count": Count("rows", filter=Q(rows__outcome=outcome)) for outcome in RowOutcome
    }
    return ImportBatch.objects.visible_to(user).annotate(**counts)


class Imports(Listing):
    """Files that were brought in, latest first."""

    may = May.IMPORT_CUSTOMERS
    OutputSerializer = ImportOutput
    order = ("-created_at", "-pk")

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return _imports(self.user)


class ShowImport(One):
    """One file that was brought in."""

    may = May.IMPORT_CUSTOMERS
    OutputSerializer = ImportOutput

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return _imports(self.user)


class ImportRowOutput(Output):
    class Meta:
        model = ImportRow
        fields = ("line", "external_id", "label", "outcome", "reason", "customer", "site")


class ImportRowFilter(filters.FilterSet):  # type: ignore[misc]
    """By what became of them."""

    outcome = filters.ChoiceFilter(choices=RowOutcome.choices)

    class Meta:
        model = ImportRow
        fields: tuple[str, ...] = ()


class ImportRows(Listing):
    """The rows of a file, each with what became of it."""

    may = May.IMPORT_CUSTOMERS
    OutputSerializer = ImportRowOutput
    order = ("line", "pk")
    filterset = ImportRowFilter

    def rows(self) -> QuerySet[Any]:
        """The file's."""
        batch = found(ImportBatch.objects.visible_to(self.user), uuid=self.kwargs["import_uuid"])
        return ImportRow.objects.filter(import_batch=batch).select_related("customer", "site")


# Copies ------------------------------------------------------------------------------------------


class DuplicateOutput(Output):
    first = CustomerBrief()
    second = CustomerBrief()
    reasons = serializers.SerializerMethodField(help_text="What speaks for it and against it, with points.")

    class Meta:
        model = DuplicatePair
        fields = (
            "uuid", "first", "second", "score", "band", "reasons", "state", "found_at", "decided_at",
            "decided_because", "version",
        )  # fmt: skip

    def get_reasons(self, row: DuplicatePair) -> list[str]:
        """As the page says them."""
        return [
            f"{worded(word)} ({points:+d})" if points is not None else str(veto(word))
            for word, points in row.reasons
        ]


class DuplicateFilter(filters.FilterSet):  # type: ignore[misc]
    """By what became of them, and by how sure it is."""

    state = filters.ChoiceFilter(choices=PairState.choices)
    band = filters.ChoiceFilter(choices=Band.choices)

    class Meta:
        model = DuplicatePair
        fields: tuple[str, ...] = ()


def _pairs(user: Any) -> QuerySet[DuplicatePair]:
    return DuplicatePair.objects.visible_to(user).select_related("first", "second")


class Duplicates(Listing):
    """Pairs of customers who may be one, the surest first."""

    may = May.MERGE_CUSTOMERS
    OutputSerializer = DuplicateOutput
    order = ("-score", "pk")
    filterset = DuplicateFilter

    def rows(self) -> QuerySet[Any]:
        """Those of which the person sees both."""
        return _pairs(self.user)


class KeepApart(Deed):
    """Say that the two are not the same; no search proposes them again."""

    may = May.MERGE_CUSTOMERS
    OutputSerializer = DuplicateOutput

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of what you read.")
        because = Text(most=300, required=False)

    def rows(self) -> QuerySet[Any]:
        """Those of which the person sees both."""
        return _pairs(self.user)

    def do(self, data: dict[str, Any]) -> DuplicatePair:
        """Decide and show."""
        duplicates.keep_apart(self.thing.pk, now=now(), by=self.user, **data)
        pair: DuplicatePair = seen_again(_pairs(self.user), self.thing.pk)
        return pair


class MergeOutput(Output):
    survivor = CustomerBrief()
    loser = CustomerBrief()

    class Meta:
        model = Merge
        fields = ("uuid", "survivor", "loser", "because", "merged_at", "undone_at")


class UndoneOutput(MergeOutput):
    left_behind = serializers.SerializerMethodField(help_text="What came or changed since, and stays.")

    class Meta(MergeOutput.Meta):
        fields = (*MergeOutput.Meta.fields, "left_behind")  # type: ignore[assignment]

    def get_left_behind(self, row: Merge) -> list[str]:
        """Each with the reason."""
        return [f"{one.label}: {one.why}" for one in actions.left_behind(row)]


def _merges(user: Any) -> QuerySet[Merge]:
    return Merge.objects.visible_to(user).select_related("survivor", "loser")


class Merges(Listing):
    """What was merged, the latest first."""

    may = May.MERGE_CUSTOMERS
    OutputSerializer = MergeOutput
    order = ("-merged_at", "-pk")

    def rows(self) -> QuerySet[Any]:
        """Those whose survivor the person sees."""
        return _merges(self.user)


class MergeCustomers(Deed):
    """Take another customer into this one, with everything that hangs on it. For 90 days it can be undone."""

    may = May.MERGE_CUSTOMERS
    status = 201
    OutputSerializer = MergeOutput

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of this customer, as you read it.")
        other = Seen(lambda user: Customer.objects.visible_to(user))
        other_version = Whole(least=1, help_text="Of the other, as you read it.")
        take_from_other = Listed(
            OneOf(choices=list(GROUPS)),
            most=len(GROUPS),
            required=False,
            help_text="Groups of fields that stand as the other has them.",
        )
        because = Text(most=300, required=False)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _customers(self.user)

    def do(self, data: dict[str, Any]) -> Merge:
        """Merge and show."""
        other = data["other"]
        made = actions.merge_customers(
            self.thing.pk,
            other.pk,
            now=now(),
            by=self.user,
            because=data.get("because", ""),
            chosen=dict.fromkeys(data.get("take_from_other", ()), LOSER),
            seen={self.thing.pk: data["version"], other.pk: data["other_version"]},
        )
        merge: Merge = seen_again(_merges(self.user), made.pk)
        return merge


class UndoMerge(Deed):
    """Take a merge apart: what it moved and is still there goes back, the rest is listed."""

    may = May.MERGE_CUSTOMERS
    OutputSerializer = UndoneOutput

    class InputSerializer(Input):
        because = Text(most=300, required=False)

    def rows(self) -> QuerySet[Any]:
        """Those whose survivor the person sees."""
        return _merges(self.user)

    def do(self, data: dict[str, Any]) -> Merge:
        """Undo and show."""
        actions.undo_merge(self.thing.pk, now=now(), by=self.user, because=data.get("because", ""))
        merge: Merge = seen_again(_merges(self.user), self.thing.pk)
        return merge


urlpatterns = [
    path("customers/", Customers.as_view(), name="customers"),
    path("customers/add/", AddCustomer.as_view(), name="add-customer"),
    path("customers/<uuid:customer_uuid>/", ShowCustomer.as_view(), name="customer"),
    path("customers/<uuid:customer_uuid>/edit/", EditCustomer.as_view(), name="edit-customer"),
    path("customers/<uuid:customer_uuid>/refuse-service/", RefuseService.as_view(), name="refuse-service"),
    path("customers/<uuid:customer_uuid>/allow-service/", AllowService.as_view(), name="allow-service"),
    path("customers/<uuid:customer_uuid>/hold-credit/", HoldCredit.as_view(), name="hold-credit"),
    path("customers/<uuid:customer_uuid>/release-credit/", ReleaseCredit.as_view(), name="release-credit"),
    path("customers/<uuid:customer_uuid>/sites/add/", AddSite.as_view(), name="add-site"),
    path("customers/<uuid:customer_uuid>/contacts/add/", AddContact.as_view(), name="add-contact"),
    path("customers/<uuid:customer_uuid>/merge/", MergeCustomers.as_view(), name="merge-customers"),
    path("duplicates/", Duplicates.as_view(), name="duplicates"),
    path("duplicates/<uuid:pair_uuid>/keep-apart/", KeepApart.as_view(), name="keep-apart"),
    path("merges/", Merges.as_view(), name="merges"),
    path("merges/<uuid:merge_uuid>/undo/", UndoMerge.as_view(), name="undo-merge"),
    path("customers/<uuid:customer_uuid>/notes/", Notes.as_view(), name="notes"),
    path("customers/<uuid:customer_uuid>/notes/add/", AddNote.as_view(), name="add-note"),
    path("customers/<uuid:customer_uuid>/calls/log/", LogCall.as_view(), name="log-call"),
    path("customers/<uuid:customer_uuid>/messages/send/", SendMessage.as_view(), name="send-message"),
    path("sites/", Sites.as_view(), name="sites"),
    path("sites/<uuid:site_uuid>/", ShowSite.as_view(), name="site"),
    path("sites/<uuid:site_uuid>/edit/", EditSite.as_view(), name="edit-site"),
    path("contacts/", Contacts.as_view(), name="contacts"),
    path("contacts/<uuid:contact_uuid>/", ShowContact.as_view(), name="contact"),
    path("contacts/<uuid:contact_uuid>/edit/", EditContact.as_view(), name="edit-contact"),
    path("notes/<uuid:note_uuid>/pin/", PinNote.as_view(), name="pin-note"),
    path("communications/", Communications.as_view(), name="communications"),
    path("communications/<uuid:communication_uuid>/", ShowCommunication.as_view(), name="communication"),
    path("communications/<uuid:communication_uuid>/send-again/", SendAgain.as_view(), name="send-again"),
    path("imports/", Imports.as_view(), name="imports"),
    path("imports/<uuid:import_uuid>/", ShowImport.as_view(), name="import"),
    path("imports/<uuid:import_uuid>/rows/", ImportRows.as_view(), name="import-rows"),
]
