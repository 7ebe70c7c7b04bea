"""What is known of units beside their plates, for programs: warranties, readings, moves, opportunities."""

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
    YesNo,
)
from fsm.api.views import Deed, Listing, seen_again
from fsm.clock import now, today_in
from fsm.permissions import May

from .. import actions
from ..models import (
    Opportunity,
    OpportunityKind,
    Reading,
    Unit,
    UnitMove,
    Warranty,
    WarrantyClaim,
    WarrantyKind,
)
from ..readings import READINGS
from ..states import ClaimState, OpportunityState


class WarrantyOutput(Output):
    unit = serializers.UUIDField(source="unit.uuid")

    class Meta:
        model = Warranty
        fields = (
            "uuid", "unit", "kind", "provider", "starts_on", "base_months", "registered_months",
            "registration_deadline", "registered_on", "confirmation", "is_transferable", "is_owner_occupied",
            "ended_on", "ended_because", "note", "version",
        )  # fmt: skip


class ClaimOutput(Output):
    warranty = serializers.UUIDField(source="warranty.uuid")
    unit = serializers.UUIDField(source="warranty.unit.uuid")

    class Meta:
        model = WarrantyClaim
        fields = (
            "uuid", "warranty", "unit", "state", "failed_part", "failed_serial", "new_part", "new_serial",
            "fault", "failed_on", "rma", "return_due_on", "returned_on", "credit_expected", "credit_received",
            "credited_on", "note", "version",
        )  # fmt: skip


class ReadingOutput(Output):
    unit = serializers.UUIDField(source="unit.uuid")

    class Meta:
        model = Reading
        fields = (
            "uuid", "unit", "key", "value", "is_flagged", "verdict", "measured_at", "technician_name",
            "voided_at", "voided_because",
        )  # fmt: skip


class MoveOutput(Output):
    unit = serializers.UUIDField(source="unit.uuid")
    from_site = serializers.UUIDField(source="from_site.uuid")
    to_site = serializers.UUIDField(source="to_site.uuid")

    class Meta:
        model = UnitMove
        fields = ("uuid", "unit", "from_site", "to_site", "moved_at", "because", "undone_at")


class OpportunityOutput(Output):
    unit = serializers.UUIDField(source="unit.uuid", default=None, allow_null=True)
    site = serializers.UUIDField(source="site.uuid")
    reasons = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Opportunity
        fields = (
            "uuid", "kind", "site", "unit", "state", "summary", "reasons", "score", "times_seen",
            "snoozed_until", "dismissed_because", "created_at", "version",
        )  # fmt: skip


def _warranties(user: Any) -> QuerySet[Warranty]:
    return Warranty.objects.visible_to(user).select_related("unit__site")


def _claims(user: Any) -> QuerySet[WarrantyClaim]:
    seen = Warranty.objects.visible_to(user)
    return WarrantyClaim.objects.filter(warranty__in=seen).select_related("warranty__unit__site")


def _readings(user: Any) -> QuerySet[Reading]:
    return Reading.objects.filter(unit__in=Unit.objects.visible_to(user)).select_related("unit")


def _opportunities(user: Any) -> QuerySet[Opportunity]:
    return Opportunity.objects.visible_to(user).select_related("unit", "site")


class WarrantyFilter(filters.FilterSet):  # type: ignore[misc]
    """By unit, by customer, by what it covers."""

    unit = filters.UUIDFilter(field_name="unit__uuid")
    customer = OfCustomer("unit__site__customer")
    kind = filters.ChoiceFilter(choices=WarrantyKind.choices)

    class Meta:
        model = Warranty
        fields: tuple[str, ...] = ()


class Warranties(Listing):
    """What makers and others promised for units."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = WarrantyOutput
    filterset = WarrantyFilter

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        return _warranties(self.user)


class RegisterWarranty(Deed):
    """Say that a warranty was registered with its maker, under which number."""

    may = May.EDIT_EQUIPMENT
    OutputSerializer = WarrantyOutput

    class InputSerializer(Input):
        on = Day()
        confirmation = Text(most=60)

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        return _warranties(self.user)

    def do(self, data: dict[str, Any]) -> Warranty:
        """Register and show."""
        today = today_in(self.thing.unit.site.time_zone, now())
        actions.register_warranty(self.thing.pk, today=today, **data)
        row: Warranty = seen_again(_warranties(self.user), self.thing.pk)
        return row


class ClaimFilter(filters.FilterSet):  # type: ignore[misc]
    """By unit, by customer, by state."""

    unit = filters.UUIDFilter(field_name="warranty__unit__uuid")
    customer = OfCustomer("warranty__unit__site__customer")
    state = filters.ChoiceFilter(choices=ClaimState.choices)

    class Meta:
        model = WarrantyClaim
        fields: tuple[str, ...] = ()


class Claims(Listing):
    """What was claimed from makers, latest failure first."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = ClaimOutput
    order = ("-failed_on", "-pk")
    filterset = ClaimFilter

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        return _claims(self.user)


class OpenClaim(Deed):
    """Claim a part that failed from a warranty."""

    may = May.EDIT_EQUIPMENT
    status = 201
    OutputSerializer = ClaimOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same claim.")
        failed_part = Text(most=80)
        fault = Text(most=200)
        failed_on = Day()
        failed_serial = Text(most=60, required=False)
        new_part = Text(most=80, required=False)
        new_serial = Text(most=60, required=False)
        rma = Text(most=40, required=False)
        credit_expected = Amount(whole=6, places=2, required=False, allow_null=True)

    def rows(self) -> QuerySet[Any]:
        """Warranties of units the person sees."""
        return _warranties(self.user)

    def do(self, data: dict[str, Any]) -> WarrantyClaim:
        """Open and show."""
        today = today_in(self.thing.unit.site.time_zone, now())
        made = actions.open_claim(self.thing.pk, today=today, **data)
        row: WarrantyClaim = seen_again(_claims(self.user), made.pk)
        return row


class ReadingFilter(filters.FilterSet):  # type: ignore[misc]
    """By unit, by customer, by what was measured."""

    unit = filters.UUIDFilter(field_name="unit__uuid")
    customer = OfCustomer("unit__site__customer")
    key = filters.ChoiceFilter(choices=[(key, kind.label) for key, kind in READINGS.items()])

    class Meta:
        model = Reading
        fields: tuple[str, ...] = ()


class Readings(Listing):
    """What was measured, latest first; struck-out readings say so."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = ReadingOutput
    order = ("-measured_at", "-pk")
    filterset = ReadingFilter

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        return _readings(self.user)


class ValueInput(Input):
    """One value."""

    key = OneOf(choices=list(READINGS))
    value = Text(most=30, help_text="As it was read, with or without its unit.")


class RecordReadings(Deed):
    """Keep what was measured on a unit at one time: all of it or nothing."""

    may = May.EDIT_EQUIPMENT
    status = 201
    OutputSerializer = ReadingOutput

    class InputSerializer(Input):
        uuid = Unique(help_text="Yours: sent twice it names the same readings.")
        measured_at = Instant()
        readings = Listed(ValueInput(), most=len(READINGS))

    def rows(self) -> QuerySet[Any]:
        """Units the person sees."""
        return Unit.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> Reading:
        """Keep them and show the first that was sent."""
        said = {one["key"]: one["value"] for one in data["readings"]}
        made = actions.record_readings(
            self.thing.pk, values=said, measured_at=data["measured_at"], uuid=data["uuid"], now=now()
        )
        row: Reading = seen_again(_readings(self.user), made[0].pk)
        return row


class VoidReading(Deed):
    """Strike out a reading that was wrong; it stays readable and counts no more."""

    may = May.EDIT_EQUIPMENT
    InputSerializer = BecauseInput
    OutputSerializer = ReadingOutput

    def rows(self) -> QuerySet[Any]:
        """Those of units the person sees."""
        return _readings(self.user)

    def do(self, data: dict[str, Any]) -> Reading:
        """Strike out and show."""
        actions.void_reading(self.thing.pk, now=now(), **data)
        row: Reading = seen_again(_readings(self.user), self.thing.pk)
        return row


class MoveUnit(Deed):
    """Take a unit to another site with everything that is known of it."""

    may = May.EDIT_EQUIPMENT
    status = 201
    OutputSerializer = MoveOutput

    class InputSerializer(Input):
        to_site = Seen(lambda user: Site.objects.visible_to(user))
        because = Text(most=200)
        despite_open_work = YesNo(required=False)

    def rows(self) -> QuerySet[Any]:
        """Units the person sees."""
        return Unit.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> UnitMove:
        """Move."""
        site = data.pop("to_site")
        return actions.move_unit(self.thing.pk, to_site_id=site.pk, now=now(), **data)


class UndoMove(Deed):
    """Put a unit back where it came from."""

    may = May.EDIT_EQUIPMENT
    InputSerializer = BecauseInput
    OutputSerializer = MoveOutput

    def rows(self) -> QuerySet[Any]:
        """Moves of units the person sees."""
        return UnitMove.objects.filter(unit__in=Unit.objects.visible_to(self.user))

    def do(self, data: dict[str, Any]) -> UnitMove:
        """Put back."""
        return actions.undo_move(self.thing.pk, now=now(), **data)


class OpportunityFilter(filters.FilterSet):  # type: ignore[misc]
    """By unit, by customer, by kind, by state."""

    unit = filters.UUIDFilter(field_name="unit__uuid")
    customer = OfCustomer("site__customer")
    kind = filters.ChoiceFilter(choices=OpportunityKind.choices)
    state = filters.ChoiceFilter(choices=OpportunityState.choices)

    class Meta:
        model = Opportunity
        fields: tuple[str, ...] = ()


class Opportunities(Listing):
    """Work that somebody should offer, strongest first."""

    may = May.SEE_EQUIPMENT
    OutputSerializer = OpportunityOutput
    order = ("-score", "-pk")
    filterset = OpportunityFilter

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _opportunities(self.user)


class RaiseOpportunity(Deed):
    """A reason to offer something for a unit; while one of its kind is open the reasons join it."""

    may = May.EDIT_EQUIPMENT
    status = 201
    OutputSerializer = OpportunityOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same opportunity.")
        kind = OneOf(choices=OpportunityKind.values)
        summary = Text(most=200)
        reason = Text(most=200)

    def rows(self) -> QuerySet[Any]:
        """Units the person sees."""
        return Unit.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> Opportunity:
        """Raise and show."""
        made = actions.raise_opportunity(self.thing.pk, reasons=[data.pop("reason")], **data)
        row: Opportunity = seen_again(_opportunities(self.user), made.pk)
        return row


class DismissOpportunity(Deed):
    """Say that nothing comes of it, for a reason."""

    may = May.EDIT_EQUIPMENT
    InputSerializer = BecauseInput
    OutputSerializer = OpportunityOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _opportunities(self.user)

    def do(self, data: dict[str, Any]) -> Opportunity:
        """Dismiss and show."""
        actions.dismiss_opportunity(self.thing.pk, **data)
        row: Opportunity = seen_again(_opportunities(self.user), self.thing.pk)
        return row


urlpatterns = [
    path("warranties/", Warranties.as_view(), name="warranties"),
    path("warranties/<uuid:warranty_uuid>/register/", RegisterWarranty.as_view(), name="register-warranty"),
    path("warranties/<uuid:warranty_uuid>/claim/", OpenClaim.as_view(), name="open-claim"),
    path("warranty-claims/", Claims.as_view(), name="warranty-claims"),
    path("readings/", Readings.as_view(), name="readings"),
    path("units/<uuid:unit_uuid>/readings/record/", RecordReadings.as_view(), name="record-readings"),
    path("readings/<uuid:reading_uuid>/void/", VoidReading.as_view(), name="void-reading"),
    path("units/<uuid:unit_uuid>/move/", MoveUnit.as_view(), name="move-unit"),
    path("unit-moves/<uuid:move_uuid>/undo/", UndoMove.as_view(), name="undo-move"),
    path("opportunities/", Opportunities.as_view(), name="opportunities"),
    path("units/<uuid:unit_uuid>/opportunities/raise/", RaiseOpportunity.as_view(), name="raise-opportunity"),
    path(
        "opportunities/<uuid:opportunity_uuid>/dismiss/",
        DismissOpportunity.as_view(),
        name="dismiss-opportunity",
    ),
]
