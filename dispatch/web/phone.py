"""The technician's pages: the day, a visit, each part of its work on its own page, one door for every deed.

Every form posts to `operate` with its key in `once`; the inbox does it once and remembers the answer. What is
refused is shown on the page it came from, with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from equipment.actions.readings import DERIVED
from equipment.actions.refrigerant import PURPOSES
from equipment.models import RecordKind, RecordPurpose, Unit, UnitFile
from fsm.bodies import instant_in
from fsm.clock import local, now
from fsm.files import serve_private
from fsm.inbox import AnotherBody, receive
from fsm.looks import Sensitive, hands_out, saw
from fsm.models import FieldOperation, Outcome
from fsm.panels import panels_for
from fsm.permissions import May, requires, signed_in
from fsm.references import ref_of
from fsm.states import NotPossible
from fsm.templatetags.house import clock
from fsm.web.pages import render_page

from .. import phone as reading
from .. import phone_equipment as equipment
from ..actions import units_to_measure
from ..actions.changeouts import OUT, TAKEN_OUT
from ..models import JobNote, JobPhoto, Visit, VisitCheck
from ..phone import Work

Context = dict[str, Any]
# Not part of what was asked: two sendings of one deed may differ in them.
ENVELOPE = {"csrfmiddlewaretoken", "once", "device_time"}
# What somebody wrote in words, shown again where the page it was written on is no longer theirs.
WRITTEN = (
    "body", "note", "because", "caption", "no_signature_because", "new_phone", "street", "access_notes"
)  # fmt: skip
# The page that a deed belongs to: there it was pressed, there a refusal is shown.
PAGE_OF = {
    "visit.no_access": "no-access",
    "visit.complete": "complete",
    "check.answer": "checklist",
    "check.all_good": "checklist",
    "note.write": "notes",
    "photo.add": "photos",
    "part.use": "parts",
    "part.take_back": "parts",
    "refrigerant.log": "refrigerant",
    "leak.log": "leaks",
    "signature.add": "signature",
    "contact.correct": "correct",
    "site.correct": "correct",
}
# Where a deed leads, when not back to its own page.
LEADS_TO = {"visit.complete": "visit", "signature.add": "visit"}
SAID = {
    "visit.complete": gettext_lazy("The visit is finished. Thank you."),
    "note.write": gettext_lazy("The note is saved."),
    "photo.add": gettext_lazy("The photo is saved."),
    "part.use": gettext_lazy("The part is on the visit."),
    "part.take_back": gettext_lazy("The part was taken back."),
    "refrigerant.log": gettext_lazy("The refrigerant is recorded."),
    "leak.log": gettext_lazy("It is noted on the leak's record."),
    "signature.add": gettext_lazy("The signature is saved."),
}


@never_cache
@require_GET
@requires(May.WORK_VISITS)
def phone_today(request: HttpRequest) -> HttpResponse:
    """The technician's day in the planned order."""
    technician = reading.technician_of(signed_in(request))
    if technician is None:
        return render_page(request, "dispatch/phone_nobody.html")
    plan = reading.read_day(technician, now())
    context = {"plan": plan, "day_title": date_format(plan.day, "l, F j")}
    return render_page(request, "dispatch/phone_today.html", context)


@require_POST
@requires(May.WORK_VISITS)
def operate(request: HttpRequest, visit_uuid: UUID, kind: str) -> HttpResponse:
    """Send one deed to the inbox: done, it leads on; refused, its page says why and keeps what was typed."""
    page = PAGE_OF.get(kind, "visit")
    try:
        done = _received(request, visit_uuid, kind, is_known=_is_known(request, visit_uuid))
    except AnotherBody:
        again = _(
            "This was sent before with other contents, so nothing was changed now. Look at what stands "
            "below; if it is still to be done, press once more."
        )
        return _show(request, visit_uuid, page, refusal=again, status=422)
    except NotPossible as refusal:
        return _show(request, visit_uuid, page, refusal=str(refusal), status=409)
    if done.outcome != Outcome.APPLIED:
        theirs = done.answer.get("theirs") or {}
        return _show(request, visit_uuid, page, refusal=done.sentence, theirs=theirs, status=409)
    return _done(request, visit_uuid, kind, page, done)


def _is_known(request: HttpRequest, visit_uuid: UUID) -> bool:
    """Whether the visit is or was this technician's: the inbox keeps what was sent for one that was."""
    user = signed_in(request)
    return (
        Visit.objects.visible_to(user).filter(uuid=visit_uuid).exists()
        or reading.read_former(user, visit_uuid) is not None
    )


def _received(request: HttpRequest, visit_uuid: UUID, kind: str, *, is_known: bool) -> FieldOperation:
    """The inbox's answer to what the form sent; what it makes takes its uuid from the key."""
    if not is_known:
        raise Http404
    try:
        key = UUID(request.POST.get("once", ""))
    except ValueError:
        raise NotPossible(
            _("Load the page again: the form came without its key. Nothing was changed.")
        ) from None
    body = {name: value for name, value in request.POST.dict().items() if name not in ENVELOPE}
    body = {"uuid": str(key)} | body | {"visit": str(visit_uuid)}
    device_time = instant_in(request.POST, "device_time")
    files = request.FILES.dict()
    return receive(signed_in(request), key, kind, body, files=files, device_time=device_time)


def _done(request: HttpRequest, visit_uuid: UUID, kind: str, page: str, done: FieldOperation) -> HttpResponse:
    """On to the next page: by redirect, or for our script by naming it."""
    from_complete = request.GET.get("from") == "complete"
    if words := done.answer.get("flagged"):
        messages.warning(request, str(words))
    elif kind == "part.use" and done.answer.get("short"):
        messages.warning(request, _("Added, and flagged: by our count it was not on your truck."))
    elif words := done.answer.get("sentence") or SAID.get(kind):
        messages.success(request, str(words))
    if kind == "visit.no_access":
        url = reverse("dispatch:phone-today")
    elif from_complete and kind == "signature.add":
        url = reverse("dispatch:phone-complete", args=[visit_uuid])
    else:
        url = reverse(f"dispatch:phone-{LEADS_TO.get(kind, page)}", args=[visit_uuid])
        if from_complete and kind not in LEADS_TO:
            url += "?from=complete"
    if request.headers.get("X-Phone"):
        return HttpResponse(headers={"X-Next": url})
    return redirect(url)


# The pages of a visit -------------------------------------------------------------------------------


def _visit_page(request: HttpRequest, work: Work) -> Context:
    context: Context = {"overview": reading.read_overview(work)}
    site = work.visit.job.site
    if work.shows_access and (site.gate_code or site.access_notes):
        saw(Sensitive.GATE_CODE, about=ref_of(site))
    if not work.is_open:
        context["summary"] = reading.read_summary(work)
        context["panels"] = panels_for("phone-visit", work.visit, request.user) if work.is_done else []
        context["next"] = reading.next_stop(work.technician, work.now, after=work.visit)
    return context


def _checklist(request: HttpRequest, work: Work) -> Context:
    checks = list(VisitCheck.objects.filter(visit=work.visit).select_related("equipment"))
    answered = sum(check.is_answered for check in checks)
    measures = any(check.reading_key for check in checks)
    units = units_to_measure(work.visit) if measures else []
    computed = {check.reading_key: check.uuid for check in checks if check.reading_key in DERIVED}
    for check in checks:
        follows = [name for name, (_rule, *parts) in DERIVED.items() if check.reading_key in parts]
        check.fills_in = [computed[name] for name in follows if name in computed]  # type: ignore[attr-defined]
    return {
        "units": units if len(units) > 1 else [],
        "checks": checks,
        "answered": answered,
        "plain_left": any(check.kind == "check" and not check.is_answered for check in checks),
    }


def _notes(request: HttpRequest, work: Work) -> Context:
    notes = JobNote.objects.filter(job=work.job).order_by("-written_at", "-pk")
    return {"notes": [(note, _clock(work, note.written_at)) for note in notes[:50]]}


def _photos(request: HttpRequest, work: Work) -> Context:
    photos = JobPhoto.objects.filter(visit=work.visit).order_by("-received_at", "-pk")
    return {"photos": [(photo, _clock(work, photo.taken_at or photo.received_at)) for photo in photos]}


def _parts(request: HttpRequest, work: Work) -> Context:
    asked = request.POST if request.method == "POST" else request.GET
    query, chosen = asked.get("q", "").replace("\x00", "").strip()[:60], None
    if (wanted := _uuid(asked.get("part", ""))) is not None:
        chosen = next(iter(reading.offered_parts(work.technician, part_uuid=wanted)), None)
    offered = [] if chosen or not work.is_open else reading.offered_parts(work.technician, query=query)
    return {"uses": reading.parts_of(work), "query": query, "chosen": chosen, "offered": offered}


def _refrigerant(request: HttpRequest, work: Work) -> Context:
    records = reading.records_of(work)
    page = equipment.read_refrigerant(work, records)
    purposes = [
        (str(kind), [(str(one), _purpose(kind, one)) for one in fitting])
        for kind, fitting in PURPOSES.items()
    ]
    wanted = _uuid(request.GET.get("circuit", ""))
    return {"records": records, "page": page, "purposes": purposes, "wanted": wanted}


def _purpose(kind: str, purpose: str) -> str:
    """The reason in the words of what was done: nothing is topped up by recovering."""
    if kind == RecordKind.RECOVERED and purpose == RecordPurpose.SERVICE:
        return _("Recovered for service")
    return str(RecordPurpose(purpose).label)


def _leaks(request: HttpRequest, work: Work) -> Context:
    return {"leaks": equipment.read_leaks(work)}


def _signature(request: HttpRequest, work: Work) -> Context:
    return {"signature": reading.signature_of(work), "contact": work.job.contact}


def _complete(request: HttpRequest, work: Work) -> Context:
    steps = reading.missing_steps(work)
    keys = {step.key for step in steps}
    return {
        "steps": [step for step in steps if step.key not in ("parts", "signature")],
        "asks_parts": "parts" in keys,
        "asks_signature": "signature" in keys,
        "taken_out": [
            (line, request.POST.get(f"{TAKEN_OUT}{line.unit.uuid}", _likely(line)))
            for line in ([] if work.still_at_work else equipment.read_change_out(work))
        ],
        "reason": request.GET.get("no_signature_because", "")[:200],
        "tasks": reading.read_overview(work).tasks,
    }


def _likely(line: equipment.TakenOut) -> str:
    return str(line.likely.uuid) if line.likely else OUT


def _correct(request: HttpRequest, work: Work) -> Context:
    contact, numbers = reading.whom_to_call(work.job)
    if work.shows_access and (work.site.gate_code or work.site.access_notes):
        saw(Sensitive.GATE_CODE, about=ref_of(work.site))
    return {"contact": contact, "numbers": numbers}


def _no_access(request: HttpRequest, work: Work) -> Context:
    return {}


PAGES: dict[str, Callable[[HttpRequest, Work], Context]] = {
    "visit": _visit_page,
    "checklist": _checklist,
    "notes": _notes,
    "photos": _photos,
    "parts": _parts,
    "refrigerant": _refrigerant,
    "leaks": _leaks,
    "signature": _signature,
    "complete": _complete,
    "no-access": _no_access,
    "correct": _correct,
}


def _page(name: str) -> Callable[..., HttpResponseBase]:
    """The view of one of the visit's pages."""

    @never_cache
    @require_GET
    @requires(May.WORK_VISITS)
    def view(request: HttpRequest, visit_uuid: UUID) -> HttpResponse:
        return _show(request, visit_uuid, name)

    return view


phone_visit = hands_out(Sensitive.GATE_CODE)(_page("visit"))
phone_checklist = _page("checklist")
phone_notes = _page("notes")
phone_photos = _page("photos")
phone_parts = _page("parts")
phone_refrigerant = _page("refrigerant")
phone_leaks = _page("leaks")
phone_signature = _page("signature")
phone_complete = _page("complete")
phone_no_access = _page("no-access")
phone_correct = hands_out(Sensitive.GATE_CODE)(_page("correct"))


@never_cache
@require_GET
@requires(May.WORK_VISITS)
def phone_unit(request: HttpRequest, visit_uuid: UUID, unit_uuid: UUID) -> HttpResponse:
    """A unit at the visit's site: what it is, what covers it, what was measured, and what was done to it."""
    work = _work(request, visit_uuid)
    try:
        unit = equipment.read_unit(work, unit_uuid)
    except Unit.DoesNotExist:
        raise Http404 from None
    return render_page(request, "dispatch/phone_unit.html", _frame(request, work) | {"page": unit})


@require_GET
@requires(May.WORK_VISITS)
def phone_unit_file(
    request: HttpRequest, visit_uuid: UUID, unit_uuid: UUID, unit_file_uuid: UUID
) -> HttpResponseBase:
    """A picture or paper of a unit at the visit's site."""
    work = _work(request, visit_uuid)
    try:
        row = equipment.file_of_unit(work, unit_uuid, unit_file_uuid)
    except UnitFile.DoesNotExist:
        raise Http404 from None
    return serve_private(request, row.file)


# What the views share -------------------------------------------------------------------------------


def _show(
    request: HttpRequest,
    visit_uuid: UUID,
    name: str,
    *,
    status: int = 200,
    refusal: str = "",
    theirs: dict[str, Any] | None = None,
) -> HttpResponse:
    """One of the visit's pages, read afresh; after a refusal with the sentence and what was typed."""
    try:
        work = reading.read_work(signed_in(request), visit_uuid, now())
    except Visit.DoesNotExist:
        return _gone(request, visit_uuid, refusal)
    typed = request.POST.dict() if request.method == "POST" else {}
    context = _frame(request, work) | {"typed": typed, "refusal": refusal, "theirs": theirs or {}}
    template = f"dispatch/phone_{name.replace('-', '_')}.html"
    return render_page(request, template, context | PAGES[name](request, work), status=status)


def _gone(request: HttpRequest, visit_uuid: UUID, refusal: str = "") -> HttpResponse:
    """What a technician sees of a visit that was theirs until the office gave it to somebody else."""
    former = reading.read_former(signed_in(request), visit_uuid)
    if former is None:
        raise Http404
    typed = [text for name in WRITTEN if (text := request.POST.get(name, "").strip())]
    context = {"visit": former, "job": former.job, "refusal": refusal, "written": typed}
    return render_page(request, "dispatch/phone_gone.html", context, status=409 if refusal else 410)


def _frame(request: HttpRequest, work: Work) -> Context:
    """What every page of a visit shows; `new_key` is a fresh key at each use."""
    from_complete = request.GET.get("from") == "complete"
    back = "dispatch:phone-complete" if from_complete else "dispatch:phone-visit"
    return {
        "work": work,
        "visit": work.visit,
        "job": work.job,
        "site": work.site,
        "zone": work.zone,
        "new_key": uuid4,
        "back_url": reverse(back, args=[work.visit.uuid]),
        "from": "?from=complete" if from_complete else "",
    }


def _work(request: HttpRequest, visit_uuid: UUID) -> Work:
    try:
        return reading.read_work(signed_in(request), visit_uuid, now())
    except Visit.DoesNotExist:
        raise Http404 from None


def _clock(work: Work, instant: Any) -> str:
    wall = local(instant, work.zone)
    return f"{date_format(wall, 'D, M j')}, {clock(wall)}"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
