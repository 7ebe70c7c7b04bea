"""Refrigerant: what was added and recovered, by whom, and what was struck out again."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.clock import today_in
from fsm.models import User
from fsm.references import Reference
from fsm.states import NotPossible

from .. import certificates
from ..models import (
    CertificateKind,
    Circuit,
    RecordKind,
    RefrigerantRecord,
    TechnicianCertificate,
    pounds_and_ounces,
)
from ..states import UnitStatus

# More than this many full charges in one go is a slip of the finger: pounds for ounces, or a missing point.
MOST_CHARGES = 3
MOST_OUNCES = Decimal(80_000)


@transaction.atomic
def record_refrigerant(
    *,
    uuid: UUID,
    circuit_id: int,
    kind: str,
    ounces: Decimal,
    technician_id: int,
    happened_at: datetime,
    now: datetime,
    work: Reference | None = None,
    leak_found: bool | None = None,
    note: str = "",
) -> RefrigerantRecord:
    """Keep what a certified technician added or recovered; the same uuid twice is the same record."""
    circuit = (
        Circuit.objects.select_for_update(no_key=True, of=("self",))
        .select_related("unit__site", "refrigerant")
        .get(pk=circuit_id)
    )
    if standing := RefrigerantRecord.objects.filter(uuid=uuid).first():
        return standing
    if circuit.unit.status == UnitStatus.RETIRED:
        raise NotPossible(_("This unit is retired. Return it to service before recording refrigerant."))
    if kind not in RecordKind.values:
        raise NotPossible(_("Say whether refrigerant was added or recovered."), field="kind")
    _check_amount(circuit, ounces)
    if happened_at > now:
        raise NotPossible(_("Refrigerant cannot be recorded for a time to come."), field="happened_at")
    technician = User.objects.get(pk=technician_id)
    return RefrigerantRecord.objects.create(
        uuid=uuid,
        circuit=circuit,
        refrigerant=circuit.refrigerant,
        kind=kind,
        ounces=ounces,
        technician=technician,
        technician_name=str(technician),
        certificate=_certificate_for(technician, circuit, happened_at),
        happened_at=happened_at,
        leak_found=leak_found,
        note=note.strip()[:200],
        work_kind=work.kind if work else "",
        work_uuid=work.uuid if work else None,
    )


@transaction.atomic
def void_refrigerant_record(record_id: int, *, because: str, now: datetime) -> RefrigerantRecord:
    """Strike out a record that was wrong; it stays readable, with the reason, and counts no more."""
    because = because.strip()
    if not because:
        raise NotPossible(_("Say why this record is struck out."), field="because")
    record = RefrigerantRecord.objects.select_for_update(no_key=True).get(pk=record_id)
    if record.voided_at is not None:
        raise NotPossible(_("This record is struck out already."))
    record.voided_at, record.voided_because = now, because[:200]
    record.save(update_fields=["voided_at", "voided_because"])
    return record


def _check_amount(circuit: Circuit, ounces: Decimal) -> None:
    if not ounces.is_finite() or ounces <= 0:
        raise NotPossible(_("The amount must be more than nothing."), field="ounces")
    full = circuit.full_charge_oz
    most = full * MOST_CHARGES if full is not None else MOST_OUNCES
    if ounces > most:
        raise NotPossible(
            _("%(amount)s is more than three times the full charge of %(full)s. Look at the amount again.")
            % {"amount": pounds_and_ounces(ounces), "full": pounds_and_ounces(full)}
            if full is not None
            else _("%(amount)s is more than any unit holds. Look at the amount again.")
            % {"amount": pounds_and_ounces(ounces)},
            field="ounces",
        )


def _certificate_for(technician: User, circuit: Circuit, happened_at: datetime) -> TechnicianCertificate:
    """The technician's certificate that the law asks for on that day, or a refusal that names it."""
    needed = certificates.kinds_for(
        circuit.unit.category, circuit.refrigerant.pressure_class, circuit.full_charge_oz
    )
    day = today_in(circuit.unit.site.time_zone, happened_at)
    for row in TechnicianCertificate.objects.filter(technician=technician, kind__in=needed).order_by("pk"):
        if certificates.covers([certificates.Held(row.kind, row.issued_on, row.revoked_on)], needed, day):
            return row
    names = _(" or ").join(
        str(CertificateKind(kind).label) for kind in CertificateKind.values if kind in needed
    )
    raise NotPossible(
        _("%(person)s holds no EPA 608 certificate for this circuit on that day: it takes %(kinds)s.")
        % {"person": technician, "kinds": names},
        field="technician",
    )
