"""The shapes of what the company's own pages take in; every change is made by an action."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from ..models import Branch, Company, User
from ..permissions import May, Role, roles_with


def _time() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class NextNumberForm(forms.Form):
    """Where a kind of number goes on."""

    next_number = forms.IntegerField(min_value=1, max_value=99_999_999_999)


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The company's settings."""

    new_logo = forms.FileField(
        label=_("New logo"),
        required=False,
        help_text=_("A PNG or JPEG picture; it stands on invoices."),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    class Meta:
        model = Company
        fields = (
            "name", "legal_name", "license_number", "phone", "email", "website", "street", "city", "state",
            "postal_code", "time_zone", "opens_at", "closes_at", "default_terms", "invoice_note",
            "price_approval_percent", "address_move_miles", "freeze_minutes", "data_steward",
        )  # fmt: skip
        widgets = {
            "opens_at": _time(),
            "closes_at": _time(),
            "phone": forms.TextInput(attrs={"type": "tel"}),
            "invoice_note": forms.Textarea(attrs={"rows": 3}),
            "state": forms.TextInput(attrs={"maxlength": 2, "autocapitalize": "characters"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("price_approval_percent", "address_move_miles"):
            self.initial[name] = f"{Decimal(self.initial[name]).normalize():f}"
        people = User.objects.filter(is_active=True, role__in=roles_with(May.DECIDE_RECORDS))
        steward = self.fields["data_steward"]
        assert isinstance(steward, forms.ModelChoiceField)  # noqa: S101 (for type checkers)
        steward.queryset = people
        named = people.order_by("name").values_list("pk", "name")
        steward.choices = [("", _("The owners")), *named]  # fetched before the page renders
        if not self.instance.logo:
            del self.fields["remove_logo"]

    def clean_state(self) -> str:
        """Two capital letters."""
        return str(self.cleaned_data["state"]).upper()

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        logo = self.cleaned_data.get("new_logo")
        return {
            **{name: self.cleaned_data[name] for name in self.Meta.fields},
            "logo": logo.read() if logo else None,
            "remove_logo": self.cleaned_data.get("remove_logo", False),
        }


class BranchForm(forms.ModelForm):  # type: ignore[type-arg]
    """A place the company works from."""

    class Meta:
        model = Branch
        fields = ("name", "time_zone", "street", "city", "state", "postal_code", "is_active")

    def _get_validation_exclusions(self) -> set[str]:
        """Whether the name is free is for the action to say, which holds the lock."""
        return {*super()._get_validation_exclusions(), "name"}  # type: ignore[misc]

    def clean_state(self) -> str:
        """Two capital letters."""
        return str(self.cleaned_data["state"]).upper()


def username_field(help_text: Any = "", autocomplete: str = "username") -> forms.RegexField:
    """A name to sign in with."""
    return forms.RegexField(
        r"^[\w.@+-]+$",
        label=_("User name"),
        max_length=60,
        help_text=help_text or _("For signing in: letters, digits and . @ + - _"),
        error_messages={"invalid": _("Only letters, digits and . @ + - _ without spaces.")},
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": autocomplete, "spellcheck": "false"}
        ),
    )


def new_password_field() -> forms.CharField:
    """A password that somebody chooses for themselves; the form validates it."""
    return forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least ten characters, and nothing that many people use."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )


class PersonForm(forms.Form):
    """A person who signs in; `branches` only where the company has several."""

    name = forms.CharField(label=_("Name"), max_length=150)
    username = username_field(
        _("What the person types to sign in: letters, digits and . @ + - _"), autocomplete="off"
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.OFFICE)
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=20, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    branches = forms.TypedMultipleChoiceField(
        coerce=int,
        label=_("Limited to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: the person sees every branch."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        branches = Branch.objects.filter(is_active=True)
        if len(branches) > 1:
            self.fields["branches"].choices = [(branch.pk, branch.name) for branch in branches]  # type: ignore[attr-defined]
        else:
            del self.fields["branches"]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        values = dict(self.cleaned_data)
        if "branches" in values:
            values["branch_ids"] = values.pop("branches")
        return values

    @classmethod
    def of(cls, person: User, data: Any = None) -> PersonForm:
        """The form filled with what stands there."""
        standing = {name: getattr(person, name) for name in cls.base_fields if name != "branches"}
        return cls(data, initial=standing | {"branches": person.branch_ids})


class PasswordForm(forms.Form):
    """A password that a manager sets for somebody."""

    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least ten characters. The person can change it after signing in."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        """What the house asks of a password."""
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password


class NewPersonForm(PasswordForm, PersonForm):
    """A person with a first password."""

    field_order = (
        "name",
        "username",
        "role",
        "password",
        "email",
        "phone",
        "language",
        "branches",
    )

    def clean(self) -> dict[str, Any]:
        """The password is also compared with the name and the user name."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "password" in values:
            try:
                validate_password(
                    values["password"], User(username=values.get("username", ""), name=values.get("name", ""))
                )
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return values

    def clean_password(self) -> str:
        """Judged as a whole in `clean`."""
        return str(self.cleaned_data["password"])
