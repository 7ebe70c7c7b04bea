from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History
from fsm.models import Branch, User
from inventory.models import StockPlace

from ..querysets import TechnicianQuerySet


class Skill(models.Model):
    """Something a technician can do and a job type may ask for."""

    name = models.CharField(_("skill"), max_length=60, unique=True)
    history = History()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Technician(models.Model):
    """A person who goes to customers: a row on the board, with a truck."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(User, models.PROTECT, related_name="+", verbose_name=_("person"))
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("branch"))
    truck = models.ForeignKey(
        StockPlace, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("truck")
    )
    position = models.PositiveSmallIntegerField(_("place on the board"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    history = History()

    objects = TechnicianQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return str(self.user)


class TechnicianSkill(models.Model):
    """A technician has a skill."""

    technician = models.ForeignKey(Technician, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(name="technician_skill_once", fields=["technician", "skill"])]

    def __str__(self) -> str:
        return str(self.skill)


class Shift(models.Model):
    """When a technician usually works on a weekday (0 is Monday), in the branch's zone."""

    technician = models.ForeignKey(Technician, models.CASCADE, related_name="shifts")
    weekday = models.PositiveSmallIntegerField(_("weekday"))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("to"))
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="shift_once_a_weekday", fields=["technician", "weekday"]),
            models.CheckConstraint(name="shift_weekday_is_known", condition=Q(weekday__lte=6)),
            models.CheckConstraint(name="shift_ends_after_start", condition=Q(ends__gt=F("starts"))),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts:%H:%M}-{self.ends:%H:%M}"


class TimeOff(models.Model):
    """When a technician is away."""

    technician = models.ForeignKey(Technician, models.CASCADE, related_name="time_off")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    reason = models.CharField(_("reason"), max_length=120, blank=True)
    history = History()

    class Meta:
        verbose_name_plural = "time off"
        constraints = [
            models.CheckConstraint(name="time_off_ends_after_start", condition=Q(ends_at__gt=F("starts_at")))
        ]

    def __str__(self) -> str:
        return self.reason or str(_("Time off"))
