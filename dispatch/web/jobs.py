"""The list of jobs, and one job whole."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from fsm.clock import local, now
from fsm.files import serve_private
from fsm.panels import panels_for
from fsm.permissions import May, requires
from fsm.templatetags.ui import pill, state
from fsm.web.context import prepare
from fsm.web.pages import render_page
from fsm.web.recent import remember_opened
from fsm.web.tables import Column, Table

from ..job_lines import JobLine, line
from ..job_page import job_whole
from ..models import Job, JobPhoto, Priority, Signature
from ..states import JobState
from .job_filters import UNFINISHED, JobFilter

# The lists that people open most, one press away.
SHORTCUTS = [
    ("", gettext_lazy("All")),
    (UNFINISHED, gettext_lazy("Open")),
    (JobState.BOOKED, gettext_lazy("To schedule")),
    (JobState.ON_HOLD, gettext_lazy("On hold")),
    (JobState.WORK_COMPLETE, gettext_lazy("To review")),
]


@require_GET
@requires(May.SEE_JOBS)
def jobs(request: HttpRequest) -> HttpResponse:
    """Every job this person may see: searched, narrowed, sorted, in pages."""
    table = Table(
        request,
        Job.objects.visible_to(request.user).for_lines(),
        _columns(several_branches=prepare(request).several_branches),
        url=lambda job: reverse("dispatch:job", args=[job.uuid]),
        filterset=JobFilter,
        search=lambda found, query: found.matching(query),  # type: ignore[attr-defined]
        search_label=_("Number, PO, customer, address or what is wrong"),
        default_sort="-number",
        empty_title=_("No jobs yet"),
        empty_text=_("A job begins with a call: book one, and it appears here and in the board's tray."),
    )
    chosen = request.GET.get("state", "")
    context = {"table": table, "shortcuts": [(value, label, value == chosen) for value, label in SHORTCUTS]}
    return render_page(request, "dispatch/jobs.html", context)


def _columns(*, several_branches: bool) -> list[Column]:
    instant = now()
    seen: dict[int, JobLine] = {}

    def line_of(job: Any) -> JobLine:
        if job.pk not in seen:
            seen[job.pk] = line(job, instant)
        return seen[job.pk]

    columns = [
        Column("number", _("Job"), lambda job: job.number, ("created_at", "pk")),
        Column("state", _("State"), lambda job: state(job.state, job.get_state_display()), ("state",)),
        Column("customer", _("Customer"), lambda job: job.customer.name, ("customer__name",)),
        Column(
            "where",
            _("Where"),
            lambda job: _two(job.site.street, job.site.city),
            ("site__city", "site__street"),
        ),
        Column("what", _("What"), lambda job: _two(job.job_type.name, job.summary), ("job_type__name",)),
        Column("priority", _("How soon"), _priority, ("priority",)),
        Column("when", _("Visit"), lambda job: _visit(line_of(job))),
        Column("booked", _("Booked"), lambda job: _day(job), ("created_at",)),
    ]
    if several_branches:
        columns.append(Column("branch", _("Branch"), lambda job: job.branch.name, ("branch__name",)))
    return columns


def _two(first: str, second: str) -> Any:
    return format_html(
        '<span class="pair"><span>{}</span><small class="muted">{}</small></span>', first, second
    )


def _whole(words: str) -> Any:
    """Words that stay on one line; nothing stays nothing."""
    return format_html('<span class="nowrap">{}</span>', words) if words else ""


def _priority(job: Job) -> Any:
    if job.priority > Priority.URGENT:
        return job.get_priority_display()
    return pill(
        job.get_priority_display(), "red" if job.priority == Priority.EMERGENCY else "amber", "warning"
    )


def _visit(shown: JobLine) -> Any:
    return format_html(
        '<span class="pair nowrap"><span class="{}">{}</span><small class="muted">{}</small></span>',
        "late" if shown.is_overdue else "",
        shown.when or "–",  # noqa: RUF001
        shown.who,
    )


def _day(job: Job) -> Any:
    booked = local(job.created_at, job.site.time_zone)
    is_old = (now() - job.created_at).days > 300
    return _whole(date_format(booked, "M j, Y" if is_old else "M j"))


@require_GET
@requires(May.SEE_JOBS)
def job(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """One job: where it stands, what may follow, its visits and everything that was found and said."""
    row = get_object_or_404(
        Job.objects.visible_to(request.user)
        .select_related("customer", "site", "contact", "bill_to", "branch", "job_type")
        .prefetch_related("contact__phones"),
        uuid=job_uuid,
    )
    whole = job_whole(row, now())
    context = {"whole": whole, "job": row, "zone": whole.zone, "panels": panels_for("job", row, request.user)}
    remember_opened(request, row, detail=row.customer.name)
    return render_page(request, "dispatch/job.html", context)


@require_GET
@requires(May.SIGN_IN)
def photo(request: HttpRequest, photo_uuid: UUID) -> HttpResponseBase:
    """A job's photo, for whoever may see the job."""
    row = get_object_or_404(JobPhoto.objects.visible_to(request.user), uuid=photo_uuid)
    return serve_private(request, row.file)


@require_GET
@requires(May.SIGN_IN)
def signature(request: HttpRequest, signature_uuid: UUID) -> HttpResponseBase:
    """A customer's signature, for whoever may see the job."""
    row = get_object_or_404(Signature.objects.visible_to(request.user), uuid=signature_uuid)
    return serve_private(request, row.file)
