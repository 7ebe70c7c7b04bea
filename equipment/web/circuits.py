"""A circuit's page: what it is to the rules, every rate with how it was found, records, revisions, cases."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.models import Site
from fsm.clock import local, today_in
from fsm.clock import now as clock_now
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.web.pages import refuse_in_form, render_page

from .. import actions
from ..compliance import applicability, inspections, judging
from ..compliance.words import decimals
from ..compliance_rows import load_book, pounds, schedules_of, the_law
from ..models import (
    ChronicLeaker,
    Circuit,
    ComplianceDocument,
    Facility,
    LeakRate,
    RateMethod,
    RefrigerantRecord,
    Unit,
)
from ..wording import said
from .compliance_forms import ChargeForm, MethodForm, RecordForm, RetrofitForm, RuleForm

MOST = 60  # records and rates on the page; the registers and reports hold all


def seen_circuit(request: HttpRequest, circuit_uuid: UUID) -> Circuit:
    """The circuit where this person may see its unit, else 404."""
    rows = Circuit.objects.filter(unit__in=Unit.objects.visible_to(request.user))
    return get_object_or_404(
        rows.select_related("refrigerant", "unit__site__customer", "unit__maker"), uuid=circuit_uuid
    )


def tell(request: HttpRequest, done: str, changes: tuple[str, ...] | list[str]) -> None:
    """What was done, and everything that became different by it."""
    messages.success(request, " ".join([done, *changes]))


@require_safe
@requires(May.SEE_EQUIPMENT)
def circuit(request: HttpRequest, circuit_uuid: UUID) -> HttpResponse:
    """Both rules side by side, every rate with how it was found, and everything that was done."""
    circuit = seen_circuit(request, circuit_uuid)
    book, law = load_book(circuit.pk), the_law()
    on = today_in(book.zone, clock_now())
    facts = book.history.facts(on)
    answers = applicability.applies(facts, law.rules, on)
    judged = judging.judge(book.history, method=book.method, rules=law.rules, choices=law.choices)
    rates = {rate.day: rate for rate in book.rates}
    found = [(judgement, rates.get(judgement.day), _figures(judgement)) for judgement in reversed(judged)]
    covers = any(a.code == applicability.HFC_RULE and a.answer == "yes" for a in answers.answers)
    charge = circuit.full_charge_oz
    detection = (
        inspections.leak_detection(
            is_covered=covers,
            category=circuit.category,
            full_charge_lb=pounds(charge),
            installed_on=circuit.started_on or circuit.unit.installed_on,
        )
        if charge is not None
        else None
    )
    context = {
        "circuit": circuit,
        "unit": circuit.unit,
        "zone": book.zone,
        "answers": [(answer, said(answer.reason)) for answer in answers.answers],
        "is_advisory": answers.is_advisory,
        "rates": [(judgement, rate, figures, said(judgement.sentence)) for judgement, rate, figures in found][
            :MOST
        ],
        "gone": list(
            LeakRate.objects.filter(circuit=circuit, superseded_at__isnull=False).order_by("-superseded_at")[
                :20
            ]
        ),
        "records": list(
            RefrigerantRecord.objects.filter(circuit=circuit)
            .select_related("refrigerant", "certificate", "continues", "replaces")
            .order_by("-happened_at", "-pk")[:MOST]
        ),
        "revisions": list(circuit.revisions.select_related("refrigerant").order_by("-effective_on", "-pk")),
        "cases": list(reversed(book.cases)),
        "documents": list(ComplianceDocument.objects.filter(circuit=circuit)[:20]),
        "chronic": [row for row in book.chronic.values() if row.withdrawn_at is None],
        "schedules": [
            (row, said(row.sentence)) for row in schedules_of(book, on) if row.is_required or row.stops_on
        ],
        "detection": detection and (detection, said(detection.sentence)),
        "method": RateMethod(book.method).label,
    }
    return render_page(request, "equipment/circuit.html", context)


def _figures(judgement: judging.Judgement) -> list[dict[str, Any]]:
    """Each rule's own figure, where several are told apart."""
    return [
        {
            "code": figure.code,
            "rate": decimals(figure.rate, 2),
            "trigger": figure.trigger,
            "exceeds": figure.exceeds,
            "is_certain": figure.is_certain,
            "citation": figure.citation,
            "days": figure.days,
        }
        for figure in judgement.figures
    ]


def _answered(
    request: HttpRequest, circuit: Circuit, form: Any, heading: str, submit: str, **more: Any
) -> HttpResponse:
    status = more.pop("status", 422 if form.is_bound else 200)
    context = {
        "form": form,
        "circuit": circuit,
        "unit": circuit.unit,
        "heading": heading,
        "submit": submit,
        "back": reverse("equipment:circuit", args=[circuit.uuid]),
        **more,
    }
    return render_page(request, "equipment/circuit_form.html", context, status=status)


@requires(May.RUN_COMPLIANCE)
def record(request: HttpRequest, circuit_uuid: UUID) -> HttpResponse:
    """Enter an addition or a recovery, or log a struck-out one again."""
    circuit = seen_circuit(request, circuit_uuid)
    zone = circuit.unit.site.time_zone
    here = local(clock_now(), zone)
    initial: dict[str, Any] = {"day": here.date(), "hour": here.time(), "kind": "added", "purpose": "service"}
    initial |= _again(request, circuit, zone)
    form = RecordForm(request.POST or None, earlier=_earlier(circuit, zone), initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.record_refrigerant(
                uuid=form.cleaned_data["once"] or uuid4(),
                circuit_id=circuit.pk,
                happened_at=form.moment(zone),
                now=clock_now(),
                **form.values(),
            )
            tell(request, _("%(what)s was recorded.") % {"what": made}, made.changes)
            return redirect("equipment:circuit", circuit.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return _answered(
        request, circuit, form, _("Record refrigerant"), _("Record"), status=status, once=True, columns="two"
    )


def _again(request: HttpRequest, circuit: Circuit, zone: str) -> dict[str, Any]:
    """What a struck-out record said, to be logged again."""
    asked = request.GET.get("again", "")
    rows = RefrigerantRecord.objects.filter(circuit=circuit, voided_at__isnull=False)
    record = next((row for row in rows if str(row.uuid) == asked), None)
    if record is None:
        return {}
    whole, rest = divmod(record.ounces, 16)
    at = local(record.happened_at, zone)
    return {
        "replaces": record.uuid,
        "kind": record.kind,
        "purpose": record.purpose,
        "pounds": whole,
        "ounces": rest,
        "returned_pounds": record.returned_oz / 16 or None,
        "day": at.date(),
        "hour": at.time(),
        "technician": record.technician_id,
        "leak_found": record.leak_found,
        "parts_worked_on": record.parts_worked_on,
        "work_done": record.work_done,
        "note": record.note,
    }


def _earlier(circuit: Circuit, zone: str) -> list[tuple[str, str]]:
    rows = RefrigerantRecord.objects.in_force().filter(circuit=circuit, kind="added")
    return [
        (str(row.uuid), f"{said(local(row.happened_at, zone).date())} · {row}")
        for row in rows.order_by("-happened_at")[:12]
    ]


@requires(May.RUN_COMPLIANCE)
def charge(request: HttpRequest, circuit_uuid: UUID) -> HttpResponse:
    """A full charge determined anew."""
    circuit = seen_circuit(request, circuit_uuid)
    on = today_in(circuit.unit.site.time_zone, clock_now())
    form = ChargeForm(request.POST or None, initial={"effective_on": on})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        low, high = form.cleaned_data["range_low"], form.cleaned_data["range_high"]
        try:
            made = actions.revise_charge(
                circuit.pk,
                effective_on=form.cleaned_data["effective_on"],
                full_charge_oz=form.amount,
                method=form.cleaned_data["method"],
                range_low_oz=None if low is None else low * 16,
                range_high_oz=None if high is None else high * 16,
                note=form.cleaned_data["note"],
                today=on,
            )
            tell(request, _("The full charge is revised."), made.changes)
            return redirect("equipment:circuit", circuit.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    help_text = _("Of an established range, the middle counts. Every revision is kept.")
    return _answered(
        request, circuit, form, _("Revise the full charge"), _("Revise"), status=status, help=help_text,
        columns="two",
    )  # fmt: skip


@requires(May.RUN_COMPLIANCE)
def retrofit(request: HttpRequest, circuit_uuid: UUID) -> HttpResponse:
    """Another refrigerant from a day on."""
    circuit = seen_circuit(request, circuit_uuid)
    on = today_in(circuit.unit.site.time_zone, clock_now())
    form = RetrofitForm(request.POST or None, initial={"effective_on": on})
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = actions.retrofit_circuit(
                circuit.pk,
                refrigerant=form.cleaned_data["refrigerant"],
                full_charge_oz=form.amount,
                effective_on=form.cleaned_data["effective_on"],
                note=form.cleaned_data["note"],
                now=clock_now(),
            )
            tell(request, _("The retrofit is on record."), made.changes)
            return redirect("equipment:circuit", circuit.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    help_text = _("Leak rates start anew with the new refrigerant. What was found before stays readable.")
    return _answered(
        request, circuit, form, _("Retrofit to another refrigerant"), _("Retrofit"), status=status,
        help=help_text, columns="two",
    )  # fmt: skip


@requires(May.RUN_COMPLIANCE)
def rule(request: HttpRequest, circuit_uuid: UUID) -> HttpResponse:
    """What the rules call the appliance, and whether 84.106 leaves it out."""
    circuit = seen_circuit(request, circuit_uuid)
    form = RuleForm(
        request.POST or None,
        initial={"category": circuit.category, "exempt": circuit.exempt, "because": circuit.exempt_because},
    )
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        data, now = form.cleaned_data, clock_now()
        try:
            changes: tuple[str, ...] = ()
            if data["category"] != circuit.category:
                done = actions.set_category(
                    circuit.pk, category=data["category"], because=data["because"], now=now
                )
                changes += done.changes
            if (data["exempt"], data["because"]) != (circuit.exempt, circuit.exempt_because):
                done = actions.set_exemption(
                    circuit.pk, exempt=data["exempt"], because=data["because"], now=now
                )
                changes += done.changes
            tell(request, _("Saved."), changes)
            return redirect("equipment:circuit", circuit.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return _answered(request, circuit, form, _("Category and exemption"), _("Save"), status=status)


@requires(May.RUN_COMPLIANCE)
def method(request: HttpRequest, site_uuid: UUID) -> HttpResponse:
    """One method for all appliances of a facility."""
    site = get_object_or_404(Site.objects.visible_to(request.user).select_related("customer"), uuid=site_uuid)
    facility = Facility.objects.filter(site=site).first() or Facility(site=site)
    initial = {"method": facility.method, "operator_name": facility.operator_name or site.customer.name}
    form = MethodForm(request.POST or None, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.set_method(site.pk, now=clock_now(), **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("customers:site", site.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    context = {
        "form": form,
        "site": site,
        "heading": _("Method of the facility"),
        "submit": _("Save"),
        "back": reverse("customers:site", args=[site.uuid]),
        "help": _(
            "40 CFR 82.152 asks for one method for all appliances at a facility. Once a rate was found, it"
            " may change only under 84.106(b), for a facility that was bought."
        ),
    }
    return render_page(request, "equipment/circuit_form.html", context, status=status)


def chronic_row(request: HttpRequest, circuit_uuid: UUID, year: int) -> ChronicLeaker:
    """A circuit's year where this person may see it, else 404."""
    circuit = seen_circuit(request, circuit_uuid)
    return get_object_or_404(ChronicLeaker, circuit=circuit, year=year)
