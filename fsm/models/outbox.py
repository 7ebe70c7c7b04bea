from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..attribution import current_actor_name, current_batch, current_root, current_source, current_user_id


class OutboxState(models.TextChoices):
    """Where a message to the outside stands."""

    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class OutboxRow(models.Model):
    """What must reach the outside, written in the transaction that wants it; a task drains the table."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    about_kind = models.CharField(max_length=30)
    about_uuid = models.UUIDField()
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    outside_reference = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)
    user_id = models.BigIntegerField(null=True, default=current_user_id)
    actor_name = models.CharField(max_length=150, blank=True, default=current_actor_name)
    source = models.CharField(max_length=80, default=current_source)
    batch = models.UUIDField(default=current_batch, db_index=True)
    root = models.CharField(max_length=60, blank=True, default=current_root, db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="outbox_state_is_known", condition=models.Q(state__in=OutboxState.values)
            ),
            models.CheckConstraint(
                name="outbox_sent_has_time",
                condition=~models.Q(state=OutboxState.SENT) | models.Q(done_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="outbox_waiting", fields=["created_at"], condition=models.Q(state=OutboxState.WAITING)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} about {self.about_kind}:{self.about_uuid}"
