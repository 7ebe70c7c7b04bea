"""What a maker or we promised for a unit, and what was claimed from it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History
from fsm.money import MoneyField

from ..querysets import WarrantyQuerySet
from ..states import ClaimState
from .units import Unit


class WarrantyKind(models.TextChoices):
    """What a warranty covers."""

    PARTS = "parts", _("Parts")
    LABOR = "labor", _("Labor")
    COMPRESSOR = "compressor", _("Compressor")
    HEAT_EXCHANGER = "heat_exchanger", _("Heat exchanger")
    EXTENDED_LABOR = "extended_labor", _("Extended labor")
    WORKMANSHIP = "workmanship", _("Workmanship")
    REFRIGERANT = "refrigerant", _("Refrigerant")


class Warranty(models.Model):
    """A term of warranty: the longer one once registered in time, or where the state asks for none."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="warranties", verbose_name=_("unit"))
    kind = models.CharField(_("covers"), max_length=16, choices=WarrantyKind)
    provider = models.CharField(_("from"), max_length=80, blank=True)
    starts_on = models.DateField(_("starts"), null=True, blank=True)
    base_months = models.PositiveSmallIntegerField(_("months"))
    registered_months = models.PositiveSmallIntegerField(_("months once registered"), null=True, blank=True)
    registration_deadline = models.DateField(_("register by"), null=True, blank=True)
    registered_on = models.DateField(_("registered"), null=True, blank=True)
    confirmation = models.CharField(_("confirmation number"), max_length=60, blank=True)
    is_transferable = models.BooleanField(_("goes over to a new owner"), null=True, blank=True)
    is_owner_occupied = models.BooleanField(_("only while the owner lives there"), default=False)
    ended_on = models.DateField(_("ended early"), null=True, blank=True)
    ended_because = models.CharField(_("why it ended"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    objects = WarrantyQuerySet.as_manager()

    class Meta:
        ordering = ["unit", "kind", "starts_on", "pk"]
        constraints = [
            models.CheckConstraint(name="warranty_kind_is_known", condition=Q(kind__in=WarrantyKind.values)),
            models.CheckConstraint(
                name="warranty_end_says_why", condition=Q(ended_on__isnull=True) | ~Q(ended_because="")
            ),
            models.CheckConstraint(
                name="warranty_is_not_shorter_registered",
                condition=Q(registered_months__isnull=True)
                | Q(registered_months__gte=models.F("base_months")),
            ),
        ]
        indexes = [
            models.Index(
                name="warranty_to_register",
                fields=["registration_deadline"],
                condition=Q(registered_on__isnull=True, registration_deadline__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.provider}"


class WarrantyClaim(models.Model):
    """A part that failed under warranty, and what came of asking for it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    warranty = models.ForeignKey(Warranty, models.PROTECT, related_name="claims", verbose_name=_("warranty"))
    state = models.CharField(_("state"), max_length=10, choices=ClaimState, default=ClaimState.OPEN)
    failed_part = models.CharField(_("failed part"), max_length=80)
    failed_serial = models.CharField(_("its serial"), max_length=60, blank=True)
    new_part = models.CharField(_("new part"), max_length=80, blank=True)
    new_serial = models.CharField(_("new serial"), max_length=60, blank=True)
    fault = models.CharField(_("what failed"), max_length=200)
    failed_on = models.DateField(_("failed"))
    rma = models.CharField(_("RMA"), max_length=40, blank=True)
    return_due_on = models.DateField(_("send the part back by"), null=True, blank=True)
    returned_on = models.DateField(_("part sent back"), null=True, blank=True)
    credit_expected = MoneyField(_("credit expected"), null=True, blank=True)  # type: ignore[misc]
    credit_received = MoneyField(_("credit received"), null=True, blank=True)  # type: ignore[misc]
    credited_on = models.DateField(_("credited"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    work_kind = models.CharField(max_length=30, blank=True)
    work_uuid = models.UUIDField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    class Meta:
        ordering = ["-failed_on", "-pk"]
        constraints = [
            models.CheckConstraint(name="claim_state_is_known", condition=Q(state__in=ClaimState.values)),
            models.CheckConstraint(
                name="claim_credited_has_amount_and_day",
                condition=~Q(state=ClaimState.CREDITED)
                | Q(credit_received__isnull=False, credited_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.failed_part} · {self.failed_on}"
