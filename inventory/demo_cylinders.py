"""The demo company's refrigerant: cylinders on trucks, what went into circuits and what came out again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from equipment.actions.refrigerant import record_refrigerant
from equipment.models import (
    CertificateKind,
    Circuit,
    RecordKind,
    RecordPurpose,
    Refrigerant,
    TechnicianCertificate,
)
from fsm.attribution import attributed
from fsm.clock import at
from fsm.demo import DemoWorld
from fsm.models import User

from . import actions
from .models import Cylinder, CylinderKind, CylinderOrigin, StockPlace

SEED: Final = 608
LB: Final = 16
TARE, BIG_TARE = Decimal(112), Decimal(448)  # of a 25 lb disposable and of a 50 lb recovery cylinder
ROOM = Decimal(50 * LB)
BOUGHT, LAST = 66, 3  # days ago: the trucks' cylinders, and the latest work
VISITS: Final = 3  # additions and recoveries of each certified technician
PRICES: Final = {"R-410A": "289.00", "R-454B": "412.00", "R-22": "918.00", "R-32": "355.00"}


@dataclass
class Refrigeration:
    """Makes cylinders and their work with chances of its own, so that nothing else in the demo changes."""

    world: DemoWorld
    warehouse: StockPlace
    trucks: list[StockPlace]
    kinds: dict[str, Refrigerant]
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311
    made: int = 0

    def moment(self, days: int, hour: int = 14) -> datetime:
        """An afternoon some days ago."""
        return at(self.world.zone, self.world.today - timedelta(days=days), time(hour, 20))

    def unique(self) -> UUID:
        """A uuid that the seed decides."""
        return UUID(int=self.chance.getrandbits(128), version=4)

    def buy(self, name: str, place: StockPlace, pounds: int, *, reclaimed: bool = False) -> Cylinder:
        """A disposable cylinder from the supplier."""
        self.made += 1
        return actions.add_cylinder(
            number=f"{name.removeprefix('R-')}-{1000 + self.made}",
            refrigerant_id=self.kinds[name].pk,
            kind=CylinderKind.DISPOSABLE,
            origin=CylinderOrigin.RECLAIMED if reclaimed else CylinderOrigin.VIRGIN,
            reclaimer="Gulf Coast Reclaim" if reclaimed else "",
            batch_number=f"L{2600 + self.made}",
            place_id=place.pk,
            tare_oz=TARE,
            capacity_oz=Decimal(pounds * LB),
            ounces=Decimal(pounds * LB),
            cost=Decimal(PRICES[name]),
            note="Counter sale, Austin supply house",
            now=self.moment(BOUGHT, 8),
            uuid=self.unique(),
        )

    def recovery(self, name: str, place: StockPlace) -> Cylinder:
        """An empty recovery cylinder."""
        self.made += 1
        return actions.add_cylinder(
            number=f"RC-{100 + self.made}",
            refrigerant_id=self.kinds[name].pk,
            kind=CylinderKind.RECOVERY,
            origin=CylinderOrigin.TO_RECLAIM,
            place_id=place.pk,
            tare_oz=BIG_TARE,
            capacity_oz=ROOM,
            is_purchase=False,
            now=self.moment(BOUGHT, 8),
            uuid=self.unique(),
        )


def build_cylinders(world: DemoWorld, warehouse: StockPlace, trucks: list[StockPlace]) -> int:
    """Cylinders in the warehouse and on every truck with two months of work; returns how many."""
    kinds = {row.designation: row for row in Refrigerant.objects.filter(designation__in=PRICES)}
    if len(kinds) < len(PRICES):
        return 0
    house = Refrigeration(world, warehouse, trucks, kinds)
    for name, count in (("R-410A", 4), ("R-454B", 3), ("R-32", 1)):
        for _number in range(count):
            house.buy(name, warehouse, 25 if name == "R-410A" else 20)
    house.buy("R-22", warehouse, 30, reclaimed=True)
    pooled = house.recovery("R-410A", warehouse)
    charging = [house.buy("R-410A", truck, 25) for truck in trucks]
    for truck in trucks[::3]:
        house.buy("R-454B", truck, 20)
    recovering = [house.recovery("R-410A", truck) for truck in trucks]
    old = house.recovery("R-22", trucks[0])
    _work(house, charging, recovering, old)
    _afterwards(house, charging, recovering, pooled, old)
    return house.made


def _work(house: Refrigeration, charging: list[Cylinder], recovering: list[Cylinder], old: Cylinder) -> None:
    """Top-ups from the truck, and what came out of systems that were replaced."""
    holders = set(
        TechnicianCertificate.objects.filter(
            kind__in=[CertificateKind.TYPE_II, CertificateKind.UNIVERSAL]
        ).values_list("technician", flat=True)
    )
    circuits, replaced, oldest = (_circuits(house, name, low) for name, low in SORTS)
    technicians: list[User] = house.world.made.get("technicians", [])
    for number, technician in enumerate(technicians[: len(charging)]):
        if technician.pk not in holders:
            continue
        with attributed(user=technician, source="phone"):
            for visit in range(VISITS):
                days = BOUGHT - 6 - visit * 19 - number
                ounces = Decimal(house.chance.randint(6, 30))
                _record(house, technician, next(circuits, None), days, ounces, charging[number])
            _record(house, technician, next(replaced, None), 44 - number * 3, None, recovering[number])
            if number == 0:
                _record(house, technician, next(oldest, None), 31, None, old)


SORTS: Final = (("R-410A", 0), ("R-410A", 81), ("R-22", 81))


def _circuits(house: Refrigeration, name: str, least: int) -> Iterator[Circuit]:
    """Small circuits of houses, which no leak rule covers, from the start and the end of the list."""
    rows = Circuit.objects.filter(
        refrigerant=house.kinds[name],
        full_charge_oz__gt=max(least, 48),
        full_charge_oz__lt=200,
        unit__status="active",
        records__isnull=True,
    )
    rows = rows.select_related("unit").order_by("-pk" if least else "pk")
    return iter([row for row in rows[:60] if _is_old(house, row)])


def _is_old(house: Refrigeration, circuit: Circuit) -> bool:
    days = [house.world.today - day for day in (circuit.started_on, circuit.unit.installed_on) if day]
    return all(age.days > BOUGHT for age in days)


def _record(
    house: Refrigeration,
    technician: User,
    circuit: Circuit | None,
    days: int,
    ounces: Decimal | None,
    cylinder: Cylinder,
) -> None:
    """An addition of so many ounces, or all of a charge recovered before the unit is scrapped."""
    if circuit is None:
        return
    happened_at = house.moment(max(days, LAST))
    amount = ounces or (circuit.full_charge_oz or Decimal(96)) - Decimal(house.chance.randint(0, 12))
    made = record_refrigerant(
        uuid=house.unique(),
        circuit_id=circuit.pk,
        kind=RecordKind.ADDED if ounces else RecordKind.RECOVERED,
        purpose=RecordPurpose.SERVICE if ounces else RecordPurpose.DISPOSAL,
        ounces=amount,
        technician_id=technician.pk,
        happened_at=happened_at,
        now=house.world.now,
        work_done="Topped up to the subcooling on the plate" if ounces else "System recovered for change-out",
    )
    move = actions.charge_from_cylinder if ounces else actions.recover_into_cylinder
    move(made.pk, cylinder_id=cylinder.pk, key=f"record:{made.uuid}", now=house.world.now)


def _afterwards(
    house: Refrigeration,
    charging: list[Cylinder],
    recovering: list[Cylinder],
    pooled: Cylinder,
    old: Cylinder,
) -> None:
    """Pooled in the warehouse, weighed, sent to a reclaimer; one difference waits for a manager."""
    now, people = house.moment(20), house.world.made.get("people", {})
    full = Cylinder.objects.in_bulk([row.pk for row in (*charging, *recovering, old)])
    for cylinder in recovering[:3]:
        if held := full[cylinder.pk].content_oz:
            actions.pour_between(cylinder.pk, pooled.pk, ounces=held, key=f"demo:{cylinder.pk}", now=now)
    sent = [row.pk for row in Cylinder.objects.filter(pk__in=[pooled.pk, old.pk], content_oz__gt=0)]
    if sent:
        actions.send_to_reclaimer(
            uuid=house.unique(),
            cylinder_ids=sent,
            sent_to="Gulf Coast Reclaim, EPA certified reclaimer",
            sent_on=house.world.today - timedelta(days=14),
            today=house.world.today,
            now=house.moment(14),
            comes_back=True,
            reference="GCR-48213",
        )
    if not (dana := people.get("dana")):
        return
    with attributed(user=dana, source="office"):
        for off, cylinder in zip((0, 3, -5, 22), charging, strict=False):
            gross = TARE + full[cylinder.pk].content_oz - Decimal(off)
            if gross < TARE + (cylinder.capacity_oz or 0):
                actions.weigh_cylinder(
                    cylinder.pk,
                    gross_oz=gross,
                    key=f"demo:weigh:{cylinder.pk}",
                    now=house.moment(LAST, 17),
                    by=dana,
                    note="Weighed at the weekly truck check",
                )
