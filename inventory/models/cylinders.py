"""Cylinders of refrigerant, and the append-only ledger of every ounce that went in or out of one."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from equipment.models import OuncesField, Refrigerant, RefrigerantRecord
from fsm.attribution import (
    current_actor_name,
    current_batch,
    current_root,
    current_source,
    current_user_id,
)
from fsm.history import History

from ..querysets import CylinderQuerySet
from .stock import StockPlace


class CylinderKind(models.TextChoices):
    """What sort of cylinder."""

    DISPOSABLE = "disposable", _("Disposable")
    REFILLABLE = "refillable", _("Refillable")
    RECOVERY = "recovery", _("Recovery")


class CylinderOrigin(models.TextChoices):
    """Where what is in it comes from: recovered refrigerant may not change owners (40 CFR 82.154(d))."""

    VIRGIN = "virgin", _("Virgin")
    RECLAIMED = "reclaimed", _("Reclaimed")
    RECOVERED = "recovered", _("Recovered, for the same owner")
    TO_RECLAIM = "to_reclaim", _("Recovered, to be reclaimed")


class CylinderState(models.TextChoices):
    """Whether it is still ours."""

    IN_USE = "in_use", _("In use")
    EMPTY = "empty", _("Empty")
    GONE = "gone", _("Returned or sent off")


class Cylinder(models.Model):
    """A cylinder with its tare; what it holds is the sum of its movements."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=40, unique=True)
    refrigerant = models.ForeignKey(
        Refrigerant, models.PROTECT, related_name="+", verbose_name=_("refrigerant")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=CylinderKind)
    origin = models.CharField(_("holds"), max_length=12, choices=CylinderOrigin)
    owner = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("belongs to")
    )
    reclaimer = models.CharField(_("reclaimed by"), max_length=80, blank=True)
    batch_number = models.CharField(_("batch"), max_length=40, blank=True)
    place = models.ForeignKey(StockPlace, models.PROTECT, related_name="+", verbose_name=_("where"))
    tare_oz = OuncesField(_("empty weight (oz)"), null=True, blank=True)
    capacity_oz = OuncesField(_("holds at most (oz)"), null=True, blank=True)
    content_oz = OuncesField(_("holds (oz)"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=CylinderState, default=CylinderState.IN_USE)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History(excluded_fields=["content_oz"])

    objects = CylinderQuerySet.as_manager()

    class Meta:
        ordering = ["state", "refrigerant", "number"]
        constraints = [
            models.CheckConstraint(name="cylinder_kind_is_known", condition=Q(kind__in=CylinderKind.values)),
            models.CheckConstraint(
                name="cylinder_origin_is_known", condition=Q(origin__in=CylinderOrigin.values)
            ),
            models.CheckConstraint(
                name="cylinder_state_is_known", condition=Q(state__in=CylinderState.values)
            ),
            models.CheckConstraint(name="cylinder_content_is_not_negative", condition=Q(content_oz__gte=0)),
            models.CheckConstraint(
                name="cylinder_content_fits",
                condition=Q(capacity_oz__isnull=True) | Q(content_oz__lte=F("capacity_oz")),
            ),
            models.CheckConstraint(
                name="cylinder_of_one_owner_names_them",
                condition=~Q(origin=CylinderOrigin.RECOVERED) | Q(owner__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RefrigerantTransfer(models.Model):
    """Refrigerant sent to somebody who reclaims or destroys it (40 CFR 82.156(a)(3))."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sent_to = models.CharField(_("sent to"), max_length=120)
    sent_on = models.DateField(_("sent"))
    is_destroyed = models.BooleanField(_("to be destroyed"), default=False)
    reference = models.CharField(_("receipt"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    class Meta:
        ordering = ["-sent_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.sent_to} · {self.sent_on}"


class CylinderMoveKind(models.TextChoices):
    """Why the content of a cylinder changed; `voided` takes a movement back."""

    OPENING = "opening", _("Held at the start")
    PURCHASED = "purchased", _("Bought")
    CHARGED = "charged", _("Charged into a circuit")
    RECOVERED = "recovered", _("Recovered from a circuit")
    POURED_OUT = "poured_out", _("Moved to another cylinder")
    POURED_IN = "poured_in", _("Moved from another cylinder")
    SENT = "sent", _("Sent to be reclaimed or destroyed")
    RETURNED = "returned", _("Returned to the supplier")
    WEIGHED = "weighed", _("Difference found by weighing")
    LOST = "lost", _("Lost")
    VOIDED = "voided", _("Taken back")


class CylinderMovement(models.Model):
    """One line of the ledger: `change_oz` is what came in (+) or went out (-). Nothing changes it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cylinder = models.ForeignKey(
        Cylinder, models.PROTECT, related_name="movements", verbose_name=_("cylinder")
    )
    kind = models.CharField(_("what"), max_length=10, choices=CylinderMoveKind)
    change_oz = OuncesField(_("ounces"))
    record = models.ForeignKey(
        RefrigerantRecord, models.PROTECT, null=True, related_name="+", verbose_name=_("record")
    )
    other = models.ForeignKey(
        Cylinder, models.PROTECT, null=True, related_name="+", verbose_name=_("other cylinder")
    )
    transfer = models.ForeignKey(
        RefrigerantTransfer, models.PROTECT, null=True, related_name="movements", verbose_name=_("transfer")
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="+", verbose_name=_("takes back")
    )
    technician = models.ForeignKey(
        "fsm.User", models.PROTECT, null=True, related_name="+", verbose_name=_("technician")
    )
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=2, null=True)
    key = models.CharField(max_length=80, unique=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    moved_at = models.DateTimeField(_("when"))
    user_id = models.BigIntegerField(null=True, default=current_user_id)
    actor_name = models.CharField(_("who"), max_length=150, blank=True, default=current_actor_name)
    source = models.CharField(max_length=80, default=current_source)
    batch = models.UUIDField(default=current_batch, db_index=True)
    root = models.CharField(max_length=60, blank=True, default=current_root, db_index=True)

    class Meta:
        ordering = ["-moved_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="cylinder_movement_kind_is_known", condition=Q(kind__in=CylinderMoveKind.values)
            ),
            models.CheckConstraint(
                name="cylinder_movement_moves_something",
                condition=~Q(change_oz=0) | Q(kind=CylinderMoveKind.WEIGHED),
            ),
            models.CheckConstraint(
                name="cylinder_movement_direction_fits",
                condition=Q(
                    kind__in=[
                        CylinderMoveKind.OPENING,
                        CylinderMoveKind.PURCHASED,
                        CylinderMoveKind.RECOVERED,
                        CylinderMoveKind.POURED_IN,
                    ],
                    change_oz__gt=0,
                )
                | Q(
                    kind__in=[
                        CylinderMoveKind.CHARGED,
                        CylinderMoveKind.POURED_OUT,
                        CylinderMoveKind.SENT,
                        CylinderMoveKind.RETURNED,
                        CylinderMoveKind.LOST,
                    ],
                    change_oz__lt=0,
                )
                | Q(kind__in=[CylinderMoveKind.WEIGHED, CylinderMoveKind.VOIDED]),
            ),
            models.CheckConstraint(
                name="cylinder_movement_of_circuit_has_record",
                condition=~Q(kind__in=[CylinderMoveKind.CHARGED, CylinderMoveKind.RECOVERED])
                | Q(record__isnull=False),
            ),
        ]
        indexes = [models.Index(name="cylinder_movement_by_time", fields=["cylinder", "-moved_at"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.change_oz} oz"


class RecoveryMachine(models.Model):
    """A recovery machine with its certification; its date decides how far it must evacuate (82.156(a))."""

    name = models.CharField(_("name"), max_length=60)
    maker = models.CharField(_("maker"), max_length=60, blank=True)
    model_number = models.CharField(_("model"), max_length=60, blank=True)
    serial = models.CharField(_("serial"), max_length=60, unique=True)
    certification = models.CharField(_("certified by"), max_length=80)
    made_on = models.DateField(_("manufactured"))
    place = models.ForeignKey(
        StockPlace, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("where")
    )
    is_active = models.BooleanField(_("active"), default=True)
    history = History()

    class Meta:
        ordering = ["name", "serial"]

    def __str__(self) -> str:
        return f"{self.name} {self.serial}"
