"""Everything about a unit, for its page: as many queries for a new unit as for one of thirty years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext as _

from customers.models import SiteRole
from fsm.clock import today_in
from fsm.references import Reference, resolve_many

from .actions import registration_says
from .ages import age_in_years
from .gathering import gathered, restored
from .models import (
    Circuit,
    Opportunity,
    Reading,
    Refrigerant,
    RefrigerantRecord,
    Unit,
    UnitFile,
    UnitMove,
    Warranty,
    WarrantyClaim,
)
from .outlook_rows import outlook_of_unit
from .plates import context_for, shown_ratings
from .readings import READINGS, good_range, plain
from .serials import Candidate, decode
from .states import OPPORTUNITY_OPEN, UnitStatus
from .trends import Trend, trend_of
from .warranties import Answer, Component, Kind, can_still_register, expires
from .warranty_rows import cover_of, place_of, proposals_for, term_of
from .wording import translated

RECORDS = 20
READINGS_READ = 240
POINTS = 24
FILES = 60
MOVES = 20
GAS = (
    "refrigerant__designation", "refrigerant__safety_class", "refrigerant__kind", "refrigerant__gwp",
    "refrigerant__is_ozone_depleting",
)  # fmt: skip


def with_everything(units: QuerySet[Unit]) -> QuerySet[Unit]:
    """Units with all that hangs on them, in one query."""
    here = {"unit": OuterRef("pk")}
    beside = Unit.objects.filter(site=OuterRef("site"))
    routes = ("from_site__street", "from_site__city", "to_site__street", "to_site__city")
    return units.select_related(
        "site__customer", "site__branch", "maker", "model", "system", "replaced_by"
    ).annotate(
        its_circuits=gathered(Circuit.objects.filter(**here).order_by("label"), *GAS),
        its_warranties=gathered(Warranty.objects.filter(**here).order_by("kind", "starts_on", "pk")),
        its_claims=gathered(
            WarrantyClaim.objects.filter(warranty__unit=OuterRef("pk")).order_by("-failed_on", "-pk")
        ),
        its_roles=gathered(SiteRole.objects.filter(site=OuterRef("site")).order_by("pk")),
        its_files=gathered(
            UnitFile.objects.filter(**here, removed_at=None).order_by("kind", "-created_at", "-pk")[:FILES]
        ),
        its_moves=gathered(UnitMove.objects.filter(**here).order_by("-moved_at", "-pk")[:MOVES], *routes),
        its_chances=gathered(
            Opportunity.objects.filter(**here, state__in=sorted(OPPORTUNITY_OPEN)).order_by("-score", "-pk")
        ),
        its_readings=gathered(
            Reading.objects.filter(**here, voided_at=None).order_by("-measured_at", "-pk")[:READINGS_READ]
        ),
        its_neighbours=gathered(
            beside.exclude(pk=OuterRef("pk")).order_by("status", "category", "pk")[:60], "maker__name"
        ),
        its_forerunners=gathered(
            Unit.objects.filter(replaced_by=OuterRef("pk")).order_by("-status_on", "pk")[:20]
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class ReadingLine:
    """One kind of reading: the last value, how it went, and the values behind the drawing."""

    key: str
    label: str
    unit: str
    last: Reading
    good: str
    trend: Trend | None
    rows: Sequence[Reading]


@dataclass(frozen=True)
class WarrantyLine:
    """A warranty with what follows today."""

    row: Warranty
    until: date | None
    is_waiting: bool
    says: str


def page_of(unit: Unit, user: Any, now: Any) -> dict[str, Any]:
    """The context of the unit's page; the unit comes from `with_everything`."""
    facts: Any = unit
    today = today_in(unit.site.time_zone, now)
    circuits = circuits_of(unit)
    warranties = restored(Warranty, facts.its_warranties)
    claims = restored(WarrantyClaim, facts.its_claims)
    by_key = {row.pk: row for row in warranties}
    for claim in claims:
        claim.warranty = by_key[claim.warranty_id]
    records = list(RefrigerantRecord.objects.visible_to(user).of_unit(unit.pk)[: RECORDS + 1])
    readings = restored(Reading, facts.its_readings)
    named = {Reference(row.work_kind, row.work_uuid) for row in records if row.work_uuid}
    work = resolve_many(named, user)
    place = place_of(unit, restored(SiteRole, facts.its_roles))
    outlook = outlook_of_unit(unit, circuits, warranties, on=today)
    neighbours = restored(Unit, facts.its_neighbours)
    moves = restored(UnitMove, facts.its_moves)
    return {
        "unit": unit,
        "circuits": circuits,
        "records": [
            (row, work.get(Reference(row.work_kind, row.work_uuid)) if row.work_uuid else None)
            for row in records[:RECORDS]
        ],
        "more_records": len(records) > RECORDS,
        "age": age_in_years(unit.installed_on, today),
        "today": today,
        "zone": unit.site.time_zone,
        "ratings": shown_ratings(unit.ratings),
        "candidates": candidates_of(unit, today),
        "cover": shown_cover(cover_of(unit, warranties, on=today, place=place), warranties)
        if warranties
        else [],
        "warranties": [_warranty_line(row, unit.site.state, today) for row in warranties],
        "proposals": [(term, str(Kind(term.kind))) for term in proposals_for(unit, warranties)],
        "claims": claims,
        "readings": reading_lines(readings, unit),
        "files": restored(UnitFile, facts.its_files),
        "moves": moves,
        "last_move": next((row.pk for row in moves if row.undone_at is None), None),
        "chances": restored(Opportunity, facts.its_chances),
        "outlook": outlook,
        "outlook_reasons": [translated(reason.sentence) for reason in outlook.reasons] if outlook else [],
        "neighbours": neighbours,
        "mates": [row for row in neighbours if unit.system_id and row.system_id == unit.system_id],
        "could_replace": [row for row in neighbours if row.status != UnitStatus.RETIRED],
        "forerunners": restored(Unit, facts.its_forerunners),
    }


def circuits_of(unit: Unit) -> list[Circuit]:
    """The unit's circuits with what the page says of their refrigerants."""
    facts: Any = unit
    circuits = restored(Circuit, facts.its_circuits)
    for circuit in circuits:
        said: Mapping[str, Any] = circuit.more  # type: ignore[attr-defined]
        circuit.refrigerant = Refrigerant(
            pk=circuit.refrigerant_id,
            designation=said["refrigerant__designation"],
            safety_class=said["refrigerant__safety_class"] or "",
            kind=said["refrigerant__kind"] or "",
            gwp=Refrigerant._meta.get_field("gwp").to_python(said["refrigerant__gwp"]),
            is_ozone_depleting=said["refrigerant__is_ozone_depleting"] == "true",
        )
    return circuits


def candidates_of(unit: Unit, today: date) -> list[Candidate]:
    """What the serial seems to say, until somebody has said it."""
    if unit.manufactured_on or not unit.serial:
        return []
    maker = unit.maker.name if unit.maker else ""
    return decode(maker, unit.serial, category=unit.category, today=today)[:3]


def shown_cover(
    answers: Mapping[Component, Answer], rows: Sequence[Warranty]
) -> list[tuple[str, Answer, str]]:
    """Component, answer and reason: parts and labor always, the others where something is on record."""
    kinds = {row.kind for row in rows}
    return [
        (str(component), answer, translated(answer.reason))
        for component, answer in answers.items()
        if component in (Component.PARTS, Component.LABOR) or component in kinds
    ]


def reading_lines(readings: Sequence[Reading], unit: Unit) -> list[ReadingLine]:
    """One line a kind, in the order of the trade; the readings come newest first."""
    by_key: dict[str, list[Reading]] = {}
    for row in readings:
        by_key.setdefault(row.key, []).append(row)
    return [_reading_line(key, by_key[key][:POINTS], unit) for key in READINGS if key in by_key]


def _reading_line(key: str, rows: list[Reading], unit: Unit) -> ReadingLine:
    kind = READINGS[key]
    maker = unit.maker.name if unit.maker else ""
    good = good_range(key, context_for(key, unit.ratings, maker=maker))
    low, high = (good.low, good.high) if good else (None, None)
    trend = trend_of(
        [(row.measured_at, row.value, row.is_flagged) for row in reversed(rows)], low=low, high=high
    )
    said = ""
    if low is not None and high is not None:
        said = _("%(low)s to %(high)s") % {"low": plain(low), "high": plain(high)}
    elif high is not None:
        said = f"≤ {plain(high)}"
    elif low is not None:
        said = f"≥ {plain(low)}"
    return ReadingLine(key, translated(kind.label), kind.unit, rows[0], said, trend, rows)


def _warranty_line(row: Warranty, state: str, today: date) -> WarrantyLine:
    term = term_of(row)
    return WarrantyLine(
        row,
        expires(term, state),
        can_still_register(term, on=today, state=state),
        registration_says(row, today, state=state) if row.registered_on is None and not row.ended_on else "",
    )
