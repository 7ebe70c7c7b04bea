from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """What became of a field operation."""

    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
    CONFLICT = "conflict", _("Conflict")


class FieldOperationQuerySet(models.QuerySet["FieldOperation"]):
    """Named questions about the inbox."""

    def visible_to(self, user: Any) -> FieldOperationQuerySet:
        return self.filter(user=user)


class FieldOperation(models.Model):
    """One thing a phone asked for: the key and the effect commit together, so a repeat is answered, not
    done.
    """

    key = models.UUIDField(unique=True)
    user = models.ForeignKey("fsm.User", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    body = models.JSONField()
    body_hash = models.CharField(max_length=64)
    device_time = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    sentence = models.TextField(blank=True)
    answer = models.JSONField(default=dict)
    source = models.CharField(max_length=80)
    batch = models.UUIDField(db_index=True)
    root = models.CharField(max_length=60, blank=True, db_index=True)

    objects = FieldOperationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="field_operation_outcome_is_known", condition=models.Q(outcome__in=Outcome.values)
            ),
        ]
        indexes = [models.Index(name="field_operation_recent", fields=["user", "-received_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
