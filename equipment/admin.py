"""Equipment in the admin; makers, refrigerants and certificates are set up here."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from fsm.admin_base import Deed, HouseAdmin, SetUpAdmin
from fsm.permissions import May

from .actions import mothball_unit, retire_unit, return_unit_to_service, void_refrigerant_record
from .models import (
    CaseEvent,
    ChargeRevision,
    ChronicLeaker,
    Circuit,
    ComplianceDocument,
    ComplianceRule,
    ComplianceSettings,
    Facility,
    LeakCase,
    LeakRate,
    Maker,
    Opportunity,
    Reading,
    Refrigerant,
    RefrigerantRecord,
    Reminder,
    System,
    TechnicianCertificate,
    Unit,
    UnitFile,
    UnitModel,
    UnitMove,
    Warranty,
    WarrantyClaim,
)


@admin.register(Refrigerant)
class RefrigerantAdmin(SetUpAdmin):
    """Refrigerants by their ASHRAE numbers, with the facts that rules ask for."""

    list_display = ("designation", "safety_class", "kind", "gwp", "pressure_class", "has_regulated_hfc")
    list_filter = ("safety_class", "is_ozone_depleting", "has_regulated_hfc")
    search_fields = ("designation", "composition")


@admin.register(Maker)
class MakerAdmin(SetUpAdmin):
    """Who builds units."""

    list_display = ("name", "family", "registration_days", "base_months", "registered_months")
    list_filter = ("family",)
    search_fields = ("name", "family")


@admin.register(UnitModel)
class UnitModelAdmin(SetUpAdmin):
    """What a unit of a model starts with."""

    within = "maker"
    words = ("refrigerant",)
    list_display = ("number", "maker", "category", "tons", "refrigerant", "factory_charge_oz")
    list_filter = ("category",)
    search_fields = ("number", "name", "maker__name")


@admin.register(ComplianceRule)
class ComplianceRuleAdmin(SetUpAdmin):
    """The leak-repair rules with the days they hold."""

    list_display = (
        "code",
        "jurisdiction",
        "category",
        "minimum_charge_lb",
        "trigger_percent",
        "effective_from",
    )
    list_filter = ("code", "category")
    search_fields = ("code", "citation")


@admin.register(TechnicianCertificate)
class TechnicianCertificateAdmin(SetUpAdmin):
    """EPA 608 certificates; one that was revoked has a date."""

    within = "technician"
    list_display = ("technician", "kind", "number", "issued_on", "revoked_on")
    list_filter = ("kind",)
    search_fields = ("number", "technician__name")


@admin.register(Unit)
class UnitAdmin(HouseAdmin):
    """Changed on the unit's page."""

    list_display = ("__str__", "site", "category", "maker", "model_number", "serial", "status")
    list_filter = ("category", "status")
    search_fields = ("serial", "model_number", "name", "site__street")
    deeds = (
        Deed(
            "retire",
            _("Retire these units"),
            May.EDIT_EQUIPMENT,
            lambda row, ask: retire_unit(row.pk, because=ask.because),
            needs_reason=True,
        ),
        Deed(
            "mothball",
            _("Mothball these units"),
            May.EDIT_EQUIPMENT,
            lambda row, ask: mothball_unit(row.pk, because=ask.because),
            needs_reason=True,
        ),
        Deed(
            "return",
            _("Return these units to service"),
            May.EDIT_EQUIPMENT,
            lambda row, ask: return_unit_to_service(row.pk, because=ask.because),
            needs_reason=True,
        ),
    )


@admin.register(Circuit)
class CircuitAdmin(HouseAdmin):
    """What the rules regulate."""

    within = "unit"
    words = ("refrigerant",)
    list_display = ("unit", "label", "refrigerant", "full_charge_oz")
    search_fields = ("unit__serial", "refrigerant__designation")


@admin.register(RefrigerantRecord)
class RefrigerantRecordAdmin(HouseAdmin):
    """Additions and recoveries: never edited, only voided."""

    list_display = ("happened_at", "kind", "ounces", "circuit", "technician", "leak_found", "voided_at")
    list_filter = ("kind", ("voided_at", admin.EmptyFieldListFilter))
    search_fields = ("technician_name", "circuit__unit__serial", "note")
    date_hierarchy = "happened_at"
    deeds = (
        Deed(
            "void",
            _("Void these records"),
            May.EDIT_EQUIPMENT,
            lambda row, ask: void_refrigerant_record(row.pk, because=ask.because, now=ask.now),
            needs_reason=True,
        ),
    )


@admin.register(System)
class SystemAdmin(HouseAdmin):
    """Units that work as one."""

    list_display = ("name", "site")
    search_fields = ("name", "site__street")


@admin.register(UnitMove)
class UnitMoveAdmin(HouseAdmin):
    """Units taken to another site."""

    list_display = ("moved_at", "unit", "from_site", "to_site", "because", "undone_at")
    search_fields = ("unit__serial", "because")


@admin.register(UnitFile)
class UnitFileAdmin(HouseAdmin):
    """Photos and documents of units."""

    list_display = ("name", "kind", "unit", "author_name", "created_at", "removed_at")
    list_filter = ("kind",)
    search_fields = ("name", "unit__serial")


@admin.register(ChargeRevision)
class ChargeRevisionAdmin(HouseAdmin):
    """Full charges as they were determined."""

    list_display = ("circuit", "effective_on", "refrigerant", "full_charge_oz", "method", "author_name")
    list_filter = ("method", "is_retrofit")
    search_fields = ("circuit__unit__serial",)


@admin.register(LeakRate)
class LeakRateAdmin(HouseAdmin):
    """Rates found, with what they were found from."""

    list_display = (
        "day",
        "circuit",
        "percent",
        "trigger_percent",
        "exceeds",
        "rules",
        "method",
        "superseded_at",
    )
    list_filter = ("exceeds", "method")
    search_fields = ("circuit__unit__serial",)


@admin.register(LeakCase)
class LeakCaseAdmin(HouseAdmin):
    """Circuits over their rate; moved on the case's page."""

    list_display = ("opened_on", "circuit", "state", "percent", "next_due_on", "next_due_what", "closed_on")
    list_filter = ("state",)
    search_fields = ("circuit__unit__serial",)


@admin.register(CaseEvent)
class CaseEventAdmin(HouseAdmin):
    """Steps of cases."""

    list_display = ("happened_on", "kind", "case", "passed", "technician_name", "voided_at")
    list_filter = ("kind",)
    search_fields = ("technician_name", "note")


@admin.register(ChronicLeaker)
class ChronicLeakerAdmin(HouseAdmin):
    """Circuits that lost 125 % in a year."""

    list_display = ("year", "circuit", "percent", "due_on", "reported_on")
    list_filter = ("year",)
    search_fields = ("circuit__unit__serial",)


@admin.register(ComplianceDocument)
class ComplianceDocumentAdmin(HouseAdmin):
    """Documents handed to owners."""

    list_display = ("made_at", "kind", "number", "circuit", "sent_to", "sent_at")
    list_filter = ("kind",)
    search_fields = ("number", "sent_to")


@admin.register(Reminder)
class ReminderAdmin(HouseAdmin):
    """Who was reminded of what is in the outbox; this is that it happened."""

    list_display = ("sent_at", "kind", "due_on", "days_before")
    list_filter = ("kind",)
    search_fields = ("kind",)


@admin.register(Facility)
class FacilityAdmin(HouseAdmin):
    """Sites by their method."""

    list_display = ("site", "method", "operator_name")
    list_filter = ("method",)
    search_fields = ("site__street", "operator_name")


@admin.register(ComplianceSettings)
class ComplianceSettingsAdmin(HouseAdmin):
    """How the house reads the rules; changed on its page."""

    list_display = ("__str__", "balance_tolerance_oz", "administrative_penalty", "judicial_penalty")


@admin.register(Reading)
class ReadingAdmin(HouseAdmin):
    """What was measured."""

    list_display = ("measured_at", "unit", "key", "value", "is_flagged", "technician_name")
    list_filter = ("is_flagged",)
    search_fields = ("key", "unit__serial")


@admin.register(Warranty)
class WarrantyAdmin(HouseAdmin):
    """What was promised; changed on the unit's page."""

    list_display = ("unit", "kind", "provider", "starts_on", "base_months", "registered_on")
    list_filter = ("kind",)
    search_fields = ("unit__serial", "provider", "confirmation")


@admin.register(WarrantyClaim)
class WarrantyClaimAdmin(HouseAdmin):
    """What was claimed."""

    list_display = ("failed_on", "failed_part", "warranty", "state", "credit_expected", "credit_received")
    list_filter = ("state",)
    search_fields = ("failed_part", "rma")


@admin.register(Opportunity)
class OpportunityAdmin(HouseAdmin):
    """Work that should be offered."""

    list_display = ("summary", "kind", "site", "state", "score", "times_seen")
    list_filter = ("kind", "state")
    search_fields = ("summary", "site__street")
