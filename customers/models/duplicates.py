from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History

from ..querysets import DuplicatePairQuerySet, MergeQuerySet
from ..states import PairState
from .records import Customer


class MatchKey(models.Model):
    """What a customer may be found by among copies of itself; made anew with the record, so it has no
    history.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="match_keys")
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(name="match_key_once", fields=["key", "customer"])]

    def __str__(self) -> str:
        return self.key


class Band(models.TextChoices):
    """What a score asks for."""

    AUTO = "auto", _("Surely the same")
    REVIEW = "review", _("Maybe the same")


class DuplicatePair(models.Model):
    """Two customers who may be one, why, and what a person decided. `first` is the older record."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    first = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=4)
    band = models.CharField(_("band"), max_length=10, choices=Band)
    reasons = models.JSONField(_("reasons"), default=list)
    scoring = models.CharField(_("scored by"), max_length=20)
    state = models.CharField(_("state"), max_length=14, choices=PairState, default=PairState.WAITING)
    found_at = models.DateTimeField(_("found"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey("fsm.User", models.PROTECT, null=True, blank=True, related_name="+")
    decided_because = models.CharField(_("reason"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "pk"]
        constraints = [
            models.UniqueConstraint(name="duplicate_pair_once", fields=["first", "second"]),
            models.CheckConstraint(name="duplicate_pair_is_ordered", condition=Q(first__lt=F("second"))),
            models.CheckConstraint(
                name="duplicate_pair_state_is_known", condition=Q(state__in=PairState.values)
            ),
            models.CheckConstraint(
                name="duplicate_pair_decided_by_somebody",
                condition=Q(state=PairState.WAITING) | Q(decided_at__isnull=False),
            ),
        ]
        indexes = [models.Index(name="duplicate_pair_waiting", fields=["state", "-score"])]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}?"


class Merge(models.Model):
    """One customer taken into another: what was chosen, both records as they were, and what moved."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    survivor = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    loser = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=4, null=True, blank=True)
    reasons = models.JSONField(_("reasons"), default=list)
    chosen = models.JSONField(_("chosen"), default=dict)
    survivor_before = models.JSONField(default=dict)
    survivor_after = models.JSONField(default=dict)
    loser_before = models.JSONField(default=dict)
    because = models.CharField(_("reason"), max_length=300, blank=True)
    merged_at = models.DateTimeField(_("merged"))
    merged_by = models.ForeignKey("fsm.User", models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey("fsm.User", models.PROTECT, null=True, blank=True, related_name="+")
    history = History()

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-merged_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="merge_joins_two", condition=~Q(survivor=F("loser"))),
            models.UniqueConstraint(
                name="customer_is_merged_away_once", fields=["loser"], condition=Q(undone_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loser_id} into {self.survivor_id}"


class MergedRow(models.Model):
    """One row that a merge pointed at the survivor, and what its columns said before."""

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="rows")
    model = models.CharField(max_length=60)
    key = models.BigIntegerField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(name="merged_row_once", fields=["merge", "model", "key"])]

    def __str__(self) -> str:
        return f"{self.model} {self.key}"


class QualityCount(models.Model):
    """How many records wanted something on a day, by where they came from: the trend of clean data."""

    day = models.DateField(_("day"))
    measure = models.CharField(_("measure"), max_length=40)
    origin = models.CharField(_("came from"), max_length=40, blank=True)
    count = models.PositiveIntegerField(_("records"))
    total = models.PositiveIntegerField(_("of"))

    class Meta:
        ordering = ["-day", "measure", "origin"]
        constraints = [
            models.UniqueConstraint(name="quality_counted_once_a_day", fields=["day", "measure", "origin"])
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.measure} {self.count}"
