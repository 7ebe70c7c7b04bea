from __future__ import annotations

import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Deferrable, F, Func, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer, Site
from equipment.models import Unit
from fsm.history import History
from fsm.models import Branch

from ..querysets import JobQuerySet, VisitQuerySet
from ..states import (
    ASSIGNMENT_HOLDING,
    HOLDING,
    JOB_UNFINISHED,
    UNDER_WAY,
    AssignmentState,
    JobState,
    VisitOutcome,
    VisitState,
)
from .people import Skill, Technician


class Priority(models.IntegerChoices):
    """How soon: P1 the same day, P2 within a day, P3 in days, P4 planned."""

    EMERGENCY = 1, _("Emergency")
    URGENT = 2, _("Urgent")
    NORMAL = 3, _("Normal")
    PLANNED = 4, _("Planned")


class JobType(models.Model):
    """A kind of work with what it usually takes."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    code = models.SlugField(_("code"), max_length=30, unique=True)
    minutes = models.PositiveSmallIntegerField(_("usual minutes"), default=60)
    buffer_minutes = models.PositiveSmallIntegerField(_("buffer minutes"), default=15)
    default_priority = models.PositiveSmallIntegerField(
        _("usual priority"), choices=Priority, default=Priority.NORMAL
    )
    checklist = models.ForeignKey(
        "dispatch.ChecklistTemplate",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("checklist"),
    )
    needs_certificate = models.BooleanField(_("needs an EPA 608 certificate"), default=False)
    needs_recovery = models.BooleanField(_("takes equipment out: needs recovery records"), default=False)
    needs_photo = models.BooleanField(_("needs a photo"), default=False)
    needs_signature = models.BooleanField(_("needs a signature"), default=True)
    position = models.PositiveSmallIntegerField(_("place in lists"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    history = History()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(name="job_type_takes_time", condition=Q(minutes__gte=5)),
            models.CheckConstraint(
                name="job_type_priority_is_known", condition=Q(default_priority__in=Priority.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JobTypeSkill(models.Model):
    """A job type asks for a skill."""

    job_type = models.ForeignKey(JobType, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(name="job_type_skill_once", fields=["job_type", "skill"])]

    def __str__(self) -> str:
        return str(self.skill)


class Job(models.Model):
    """Why we come and what is owed. Customer, site and bill-to stay as they were when it was booked."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=11, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", verbose_name=_("site"))
    bill_to = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("bill to"))
    contact = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("branch"))
    job_type = models.ForeignKey(JobType, models.PROTECT, related_name="+", verbose_name=_("job type"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    state = models.CharField(_("state"), max_length=14, choices=JobState, default=JobState.BOOKED)
    summary = models.CharField(_("what is wrong"), max_length=200)
    instructions = models.TextField(_("notes for the technician"), blank=True)
    po_number = models.CharField(_("PO number"), max_length=40, blank=True)
    hold_reason = models.CharField(_("why on hold"), max_length=200, blank=True)
    follow_up_on = models.DateField(_("follow up on"), null=True, blank=True)
    cancelled_because = models.CharField(_("why cancelled"), max_length=200, blank=True)
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("booked"))
    history = History()

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="job_state_is_known", condition=Q(state__in=JobState.values)),
            models.CheckConstraint(name="job_priority_is_known", condition=Q(priority__in=Priority.values)),
            models.CheckConstraint(
                name="job_on_hold_says_why_and_until",
                condition=~Q(state=JobState.ON_HOLD) | (~Q(hold_reason="") & Q(follow_up_on__isnull=False)),
            ),
            models.CheckConstraint(
                name="job_cancelled_says_why",
                condition=~Q(state=JobState.CANCELLED) | ~Q(cancelled_because=""),
            ),
            models.CheckConstraint(
                name="job_complete_has_time",
                condition=~Q(state__in=[JobState.WORK_COMPLETE, JobState.CLOSED])
                | Q(completed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="job_of_customer", fields=["customer", "-created_at"]),
            models.Index(name="job_of_site", fields=["site", "-created_at"]),
            models.Index(name="job_by_state", fields=["state", "priority", "created_at"]),
            models.Index(
                OpClass(Upper("po_number"), "text_pattern_ops"),
                name="job_by_po_number",
                condition=~Q(po_number=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_unfinished(self) -> bool:
        """Whether somebody still has to come."""
        return self.state in JOB_UNFINISHED


class JobUnit(models.Model):
    """A unit the job is about."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(name="job_unit_once", fields=["job", "unit"])]

    def __str__(self) -> str:
        return str(self.unit)


class Visit(models.Model):
    """When we come: promised window, planned time, and how far it is."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job = models.ForeignKey(Job, models.PROTECT, related_name="visits", verbose_name=_("job"))
    sequence = models.PositiveSmallIntegerField(_("visit"), default=1)
    state = models.CharField(_("state"), max_length=14, choices=VisitState, default=VisitState.UNSCHEDULED)
    window_start = models.DateTimeField(_("arrival from"), null=True, blank=True)
    window_end = models.DateTimeField(_("arrival until"), null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(_("planned minutes"), default=60)
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=14, choices=VisitOutcome, blank=True)
    outcome_note = models.CharField(_("outcome note"), max_length=300, blank=True)
    cancelled_because = models.CharField(_("why cancelled"), max_length=200, blank=True)
    no_signature_because = models.CharField(_("why no signature"), max_length=200, blank=True)
    parts_confirmed = models.BooleanField(_("parts confirmed"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(name="visit_sequence_once_per_job", fields=["job", "sequence"]),
            models.CheckConstraint(name="visit_state_is_known", condition=Q(state__in=VisitState.values)),
            models.CheckConstraint(
                name="visit_scheduled_has_time",
                condition=~Q(state__in=HOLDING) | Q(starts_at__isnull=False, ends_at__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_ends_after_start",
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="visit_window_is_whole",
                condition=Q(window_start__isnull=True, window_end__isnull=True)
                | Q(window_end__gt=F("window_start")),
            ),
            models.CheckConstraint(
                name="visit_done_has_outcome", condition=~Q(state=VisitState.DONE) | ~Q(outcome="")
            ),
        ]
        indexes = [
            models.Index(name="visit_by_time", fields=["starts_at", "ends_at"]),
            models.Index(
                name="visit_in_tray",
                fields=["window_start"],
                condition=Q(state=VisitState.UNSCHEDULED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id and self.job.number}/{self.sequence}"

    @property
    def is_under_way(self) -> bool:
        """Whether somebody is on the way to it or at work on it."""
        return self.state in UNDER_WAY


class AssignmentRole(models.TextChoices):
    """What a technician does on a visit."""

    LEAD = "lead", _("Lead")
    HELPER = "helper", _("Helper")


class PlannedTime(Func):
    """The half-open range from start to end."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Assignment(models.Model):
    """Who comes, with their own planned and actual times. No technician is in two places at once."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="assignments", verbose_name=_("visit"))
    technician = models.ForeignKey(Technician, models.PROTECT, related_name="+", verbose_name=_("technician"))
    role = models.CharField(_("role"), max_length=8, choices=AssignmentRole, default=AssignmentRole.LEAD)
    state = models.CharField(
        _("state"), max_length=10, choices=AssignmentState, default=AssignmentState.ASSIGNED
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    is_tentative = models.BooleanField(_("tentative"), default=False)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    en_route_at = models.DateTimeField(_("en route"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    history = History()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="assignment_state_is_known", condition=Q(state__in=AssignmentState.values)
            ),
            models.CheckConstraint(
                name="assignment_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.UniqueConstraint(
                name="assignment_once_per_technician",
                fields=["visit", "technician"],
                condition=~Q(state=AssignmentState.RELEASED),
            ),
            models.UniqueConstraint(
                name="assignment_one_lead",
                fields=["visit"],
                condition=Q(role="lead") & ~Q(state=AssignmentState.RELEASED),
            ),
            ExclusionConstraint(
                name="assignment_no_overlap",
                expressions=[
                    ("technician", RangeOperators.EQUAL),
                    (PlannedTime("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(state__in=ASSIGNMENT_HOLDING, is_tentative=False),
                deferrable=Deferrable.IMMEDIATE,
            ),
        ]
        indexes = [models.Index(name="assignment_by_time", fields=["technician", "starts_at"])]

    def __str__(self) -> str:
        return f"{self.technician_id and self.technician} on {self.visit_id}"
