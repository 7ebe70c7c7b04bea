from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History
from fsm.money import MoneyField

from .records import Contact, CoordinatesQuality, Customer, Site


class ZipPlace(models.Model):
    """A ZIP code of the United States: its middle and the city names that the post office takes there."""

    code = models.CharField(_("ZIP"), max_length=5, primary_key=True)
    city = models.CharField(_("city"), max_length=60)
    state = models.CharField(_("state"), max_length=2)
    cities = ArrayField(models.CharField(max_length=60), verbose_name=_("accepted cities"), default=list)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.city}, {self.state}"


class GeocodedAddress(models.Model):
    """Where an address is, as somebody told us: asked once, kept."""

    match_key = models.CharField(max_length=120, unique=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6)
    quality = models.CharField(_("quality"), max_length=10, choices=CoordinatesQuality)
    provider = models.CharField(_("told by"), max_length=40)
    found_at = models.DateTimeField(_("found"))

    class Meta:
        verbose_name_plural = "geocoded addresses"

    def __str__(self) -> str:
        return self.match_key


class SiteRoleKind(models.TextChoices):
    """What somebody is to a site."""

    OCCUPANT = "occupant", _("Lives or works there")
    OWNER = "owner", _("Owner")
    BILL_TO = "bill_to", _("Gets the bill")
    APPROVER = "approver", _("Approves work")


class SiteRole(models.Model):
    """Who is what to a site, from which day until which; an approver may have a limit."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="roles")
    kind = models.CharField(_("role"), max_length=10, choices=SiteRoleKind)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="site_roles")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="site_roles")
    from_on = models.DateField(_("from"), null=True, blank=True)
    until_on = models.DateField(_("until"), null=True, blank=True)
    not_to_exceed = MoneyField(_("not to exceed"), null=True, blank=True)  # type: ignore[misc]
    history = History()

    class Meta:
        ordering = ["kind", "-from_on", "pk"]
        constraints = [
            models.CheckConstraint(name="site_role_is_known", condition=Q(kind__in=SiteRoleKind.values)),
            models.CheckConstraint(
                name="site_role_ends_after_it_begins",
                condition=Q(from_on__isnull=True) | Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
            ),
            models.CheckConstraint(
                name="site_role_limit_is_an_approvers",
                condition=Q(not_to_exceed__isnull=True) | Q(kind=SiteRoleKind.APPROVER, not_to_exceed__gte=0),
            ),
            models.UniqueConstraint(
                name="site_has_one_owner_and_one_payer_at_a_time",
                fields=["site", "kind"],
                condition=Q(until_on__isnull=True, kind__in=[SiteRoleKind.OWNER, SiteRoleKind.BILL_TO]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.customer_id}"


class CustomerFile(models.Model):
    """A file or picture kept with a customer: a contract, an exemption certificate, a photo of the roof."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="files")
    site = models.ForeignKey(Site, models.SET_NULL, null=True, blank=True, related_name="files")
    name = models.CharField(_("name"), max_length=200)
    file = models.FileField(upload_to="customers")
    content_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    author_name = models.CharField(_("by"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("added"))
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name
