"""What programs read about work, and the rows behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from customers.api.shapes import CustomerBrief
from customers.models import Site
from fsm.api.fields import Input, Instant, Output
from fsm.clock import now
from fsm.permissions import May, allowed
from inventory.api import PartBrief

from ..actions.field import missing_sentence, visit_facts
from ..models import (
    Assignment,
    Job,
    JobNote,
    JobPhoto,
    JobType,
    PartUse,
    Signature,
    Technician,
    Visit,
    VisitCheck,
)
from ..readiness import what_is_missing
from ..states import VISIT_STATES, AssignmentState

FARTHEST = timedelta(days=730)
LOOK = (May.SEE_JOBS, May.WORK_VISITS)
WORK = (May.WORK_VISITS, May.COMPLETE_FOR_OTHERS)


class SiteBrief(Output):
    class Meta:
        model = Site
        fields = ("uuid", "street", "unit", "city", "state", "postal_code", "time_zone")


class JobBrief(Output):
    class Meta:
        model = Job
        fields = ("uuid", "number")


class JobOutput(Output):
    customer = CustomerBrief()
    site = SiteBrief()
    job_type = serializers.CharField(source="job_type.code", help_text="The type's code.")

    class Meta:
        model = Job
        fields = (
            "uuid", "number", "state", "priority", "job_type", "customer", "site", "bill_to", "contact",
            "branch", "summary", "instructions", "po_number", "hold_reason", "follow_up_on",
            "cancelled_because", "completed_at", "created_at", "version",
        )  # fmt: skip


class CrewOutput(Output):
    technician = serializers.UUIDField(source="technician.uuid")
    name = serializers.CharField(source="technician.user.name")

    class Meta:
        model = Assignment
        fields = (
            "technician", "name", "role", "state", "starts_at", "ends_at", "en_route_at", "arrived_at",
            "done_at",
        )  # fmt: skip


class VisitOutput(Output):
    job = JobBrief()
    crew = CrewOutput(many=True)

    class Meta:
        model = Visit
        fields = (
            "uuid", "job", "sequence", "state", "window_start", "window_end", "minutes", "starts_at",
            "ends_at", "outcome", "outcome_note", "cancelled_because", "no_signature_because",
            "parts_confirmed", "version", "crew",
        )  # fmt: skip


class JobWhole(JobOutput):
    units = serializers.SerializerMethodField(help_text="The equipment it is about.")
    visits = VisitOutput(many=True, source="seen_visits")

    class Meta(JobOutput.Meta):
        fields = (*JobOutput.Meta.fields, "units", "visits")  # type: ignore[assignment]

    def get_units(self, job: Job) -> list[UUID]:
        """By uuid."""
        return [row.unit.uuid for row in job.units.all()]


class CheckOutput(Output):
    class Meta:
        model = VisitCheck
        fields = (
            "uuid",
            "position",
            "text",
            "kind",
            "unit",
            "is_required",
            "answer",
            "reading",
            "note",
            "answered_at",
        )


class PartUseOutput(Output):
    part = PartBrief()

    class Meta:
        model = PartUse
        fields = ("uuid", "part", "quantity", "was_short", "is_removed", "said_at")


class PhotoOutput(Output):
    class Meta:
        model = JobPhoto
        fields = (
            "uuid",
            "width",
            "height",
            "received_sha256",
            "caption",
            "author_name",
            "taken_at",
            "received_at",
        )


class SignatureOutput(Output):
    class Meta:
        model = Signature
        fields = ("uuid", "signer", "signed_at")


class VisitWhole(VisitOutput):
    checks = CheckOutput(many=True)
    parts = PartUseOutput(many=True, source="part_uses")
    photos = PhotoOutput(many=True)
    signature = SignatureOutput(default=None, allow_null=True)
    missing = serializers.SerializerMethodField(help_text="What completing still asks for, in sentences.")

    class Meta(VisitOutput.Meta):
        fields: Any = (
            *VisitOutput.Meta.fields, "checks", "parts", "photos", "signature", "missing",
        )  # fmt: skip

    def get_missing(self, visit: Visit) -> list[str]:
        """Nothing once the visit is over."""
        if visit.state not in VISIT_STATES.open():
            return []
        return [missing_sentence(item.key, item.detail) for item in what_is_missing(visit_facts(visit))]


class JobNoteOutput(Output):
    visit = serializers.UUIDField(source="visit.uuid", default=None, allow_null=True)

    class Meta:
        model = JobNote
        fields = ("uuid", "visit", "body", "author_name", "written_at")


class JobTypeOutput(Output):
    class Meta:
        model = JobType
        fields = (
            "code", "name", "minutes", "buffer_minutes", "default_priority", "needs_certificate",
            "needs_photo", "needs_signature", "is_active",
        )  # fmt: skip


class TechnicianOutput(Output):
    person = serializers.UUIDField(source="user.uuid")
    name = serializers.CharField(source="user.name")
    skills = serializers.SerializerMethodField()

    class Meta:
        model = Technician
        fields = ("uuid", "person", "name", "branch", "truck", "position", "is_active", "skills")

    def get_skills(self, technician: Technician) -> list[str]:
        """By name."""
        return sorted(held.skill.name for held in technician.skills.all())


def jobs_for(user: Any) -> QuerySet[Job]:
    """Jobs as a list shows them."""
    return Job.objects.visible_to(user).select_related(
        "customer", "site", "bill_to", "contact", "branch", "job_type"
    )


def whole_jobs_for(user: Any) -> QuerySet[Job]:
    """Jobs with their units and with the visits that the person sees."""
    seen = visits_for(user).order_by("sequence", "pk")
    return jobs_for(user).prefetch_related("units__unit", Prefetch("visits", seen, to_attr="seen_visits"))


def visits_for(user: Any) -> QuerySet[Visit]:
    """Visits with who comes."""
    standing = Assignment.objects.exclude(state=AssignmentState.RELEASED).select_related("technician__user")
    crew = Prefetch("assignments", standing.order_by("-role", "pk"), to_attr="crew")
    return Visit.objects.visible_to(user).select_related("job").prefetch_related(crew)


def whole_visits_for(user: Any) -> QuerySet[Visit]:
    """Visits with what was found, used and signed."""
    found = visits_for(user).select_related("job__job_type", "signature")
    return found.prefetch_related("checks", "part_uses__part", "photos")


def technicians_for(user: Any) -> QuerySet[Technician]:
    """Everybody whom the person sees; a technician sees themselves."""
    mine = Technician.objects.filter(user=user)
    rows = mine if allowed(user, May.WORK_VISITS) else Technician.objects.visible_to(user)
    return rows.select_related("user", "branch", "truck").prefetch_related("skills__skill")


class WindowInput(Input):
    """When we promise to arrive."""

    start = Instant()
    end = Instant()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Not over, and not so far away that it must be a slip."""
        instant = now()
        if attrs["end"] <= instant:
            raise serializers.ValidationError({"end": [_("That window has passed. Choose a later one.")]})
        if attrs["end"] <= attrs["start"]:
            raise serializers.ValidationError({"end": [_("The window must end after it begins.")]})
        if attrs["end"] - instant > FARTHEST:
            raise serializers.ValidationError({"end": [_("That is more than two years away.")]})
        return attrs


def as_window(given: dict[str, datetime] | None) -> tuple[datetime, datetime] | None:
    """What the actions take."""
    return (given["start"], given["end"]) if given else None
