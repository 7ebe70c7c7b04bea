"""What the office can do to a job: each asks in a dialog (without scripts on a page) and calls one action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fsm.clock import local, now
from fsm.permissions import May, requires
from fsm.states import NotPossible, Stale
from fsm.web.pages import fragment, render_page

from .. import actions
from ..board import technicians_of
from ..job_lines import when
from ..models import Job, JobPhoto, Priority, Signature, Technician, Visit
from ..states import AssignmentState
from .board import PlaceForm
from .job_forms import (
    CompleteForm,
    EditJobForm,
    HoldForm,
    NoteForm,
    NothingForm,
    ReasonForm,
    VisitForm,
    WindowForm,
    refuse,
)

asks = require_http_methods(["GET", "HEAD", "POST"])


@dataclass
class Deed:
    """One thing to do: the words of its dialog, the form it needs and the action it calls."""

    job: Job
    title: str
    button: str
    done: str
    do: Callable[[Any], object]
    form: Any
    text: str = ""
    danger: bool = False
    columns: str = ""
    theirs: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    version_now: Callable[[], int] | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    stays: bool = False  # the dialog leads back to the page it was opened on


def _answer(request: HttpRequest, deed: Deed) -> HttpResponse:
    """Ask on GET; do on POST and go back to the job; ask again, with what was typed, where it was refused."""
    status = 200
    if request.method == "POST":
        status = 422
        if deed.form.is_valid():
            try:
                deed.do(deed.form)
            except Stale as refusal:
                status = 409
                deed.shown = deed.theirs(refusal.theirs)
                _renew(deed)
                refuse(deed.form, refusal)
            except NotPossible as refusal:
                status = 409
                refuse(deed.form, refusal)
            else:
                messages.success(request, deed.done)
                return _back(request, deed.job, stays=deed.stays)
    context = {"deed": deed, "job": deed.job, "form": deed.form}
    if getattr(request, "htmx", False):
        return fragment(request, "dispatch/_job_deed.html", context, status=status)
    return render_page(request, "dispatch/job_deed.html", context, status=status)


def _renew(deed: Deed) -> None:
    """Pressing again, having seen what stands there now, replaces it."""
    if deed.version_now is not None:
        deed.form.data = deed.form.data.copy()
        deed.form.data["version"] = deed.version_now()


def _back(request: HttpRequest, job: Job, *, stays: bool = False) -> HttpResponse:
    url = reverse("dispatch:job", args=[job.uuid])
    if stays and getattr(request, "htmx", False):
        url = request.htmx.current_url_abs_path or url  # type: ignore[attr-defined]
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _job(request: HttpRequest, job_uuid: UUID) -> Job:
    return get_object_or_404(
        Job.objects.visible_to(request.user).select_related("customer", "site", "job_type"), uuid=job_uuid
    )


def _visit(request: HttpRequest, visit_uuid: UUID) -> Visit:
    return get_object_or_404(
        Visit.objects.visible_to(request.user).select_related("job__customer", "job__site", "job__job_type"),
        uuid=visit_uuid,
    )


def _typed(request: HttpRequest) -> dict[str, Any]:
    return {"data": request.POST, "files": request.FILES} if request.method == "POST" else {}


@asks
@requires(May.BOOK_JOBS)
def edit_job(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """Change what was noted at booking."""
    job = _job(request, job_uuid)
    form = EditJobForm(job, **_typed(request))

    def theirs(stands: Mapping[str, Any]) -> dict[str, Any]:
        contacts = {contact.pk: contact.name for contact in form.contacts}
        words = {
            "priority": str(Priority(stands["priority"]).label),
            "contact_id": contacts.get(stands["contact_id"], ""),
        }
        return {
            str(form.fields[name.removesuffix("_id")].label): words.get(name, str(value))
            for name, value in stands.items()
            if name.removesuffix("_id") in form.fields
        }

    return _answer(
        request,
        Deed(
            job,
            title=_("Change job %(job)s") % {"job": job.number},
            button=_("Save"),
            done=_("Job %(job)s is changed.") % {"job": job.number},
            form=form,
            do=lambda form: actions.edit_job(job.pk, now=now(), **form.changes()),
            theirs=theirs,
            version_now=lambda: Job.objects.values_list("version", flat=True).get(pk=job.pk),
        ),
    )


@asks
@requires(May.BOOK_JOBS)
def add_visit(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """One more visit, into the tray."""
    job = _job(request, job_uuid)

    def do(form: VisitForm) -> None:
        arrival = form.cleaned_data["arrival"]
        actions.add_visit(
            job.pk,
            uuid=form.cleaned_data["once"],
            window=(arrival.start, arrival.end) if arrival else None,
            minutes=form.cleaned_data["minutes"],
            now=now(),
        )

    return _answer(
        request,
        Deed(
            job,
            title=_("Add a visit to job %(job)s") % {"job": job.number},
            text=_("It goes to the board's tray and waits there for a technician and a time."),
            button=_("Add the visit"),
            done=_("The visit is in the tray."),
            form=VisitForm(job.site.time_zone, **_typed(request)),
            do=do,
            columns="two",
        ),
    )


@asks
@requires(May.MOVE_VISITS)
def reschedule_visit(request: HttpRequest, visit_uuid: UUID) -> HttpResponse:
    """Give a visit another day, time or technician from wherever it is shown."""
    visit = _visit(request, visit_uuid)
    zone, branch = visit.job.branch.time_zone, visit.job.branch
    crew = visit.assignments.exclude(state=AssignmentState.RELEASED).order_by("-role", "pk")
    holder = crew.values_list("technician__uuid", flat=True).first()
    starts = local(visit.starts_at or visit.window_start or now(), zone)
    initial = {
        "technician": holder,
        "from_technician": holder,
        "day": starts.date(),
        "time": starts.time(),
        "minutes": visit.minutes,
        "version": visit.version,
    }
    typed = request.POST if request.method == "POST" else None
    form = PlaceForm(typed, zone=zone, technicians=technicians_of(request.user, branch), initial=initial)

    def do(form: PlaceForm) -> None:
        wanted = form.cleaned_data
        named = [str(wanted[name]) for name in ("technician", "from_technician") if wanted[name]]
        rows = Technician.objects.visible_to(request.user).filter(uuid__in=named)
        people = {str(unique): pk for unique, pk in rows.values_list("uuid", "pk")}
        placed = actions.place_visit(
            visit.pk,
            technician_id=people[str(wanted["technician"])],
            starts_at=wanted["starts"],
            ends_at=wanted["ends"],
            version=wanted["version"],
            now=now(),
            from_technician_id=people.get(str(wanted["from_technician"])),
        )
        for warning in placed.warnings:
            messages.warning(request, warning)

    def theirs(stands: Mapping[str, Any]) -> dict[str, Any]:
        at = stands.get("starts_at")
        when_words = (
            f"{date_format(local(at, zone), 'D, M j')}, {local(at, zone):%H:%M}" if at else _("no time")
        )
        return {_("Technician"): stands.get("technicians") or _("nobody"), _("Planned"): when_words}

    return _answer(
        request,
        Deed(
            visit.job,
            title=_("Reschedule %(visit)s") % {"visit": visit},
            button=_("Reschedule"),
            done=_("The visit has its place."),
            form=form,
            do=do,
            columns="two",
            theirs=theirs,
            version_now=lambda: Visit.objects.values_list("version", flat=True).get(pk=visit.pk),
            stays=True,
        ),
    )


@asks
@requires(May.BOOK_JOBS)
def change_window(request: HttpRequest, visit_uuid: UUID) -> HttpResponse:
    """Promise the customer another arrival window."""
    visit = _visit(request, visit_uuid)
    zone = visit.job.site.time_zone

    def do(form: WindowForm) -> None:
        arrival = form.cleaned_data["arrival"]
        actions.change_window(
            visit.pk, window=(arrival.start, arrival.end), version=form.cleaned_data["version"], now=now()
        )

    return _answer(
        request,
        Deed(
            visit.job,
            title=_("Change the arrival window of %(visit)s") % {"visit": visit},
            text=_("The planned time on the board stays where it is; move it there if need be."),
            button=_("Change the window"),
            done=_("The arrival window is changed."),
            form=WindowForm(visit, zone, **_typed(request)),
            do=do,
            columns="two",
            theirs=lambda stands: {_("Arrival window"): _window_words(visit, stands, zone)},
            version_now=lambda: Visit.objects.values_list("version", flat=True).get(pk=visit.pk),
        ),
    )


def _window_words(visit: Visit, stands: Mapping[str, Any], zone: str) -> str:
    visit.window_start, visit.window_end = stands.get("window_start"), stands.get("window_end")
    return when(visit, zone, now())


@asks
@requires(May.CANCEL_JOBS)
def cancel_job(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """End a job that will not be done."""
    job = _job(request, job_uuid)
    return _answer(
        request,
        Deed(
            job,
            title=_("Cancel job %(job)s") % {"job": job.number},
            text=_("Its visits leave the board and its technicians are free. This cannot be undone."),
            button=_("Cancel the job"),
            danger=True,
            done=_("Job %(job)s is cancelled.") % {"job": job.number},
            form=ReasonForm(**_typed(request)),
            do=lambda form: actions.cancel_job(job.pk, because=form.cleaned_data["because"], now=now()),
        ),
    )


@asks
@requires(May.MOVE_VISITS)
def hold_job(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """Wait for parts, the customer or an approval."""
    job = _job(request, job_uuid)
    return _answer(
        request,
        Deed(
            job,
            title=_("Put job %(job)s on hold") % {"job": job.number},
            text=_("It comes back to the list on the day you choose."),
            button=_("Put on hold"),
            done=_("Job %(job)s is on hold.") % {"job": job.number},
            form=HoldForm(**_typed(request)),
            do=lambda form: actions.hold_job(job.pk, **form.cleaned_data, now=now()),
        ),
    )


@asks
@requires(May.MOVE_VISITS)
def resume_job(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """Take a job off hold."""
    job = _job(request, job_uuid)
    return _answer(
        request,
        Deed(
            job,
            title=_("Take job %(job)s off hold") % {"job": job.number},
            text=_("It waited because: %(why)s") % {"why": job.hold_reason} if job.hold_reason else "",
            button=_("Go on with the job"),
            done=_("Job %(job)s goes on.") % {"job": job.number},
            form=NothingForm(**_typed(request)),
            do=lambda form: actions.resume_job(job.pk, now=now()),
        ),
    )


@asks
@requires(May.COMPLETE_FOR_OTHERS)
def close_job(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """The completion was reviewed."""
    job = _job(request, job_uuid)
    return _answer(
        request,
        Deed(
            job,
            title=_("Close job %(job)s") % {"job": job.number},
            text=_("The work was reviewed and nothing more happens. It can be reopened with a reason."),
            button=_("Close the job"),
            done=_("Job %(job)s is closed.") % {"job": job.number},
            form=NothingForm(**_typed(request)),
            do=lambda form: actions.close_job(job.pk, now=now()),
        ),
    )


@asks
@requires(May.COMPLETE_FOR_OTHERS)
def reopen_job(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """More work is needed on a job that was complete."""
    job = _job(request, job_uuid)
    return _answer(
        request,
        Deed(
            job,
            title=_("Reopen job %(job)s") % {"job": job.number},
            text=_("Add a visit next. An invoice that was issued stays as it is."),
            button=_("Reopen the job"),
            done=_("Job %(job)s is open again.") % {"job": job.number},
            form=ReasonForm(**_typed(request)),
            do=lambda form: actions.reopen_job(job.pk, because=form.cleaned_data["because"], now=now()),
        ),
    )


@asks
@requires(May.BOOK_JOBS)
def write_note(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """Add a note to the job."""
    job = _job(request, job_uuid)

    def do(form: NoteForm) -> None:
        actions.write_note(job.pk, body=form.cleaned_data["body"], uuid=form.cleaned_data["once"], now=now())

    return _answer(
        request,
        Deed(
            job,
            title=_("Write a note on job %(job)s") % {"job": job.number},
            text=_("The technician sees it too. Notes are kept as they were written."),
            button=_("Write the note"),
            done=_("The note is on the job."),
            form=NoteForm(**_typed(request)),
            do=do,
        ),
    )


@asks
@requires(May.COMPLETE_FOR_OTHERS)
def complete_on_behalf(request: HttpRequest, visit_uuid: UUID) -> HttpResponse:
    """Complete a visit for its technicians, in the office's name."""
    visit = _visit(request, visit_uuid)
    kind = visit.job.job_type
    open_checks = [check for check in visit.checks.all() if not check.is_answered]
    form = CompleteForm(
        open_checks,
        needs_signature=kind.needs_signature and not Signature.objects.filter(visit=visit).exists(),
        needs_photo=kind.needs_photo and not JobPhoto.objects.filter(visit=visit).exists(),
        **_typed(request),
    )
    return _answer(
        request,
        Deed(
            visit.job,
            title=_("Complete %(visit)s for the technician") % {"visit": visit},
            text=_("The same is asked as on the phone. The record says that you did it, now."),
            button=_("Complete the visit"),
            done=_("Visit %(visit)s is complete.") % {"visit": visit},
            form=form,
            do=lambda form: actions.complete_on_behalf(visit.pk, **form.completion(), now=now()),
        ),
    )
