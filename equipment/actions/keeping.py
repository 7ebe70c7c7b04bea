"""Holds on a circuit's records, and purging what need not be kept any longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.clock import today_in
from fsm.history import delete_with_history
from fsm.models import User
from fsm.permissions import Role
from fsm.states import NotPossible

from ..keeping import kept_until, named_elsewhere, with_last_day
from ..models import (
    CaseEvent,
    ChargeRevision,
    ChronicLeaker,
    Circuit,
    ComplianceDocument,
    LeakCase,
    LeakRate,
    RefrigerantRecord,
)
from ..wording import said


@dataclass(frozen=True)
class Purged:
    """How many records went, and how many stayed because the cylinders' ledger names them."""

    gone: int
    stayed: int


@transaction.atomic
def hold_records(circuit_id: int, *, because: str) -> Circuit:
    """Keep everything of a circuit until the hold is lifted, whatever its time."""
    because = because.strip()[:200]
    if not because:
        raise NotPossible(_("Say why these records are held."), field="because")
    return _set_hold(circuit_id, because, because)


@transaction.atomic
def release_records(circuit_id: int, *, because: str) -> Circuit:
    """Lift the hold; the records are kept for their usual time."""
    because = because.strip()[:200]
    if not because:
        raise NotPossible(_("Say why the hold is lifted."), field="because")
    return _set_hold(circuit_id, "", because)


def _set_hold(circuit_id: int, hold: str, because: str) -> Circuit:
    circuit = Circuit.objects.select_for_update(no_key=True).get(pk=circuit_id)
    if bool(circuit.hold_because) == bool(hold):
        words = _("These records are held already.") if hold else _("No hold stands on these records.")
        raise NotPossible(words)
    circuit.hold_because = hold
    with with_reason(because):
        circuit.save(update_fields=["hold_because"])
    return circuit


@transaction.atomic
def purge_records(circuit_id: int, *, because: str, by: User, now: datetime) -> Purged:
    """Delete the compliance records and papers of a circuit whose time is over: only an owner may, with a
    reason. Refused while the circuit is in service, a case is open, a hold stands or any time runs.

    The circuit stays, and so does every record that another ledger names; the history says what went.
    """
    because = because.strip()[:200]
    if by.role != Role.OWNER:
        raise NotPossible(_("Only an owner may purge compliance records."))
    if not because:
        raise NotPossible(_("Say why these records are purged."), field="because")
    Circuit.objects.select_for_update(no_key=True).get(pk=circuit_id)
    circuit = with_last_day(Circuit.objects.filter(pk=circuit_id).select_related("unit__site")).get()
    cases = LeakCase.objects.filter(circuit=circuit)
    if cases.open().exists():
        raise NotPossible(_("A leak case is open on this circuit. Nothing was purged."))
    kept = kept_until(circuit)
    if not kept.may_go(today_in(circuit.unit.site.time_zone, now)):
        raise NotPossible(
            _("These records must be kept: %(until)s (%(citation)s) Nothing was purged.")
            % {"until": said(kept.sentence), "citation": kept.citation}
        )
    records = RefrigerantRecord.objects.filter(circuit=circuit)
    stay = _that_stay(records.values_list("pk", "continues_id", "replaces_id"))
    papers = ComplianceDocument.objects.filter(circuit=circuit)
    files = [(row.file.storage, row.file.name) for row in papers]
    LeakRate.objects.filter(circuit=circuit).delete()
    with with_reason(because):
        gone = delete_with_history(papers)
        gone += delete_with_history(CaseEvent.objects.filter(case__in=cases))
        gone += delete_with_history(cases)
        gone += delete_with_history(ChronicLeaker.objects.filter(circuit=circuit))
        gone += delete_with_history(records.exclude(pk__in=stay))
        gone += delete_with_history(ChargeRevision.objects.filter(circuit=circuit))
    for storage, name in files:
        transaction.on_commit(lambda storage=storage, name=name: storage.delete(name))  # type: ignore[misc]
    return Purged(gone, len(stay))


def _that_stay(rows: object) -> set[int]:
    """The records that a ledger names, and those that they refer to."""
    refers = {key: {other for other in others if other} for key, *others in rows}  # type: ignore[attr-defined]
    stay: set[int] = set()
    found = named_elsewhere(list(refers))
    while found - stay:
        stay |= found
        found = {other for key in stay for other in refers.get(key, ())}
    return stay
