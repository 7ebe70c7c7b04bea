"""The shapes of what stock pages take in; every change is made by an action."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.models import Branch

from ..models import Part, PlaceKind, StockLevel, StockPlace
from ..querysets import PartQuerySet
from ..words import plain_cost

MOST = Decimal(1_000_000)
OWN_KINDS = [
    (PlaceKind.TRUCK.value, PlaceKind.TRUCK.label),
    (PlaceKind.WAREHOUSE.value, PlaceKind.WAREHOUSE.label),
]


def _number(label: Any, *, least: str = "0", places: int = 3, required: bool = True) -> Any:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal(least),
        max_value=MOST,
        decimal_places=places,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": least}),
    )


class OnceForm(forms.Form):
    """A form whose key makes pressing twice do it once; without a script the server's key serves."""

    once = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    @property
    def key(self) -> UUID:
        """The key of this press."""
        return self.cleaned_data.get("once") or uuid4()


class PlaceField(forms.ChoiceField):
    """One of the places a person sees, grouped by kind; gives the place."""

    def offer(self, places: Iterable[StockPlace]) -> None:
        """The places to choose from."""
        self.places = {str(place.uuid): place for place in places}
        groups = groupby(self.places.items(), key=lambda item: item[1].get_kind_display())
        self.choices = [
            ("", _("Choose a place")),
            *((kind, [(unique, place.name) for unique, place in items]) for kind, items in groups),
        ]

    def clean(self, value: Any) -> Any:
        """The place itself."""
        return self.places[super().clean(value)]


class PartChoiceForm(OnceForm):
    """A part chosen from suggestions, typed as its number, or scanned."""

    part = forms.UUIDField(required=False, widget=forms.HiddenInput)
    part_text = forms.CharField(
        label=gettext_lazy("Part"),
        max_length=200,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": gettext_lazy("Number, name or barcode")}
        ),
    )

    def __init__(self, *args: Any, parts: PartQuerySet, places: Iterable[StockPlace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parts = parts
        self.fields["part_text"].widget.attrs["data-combobox"] = reverse("inventory:find-parts")
        for field in self.fields.values():
            if isinstance(field, PlaceField):
                field.offer(places)

    def clean(self) -> dict[str, Any]:
        """The chosen part, else the one whose number or barcode stands in the field."""
        data = super().clean() or {}
        text = data.get("part_text", "").strip()
        if text:
            chosen = self._parts.filter(uuid=data["part"]).first() if data.get("part") else None
            data["found"] = chosen or self._parts.meant_by(text).first()
            if data["found"] is None:
                self.add_error(
                    "part_text",
                    _("No part has this number or barcode. Choose one of the suggestions while you type."),
                )
        return data


class ReceiveForm(PartChoiceForm):
    """Parts that came in from a supplier."""

    place = PlaceField(label=gettext_lazy("Into"))
    quantity = _number(gettext_lazy("Quantity"), least="0.001")
    unit_cost = _number(gettext_lazy("Cost of one"), places=4, required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Supplier, packing slip")}),
    )
    field_order = ("place", "part_text", "quantity", "unit_cost", "note", "part", "once")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit_cost"].help_text = _("Empty: what the part usually costs.")


class TransferForm(PartChoiceForm):
    """Parts that change their place."""

    from_place = PlaceField(label=gettext_lazy("From"))
    to_place = PlaceField(label=gettext_lazy("To"))
    quantity = _number(gettext_lazy("Quantity"), least="0.001")
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    field_order = ("from_place", "to_place", "part_text", "quantity", "note", "part", "once")


class CountForm(OnceForm):
    """What somebody counted, and what the page said there should be."""

    expected = forms.DecimalField(widget=forms.HiddenInput)
    counted = _number(gettext_lazy("Counted"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)
    field_order = ("counted", "note", "expected", "once")


class LimitsForm(forms.Form):
    """How little and how much should lie there."""

    minimum = _number(gettext_lazy("Minimum"))
    maximum = _number(gettext_lazy("Maximum"))


class PartForm(OnceForm):
    """A part's facts; its number is given once."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    number = forms.CharField(
        label=gettext_lazy("Part number"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    unit = forms.CharField(
        label=gettext_lazy("Unit"),
        max_length=12,
        initial="each",
        widget=forms.TextInput(attrs={"list": "units"}),
    )
    cost = _number(gettext_lazy("Cost of one"), places=4)
    barcode = forms.CharField(
        label=gettext_lazy("Barcode"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    is_active = forms.BooleanField(label=gettext_lazy("We stock this part"), required=False, initial=True)

    def __init__(self, *args: Any, known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("number",) if known else ("is_active", "version"):
            del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What both actions take."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("once", "version")}

    @staticmethod
    def initial_of(part: Part) -> dict[str, Any]:
        """What stands there now."""
        names = ("name", "unit", "barcode", "is_active", "version")
        return {name: getattr(part, name) for name in names} | {"cost": plain_cost(part.cost)}


class StockPlaceForm(OnceForm):
    """A warehouse or a truck."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=OWN_KINDS)
    branch = forms.TypedChoiceField(label=gettext_lazy("Branch"), coerce=int)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, branches: Iterable[Branch], known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(branch.pk, branch.name) for branch in branches]
        self.fields["branch"].choices = choices  # type: ignore[attr-defined]
        self.only_branch = choices[0][0] if len(choices) == 1 else None
        if self.only_branch is not None:
            del self.fields["branch"]
        del self.fields["kind" if known else "is_active"]

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "once"}
        values["branch_id"] = values.pop("branch", self.only_branch)
        return values


class LoadForm(OnceForm):
    """How many of each part go onto a truck; an empty field leaves the part where it is."""

    def __init__(self, *args: Any, levels: Iterable[StockLevel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.levels = {f"part_{level.part.uuid.hex}": level for level in levels}
        for name, level in self.levels.items():
            self.fields[name] = _number(
                _("How many of %(part)s") % {"part": level.part.number}, least="0", required=False
            )

    def quantities(self) -> dict[int, Decimal]:
        """Part id -> how many, of those that move."""
        return {
            level.part_id: self.cleaned_data[name]
            for name, level in self.levels.items()
            if self.cleaned_data.get(name)
        }
