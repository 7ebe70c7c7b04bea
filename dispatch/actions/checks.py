"""Lines of a visit's checklist; a line that measures something keeps it as a reading of the unit."""

from __future__ import annotations

import uuid as uuids
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from equipment import actions as equipment
from equipment.actions.readings import DERIVED
from equipment.models import Reading, Unit, UnitStatus
from equipment.readings import READINGS, Outcome, Unreadable, judge, parse, plain
from equipment.wording import translated
from fsm.attribution import rooted
from fsm.bodies import number_in
from fsm.references import Reference
from fsm.states import NotPossible

from ..models import CheckAnswer, CheckKind, Visit, VisitCheck
from .field import _refuse_unless_open
from .locks import locked_visit

ANSWERED = ["answer", "reading", "note", "answered_at", "equipment"]


@transaction.atomic
def answer_check(
    check_uuid: uuids.UUID,
    *,
    visit_id: int,
    now: datetime,
    answer: str = "",
    reading: Decimal | str | None = None,
    note: str = "",
    unit_uuid: uuids.UUID | None = None,
    needs_unit: bool = False,
    user_id: int | None = None,
) -> VisitCheck:
    """Answer one line of the checklist, again if need be, until the visit is over.

    A line that measures something known refuses what cannot be, needs attention where the value is out of
    range, with the sentence as its note, and keeps it as a reading of the unit: measured again, the one
    before is struck out. Of several units `unit_uuid` says which; unsaid, the value stays on the checklist
    alone, or with `needs_unit` is refused.
    """
    visit = locked_visit(visit_id)
    _refuse_unless_open(visit)
    check = visit.checks.select_for_update(no_key=True).filter(uuid=check_uuid).first()
    if check is None:
        raise NotPossible(_("This line is not on the visit's checklist."))
    if answer not in CheckAnswer.values:
        raise NotPossible(_("“%(answer)s” is not an answer.") % {"answer": answer}, field="answer")
    value = _value(check, reading)
    if check.kind == CheckKind.READING and not answer and value is None:
        raise NotPossible(_("Enter the reading for “%(text)s”.") % {"text": check.text}, field="reading")
    with rooted("job", visit.job.uuid):
        if check.reading_key in READINGS:
            unit = _unit_measured(visit, check, unit_uuid, needs_unit=needs_unit and value is not None)
            flagged = _keep(visit, check, unit, value, user_id, now)
            answer, note = (CheckAnswer.ATTENTION, note or flagged) if flagged else (answer, note)
            check.equipment = unit or check.equipment
        check.answer, check.reading, check.note, check.answered_at = answer, value, note[:200], now
        check.save(update_fields=ANSWERED)
    return check


def units_to_measure(visit: Visit) -> list[Unit]:
    """The units a reading may belong to: those the job is about, else those at the site, in service."""
    standing = (
        Unit.objects.exclude(status=UnitStatus.RETIRED).select_related("maker").order_by("category", "pk")
    )
    named = list(standing.filter(pk__in=visit.job.units.values("unit")))
    return named or list(standing.filter(site=visit.job.site_id))


def _value(check: VisitCheck, reading: Decimal | str | None) -> Decimal | None:
    """The number; refuses what is none, and what such a reading cannot be."""
    if reading is None or (isinstance(reading, str) and not reading.strip()):
        return None
    if check.reading_key in READINGS:
        try:
            return parse(check.reading_key, reading if isinstance(reading, str) else plain(reading))
        except Unreadable as problem:
            raise NotPossible(translated(problem.sentence), field="reading") from None
    value = number_in({"reading": reading}, "reading") if isinstance(reading, str) else reading
    if value is not None and not -10_000 < value < 1_000_000:
        raise NotPossible(_("%(reading)s is no reading we believe.") % {"reading": value}, field="reading")
    return value


def _unit_measured(
    visit: Visit, check: VisitCheck, unit_uuid: uuids.UUID | None, *, needs_unit: bool
) -> Unit | None:
    if unit_uuid is not None:
        unit = Unit.objects.filter(site=visit.job.site_id, uuid=unit_uuid).first()
        if unit is None:
            raise NotPossible(_("This unit is not at the visit's address."), field="unit")
        return unit
    if check.equipment is not None:
        return check.equipment
    units = units_to_measure(visit)
    if len(units) > 1 and needs_unit:
        raise NotPossible(
            _("Say which unit “%(text)s” was measured on.") % {"text": check.text}, field="unit"
        )
    return units[0] if len(units) == 1 else None


def _keep(
    visit: Visit,
    check: VisitCheck,
    unit: Unit | None,
    value: Decimal | None,
    user_id: int | None,
    now: datetime,
) -> str:
    """Strike out what the line said before, keep what it says now; the sentence where it is out of range."""
    before = _before(visit, check)
    if value is None:
        if before is not None:
            equipment.void_reading(before.pk, because=_("Does not apply after all"), now=now)
        return ""
    if unit is None:
        verdict = judge(check.reading_key, value)
        return translated(verdict.sentence) if verdict.outcome is Outcome.FLAGGED else ""
    if before is not None and (before.unit_id, before.value) == (unit.pk, value):
        return before.verdict if before.is_flagged else ""
    rows = _measured(visit, check.reading_key, unit, value, before, user_id, now)
    _fill_in(visit, unit, rows, now, but=check)
    kept = next(row for row in rows if row.key == check.reading_key)
    return kept.verdict if kept.is_flagged else ""


def _before(visit: Visit, check: VisitCheck) -> Reading | None:
    """The reading that this line made; another line may measure the same on the same unit."""
    if check.reading is None or check.equipment_id is None:
        return None
    rows = _on_visit(visit).filter(unit=check.equipment_id, key=check.reading_key, value=check.reading)
    return rows.order_by("pk").last()


def _on_visit(visit: Visit) -> QuerySet[Reading]:
    return Reading.objects.filter(work_kind="visit", work_uuid=visit.uuid, voided_at=None)


def _measured(
    visit: Visit,
    key: str,
    unit: Unit,
    value: Decimal,
    before: Reading | None,
    user_id: int | None,
    now: datetime,
) -> list[Reading]:
    """The new reading. Where its partner is there already, both are entered together, since superheat and
    subcooling follow from a pressure and its line measured at one time.
    """
    standing = {row.key: row for row in _on_visit(visit).filter(unit=unit).order_by("pk")}
    values: dict[str, str | Decimal] = {key: value}
    outdated = {before.pk: _("Measured again on the visit")} if before else {}
    for name, (_rule, pressure, _argument, line) in DERIVED.items():
        partner = {pressure: line, line: pressure}.get(key, "")
        found = standing.get(name)
        if partner not in standing or (found is not None and "derived_from" not in found.context):
            continue
        values[partner] = standing[partner].value
        why = _("Entered again together with %(what)s") % {"what": translated(READINGS[key].label)}
        outdated |= {row.pk: why for row in (standing[partner], found) if row is not None}
    if key in DERIVED and key in standing and "derived_from" in standing[key].context:
        outdated[standing[key].pk] = _("Measured instead of computed")
    for reading_id, because in outdated.items():
        equipment.void_reading(reading_id, because=because, now=now)
    return equipment.record_readings(
        unit.pk,
        values=values,
        measured_at=now,
        technician_id=user_id,
        work=Reference("visit", visit.uuid),
        now=now,
    )


def _fill_in(visit: Visit, unit: Unit, rows: list[Reading], now: datetime, *, but: VisitCheck) -> None:
    """What was computed also answers its own open line of the checklist."""
    computed = {row.key: row for row in rows if "derived_from" in row.context}
    lines = visit.checks.select_for_update(no_key=True).filter(reading_key__in=computed).exclude(pk=but.pk)
    for line in lines.order_by("pk"):
        row = computed[line.reading_key]
        if line.equipment_id not in (None, unit.pk):
            continue
        line.equipment, line.reading, line.answered_at = unit, row.value, now
        line.answer = CheckAnswer.ATTENTION if row.is_flagged else CheckAnswer.OPEN
        line.note = row.verdict if row.is_flagged else _("Computed from pressure and line temperature")
        line.save(update_fields=ANSWERED)
