"""What was measured on a unit."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History

from .units import Circuit, Unit


class Reading(models.Model):
    """One measured value, judged when it was entered (equipment/readings.py); wrong ones are voided."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="readings", verbose_name=_("unit"))
    circuit = models.ForeignKey(
        Circuit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("circuit")
    )
    key = models.CharField(_("what"), max_length=40)
    value = models.DecimalField(_("value"), max_digits=11, decimal_places=3)
    is_flagged = models.BooleanField(_("out of range"), default=False)
    verdict = models.CharField(_("verdict"), max_length=200, blank=True)
    context = models.JSONField(default=dict, blank=True)
    measured_at = models.DateTimeField(_("when"))
    technician = models.ForeignKey(
        "fsm.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("technician")
    )
    technician_name = models.CharField(max_length=150, blank=True)
    work_kind = models.CharField(max_length=30, blank=True)
    work_uuid = models.UUIDField(null=True, blank=True)
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    voided_because = models.CharField(_("why voided"), max_length=200, blank=True)
    history = History()

    class Meta:
        ordering = ["-measured_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="reading_void_says_why", condition=Q(voided_at__isnull=True) | ~Q(voided_because="")
            )
        ]
        indexes = [
            models.Index(name="reading_of_unit", fields=["unit", "key", "-measured_at"]),
            models.Index(name="reading_of_work", fields=["work_kind", "work_uuid"]),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.value}"
