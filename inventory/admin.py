"""Stock in the admin: to look at; the stock pages move it."""

from __future__ import annotations

from django.contrib import admin

from fsm.admin_base import HouseAdmin, SetUpAdmin

from .models import (
    Cylinder,
    CylinderMovement,
    Part,
    RecoveryMachine,
    RefrigerantTransfer,
    Reservation,
    StockLevel,
    StockMovement,
    StockPlace,
)


@admin.register(Part)
class PartAdmin(HouseAdmin):
    """Changed on the part's page."""

    list_display = ("number", "name", "unit", "cost", "barcode", "is_active")
    search_fields = ("number", "name", "barcode")


@admin.register(StockPlace)
class StockPlaceAdmin(HouseAdmin):
    """Warehouses and trucks."""

    list_display = ("name", "kind", "branch", "is_active")
    list_filter = ("kind", "branch", "is_active")
    search_fields = ("name",)


@admin.register(StockLevel)
class StockLevelAdmin(HouseAdmin):
    """What lies where: follows the ledger."""

    list_display = ("part", "place", "on_hand", "minimum", "maximum")
    list_display_links = ("part",)
    search_fields = ("part__number", "part__name", "place__name")


@admin.register(StockMovement)
class StockMovementAdmin(HouseAdmin):
    """The ledger; the database refuses changes."""

    list_display = ("moved_at", "kind", "part", "quantity", "from_place", "to_place", "actor_name", "source")
    list_filter = ("kind",)
    search_fields = ("part__number", "part__name", "note", "actor_name")
    date_hierarchy = "moved_at"


@admin.register(Reservation)
class ReservationAdmin(HouseAdmin):
    """Stock set aside for work."""

    list_display = ("part", "place", "quantity", "state", "cause_kind")
    list_filter = ("state",)
    search_fields = ("part__number", "part__name", "place__name")


@admin.register(Cylinder)
class CylinderAdmin(HouseAdmin):
    """Cylinders of refrigerant; moved on their page."""

    list_display = ("number", "refrigerant", "kind", "origin", "place", "content_oz", "state")
    list_filter = ("kind", "origin", "state")
    search_fields = ("number", "refrigerant__designation")


@admin.register(CylinderMovement)
class CylinderMovementAdmin(HouseAdmin):
    """The cylinders' ledger; the database refuses changes."""

    list_display = ("moved_at", "kind", "cylinder", "change_oz", "actor_name", "note")
    list_filter = ("kind",)
    search_fields = ("cylinder__number", "note")


@admin.register(RefrigerantTransfer)
class RefrigerantTransferAdmin(HouseAdmin):
    """What went to be reclaimed or destroyed."""

    list_display = ("sent_on", "sent_to", "is_destroyed", "reference")
    list_filter = ("is_destroyed",)
    search_fields = ("sent_to", "reference")


@admin.register(RecoveryMachine)
class RecoveryMachineAdmin(SetUpAdmin):
    """Recovery machines with their certification."""

    list_display = ("name", "serial", "certification", "made_on", "is_active")
    search_fields = ("name", "serial")
