"""Readings: taken as they were typed, refused where they cannot be, flagged where they are not good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import current_actor_name
from fsm.models import User
from fsm.references import Reference
from fsm.states import NotPossible

from ..models import Circuit, Reading, Unit
from ..plates import context_for
from ..readings import READINGS, Outcome, Unreadable, judge, parse, plain, subcooling, superheat
from ..states import UnitStatus
from ..wording import translated

AHEAD: Final = timedelta(minutes=10)  # a telephone's clock may be that far off
# What follows from a pressure and the temperature of its line.
DERIVED: Final[dict[str, tuple[Callable[..., Decimal], str, str, str]]] = {
    "superheat": (superheat, "suction_pressure", "suction_psig", "suction_line"),
    "subcooling": (subcooling, "liquid_pressure", "liquid_psig", "liquid_line"),
}


@transaction.atomic
def record_readings(
    unit_id: int,
    *,
    values: Mapping[str, str | Decimal],
    measured_at: datetime,
    now: datetime,
    circuit_id: int | None = None,
    technician_id: int | None = None,
    ratings: Mapping[str, Any] | None = None,
    work: Reference | None = None,
    uuid: UUID | None = None,
) -> list[Reading]:
    """Keep what was measured at one time, each judged; all or nothing. The same uuid twice is one entry.

    Superheat and subcooling follow from the pressures and lines where they were not measured themselves;
    those say so. `ratings` go before those of the unit's nameplate: a capacitor that is not the only one.
    """
    unit = Unit.objects.select_for_update(no_key=True, of=("self",)).select_related("maker").get(pk=unit_id)
    batch = uuid or uuid4()
    if standing := list(
        Reading.objects.filter(uuid__in=[uuid5(batch, key) for key in READINGS]).order_by("pk")
    ):
        return standing
    if unit.status == UnitStatus.RETIRED:
        raise NotPossible(_("%(unit)s is retired. Nothing was saved.") % {"unit": unit})
    if measured_at > now + AHEAD:
        raise NotPossible(_("A reading cannot come from the future."), field="measured_at")
    circuit = _circuit(unit, circuit_id)
    plate = {**unit.ratings, **(ratings or {})}
    numbers = {key: _number(key, typed) for key, typed in values.items() if str(typed).strip()}
    if not numbers:
        raise NotPossible(_("Enter at least one reading."), field="values")
    derived = _derived(numbers, circuit)
    technician = User.objects.filter(pk=technician_id).first()
    rows = []
    for key, value in (numbers | derived).items():
        verdict = judge(key, value, context_for(key, plate, maker=unit.maker.name if unit.maker else ""))
        if verdict.outcome is Outcome.REFUSED and key in derived:
            continue  # the pressures and lines cannot belong together; they are kept and speak for themselves
        rows.append(
            Reading.objects.create(
                uuid=uuid5(batch, key),
                unit=unit,
                circuit=circuit,
                key=key,
                value=value,
                is_flagged=verdict.outcome is Outcome.FLAGGED,
                verdict=str(verdict.sentence)[:200],
                context=_kept_context(key, derived, numbers, circuit, ratings),
                measured_at=measured_at,
                technician=technician,
                technician_name=technician.name if technician else current_actor_name(),
                work_kind=work.kind if work else "",
                work_uuid=work.uuid if work else None,
            )
        )
    return rows


def record_reading(unit_id: int, *, key: str, value: str | Decimal, **facts: Any) -> Reading:
    """Keep one reading; see `record_readings`."""
    rows = record_readings(unit_id, values={key: value}, **facts)
    return next(row for row in rows if row.key == key)


@transaction.atomic
def void_reading(reading_id: int, *, because: str, now: datetime) -> Reading:
    """Strike out a reading that was wrong; it stays readable and counts no more."""
    if not because.strip():
        raise NotPossible(_("Say why."), field="because")
    row = Reading.objects.select_for_update(no_key=True).get(pk=reading_id)
    if row.voided_at is None:
        row.voided_at, row.voided_because = now, because.strip()[:200]
        row.save(update_fields=["voided_at", "voided_because"])
    return row


def _number(key: str, typed: str | Decimal) -> Decimal:
    if key not in READINGS:
        raise NotPossible(_("“%(name)s” is not a reading we know.") % {"name": key[:40]}, field="values")
    try:
        return parse(key, typed if isinstance(typed, str) else plain(typed))
    except Unreadable as problem:
        raise NotPossible(translated(problem.sentence), field=key) from None


def _circuit(unit: Unit, circuit_id: int | None) -> Circuit | None:
    """The one that was named, else the only one."""
    circuits = list(unit.circuits.select_related("refrigerant").order_by("label"))
    if circuit_id is None:
        return circuits[0] if len(circuits) == 1 else None
    found = next((row for row in circuits if row.pk == circuit_id), None)
    if found is None:
        raise NotPossible(_("This circuit is not the unit's."), field="circuit")
    return found


def _derived(numbers: Mapping[str, Decimal], circuit: Circuit | None) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for key, (rule, pressure, name, line) in DERIVED.items():
        if circuit is None or key in numbers or pressure not in numbers or line not in numbers:
            continue
        try:
            found[key] = rule(
                circuit.refrigerant.designation, **{name: numbers[pressure], "line_f": numbers[line]}
            )
        except Unreadable:
            continue  # no table for this refrigerant, or a pressure outside of it
    return found


def _kept_context(
    key: str,
    derived: Mapping[str, Decimal],
    numbers: Mapping[str, Decimal],
    circuit: Circuit | None,
    ratings: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What somebody needs to judge it again: what it was derived from, what was said of the part."""
    context: dict[str, Any] = {name: str(value) for name, value in (ratings or {}).items() if value}
    if key in derived and circuit is not None:
        pressure, line = DERIVED[key][1], DERIVED[key][3]
        context["derived_from"] = {
            pressure: str(numbers[pressure]), line: str(numbers[line]),
            "refrigerant": circuit.refrigerant.designation,
        }  # fmt: skip
    return context
