"""The shapes of what a unit's record takes in: files, warranties, claims, readings, moves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from ..models import UnitFileKind, WarrantyKind
from ..readings import READINGS
from ..wording import translated


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _months() -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "numeric", "min": "1"})


def _money() -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01", "min": "0"})


class Plain(forms.Form):
    """A form whose action takes what it cleaned, beside the hidden fields."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    once = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def values(self) -> dict[str, Any]:
        """What was typed, ready for the action."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"version", "once"}}


class UnitFileForm(forms.Form):
    """A picture or PDF, and what it shows."""

    file = forms.FileField(
        label=gettext_lazy("Picture or PDF"),
        widget=forms.FileInput(attrs={"accept": "image/*,application/pdf"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("It shows"), choices=UnitFileKind.choices)
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)


class WarrantyForm(Plain):
    """One promise for a unit."""

    kind = forms.ChoiceField(label=gettext_lazy("Covers"), choices=WarrantyKind.choices)
    provider = forms.CharField(label=gettext_lazy("From"), max_length=80)
    starts_on = forms.DateField(label=gettext_lazy("Starts"), required=False, widget=_day())
    base_months = forms.IntegerField(
        label=gettext_lazy("Months"), min_value=1, max_value=1200, widget=_months()
    )
    registered_months = forms.IntegerField(
        label=gettext_lazy("Months once registered"),
        min_value=1,
        max_value=1200,
        required=False,
        widget=_months(),
    )
    registration_deadline = forms.DateField(label=gettext_lazy("Register by"), required=False, widget=_day())
    is_transferable = forms.NullBooleanField(
        label=gettext_lazy("Goes over to a new owner"),
        required=False,
        widget=forms.Select(
            choices=[
                ("", gettext_lazy("Not known")),
                ("true", gettext_lazy("Yes")),
                ("false", gettext_lazy("No")),
            ]
        ),
    )
    is_owner_occupied = forms.BooleanField(
        label=gettext_lazy("Only while the owner lives there"), required=False
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


class ClaimForm(Plain):
    """What failed and what is claimed for it."""

    failed_part = forms.CharField(label=gettext_lazy("Failed part"), max_length=80)
    failed_serial = forms.CharField(label=gettext_lazy("Its serial"), max_length=60, required=False)
    new_part = forms.CharField(label=gettext_lazy("New part"), max_length=80, required=False)
    new_serial = forms.CharField(label=gettext_lazy("New serial"), max_length=60, required=False)
    fault = forms.CharField(label=gettext_lazy("What failed"), max_length=200)
    failed_on = forms.DateField(label=gettext_lazy("Failed"), widget=_day())
    rma = forms.CharField(label=gettext_lazy("RMA"), max_length=40, required=False)
    credit_expected = forms.DecimalField(
        label=gettext_lazy("Credit expected"),
        max_digits=12,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
        widget=_money(),
    )
    return_due_on = forms.DateField(
        label=gettext_lazy("Send the part back by"), required=False, widget=_day()
    )
    returned_on = forms.DateField(label=gettext_lazy("Part sent back"), required=False, widget=_day())
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)


class ReadingsForm(forms.Form):
    """What was measured at one time: only what was filled in counts."""

    once = forms.UUIDField(widget=forms.HiddenInput, required=False)
    measured_on = forms.DateField(label=gettext_lazy("Measured on"), widget=_day())

    def __init__(self, *args: Any, circuits: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(circuits) > 1:
            self.fields["circuit"] = forms.ChoiceField(
                label=gettext_lazy("Circuit"), choices=[("", "-"), *circuits], required=False
            )
        for key, kind in READINGS.items():
            self.fields[key] = forms.CharField(
                label=f"{translated(kind.label)} ({kind.unit})",
                max_length=30,
                required=False,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )

    def values(self) -> dict[str, str]:
        """What was typed, by kind."""
        return {key: self.cleaned_data[key] for key in READINGS if self.cleaned_data.get(key)}


class MoveForm(forms.Form):
    """Where the unit goes, and why."""

    to_site = forms.UUIDField(label=gettext_lazy("To"))
    because = forms.CharField(label=gettext_lazy("Why"), max_length=200)
    despite_open_work = forms.BooleanField(required=False)
