"""Work that somebody should offer: a replacement, a repair a sensor points at."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Site
from fsm.history import History

from ..querysets import OpportunityQuerySet
from ..states import OPPORTUNITY_OPEN, OpportunityState
from .units import Unit


class OpportunityKind(models.TextChoices):
    """What would be offered."""

    REPLACEMENT = "replacement", _("Replacement")
    REPAIR = "repair", _("Repair")
    MAINTENANCE = "maintenance", _("Maintenance")


class Opportunity(models.Model):
    """A reason to call a customer about a unit; the same reason again makes this one stronger, not another.

    `work_kind` and `work_uuid` point up at what came of it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=OpportunityKind)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("site"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="opportunities", verbose_name=_("unit")
    )
    state = models.CharField(
        _("state"), max_length=12, choices=OpportunityState, default=OpportunityState.NEW
    )
    summary = models.CharField(_("summary"), max_length=200)
    reasons = models.JSONField(_("reasons"), default=list, blank=True)
    score = models.PositiveSmallIntegerField(_("score"), default=0)
    times_seen = models.PositiveIntegerField(_("times seen"), default=1)
    snoozed_until = models.DateField(_("again on"), null=True, blank=True)
    dismissed_because = models.CharField(_("why dismissed"), max_length=200, blank=True)
    work_kind = models.CharField(max_length=30, blank=True)
    work_uuid = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("opportunities")
        ordering = ["-score", "-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="opportunity_kind_is_known", condition=Q(kind__in=OpportunityKind.values)
            ),
            models.CheckConstraint(
                name="opportunity_state_is_known", condition=Q(state__in=OpportunityState.values)
            ),
            models.CheckConstraint(
                name="opportunity_dismissal_says_why",
                condition=~Q(state=OpportunityState.DISMISSED) | ~Q(dismissed_because=""),
            ),
            models.CheckConstraint(
                name="opportunity_snooze_says_until",
                condition=~Q(state=OpportunityState.SNOOZED) | Q(snoozed_until__isnull=False),
            ),
            models.UniqueConstraint(
                name="opportunity_open_once_per_unit",
                fields=["unit", "kind"],
                condition=Q(state__in=sorted(OPPORTUNITY_OPEN), unit__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.summary
