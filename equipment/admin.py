"""Equipment in the admin; makers, refrigerants and certificates are set up here."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from fsm.admin_base import Deed, HouseAdmin, SetUpAdmin
from fsm.permissions import May

from .actions import mothball_unit, retire_unit, return_unit_to_service, void_refrigerant_record
from .models import Circuit, Maker, Refrigerant, RefrigerantRecord, TechnicianCertificate, Unit


@admin.register(Refrigerant)
class RefrigerantAdmin(SetUpAdmin):
    """Refrigerants by their ASHRAE numbers, with the facts that rules ask for."""

    list_display = ("designation", "safety_class", "kind", "gwp", "pressure_class", "has_regulated_hfc")
    list_filter = ("safety_class", "is_ozone_depleting", "has_regulated_hfc")
    search_fields = ("designation", "composition")


@admin.register(Maker)
class MakerAdmin(SetUpAdmin):
    """Who builds units."""

    list_display = ("name",)


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
