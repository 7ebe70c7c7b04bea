"""What the field knows before anybody drives out: refrigerants, makers, their models, the dated rules."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History

from .amounts import OuncesField


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


class StartRule(models.TextChoices):
    """What day a maker's warranty starts on."""

    INSTALL = "install", _("Day of installation")
    INSTALL_OR_MADE = "install_or_made", _("Installation where proven, else some days after manufacture")


class Maker(models.Model):
    """Who built it, which family of brands it belongs to, and what its warranty usually says."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    family = models.CharField(_("family of brands"), max_length=40, blank=True)
    registration_days = models.PositiveSmallIntegerField(_("days to register"), null=True, blank=True)
    base_months = models.PositiveSmallIntegerField(_("months unregistered"), null=True, blank=True)
    registered_months = models.PositiveSmallIntegerField(_("months registered"), null=True, blank=True)
    start_rule = models.CharField(
        _("warranty starts"), max_length=16, choices=StartRule, default=StartRule.INSTALL
    )
    history = History()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="maker_start_rule_is_known", condition=Q(start_rule__in=StartRule.values)
            )
        ]

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
    VRF = "vrf", _("Variable refrigerant flow")
    PTAC = "ptac", _("Window or through-the-wall unit")
    GEOTHERMAL = "geothermal", _("Water-source or geothermal heat pump")
    CENTRIFUGAL_CHILLER = "centrifugal_chiller", _("Centrifugal chiller")
    PROCESS_CHILLER = "process_chiller", _("Process chiller")
    COOLING_TOWER = "cooling_tower", _("Cooling tower")
    REACH_IN = "reach_in", _("Reach-in or merchandiser")
    RACK = "rack", _("Refrigeration rack")
    UNIT_HEATER = "unit_heater", _("Unit heater")
    MAKE_UP_AIR = "make_up_air", _("Make-up air unit")
    ERV = "erv", _("Energy recovery ventilator")
    EXHAUST_FAN = "exhaust_fan", _("Exhaust fan")
    HUMIDIFIER = "humidifier", _("Humidifier")
    AIR_CLEANER = "air_cleaner", _("Air cleaner")
    UV_LAMP = "uv_lamp", _("UV lamp")
    ZONE_BOARD = "zone_board", _("Zone board")
    WATER_HEATER = "water_heater", _("Water heater")
    GENERATOR = "generator", _("Generator")
    THERMOSTAT = "thermostat", _("Thermostat")
    OTHER = "other", _("Other")


class UnitModel(models.Model):
    """A maker's model as its sheet describes it: what a unit of it starts with."""

    maker = models.ForeignKey(Maker, models.PROTECT, related_name="models", verbose_name=_("maker"))
    number = models.CharField(_("model"), max_length=60)
    category = models.CharField(_("category"), max_length=20, choices=Category)
    name = models.CharField(_("name"), max_length=80, blank=True)
    tons = models.DecimalField(_("tons"), max_digits=6, decimal_places=2, null=True, blank=True)
    refrigerant = models.ForeignKey(
        Refrigerant, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("refrigerant")
    )
    factory_charge_oz = OuncesField(_("factory charge (oz)"), null=True, blank=True)
    ratings = models.JSONField(_("ratings on the plate"), default=dict, blank=True)
    history = History()

    class Meta:
        ordering = ["maker", "number"]
        constraints = [
            models.UniqueConstraint(name="unit_model_once_per_maker", fields=["maker", "number"]),
            models.CheckConstraint(
                name="unit_model_category_is_known", condition=Q(category__in=Category.values)
            ),
            models.CheckConstraint(
                name="unit_model_charge_is_positive",
                condition=Q(factory_charge_oz__isnull=True) | Q(factory_charge_oz__gt=0),
            ),
        ]
        indexes = [GinIndex(name="unit_model_number_trgm", fields=["number"], opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        return f"{self.maker} {self.number}"


class ComplianceCategory(models.TextChoices):
    """What the leak rules call an appliance (40 CFR 82.152, 84.102)."""

    COMFORT = "comfort", _("Comfort cooling and other")
    COMMERCIAL = "commercial", _("Commercial refrigeration")
    INDUSTRIAL = "ipr", _("Industrial process refrigeration")


class ComplianceRule(models.Model):
    """A leak-repair rule with the days it holds: thresholds are data, since they change."""

    code = models.CharField(_("rule"), max_length=20)
    jurisdiction = models.CharField(_("where"), max_length=20, default="US")
    category = models.CharField(_("category"), max_length=12, choices=ComplianceCategory)
    minimum_charge_lb = models.DecimalField(_("from (lb)"), max_digits=9, decimal_places=3)
    trigger_percent = models.DecimalField(_("rate over (%)"), max_digits=6, decimal_places=3)
    repair_days = models.PositiveSmallIntegerField(_("days to repair"), default=30)
    shutdown_days = models.PositiveSmallIntegerField(_("days with a shutdown"), default=120)
    effective_from = models.DateField(_("from"))
    effective_to = models.DateField(_("until"), null=True, blank=True)
    citation = models.CharField(_("citation"), max_length=120)
    history = History()

    class Meta:
        ordering = ["code", "jurisdiction", "category", "effective_from"]
        constraints = [
            models.UniqueConstraint(
                name="compliance_rule_once_per_day",
                fields=["code", "jurisdiction", "category", "effective_from"],
            ),
            models.CheckConstraint(
                name="compliance_rule_category_is_known", condition=Q(category__in=ComplianceCategory.values)
            ),
            models.CheckConstraint(
                name="compliance_rule_ends_after_it_starts",
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
            ),
            models.CheckConstraint(
                name="compliance_rule_numbers_are_positive",
                condition=Q(minimum_charge_lb__gt=0, trigger_percent__gt=0, repair_days__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.get_category_display()}"
