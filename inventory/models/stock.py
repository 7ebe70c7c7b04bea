"""Parts, the places they lie in, and the append-only ledger of what moved."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fsm.attribution import (
    current_actor_name,
    current_batch,
    current_root,
    current_source,
    current_user_id,
)
from fsm.history import History
from fsm.models import Branch
from fsm.money import QuantityField, RateField

from ..querysets import (
    PartQuerySet,
    ReservationQuerySet,
    StockLevelQuerySet,
    StockMovementQuerySet,
    StockPlaceQuerySet,
)


class Part(models.Model):
    """Something we stock, use and bill."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("part number"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    unit = models.CharField(_("unit"), max_length=12, default="each")
    cost = RateField(_("cost"), default=0)
    barcode = models.CharField(_("barcode"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ["name", "number"]
        constraints = [
            models.CheckConstraint(name="part_cost_is_not_negative", condition=Q(cost__gte=0)),
            models.UniqueConstraint(name="part_barcode_once", fields=["barcode"], condition=~Q(barcode="")),
        ]
        indexes = [GinIndex(name="part_name_trgm", fields=["name"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class PlaceKind(models.TextChoices):
    """Where stock lies; `outside` is the world that parts come from and go to."""

    WAREHOUSE = "warehouse", _("Warehouse")
    TRUCK = "truck", _("Truck")
    OUTSIDE = "outside", _("Outside")


class StockPlace(models.Model):
    """A warehouse or a truck, and two outside places: suppliers and customers."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=PlaceKind)
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("branch"))
    is_active = models.BooleanField(_("active"), default=True)
    history = History()

    objects = StockPlaceQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.CheckConstraint(name="place_kind_is_known", condition=Q(kind__in=PlaceKind.values))
        ]

    def __str__(self) -> str:
        return self.name


class StockLevel(models.Model):
    """A projection of the ledger: on hand of a part in a place. The row is what a movement locks.

    It may fall below zero: what was used was used, and the shortage is flagged.
    """

    place = models.ForeignKey(StockPlace, models.PROTECT, related_name="levels")
    part = models.ForeignKey(Part, models.PROTECT, related_name="levels")
    on_hand = QuantityField(_("on hand"), default=0)
    minimum = QuantityField(_("minimum"), default=0)
    maximum = QuantityField(_("maximum"), default=0)
    history = History(excluded_fields=["on_hand"])

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="stock_level_once_per_place", fields=["place", "part"]),
            models.CheckConstraint(
                name="stock_level_limits_in_order", condition=Q(minimum__gte=0, maximum__gte=F("minimum"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.part_id} in {self.place_id}: {self.on_hand}"


class MovementKind(models.TextChoices):
    """Why stock moved."""

    RECEIVED = "received", _("Received")
    TRANSFERRED = "transferred", _("Transferred")
    USED = "used", _("Used on a job")
    RETURNED = "returned", _("Returned")
    COUNTED = "counted", _("Count difference")


class StockMovement(models.Model):
    """One line of the ledger, attributed, with the work that caused it; the database refuses changes."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    part = models.ForeignKey(Part, models.PROTECT, related_name="+", verbose_name=_("part"))
    kind = models.CharField(_("kind"), max_length=12, choices=MovementKind)
    from_place = models.ForeignKey(
        StockPlace, models.PROTECT, null=True, related_name="+", verbose_name=_("from")
    )
    to_place = models.ForeignKey(
        StockPlace, models.PROTECT, null=True, related_name="+", verbose_name=_("to")
    )
    quantity = QuantityField(_("quantity"))
    unit_cost = RateField(_("unit cost"), default=0)
    short_by = QuantityField(_("short by"), default=0)
    cause_kind = models.CharField(max_length=30, blank=True)
    cause_uuid = models.UUIDField(null=True)
    key = models.CharField(max_length=80, unique=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    moved_at = models.DateTimeField(_("when"))
    user_id = models.BigIntegerField(null=True, default=current_user_id)
    actor_name = models.CharField(_("who"), max_length=150, blank=True, default=current_actor_name)
    source = models.CharField(max_length=80, default=current_source)
    batch = models.UUIDField(default=current_batch, db_index=True)
    root = models.CharField(max_length=60, blank=True, default=current_root, db_index=True)

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        ordering = ["-moved_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="movement_quantity_is_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="movement_goes_somewhere",
                condition=(Q(from_place__isnull=False) | Q(to_place__isnull=False))
                & (Q(from_place__isnull=True) | Q(to_place__isnull=True) | ~Q(from_place=F("to_place"))),
            ),
            models.CheckConstraint(name="movement_kind_is_known", condition=Q(kind__in=MovementKind.values)),
        ]
        indexes = [
            models.Index(name="movement_of_part", fields=["part", "-moved_at"]),
            models.Index(name="movement_cause", fields=["cause_kind", "cause_uuid"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity} of {self.part_id}"


class ReservationState(models.TextChoices):
    """Whether reserved stock has left."""

    HELD = "held", _("Held")
    USED = "used", _("Used")
    RELEASED = "released", _("Released")


class Reservation(models.Model):
    """Stock set aside for work; it leaves, once, when the work is completed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    place = models.ForeignKey(StockPlace, models.PROTECT, related_name="+")
    part = models.ForeignKey(Part, models.PROTECT, related_name="+")
    quantity = QuantityField()
    state = models.CharField(max_length=10, choices=ReservationState, default=ReservationState.HELD)
    cause_kind = models.CharField(max_length=30)
    cause_uuid = models.UUIDField()
    history = History()

    objects = ReservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="reservation_quantity_is_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="reservation_state_is_known", condition=Q(state__in=ReservationState.values)
            ),
        ]
        indexes = [
            models.Index(name="reservation_cause", fields=["cause_kind", "cause_uuid"]),
            models.Index(
                name="reservation_held", fields=["place", "part"], condition=Q(state=ReservationState.HELD)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.part_id}: {self.get_state_display()}"
