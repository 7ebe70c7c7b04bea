"""Units, for programs."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from rest_framework import serializers

from customers.models import Site
from customers.narrowing import OfCustomer
from fsm.api.fields import (
    Amount,
    BecauseInput,
    Day,
    Input,
    Listed,
    OneOf,
    Output,
    Text,
    Unique,
    Whole,
)
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.permissions import May

from .. import actions
from ..models import Category, Circuit, DateKnownBy, ManufactureKnownBy, Unit
from ..web.filters import UnitFilter


class CircuitOutput(Output):
    refrigerant = serializers.CharField(source="refrigerant.designation")

    class Meta:
        model = Circuit
        fields = ("uuid", "label", "refrigerant", "full_charge_oz")


class UnitOutput(Output):
    customer = serializers.UUIDField(source="site.customer.uuid")
    maker = serializers.CharField(source="maker.name", default=None, allow_null=True)
    circuits = CircuitOutput(many=True)

    class Meta:
        model = Unit
        fields = (
            "uuid", "site", "customer", "category", "name", "maker", "model_number", "serial", "installed_on",
            "date_known_by", "manufactured_on", "manufacture_known_by",
            "location", "access", "tons", "filter_size", "status", "status_on", "notes", "version",
            "created_at",
            "circuits",
        )  # fmt: skip


def _units(user: Any) -> QuerySet[Unit]:
    return Unit.objects.visible_to(user).for_list()


class UnitListFilter(UnitFilter):
    """As on the page, and by site or customer."""

    site = filters.UUIDFilter(field_name="site__uuid")
    customer = OfCustomer("site__customer")

    class Meta(UnitFilter.Meta):
        pass


class Units(Listing):
    """Everything installed anywhere."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = UnitOutput
    filterset = UnitListFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _units(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By serial, model, maker, customer or street, as on the page."""
        matching: QuerySet[Any] = rows.matching(text)  # type: ignore[attr-defined]
        return matching


class ShowUnit(One):
    """One unit with its circuits."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = UnitOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _units(self.user)


class CircuitInput(Input):
    """A circuit as it is said."""

    label: Any = Text(most=20)
    refrigerant = Text(most=20, help_text="The ASHRAE number, such as R-410A.")
    full_charge_oz = Amount(whole=8, places=3, required=False, allow_null=True)


class PlateInput(Input):
    """What the nameplate says; circuits replace the list."""

    name = Text(most=80, required=False)
    maker = Text(most=60, required=False)
    model_number = Text(most=60, required=False)
    serial = Text(most=60, required=False)
    installed_on = Day(required=False, allow_null=True)
    date_known_by = OneOf(choices=DateKnownBy.values, required=False)
    manufactured_on = Day(required=False, allow_null=True)
    manufacture_known_by = OneOf(choices=ManufactureKnownBy.values, required=False)
    location = Text(most=120, required=False)
    access = Text(most=200, required=False)
    tons = Amount(whole=4, places=2, required=False, allow_null=True)
    filter_size = Text(most=40, required=False)
    notes = Text(most=4000, required=False)
    circuits = Listed(CircuitInput(), most=8, required=False)


def _said(data: dict[str, Any]) -> dict[str, Any]:
    """What the actions take."""
    if "circuits" in data:
        data["circuits"] = [
            actions.CircuitFields(one["label"], one["refrigerant"], one.get("full_charge_oz"))
            for one in data["circuits"]
        ]
    return data


class InstallUnit(Deed):
    """Put a unit with its circuits on a site's list."""

    may = May.EDIT_EQUIPMENT
    status = 201
    OutputSerializer = UnitOutput

    class InputSerializer(PlateInput):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same unit.")
        category = OneOf(choices=Category.values)

    def rows(self) -> QuerySet[Any]:
        """The sites the person sees."""
        return Site.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> Unit:
        """Install and show."""
        made = actions.install_unit(site_id=self.thing.pk, **_said(data))
        unit: Unit = seen_again(_units(self.user).filter(site=self.thing), made.pk)
        return unit


class UnitDeed(Deed):
    """Something done to a unit, which is shown afterwards."""

    may = May.EDIT_EQUIPMENT
    OutputSerializer = UnitOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _units(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(_units(self.user).get(pk=thing.pk), **more)


class EditUnit(UnitDeed):
    """Change what the plate says; what is not sent stays."""

    class InputSerializer(PlateInput):
        version = Whole(least=1, help_text="Of what you read.")
        category = OneOf(choices=Category.values, required=False)

    def do(self, data: dict[str, Any]) -> Unit:
        """Change."""
        return actions.edit_unit(self.thing.pk, **_said(data))


class RetireUnit(UnitDeed):
    """Take a unit out of service for good."""

    InputSerializer = BecauseInput

    def do(self, data: dict[str, Any]) -> Unit:
        """Retire."""
        return actions.retire_unit(self.thing.pk, **data)


class MothballUnit(UnitDeed):
    """Put a unit to rest for a time."""

    InputSerializer = BecauseInput

    def do(self, data: dict[str, Any]) -> Unit:
        """Rest."""
        return actions.mothball_unit(self.thing.pk, **data)


class ReturnUnit(UnitDeed):
    """Undo a retirement or a rest."""

    InputSerializer = BecauseInput

    def do(self, data: dict[str, Any]) -> Unit:
        """Return."""
        return actions.return_unit_to_service(self.thing.pk, **data)
