"""What happened to the refrigerant of a circuit."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History

from ..querysets import RefrigerantRecordQuerySet
from .amounts import OuncesField, pounds_and_ounces
from .catalogue import Refrigerant
from .certificates import TechnicianCertificate
from .units import Circuit


class RecordKind(models.TextChoices):
    """What was done with refrigerant."""

    ADDED = "added", _("Added")
    RECOVERED = "recovered", _("Recovered")


class RecordPurpose(models.TextChoices):
    """Why it was added or recovered: some additions are in no leak rate (40 CFR 82.157(b), 82.152)."""

    SERVICE = "service", _("Topped up")
    INITIAL = "initial", _("First charge of an installation")
    RETROFIT = "retrofit", _("First charge after a retrofit")
    SEASONAL = "seasonal", _("Change of season")
    REPAIR = "repair", _("Recovered for a repair")
    DISPOSAL = "disposal", _("Recovered for disposal")


class RefrigerantRecord(models.Model):
    """One addition or recovery: never edited, only voided with a reason and logged again.

    Of an addition, `returned_oz` is what had been recovered from this circuit and went back in. Nothing
    recovered at a disposal is a record too, with the reason. `continues` names the addition before it where
    both are for the same leak.

    `work_kind` and `work_uuid` point up at the visit it was done on.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="records", verbose_name=_("circuit"))
    kind = models.CharField(_("what"), max_length=10, choices=RecordKind)
    purpose = models.CharField(_("why"), max_length=10, choices=RecordPurpose, default=RecordPurpose.SERVICE)
    refrigerant = models.ForeignKey(
        Refrigerant, models.PROTECT, related_name="+", verbose_name=_("refrigerant")
    )
    ounces = OuncesField(_("ounces"))
    returned_oz = OuncesField(_("of which put back (oz)"), default=0)
    nothing_because = models.CharField(_("why nothing"), max_length=200, blank=True)
    continues = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("same leak as")
    )
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("logged again for")
    )
    technician = models.ForeignKey("fsm.User", models.PROTECT, related_name="+", verbose_name=_("technician"))
    technician_name = models.CharField(max_length=150)
    certificate = models.ForeignKey(
        TechnicianCertificate, models.PROTECT, related_name="+", verbose_name=_("certificate")
    )
    happened_at = models.DateTimeField(_("when"))
    leak_found = models.BooleanField(_("leak found"), null=True, blank=True)
    parts_worked_on = models.CharField(_("parts worked on"), max_length=200, blank=True)
    work_done = models.CharField(_("type of work"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    work_kind = models.CharField(max_length=30, blank=True)
    work_uuid = models.UUIDField(null=True, blank=True)
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    voided_because = models.CharField(_("why voided"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    objects = RefrigerantRecordQuerySet.as_manager()

    changes: tuple[str, ...] = ()  # what recording or voiding it made different; told once, not kept

    class Meta:
        ordering = ["-happened_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="refrigerant_amount_is_positive",
                condition=Q(ounces__gt=0)
                | Q(ounces=0, kind=RecordKind.RECOVERED, purpose=RecordPurpose.DISPOSAL)
                & ~Q(nothing_because=""),
            ),
            models.CheckConstraint(
                name="refrigerant_returned_is_part_of_added",
                condition=Q(returned_oz=0)
                | Q(kind=RecordKind.ADDED, returned_oz__gt=0, returned_oz__lte=F("ounces")),
            ),
            models.CheckConstraint(
                name="refrigerant_purpose_fits",
                condition=Q(
                    kind=RecordKind.ADDED,
                    purpose__in=[
                        RecordPurpose.SERVICE,
                        RecordPurpose.INITIAL,
                        RecordPurpose.RETROFIT,
                        RecordPurpose.SEASONAL,
                    ],
                )
                | Q(
                    kind=RecordKind.RECOVERED,
                    purpose__in=[
                        RecordPurpose.SERVICE,
                        RecordPurpose.REPAIR,
                        RecordPurpose.DISPOSAL,
                        RecordPurpose.SEASONAL,
                    ],
                ),
            ),
            models.CheckConstraint(
                name="refrigerant_record_kind_is_known", condition=Q(kind__in=RecordKind.values)
            ),
            models.CheckConstraint(
                name="refrigerant_void_says_why", condition=Q(voided_at__isnull=True) | ~Q(voided_because="")
            ),
        ]
        indexes = [
            models.Index(name="refrigerant_record_of_work", fields=["work_kind", "work_uuid"]),
            models.Index(name="refrigerant_record_by_time", fields=["circuit", "happened_at"]),
            models.Index(name="refrigerant_record_by_day", fields=["happened_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {pounds_and_ounces(self.ounces)}"
