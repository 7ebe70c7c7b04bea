"""Leak rates as they were found, the cases they open, and what was promised, done and told about them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Site
from fsm.history import History

from ..querysets import LeakCaseQuerySet
from ..states import CASE_CLOSED, CaseState
from .amounts import OuncesField
from .catalogue import ComplianceCategory
from .certificates import TechnicianCertificate
from .refrigerant import RefrigerantRecord
from .units import Circuit


class RateMethod(models.TextChoices):
    """How leak rates are found; one method for all appliances of a facility (40 CFR 82.152)."""

    ANNUALIZING = "annualizing", _("Annualizing")
    ROLLING = "rolling", _("Rolling average")


class Facility(models.Model):
    """A site as the leak rules see it: the method for all its appliances, and who operates them."""

    site = models.OneToOneField(Site, models.PROTECT, related_name="+", verbose_name=_("site"))
    method = models.CharField(_("method"), max_length=12, choices=RateMethod, default=RateMethod.ANNUALIZING)
    operator_name = models.CharField(_("owner or operator"), max_length=150, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    class Meta:
        verbose_name_plural = _("facilities")
        constraints = [
            models.CheckConstraint(name="facility_method_is_known", condition=Q(method__in=RateMethod.values))
        ]

    def __str__(self) -> str:
        return f"{self.site_id}: {self.get_method_display()}"


class ComplianceSettings(models.Model):
    """The house's reading of the rules where they leave room, and its own tolerances; there is one row."""

    choices = models.JSONField(_("choices"), default=dict, blank=True)
    reminder_days = ArrayField(
        models.SmallIntegerField(), verbose_name=_("days before to remind"), default=list, blank=True
    )
    balance_tolerance_oz = OuncesField(_("cylinder tolerance (oz)"), default=8)
    administrative_penalty = models.PositiveIntegerField(_("administrative penalty a day ($)"), default=59114)
    judicial_penalty = models.PositiveIntegerField(_("judicial penalty a day ($)"), default=124426)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History()

    class Meta:
        verbose_name_plural = _("compliance settings")
        constraints = [
            models.CheckConstraint(name="compliance_settings_are_one_row", condition=Q(pk=1)),
            models.CheckConstraint(
                name="balance_tolerance_is_not_negative", condition=Q(balance_tolerance_oz__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return str(_("Compliance settings"))


class LeakRate(models.Model):
    """A leak rate found for a day of additions, with everything it was found from (derived, never edited).

    A later void or correction supersedes it; what it said stays readable. The rate is a percent: exactly
    `numerator / denominator`, and to six places for sorting and showing.
    """

    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="rates", verbose_name=_("circuit"))
    day = models.DateField(_("day"))
    record = models.ForeignKey(
        RefrigerantRecord, models.PROTECT, related_name="rates", verbose_name=_("record")
    )
    rules = models.CharField(_("rules"), max_length=40, blank=True)
    category = models.CharField(_("category"), max_length=12, choices=ComplianceCategory)
    method = models.CharField(_("method"), max_length=12, choices=RateMethod)
    net_oz = OuncesField(_("counted (oz)"))
    days_used = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    days_basis = models.CharField(_("days from"), max_length=20, blank=True)
    full_charge_oz = OuncesField(_("full charge (oz)"))
    numerator = models.DecimalField(max_digits=40, decimal_places=0)
    denominator = models.DecimalField(max_digits=40, decimal_places=0)
    percent = models.DecimalField(_("rate (%)"), max_digits=16, decimal_places=6)
    trigger_percent = models.DecimalField(
        _("trigger (%)"), max_digits=6, decimal_places=3, null=True, blank=True
    )
    exceeds = models.BooleanField(_("over"), null=True, blank=True)
    strict_percent = models.DecimalField(
        _("stricter reading (%)"), max_digits=16, decimal_places=6, null=True, blank=True
    )
    engine = models.CharField(_("engine"), max_length=12)
    found_at = models.DateTimeField(_("found"))
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)
    superseded_because = models.CharField(_("why superseded"), max_length=200, blank=True)

    class Meta:
        ordering = ["circuit", "day", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="leak_rate_stands_once_a_day",
                fields=["circuit", "day"],
                condition=Q(superseded_at__isnull=True),
            ),
            models.CheckConstraint(name="leak_rate_is_a_fraction", condition=Q(denominator__gt=0)),
            models.CheckConstraint(
                name="leak_rate_method_is_known", condition=Q(method__in=RateMethod.values)
            ),
        ]
        indexes = [
            models.Index(
                name="leak_rate_over",
                fields=["-day"],
                condition=Q(exceeds=True, superseded_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent} % · {self.day}"


class LeakCase(models.Model):
    """A circuit over its trigger rate, from that day until it is repaired, retrofitted or retired.

    State, deadline and inspection day are what its events say (equipment/compliance/clocks.py).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="cases", verbose_name=_("circuit"))
    opened_by = models.ForeignKey(
        RefrigerantRecord, models.PROTECT, related_name="+", verbose_name=_("opened by")
    )
    rules = models.CharField(_("rules"), max_length=40)
    opened_on = models.DateField(_("exceeded"))
    percent = models.DecimalField(_("rate (%)"), max_digits=16, decimal_places=6)
    needs_shutdown = models.BooleanField(_("an industrial process must stop for it"), default=False)
    state = models.CharField(_("state"), max_length=20, choices=CaseState, default=CaseState.OPEN)
    next_due_on = models.DateField(_("due"), null=True, blank=True)
    next_due_what = models.CharField(_("what is due"), max_length=30, blank=True)
    next_inspection_on = models.DateField(_("inspection due"), null=True, blank=True)
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    withdrawn_because = models.CharField(_("why withdrawn"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    objects = LeakCaseQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="leak_case_open_once_per_circuit",
                fields=["circuit"],
                condition=~Q(state__in=sorted(CASE_CLOSED)),
            ),
            models.CheckConstraint(name="leak_case_state_is_known", condition=Q(state__in=CaseState.values)),
            models.CheckConstraint(
                name="leak_case_closes_after_it_opens",
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
            ),
            models.CheckConstraint(
                name="leak_case_withdrawal_says_why",
                condition=~Q(state=CaseState.WITHDRAWN) | ~Q(withdrawn_because=""),
            ),
        ]
        indexes = [models.Index(name="leak_case_due", fields=["state", "next_due_on"])]

    def __str__(self) -> str:
        return f"{self.circuit_id} · {self.opened_on}"


class CaseEventKind(models.TextChoices):
    """What happened in a case (40 CFR 82.157(d)-(i), 84.106(d)-(i))."""

    EXCEEDED_AGAIN = "exceeded_again", _("Over the rate again")
    SHUTDOWN = "shutdown", _("An industrial process must stop for the repair")
    INSPECTION = "inspection", _("Leak inspection")
    REPAIR = "repair", _("Leak repaired")
    INITIAL_TEST = "initial_test", _("Initial verification test")
    NORMAL_OPERATION = "normal_operation", _("Back at normal operation")
    FOLLOW_UP_TEST = "follow_up_test", _("Follow-up verification test")
    EXTENSION = "extension", _("Extension requested")
    EXTENSION_REFUSED = "extension_refused", _("Extension refused")
    PLAN = "plan", _("Retrofit or retirement plan")
    PLAN_COMPLETED = "plan_completed", _("Plan completed")
    RELIEF = "relief", _("Relief from the plan")
    MOTHBALLED = "mothballed", _("Mothballed")
    RESUMED = "resumed", _("Refrigerant added again")
    REPORTED = "reported", _("Reported")


class CaseEvent(models.Model):
    """One step of a case; one that was wrong is voided with a reason and logged again."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(LeakCase, models.PROTECT, related_name="events", verbose_name=_("case"))
    kind = models.CharField(_("what"), max_length=18, choices=CaseEventKind)
    happened_on = models.DateField(_("day"))
    happened_at = models.DateTimeField(_("when"), null=True, blank=True)
    passed = models.BooleanField(_("passed"), null=True, blank=True)
    method = models.CharField(_("method"), max_length=120, blank=True)
    locations = models.TextField(_("where"), blank=True)
    all_parts_inspected = models.BooleanField(
        _("all visible and accessible parts were inspected"), null=True, blank=True
    )
    was_evacuated = models.BooleanField(_("evacuated for the repair"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, blank=True)
    signed_by = models.CharField(_("signed by"), max_length=150, blank=True)
    technician = models.ForeignKey(
        "fsm.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("technician")
    )
    technician_name = models.CharField(max_length=150, blank=True)
    certificate = models.ForeignKey(
        TechnicianCertificate,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("certificate"),
    )
    note = models.CharField(_("note"), max_length=500, blank=True)
    work_kind = models.CharField(max_length=30, blank=True)
    work_uuid = models.UUIDField(null=True, blank=True)
    voided_at = models.DateTimeField(_("voided"), null=True, blank=True)
    voided_because = models.CharField(_("why voided"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    class Meta:
        ordering = ["case", "happened_on", "happened_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="case_event_kind_is_known", condition=Q(kind__in=CaseEventKind.values)
            ),
            models.CheckConstraint(
                name="case_event_void_says_why", condition=Q(voided_at__isnull=True) | ~Q(voided_because="")
            ),
        ]
        indexes = [models.Index(name="case_event_of_work", fields=["work_kind", "work_uuid"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.happened_on}"


class ChronicLeaker(models.Model):
    """A circuit that lost 125 % of its charge or more in a calendar year: reported by March 1 of the next."""

    circuit = models.ForeignKey(
        Circuit, models.PROTECT, related_name="chronic_years", verbose_name=_("circuit")
    )
    year = models.PositiveSmallIntegerField(_("year"))
    lost_oz = OuncesField(_("lost (oz)"))
    percent = models.DecimalField(_("of the charge (%)"), max_digits=16, decimal_places=6)
    due_on = models.DateField(_("report due"))
    cause = models.CharField(_("cause"), max_length=200, blank=True)
    reported_on = models.DateField(_("reported"), null=True, blank=True)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    withdrawn_at = models.DateTimeField(_("no longer so"), null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["-year", "circuit"]
        constraints = [models.UniqueConstraint(name="chronic_leaker_once_a_year", fields=["circuit", "year"])]

    def __str__(self) -> str:
        return f"{self.circuit_id} · {self.year}"


class Reminder(models.Model):
    """That somebody was reminded of a day, once: of a case, a warranty, a report (derived, never edited)."""

    kind = models.CharField(max_length=30)
    subject = models.UUIDField()
    due_on = models.DateField()
    days_before = models.SmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="reminder_goes_out_once", fields=["kind", "subject", "due_on", "days_before"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.due_on}"


class DocumentKind(models.TextChoices):
    """What the owner is handed upon conclusion of a service (40 CFR 82.157(b), 84.106(b))."""

    SERVICE = "service", _("Service record")
    INSPECTION = "inspection", _("Leak inspection")
    VERIFICATION = "verification", _("Verification test")
    DISPOSAL = "disposal", _("Recovery and disposal")
    EVIDENCE = "evidence", _("Evidence pack")


class ComplianceDocument(models.Model):
    """A document made for the owner, kept as it was handed over."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    circuit = models.ForeignKey(Circuit, models.PROTECT, related_name="documents", verbose_name=_("circuit"))
    kind = models.CharField(_("kind"), max_length=12, choices=DocumentKind)
    number = models.CharField(_("number"), max_length=40)
    file = models.FileField(upload_to="compliance/%Y/%m")
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("made"))
    sent_to = models.CharField(_("sent to"), max_length=254, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    work_kind = models.CharField(max_length=30, blank=True)
    work_uuid = models.UUIDField(null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="compliance_document_kind_is_known", condition=Q(kind__in=DocumentKind.values)
            ),
            models.UniqueConstraint(
                name="compliance_document_once_per_work",
                fields=["circuit", "kind", "work_uuid"],
                condition=Q(work_uuid__isnull=False),
            ),
        ]
        indexes = [models.Index(name="compliance_document_of_work", fields=["work_kind", "work_uuid"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
