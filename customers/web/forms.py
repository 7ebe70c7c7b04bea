"""The shapes of what customer pages take in; every change is made by an action."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.models import Branch

from ..addresses import STATES, zip_fits_state
from ..models import Contact, Customer, CustomerKind, Direction, Language, Site, SiteRoleKind, Terms
from ..phones import format_us

STATE_CHOICES = [("", "-"), *((code, f"{code} · {name}") for code, name in STATES.items())]
LEAD_SOURCES = (
    "Referral",
    "Web search",
    "Neighbor's truck",
    "Yard sign",
    "Mailer",
    "Home warranty",
    "Builder",
)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace(";", "\n").splitlines() if line.strip()]


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _customer() -> forms.TextInput:
    """Offers customers as one types; a number typed by hand does as well."""
    return forms.TextInput(
        attrs={
            "data-combobox": reverse_lazy("customers:find"),
            "autocomplete": "off",
            "placeholder": gettext_lazy("Name, phone or number"),
        }
    )


class Names(forms.Form):
    """Who the customer is."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=CustomerKind.choices)
    company_name = forms.CharField(label=gettext_lazy("Company name"), max_length=120, required=False)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=60, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=60, required=False)

    def clean(self) -> dict[str, Any]:
        """A household has a person's name, a company its own."""
        data = super().clean() or {}
        household = data.get("kind") == CustomerKind.HOUSEHOLD
        if household and not (data.get("first_name") or data.get("last_name") or data.get("company_name")):
            self.add_error("last_name", _("Give the first or the last name."))
        if not household and not data.get("company_name"):
            self.add_error("company_name", _("Give the company's name."))
        return data


class Paying(forms.Form):
    """How the customer pays."""

    terms = forms.ChoiceField(label=gettext_lazy("Terms"), choices=Terms.choices)
    is_taxable = forms.BooleanField(label=gettext_lazy("Pays sales tax"), required=False)
    tax_certificate = forms.CharField(
        label=gettext_lazy("Exemption certificate"), max_length=60, required=False
    )
    tax_certificate_expires = forms.DateField(
        label=gettext_lazy("Certificate expires"), required=False, widget=_day()
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Reads messages in"), choices=Language.choices, required=False
    )
    lead_source = forms.CharField(
        label=gettext_lazy("How they found us"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "lead-sources"}),
    )

    def clean_language(self) -> str:
        """A form that does not ask leaves it as it is."""
        return self.cleaned_data["language"] or self.initial.get("language") or Language.ENGLISH


class Address(forms.Form):
    """Where a site is, and how one gets in."""

    street = forms.CharField(
        label=gettext_lazy("Street"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "4108 Avenue F"}),
    )
    unit = forms.CharField(label=gettext_lazy("Apartment or suite"), max_length=40, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=60)
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=STATE_CHOICES)
    postal_code = forms.RegexField(
        r"^\d{5}(-\d{4})?$",
        label=gettext_lazy("ZIP"),
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": gettext_lazy("A ZIP has five digits, such as 78751.")},
    )

    def clean(self) -> dict[str, Any]:
        """The ZIP lies in the state."""
        data = super().clean() or {}
        state, postal_code = data.get("state"), data.get("postal_code")
        if state and postal_code and not zip_fits_state(postal_code, state):
            self.add_error(
                "postal_code",
                _("%(zip)s is not in %(state)s.") % {"zip": postal_code, "state": STATES.get(state, state)},
            )
        return data


class Access(forms.Form):
    """How one gets in; shown only to the technician of the day."""

    gate_code = forms.CharField(
        label=gettext_lazy("Gate code"),
        max_length=40,
        required=False,
        help_text=gettext_lazy(
            "Shown to the technician on the day of the visit, never on lists or messages."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    access_notes = forms.CharField(
        label=gettext_lazy("Access notes"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WithBranch(forms.Form):
    """The branch, asked only where there are several."""

    def __init__(self, *args: Any, branches: Iterable[Branch] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(branch.pk), branch.name) for branch in branches]
        if len(choices) > 1:
            self.fields["branch_id"] = forms.TypedChoiceField(
                label=_("Branch"), choices=choices, coerce=int, initial=self.initial.get("branch_id")
            )


PHONES_HELP = gettext_lazy("One a line, with a word if you like: (512) 555-0142 cell")


class ReachFields(forms.Form):
    """Telephone numbers and e-mail addresses, one a line."""

    phones = forms.CharField(
        label=gettext_lazy("Phones"),
        required=False,
        max_length=1000,
        help_text=PHONES_HELP,
        widget=forms.Textarea(attrs={"rows": 2, "inputmode": "tel", "autocomplete": "off"}),
    )
    emails = forms.CharField(
        label=gettext_lazy("E-mails"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "inputmode": "email", "autocomplete": "off"}),
    )

    def clean_phones(self) -> list[str]:
        """The lines that hold something."""
        return _lines(self.cleaned_data["phones"])

    def clean_emails(self) -> list[str]:
        """The lines that hold something; commas part addresses as well."""
        return _lines(self.cleaned_data["emails"].replace(",", "\n"))


class NewCustomerForm(WithBranch, Names, ReachFields, Address, Access, Paying):
    """Everything one asks a new caller, in the order one asks it."""

    uuid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    anyway = forms.BooleanField(required=False, widget=forms.HiddenInput)
    contact_name = forms.CharField(label=gettext_lazy("Whom to ask for"), max_length=120, required=False)
    contact_role = forms.CharField(
        label=gettext_lazy("Their role"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Manager, tenant, spouse")}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )

    SITE = ("street", "unit", "city", "state", "postal_code", "gate_code", "access_notes")

    def values(self) -> dict[str, Any]:
        """What `add_customer` takes."""
        data = {key: value for key, value in self.cleaned_data.items() if key != "anyway"}
        data["site"] = {name: data.pop(name) for name in self.SITE}
        return data


class CustomerForm(WithBranch, Names, Paying):
    """What an existing customer's record says."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    bill_to = forms.CharField(
        label=gettext_lazy("Bills go to"), max_length=160, required=False, widget=_customer()
    )
    parent = forms.CharField(
        label=gettext_lazy("Part of"), max_length=160, required=False, widget=_customer()
    )
    billing_street = forms.CharField(label=gettext_lazy("Billing street"), max_length=120, required=False)
    billing_unit = forms.CharField(
        label=gettext_lazy("Billing apartment or suite"), max_length=40, required=False
    )
    billing_city = forms.CharField(label=gettext_lazy("Billing city"), max_length=60, required=False)
    billing_state = forms.ChoiceField(
        label=gettext_lazy("Billing state"), choices=STATE_CHOICES, required=False
    )
    billing_postal_code = forms.CharField(label=gettext_lazy("Billing ZIP"), max_length=10, required=False)
    is_active = forms.BooleanField(
        label=gettext_lazy("Active"),
        required=False,
        help_text=gettext_lazy("Customers who left stay on record and come last in searches."),
    )

    @staticmethod
    def initial_of(customer: Customer) -> dict[str, Any]:
        """What the form starts with."""
        names = [name for name in CustomerForm.base_fields if name not in {"bill_to", "parent"}]
        initial = {name: getattr(customer, name) for name in names}
        for name in ("bill_to", "parent"):
            other = getattr(customer, name)
            initial[name] = f"{other.number} {other.name}" if other else ""
        initial["branch_id"] = customer.branch_id
        if customer.kind == CustomerKind.HOUSEHOLD and not (customer.first_name or customer.last_name):
            initial["company_name"] = customer.company_name or customer.name
        return initial


class SiteForm(WithBranch, Address, Access):
    """A place to work at."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label=gettext_lazy("Name of the place"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Lake house, Building C")}),
    )
    is_active = forms.BooleanField(label=gettext_lazy("We work here"), required=False, initial=True)
    field_order = ("name", "street", "unit", "city", "state", "postal_code", "gate_code", "access_notes")

    @staticmethod
    def initial_of(site: Site) -> dict[str, Any]:
        """What the form starts with."""
        return {
            name: getattr(site, name) for name in (*SiteForm.base_fields, "branch_id") if hasattr(site, name)
        }


class ContactForm(ReachFields):
    """A person at the customer."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    role = forms.CharField(
        label=gettext_lazy("Role"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Manager, tenant, spouse")}),
    )
    is_primary = forms.BooleanField(label=gettext_lazy("First to call"), required=False)
    is_active = forms.BooleanField(label=gettext_lazy("Still there"), required=False, initial=True)
    field_order = ("name", "role", "phones", "emails", "is_primary", "is_active")

    @staticmethod
    def initial_of(contact: Contact) -> dict[str, Any]:
        """What the form starts with; needs the contact's phones and e-mails."""
        phones = [
            " ".join(
                part
                for part in (
                    format_us(phone.e164),
                    f"ext. {phone.extension}" if phone.extension else "",
                    phone.label,
                )
                if part
            )
            for phone in contact.phones.all()
        ]
        return {
            "version": contact.version,
            "name": contact.name,
            "role": contact.role,
            "is_primary": contact.is_primary,
            "is_active": contact.is_active,
            "phones": "\n".join(phones),
            "emails": "\n".join(email.address for email in contact.emails.all()),
        }


class NoteForm(forms.Form):
    """Something to remember."""

    body = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": gettext_lazy("Something to remember…")}),
    )
    pinned = forms.BooleanField(label=gettext_lazy("Keep on top"), required=False)
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)


class CallForm(forms.Form):
    """A call that was had."""

    direction = forms.ChoiceField(
        label=gettext_lazy("Who called"),
        choices=[(Direction.IN, gettext_lazy("They called us")), (Direction.OUT, gettext_lazy("We called"))],
    )
    body = forms.CharField(
        label=gettext_lazy("What was said"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)


class RefusalForm(forms.Form):
    """Why a customer is not to be serviced."""

    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200)


class FileForm(forms.Form):
    """A file to keep."""

    file = forms.FileField(
        label=gettext_lazy("Picture or PDF"),
        widget=forms.FileInput(attrs={"accept": "image/*,application/pdf"}),
    )
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)


class RemovalForm(forms.Form):
    """Why a file is removed."""

    because = forms.CharField(label=gettext_lazy("Why"), max_length=200)


class SiteRoleForm(forms.Form):
    """Who is what to a site."""

    kind = forms.ChoiceField(label=gettext_lazy("Role"), choices=SiteRoleKind.choices)
    customer = forms.CharField(label=gettext_lazy("Who"), max_length=160, widget=_customer())
    from_on = forms.DateField(label=gettext_lazy("From"), required=False, widget=_day())
    not_to_exceed = forms.DecimalField(
        label=gettext_lazy("Not to exceed, for who approves work"),
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
    )


class SellForm(forms.Form):
    """Who a site goes to."""

    customer = forms.CharField(label=gettext_lazy("New customer"), max_length=160, widget=_customer())
    on = forms.DateField(label=gettext_lazy("From which day"), widget=_day())
    leave_open_work = forms.BooleanField(
        label=gettext_lazy("Leave open work with the old customer"), required=False
    )


class IncomingForm(forms.Form):
    """The number that calls."""

    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"type": "tel", "inputmode": "tel", "autofocus": True, "autocomplete": "off"}
        ),
    )
