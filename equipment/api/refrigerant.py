"""Refrigerant records, for programs."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from rest_framework import serializers

from customers.narrowing import OfCustomer
from fsm.api.fields import (
    Amount,
    BecauseInput,
    Input,
    Instant,
    OneOf,
    Output,
    Seen,
    Text,
    Unique,
    YesNo,
)
from fsm.api.views import Deed, Listing, seen_again
from fsm.clock import now
from fsm.models import User
from fsm.permissions import May, Role

from .. import actions
from ..models import Circuit, RecordKind, RecordPurpose, Refrigerant, RefrigerantRecord, Unit


class RecordOutput(Output):
    circuit = serializers.UUIDField(source="circuit.uuid")
    unit = serializers.UUIDField(source="circuit.unit.uuid")
    refrigerant = serializers.CharField(source="refrigerant.designation")
    certificate = serializers.CharField(source="certificate.number")
    continues = serializers.UUIDField(source="continues.uuid", default=None, allow_null=True)
    replaces = serializers.UUIDField(source="replaces.uuid", default=None, allow_null=True)
    work = serializers.SerializerMethodField(help_text="kind:uuid of the visit it was done on.")
    changes = serializers.ListField(
        child=serializers.CharField(), help_text="What recording or voiding it made different, in sentences."
    )

    class Meta:
        model = RefrigerantRecord
        fields = (
            "uuid", "unit", "circuit", "refrigerant", "kind", "purpose", "ounces", "returned_oz",
            "nothing_because", "continues", "replaces", "technician_name", "certificate", "happened_at",
            "leak_found", "parts_worked_on", "work_done", "note", "work", "voided_at", "voided_because",
            "changes",
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


def _records(user: Any) -> QuerySet[RefrigerantRecord]:
    return RefrigerantRecord.objects.visible_to(user).select_related(
        "circuit__unit", "refrigerant", "certificate", "continues", "replaces"
    )


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
        purpose = OneOf(choices=RecordPurpose.values, required=False)
        ounces = Amount(whole=7, places=3)
        returned_oz = Amount(
            whole=7, places=3, required=False, help_text="Of which was recovered from this circuit before."
        )
        refrigerant = Text(
            most=20,
            required=False,
            help_text="What went in or came out; refused if the circuit holds another.",
        )
        continues = Unique(required=False, allow_null=True, help_text="The addition for the same leak.")
        replaces = Unique(required=False, allow_null=True, help_text="The struck-out record logged again.")
        parts_worked_on = Text(most=200, required=False)
        work_done = Text(most=200, required=False)
        nothing_because = Text(most=200, required=False, help_text="Where nothing was recovered: why.")
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
        record.changes = made.changes
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
        struck = actions.void_refrigerant_record(self.thing.pk, **data, now=now())
        record: RefrigerantRecord = seen_again(_records(self.user), self.thing.pk)
        record.changes = struck.changes
        return record


class Refrigerants(Listing):
    """The refrigerants we know, with the facts that rules ask for."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = RefrigerantOutput
    order = ("designation",)

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return Refrigerant.objects.all()
