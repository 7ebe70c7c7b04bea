"""Equipment and refrigerant, for programs."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.urls import path
from rest_framework import serializers

from customers.models import Site
from customers.narrowing import OfCustomer
from fsm.api.fields import (
    Amount,
    BecauseInput,
    Day,
    Input,
    Instant,
    Listed,
    OneOf,
    Output,
    Seen,
    Text,
    Unique,
    Whole,
    YesNo,
)
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.clock import now
from fsm.models import User
from fsm.permissions import May, Role

from . import actions
from .models import Category, Circuit, DateKnownBy, RecordKind, Refrigerant, RefrigerantRecord, Unit
from .web.filters import UnitFilter


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
            "date_known_by", "location", "tons", "filter_size", "status", "notes", "version", "created_at",
            "circuits",
        )  # fmt: skip


class RecordOutput(Output):
    circuit = serializers.UUIDField(source="circuit.uuid")
    unit = serializers.UUIDField(source="circuit.unit.uuid")
    refrigerant = serializers.CharField(source="circuit.refrigerant.designation")
    certificate = serializers.CharField(source="certificate.number")
    work = serializers.SerializerMethodField(help_text="kind:uuid of the visit it was done on.")

    class Meta:
        model = RefrigerantRecord
        fields = (
            "uuid", "unit", "circuit", "refrigerant", "kind", "ounces", "technician_name", "certificate",
            "happened_at", "leak_found", "note", "work", "voided_at", "voided_because",
        )  # fmt: skip

    def get_work(self, row: RefrigerantRecord) -> str | None:
        """The reference, where there is one."""
        return f"{row.work_kind}:{row.work_uuid}" if row.work_kind and row.work_uuid else None


class RefrigerantOutput(Output):
    class Meta:
        model = Refrigerant
        fields = (
            "designation",
            "safety_class",
            "kind",
            "composition",
            "gwp",
            "is_ozone_depleting",
            "pressure_class",
        )


def _units(user: Any) -> QuerySet[Unit]:
    return Unit.objects.visible_to(user).for_list()


def _records(user: Any) -> QuerySet[RefrigerantRecord]:
    return RefrigerantRecord.objects.visible_to(user).select_related(
        "circuit__unit", "circuit__refrigerant", "certificate"
    )


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
    location = Text(most=120, required=False)
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


# Refrigerant ------------------------------------------------------------------------------------


class RecordFilter(filters.FilterSet):  # type: ignore[misc]
    """By unit, by customer, by what was done."""

    unit = filters.UUIDFilter(field_name="circuit__unit__uuid")
    customer = OfCustomer("circuit__unit__site__customer")
    kind = filters.ChoiceFilter(choices=RecordKind.choices)

    class Meta:
        model = RefrigerantRecord
        fields: tuple[str, ...] = ()


class RefrigerantRecords(Listing):
    """What was added and recovered, latest first; struck-out records say so."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = RecordOutput
    order = ("-happened_at", "-pk")
    filterset = RecordFilter

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _records(self.user)


class RecordRefrigerant(Deed):
    """Keep what a certified technician added to a circuit or recovered from it."""

    may = May.EDIT_EQUIPMENT
    status = 201
    OutputSerializer = RecordOutput

    class InputSerializer(Input):
        uuid = Unique(help_text="Yours: sent twice it names the same record.")
        kind = OneOf(choices=RecordKind.values)
        ounces = Amount(whole=7, places=2)
        technician = Seen(
            lambda user: User.objects.filter(role=Role.TECHNICIAN), help_text="The person's uuid."
        )
        happened_at = Instant()
        leak_found = YesNo(required=False, allow_null=True)
        note = Text(most=200, required=False)

    def rows(self) -> QuerySet[Any]:
        """Circuits of the units the person sees."""
        return Circuit.objects.filter(unit__in=Unit.objects.visible_to(self.user))

    def do(self, data: dict[str, Any]) -> RefrigerantRecord:
        """Record and show."""
        technician = data.pop("technician")
        made = actions.record_refrigerant(
            circuit_id=self.thing.pk, technician_id=technician.pk, now=now(), **data
        )
        record: RefrigerantRecord = seen_again(_records(self.user).filter(circuit=self.thing), made.pk)
        return record


class VoidRefrigerantRecord(Deed):
    """Strike out a record that was wrong; it stays readable and counts no more."""

    may = May.EDIT_EQUIPMENT
    InputSerializer = BecauseInput
    OutputSerializer = RecordOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _records(self.user)

    def do(self, data: dict[str, Any]) -> RefrigerantRecord:
        """Strike out and show."""
        actions.void_refrigerant_record(self.thing.pk, **data, now=now())
        record: RefrigerantRecord = seen_again(_records(self.user), self.thing.pk)
        return record


class Refrigerants(Listing):
    """The refrigerants we know, with the facts that rules ask for."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = RefrigerantOutput
    order = ("designation",)

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return Refrigerant.objects.all()


urlpatterns = [
    path("units/", Units.as_view(), name="units"),
    path("units/<uuid:unit_uuid>/", ShowUnit.as_view(), name="unit"),
    path("units/<uuid:unit_uuid>/edit/", EditUnit.as_view(), name="edit-unit"),
    path("units/<uuid:unit_uuid>/retire/", RetireUnit.as_view(), name="retire-unit"),
    path("units/<uuid:unit_uuid>/mothball/", MothballUnit.as_view(), name="mothball-unit"),
    path("units/<uuid:unit_uuid>/return/", ReturnUnit.as_view(), name="return-unit"),
    path("sites/<uuid:site_uuid>/units/install/", InstallUnit.as_view(), name="install-unit"),
    path(
        "circuits/<uuid:circuit_uuid>/refrigerant/record/",
        RecordRefrigerant.as_view(),
        name="record-refrigerant",
    ),
    path("refrigerant-records/", RefrigerantRecords.as_view(), name="refrigerant-records"),
    path("refrigerant-records/<uuid:record_uuid>/void/", VoidRefrigerantRecord.as_view(), name="void-record"),
    path("refrigerants/", Refrigerants.as_view(), name="refrigerants"),
]
