from __future__ import annotations

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dispatch.models import JobType
from equipment.models import Refrigerant
from fsm.history import History
from fsm.money import QuantityField, RateField
from inventory.models import Part

from ..querysets import PriceItemQuerySet


class TaxRate(models.Model):
    """A sales tax rate by state, and by city where one is named; the closest to the address applies."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    agency = models.CharField(_("agency"), max_length=41)
    quickbooks_item = models.CharField(_("QuickBooks item"), max_length=31, default="Sales Tax")
    state = models.CharField(_("state"), max_length=2)
    city = models.CharField(_("city"), max_length=60, blank=True)
    percent = RateField(_("percent"))
    is_active = models.BooleanField(_("active"), default=True)
    history = History()

    class Meta:
        ordering = ["state", "city"]
        constraints = [
            models.CheckConstraint(
                name="tax_percent_is_plausible", condition=Q(percent__gte=0) & Q(percent__lt=30)
            ),
            models.UniqueConstraint(
                name="tax_rate_once_per_place", fields=["state", "city"], condition=Q(is_active=True)
            ),
            # One sales tax item of QuickBooks has one percent: the file lists it once.
            ExclusionConstraint(
                name="tax_item_has_one_percent",
                expressions=[
                    ("quickbooks_item", RangeOperators.EQUAL),
                    ("percent", RangeOperators.NOT_EQUAL),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ItemKind(models.TextChoices):
    """What is sold."""

    LABOR = "labor", _("Labor")
    PART = "part", _("Part")
    REFRIGERANT = "refrigerant", _("Refrigerant")
    FEE = "fee", _("Fee")


class PriceItem(models.Model):
    """One line of the price book."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("code"), max_length=31, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=ItemKind)
    price = RateField(_("price"))
    unit = models.CharField(_("per"), max_length=12, default="each")
    is_taxable = models.BooleanField(_("taxable"), default=True)
    part = models.OneToOneField(
        Part, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("part")
    )
    refrigerant = models.OneToOneField(
        Refrigerant, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("refrigerant")
    )
    income_account = models.CharField(_("income account"), max_length=60, default="Service Income")
    version = models.PositiveIntegerField(default=1, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    history = History()

    objects = PriceItemQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            models.CheckConstraint(name="price_is_not_negative", condition=Q(price__gte=0)),
            models.CheckConstraint(name="price_kind_is_known", condition=Q(kind__in=ItemKind.values)),
            models.CheckConstraint(
                name="price_of_part_names_it", condition=~Q(kind=ItemKind.PART) | Q(part__isnull=False)
            ),
            models.CheckConstraint(
                name="price_of_refrigerant_names_it",
                condition=~Q(kind=ItemKind.REFRIGERANT) | Q(refrigerant__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class PriceBasis(models.TextChoices):
    """How often a job type's item is charged."""

    ONCE = "once", _("Once a job")
    HOURS = "hours", _("By hours on site")


class JobTypePrice(models.Model):
    """What a job of a type is charged beside parts and refrigerant."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job_type = models.ForeignKey(JobType, models.CASCADE, related_name="+", verbose_name=_("job type"))
    item = models.ForeignKey(PriceItem, models.PROTECT, related_name="+", verbose_name=_("item"))
    basis = models.CharField(_("basis"), max_length=6, choices=PriceBasis, default=PriceBasis.ONCE)
    least = QuantityField(_("at least"), default=1)
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="job_type_price_once", fields=["job_type", "item"]),
            models.CheckConstraint(name="job_type_price_is_positive", condition=Q(least__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.job_type_id}: {self.item_id}"
