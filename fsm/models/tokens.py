from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..history import History
from ..permissions import May, allowed


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Named questions about tokens."""

    def visible_to(self, user: Any) -> ApiTokenQuerySet:
        """One's own; who manages people sees everybody's."""
        return self if allowed(user, May.MANAGE_PEOPLE) else self.filter(user=user)


class ApiToken(models.Model):
    """A key for a program that acts as a person, within scopes: hashed, shown once, revocable."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey("fsm.User", models.PROTECT, related_name="+", verbose_name=_("acts as"))
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(_("begins with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    history = History(excluded_fields=["digest", "last_used_at"])

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")

    def __str__(self) -> str:
        return self.name


class ApiRequest(models.Model):
    """A POST that was answered: its key and its effect commit together, a repeat gets the same answer."""

    user = models.ForeignKey("fsm.User", models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=64)
    path = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="api_request_once_per_key", fields=["user", "key"])]
        indexes = [models.Index(name="api_request_age", fields=["received_at"])]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"


class ApiQuota(models.Model):
    """How much a person has asked lately: full until then. One row a person and rate, unlogged."""

    bucket = models.CharField(max_length=40, primary_key=True)
    full_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.bucket


class LinkKind(models.TextChoices):
    """Why somebody was given a link."""

    INVITATION = "invitation", _("Invitation")
    PASSWORD = "password", _("New password")


class Invitation(models.Model):
    """A link that lets a person set their first or a new password, once and for a while; only its digest is
    kept.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey("fsm.User", models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=LinkKind, default=LinkKind.INVITATION)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    history = History(excluded_fields=["digest"])

    class Meta:
        constraints = [
            models.CheckConstraint(name="invitation_kind_is_known", condition=Q(kind__in=LinkKind.values)),
            models.CheckConstraint(
                name="invitation_used_or_withdrawn",
                condition=Q(used_at__isnull=True) | Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="invitation_expires_after_made", condition=Q(expires_at__gt=models.F("made_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.user_id}"


class SignInQuerySet(models.QuerySet["SignIn"]):
    """Named questions about sessions."""

    def visible_to(self, user: Any) -> SignInQuerySet:
        """One's own; who manages people sees everybody's."""
        return self if allowed(user, May.MANAGE_PEOPLE) else self.filter(user=user)

    def standing(self, now: datetime) -> SignInQuerySet:
        """Not ended, and used within the life of a session."""
        alive = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        return self.filter(ended_at__isnull=True, seen_at__gt=now - alive)


class SignIn(models.Model):
    """A session of a person on a device: listed for them, and ended by deleting the session behind it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey("fsm.User", models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(_("device"), max_length=200, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    started_at = models.DateTimeField(_("signed in"))
    seen_at = models.DateTimeField(_("last seen"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_at"]
        indexes = [models.Index(name="sign_in_of_user", fields=["user", "-seen_at"])]

    def __str__(self) -> str:
        return self.device or str(_("Device"))
