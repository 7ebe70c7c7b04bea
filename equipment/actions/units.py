"""Units: installed, edited, put to rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Site
from customers.versions import check_version
from fsm.attribution import because as with_reason
from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.states import NotPossible

from ..models import Circuit, DateKnownBy, Maker, ManufactureKnownBy, Refrigerant, Unit, UnitModel
from ..plates import checked_ratings
from ..states import UNIT_STATES, UnitStatus
from .cases import follow_unit
from .circuits import add_circuit, correct_circuit

UNIT_FIELDS = {
    "category",
    "name",
    "model_number",
    "serial",
    "installed_on",
    "date_known_by",
    "manufactured_on",
    "manufacture_known_by",
    "location",
    "access",
    "tons",
    "filter_size",
    "ratings",
    "notes",
}
# What a known model says of its units, where nobody said otherwise.
FROM_MODEL: Final = ("tons", "ratings")
MOST_TONS = Decimal(2000)


class CircuitFields(NamedTuple):
    """A circuit as it is said: its label, the refrigerant's ASHRAE number, the full charge where known."""

    label: str
    refrigerant: str
    full_charge_oz: Decimal | None = None


@transaction.atomic
def install_unit(
    *,
    site_id: int,
    category: str,
    uuid: UUID | None = None,
    maker: str = "",
    circuits: Sequence[CircuitFields | tuple[str, str, Decimal | None]] = (),
    **fields: Any,
) -> Unit:
    """Put a unit with its circuits on a site's list; the same uuid twice is one unit.

    Where the maker's model is known, capacity, ratings and factory charge that nobody gave are the model's.
    """
    _check_fields(fields)
    site = Site.objects.select_for_update(no_key=True).get(pk=site_id)
    if uuid and (standing := Unit.objects.filter(uuid=uuid).first()):
        return standing
    unit = Unit(uuid=uuid or uuid4(), site=site, category=category, maker=_maker(maker))
    _set_fields(unit, fields)
    unit.model = known = known_model(unit.maker, unit.model_number)
    if known is not None:
        for name in FROM_MODEL:
            setattr(unit, name, getattr(unit, name) or getattr(known, name))
        if not circuits and known.refrigerant is not None:
            circuits = [CircuitFields("1", known.refrigerant.designation, known.factory_charge_oz)]
    unit.save(force_insert=True)
    _set_circuits(unit, circuits)
    return unit


@transaction.atomic
def edit_unit(
    unit_id: int,
    *,
    version: int,
    maker: str | None = None,
    circuits: Sequence[CircuitFields | tuple[str, str, Decimal | None]] | None = None,
    **fields: Any,
) -> Unit:
    """Change what the plate says; given circuits replace the list, one with records keeps its refrigerant."""
    _check_fields(fields)
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    check_version(unit, version, fields, noun=_("unit"))
    _set_fields(unit, fields)
    if maker is not None:
        unit.maker = _maker(maker)
    if maker is not None or "model_number" in fields:
        unit.model = known_model(unit.maker, unit.model_number)
    if circuits is not None:
        _set_circuits(unit, circuits)
    return _save_new_version(unit)


@transaction.atomic
def retire_unit(unit_id: int, *, because: str, on: date | None = None) -> Unit:
    """Take a unit out of service for good; its records stay, new ones are refused."""
    return _move(unit_id, UnitStatus.RETIRED, because, on)


@transaction.atomic
def mothball_unit(unit_id: int, *, because: str, on: date | None = None) -> Unit:
    """Put a unit to rest for a time."""
    return _move(unit_id, UnitStatus.MOTHBALLED, because, on)


@transaction.atomic
def return_unit_to_service(unit_id: int, *, because: str, on: date | None = None) -> Unit:
    """Undo a retirement or a rest; what had replaced it is told apart again."""
    return _move(unit_id, UnitStatus.ACTIVE, because, on)


@transaction.atomic
def replace_unit(unit_id: int, *, by_unit_id: int, because: str, on: date) -> Unit:
    """The old unit is retired on the day and says which one at its site took its place."""
    if by_unit_id == unit_id:
        raise NotPossible(_("A unit cannot replace itself."), field="by")
    held = {row.pk: row for row in _locked_units((unit_id, by_unit_id))}
    old, new = held[unit_id], held[by_unit_id]
    if old.site_id != new.site_id:
        raise NotPossible(_("The new unit must stand at the same site."), field="by")
    if new.status == UnitStatus.RETIRED:
        raise NotPossible(_("%(unit)s is retired itself.") % {"unit": new}, field="by")
    if old.status == UnitStatus.RETIRED and old.replaced_by_id == new.pk:
        return old
    if old.status != UnitStatus.RETIRED:
        UNIT_STATES.check(old.status, UnitStatus.RETIRED)
    old.replaced_by = new
    return _put(old, UnitStatus.RETIRED, because, on)


@transaction.atomic
def confirm_manufacture(unit_id: int, *, made_on: date, known_by: str, today: date) -> Unit:
    """A person says when the unit was made: read on the plate, or what its serial seems to say is right."""
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    if known_by not in ManufactureKnownBy.values or known_by == ManufactureKnownBy.UNKNOWN:
        raise NotPossible(_("Say how the day of manufacture is known."), field="known_by")
    if made_on > today:
        raise NotPossible(_("A unit cannot have been made on a day to come."), field="made_on")
    unit.manufactured_on, unit.manufacture_known_by = made_on, known_by
    return _save_new_version(unit)


def known_model(maker: Maker | None, number: str) -> UnitModel | None:
    """The maker's model of that number, whatever its case."""
    if maker is None or not number.strip():
        return None
    rows = UnitModel.objects.filter(maker=maker, number__iexact=number.strip())
    return rows.select_related("refrigerant").first()


def _locked_units(keys: Sequence[int]) -> list[Unit]:
    return list(Unit.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def _move(unit_id: int, target: UnitStatus, because: str, on: date | None) -> Unit:
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    UNIT_STATES.check(unit.status, target)
    unit.replaced_by = None
    return _put(unit, target, because, on)


def _put(unit: Unit, target: UnitStatus, because: str, on: date | None) -> Unit:
    if not because.strip():
        raise NotPossible(_("Say why."), field="because")
    today = today_in(unit.site.time_zone, clock_now())
    on = on or today
    if on > today:
        raise NotPossible(_("The day lies in the future. Say it when it has happened."), field="on")
    unit.status, unit.status_on = target, on
    with with_reason(because.strip()):
        saved = _save_new_version(unit)
        follow_unit(saved, because=because.strip(), on=on, now=clock_now())
    return saved


def _check_fields(fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - UNIT_FIELDS:
        raise TypeError(f"unknown fields: {', '.join(sorted(unknown))}")
    tons = fields.get("tons")
    if tons is not None and not 0 < tons <= MOST_TONS:
        raise NotPossible(_("The capacity must be more than nothing."), field="tons")
    if "ratings" in fields:
        fields["ratings"] = checked_ratings(fields["ratings"])


def _set_fields(unit: Unit, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(unit, name, value.strip() if isinstance(value, str) else value)
    unit.serial = unit.serial.upper()
    if isinstance(unit.installed_on, date) and unit.date_known_by == DateKnownBy.UNKNOWN:
        unit.date_known_by = DateKnownBy.OWNER
    if unit.installed_on is None:
        unit.date_known_by = DateKnownBy.UNKNOWN
    if isinstance(unit.manufactured_on, date) and unit.manufacture_known_by == ManufactureKnownBy.UNKNOWN:
        unit.manufacture_known_by = ManufactureKnownBy.PLATE
    if unit.manufactured_on is None:
        unit.manufacture_known_by = ManufactureKnownBy.UNKNOWN
    if unit.manufactured_on and unit.installed_on and unit.manufactured_on > unit.installed_on:
        raise NotPossible(
            _("It cannot have been made after it was installed. Check both days."), field="manufactured_on"
        )


def _save_new_version(unit: Unit) -> Unit:
    unit.version += 1
    unit.save()
    return unit


def _maker(name: str) -> Maker | None:
    name = " ".join(name.split())
    if not name:
        return None
    return Maker.objects.filter(name__iexact=name).first() or Maker.objects.create(name=name[:60])


def _set_circuits(unit: Unit, circuits: Sequence[CircuitFields | tuple[str, str, Decimal | None]]) -> None:
    """Make the unit's circuits those given, matched by label."""
    wanted = [CircuitFields(*circuit) for circuit in circuits]
    labels = [circuit.label for circuit in wanted]
    if len(set(labels)) != len(labels):
        raise NotPossible(_("Two circuits have the same label."), field="circuits")
    designations = [circuit.refrigerant for circuit in wanted]
    known = {row.designation: row for row in Refrigerant.objects.filter(designation__in=designations)}
    standing = {row.label: row for row in unit.circuits.select_for_update(no_key=True).order_by("pk")}
    for label, row in standing.items():
        if label not in labels:
            _refuse_if_recorded(row)
            row.revisions.all().delete()
            row.delete()
    for circuit in wanted:
        refrigerant = known.get(circuit.refrigerant)
        if refrigerant is None:
            raise NotPossible(
                _("“%(name)s” is not a refrigerant we know.") % {"name": circuit.refrigerant},
                field="circuits",
            )
        if circuit.full_charge_oz is not None and circuit.full_charge_oz <= 0:
            raise NotPossible(_("A full charge must be more than nothing."), field="circuits")
        standing_row = standing.get(circuit.label)
        if standing_row is None:
            add_circuit(
                unit, label=circuit.label, refrigerant=refrigerant, full_charge_oz=circuit.full_charge_oz
            )
            continue
        if standing_row.refrigerant_id != refrigerant.pk:
            _refuse_if_recorded(standing_row)
        if (standing_row.refrigerant_id, standing_row.full_charge_oz) != (
            refrigerant.pk,
            circuit.full_charge_oz,
        ):
            correct_circuit(standing_row, refrigerant=refrigerant, full_charge_oz=circuit.full_charge_oz)


def _refuse_if_recorded(circuit: Circuit) -> None:
    if circuit.records.exists():
        raise NotPossible(
            _("Circuit %(label)s has refrigerant records. Its refrigerant cannot be changed or removed.")
            % {"label": circuit.label},
            field="circuits",
        )
