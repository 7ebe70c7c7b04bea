from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..attribution import current_actor_name, current_batch, current_root, current_source, current_user_id


class ExchangeOutcome(models.TextChoices):
    """How an exchange ended."""

    OK = "ok", _("Succeeded")
    FAILED = "failed", _("Failed")


class Exchange(models.Model):
    """One message to or from an outside system: payload without secrets, duration, outcome. Append-only."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    system = models.CharField(_("system"), max_length=40)
    operation = models.CharField(_("operation"), max_length=80)
    is_outgoing = models.BooleanField(_("outgoing"), default=True)
    request = models.JSONField(_("sent"), default=dict)
    answer = models.JSONField(_("answered"), default=dict)
    outcome = models.CharField(_("outcome"), max_length=10, choices=ExchangeOutcome)
    problem = models.TextField(_("problem"), blank=True)
    duration_ms = models.PositiveIntegerField(_("took (ms)"), default=0)
    outside_reference = models.CharField(_("their reference"), max_length=200, blank=True)
    about_kind = models.CharField(max_length=30, blank=True)
    about_uuid = models.UUIDField(null=True)
    outbox_uuid = models.UUIDField(null=True, db_index=True)
    happened_at = models.DateTimeField(_("when"))
    user_id = models.BigIntegerField(null=True, default=current_user_id)
    actor_name = models.CharField(_("who"), max_length=150, blank=True, default=current_actor_name)
    source = models.CharField(max_length=80, default=current_source)
    batch = models.UUIDField(default=current_batch, db_index=True)
    root = models.CharField(max_length=60, blank=True, default=current_root, db_index=True)

    class Meta:
        ordering = ["-happened_at", "-pk"]
        indexes = [
            models.Index(name="exchange_by_time", fields=["-happened_at"]),
            models.Index(name="exchange_about", fields=["about_kind", "about_uuid"]),
        ]

    def __str__(self) -> str:
        return f"{self.system} {self.operation}"


class SensitiveLook(models.Model):
    """Somebody saw or took out something sensitive: a gate code, an export. Append-only."""

    what = models.CharField(_("what"), max_length=40)
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_uuid = models.UUIDField(null=True)
    detail = models.CharField(_("detail"), max_length=200, blank=True)
    seen_at = models.DateTimeField(_("when"))
    user_id = models.BigIntegerField(null=True, default=current_user_id)
    actor_name = models.CharField(_("who"), max_length=150, blank=True, default=current_actor_name)
    source = models.CharField(max_length=80, default=current_source)
    batch = models.UUIDField(default=current_batch)

    class Meta:
        ordering = ["-seen_at", "-pk"]
        indexes = [
            models.Index(name="look_at_subject", fields=["subject_kind", "subject_uuid"]),
            models.Index(name="look_by_time", fields=["-seen_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.what}"


class SafekeepingRun(models.Model):
    """A backup, a restore or a drill: when, how long, what was compared and how it ended. Append-only."""

    kind = models.CharField(_("kind"), max_length=10)
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"))
    is_good = models.BooleanField(_("good"))
    where = models.CharField(_("where"), max_length=300, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    report = models.JSONField(_("report"), default=dict)

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(name="safekeeping_by_kind", fields=["kind", "-started_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"
