"""Equipment that a job takes out: what has to be recovered first, and what becomes of the old unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from equipment import actions as equipment
from equipment.compliance.disposal import OVER_LB
from equipment.models import (
    OUNCES_IN_POUND,
    Circuit,
    RecordKind,
    RecordPurpose,
    RefrigerantRecord,
    Unit,
    UnitStatus,
)
from fsm.clock import day_in, today_in
from fsm.states import NotPossible

from ..models import Job

OUT: Final = "out"  # taken out, and nothing took its place
STAYS: Final = "stays"
TAKEN_OUT: Final = "unit_"  # a phone's field before a unit's uuid: which one took its place, OUT or STAYS


def units_taken_out(job: Job) -> list[Unit]:
    """The units that a change-out takes out: those it names and those whose refrigerant was recovered for
    disposal on it. What was put in since it was booked, or retired before, is none of them.
    """
    if not job.job_type.needs_recovery:
        return []
    zone = job.site.time_zone
    booked_on = today_in(zone, job.created_at)
    named = Q(pk__in=job.units.values("unit"))
    emptied = Q(pk__in=_disposals(job).values("circuit__unit"))
    rows = Unit.objects.filter(named | emptied).select_related("maker", "replaced_by").order_by("pk")
    return [unit for unit in rows if not _is_new(unit, booked_on) and not _was_gone(unit, booked_on)]


def new_units_at(job: Job) -> list[Unit]:
    """The units in service that stand at the site since the job was booked: one of them replaces the old."""
    booked_on = today_in(job.site.time_zone, job.created_at)
    rows = Unit.objects.filter(site=job.site_id, installed_on__gte=booked_on)
    return list(rows.exclude(status=UnitStatus.RETIRED).select_related("maker").order_by("category", "pk"))


def open_recoveries(job: Job) -> tuple[str, ...]:
    """The circuits that a change-out has still to account for, by name: each of more than 5 lb, or of nobody
    knows how much, on a unit that is taken out. "" where nobody has said yet which unit that is.
    """
    if not job.job_type.needs_recovery:
        return ()
    units = units_taken_out(job)
    holding = _holding().select_related("unit", "refrigerant").order_by("unit", "label")
    if not units:
        here = holding.filter(unit__site=job.site_id).exclude(unit__status=UnitStatus.RETIRED)
        booked_on = today_in(job.site.time_zone, job.created_at)
        return ("",) if any(not _is_new(circuit.unit, booked_on) for circuit in here) else ()
    done = _disposals(job).values("circuit")
    wanted = holding.filter(unit__in=units).exclude(pk__in=done)
    return tuple(
        _("%(unit)s, circuit %(label)s") % {"unit": circuit.unit, "label": circuit.label}
        for circuit in wanted
    )


def take_out(job: Job, said: Mapping[UUID, str], *, now: datetime) -> None:
    """Retire what was taken out: `said` tells of each unit by its uuid which one took its place (a uuid),
    that none did (OUT) or that it stays after all (STAYS).
    """
    units = {unit.uuid: unit for unit in units_taken_out(job)}
    on = today_in(job.site.time_zone, now)
    because = _("Taken out, job %(number)s") % {"number": job.number}
    for uuid, what in said.items():
        unit = units.get(uuid)
        if unit is None:
            raise NotPossible(_("This unit is not one that the job takes out."), field=f"{TAKEN_OUT}{uuid}")
        if what == OUT and unit.status != UnitStatus.RETIRED:
            equipment.retire_unit(unit.pk, because=because, on=on)
        elif what not in (OUT, STAYS, ""):
            equipment.replace_unit(
                unit.pk, by_unit_id=_standing_here(job, what, uuid), because=because, on=on
            )


def _standing_here(job: Job, text: str, old: UUID) -> int:
    try:
        wanted = UUID(text)
    except ValueError:
        wanted = old
    found = Unit.objects.filter(site=job.site_id, uuid=wanted).exclude(uuid=old).values_list("pk", flat=True)
    unit_id = found.first()
    if unit_id is None:
        raise NotPossible(
            _("The unit that takes its place is not at this address."), field=f"{TAKEN_OUT}{old}"
        )
    return unit_id


def _holding() -> QuerySet[Circuit]:
    limit = OVER_LB * OUNCES_IN_POUND
    return Circuit.objects.filter(Q(full_charge_oz__isnull=True) | Q(full_charge_oz__gt=limit))


def _disposals(job: Job) -> QuerySet[RefrigerantRecord]:
    """Recoveries for disposal on the job's visits, or by any other door since the day it was booked."""
    zone = job.site.time_zone
    since = day_in(zone, today_in(zone, job.created_at))[0]
    on_it = Q(work_kind="visit", work_uuid__in=job.visits.values("uuid"))
    meanwhile = Q(circuit__unit__in=job.units.values("unit"), happened_at__gte=since)
    return RefrigerantRecord.objects.in_force().filter(
        on_it | meanwhile, kind=RecordKind.RECOVERED, purpose=RecordPurpose.DISPOSAL
    )


def _is_new(unit: Unit, booked_on: date) -> bool:
    return unit.installed_on is not None and unit.installed_on >= booked_on


def _was_gone(unit: Unit, booked_on: date) -> bool:
    return unit.status == UnitStatus.RETIRED and unit.status_on is not None and unit.status_on < booked_on
