from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..history import History
from ..permissions import May, allowed


class ReviewState(models.TextChoices):
    """Whether a person has decided."""

    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ReviewQuerySet(models.QuerySet["Review"]):
    """Named questions about what waits for a person."""

    def visible_to(self, user: Any) -> ReviewQuerySet:
        """What one may decide, and what one asked for."""
        mine = [may.value for may in May if allowed(user, may)]
        seen = self.filter(Q(may__in=mine) | Q(asked_by=user))
        return (
            seen.filter(Q(branch__isnull=True) | Q(branch__in=user.branch_ids)) if user.branch_ids else seen
        )

    def waiting(self) -> ReviewQuerySet:
        """Not decided yet."""
        return self.filter(state=ReviewState.WAITING)


class Review(models.Model):
    """Something that waits for a decision: what is proposed, who asked, who may decide, until when."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    subject_kind = models.CharField(max_length=30)
    subject_uuid = models.UUIDField()
    subject_label = models.CharField(_("about"), max_length=200)
    title = models.CharField(_("what is proposed"), max_length=200)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    payload = models.JSONField(default=dict)
    may = models.CharField(_("who may decide"), max_length=60)
    branch = models.ForeignKey("fsm.Branch", models.PROTECT, null=True, blank=True, related_name="+")
    asked_by = models.ForeignKey(
        "fsm.User", models.PROTECT, null=True, related_name="+", verbose_name=_("asked by")
    )
    asked_by_name = models.CharField(max_length=150, blank=True)
    asked_because = models.CharField(_("why asked"), max_length=300, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    limit_at = models.DateTimeField(_("decide until"))
    state = models.CharField(_("state"), max_length=10, choices=ReviewState, default=ReviewState.WAITING)
    decided_by = models.ForeignKey(
        "fsm.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_because = models.CharField(_("why"), max_length=300, blank=True)
    decided_alone = models.BooleanField(_("approved alone"), default=False)
    escalated_at = models.DateTimeField(_("passed on"), null=True, blank=True)
    key = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["limit_at", "pk"]
        constraints = [
            models.CheckConstraint(name="review_state_is_known", condition=Q(state__in=ReviewState.values)),
            models.CheckConstraint(
                name="review_decided_has_time",
                condition=Q(state=ReviewState.WAITING) | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="review_rejection_says_why",
                condition=~Q(state=ReviewState.REJECTED) | ~Q(decided_because=""),
            ),
            models.CheckConstraint(
                name="review_has_four_eyes",
                condition=~Q(state=ReviewState.APPROVED)
                | Q(decided_alone=True)
                | Q(asked_by__isnull=True)
                | ~Q(asked_by=models.F("decided_by")),
            ),
            models.UniqueConstraint(
                name="review_waits_once_per_key",
                fields=["key"],
                condition=Q(state=ReviewState.WAITING) & ~Q(key=""),
            ),
        ]
        indexes = [
            models.Index(name="review_waiting", fields=["limit_at"], condition=Q(state=ReviewState.WAITING)),
            models.Index(name="review_subject", fields=["subject_kind", "subject_uuid"]),
        ]

    def __str__(self) -> str:
        return self.title
