"""The demo company's stock: a warehouse and twelve trucks, filled through the ledger."""

from __future__ import annotations

import uuid as uuids
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from fsm.attribution import attributed
from fsm.clock import at
from fsm.company import default_branch
from fsm.demo import DemoWorld, demo_part
from fsm.history import insert_with_history
from fsm.models import Branch, User
from fsm.permissions import Role

from .demo_cylinders import build_cylinders
from .models import MovementKind, Part, PlaceKind, StockLevel, StockMovement, StockPlace

TRUCKS: Final = 12
NORTHERN_TRUCKS: Final = 4
WAREHOUSE: Final = "Main warehouse"
OPENED, LOADED = 75, 70  # days ago: the opening balance, and the first load of the trucks
ROUNDS: Final = (49, 35, 21)  # days ago: deliveries, and what the trucks took of them
DELIVERY = Decimal(12)


@dataclass(frozen=True)
class Stocked:
    """A part of the catalog, what it costs, and how many a truck and the warehouse should hold."""

    number: str
    name: str
    cost: str
    truck: tuple[int, int] = (0, 0)
    warehouse: tuple[int, int] = (2, 8)
    unit: str = "each"


CATALOG: Final = (
    Stocked("CAP-35-5-440", "Dual run capacitor 35/5 uF 440 V round", "8.9500", (2, 5), (10, 40)),
    Stocked("CAP-40-5-440", "Dual run capacitor 40/5 uF 440 V round", "9.6500", (2, 5), (10, 40)),
    Stocked("CAP-45-5-440", "Dual run capacitor 45/5 uF 440 V round", "10.2500", (3, 6), (12, 48)),
    Stocked("CAP-55-5-440", "Dual run capacitor 55/5 uF 440 V round", "11.8000", (1, 3), (6, 24)),
    Stocked("CAP-60-5-440", "Dual run capacitor 60/5 uF 440 V round", "12.4000", (1, 3), (6, 24)),
    Stocked("CAP-70-5-440", "Dual run capacitor 70/5 uF 440 V round", "13.1500", (1, 3), (6, 24)),
    Stocked("CAP-5-370", "Run capacitor 5 uF 370 V oval", "3.8500", (2, 4), (8, 30)),
    Stocked("CAP-7.5-370", "Run capacitor 7.5 uF 370 V oval", "4.1000", (2, 4), (8, 30)),
    Stocked("CAP-10-370", "Run capacitor 10 uF 370 V oval", "4.4500", (2, 4), (8, 30)),
    Stocked("HSK-5-2-1", "Hard start kit for 2 to 5 ton compressors", "21.7500", (1, 3), (4, 16)),
    Stocked("CON-1P-30-24", "Contactor single pole 30 A 24 V coil", "9.9000", (2, 4), (8, 32)),
    Stocked("CON-2P-30-24", "Contactor two pole 30 A 24 V coil", "13.5000", (2, 4), (8, 32)),
    Stocked("CON-2P-40-24", "Contactor two pole 40 A 24 V coil", "15.2500", (1, 3), (6, 24)),
    Stocked("CON-3P-50-24", "Contactor three pole 50 A 24 V coil", "41.0000", (0, 0), (2, 8)),
    Stocked("REL-FAN-24", "Fan relay SPDT 24 V", "8.3000", (1, 3), (4, 16)),
    Stocked("TRF-40VA", "Transformer 40 VA 120/208/240 to 24 V", "17.6000", (1, 3), (4, 16)),
    Stocked("TRF-75VA", "Transformer 75 VA with breaker", "29.4000", (0, 0), (2, 8)),
    Stocked("FUS-ATO-3", "Control board fuse 3 A", "0.4200", (5, 20), (40, 200)),
    Stocked("FUS-ATO-5", "Control board fuse 5 A", "0.4200", (5, 20), (40, 200)),
    Stocked("FUS-FRN-30", "Disconnect fuse 30 A time delay", "6.1000", (2, 6), (10, 40)),
    Stocked("FUS-FRN-60", "Disconnect fuse 60 A time delay", "9.7500", (0, 0), (4, 16)),
    Stocked("DIS-60-NF", "Disconnect 60 A non-fused pull-out", "12.9000", (1, 2), (4, 16)),
    Stocked("WHIP-6-34", "Condenser whip 6 ft 3/4 in", "14.2000", (1, 2), (4, 16)),
    Stocked("MOT-CF-14", "Condenser fan motor 1/4 HP 1075 RPM", "86.5000", (1, 2), (3, 10)),
    Stocked("MOT-CF-13", "Condenser fan motor 1/3 HP 1075 RPM", "94.0000", (0, 1), (3, 10)),
    Stocked("MOT-BL-12", "Blower motor 1/2 HP direct drive", "118.0000", (0, 1), (2, 8)),
    Stocked("MOT-ECM-12", "ECM blower motor 1/2 HP with module", "312.0000", (0, 0), (1, 3)),
    Stocked("MOT-IND-80", "Draft inducer motor 80 percent furnace", "139.5000", (0, 0), (1, 4)),
    Stocked("BLD-FAN-22", "Condenser fan blade 22 in three wing", "38.7500", (0, 0), (2, 6)),
    Stocked("BLT-A42", "Belt A42", "8.2000", (0, 0), (4, 16)),
    Stocked("BLT-AX51", "Belt AX51 cogged", "13.9000", (0, 0), (4, 16)),
    Stocked("BRD-DEF-HP", "Defrost control board, heat pump", "88.0000", (0, 0), (1, 4)),
    Stocked("BRD-FUR-2S", "Furnace control board, two stage", "164.0000", (0, 0), (1, 4)),
    Stocked("IGN-HSI-N", "Hot surface igniter, silicon nitride", "31.5000", (1, 3), (6, 24)),
    Stocked("IGN-HSI-C", "Hot surface igniter, silicon carbide", "18.9000", (1, 2), (4, 16)),
    Stocked("SNS-FLAME", "Flame sensor, universal", "9.4500", (2, 4), (8, 32)),
    Stocked("SWT-LIM-200", "High limit switch 200 F", "12.6500", (1, 2), (4, 16)),
    Stocked("SWT-ROLL-350", "Rollout switch 350 F, manual reset", "11.2000", (0, 0), (4, 16)),
    Stocked("SWT-PRES-65", "Pressure switch 0.65 in w.c.", "24.3000", (0, 0), (2, 8)),
    Stocked("VLV-GAS-24", "Gas valve 24 V single stage", "97.0000", (0, 0), (1, 4)),
    Stocked("VLV-TXV-3", "Expansion valve (TXV) 3 ton R-410A", "72.5000", (0, 1), (2, 8)),
    Stocked("VLV-TXV-4", "Expansion valve (TXV) 4 ton R-410A", "78.0000", (0, 0), (2, 8)),
    Stocked("VLV-SCHR-10", "Schrader valve cores, pack of 10", "4.9000", (1, 3), (6, 24), "pack"),
    Stocked("VLV-CAP-LOCK", "Locking refrigerant cap 1/4 in", "3.6000", (4, 10), (20, 80)),
    Stocked("DRI-083", "Liquid line filter drier 3/8 in sweat", "16.8000", (1, 3), (6, 24)),
    Stocked("DRI-HP-083", "Bi-flow filter drier 3/8 in sweat", "24.6000", (1, 2), (4, 16)),
    Stocked("FLT-16201", "Pleated filter 16x20x1 MERV 8", "3.2500", (4, 10), (24, 96)),
    Stocked("FLT-16251", "Pleated filter 16x25x1 MERV 8", "3.4500", (4, 10), (24, 96)),
    Stocked("FLT-20201", "Pleated filter 20x20x1 MERV 8", "3.6000", (4, 10), (24, 96)),
    Stocked("FLT-20251", "Pleated filter 20x25x1 MERV 8", "3.9000", (4, 12), (24, 120)),
    Stocked("FLT-16254", "Media filter 16x25x4 MERV 11", "17.9000", (1, 3), (6, 24)),
    Stocked("FLT-20254", "Media filter 20x25x4 MERV 11", "19.7500", (1, 3), (6, 24)),
    Stocked("THM-PRO-2H1C", "Thermostat programmable 2 heat 1 cool", "38.5000", (1, 2), (4, 16)),
    Stocked("THM-NP-1H1C", "Thermostat non-programmable 1 heat 1 cool", "22.0000", (1, 2), (4, 16)),
    Stocked("THM-WIFI-3H2C", "Thermostat Wi-Fi 3 heat 2 cool", "112.0000", (1, 2), (3, 12)),
    Stocked("WIR-18-8", "Thermostat wire 18/8", "0.3100", (50, 150), (250, 1000), "ft"),
    Stocked("FLO-SS2", "Float switch for drain pan, in line", "13.7500", (2, 5), (8, 32)),
    Stocked("PMP-COND-20", "Condensate pump 20 ft lift 115 V", "46.9000", (1, 2), (3, 12)),
    Stocked("PVC-34-EL", "PVC elbow 3/4 in", "0.4400", (10, 30), (60, 300)),
    Stocked("PVC-34-TEE", "PVC tee 3/4 in with cleanout", "0.7800", (5, 15), (40, 160)),
    Stocked("CU-38-CPL", "Copper coupling 3/8 in", "0.6900", (6, 20), (40, 200)),
    Stocked("CU-34-EL", "Copper elbow 3/4 in long radius", "2.1500", (4, 12), (30, 120)),
    Stocked("LIN-3834-25", "Line set 3/8 x 3/4 in, 25 ft", "128.0000", (0, 0), (2, 6)),
    Stocked("INS-34-6", "Pipe insulation 3/4 in, 6 ft", "3.9500", (3, 8), (20, 80)),
    Stocked("TAB-PAN-6", "Drain pan treatment tablets, pack of 6", "5.1000", (1, 4), (10, 40), "pack"),
    Stocked("CLN-COIL-1G", "Coil cleaner concentrate, gallon", "15.4000", (1, 2), (6, 24), "gal"),
)  # fmt: skip


@dataclass
class Storekeeper:
    """Writes the ledger in memory, keeps the levels with it, and inserts both at once."""

    world: DemoWorld
    movements: list[StockMovement] = field(default_factory=list)
    on_hand: dict[tuple[StockPlace, Part], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def new_uuid(self) -> UUID:
        """A uuid that the seed decides."""
        return UUID(int=self.world.random.getrandbits(128), version=4)

    def days_ago(self, days: int) -> datetime:
        """Early that morning, before the trucks leave."""
        return at(self.world.zone, self.world.today - timedelta(days=days), time(6, 30))

    def receive(self, part: Part, place: StockPlace, quantity: Decimal, days: int, note: str) -> None:
        """From outside."""
        self._write(part, MovementKind.RECEIVED, None, place, quantity, days, note)

    def load(self, part: Part, place: StockPlace, truck: StockPlace, quantity: Decimal, days: int) -> None:
        """Onto a truck, as far as the place has it."""
        quantity = min(quantity, self.on_hand[place, part])
        if quantity > 0:
            self._write(part, MovementKind.TRANSFERRED, place, truck, quantity, days, "")

    def _write(
        self,
        part: Part,
        kind: MovementKind,
        source: StockPlace | None,
        target: StockPlace | None,
        quantity: Decimal,
        days: int,
        note: str,
    ) -> None:
        unique = self.new_uuid()
        self.movements.append(
            StockMovement(
                uuid=unique,
                part=part,
                kind=kind,
                from_place=source,
                to_place=target,
                quantity=quantity,
                unit_cost=part.cost,
                key=f"demo:{unique}",
                note=note,
                moved_at=self.days_ago(days),
            )
        )
        if source is not None:
            self.on_hand[source, part] -= quantity
        if target is not None:
            self.on_hand[target, part] += quantity


@demo_part("inventory")
@transaction.atomic
def build(world: DemoWorld) -> None:
    """Parts, one warehouse and twelve stocked trucks; `world.made` gets "parts" (Part), "warehouse"
    (StockPlace) and "trucks" (StockPlace, in order).
    """
    keeper = User.objects.filter(role=Role.MANAGER, is_active=True).order_by("pk").first()
    with attributed(user=keeper, source="office", batch=uuids.uuid4()):
        storekeeper = Storekeeper(world)
        parts = _parts(storekeeper)
        warehouse, trucks = _places(storekeeper)
        _fill(storekeeper, parts, warehouse, trucks)
        # The ledger has no history of its own: it is the history.
        StockMovement.objects.bulk_create(storekeeper.movements, batch_size=1000)
        insert_with_history(_levels(storekeeper, parts, warehouse, trucks))
        cylinders = build_cylinders(world, warehouse, trucks)
    world.made["parts"] = parts
    world.made["warehouse"] = warehouse
    world.made["trucks"] = trucks
    world.say(f"{len(parts)} parts in {len(trucks) + 1} places, {len(storekeeper.movements)} movements")
    world.say(f"{cylinders} cylinders of refrigerant")


def _parts(storekeeper: Storekeeper) -> list[Part]:
    return insert_with_history(
        [
            Part(
                uuid=storekeeper.new_uuid(),
                number=stocked.number,
                name=stocked.name,
                unit=stocked.unit,
                cost=Decimal(stocked.cost),
                barcode=_barcode(place),
            )
            for place, stocked in enumerate(CATALOG)
        ]
    )


def _barcode(place: int) -> str:
    """Twelve digits with a check digit, from the range that shops number themselves."""
    digits = f"4{place * 37 + 20_260:010d}"
    odd, even = sum(map(int, digits[::2])), sum(map(int, digits[1::2]))
    return f"{digits}{-(odd * 3 + even) % 10}"


def _places(storekeeper: Storekeeper) -> tuple[StockPlace, list[StockPlace]]:
    branches = list(Branch.objects.filter(is_active=True).order_by("pk")) or [default_branch()]
    warehouse, *trucks = insert_with_history(
        [
            StockPlace(
                uuid=storekeeper.new_uuid(), name=WAREHOUSE, kind=PlaceKind.WAREHOUSE, branch=branches[0]
            ),
            *(
                StockPlace(
                    uuid=storekeeper.new_uuid(),
                    name=f"Truck {number}",
                    kind=PlaceKind.TRUCK,
                    branch=branches[0 if number <= TRUCKS - NORTHERN_TRUCKS else -1],
                )
                for number in range(1, TRUCKS + 1)
            ),
        ]
    )
    return warehouse, trucks


def _fill(
    storekeeper: Storekeeper, parts: list[Part], warehouse: StockPlace, trucks: list[StockPlace]
) -> None:
    """Opening balances, first loads, then deliveries and top-ups of a few trucks."""
    chance = storekeeper.world.random
    for part, stocked in zip(parts, CATALOG, strict=True):
        low, high = stocked.truck
        opening = stocked.warehouse[1] + (high * TRUCKS if high else 0)
        storekeeper.receive(part, warehouse, Decimal(opening), OPENED, "Opening balance")
        for truck in trucks:
            if high:
                carried = chance.randint(max(1, (low + high + 1) // 2), high)
                storekeeper.load(part, warehouse, truck, Decimal(carried), LOADED)
        for days in ROUNDS:
            if chance.random() < 0.25:
                storekeeper.receive(part, warehouse, DELIVERY, days, f"Packing slip {4000 + days * 7}")
                for truck in chance.sample(trucks, 2):
                    room = Decimal(high) - storekeeper.on_hand[truck, part]
                    if high and room > 0:
                        storekeeper.load(part, warehouse, truck, room, days)


def _levels(
    storekeeper: Storekeeper, parts: list[Part], warehouse: StockPlace, trucks: list[StockPlace]
) -> list[StockLevel]:
    """What the ledger adds up to, with the catalog's limits; the warehouse wants more of every ninth."""
    levels = []
    for row, (part, stocked) in enumerate(zip(parts, CATALOG, strict=True)):
        for place, (minimum, maximum) in (
            (warehouse, stocked.warehouse),
            *((truck, stocked.truck) for truck in trucks),
        ):
            on_hand = storekeeper.on_hand[place, part]
            if place == warehouse and row % 9 == 4:
                minimum, maximum = int(on_hand) + 6, int(on_hand) + 30
            if on_hand or maximum:
                levels.append(
                    StockLevel(part=part, place=place, on_hand=on_hand, minimum=minimum, maximum=maximum)
                )
    return levels
