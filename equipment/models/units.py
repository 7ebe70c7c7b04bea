"""What is installed where."""

from __future__ import annotations

import uuid

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from customers.models import Site
from fsm.history import History

from ..querysets import UnitQuerySet
from ..states import UnitStatus as UnitStatus
from .amounts import OuncesField
from .catalogue import Category, ComplianceCategory, Maker, Refrigerant, UnitModel


class DateKnownBy(models.TextChoices):
    """How the install date is known."""

    INSTALLED_BY_US = "installed_by_us", _("We installed it")
    OWNER = "owner", _("The owner said")
    PLATE = "plate", _("From the nameplate")
    ESTIMATE = "estimate", _("Estimate")
    UNKNOWN = "unknown", _("Unknown")


class ManufactureKnownBy(models.TextChoices):
    """How the day of manufacture is known; a decoded serial stays a guess until somebody confirms it."""

    UNKNOWN = "unknown", _("Unknown")
    SERIAL = "serial", _("Decoded from the serial and confirmed")
    PLATE = "plate", _("From the nameplate")


class System(models.Model):
    """Units that work as one: condenser, air handler and coil."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("site"))
    name = models.CharField(_("name"), max_length=80)
    history = History()

    class Meta:
        ordering = ["site", "name"]
        constraints = [models.UniqueConstraint(name="system_name_once_per_site", fields=["site", "name"])]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """One piece of equipment at a site; it stays with the site whoever owns it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("site"))
    category = models.CharField(_("category"), max_length=20, choices=Category)
    name = models.CharField(_("name"), max_length=80, blank=True)
    maker = models.ForeignKey(
        Maker, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("maker")
    )
    model = models.ForeignKey(
        UnitModel, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("known model")
    )
    system = models.ForeignKey(
        System, models.SET_NULL, null=True, blank=True, related_name="units", verbose_name=_("system")
    )
    model_number = models.CharField(_("model"), max_length=60, blank=True)
    serial = models.CharField(_("serial"), max_length=60, blank=True)
    installed_on = models.DateField(_("installed"), null=True, blank=True)
    date_known_by = models.CharField(
        _("date known by"), max_length=20, choices=DateKnownBy, default=DateKnownBy.UNKNOWN
    )
    manufactured_on = models.DateField(_("manufactured"), null=True, blank=True)
    manufacture_known_by = models.CharField(
        _("manufacture known by"),
        max_length=10,
        choices=ManufactureKnownBy,
        default=ManufactureKnownBy.UNKNOWN,
    )
    location = models.CharField(_("where on the site"), max_length=120, blank=True)
    access = models.CharField(_("how to reach it"), max_length=200, blank=True)
    tons = models.DecimalField(_("tons"), max_digits=6, decimal_places=2, null=True, blank=True)
    filter_size = models.CharField(_("filter size"), max_length=40, blank=True)
    ratings = models.JSONField(_("ratings on the plate"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=UnitStatus, default=UnitStatus.ACTIVE)
    status_on = models.DateField(_("status since"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name=_("replaced by")
    )
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
            models.CheckConstraint(
                name="unit_manufacture_known_by_is_known",
                condition=Q(manufacture_known_by__in=ManufactureKnownBy.values),
            ),
            models.CheckConstraint(
                name="unit_replaced_only_when_retired",
                condition=Q(replaced_by__isnull=True) | Q(status=UnitStatus.RETIRED),
            ),
            models.CheckConstraint(name="unit_is_not_its_own_replacement", condition=~Q(replaced_by=F("pk"))),
        ]
        indexes = [
            GinIndex(name="unit_serial_trgm", fields=["serial"], opclasses=["gin_trgm_ops"]),
            GinIndex(OpClass(Upper("model_number"), "gin_trgm_ops"), name="unit_model_trgm"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.get_category_display())

    @property
    def plate(self) -> str:
        """Model and serial in one line, as they stand on the nameplate."""
        return " · ".join(part for part in (self.model_number, self.serial) if part)


class UnitMove(models.Model):
    """A unit taken from one site to another; undone, it is back where it was and the row says so."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="moves", verbose_name=_("unit"))
    from_site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("from"))
    to_site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("to"))
    moved_at = models.DateTimeField(_("when"))
    because = models.CharField(_("why"), max_length=200)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["-moved_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.from_site_id} → {self.to_site_id}"


class UnitFileKind(models.TextChoices):
    """What a file of a unit shows."""

    NAMEPLATE = "nameplate", _("Nameplate")
    PHOTO = "photo", _("Photo")
    INSTALL_PROOF = "install_proof", _("Proof of installation")
    REGISTRATION = "registration", _("Warranty registration")
    MANUAL = "manual", _("Manual")
    COMPLIANCE = "compliance", _("Compliance document")
    OTHER = "other", _("Other")


class UnitFile(models.Model):
    """A photo or document of a unit: the bytes received are hashed, pictures are kept re-encoded."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="files", verbose_name=_("unit"))
    kind = models.CharField(_("kind"), max_length=14, choices=UnitFileKind, default=UnitFileKind.OTHER)
    name = models.CharField(_("name"), max_length=200)
    file = models.FileField(upload_to="units/%Y/%m")
    content_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField(_("size"))
    received_sha256 = models.CharField(max_length=64)
    author_name = models.CharField(_("by"), max_length=150, blank=True)
    taken_at = models.DateTimeField(_("taken"), null=True, blank=True)
    created_at = models.DateTimeField(_("added"))
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["kind", "-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="unit_file_kind_is_known", condition=Q(kind__in=UnitFileKind.values))
        ]

    def __str__(self) -> str:
        return self.name


class Exemption(models.TextChoices):
    """Whether 40 CFR 84.106(a)(3)(ii) leaves it out: residential and light commercial comfort equipment."""

    YES = "yes", _("Exempt")
    NO = "no", _("Not exempt")
    UNSURE = "unsure", _("Not sure")


class Circuit(models.Model):
    """A refrigerant circuit: the thing the rules regulate. A unit has none or several.

    Refrigerant and full charge are what its last revision says; a unit at rest or retired rests it too.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="circuits", verbose_name=_("unit"))
    label = models.CharField(_("label"), max_length=20, default="1")
    refrigerant = models.ForeignKey(
        Refrigerant, models.PROTECT, related_name="+", verbose_name=_("refrigerant")
    )
    full_charge_oz = OuncesField(_("full charge (oz)"), null=True, blank=True)
    category = models.CharField(
        _("leak-rule category"), max_length=12, choices=ComplianceCategory, default=ComplianceCategory.COMFORT
    )
    exempt = models.CharField(_("exempt"), max_length=6, choices=Exemption, default=Exemption.UNSURE)
    exempt_because = models.CharField(_("why"), max_length=200, blank=True)
    is_factory_sealed = models.BooleanField(_("charged and sealed in the factory"), default=False)
    started_on = models.DateField(_("first charged"), null=True, blank=True)
    retired_on = models.DateField(_("retired"), null=True, blank=True)
    leak_detection_audited_on = models.DateField(_("leak detector last audited"), null=True, blank=True)
    hold_because = models.CharField(_("kept on legal hold because"), max_length=200, blank=True)
    history = History()

    class Meta:
        ordering = ["unit", "label"]
        constraints = [
            models.UniqueConstraint(name="circuit_label_once_per_unit", fields=["unit", "label"]),
            models.CheckConstraint(
                name="circuit_charge_is_positive",
                condition=Q(full_charge_oz__isnull=True) | Q(full_charge_oz__gt=0),
            ),
            models.CheckConstraint(
                name="circuit_category_is_known", condition=Q(category__in=ComplianceCategory.values)
            ),
            models.CheckConstraint(name="circuit_exempt_is_known", condition=Q(exempt__in=Exemption.values)),
        ]

    changes: tuple[str, ...] = ()  # what a change of it made different; told once, not kept

    def __str__(self) -> str:
        return f"{self.refrigerant_id and self.refrigerant.designation} · {self.label}"


class ChargeMethod(models.TextChoices):
    """How a full charge was determined (40 CFR 82.152)."""

    MANUFACTURER = "manufacturer", _("Manufacturer's figure")
    CALCULATED = "calculated", _("Calculated from the components")
    MEASURED = "measured", _("Measured")
    RANGE = "range", _("Established range, its middle")
    UNKNOWN = "unknown", _("Not said")


class ChargeRevision(models.Model):
    """What a circuit holds from a day on, and how that is known: every revision is kept, none is changed.

    A retrofit is a revision to another refrigerant: rates start anew with it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="revisions", verbose_name=_("circuit"))
    effective_on = models.DateField(_("from"))
    refrigerant = models.ForeignKey(
        Refrigerant, models.PROTECT, related_name="+", verbose_name=_("refrigerant")
    )
    full_charge_oz = OuncesField(_("full charge (oz)"))
    method = models.CharField(
        _("determined by"), max_length=14, choices=ChargeMethod, default=ChargeMethod.UNKNOWN
    )
    range_low_oz = OuncesField(_("range from (oz)"), null=True, blank=True)
    range_high_oz = OuncesField(_("range to (oz)"), null=True, blank=True)
    is_retrofit = models.BooleanField(_("retrofit"), default=False)
    note = models.CharField(_("note"), max_length=200, blank=True)
    author_name = models.CharField(_("by"), max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    class Meta:
        ordering = ["circuit", "effective_on", "pk"]
        constraints = [
            models.CheckConstraint(name="charge_revision_is_positive", condition=Q(full_charge_oz__gt=0)),
            models.CheckConstraint(
                name="charge_method_is_known", condition=Q(method__in=ChargeMethod.values)
            ),
            models.CheckConstraint(
                name="charge_range_has_both_ends",
                condition=~Q(method=ChargeMethod.RANGE)
                | Q(range_low_oz__gt=0, range_high_oz__gte=F("range_low_oz")),
            ),
        ]

    changes: tuple[str, ...] = ()  # what it made different; told once, not kept

    def __str__(self) -> str:
        return f"{self.full_charge_oz} oz · {self.effective_on}"
