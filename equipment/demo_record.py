"""What is known of the demo company's units: systems, warranties, claims, readings over the years."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from fsm.demo import SEED, DemoWorld
from fsm.files import take_in
from fsm.history import insert_with_history, update_each_with_history

from .makers import facts_of
from .models import (
    Category,
    DateKnownBy,
    ManufactureKnownBy,
    Opportunity,
    OpportunityKind,
    Reading,
    System,
    Unit,
    UnitFile,
    UnitFileKind,
    UnitModel,
    UnitMove,
    Warranty,
    WarrantyClaim,
)
from .outlook_rows import outlooks
from .plates import context_for
from .readings import READINGS, Outcome, judge
from .serials import Confidence, decode
from .states import ClaimState, OpportunityState, UnitStatus
from .warranties import usual_terms

MEASURED: Final = {
    "suction_pressure": (118, 6), "liquid_pressure": (375, 18), "superheat": (11, 3), "subcooling": (10, 2),
    "delta_t": (19, 2), "capacitor": (44, 1), "compressor_amps": (12, 1), "total_static": (0, 0),
}  # fmt: skip
PARTS: Final = (
    ("Fan motor", "Bearing seized", 240), ("Compressor", "Grounded winding", 890), ("TXV", "Stuck open", 130),
    ("Control board", "No 24 V at the contactor", 210), ("Evaporator coil", "Leak at a U-bend", 640),
    ("Inducer motor", "Does not start", 175),
)  # fmt: skip
REACHED: Final = (
    "Pull-down stairs in the hall", "Side gate, call the owner first", "Roof hatch, 12 ft ladder", "",
)  # fmt: skip


class Records:
    """Gathers what is known of units, then inserts each kind at once."""

    def __init__(self, world: DemoWorld, units: Sequence[Unit]) -> None:
        self.world, self.units = world, units
        # Of its own, so that what comes later in the demo company stays as it was.
        self.chance = random.Random(SEED)  # noqa: S311

    def unique(self) -> UUID:
        """A uuid that the seed decides."""
        return UUID(int=self.chance.getrandbits(128), version=4)

    def morning(self, days_ago: int, zone: str) -> datetime:
        """Ten o'clock where the unit stands, so many days ago."""
        day = self.world.today - timedelta(days=days_ago)
        return datetime.combine(day, time(10), ZoneInfo(zone))

    def systems(self) -> int:
        """Units that came to a site on the same day work as one."""
        together: dict[tuple[int, object], list[Unit]] = defaultdict(list)
        for unit in self.units:
            if unit.category != Category.ROOFTOP:
                together[unit.site_id, unit.installed_on].append(unit)
        groups = [units for units in together.values() if len(units) > 1]
        made, taken = [], set()
        for units in groups:
            name = units[0].name or "Main system"
            while (units[0].site_id, name) in taken:
                name = f"{name} 2"
            taken.add((units[0].site_id, name))
            made.append(System(uuid=self.unique(), site_id=units[0].site_id, name=name))
        for system, units in zip(insert_with_history(made), groups, strict=True):
            for unit in units:
                unit.system = system
        return len(made)

    def plates(self) -> None:
        """Ratings, ways to reach it, and days of manufacture that somebody confirmed."""
        for unit in self.units:
            unit.access = self.chance.choice(REACHED)
            if unit.category in {Category.AIR_CONDITIONER, Category.HEAT_PUMP, Category.ROOFTOP}:
                unit.ratings = {
                    "volts": "230", "rla": str(self.chance.randrange(12, 22)), "capacitor": "45",
                    "metering": "txv", "subcooling": "10",
                }  # fmt: skip
            if self.chance.randrange(3) == 0 and unit.maker and unit.installed_on:
                found = decode(unit.maker.name, unit.serial, category=unit.category, today=self.world.today)
                if (
                    found
                    and found[0].confidence is Confidence.HIGH
                    and found[0].starts_on <= unit.installed_on
                ):
                    unit.manufactured_on = found[0].starts_on
                    unit.manufacture_known_by = ManufactureKnownBy.SERIAL
        fields = ["system", "access", "ratings", "manufactured_on", "manufacture_known_by"]
        update_each_with_history(self.units, fields)

    def models(self) -> None:
        """The models that are installed most, as their sheets describe them."""
        seen: dict[tuple[object, str], Unit] = {}
        for unit in self.units:
            if unit.maker_id and unit.tons:
                seen.setdefault((unit.maker_id, unit.model_number), unit)
        chosen = list(seen.values())[:40]
        insert_with_history(
            [
                UnitModel(
                    maker=unit.maker,
                    number=unit.model_number,
                    category=unit.category,
                    tons=unit.tons,
                    ratings=unit.ratings,
                )
                for unit in chosen
            ]
        )

    def warranties(self) -> list[Warranty]:
        """What makers promised for the units of the last years; most were registered, some still wait."""
        today = self.world.today
        rows = []
        recent = sorted((unit for unit in self.units if unit.installed_on), key=lambda unit: -_day(unit))
        for place, unit in enumerate(recent[:420]):
            facts = facts_of(unit.maker.name) if unit.maker else None
            if facts is None or unit.installed_on is None:
                continue
            if place < 12:  # installed lately: their deadlines come in the next weeks
                days = (facts.registration_days or 60) - (1, 3, 6, 9, 13, 18, 22, 26, 29, 33, 40, 55)[place]
                unit.installed_on = today - timedelta(days=max(days, 1))
                unit.date_known_by = DateKnownBy.INSTALLED_BY_US
            registered = place >= 12 and self.chance.randrange(10) < 7
            for term in usual_terms(facts, unit.category, starts_on=unit.installed_on):
                row = Warranty(
                    uuid=self.unique(),
                    unit=unit,
                    kind=term.kind,
                    provider=term.provider,
                    starts_on=term.starts_on,
                    base_months=term.base_months,
                    registered_months=term.registered_months,
                    registration_deadline=term.registration_deadline,
                    is_owner_occupied=term.owner_occupied_only,
                )
                if registered and term.registered_months:
                    row.registered_on = unit.installed_on + timedelta(days=self.chance.randrange(3, 55))
                    row.confirmation = f"R{self.chance.randrange(10**6, 10**7)}"
                rows.append(row)
            if unit.date_known_by == DateKnownBy.INSTALLED_BY_US:
                labor = {"kind": "labor", "provider": "Lone Star Comfort", "base_months": 24}
                rows.append(Warranty(uuid=self.unique(), unit=unit, starts_on=unit.installed_on, **labor))
        update_each_with_history(recent[:12], ["installed_on", "date_known_by"])
        return insert_with_history(rows)

    def claims(self, warranties: Sequence[Warranty]) -> int:
        """A few parts that failed: to be sent, sent, approved, denied, credited."""
        today = self.world.today
        parts = [row for row in warranties if row.kind == "parts"][20:]
        states = (
            ClaimState.OPEN, ClaimState.SENT, ClaimState.SENT, ClaimState.APPROVED, ClaimState.APPROVED,
            ClaimState.DENIED, ClaimState.CREDITED, ClaimState.CREDITED, ClaimState.CREDITED, ClaimState.SENT,
        )  # fmt: skip
        rows = []
        for place, (row, state) in enumerate(zip(parts, states, strict=False)):
            part, fault, worth = PARTS[place % len(PARTS)]
            claim = WarrantyClaim(
                uuid=self.unique(),
                warranty=row,
                state=state,
                failed_part=part,
                fault=fault,
                failed_on=today - timedelta(days=8 + 9 * place),
                return_due_on=today + timedelta(days=22 - place),
                credit_expected=Decimal(worth),
            )
            if state != ClaimState.OPEN:
                claim.rma = f"RMA{48200 + place}"
            if state == ClaimState.DENIED:
                claim.note = "No proof of the installation day"
            if state == ClaimState.CREDITED:
                claim.credit_received = Decimal(worth - (15 if place % 2 else 0))
                claim.credited_on = today - timedelta(days=place)
                claim.returned_on = today - timedelta(days=place + 5)
            rows.append(claim)
        return len(insert_with_history(rows))

    def readings(self) -> int:
        """Tune-ups of every spring, for the units that somebody looks after."""
        rows = []
        cooled = [
            unit
            for unit in self.units
            if unit.category in {Category.AIR_CONDITIONER, Category.HEAT_PUMP, Category.ROOFTOP}
            and unit.status == UnitStatus.ACTIVE
            and unit.installed_on
            and (self.world.today - unit.installed_on).days > 800
        ][:45]
        for unit in cooled:
            years = min((self.world.today - (unit.installed_on or self.world.today)).days // 365, 7)
            fading = self.chance.randrange(4) == 0
            for year in range(years):
                at = self.morning(365 * year + self.chance.randrange(150, 190), unit.site.time_zone)
                for key, (middle, spread) in MEASURED.items():
                    rows.append(self._reading(unit, key, middle, spread, at, years - year if fading else 0))
        return len(insert_with_history(rows))

    def _reading(self, unit: Unit, key: str, middle: int, spread: int, at: datetime, wear: int) -> Reading:
        value = Decimal(middle + self.chance.randint(-spread, spread))
        if key == "total_static":
            value = Decimal(self.chance.randrange(38, 62)) / 100
        if key == "capacitor":
            value -= wear
        maker = unit.maker.name if unit.maker else ""
        kind = READINGS[key]
        value = min(max(value, kind.low), kind.high)
        verdict = judge(key, value, context_for(key, unit.ratings, maker=maker))
        people = self.world.made.get("technicians", [])
        who = people[unit.site_id % len(people)] if people else None
        return Reading(
            uuid=self.unique(),
            unit=unit,
            key=key,
            value=value,
            is_flagged=verdict.outcome is Outcome.FLAGGED,
            verdict=str(verdict.sentence)[:200],
            measured_at=at,
            technician=who,
            technician_name=who.name if who else "",
        )

    def changes(self) -> None:
        """A unit that was moved, one whose move was undone, one that another replaced."""
        by_site: dict[int, list[Unit]] = defaultdict(list)
        for unit in self.units:
            by_site[unit.site_id].append(unit)
        mini = [unit for unit in self.units if unit.category in {Category.MINI_SPLIT, Category.ICE_MACHINE}]
        sites = self.world.made["sites"]
        moves = []
        for place, unit in enumerate(mini[:2]):
            other = next(site for site in sites if site.pk != unit.site_id)
            moves.append(
                UnitMove(
                    uuid=self.unique(),
                    unit=unit,
                    from_site=other,
                    to_site_id=unit.site_id,
                    moved_at=self.morning(90 + place, unit.site.time_zone),
                    because="Taken along to the new house",
                )
            )
        insert_with_history(moves)
        pairs = [
            units
            for units in by_site.values()
            if len(units) == 2 and units[0].category == units[1].category and units[0].installed_on
        ][:3]
        replaced = []
        for units in pairs:
            old, new = sorted(units, key=_day)
            old.status, old.replaced_by, old.status_on = UnitStatus.RETIRED, new, new.installed_on
            replaced.append(old)
        update_each_with_history(replaced, ["status", "replaced_by", "status_on"])

    def files(self) -> int:
        """Photos of some nameplates."""
        rows = []
        for unit in self.units[:6]:
            taken = take_in(_plate_of(unit), "nameplate.png")
            row = UnitFile(
                uuid=self.unique(),
                unit=unit,
                kind=UnitFileKind.NAMEPLATE,
                name=taken.name,
                content_type=taken.content_type,
                size=len(taken.data),
                received_sha256=taken.sha256_received,
                created_at=self.morning(40, unit.site.time_zone),
            )
            row.file.save(f"{row.uuid.hex}.{taken.extension}", ContentFile(taken.data), save=False)
            rows.append(row)
        return len(insert_with_history(rows))

    def opportunities(self) -> int:
        """What came of the replacement outlook so far."""
        ranked = outlooks(Unit.objects.all(), on=self.world.today)[:9]
        units = {unit.pk: unit for unit in self.units}
        states = (
            OpportunityState.NEW, OpportunityState.NEW, OpportunityState.TRIAGED, OpportunityState.CONTACTING,
            OpportunityState.SNOOZED, OpportunityState.DISMISSED,
        )  # fmt: skip
        rows = []
        for row, state in zip(ranked, states, strict=False):
            unit = units[int(str(row.key))]
            rows.append(
                Opportunity(
                    uuid=self.unique(),
                    kind=OpportunityKind.REPLACEMENT,
                    site_id=unit.site_id,
                    unit=unit,
                    state=state,
                    summary=f"Replace {unit} {unit.serial}",
                    reasons=[str(reason.sentence) for reason in row.reasons],
                    score=row.score,
                    snoozed_until=self.world.today + timedelta(days=40)
                    if state == OpportunityState.SNOOZED
                    else None,
                    dismissed_because="House is for sale" if state == OpportunityState.DISMISSED else "",
                )
            )
        return len(insert_with_history(rows))


def _day(unit: Unit) -> int:
    return unit.installed_on.toordinal() if unit.installed_on else 0


def _plate_of(unit: Unit) -> bytes:
    """A drawing of a nameplate."""
    picture = Image.new("RGB", (640, 360), "#c9ced1")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((16, 16, 624, 344), outline="#30383c", width=3)
    lines = (unit.maker.name if unit.maker else "", f"MODEL {unit.model_number}", f"SERIAL {unit.serial}")
    for place, line in enumerate(lines):
        pen.text((48, 60 + 80 * place), line, fill="#20282c", font_size=34)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def keep_records(world: DemoWorld, units: Sequence[Unit]) -> None:
    """Everything that is known of the units beside their plates."""
    records = Records(world, units)
    systems = records.systems()
    records.plates()
    records.models()
    warranties = records.warranties()
    claims = records.claims(warranties)
    readings = records.readings()
    records.changes()
    records.files()
    chances = records.opportunities()
    world.say(
        f"{systems} systems, {len(warranties)} warranties with {claims} claims, {readings} readings,"
        f" {chances} opportunities"
    )
