"""What is installed where, and what happened to its refrigerant."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Site
from fsm.history import History

from .querysets import RefrigerantRecordQuerySet, UnitQuerySet
from .states import UnitStatus as UnitStatus

OUNCES_IN_POUND = 16


class Refrigerant(models.Model):
    """A refrigerant by its ASHRAE number, with the facts that rules ask for."""

    designation = models.CharField(_("refrigerant"), max_length=20, unique=True)
    safety_class = models.CharField(_("safety class"), max_length=4, blank=True)
    kind = models.CharField(_("kind"), max_length=20, blank=True)
    composition = models.CharField(_("composition"), max_length=120, blank=True)
    gwp = models.DecimalField(_("GWP"), max_digits=8, decimal_places=2, null=True, blank=True)
    is_ozone_depleting = models.BooleanField(_("ozone depleting"), default=False)
    has_regulated_hfc = models.BooleanField(_("holds a regulated HFC"), default=False)
    pressure_class = models.CharField(_("pressure class"), max_length=12, blank=True)
    history = History()

    class Meta:
        ordering = ["designation"]

    def __str__(self) -> str:
        return self.designation


class Maker(models.Model):
    """Who built it."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    history = History()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Category(models.TextChoices):
    """What sort of equipment."""

    AIR_CONDITIONER = "air_conditioner", _("Air conditioner")
    HEAT_PUMP = "heat_pump", _("Heat pump")
    AIR_HANDLER = "air_handler", _("Air handler")
    COIL = "coil", _("Evaporator coil")
    FURNACE = "furnace", _("Furnace")
    MINI_SPLIT = "mini_split", _("Mini-split")
    ROOFTOP = "rooftop", _("Rooftop unit")
    CHILLER = "chiller", _("Chiller")
    BOILER = "boiler", _("Boiler")
    WALK_IN = "walk_in", _("Walk-in cooler or freezer")
    ICE_MACHINE = "ice_machine", _("Ice machine")
    THERMOSTAT = "thermostat", _("Thermostat")
    OTHER = "other", _("Other")


class DateKnownBy(models.TextChoices):
    """How the install date is known."""

    INSTALLED_BY_US = "installed_by_us", _("We installed it")
    OWNER = "owner", _("The owner said")
    PLATE = "plate", _("From the nameplate")
    ESTIMATE = "estimate", _("Estimate")
    UNKNOWN = "unknown", _("Unknown")


class Unit(models.Model):
    """One piece of equipment at a site; it stays with the site whoever owns it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("site"))
    category = models.CharField(_("category"), max_length=20, choices=Category)
    name = models.CharField(_("name"), max_length=80, blank=True)
    maker = models.ForeignKey(
        Maker, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("maker")
    )
    model_number = models.CharField(_("model"), max_length=60, blank=True)
    serial = models.CharField(_("serial"), max_length=60, blank=True)
    installed_on = models.DateField(_("installed"), null=True, blank=True)
    date_known_by = models.CharField(
        _("date known by"), max_length=20, choices=DateKnownBy, default=DateKnownBy.UNKNOWN
    )
    location = models.CharField(_("where on the site"), max_length=120, blank=True)
    tons = models.DecimalField(_("tons"), max_digits=6, decimal_places=2, null=True, blank=True)
    filter_size = models.CharField(_("filter size"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=UnitStatus, default=UnitStatus.ACTIVE)
    notes = models.TextField(_("notes"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["site", "category", "pk"]
        constraints = [
            models.CheckConstraint(name="unit_category_is_known", condition=Q(category__in=Category.values)),
            models.CheckConstraint(name="unit_status_is_known", condition=Q(status__in=UnitStatus.values)),
        ]
        indexes = [GinIndex(name="unit_serial_trgm", fields=["serial"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return self.name or str(self.get_category_display())

    @property
    def plate(self) -> str:
        """Model and serial in one line, as they stand on the nameplate."""
        return " · ".join(part for part in (self.model_number, self.serial) if part)


class Circuit(models.Model):
    """A refrigerant circuit: the thing the rules regulate. A unit has none or several."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="circuits", verbose_name=_("unit"))
    label = models.CharField(_("label"), max_length=20, default="1")
    refrigerant = models.ForeignKey(
        Refrigerant, models.PROTECT, related_name="+", verbose_name=_("refrigerant")
    )
    full_charge_oz = models.DecimalField(
        _("full charge (oz)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    history = History()

    class Meta:
        ordering = ["unit", "label"]
        constraints = [
            models.UniqueConstraint(name="circuit_label_once_per_unit", fields=["unit", "label"]),
            models.CheckConstraint(
                name="circuit_charge_is_positive",
                condition=Q(full_charge_oz__isnull=True) | Q(full_charge_oz__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.refrigerant_id and self.refrigerant.designation} · {self.label}"


class CertificateKind(models.TextChoices):
    """EPA section 608 technician certificates (40 CFR 82.161)."""

    TYPE_I = "type_i", _("Type I (small appliances)")
    TYPE_II = "type_ii", _("Type II (high pressure)")
    TYPE_III = "type_iii", _("Type III (low pressure)")
    UNIVERSAL = "universal", _("Universal")


class TechnicianCertificate(models.Model):
    """A technician's EPA 608 certificate; it does not expire, but may be revoked."""

    technician = models.ForeignKey("fsm.User", models.PROTECT, related_name="+", verbose_name=_("technician"))
    kind = models.CharField(_("kind"), max_length=10, choices=CertificateKind)
    number = models.CharField(_("number"), max_length=40)
    issued_on = models.DateField(_("issued"))
    revoked_on = models.DateField(_("revoked"), null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["technician", "-issued_on"]
        constraints = [
            models.CheckConstraint(
                name="certificate_kind_is_known", condition=Q(kind__in=CertificateKind.values)
            ),
            models.CheckConstraint(
                name="certificate_revoked_after_issue",
                condition=Q(revoked_on__isnull=True) | Q(revoked_on__gte=models.F("issued_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class RecordKind(models.TextChoices):
    """What was done with refrigerant."""

    ADDED = "added", _("Added")
    RECOVERED = "recovered", _("Recovered")


class RefrigerantRecord(models.Model):
    """One addition or recovery: never edited, only voided with a reason and logged again.

    `work_kind` and `work_uuid` point up at the visit it was done on.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="records", verbose_name=_("circuit"))
    kind = models.CharField(_("what"), max_length=10, choices=RecordKind)
    ounces = models.DecimalField(_("ounces"), max_digits=9, decimal_places=2)
    technician = models.ForeignKey("fsm.User", models.PROTECT, related_name="+", verbose_name=_("technician"))
    technician_name = models.CharField(max_length=150)
    certificate = models.ForeignKey(
        TechnicianCertificate, models.PROTECT, related_name="+", verbose_name=_("certificate")
    )
    happened_at = models.DateTimeField(_("when"))
    leak_found = models.BooleanField(_("leak found"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    work_kind = models.CharField(max_length=30, blank=True)
    work_uuid = models.UUIDField(null=True, blank=True)
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    voided_because = models.CharField(_("why voided"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    objects = RefrigerantRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-happened_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="refrigerant_amount_is_positive", condition=Q(ounces__gt=0)),
            models.CheckConstraint(
                name="refrigerant_record_kind_is_known", condition=Q(kind__in=RecordKind.values)
            ),
            models.CheckConstraint(
                name="refrigerant_void_says_why", condition=Q(voided_at__isnull=True) | ~Q(voided_because="")
            ),
        ]
        indexes = [models.Index(name="refrigerant_record_of_work", fields=["work_kind", "work_uuid"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {pounds_and_ounces(self.ounces)}"


def pounds_and_ounces(ounces: Decimal) -> str:
    """2 lb 4 oz; ounces alone below a pound."""
    pounds, rest = divmod(ounces, OUNCES_IN_POUND)
    rest_text = f"{rest.normalize():f}"
    return f"{pounds:f} lb {rest_text} oz" if pounds else f"{rest_text} oz"
