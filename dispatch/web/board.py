"""The dispatcher's board: a day's page, the parts it fetches again, and one address for each change."""

from __future__ import annotations

import uuid as uuids
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from customers.approvers import who_approves
from customers.models import PhoneNumber
from customers.phones import format_us
from fsm.clock import at, local, now, today_in
from fsm.models import Branch
from fsm.permissions import May, requires
from fsm.states import NotPossible, Stale
from fsm.web.context import prepare
from fsm.web.pages import fragment, render_page

from .. import actions
from ..actions.planning import MOVABLE
from ..board import Day, day_of, holders_of, read_board, read_rows, read_tray, technicians_of
from ..models import Assignment, Job, JobNote, Technician, Visit
from ..states import JOB_STATES, UNDER_WAY, AssignmentState, JobState, VisitState
from ..windows import in_words

STEP = 5  # minutes
LONGEST = 16 * 60


class DayForm(forms.Form):
    """Which day of which branch; what cannot be read counts as not said."""

    day = forms.DateField(required=False)
    branch = forms.UUIDField(required=False)


class PlaceForm(forms.Form):
    """Where a visit goes: instants from a drag, or a day, a time and minutes on the branch's wall clock."""

    technician = forms.ChoiceField(label=gettext_lazy("Technician"))
    day = forms.DateField(
        label=gettext_lazy("Day"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    time = forms.TimeField(
        label=gettext_lazy("Starts"),
        required=False,
        widget=forms.TimeInput({"type": "time", "step": STEP * 60}, "%H:%M"),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        required=False,
        min_value=STEP,
        max_value=LONGEST,
        widget=forms.NumberInput({"step": STEP, "inputmode": "numeric"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    from_technician = forms.UUIDField(required=False, widget=forms.HiddenInput)
    starts = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    ends = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, zone: str, technicians: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.names = zone, dict(technicians)
        chooser = self.fields["technician"]
        assert isinstance(chooser, forms.ChoiceField)  # noqa: S101 (for the type checker)
        chooser.choices = technicians

    def clean(self) -> dict[str, Any]:
        """Always ends with `starts` and `ends`, or with what is missing."""
        cleaned = self.cleaned_data
        if not (cleaned.get("starts") and cleaned.get("ends")):
            for name in ("day", "time", "minutes"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, _("Say when: the day, the time and how long."))
            if not self.errors:
                cleaned["starts"] = at(self.zone, cleaned["day"], cleaned["time"])
                cleaned["ends"] = cleaned["starts"] + timedelta(minutes=cleaned["minutes"])
        return cleaned


class VersionForm(forms.Form):
    """Which version of the visit the person looked at, and whom a change of the crew is about."""

    version = forms.IntegerField()
    technician = forms.UUIDField(required=False)


@require_GET
@requires(May.SEE_BOARD)
def board(request: HttpRequest) -> HttpResponse:
    """A day: technicians as rows, time across, and the tray."""
    day, branches = _shown(request)
    technicians = technicians_of(request.user, day.branch)
    context = {
        "board": read_board(request.user, day, prepare(request).company),
        "branches": branches if len(branches) > 1 else [],
        "form": PlaceForm(zone=day.zone, technicians=technicians, auto_id="move_%s"),
        "day_title": date_format(day.date, "l, F j"),
        "previous": day.date - timedelta(days=1),
        "next": day.date + timedelta(days=1),
    }
    return render_page(request, "dispatch/board.html", context | _links(day))


@require_GET
@requires(May.SEE_BOARD)
def board_rows(request: HttpRequest) -> HttpResponse:
    """Fresh rows and the tray: those that hold the visits asked for or are named, else all."""
    day, _branches = _shown(request)
    visits, rows = (_uuids(request.GET.getlist(name)) for name in ("visit", "row"))
    only = holders_of(visits) | set(rows) if visits or rows else None
    return _fresh(request, day, only)


@require_GET
@requires(May.SEE_BOARD)
def board_visit(request: HttpRequest, visit_uuid: uuids.UUID) -> HttpResponse:
    """What a dispatcher wants to know of one visit, as the board's side panel or as a page of its own."""
    visit = _visit(request, visit_uuid)
    day = _day_of_visit(request, visit)
    return _details(request, visit, day, _form_for(request, visit, day))


@require_POST
@requires(May.MOVE_VISITS)
def place_visit(request: HttpRequest, visit_uuid: uuids.UUID) -> HttpResponse:
    """Give a visit a technician and a time: by a drag, a resize, the keyboard or the dialog."""
    moving = Visit.objects.visible_to(request.user).select_related("job__branch")
    visit = get_object_or_404(moving, uuid=visit_uuid)
    day = _day_of_visit(request, visit)
    form = _form_for(request, visit, day, request.POST)
    if not form.is_valid():
        return _details(request, _visit(request, visit_uuid), day, form, status=422)
    wanted = form.cleaned_data
    people = _pks(request, [wanted["technician"], wanted["from_technician"]])
    before = holders_of([visit.uuid])
    try:
        placed = actions.place_visit(
            visit.pk,
            technician_id=people[str(wanted["technician"])],
            starts_at=wanted["starts"],
            ends_at=wanted["ends"],
            version=wanted["version"],
            now=now(),
            from_technician_id=people.get(str(wanted["from_technician"])),
        )
    except NotPossible as refusal:
        return _refused(request, visit, day, form, refusal)
    return _done(request, day, visit, before, _("The visit has its place."), placed.warnings)


@require_POST
@requires(May.MOVE_VISITS)
def unschedule_visit(request: HttpRequest, visit_uuid: uuids.UUID) -> HttpResponse:
    """Back into the tray."""
    visit, day, form = _asked(request, visit_uuid)
    before = holders_of([visit.uuid])
    try:
        actions.unschedule_visit(visit.pk, version=form.cleaned_data["version"], now=now())
    except NotPossible as refusal:
        return _refused(request, visit, day, _form_for(request, visit, day), refusal)
    return _done(request, day, visit, before, _("The visit waits in the tray."))


@require_POST
@requires(May.MOVE_VISITS)
def add_technician(request: HttpRequest, visit_uuid: uuids.UUID) -> HttpResponse:
    """One more person on the visit."""
    visit, day, form = _asked(request, visit_uuid)
    try:
        placed = actions.add_technician(
            visit.pk, technician_id=_person(request, form), version=form.cleaned_data["version"], now=now()
        )
    except NotPossible as refusal:
        return _refused(request, visit, day, _form_for(request, visit, day), refusal)
    return _done(request, day, visit, set(), _("The technician goes along."), placed.warnings)


@require_POST
@requires(May.MOVE_VISITS)
def release_technician(request: HttpRequest, visit_uuid: uuids.UUID) -> HttpResponse:
    """One person fewer on the visit."""
    visit, day, form = _asked(request, visit_uuid)
    before = holders_of([visit.uuid])
    try:
        actions.release_technician(
            visit.pk, technician_id=_person(request, form), version=form.cleaned_data["version"], now=now()
        )
    except NotPossible as refusal:
        return _refused(request, visit, day, _form_for(request, visit, day), refusal)
    return _done(request, day, visit, before, _("The technician is free again."))


# What the views share -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody on a visit, as the panel shows them."""

    uuid: uuids.UUID
    name: str
    role: str
    state: str
    state_label: str
    is_free: bool


def _shown(request: HttpRequest) -> tuple[Day, list[Branch]]:
    """The day and branch that the address names, else today in the person's first branch."""
    form = DayForm(request.GET)
    form.is_valid()
    branches = list(Branch.objects.visible_to(request.user).filter(is_active=True).order_by("pk"))
    wanted = form.cleaned_data.get("branch")
    chosen = next((branch for branch in branches if branch.uuid == wanted), None) if wanted else None
    if chosen is None and (wanted or not branches):
        raise Http404
    return day_of(chosen or branches[0], form.cleaned_data.get("day"), now()), branches


def _visit(request: HttpRequest, visit_uuid: uuids.UUID) -> Visit:
    visits = Visit.objects.visible_to(request.user).select_related(
        "job__customer", "job__site", "job__job_type", "job__contact", "job__branch"
    )
    return get_object_or_404(visits, uuid=visit_uuid)


def _day_of_visit(request: HttpRequest, visit: Visit) -> Day:
    """The board's day that the person looks at; without one in the address, the visit's own."""
    if request.GET.get("day"):
        return _shown(request)[0]
    branch = visit.job.branch
    planned = visit.starts_at or visit.window_start
    return day_of(branch, local(planned, branch.time_zone).date() if planned else None, now())


def _asked(request: HttpRequest, visit_uuid: uuids.UUID) -> tuple[Visit, Day, VersionForm]:
    visit = _visit(request, visit_uuid)
    form = VersionForm(request.POST)
    if not form.is_valid():
        raise NotPossible(_("Load the page again: it did not say which version of the visit it showed."))
    return visit, _day_of_visit(request, visit), form


def _person(request: HttpRequest, form: VersionForm) -> int:
    wanted = str(form.cleaned_data["technician"])
    found = _pks(request, [wanted])
    if wanted not in found:
        raise Http404
    return found[wanted]


def _pks(request: HttpRequest, uuid_texts: list[Any]) -> dict[str, int]:
    """The keys of technicians the person may see, by the text of their uuid."""
    wanted = [text for text in uuid_texts if text]
    rows = Technician.objects.visible_to(request.user).filter(uuid__in=wanted)
    return {str(unique): pk for unique, pk in rows.values_list("uuid", "pk")}


def _uuids(texts: list[str]) -> list[uuids.UUID]:
    """The uuids among the texts; a bad one is no reason to fail a refresh."""
    found = []
    for text in texts:
        try:
            found.append(uuids.UUID(text))
        except ValueError:
            continue
    return found


def _form_for(request: HttpRequest, visit: Visit, day: Day, data: Any = None) -> PlaceForm:
    """The form of the move, filled with where the visit stands or would go first."""
    assigned = (
        Assignment.objects.filter(visit=visit).exclude(state=AssignmentState.RELEASED).order_by("-role", "pk")
    )
    holder = assigned.values_list("technician__uuid", flat=True).first() if data is None else None
    starts = local(visit.starts_at or visit.window_start or day.now, day.zone)
    return PlaceForm(
        data,
        zone=day.zone,
        technicians=technicians_of(request.user, day.branch),
        initial={
            "technician": holder,
            "from_technician": holder,
            "day": starts.date(),
            "time": starts.time(),
            "minutes": visit.minutes,
            "version": visit.version,
        },
    )


def _details(
    request: HttpRequest, visit: Visit, day: Day, form: PlaceForm, *, status: int = 200, refusal: str = ""
) -> HttpResponse:
    """The side panel for the board's script, a page with the form of the move for everybody else."""
    job = visit.job
    crew = _crew(visit)
    context = {
        "visit": visit,
        "job": job,
        "form": form,
        "refusal": refusal,
        "crew": crew,
        "phones": _phones(job),
        "units": [row.unit for row in job.units.select_related("unit__maker")],
        "approvers": who_approves(job.site_id, on=today_in(job.site.time_zone, now())),
        "notes": list(JobNote.objects.filter(job=job).order_by("-written_at")[:3]),
        "planned": _in_words(visit.starts_at, visit.ends_at, day.zone),
        "window": _in_words(visit.window_start, visit.window_end, day.zone),
        "is_movable": visit.state in MOVABLE,
        "takes_crew": visit.starts_at is not None and visit.state in (*MOVABLE, *UNDER_WAY),
        "is_cancellable": JOB_STATES.allows(job.state, JobState.CANCELLED),
        "is_placed": visit.state != VisitState.UNSCHEDULED,
        "others": [
            choice
            for choice in technicians_of(request.user, day.branch)
            if choice[0] not in {str(person.uuid) for person in crew}
        ],
    } | _links(day)
    template = "dispatch/_visit_panel.html" if _by_script(request) else "dispatch/visit_on_board.html"
    return render_page(request, template, context, status=status)


def _crew(visit: Visit) -> list[Person]:
    rows = Assignment.objects.filter(visit=visit).exclude(state=AssignmentState.RELEASED)
    return [
        Person(
            row.technician.uuid,
            str(row.technician),
            row.get_role_display(),
            row.state,
            row.get_state_display(),
            row.state == AssignmentState.ASSIGNED,
        )
        for row in rows.select_related("technician__user").order_by("-role", "pk")
    ]


def _phones(job: Job) -> list[dict[str, str]]:
    """Whom to call: the job's contact, else the customer's first."""
    numbers = PhoneNumber.objects.select_related("contact").order_by(
        "-contact__is_primary", "-is_primary", "pk"
    )
    numbers = (
        numbers.filter(contact=job.contact_id)
        if job.contact_id
        else numbers.filter(contact__customer=job.customer_id, contact__is_active=True)
    )
    return [
        {
            "name": phone.contact.name,
            "label": phone.label,
            "number": phone.e164,
            "text": format_us(phone.e164),
        }
        for phone in numbers.order_by("-contact__is_primary", "-is_primary", "pk")[:3]
    ]


def _in_words(start: datetime | None, end: datetime | None, zone: str) -> str:
    if start is None or end is None:
        return ""
    return f"{date_format(local(start, zone), 'D M j')}, {in_words(start, end, zone)}"


def _links(day: Day) -> dict[str, Any]:
    """How the page's own requests say which day and branch it shows."""
    shown = urlencode({"day": day.date.isoformat(), "branch": str(day.branch.uuid)})
    return {"day": day, "shown": shown, "board_url": f"{reverse('dispatch:board')}?{shown}"}


def _by_script(request: HttpRequest) -> bool:
    """Whether the board's own script asks: it speaks like htmx."""
    return bool(getattr(request, "htmx", False))


def _fresh(
    request: HttpRequest, day: Day, only: set[uuids.UUID] | None, notes: list[str] | None = None
) -> HttpResponse:
    context = {
        "rows": read_rows(request.user, day, only),
        "tray": read_tray(request.user, day),
        "notes": notes or [],
    } | _links(day)
    return fragment(request, "dispatch/_board_rows.html", context)


def _done(
    request: HttpRequest,
    day: Day,
    visit: Visit,
    before: set[uuids.UUID],
    said: str,
    warnings: list[str] | None = None,
) -> HttpResponse:
    """Fresh rows for the script; back to the board, with a message, for a plain form."""
    if _by_script(request):
        return _fresh(request, day, before | holders_of([visit.uuid]), warnings)
    messages.success(request, said)
    for warning in warnings or []:
        messages.warning(request, warning)
    return redirect(_links(day)["board_url"])


def _refused(
    request: HttpRequest, visit: Visit, day: Day, form: PlaceForm, refusal: NotPossible
) -> HttpResponse:
    """A sentence for the script; the visit's page with what was typed for a plain form."""
    sentence = str(refusal)
    if isinstance(refusal, Stale):
        sentence = f"{sentence} {_both_versions(refusal, form, day)}".strip()
    if _by_script(request):
        return fragment(request, "fsm/_refused.html", {"sentence": sentence}, status=409)
    visit = _visit(request, visit.uuid)
    if form.is_bound:  # sent once more, it is meant for the version whose state the page now shows
        form = _form_for(request, visit, day, request.POST.dict() | {"version": visit.version})
    return _details(request, visit, day, form, status=409, refusal=sentence)


def _both_versions(refusal: Stale, form: PlaceForm, day: Day) -> str:
    """What stands there now, and what was asked for."""
    theirs = refusal.theirs
    stands = _in_words(theirs.get("starts_at"), theirs.get("ends_at"), day.zone)
    who = str(theirs.get("technicians") or "")
    now_text = f"{who}, {stands}" if stands else _("in the tray")
    wanted = getattr(form, "cleaned_data", None)
    if not wanted or not wanted.get("starts"):
        return _("Now: %(now)s.") % {"now": now_text}
    asked = _in_words(wanted["starts"], wanted["ends"], day.zone)
    mine = f"{form.names.get(wanted['technician'], '')}, {asked}"
    return _("Now: %(now)s. You wanted: %(mine)s.") % {"now": now_text, "mine": mine}
