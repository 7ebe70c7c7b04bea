"""Stock in the admin: to look at; the stock pages move it."""

from __future__ import annotations

from django.contrib import admin

from fsm.admin_base import HouseAdmin

from .models import Part, Reservation, StockLevel, StockMovement, StockPlace


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
