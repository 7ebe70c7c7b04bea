"""A leak case's page: its deadlines, what was done, and what may be noted now."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.web.pages import refuse_in_form, render_page

from .. import actions
from ..actions.cases import UNLOGGED
from ..compliance import clocks
from ..compliance_rows import codes_of, load_book, play, schedules_of, the_law
from ..models import CaseEvent, LeakCase
from ..states import CASE_CLOSED, CaseState
from ..wording import said
from .circuits import chronic_row
from .compliance_forms import STEPS, ReportForm, StepForm


def seen_case(request: HttpRequest, case_uuid: UUID) -> LeakCase:
    """The case where this person may see it, else 404."""
    rows = LeakCase.objects.visible_to(request.user).select_related(
        "circuit__refrigerant", "circuit__unit__site__customer"
    )
    return get_object_or_404(rows, uuid=case_uuid)


@require_safe
@requires(May.SEE_EQUIPMENT)
def case(request: HttpRequest, case_uuid: UUID) -> HttpResponse:
    """Deadlines with the days left, every step, and buttons for those that may come now."""
    case = seen_case(request, case_uuid)
    book, law = load_book(case.circuit_id), the_law()
    case_row = next(row for row in book.cases if row.pk == case.pk)
    on = today_in(book.zone, clock_now())
    played = play(book, case_row, law)
    may = [step for step in clocks.may_come(played.case, on) if step not in UNLOGGED]
    if case.state == CaseState.WITHDRAWN:
        may = []
    elif case.state in CASE_CLOSED:
        may = [clocks.Step.INSPECTION]
    rows = CaseEvent.objects.filter(case=case).select_related("certificate", "technician")
    context = {
        "case": case,
        "circuit": case.circuit,
        "unit": case.circuit.unit,
        "zone": book.zone,
        "codes": codes_of(case.rules),
        "deadlines": [(row, said(row.sentence)) for row in clocks.deadlines(played.case, on)]
        if case.state not in CASE_CLOSED
        else [],
        "schedules": [(row, said(row.sentence)) for row in schedules_of(book, on)],
        "steps": [(placed, STEPS[placed.step.step]) for placed in reversed(played.steps)],
        "refused": [(placed, STEPS[placed.step.step], said(why)) for placed, why in played.refused],
        "voided": [row for row in rows if row.voided_at is not None],
        "later": [row for row in rows if _is_later(row, case)],
        "may_log": [(str(step), STEPS[step]) for step in may],
        "rate": next((rate for rate in book.rates if rate.day == case.opened_on), None),
    }
    return render_page(request, "equipment/case.html", context)


def _is_later(row: CaseEvent, case: LeakCase) -> bool:
    """An inspection after the case: it is no step of it."""
    closed = case.closed_on
    return (
        row.voided_at is None
        and row.kind == "inspection"
        and closed is not None
        and row.happened_on >= closed
    )


@requires(May.RUN_COMPLIANCE)
def log_event(request: HttpRequest, case_uuid: UUID) -> HttpResponse:
    """Note a step; the rules say whether it may come."""
    case = seen_case(request, case_uuid)
    try:
        step = clocks.Step((request.POST or request.GET).get("step", "inspection"))
    except ValueError:
        raise Http404 from None
    if step in UNLOGGED:
        raise Http404
    on = today_in(case.circuit.unit.site.time_zone, clock_now())
    form = StepForm(request.POST or None, step=step, initial={"step": str(step), "happened_on": on})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.log_case_event(
                case.pk,
                step=str(step),
                uuid=form.cleaned_data["once"] or uuid4(),
                now=clock_now(),
                **form.values(),
            )
            messages.success(request, _("%(step)s: noted.") % {"step": STEPS[step]})
            return redirect("equipment:case", case.uuid)
        except NotPossible as refusal:
            if refusal.field == "technician":
                refusal.field = "technician_id"
            status = refuse_in_form(form, refusal)
    context = {
        "form": form,
        "circuit": case.circuit,
        "unit": case.circuit.unit,
        "heading": STEPS[step],
        "submit": _("Note it"),
        "back": reverse("equipment:case", args=[case.uuid]),
        "once": True,
    }
    return render_page(request, "equipment/circuit_form.html", context, status=status)


@require_POST
@requires(May.RUN_COMPLIANCE)
def void_event(request: HttpRequest, event_uuid: UUID) -> HttpResponse:
    """Strike out a step that was wrong, for a reason."""
    cases = LeakCase.objects.visible_to(request.user)
    event = get_object_or_404(
        CaseEvent.objects.filter(case__in=cases).select_related("case"), uuid=event_uuid
    )
    because = request.POST.get("because", "")[:200]
    actions.void_case_event(event.pk, because=because, now=clock_now())
    messages.success(request, _("The step is struck out. It stays readable and counts no more."))
    return redirect("equipment:case", event.case.uuid)


@requires(May.RUN_COMPLIANCE)
def report_chronic(request: HttpRequest, circuit_uuid: UUID, year: int) -> HttpResponse:
    """That EPA was told of a year in which a circuit lost 125 % of its charge."""
    row = chronic_row(request, circuit_uuid, year)
    unit = row.circuit.unit
    initial: dict[str, Any] = {"reported_on": today_in(unit.site.time_zone, clock_now()), "cause": row.cause}
    form = ReportForm(request.POST or None, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.report_chronic_leaker(row.pk, now=clock_now(), **form.cleaned_data)
            messages.success(request, _("The report is on record."))
            return redirect("equipment:chronic-leakers")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {
        "form": form,
        "circuit": row.circuit,
        "unit": unit,
        "heading": _("Report of %(year)s") % {"year": year},
        "submit": _("Keep the report"),
        "back": reverse("equipment:chronic-leakers"),
        "help": _(
            "Due by March 1 of the next year: 82.157(m)(4) by e-mail to 608reports@epa.gov, 84.106(m)(4) on"
            " EPA's reporting platform, signed."
        ),
    }
    return render_page(request, "equipment/circuit_form.html", context, status=status)
