from __future__ import annotations

import uuid
from datetime import time
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..history import History
from ..money import RateField

TIME_ZONES = [
    (zone, zone.replace("_", " "))
    for zone in (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Phoenix",
        "America/Los_Angeles",
        "America/Anchorage",
        "Pacific/Honolulu",
    )
]


class Company(models.Model):
    """The one company of this database: its name, rules of the house and limits. Exactly one row."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    legal_name = models.CharField(_("legal name"), max_length=120, blank=True)
    license_number = models.CharField(_("licence number"), max_length=60, blank=True)
    logo = models.ImageField(_("logo"), upload_to="company", blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.CharField(_("website"), max_length=120, blank=True)
    street = models.CharField(_("street"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=2, blank=True)
    postal_code = models.CharField(_("ZIP"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="America/Chicago", choices=TIME_ZONES)
    opens_at = models.TimeField(_("opens at"), default=time(7, 0))
    closes_at = models.TimeField(_("closes at"), default=time(18, 0))
    default_terms = models.CharField(_("usual terms"), max_length=30, default="Due on receipt")
    invoice_note = models.TextField(_("note on invoices"), blank=True)
    price_approval_percent = RateField(
        _("price changes above this percent wait for a manager"), default=Decimal("20")
    )
    address_move_miles = RateField(
        _("address changes farther than this many miles wait for review"), default=Decimal("50")
    )
    data_steward = models.ForeignKey(
        "fsm.User",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("data steward"),
        help_text=_("Is told of proposals that nobody decided in time; the owners, if nobody is named."),
    )
    freeze_minutes = models.PositiveIntegerField(_("no change this many minutes before a visit"), default=120)
    first_steps_dismissed_at = models.DateTimeField(_("first steps put away"), null=True, blank=True)
    history = History()

    class Meta:
        verbose_name_plural = "companies"
        constraints = [
            models.CheckConstraint(
                name="company_limits_are_positive",
                condition=models.Q(price_approval_percent__gte=0) & models.Q(address_move_miles__gte=0),
            ),
            models.UniqueConstraint(models.Value(1), name="company_is_the_only_one"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address_lines(self) -> list[str]:
        """Street and city line, without blanks."""
        city = " ".join(
            part for part in (f"{self.city}," if self.city else "", self.state, self.postal_code) if part
        )
        return [line for line in (self.street, city) if line]


class BranchQuerySet(models.QuerySet["Branch"]):
    """Named questions about branches."""

    def visible_to(self, user: Any) -> BranchQuerySet:
        """All, or those the person is limited to."""
        return self.filter(pk__in=user.branch_ids) if user.branch_ids else self


class Branch(models.Model):
    """A place the company works from: a filter and a default, never a wall."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=40, default="America/Chicago", choices=TIME_ZONES)
    street = models.CharField(_("street"), max_length=120, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    state = models.CharField(_("state"), max_length=2, blank=True)
    postal_code = models.CharField(_("ZIP"), max_length=10, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    history = History()

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "branches"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """The next number of one kind of document, company-wide; taken by a lock on the row."""

    name = models.CharField(max_length=30, unique=True)
    prefix = models.CharField(max_length=4, blank=True)
    next_number = models.PositiveIntegerField(default=1001)
    history = History(excluded_fields=["next_number"])

    def __str__(self) -> str:
        return f"{self.name}: {self.prefix}{self.next_number}"
