"""What the technician's pages show of equipment: circuits and cylinders, leaks, a change-out, a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from customers.models import Site, SiteRole
from equipment.compliance import clocks
from equipment.compliance_rows import codes_of, load_books, play, the_law
from equipment.gathering import restored
from equipment.models import (
    Circuit,
    LeakCase,
    Reading,
    RecordKind,
    RecordPurpose,
    RefrigerantRecord,
    Unit,
    UnitFile,
    UnitFileKind,
    UnitStatus,
    Warranty,
    pounds_and_ounces,
)
from equipment.states import CASE_CLOSED, CaseState
from equipment.unit_page import ReadingLine, circuits_of, reading_lines, shown_cover, with_everything
from equipment.warranties import Answer
from equipment.warranty_rows import cover_of, place_of
from equipment.wording import said
from fsm.clock import today_in
from inventory.models import Cylinder, CylinderKind, CylinderOrigin

from .actions import new_units_at, units_taken_out
from .models import Visit
from .phone import PastVisit, Work, past_visits

Step = clocks.Step
PICTURES = (UnitFileKind.NAMEPLATE, UnitFileKind.PHOTO)


# Refrigerant ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CircuitLine:
    """A circuit that refrigerant can be recorded for, with the last time something was added."""

    circuit: Circuit
    last_added: Decimal | None
    last_added_at: datetime | None
    is_taken_out: bool


@dataclass(frozen=True)
class CylinderLine:
    """A cylinder on the truck in one line."""

    cylinder: Cylinder

    @property
    def words(self) -> str:
        """Its number, what it is for and what it holds."""
        row = self.cylinder
        return f"{row.number} · {row.refrigerant.designation} · {pounds_and_ounces(row.content_oz)}"


@dataclass(frozen=True)
class RefrigerantPage:
    """What the page of refrigerant offers."""

    lines: list[CircuitLine]
    to_charge: list[CylinderLine]
    to_recover: list[CylinderLine]
    emptied: frozenset[int]  # circuits that were recovered for disposal on this visit

    @property
    def is_change_out(self) -> bool:
        """Whether something here is still to be emptied: then a recovery for disposal is what comes first."""
        return any(line.is_taken_out and line.circuit.pk not in self.emptied for line in self.lines)

    @property
    def knows_no_charge(self) -> bool:
        """Whether the full charge of a circuit is to be read on its nameplate first."""
        return any(line.circuit.full_charge_oz is None for line in self.lines)


def read_refrigerant(work: Work, records: Sequence[RefrigerantRecord]) -> RefrigerantPage:
    """The circuits of the site, and the cylinders on the truck whose refrigerant fits one of them; `records`
    are those of this visit.
    """
    added = RefrigerantRecord.objects.in_force().filter(circuit=OuterRef("pk"), kind=RecordKind.ADDED)
    last = added.order_by("-happened_at", "-pk")
    rows: Any = (
        circuits_at(work.site)
        .annotate(
            last_added=Subquery(last.values("ounces")[:1]),
            last_added_at=Subquery(last.values("happened_at")[:1]),
        )
        .order_by("unit__category", "unit", "label")
    )
    out = {unit.pk for unit in units_taken_out(work.job)}
    lines = [CircuitLine(row, row.last_added, row.last_added_at, row.unit_id in out) for row in rows]
    cylinders = _on_truck(work, {line.circuit.refrigerant_id for line in lines})
    return RefrigerantPage(
        lines=lines,
        to_charge=[
            CylinderLine(row)
            for row in cylinders
            if row.content_oz > 0 and row.origin != CylinderOrigin.TO_RECLAIM
        ],
        to_recover=[CylinderLine(row) for row in cylinders if row.kind == CylinderKind.RECOVERY],
        emptied=frozenset(
            row.circuit_id for row in records if row.purpose == RecordPurpose.DISPOSAL and not row.voided_at
        ),
    )


def circuits_at(site: Site) -> QuerySet[Circuit]:
    """Circuits that refrigerant can be recorded for."""
    there = Circuit.objects.filter(unit__site=site).exclude(unit__status=UnitStatus.RETIRED)
    return there.select_related("unit__maker", "refrigerant")


def _on_truck(work: Work, refrigerants: set[int]) -> list[Cylinder]:
    if work.technician.truck_id is None:
        return []
    rows = Cylinder.objects.ours().for_list().filter(place=work.technician.truck_id)
    return list(rows.filter(refrigerant__in=refrigerants).order_by("refrigerant", "number"))


# A change-out ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TakenOut:
    """A unit that is taken out, and which of those that stand here now may have taken its place."""

    unit: Unit
    successors: list[Unit]

    @property
    def likely(self) -> Unit | None:
        """The new unit of the same sort, where there is one."""
        return next((unit for unit in self.successors if unit.category == self.unit.category), None)


def read_change_out(work: Work) -> list[TakenOut]:
    """The units in service that this visit takes out: of each is asked what took its place."""
    old = [unit for unit in units_taken_out(work.job) if unit.status != UnitStatus.RETIRED]
    if not old:
        return []
    new = [unit for unit in new_units_at(work.job) if unit not in old]
    return [TakenOut(unit, new) for unit in old]


# Leaks ----------------------------------------------------------------------------------------------

# What a technician does; the office does the rest.
BY_HAND: dict[clocks.Step, Any] = {
    Step.INSPECTION: lambda: _("Inspected for leaks"),
    Step.REPAIRED: lambda: _("Repaired the leak"),
    Step.INITIAL_PASSED: lambda: _("Initial test passed"),
    Step.INITIAL_FAILED: lambda: _("Initial test failed"),
    Step.NORMAL_OPERATION: lambda: _("Back at normal operation"),
    Step.FOLLOW_UP_PASSED: lambda: _("Follow-up test passed"),
    Step.FOLLOW_UP_FAILED: lambda: _("Follow-up test failed"),
}


@dataclass(frozen=True)
class DueLine:
    """Something a case asks for, with its day and the rule."""

    sentence: str
    due: date | None
    citation: str
    is_overdue: bool


@dataclass(frozen=True)
class LeakLine:
    """A leak at the site: where it stands, what is due, what was done, what may be noted now."""

    case: LeakCase
    codes: Sequence[str]
    due: list[DueLine]
    done: list[tuple[date, str]]
    may: list[tuple[str, str]]


def cases_at(site: Site) -> QuerySet[LeakCase]:
    """The leaks of the site that are open, or still have inspections to come."""
    wanted = ~Q(state__in=CASE_CLOSED) | Q(next_inspection_on__isnull=False)
    rows = LeakCase.objects.filter(wanted, circuit__unit__site=site).exclude(state=CaseState.WITHDRAWN)
    return rows.select_related("circuit__unit", "circuit__refrigerant").order_by("next_due_on", "pk")


def read_leaks(work: Work) -> list[LeakLine]:
    """Every leak of the site with what may be noted of it now."""
    cases = list(cases_at(work.site))
    books = (
        {book.circuit.pk: book for book in load_books([case.circuit_id for case in cases])} if cases else {}
    )
    law, on = the_law(), today_in(work.zone, work.now)
    lines = []
    for case in cases:
        book = books[case.circuit_id]
        played = play(book, next(row for row in book.cases if row.pk == case.pk), law)
        is_over = case.state in CASE_CLOSED
        may = (Step.INSPECTION,) if is_over else clocks.may_come(played.case, on)
        due = [] if is_over else clocks.deadlines(played.case, on)
        lines.append(
            LeakLine(
                case=case,
                codes=codes_of(case.rules),
                due=[DueLine(said(row.sentence), row.due, row.citation, row.is_overdue) for row in due],
                done=[
                    (placed.step.day, str(BY_HAND[placed.step.step]()))
                    for placed in played.steps
                    if placed.step.step in BY_HAND
                ],
                may=[(str(step), str(words())) for step, words in BY_HAND.items() if step in may],
            )
        )
    return lines


# One unit -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UnitPage:
    """One unit at the site: what is known of it and what happened to it."""

    unit: Unit
    circuits: list[Circuit]
    cover: list[tuple[str, Answer, str]]
    readings: list[ReadingLine]
    cases: list[LeakCase]
    pictures: list[UnitFile]
    papers: list[UnitFile]
    records: list[RefrigerantRecord]
    last_visits: list[PastVisit]


def read_unit(work: Work, unit_uuid: UUID) -> UnitPage:
    """A unit of the visit's site with its history; raises Unit.DoesNotExist for one that is elsewhere."""
    unit: Any = with_everything(Unit.objects.filter(site=work.site)).get(uuid=unit_uuid)
    today = today_in(work.zone, work.now)
    warranties = restored(Warranty, unit.its_warranties)
    place = place_of(unit, restored(SiteRole, unit.its_roles))
    files = restored(UnitFile, unit.its_files)
    cover = cover_of(unit, warranties, on=today, place=place) if warranties else {}
    records = RefrigerantRecord.objects.in_force().filter(circuit__unit=unit)
    visits = Visit.objects.filter(job__units__unit=unit).exclude(pk=work.visit.pk)
    return UnitPage(
        unit=unit,
        circuits=circuits_of(unit),
        cover=shown_cover(cover, warranties),
        readings=reading_lines(restored(Reading, unit.its_readings), unit),
        cases=list(cases_at(work.site).filter(circuit__unit=unit)),
        pictures=[row for row in files if row.kind in PICTURES and row.content_type.startswith("image/")],
        papers=[row for row in files if row.kind not in PICTURES],
        records=list(records.select_related("circuit__refrigerant").order_by("-happened_at", "-pk")[:12]),
        last_visits=past_visits(visits.order_by(F("starts_at").desc()), work.zone, limit=8),
    )


def file_of_unit(work: Work, unit_uuid: UUID, file_uuid: UUID) -> UnitFile:
    """A picture or paper of a unit at the site; raises UnitFile.DoesNotExist for any other."""
    rows = UnitFile.objects.filter(unit__site=work.site, unit__uuid=unit_uuid, removed_at=None)
    return rows.get(uuid=file_uuid)
