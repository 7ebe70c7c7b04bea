"""Refrigerant and leaks on a visit: what was added or recovered with its cylinder, the steps of a case."""

from __future__ import annotations

import uuid as uuids
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from equipment import actions as equipment
from equipment.models import (
    CaseEvent,
    ChargeMethod,
    Circuit,
    LeakCase,
    RecordKind,
    RecordPurpose,
    RefrigerantRecord,
)
from fsm.attribution import rooted
from fsm.clock import today_in
from fsm.references import Reference
from fsm.states import NotPossible
from inventory import actions as stock

from ..models import Visit
from .field import _locked, _refuse_unless_open


@transaction.atomic
def log_refrigerant(
    visit_id: int,
    *,
    uuid: uuids.UUID,
    circuit_id: int,
    kind: str,
    ounces: Decimal,
    technician_id: int,
    now: datetime,
    leak_found: bool | None = None,
    note: str = "",
    purpose: str = RecordPurpose.SERVICE,
    returned_oz: Decimal = Decimal(0),
    refrigerant: str = "",
    same_leak: bool = False,
    parts_worked_on: str = "",
    work_done: str = "",
    nothing_because: str = "",
    cylinder_id: int | None = None,
    full_charge_oz: Decimal | None = None,
) -> RefrigerantRecord:
    """Record refrigerant added to or recovered from a circuit at the site, by a certified technician, and
    move it out of or into the cylinder from the technician's truck: both or neither.

    `same_leak` continues the circuit's last addition; `full_charge_oz` is the nameplate's, kept where nobody
    knew it. The same uuid twice is one record.
    """
    visit, assignment = _locked(visit_id, technician_id)
    circuit = _circuit_here(visit, circuit_id)
    with rooted("job", visit.job.uuid):
        if full_charge_oz is not None and circuit.full_charge_oz is None:
            today = today_in(visit.job.site.time_zone, now)
            equipment.revise_charge(
                circuit.pk,
                effective_on=today,
                full_charge_oz=full_charge_oz,
                method=ChargeMethod.MANUFACTURER,
                today=today,
                note=_("Read on the visit"),
            )
        record = equipment.record_refrigerant(
            uuid=uuid,
            circuit_id=circuit.pk,
            kind=kind,
            purpose=purpose,
            ounces=ounces,
            returned_oz=returned_oz,
            refrigerant=_as_listed(refrigerant, circuit),
            continues=_last_addition(circuit, uuid) if same_leak else None,
            technician_id=assignment.technician.user_id,
            happened_at=now,
            work=Reference("visit", visit.uuid),
            leak_found=leak_found,
            parts_worked_on=parts_worked_on,
            work_done=work_done,
            nothing_because=nothing_because,
            note=note,
            now=now,
        )
        if cylinder_id is not None:
            _move(record, cylinder_id, assignment.technician.truck_id, now)
    return record


@transaction.atomic
def log_leak_step(
    visit_id: int,
    *,
    uuid: uuids.UUID,
    case_id: int,
    step: str,
    technician_id: int,
    now: datetime,
    method: str = "",
    locations: str = "",
    all_parts_inspected: bool = False,
    was_evacuated: bool = False,
    note: str = "",
) -> CaseEvent:
    """Note what the technician did about a leak: inspected, repaired, tested. The same uuid twice is one."""
    visit, assignment = _locked(visit_id, technician_id)
    _refuse_unless_open(visit)
    case = LeakCase.objects.filter(pk=case_id, circuit__unit__site=visit.job.site_id).first()
    if case is None:
        raise NotPossible(_("This leak is not at the visit's address."), field="case")
    with rooted("job", visit.job.uuid):
        return equipment.log_case_event(
            case.pk,
            uuid=uuid,
            step=step,
            happened_on=today_in(visit.job.site.time_zone, now),
            happened_at=now,
            technician_id=assignment.technician.user_id,
            method=method,
            locations=locations,
            all_parts_inspected=all_parts_inspected,
            was_evacuated=was_evacuated,
            note=note,
            work=Reference("visit", visit.uuid),
            now=now,
        )


def _circuit_here(visit: Visit, circuit_id: int) -> Circuit:
    circuit = Circuit.objects.select_related("unit", "refrigerant").filter(pk=circuit_id).first()
    if circuit is None or circuit.unit.site_id != visit.job.site_id:
        raise NotPossible(_("This circuit is not at the visit's address."), field="circuit")
    return circuit


def _as_listed(typed: str, circuit: Circuit) -> str:
    """The circuit's own refrigerant however it was written (“r410a”), else what was typed."""
    held = circuit.refrigerant.designation
    return held if _bare(typed) == _bare(held) else typed.strip()


def _bare(name: str) -> str:
    return "".join(sign for sign in name.upper() if sign.isalnum())


def _last_addition(circuit: Circuit, own: uuids.UUID) -> uuids.UUID:
    rows = RefrigerantRecord.objects.in_force().filter(circuit=circuit, kind=RecordKind.ADDED)
    found = rows.exclude(uuid=own).order_by("-happened_at", "-pk").values_list("uuid", flat=True).first()
    if found is None:
        raise NotPossible(
            _("Nothing was added to this circuit before, so it cannot be the same leak."), field="same_leak"
        )
    return found


def _move(record: RefrigerantRecord, cylinder_id: int, truck_id: int | None, now: datetime) -> None:
    """The cylinder's side of a record; its line has the record's own key, so a repeat moves nothing."""
    if record.ounces == 0:
        raise NotPossible(
            _("Nothing was recovered, so nothing went into a cylinder. Leave the cylinder out."),
            field="cylinder",
        )
    move = stock.charge_from_cylinder if record.kind == RecordKind.ADDED else stock.recover_into_cylinder
    move(record.pk, cylinder_id=cylinder_id, key=f"record:{record.uuid}", now=now, place_id=truck_id)
