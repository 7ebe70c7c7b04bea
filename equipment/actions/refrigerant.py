"""Refrigerant: what was added and recovered, by whom, and what was struck out again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.clock import local, today_in
from fsm.events import announce
from fsm.models import User
from fsm.references import Reference
from fsm.states import NotPossible

from .. import certificates
from ..compliance import entries, judging
from ..compliance.words import Refused
from ..compliance_rows import Book, load_book
from ..events import RefrigerantRecorded, RefrigerantVoided
from ..models import (
    CertificateKind,
    Circuit,
    RecordKind,
    RecordPurpose,
    Refrigerant,
    RefrigerantRecord,
    TechnicianCertificate,
    pounds_and_ounces,
)
from ..states import UnitStatus
from ..wording import said
from .rates import recompute_circuit

# More than this many full charges in one go is a slip of the finger: pounds for ounces, or a missing point.
MOST_CHARGES = 3
MOST_OUNCES = Decimal(80_000)
FIELDS = {"day": "happened_at"}  # the rules' names of inputs, where ours are others


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
    purpose: str = RecordPurpose.SERVICE,
    returned_oz: Decimal = Decimal(0),
    refrigerant: str = "",
    continues: UUID | None = None,
    replaces: UUID | None = None,
    parts_worked_on: str = "",
    work_done: str = "",
    nothing_because: str = "",
) -> RefrigerantRecord:
    """Keep what a certified technician added or recovered; the same uuid twice is the same record.

    `refrigerant` is what went in or came out, where somebody said it; `continues` is the addition before for
    the same leak, `replaces` a record that was struck out. The circuit's rates and cases are found anew;
    the record's `changes` tell what became different.
    """
    circuit = locked_circuit(circuit_id)
    if standing := RefrigerantRecord.objects.filter(uuid=uuid).first():
        return standing
    if circuit.unit.status == UnitStatus.RETIRED:
        raise NotPossible(_("This unit is retired. Return it to service before recording refrigerant."))
    nothing_because = nothing_because.strip()[:200]
    _check_words(kind, purpose, ounces, nothing_because)
    _check_amount(circuit, ounces, returned_oz, is_nothing=bool(nothing_because) and ounces == 0)
    if happened_at > now:
        raise NotPossible(_("Refrigerant cannot be recorded for a time to come."), field="happened_at")
    technician = User.objects.get(pk=technician_id)
    certificate = certificate_for(technician, circuit, happened_at)
    book = load_book(circuit.pk, whole=False)
    replaced = _replaced(circuit, replaces)
    continued = _continued(circuit, continues)
    event = judging.Event(
        ref=None,
        day=today_in(book.zone, happened_at),
        kind=judging.kind_of(kind, purpose),
        ounces=ounces or Decimal(1),
        returned_oz=returned_oz,
        at=local(happened_at, book.zone).time(),
    )
    _check_entry(book, event, refrigerant, today_in(book.zone, now), relogs=replaced is not None)
    made = RefrigerantRecord.objects.create(
        uuid=uuid,
        circuit=circuit,
        refrigerant=_held_then(book, event, circuit),
        kind=kind,
        purpose=purpose,
        ounces=ounces,
        returned_oz=returned_oz,
        nothing_because=nothing_because if ounces == 0 else "",
        continues=continued,
        replaces=replaced,
        technician=technician,
        technician_name=str(technician),
        certificate=certificate,
        happened_at=happened_at,
        leak_found=leak_found,
        parts_worked_on=parts_worked_on.strip()[:200],
        work_done=work_done.strip()[:200],
        note=note.strip()[:200],
        work_kind=work.kind if work else "",
        work_uuid=work.uuid if work else None,
    )
    why = _("%(what)s was recorded") % {"what": made}
    made.changes = tuple(recompute_circuit(circuit.pk, now=now, because=why))
    announce(RefrigerantRecorded(record_id=made.pk))
    return made


@transaction.atomic
def void_refrigerant_record(record_id: int, *, because: str, now: datetime) -> RefrigerantRecord:
    """Strike out a record that was wrong; it stays readable, with the reason, and counts no more.

    What rests on it is found anew; the record's `changes` tell what became different.
    """
    because = because.strip()[:200]
    if not because:
        raise NotPossible(_("Say why this record is struck out."), field="because")
    circuit_id = RefrigerantRecord.objects.values_list("circuit", flat=True).get(pk=record_id)
    locked_circuit(circuit_id)
    record = RefrigerantRecord.objects.select_for_update(no_key=True).get(pk=record_id)
    if record.voided_at is not None:
        raise NotPossible(_("This record is struck out already."))
    record.voided_at, record.voided_because = now, because
    with with_reason(because):
        record.save(update_fields=["voided_at", "voided_because"])
    record.changes = tuple(recompute_circuit(circuit_id, now=now, because=because))
    announce(RefrigerantVoided(record_id=record.pk))
    return record


def locked_circuit(circuit_id: int) -> Circuit:
    """The circuit with its unit, site and refrigerant, locked for whatever changes what it holds."""
    return (
        Circuit.objects.select_for_update(no_key=True, of=("self",))
        .select_related("unit__site", "refrigerant")
        .get(pk=circuit_id)
    )


def refused(refusal: Refused) -> NotPossible:
    """A rule's refusal as a door shows it."""
    field = getattr(refusal, "field", "") or None
    return NotPossible(said(refusal.sentence), field=FIELDS.get(field, field) if field else None)


def _check_words(kind: str, purpose: str, ounces: Decimal, nothing_because: str) -> None:
    if kind not in RecordKind.values:
        raise NotPossible(_("Say whether refrigerant was added or recovered."), field="kind")
    fitting = PURPOSES[RecordKind(kind)]
    if purpose not in fitting:
        names = ", ".join(str(RecordPurpose(name).label) for name in fitting)
        raise NotPossible(
            _("What was %(kind)s has one of these reasons: %(names)s.")
            % {"kind": str(RecordKind(kind).label).lower(), "names": names},
            field="purpose",
        )
    is_disposal = kind == RecordKind.RECOVERED and purpose == RecordPurpose.DISPOSAL
    if ounces == 0 and is_disposal and not nothing_because:
        raise NotPossible(
            _("Nothing was recovered: say why, such as “system empty on arrival”."),
            field="nothing_because",
        )


PURPOSES = {
    RecordKind.ADDED: (
        RecordPurpose.SERVICE,
        RecordPurpose.INITIAL,
        RecordPurpose.RETROFIT,
        RecordPurpose.SEASONAL,
    ),
    RecordKind.RECOVERED: (
        RecordPurpose.SERVICE,
        RecordPurpose.REPAIR,
        RecordPurpose.DISPOSAL,
        RecordPurpose.SEASONAL,
    ),
}


def _check_amount(circuit: Circuit, ounces: Decimal, returned_oz: Decimal, *, is_nothing: bool) -> None:
    if not returned_oz.is_finite():
        raise NotPossible(_("What was put back is no amount."), field="returned_oz")
    if not ounces.is_finite() or ounces < 0 or (ounces == 0 and not is_nothing):
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


def _check_entry(book: Book, event: judging.Event, refrigerant: str, today: date, *, relogs: bool) -> None:
    """The rules' own refusals; a record that is logged again may stand before later ones."""
    history = book.history
    if relogs:
        history = replace(history, events=[row for row in history.events if row.day <= event.day])
    try:
        entries.check_entry(event, history, today=today, refrigerant=refrigerant.strip())
    except Refused as refusal:
        raise refused(refusal) from refusal


def _held_then(book: Book, event: judging.Event, circuit: Circuit) -> Refrigerant:
    name = book.history.facts(event.day).refrigerant.designation
    held = circuit.refrigerant
    return held if held.designation == name else Refrigerant.objects.get(designation=name)


def _replaced(circuit: Circuit, uuid: UUID | None) -> RefrigerantRecord | None:
    if uuid is None:
        return None
    record = RefrigerantRecord.objects.filter(uuid=uuid, circuit=circuit).first()
    if record is None:
        raise NotPossible(_("The record to log again is not one of this circuit."), field="replaces")
    if record.voided_at is None:
        raise NotPossible(_("Strike the record out first, then log it again."), field="replaces")
    if RefrigerantRecord.objects.in_force().filter(replaces=record).exists():
        raise NotPossible(_("This record was logged again already."), field="replaces")
    return record


def _continued(circuit: Circuit, uuid: UUID | None) -> RefrigerantRecord | None:
    if uuid is None:
        return None
    record = RefrigerantRecord.objects.filter(uuid=uuid, circuit=circuit, kind=RecordKind.ADDED).first()
    if record is None:
        raise NotPossible(_("The addition for the same leak is not one of this circuit."), field="continues")
    return record


def certificate_for(technician: User, circuit: Circuit, happened_at: datetime) -> TechnicianCertificate:
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
