"""Work in the admin; job types, checklists, skills, shifts and time off are set up here."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from fsm.admin_base import Deed, HouseAdmin, SetUpAdmin, SetUpForm, SetUpInline
from fsm.permissions import May

from .actions import cancel_job, close_job, reopen_job, resume_job, unschedule_visit
from .actions.setting_up import remove_checklist_item, remove_job_type_skill, remove_technician_skill
from .models import (
    Assignment,
    ChecklistItem,
    ChecklistTemplate,
    Job,
    JobNote,
    JobPhoto,
    JobType,
    JobTypeSkill,
    JobUnit,
    PartUse,
    Shift,
    Signature,
    Skill,
    Technician,
    TechnicianSkill,
    TimeOff,
    Visit,
    VisitCheck,
)

# What is set up -----------------------------------------------------------------------------------------


@admin.register(JobType)
class JobTypeAdmin(SetUpAdmin):
    """Kinds of work with what they usually take."""

    list_display = ("name", "code", "minutes", "default_priority", "checklist", "position", "is_active")
    list_filter = ("is_active", "needs_certificate", "needs_photo", "needs_signature")
    search_fields = ("name", "code")


@admin.register(JobTypeSkill)
class JobTypeSkillAdmin(SetUpAdmin):
    """Which skills a job type asks for."""

    words = ("skill",)
    list_display = ("job_type", "skill")
    search_fields = ("job_type__name", "skill__name")
    deeds = (
        Deed(
            "remove",
            _("Take these skills off their job types"),
            May.SET_UP,
            lambda row, ask: remove_job_type_skill(row.pk, because=ask.because),
            needs_reason=True,
        ),
    )


class ChecklistItemInline(SetUpInline):
    """The lines of a checklist."""

    model = ChecklistItem


@admin.register(ChecklistTemplate)
class ChecklistTemplateAdmin(SetUpAdmin):
    """Checklists: a visit copies the one of its job type when it is made."""

    list_display = ("name",)
    inlines = (ChecklistItemInline,)


@admin.register(ChecklistItem)
class ChecklistItemAdmin(SetUpAdmin):
    """The lines of all checklists."""

    list_display = ("text", "template", "position", "kind", "unit", "is_required")
    list_filter = ("kind", "is_required", "template")
    search_fields = ("text", "template__name")
    deeds = (
        Deed(
            "remove",
            _("Remove these lines from their checklists"),
            May.SET_UP,
            lambda row, ask: remove_checklist_item(row.pk, because=ask.because),
            needs_reason=True,
        ),
    )


@admin.register(Skill)
class SkillAdmin(SetUpAdmin):
    """What a technician may be able to do."""

    list_display = ("name",)


class ShiftForm(forms.ModelForm):  # type: ignore[type-arg]
    """The weekday by its name."""

    weekday = forms.TypedChoiceField(
        label=_("Weekday"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        widget=forms.Select(attrs={"aria-label": _("Weekday")}),
    )


class ShiftInline(SetUpInline):
    """When a technician usually works."""

    model = Shift
    form = ShiftForm
    extra = 0
    max_num = 7


@admin.register(Technician)
class TechnicianAdmin(SetUpAdmin):
    """The rows of the board: branch, truck and place on it. Made and ended with the person."""

    words = ("user",)
    list_display = ("user", "branch", "truck", "position", "is_active")
    list_filter = ("branch", "is_active")
    search_fields = ("user__name", "truck__name")
    readonly_fields = ("user", "is_active")
    inlines = (ShiftInline,)

    def has_add_permission(self, request: object) -> bool:
        """A person with the technician's role has a row by itself."""
        return False


@admin.register(TechnicianSkill)
class TechnicianSkillAdmin(SetUpAdmin):
    """Who can do what."""

    within = "technician"
    words = ("skill",)
    list_display = ("technician", "skill")
    list_filter = ("skill",)
    search_fields = ("technician__user__name", "skill__name")
    deeds = (
        Deed(
            "remove",
            _("Take these skills off their technicians"),
            May.SET_UP,
            lambda row, ask: remove_technician_skill(row.pk, because=ask.because),
            needs_reason=True,
        ),
    )


class ShiftWithReason(ShiftForm, SetUpForm):
    """A shift alone."""


@admin.register(Shift)
class ShiftAdmin(SetUpAdmin):
    """When technicians usually work."""

    form = ShiftWithReason
    within = "technician"
    list_display = ("technician", "day", "starts", "ends")
    list_filter = ("weekday",)
    search_fields = ("technician__user__name",)

    @admin.display(description=_("weekday"), ordering="weekday")
    def day(self, row: Shift) -> str:
        """Monday is 0."""
        return str(WEEKDAYS[row.weekday])


@admin.register(TimeOff)
class TimeOffAdmin(SetUpAdmin):
    """When technicians are away."""

    within = "technician"
    list_display = ("technician", "starts_at", "ends_at", "reason")
    search_fields = ("technician__user__name", "reason")
    date_hierarchy = "starts_at"


# What is done -------------------------------------------------------------------------------------------


@admin.register(Job)
class JobAdmin(HouseAdmin):
    """Changed on the job's page."""

    list_display = ("number", "state", "customer", "site", "job_type", "priority", "created_at")
    list_filter = ("state", "priority", "branch", "job_type")
    search_fields = ("number", "summary", "customer__name", "site__street")
    date_hierarchy = "created_at"
    deeds = (
        Deed(
            "cancel",
            _("Cancel these jobs"),
            May.CANCEL_JOBS,
            lambda row, ask: cancel_job(row.pk, because=ask.because, now=ask.now),
            needs_reason=True,
        ),
        Deed(
            "resume",
            _("Take these jobs off hold"),
            May.MOVE_VISITS,
            lambda row, ask: resume_job(row.pk, now=ask.now),
        ),
        Deed(
            "close",
            _("Close these jobs"),
            May.COMPLETE_FOR_OTHERS,
            lambda row, ask: close_job(row.pk, now=ask.now),
        ),
        Deed(
            "reopen",
            _("Reopen these jobs"),
            May.COMPLETE_FOR_OTHERS,
            lambda row, ask: reopen_job(row.pk, because=ask.because, now=ask.now),
            needs_reason=True,
        ),
    )


@admin.register(JobUnit)
class JobUnitAdmin(HouseAdmin):
    """Which units a job is about."""

    within = "job"
    words = ("unit",)
    list_display = ("job", "unit")
    search_fields = ("job__number",)


@admin.register(Visit)
class VisitAdmin(HouseAdmin):
    """Planned on the board."""

    words = ("job",)
    list_display = ("__str__", "state", "window_start", "starts_at", "ends_at", "outcome")
    list_filter = ("state", "outcome")
    search_fields = ("job__number", "job__summary")
    date_hierarchy = "starts_at"
    deeds = (
        Deed(
            "unschedule",
            _("Put these visits back into the tray"),
            May.MOVE_VISITS,
            lambda row, ask: unschedule_visit(row.pk, version=row.version, now=ask.now, because=ask.because),
        ),
    )


@admin.register(Assignment)
class AssignmentAdmin(HouseAdmin):
    """Who comes, with planned and actual times."""

    within = "visit"
    words = ("technician__user",)
    list_display = ("visit", "technician", "role", "state", "starts_at", "ends_at", "arrived_at", "done_at")
    list_filter = ("state", "role")
    search_fields = ("visit__job__number", "technician__user__name")
    date_hierarchy = "starts_at"


@admin.register(VisitCheck)
class VisitCheckAdmin(HouseAdmin):
    """What was found on a visit."""

    within = "visit"
    list_display = ("text", "visit", "answer", "reading", "unit", "answered_at")
    list_filter = ("answer",)
    search_fields = ("text", "visit__job__number")


@admin.register(JobNote)
class JobNoteAdmin(HouseAdmin):
    """What was written about jobs."""

    list_display = ("__str__", "job", "author_name", "written_at")
    search_fields = ("body", "job__number")


@admin.register(JobPhoto)
class JobPhotoAdmin(HouseAdmin):
    """Photos, as facts; the job's page shows them."""

    list_display = ("__str__", "job", "visit", "author_name", "taken_at", "received_at")
    search_fields = ("caption", "job__number")


@admin.register(Signature)
class SignatureAdmin(HouseAdmin):
    """Who signed, and when."""

    list_display = ("signer", "job", "visit", "signed_at")
    search_fields = ("signer", "job__number")


@admin.register(PartUse)
class PartUseAdmin(HouseAdmin):
    """Parts used on visits."""

    words = ("part",)
    list_display = ("part", "quantity", "place", "visit", "was_short", "is_removed", "said_at")
    list_filter = ("was_short", "is_removed")
    search_fields = ("part__number", "part__name", "job__number")
