"""What several operations share: how a customer and what hangs on one is read, and what is typed of it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from fsm.api.fields import Input, Listed, OneOf, Output, Text
from fsm.models import Branch, Review

from .. import actions
from ..addresses import STATES, zip_fits_state
from ..models import Communication, Contact, Customer, CustomerNote, EmailAddress, PhoneNumber, Site


def seen_branches(user: Any) -> QuerySet[Branch]:
    return Branch.objects.visible_to(user).filter(is_active=True)


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
            "credit_hold", "do_not_service", "do_not_service_reason", "lead_source", "tags", "language",
            "is_active", "version", "created_at",
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
    sites = SiteOutput(many=True, source="sites_seen")

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


def seen_customers(user: Any) -> QuerySet[Customer]:
    return Customer.objects.visible_to(user).select_related("branch", "parent", "bill_to")


def whole_customers(user: Any) -> QuerySet[Customer]:
    contacts = Contact.objects.select_related("customer").prefetch_related("phones", "emails")
    return seen_customers(user).prefetch_related(
        Prefetch("contacts", contacts.order_by("-is_active", "-is_primary", "name", "pk")),
        Prefetch("sites", seen_sites(user).order_by("pk"), to_attr="sites_seen"),
    )


def seen_sites(user: Any) -> QuerySet[Site]:
    proposed = Review.objects.waiting().filter(
        kind=actions.ADDRESS_REVIEW, subject_kind="site", subject_uuid=OuterRef("uuid")
    )
    rows = Site.objects.visible_to(user).select_related("customer", "branch")
    return rows.annotate(address_waits=Exists(proposed))


def seen_contacts(user: Any) -> QuerySet[Contact]:
    rows = Contact.objects.visible_to(user).select_related("customer")
    return rows.prefetch_related("phones", "emails")


def seen_notes(user: Any) -> QuerySet[CustomerNote]:
    return CustomerNote.objects.visible_to(user).select_related("customer")


def seen_communications(user: Any) -> QuerySet[Communication]:
    return Communication.objects.visible_to(user).select_related("customer", "contact")


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


def phones_input(**kwargs: Any) -> Listed:
    words = "Each with its area code and a word if you like: (512) 555-0142 cell."
    return Listed(Text(most=60), most=10, required=False, help_text=words, **kwargs)


def emails_input(**kwargs: Any) -> Listed:
    return Listed(Text(most=254), most=10, required=False, **kwargs)


def usual_branch(user: Any) -> Branch | None:
    """The first of those a person is limited to; None leaves it to the house."""
    return seen_branches(user).order_by("pk").first() if user.branch_ids else None
