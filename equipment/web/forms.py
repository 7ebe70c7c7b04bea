"""The shapes of what equipment pages take in; every change is made by an action."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..actions import CircuitFields
from ..models import OUNCES_IN_POUND, Category, DateKnownBy, ManufactureKnownBy, Unit
from ..plates import RATINGS

CIRCUITS = 4


class UnitForm(forms.Form):
    """The nameplate, and up to four refrigerant circuits."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    once = forms.UUIDField(widget=forms.HiddenInput, required=False)
    category = forms.ChoiceField(label=gettext_lazy("Category"), choices=Category.choices)
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Upstairs system")}),
    )
    maker = forms.CharField(
        label=gettext_lazy("Maker"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "makers"}),
    )
    model_number = forms.CharField(label=gettext_lazy("Model"), max_length=60, required=False)
    serial = forms.CharField(
        label=gettext_lazy("Serial"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
    )
    tons = forms.DecimalField(
        label=gettext_lazy("Tons"),
        max_digits=6,
        decimal_places=2,
        min_value=Decimal("0.1"),
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.5", "min": "0.5"}),
    )
    installed_on = forms.DateField(
        label=gettext_lazy("Installed"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    date_known_by = forms.ChoiceField(
        label=gettext_lazy("How the date is known"), choices=DateKnownBy.choices, required=False
    )
    manufactured_on = forms.DateField(
        label=gettext_lazy("Made"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    manufacture_known_by = forms.ChoiceField(
        label=gettext_lazy("How the day of manufacture is known"),
        choices=ManufactureKnownBy.choices,
        required=False,
    )
    access = forms.CharField(
        label=gettext_lazy("How to reach it"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Roof hatch in the hall, 12 ft ladder")}),
    )
    location = forms.CharField(
        label=gettext_lazy("Where on the site"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Attic above the garage")}),
    )
    filter_size = forms.CharField(label=gettext_lazy("Filter size"), max_length=40, required=False)
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    PLATE = (
        "category", "name", "maker", "model_number", "serial", "tons", "installed_on", "date_known_by",
        "manufactured_on", "manufacture_known_by", "location", "access", "filter_size",
    )  # fmt: skip

    def __init__(self, *args: Any, refrigerants: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rating in RATINGS.values():
            label = f"{rating.label} ({rating.unit})" if rating.unit else rating.label
            self.fields[f"rating_{rating.key}"] = (
                forms.ChoiceField(label=label, choices=[("", "-"), *rating.words.items()], required=False)
                if rating.words
                else forms.CharField(
                    label=label,
                    max_length=12,
                    required=False,
                    widget=forms.TextInput(attrs={"inputmode": "decimal"}),
                )
            )
        choices = [("", "-"), *((name, name) for name in refrigerants)]
        for number in range(CIRCUITS):
            named = {"number": number + 1}
            self.fields[f"refrigerant_{number}"] = forms.ChoiceField(
                label=_("Circuit %(number)s: refrigerant") % named, choices=choices, required=False
            )
            self.fields[f"pounds_{number}"] = forms.DecimalField(
                label=_("Circuit %(number)s: full charge, pounds") % named,
                min_value=Decimal(0),
                max_digits=7,
                decimal_places=2,
                required=False,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"}),
            )
            self.fields[f"ounces_{number}"] = forms.DecimalField(
                label=_("Circuit %(number)s: and ounces") % named,
                min_value=Decimal(0),
                max_digits=6,
                decimal_places=2,
                required=False,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"}),
            )

    @property
    def rating_fields(self) -> list[Any]:
        """The lines of the nameplate that readings are judged against."""
        return [self[f"rating_{key}"] for key in RATINGS]

    @property
    def has_ratings(self) -> bool:
        """Whether one of them is filled in or wrong."""
        return any(field.value() or field.errors for field in self.rating_fields)

    @property
    def circuit_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each circuit, side by side."""
        return [
            (self[f"refrigerant_{number}"], self[f"pounds_{number}"], self[f"ounces_{number}"])
            for number in range(CIRCUITS)
        ]

    def clean(self) -> dict[str, Any]:
        """A charge needs its refrigerant."""
        data = super().clean() or {}
        for number in range(CIRCUITS):
            charged = data.get(f"pounds_{number}") or data.get(f"ounces_{number}")
            if charged and not data.get(f"refrigerant_{number}"):
                self.add_error(f"refrigerant_{number}", _("Say which refrigerant it is."))
        return data

    def values(self) -> dict[str, Any]:
        """What the actions take beside the site, the version and the uuid."""
        data = {name: self.cleaned_data[name] for name in (*self.PLATE, "notes")}
        data["date_known_by"] = data["date_known_by"] or DateKnownBy.UNKNOWN
        data["manufacture_known_by"] = data["manufacture_known_by"] or ManufactureKnownBy.UNKNOWN
        data["ratings"] = {key: self.cleaned_data[f"rating_{key}"] for key in RATINGS}
        data["circuits"] = [
            CircuitFields(str(number + 1), refrigerant, self._charge(number))
            for number in range(CIRCUITS)
            if (refrigerant := self.cleaned_data[f"refrigerant_{number}"])
        ]
        return data

    def _charge(self, number: int) -> Decimal | None:
        pounds = self.cleaned_data[f"pounds_{number}"] or Decimal(0)
        ounces = self.cleaned_data[f"ounces_{number}"] or Decimal(0)
        return (pounds * OUNCES_IN_POUND + ounces) or None

    @staticmethod
    def initial_of(unit: Unit) -> dict[str, Any]:
        """What the form starts with; needs the unit's maker and circuits."""
        initial = {name: getattr(unit, name) for name in (*UnitForm.PLATE, "notes", "version")}
        initial |= {f"rating_{key}": value for key, value in unit.ratings.items() if key in RATINGS}
        initial["maker"] = unit.maker.name if unit.maker else ""
        for number, circuit in enumerate(list(unit.circuits.all())[:CIRCUITS]):
            initial[f"refrigerant_{number}"] = circuit.refrigerant.designation
            if circuit.full_charge_oz is not None:
                pounds, ounces = divmod(circuit.full_charge_oz, OUNCES_IN_POUND)
                initial[f"pounds_{number}"] = int(pounds)
                initial[f"ounces_{number}"] = ounces.normalize() if ounces else 0
        return initial
