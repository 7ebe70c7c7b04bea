"""Leak cases: what was done about a circuit over its trigger rate, step by step."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.clock import at, today_in
from fsm.events import announce
from fsm.models import User
from fsm.references import Reference
from fsm.states import NotPossible

from ..compliance import clocks
from ..compliance_rows import KEPT, Book, Law, load_book, play, step_of, the_law
from ..events import CaseMoved
from ..models import CaseEvent, CaseEventKind, ChronicLeaker, Circuit, LeakCase, Unit
from ..states import CASE_CLOSED, CaseState, UnitStatus
from ..wording import said
from .rates import recompute_circuit
from .refrigerant import certificate_for, locked_circuit

Step = clocks.Step
# 82.157(d), (e), (g) and 84.106 likewise: done by a certified technician.
BY_TECHNICIAN = frozenset(
    {
        Step.INSPECTION,
        Step.REPAIRED,
        Step.INITIAL_PASSED,
        Step.INITIAL_FAILED,
        Step.FOLLOW_UP_PASSED,
        Step.FOLLOW_UP_FAILED,
    }
)
BY_METHOD = BY_TECHNICIAN - {Step.REPAIRED}
SIGNED = frozenset({Step.PLAN_MADE, Step.RELIEVED})
NOON = time(12)
UNLOGGED = frozenset({Step.OPENED, Step.RECHARGED})  # these follow from the refrigerant records


@transaction.atomic
def log_case_event(
    case_id: int,
    *,
    step: str,
    happened_on: date,
    now: datetime,
    uuid: UUID | None = None,
    happened_at: datetime | None = None,
    outcome: str = "",
    technician_id: int | None = None,
    method: str = "",
    locations: str = "",
    all_parts_inspected: bool | None = None,
    was_evacuated: bool | None = None,
    until: date | None = None,
    signed_by: str = "",
    note: str = "",
    work: Reference | None = None,
) -> CaseEvent:
    """Note a step of a case where the rules let it come; the same uuid twice is one step.

    `step` is one of equipment.compliance.clocks.Step; `outcome` is the ground of an extension, why a plan is
    required, or how it ends. A step of an earlier day takes its place among the others.
    """
    case, circuit = _locked(case_id)
    if uuid and (standing := CaseEvent.objects.filter(uuid=uuid).first()):
        return standing
    known = _known_step(step, outcome)
    if happened_on > today_in(circuit.unit.site.time_zone, now) or (happened_at and happened_at > now):
        raise NotPossible(_("A step cannot be noted for a day to come."), field="happened_on")
    _check_words(known, method, all_parts_inspected, signed_by)
    technician = _technician(known, technician_id)
    kind, passed, outcomes = KEPT[known]
    event = CaseEvent(
        case=case,
        kind=kind,
        happened_on=happened_on,
        happened_at=happened_at,
        passed=passed,
        outcome=outcome if outcome in outcomes else next(iter(outcomes), ""),
        method=method.strip()[:120],
        locations=locations.strip()[:4000],
        all_parts_inspected=all_parts_inspected,
        was_evacuated=was_evacuated,
        until=until,
        signed_by=signed_by.strip()[:150],
        technician=technician,
        technician_name=str(technician) if technician else "",
        note=note.strip()[:500],
        work_kind=work.kind if work else "",
        work_uuid=work.uuid if work else None,
    )
    if technician is not None and known in BY_TECHNICIAN:
        zone = circuit.unit.site.time_zone
        event.certificate = certificate_for(technician, circuit, happened_at or at(zone, happened_on, NOON))
    if uuid:
        event.uuid = uuid
    book, law = load_book(circuit.pk), the_law()
    case = next(row for row in book.cases if row.pk == case.pk)
    _check_place(book, case, law, event)
    event.save(force_insert=True)
    _settle(circuit, now, _("%(step)s was noted") % {"step": event.get_kind_display()})
    announce(CaseMoved(case_id=case.pk))
    return event


@transaction.atomic
def void_case_event(event_id: int, *, because: str, now: datetime) -> CaseEvent:
    """Strike out a step that was wrong; it stays readable, and the case stands as if it had not been."""
    because = because.strip()[:200]
    if not because:
        raise NotPossible(_("Say why this step is struck out."), field="because")
    case_id = CaseEvent.objects.values_list("case", flat=True).get(pk=event_id)
    case, circuit = _locked(case_id)
    event = CaseEvent.objects.select_for_update(no_key=True).get(pk=event_id)
    if event.voided_at is not None:
        raise NotPossible(_("This step is struck out already."))
    if step_of(event) in UNLOGGED:
        raise NotPossible(
            _("This step follows from a refrigerant record. Strike out the record if that is wrong.")
        )
    book, law = load_book(circuit.pk), the_law()
    case = next(row for row in book.cases if row.pk == case.pk)
    before = {placed.row.pk for placed, _why in play(book, case, law).refused if placed.row}
    book.events[case.uuid] = [row for row in book.events[case.uuid] if row.pk != event.pk]
    for placed, why in play(book, case, law).refused:
        if placed.row is not None and placed.row.pk not in before:
            raise NotPossible(
                _("Strike out what came after it first: %(step)s of %(day)s. %(why)s")
                % {
                    "step": placed.row.get_kind_display(),
                    "day": said(placed.row.happened_on),
                    "why": said(why),
                }
            )
    event.voided_at, event.voided_because = now, because
    with with_reason(because):
        event.save(update_fields=["voided_at", "voided_because"])
    _settle(circuit, now, because)
    announce(CaseMoved(case_id=case.pk))
    return event


@transaction.atomic
def report_chronic_leaker(
    row_id: int, *, reported_on: date, cause: str, reference: str, now: datetime
) -> ChronicLeaker:
    """Keep that EPA was told of a circuit that lost 125 % of its charge in a year."""
    row = (
        ChronicLeaker.objects.select_for_update(no_key=True, of=("self",))
        .select_related("circuit__unit__site")
        .get(pk=row_id)
    )
    if row.withdrawn_at is not None:
        raise NotPossible(_("This year is no longer over 125 %, so there is nothing to report."))
    if reported_on > today_in(row.circuit.unit.site.time_zone, now):
        raise NotPossible(_("A report cannot be dated on a day to come."), field="reported_on")
    if not cause.strip():
        raise NotPossible(_("Say what caused the loss; the report names it."), field="cause")
    row.reported_on, row.cause = reported_on, cause.strip()[:200]
    row.reference = reference.strip()[:80]
    row.save(update_fields=["reported_on", "cause", "reference"])
    return row


@transaction.atomic
def follow_unit(unit: Unit, *, because: str, on: date, now: datetime) -> None:
    """Its circuits rest, retire and return with a unit.

    At rest, the clocks of its open cases stand still until refrigerant is added again; retired, its circuits
    take no more records.
    """
    if unit.status == UnitStatus.MOTHBALLED:
        cases = LeakCase.objects.open().filter(circuit__unit=unit.pk).exclude(state=CaseState.SUSPENDED)
        for case in cases.order_by("circuit", "pk"):
            log_case_event(
                case.pk, step=Step.MOTHBALLED, happened_on=max(on, case.opened_on), note=because, now=now
            )
        return
    retired_on = on if unit.status == UnitStatus.RETIRED else None
    for circuit in Circuit.objects.select_for_update(no_key=True).filter(unit=unit.pk).order_by("pk"):
        if (circuit.retired_on is None) != (retired_on is None):
            circuit.retired_on = retired_on
            circuit.save(update_fields=["retired_on"])
            recompute_circuit(circuit.pk, now=now, because=because)


def _locked(case_id: int) -> tuple[LeakCase, Circuit]:
    circuit_id = LeakCase.objects.values_list("circuit", flat=True).get(pk=case_id)
    circuit = locked_circuit(circuit_id)
    case = LeakCase.objects.select_for_update(no_key=True).get(pk=case_id)
    if case.state == CaseState.WITHDRAWN:
        raise NotPossible(_("This case is withdrawn: the rate was not over the trigger after all."))
    return case, circuit


def _known_step(step: str, outcome: str) -> clocks.Step:
    try:
        known = Step(step)
    except ValueError:
        known = Step.OPENED
    if known in UNLOGGED:
        raise NotPossible(_("Say what happened."), field="step")
    outcomes = KEPT[known][2]
    if len(outcomes) > 1 and outcome not in outcomes:
        raise NotPossible(
            {
                Step.EXTENSION_REQUESTED: _(
                    "An extension needs a ground: parts, radiological or other regulations."
                ),
                Step.PLAN_REQUIRED: _(
                    "Say why a plan is required: not repairing, no action, or still leaking."
                ),
            }.get(known, _("Say whether the appliance is retrofitted or retired.")),
            field="outcome",
        )
    return known


def _check_words(step: clocks.Step, method: str, all_parts_inspected: bool | None, signed_by: str) -> None:
    if step in BY_METHOD and not method.strip():
        raise NotPossible(_("Say by which method; the owner's record names it."), field="method")
    if step is Step.INSPECTION and not all_parts_inspected:
        raise NotPossible(
            _("A leak inspection certifies that all visible and accessible parts were inspected."),
            field="all_parts_inspected",
        )
    if step in SIGNED and not signed_by.strip():
        raise NotPossible(
            _("Name the company official who signed it."),
            field="signed_by",
        )


def _technician(step: clocks.Step, technician_id: int | None) -> User | None:
    if technician_id is not None:
        person: User = User.objects.get(pk=technician_id)
        return person
    if step in BY_TECHNICIAN:
        raise NotPossible(_("Name the certified technician who did it."), field="technician")
    return None


def _check_place(book: Book, case: LeakCase, law: Law, event: CaseEvent) -> None:
    """Refuse a step that may not come at its place, or that makes a later one impossible."""
    is_over = case.state in CASE_CLOSED and case.closed_on is not None
    if (
        is_over
        and event.kind == CaseEventKind.INSPECTION
        and event.happened_on >= (case.closed_on or date.min)
    ):
        return  # a periodic inspection after the case
    if event.happened_on < case.opened_on:
        raise NotPossible(
            _("The rate was exceeded on %(day)s; the step cannot come before that.")
            % {"day": said(case.opened_on)},
            field="happened_on",
        )
    stood = {placed.row.uuid for placed, _why in play(book, case, law).refused if placed.row}
    with_it = play(book, case, law, more=event)
    for placed, why in with_it.refused:
        if placed.row is event:
            raise NotPossible(said(why), field="step")
        if placed.row is not None and placed.row.uuid not in stood:
            raise NotPossible(
                _("It does not go with a later step, %(step)s of %(day)s: %(why)s")
                % {
                    "step": placed.row.get_kind_display(),
                    "day": said(placed.row.happened_on),
                    "why": said(why),
                },
                field="happened_on",
            )
    if with_it.case.is_over and event not in [placed.row for placed in with_it.steps]:
        raise NotPossible(
            said(clocks.refusal(with_it.case, clocks.CaseEvent(Step.MOTHBALLED, event.happened_on))),  # type: ignore[arg-type]
            field="step",
        )


def _settle(circuit: Circuit, now: datetime, why: str) -> None:
    """Rates may start anew after a follow-up test, and the case stands where its steps lead."""
    recompute_circuit(circuit.pk, now=now, because=why)
