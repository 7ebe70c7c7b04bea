"""Circuits as the leak rules see them, their rates, and the cases that rates open, for programs."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from rest_framework import serializers

from customers.narrowing import OfCustomer
from fsm.api.fields import Amount, BecauseInput, Day, Input, OneOf, Output, Seen, Text, Unique, YesNo
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.clock import now, today_in
from fsm.models import User
from fsm.permissions import May, Role

from .. import actions
from ..actions.cases import UNLOGGED
from ..compliance.clocks import Step
from ..models import (
    CaseEvent,
    ChargeMethod,
    Circuit,
    ComplianceCategory,
    Exemption,
    LeakCase,
    LeakRate,
    Unit,
)
from ..states import CaseState

STEPS = [str(step) for step in Step if step not in UNLOGGED]
OUTCOMES = (
    "parts", "radiological", "regulations", "not_repairing", "no_action", "still_leaking", "retrofitted",
    "retired",
)  # fmt: skip


class RegulatedCircuitOutput(Output):
    unit = serializers.UUIDField(source="unit.uuid")
    refrigerant = serializers.CharField(source="refrigerant.designation")

    class Meta:
        model = Circuit
        fields = (
            "uuid", "unit", "label", "refrigerant", "full_charge_oz", "category", "exempt", "exempt_because",
            "is_factory_sealed", "started_on", "retired_on",
        )  # fmt: skip


class RateOutput(Output):
    circuit = serializers.UUIDField(source="circuit.uuid")
    record = serializers.UUIDField(source="record.uuid")

    class Meta:
        model = LeakRate
        fields = (
            "circuit", "record", "day", "rules", "category", "method", "net_oz", "days_used", "days_basis",
            "full_charge_oz", "percent", "numerator", "denominator", "trigger_percent", "exceeds",
            "strict_percent", "found_at", "superseded_at", "superseded_because",
        )  # fmt: skip


class CaseEventOutput(Output):
    case = serializers.UUIDField(source="case.uuid")

    class Meta:
        model = CaseEvent
        fields = (
            "uuid", "case", "kind", "happened_on", "passed", "outcome", "method", "locations",
            "all_parts_inspected", "was_evacuated", "until", "signed_by", "technician_name", "note",
            "voided_at", "voided_because",
        )  # fmt: skip


class CaseOutput(Output):
    circuit = serializers.UUIDField(source="circuit.uuid")
    unit = serializers.UUIDField(source="circuit.unit.uuid")
    events = CaseEventOutput(many=True)

    class Meta:
        model = LeakCase
        fields = (
            "uuid", "unit", "circuit", "rules", "opened_on", "percent", "state", "next_due_on",
            "next_due_what", "next_inspection_on", "closed_on", "withdrawn_because", "events",
        )  # fmt: skip


def _circuits(user: Any) -> QuerySet[Circuit]:
    units = Unit.objects.visible_to(user)
    return Circuit.objects.filter(unit__in=units).select_related("unit__site", "refrigerant")


def _cases(user: Any) -> QuerySet[LeakCase]:
    return (
        LeakCase.objects.visible_to(user)
        .select_related("circuit__unit__site")
        .prefetch_related("events__case")
    )


class CircuitFilter(filters.FilterSet):  # type: ignore[misc]
    """By unit, by customer, by refrigerant, by what the rules call it."""

    unit = filters.UUIDFilter(field_name="unit__uuid")
    customer = OfCustomer("unit__site__customer")
    refrigerant = filters.CharFilter(field_name="refrigerant__designation")
    category = filters.ChoiceFilter(choices=ComplianceCategory.choices)
    exempt = filters.ChoiceFilter(choices=Exemption.choices)

    class Meta:
        model = Circuit
        fields: tuple[str, ...] = ()


class Circuits(Listing):
    """Every refrigerant circuit."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = RegulatedCircuitOutput
    filterset = CircuitFilter

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        return _circuits(self.user)


class ShowCircuit(One):
    """One circuit."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = RegulatedCircuitOutput

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        return _circuits(self.user)


class RateFilter(filters.FilterSet):  # type: ignore[misc]
    """By circuit, by unit, by customer, by verdict; superseded ones only when asked for."""

    circuit = filters.UUIDFilter(field_name="circuit__uuid")
    unit = filters.UUIDFilter(field_name="circuit__unit__uuid")
    customer = OfCustomer("circuit__unit__site__customer")
    exceeds = filters.BooleanFilter()
    superseded = filters.BooleanFilter(field_name="superseded_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = LeakRate
        fields: tuple[str, ...] = ()


class Rates(Listing):
    """Leak rates, latest first, each with what it was found from; superseded ones say so."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = RateOutput
    order = ("-day", "-pk")
    filterset = RateFilter

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        units = Unit.objects.visible_to(self.user)
        return LeakRate.objects.filter(circuit__unit__in=units).select_related("circuit", "record")


class CaseFilter(filters.FilterSet):  # type: ignore[misc]
    """By circuit, by unit, by customer, by state."""

    circuit = filters.UUIDFilter(field_name="circuit__uuid")
    unit = filters.UUIDFilter(field_name="circuit__unit__uuid")
    customer = OfCustomer("circuit__unit__site__customer")
    state = filters.ChoiceFilter(choices=CaseState.choices)

    class Meta:
        model = LeakCase
        fields: tuple[str, ...] = ()


class Cases(Listing):
    """Circuits that were over their trigger rate, latest first."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = CaseOutput
    order = ("-opened_on", "-pk")
    filterset = CaseFilter

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _cases(self.user)


class ShowCase(One):
    """One case with its events."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = CaseOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _cases(self.user)


class LogCaseEvent(Deed):
    """Note a step of a case, where the rules let it come."""

    may = May.RUN_COMPLIANCE
    status = 201
    OutputSerializer = CaseOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same step.")
        step = OneOf(choices=STEPS)
        happened_on = Day()
        outcome = OneOf(choices=OUTCOMES, required=False, help_text="Ground, reason or end, by the step.")
        technician = Seen(
            lambda user: User.objects.filter(role=Role.TECHNICIAN),
            required=False,
            help_text="The person's uuid.",
        )
        method = Text(most=120, required=False)
        locations = Text(most=4000, required=False)
        all_parts_inspected = YesNo(required=False, allow_null=True)
        was_evacuated = YesNo(required=False, allow_null=True)
        until = Day(required=False, allow_null=True)
        signed_by = Text(most=150, required=False)
        note = Text(most=500, required=False)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _cases(self.user)

    def do(self, data: dict[str, Any]) -> LeakCase:
        """Note it and show the case."""
        technician = data.pop("technician", None)
        actions.log_case_event(
            self.thing.pk, technician_id=technician.pk if technician else None, now=now(), **data
        )
        case: LeakCase = seen_again(_cases(self.user), self.thing.pk)
        return case


class VoidCaseEvent(Deed):
    """Strike out a step that was wrong; it stays readable and counts no more."""

    may = May.RUN_COMPLIANCE
    InputSerializer = BecauseInput
    OutputSerializer = CaseOutput

    def rows(self) -> QuerySet[Any]:
        """Steps of the cases the person sees."""
        return CaseEvent.objects.filter(case__in=LeakCase.objects.visible_to(self.user))

    def do(self, data: dict[str, Any]) -> LeakCase:
        """Strike out and show the case."""
        event = actions.void_case_event(self.thing.pk, now=now(), **data)
        case: LeakCase = seen_again(_cases(self.user), event.case_id)
        return case


class CircuitDeed(Deed):
    """Something decided about a circuit, which is shown afterwards."""

    may = May.RUN_COMPLIANCE
    OutputSerializer = RegulatedCircuitOutput

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        return _circuits(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(_circuits(self.user).get(pk=self.thing.pk), **more)


class ReviseCharge(CircuitDeed):
    """A full charge determined anew, from a day on."""

    class InputSerializer(Input):
        effective_on = Day()
        full_charge_oz = Amount(whole=7, places=3)
        method = OneOf(choices=[value for value in ChargeMethod.values if value != ChargeMethod.UNKNOWN])
        range_low_oz = Amount(whole=7, places=3, required=False, allow_null=True)
        range_high_oz = Amount(whole=7, places=3, required=False, allow_null=True)
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Any:
        """Revise."""
        today = today_in(self.thing.unit.site.time_zone, now())
        return actions.revise_charge(self.thing.pk, today=today, **data)


class RetrofitCircuit(CircuitDeed):
    """Another refrigerant from a day on, with its full charge."""

    class InputSerializer(Input):
        refrigerant = Text(most=20)
        full_charge_oz = Amount(whole=7, places=3)
        effective_on = Day()
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Any:
        """Retrofit."""
        return actions.retrofit_circuit(self.thing.pk, now=now(), **data)


class SetExemption(CircuitDeed):
    """Whether 40 CFR 84.106(a)(3)(ii) leaves the circuit out, and why."""

    class InputSerializer(Input):
        exempt = OneOf(choices=Exemption.values)
        because = Text(most=200)

    def do(self, data: dict[str, Any]) -> Any:
        """Settle."""
        return actions.set_exemption(self.thing.pk, now=now(), **data)


class SetCategory(CircuitDeed):
    """What the leak rules call the appliance, and why."""

    class InputSerializer(Input):
        category = OneOf(choices=ComplianceCategory.values)
        because = Text(most=200)

    def do(self, data: dict[str, Any]) -> Any:
        """Settle."""
        return actions.set_category(self.thing.pk, now=now(), **data)
