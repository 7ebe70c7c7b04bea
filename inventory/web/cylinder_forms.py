"""The shapes of what the cylinders' pages take in; every change is made by an action."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from equipment.models import OUNCES_IN_POUND, Refrigerant

from ..models import Cylinder, CylinderKind, CylinderOrigin, StockPlace
from .forms import OnceForm, PlaceField

NOTHING = Decimal(0)
MOST_LB = Decimal(50_000)
NOTE = gettext_lazy("Note")


def pounds(label: Any, *, required: bool = True, help_text: Any = "") -> Any:
    """A weight as scales show it, in pounds to the thousandth."""
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=NOTHING,
        max_value=MOST_LB,
        decimal_places=3,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"}),
    )


def in_ounces(weight: Decimal | None) -> Decimal | None:
    """Pounds as ounces, exactly."""
    return None if weight is None else weight * OUNCES_IN_POUND


def in_pounds(ounces: Decimal | None) -> str:
    """Ounces as pounds for a field, without needless zeros."""
    return "" if ounces is None else f"{(ounces / OUNCES_IN_POUND).normalize():f}"


class AmountForm(OnceForm):
    """An amount in pounds, in ounces, or in both."""

    pounds = pounds(gettext_lazy("Pounds"), required=False)
    ounces = forms.DecimalField(
        label=gettext_lazy("and ounces"),
        required=False,
        min_value=NOTHING,
        max_value=MOST_LB,
        decimal_places=3,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"}),
    )
    needs_amount = True
    places: Iterable[StockPlace] = ()

    def clean(self) -> dict[str, Any]:
        """Some amount, where the form is about one."""
        data = super().clean() or {}
        said = data.get("pounds") is not None or data.get("ounces") is not None
        if self.needs_amount and not said and not self.errors:
            self.add_error("ounces", _("Say how much: pounds, ounces or both."))
        return data

    @property
    def amount(self) -> Decimal:
        """All of it in ounces."""
        data = self.cleaned_data
        return (data.get("pounds") or NOTHING) * OUNCES_IN_POUND + (data.get("ounces") or NOTHING)


def _note(label: Any = NOTE, *, required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, max_length=200, required=required)


class WeighForm(AmountForm):
    """What the scales show, cylinder and all."""

    note = _note()
    field_order = ("pounds", "ounces", "note", "once")


class LoseForm(AmountForm):
    """What escaped, and how."""

    because = _note(gettext_lazy("How it was lost"), required=True)
    field_order = ("pounds", "ounces", "because", "once")


class FillForm(AmountForm):
    """What a supplier filled in."""

    cost = forms.DecimalField(
        label=gettext_lazy("Cost"), required=False, min_value=NOTHING, max_digits=10, decimal_places=2
    )
    note = _note()
    field_order = ("pounds", "ounces", "cost", "note", "once")


class PourForm(AmountForm):
    """Into which other cylinder, and how much."""

    target = forms.ChoiceField(label=gettext_lazy("Into cylinder"))
    note = _note()
    field_order = ("target", "pounds", "ounces", "note", "once")

    def __init__(self, *args: Any, targets: Iterable[Cylinder], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._targets = {str(row.uuid): row for row in targets}
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a cylinder")),
            *((unique, f"{row.number} · {row.place.name}") for unique, row in self._targets.items()),
        ]

    def clean_target(self) -> Cylinder:
        """The cylinder itself."""
        return self._targets[self.cleaned_data["target"]]


class MoveForm(OnceForm):
    """The place it goes to."""

    place = PlaceField(label=gettext_lazy("To"))

    def __init__(self, *args: Any, places: Iterable[StockPlace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].offer(places)  # type: ignore[attr-defined]


class ReturnForm(OnceForm):
    """Back to the supplier."""

    note = _note(gettext_lazy("Supplier, receipt"))


class CylinderForm(AmountForm):
    """A new cylinder with what is in it."""

    number = forms.CharField(
        label=gettext_lazy("Number on the cylinder"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
    )
    refrigerant = forms.TypedChoiceField(label=gettext_lazy("Refrigerant"), coerce=int)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=CylinderKind.choices)
    origin = forms.ChoiceField(label=gettext_lazy("Holds"), choices=CylinderOrigin.choices)
    owner_text = forms.CharField(
        label=gettext_lazy("Whose refrigerant"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Only for what was recovered for the same owner."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    owner = forms.UUIDField(required=False, widget=forms.HiddenInput)
    reclaimer = forms.CharField(
        label=gettext_lazy("Reclaimed by"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Only for reclaimed refrigerant."),
    )
    batch_number = forms.CharField(label=gettext_lazy("Batch"), required=False, max_length=40)
    place = PlaceField(label=gettext_lazy("Where it lies"))
    tare = pounds(gettext_lazy("Empty weight (lb)"), required=False)
    capacity = pounds(
        gettext_lazy("Holds at most (lb)"),
        required=False,
        help_text=gettext_lazy("In the field it is filled to 80 percent of this."),
    )
    is_purchase = forms.ChoiceField(
        label=gettext_lazy("What is in it was"),
        choices=[("bought", gettext_lazy("Bought now")), ("held", gettext_lazy("Held at the start"))],
        initial="bought",
    )
    cost = forms.DecimalField(
        label=gettext_lazy("Cost"), required=False, min_value=NOTHING, max_digits=10, decimal_places=2
    )
    note = _note(gettext_lazy("Supplier, receipt"))
    needs_amount = False
    field_order = (
        "number", "refrigerant", "kind", "origin", "owner_text", "reclaimer", "batch_number", "place", "tare",
        "capacity", "pounds", "ounces", "is_purchase", "cost", "note", "owner", "once",
    )  # fmt: skip

    def __init__(
        self, *args: Any, places: Iterable[StockPlace], owners: Any, find_url: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._owners = owners
        self.fields["place"].offer(places)  # type: ignore[attr-defined]
        named = Refrigerant.objects.order_by("designation").values_list("pk", "designation")
        self.fields["refrigerant"].choices = [("", _("Choose a refrigerant")), *named]  # type: ignore[attr-defined]
        self.fields["owner_text"].widget.attrs["data-combobox"] = find_url

    def clean(self) -> dict[str, Any]:
        """The customer who was chosen, or whose number was typed."""
        data = super().clean()
        data["found"] = None
        if data.get("origin") == CylinderOrigin.RECOVERED:
            text = data.get("owner_text", "").strip()
            data["found"] = (
                self._owners.filter(uuid=data["owner"]).first()
                if data.get("owner")
                else self._owners.filter(number__iexact=text).first()
                if text
                else None
            )
            if data["found"] is None:
                self.add_error("owner_text", _("Choose one of the customers while you type."))
        return data

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        return {
            **{
                name: data[name]
                for name in ("number", "kind", "origin", "reclaimer", "batch_number", "cost", "note")
            },
            "refrigerant_id": data["refrigerant"],
            "owner_id": data["found"].pk if data["found"] else None,
            "place_id": data["place"].pk,
            "tare_oz": in_ounces(data["tare"]),
            "capacity_oz": in_ounces(data["capacity"]),
            "ounces": self.amount,
            "is_purchase": data["is_purchase"] == "bought",
        }


class EditCylinderForm(forms.Form):
    """Facts of a cylinder that were read wrongly."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    number = forms.CharField(label=gettext_lazy("Number on the cylinder"), max_length=40)
    tare = pounds(gettext_lazy("Empty weight (lb)"), required=False)
    capacity = pounds(gettext_lazy("Holds at most (lb)"), required=False)
    batch_number = forms.CharField(label=gettext_lazy("Batch"), required=False, max_length=40)
    reclaimer = forms.CharField(label=gettext_lazy("Reclaimed by"), required=False, max_length=80)

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        return {
            "number": data["number"],
            "tare_oz": in_ounces(data["tare"]),
            "capacity_oz": in_ounces(data["capacity"]),
            "batch_number": data["batch_number"],
            "reclaimer": data["reclaimer"],
        }

    @staticmethod
    def initial_of(cylinder: Cylinder) -> dict[str, Any]:
        """What stands there now."""
        return {
            "version": cylinder.version,
            "number": cylinder.number,
            "tare": in_pounds(cylinder.tare_oz),
            "capacity": in_pounds(cylinder.capacity_oz),
            "batch_number": cylinder.batch_number,
            "reclaimer": cylinder.reclaimer,
        }


class SendForm(OnceForm):
    """Cylinders that go to somebody who reclaims or destroys what is in them."""

    sent_to = forms.CharField(
        label=gettext_lazy("Sent to"),
        max_length=120,
        help_text=gettext_lazy("The reclaimer or wholesaler, with its EPA certification where you have it."),
    )
    sent_on = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    cylinders = forms.MultipleChoiceField(
        label=gettext_lazy("Cylinders"), widget=forms.CheckboxSelectMultiple
    )
    is_destroyed = forms.BooleanField(label=gettext_lazy("It is destroyed, not reclaimed"), required=False)
    comes_back = forms.BooleanField(label=gettext_lazy("The cylinders come back to us empty"), required=False)
    reference = forms.CharField(label=gettext_lazy("Receipt"), required=False, max_length=60)
    note = _note()
    field_order = (
        "sent_to", "sent_on", "cylinders", "is_destroyed", "comes_back", "reference", "note", "once",
    )  # fmt: skip

    def __init__(self, *args: Any, cylinders: Iterable[tuple[Cylinder, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = {str(row.uuid): (row, words) for row, words in cylinders}
        self._cylinders = {unique: row for unique, (row, _words) in listed.items()}
        self.fields["cylinders"].choices = [  # type: ignore[attr-defined]
            (unique, words) for unique, (_row, words) in listed.items()
        ]

    def clean_cylinders(self) -> list[Cylinder]:
        """The cylinders themselves."""
        return [self._cylinders[unique] for unique in self.cleaned_data["cylinders"]]


class ReceiptForm(forms.Form):
    """The receipt that came later."""

    reference = forms.CharField(label=gettext_lazy("Receipt"), max_length=60)


class BalanceForm(forms.Form):
    """Which months, grouped by what."""

    since = forms.CharField(
        label=gettext_lazy("From month"), required=False, widget=forms.TextInput(attrs={"type": "month"})
    )
    until = forms.CharField(
        label=gettext_lazy("To month"), required=False, widget=forms.TextInput(attrs={"type": "month"})
    )
    refrigerant = forms.ChoiceField(label=gettext_lazy("Refrigerant"), required=False)

    def __init__(self, *args: Any, refrigerants: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["refrigerant"].choices = [  # type: ignore[attr-defined]
            ("", _("All")),
            *((name, name) for name in refrigerants),
        ]
