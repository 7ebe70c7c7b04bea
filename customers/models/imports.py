from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History

from ..querysets import ImportBatchQuerySet
from ..states import ImportState
from .records import Customer, Site


class ImportMapping(models.Model):
    """Which column of a kind of file means what, as a person confirmed it; the next such file knows it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.CharField(_("from"), max_length=40)
    headers_key = models.CharField(max_length=64)
    columns = models.JSONField(_("columns"), default=dict)
    author_name = models.CharField(_("by"), max_length=150, blank=True)
    used_at = models.DateTimeField(_("last used"))
    history = History()

    class Meta:
        ordering = ["-used_at"]
        constraints = [models.UniqueConstraint(name="import_mapping_once", fields=["system", "headers_key"])]

    def __str__(self) -> str:
        return self.system


class ImportBatch(models.Model):
    """One file that was brought in: what it said, what became of each row, and how to take it back."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.CharField(_("from"), max_length=40)
    file_name = models.CharField(_("file"), max_length=200)
    file = models.FileField(upload_to="imports")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("size"))
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    headers = models.JSONField(_("columns of the file"), default=list, blank=True)
    columns = models.JSONField(_("what they mean"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=ImportState, default=ImportState.READ)
    problem = models.TextField(_("problem"), blank=True)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    author_name = models.CharField(_("by"), max_length=150, blank=True)
    history = History()

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "import batches"
        constraints = [
            models.CheckConstraint(name="import_state_is_known", condition=Q(state__in=ImportState.values)),
        ]

    def __str__(self) -> str:
        return self.file_name


class RowOutcome(models.TextChoices):
    """What became of a source row; every row has exactly one."""

    READY = "ready", _("Ready")
    IMPORTED = "imported", _("Imported")
    UNCHANGED = "unchanged", _("Already there")
    HELD = "held", _("Held")
    SKIPPED = "skipped", _("Skipped")
    TAKEN_BACK = "taken_back", _("Taken back")
    KEPT = "kept", _("Kept at roll-back")


class ImportRow(models.Model):
    """One source row, as it stood in the file, with its outcome and the sentences that explain it."""

    import_batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField(_("line"))
    external_id = models.CharField(_("id in the file"), max_length=120, blank=True)
    label = models.CharField(_("name"), max_length=200, blank=True)
    values = models.JSONField(_("as in the file"))
    problems = models.JSONField(_("problems"), default=list, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=RowOutcome, default=RowOutcome.READY)
    reason = models.TextField(_("reason"), blank=True)
    customer = models.ForeignKey(Customer, models.SET_NULL, null=True, blank=True, related_name="+")
    site = models.ForeignKey(Site, models.SET_NULL, null=True, blank=True, related_name="+")
    history = History()

    class Meta:
        ordering = ["import_batch", "line"]
        constraints = [
            models.UniqueConstraint(name="import_row_once_per_line", fields=["import_batch", "line"]),
            models.CheckConstraint(
                name="import_row_says_why",
                condition=~Q(outcome__in=[RowOutcome.HELD, RowOutcome.SKIPPED, RowOutcome.KEPT])
                | ~Q(reason=""),
            ),
        ]
        indexes = [models.Index(name="import_row_outcome", fields=["import_batch", "outcome", "line"])]

    def __str__(self) -> str:
        return f"line {self.line}: {self.label}"
