"""The demo company's equipment: what hangs, stands and hums at the demo customers' sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import transaction

from customers.models import CustomerKind, Site
from fsm.demo import DemoWorld, demo_part
from fsm.history import insert_with_history
from fsm.models import User

from .categories import load_categories
from .demo_compliance import leaks
from .demo_record import keep_records
from .models import (
    Category,
    CertificateKind,
    ChargeMethod,
    ChargeRevision,
    Circuit,
    DateKnownBy,
    Maker,
    Refrigerant,
    TechnicianCertificate,
    Unit,
)
from .states import UnitStatus

USUALLY_EXEMPT: Final = "Usual for this sort of unit"
MODELS: Final = {
    Category.AIR_CONDITIONER: {
        "Carrier": "24ACC6{k}A003", "Trane": "4TTR60{k}J1000", "Lennox": "14ACX-0{k}-230",
        "Goodman": "GSX140{k}1K", "Rheem": "RA14{k}AJ1NA", "York": "YCG{k}B21S",
        "American Standard": "4A7A60{k}J1000",
    },
    Category.HEAT_PUMP: {
        "Carrier": "25HCB6{k}A003", "Trane": "4TWR60{k}J1000", "Lennox": "14HPX-0{k}-230",
        "Goodman": "GSZ140{k}1K", "Rheem": "RP14{k}AJ1NA", "York": "YHG{k}B21S",
    },
    Category.FURNACE: {
        "Carrier": "59SC5A080S17", "Trane": "S9V2B080U4PS", "Lennox": "ML193UH090XP",
        "Goodman": "GMEC960804CN", "Rheem": "R96VA0852521", "York": "TG9S080C16MP",
    },
    Category.AIR_HANDLER: {
        "Carrier": "FB4CNP0{k}L", "Trane": "TEM4A0C{k}", "Goodman": "ARUF{k}C14", "Rheem": "RH1T{k}17STAN",
    },
    Category.ROOFTOP: {
        "Carrier": "48TCED{k}A2A5", "Trane": "YSC0{k}G3R", "Lennox": "LGH0{k}H4E", "York": "ZF0{k}N10A2",
        "Aaon": "RQ-0{k}-8-V",
    },
    Category.MINI_SPLIT: {
        "Mitsubishi Electric": "MUZ-GL{k}NA", "Fujitsu": "AOU{k}RLS3", "Daikin": "RXL{k}QMVJU",
        "LG": "LSU{k}0HSV5",
    },
    Category.WALK_IN: {"Heatcraft": "BZN0{k}L6C"},
    Category.ICE_MACHINE: {"Hoshizaki": "KM-{k}0MAJ", "Manitowoc": "IYT0{k}0A", "Scotsman": "C0{k}30MA"},
}  # fmt: skip
PLACES: Final = {
    Category.AIR_CONDITIONER: ("North side of the house", "Behind the garage", "Side yard, behind the fence"),
    Category.HEAT_PUMP: ("Side yard", "Behind the garage", "East wall"),
    Category.FURNACE: ("Attic above the garage", "Hall closet", "Attic, pull-down stairs in the hall"),
    Category.AIR_HANDLER: ("Hall closet", "Attic", "Utility room"),
    Category.ROOFTOP: ("Roof, front", "Roof, rear", "Roof, hatch in the kitchen"),
    Category.MINI_SPLIT: ("Garage apartment", "Sun room", "Server closet"),
    Category.WALK_IN: ("Kitchen", "Loading dock"),
    Category.ICE_MACHINE: ("Kitchen", "Break room"),
}
FILTERS: Final = ("16x25x1", "20x20x1", "20x25x4", "16x20x1", "20x30x1")
HOUSE_TONS: Final = (
    Decimal("2"),
    Decimal("2.5"),
    Decimal("3"),
    Decimal("3"),
    Decimal("3.5"),
    Decimal("4"),
    Decimal("5"),
)
ROOF_TONS: Final = (Decimal("5"), Decimal("7.5"), Decimal("10"), Decimal("12.5"))
KINDS: Final = (
    CertificateKind.UNIVERSAL, CertificateKind.UNIVERSAL, CertificateKind.TYPE_II, CertificateKind.UNIVERSAL,
)  # fmt: skip


@dataclass
class Installer:
    """Gathers units and circuits, then inserts each kind at once."""

    world: DemoWorld
    makers: dict[str, Maker]
    refrigerants: dict[str, Refrigerant]
    units: list[Unit]
    circuits: list[Circuit]

    def at_house(self, site: Site) -> None:
        """One system, sometimes two; an outdoor unit with its furnace or air handler."""
        chance = self.world.random
        systems = 2 if chance.randrange(14) == 0 else 1
        for number in range(systems):
            name = ("Downstairs", "Upstairs")[number] if systems == 2 else ""
            day = self.day()
            pump = chance.randrange(4) == 0
            outdoor = Category.HEAT_PUMP if pump else Category.AIR_CONDITIONER
            tons = chance.choice(HOUSE_TONS)
            made = self.unit(site, outdoor, day, tons=tons, name=f"{name} system".strip() if name else "")
            if chance.randrange(100) < 17:
                indoor = Category.AIR_HANDLER if pump else Category.FURNACE
                self.unit(
                    site,
                    indoor,
                    day,
                    tons=tons,
                    maker=made.maker,
                    name=f"{name} {indoor.label}".strip() if name else "",
                )
        if chance.randrange(30) == 0:
            self.unit(site, Category.MINI_SPLIT, self.day(), tons=Decimal("1.5"))

    def at_business(self, site: Site) -> None:
        """Rooftop units, and what a kitchen needs."""
        chance = self.world.random
        for _ in range(chance.choice((1, 1, 2, 2, 3))):
            self.unit(site, Category.ROOFTOP, self.day(), tons=chance.choice(ROOF_TONS))
        if any(
            word in site.customer.name for word in ("Barbecue", "Taqueria", "Bakery", "Coffee", "Brewing")
        ):
            self.unit(site, Category.WALK_IN, self.day(), tons=Decimal("1.5"))
            self.unit(site, Category.ICE_MACHINE, self.day(), tons=None)

    def unit(
        self,
        site: Site,
        category: Category,
        day: date,
        *,
        tons: Decimal | None,
        maker: Maker | None = None,
        name: str = "",
    ) -> Unit:
        """A unit with a plate as its maker writes them, and its circuit."""
        chance = self.world.random
        models = MODELS[category]
        if maker is None or maker.name not in models:
            maker = self.makers[chance.choice(list(models))]
        size = {None: 32, Decimal("1.5"): 18}.get(tons, int((tons or 0) * 12))
        unit = Unit(
            uuid=self.new_uuid(),
            site=site,
            category=category,
            name=name,
            maker=maker,
            model_number=models[maker.name].format(k=f"{size:02d}"),
            serial=self.serial(maker.name, day),
            installed_on=day,
            date_known_by=chance.choice(
                (DateKnownBy.INSTALLED_BY_US, DateKnownBy.PLATE, DateKnownBy.PLATE, DateKnownBy.OWNER)
            ),
            location=chance.choice(PLACES[category]),
            tons=tons if category not in {Category.FURNACE, Category.ICE_MACHINE, Category.WALK_IN} else None,
            filter_size=chance.choice(FILTERS)
            if category in {Category.FURNACE, Category.AIR_HANDLER}
            else "",
        )
        if self.world.today.year - day.year > 15 and chance.randrange(8) == 0:
            unit.status = UnitStatus.RETIRED
        self.units.append(unit)
        self.charge(unit, day)
        return unit

    def charge(self, unit: Unit, day: date) -> None:
        """The circuits that such a unit has, with what was used in its year."""
        chance = self.world.random
        if unit.category in {Category.FURNACE, Category.AIR_HANDLER}:
            return
        tons = unit.tons or Decimal(1)
        name = self.refrigerant(unit.category, unit.maker.name if unit.maker else "", day)
        count = 2 if unit.category == Category.ROOFTOP and tons >= 10 else 1
        ounces = (tons * Decimal(chance.randrange(38, 52)) / count).quantize(Decimal(1))
        if unit.category == Category.WALK_IN:
            ounces = Decimal(chance.randrange(90, 190))
        if unit.category == Category.ICE_MACHINE:
            ounces = Decimal(chance.randrange(20, 60))
        facts = load_categories()[unit.category]
        for number in range(count):
            self.circuits.append(
                Circuit(
                    uuid=self.new_uuid(),
                    unit=unit,
                    label=str(number + 1),
                    refrigerant=self.refrigerants[name],
                    full_charge_oz=ounces,
                    category=facts.compliance or "comfort",
                    exempt=facts.exemption or "unsure",
                    exempt_because=USUALLY_EXEMPT if facts.exemption == "yes" else "",
                    started_on=day,
                )
            )

    def refrigerant(self, category: str, maker: str, day: date) -> str:
        """R-22 until 2009, R-410A until 2024, then what the maker went to."""
        if category == Category.WALK_IN:
            return "R-404A" if day.year < 2021 else "R-448A"
        if category == Category.ICE_MACHINE:
            return "R-404A" if day.year < 2019 else "R-290"
        if day.year < 2010:
            return "R-22"
        if day.year < 2025:
            return "R-410A"
        return "R-32" if maker in {"Goodman", "Daikin", "Fujitsu", "LG", "Mitsubishi Electric"} else "R-454B"

    def serial(self, maker: str, day: date) -> str:
        """A serial in the maker's own way of writing week and year."""
        chance = self.world.random
        tail = f"{chance.randrange(10**5):05d}"
        week, year = f"{day.isocalendar().week:02d}", f"{day.year % 100:02d}"
        month = "ABCDEFGHKLMN"[day.month - 1]
        return {
            "Carrier": f"{week}{year}E{tail}",
            "Trane": f"{year}{week}{tail[:3]}{month}G{tail[3]}",
            "American Standard": f"{year}{week}{tail[:3]}{month}G{tail[3]}",
            "Lennox": f"58{year}{month}{tail}",
            "Goodman": f"{year}{day.month:02d}1{tail}",
            "Rheem": f"W{week}{year}{tail}",
            "York": f"W{year[0]}{month}{year[1]}{tail}1",
            "Mitsubishi Electric": f"{year[1]}{month}M{tail}",
        }.get(maker, f"{year}{week}-{tail}")

    def day(self) -> date:
        """An installation day: mostly of the last fifteen years, seldom older."""
        chance = self.world.random
        days = int(min(chance.expovariate(1 / 3000), 8000))
        return self.world.today - timedelta(days=days + 30)

    def new_uuid(self) -> UUID:
        """A uuid that the seed decides."""
        return UUID(int=self.world.random.getrandbits(128), version=4)


@demo_part("equipment")
@transaction.atomic
def build(world: DemoWorld) -> None:
    """About 1,400 units: `world.made["units"]`, their circuits, and the technicians' certificates."""
    makers = {maker.name: maker for maker in Maker.objects.all()}
    wanted = {name for models in MODELS.values() for name in models} - makers.keys()
    makers |= {
        maker.name: maker for maker in insert_with_history([Maker(name=name) for name in sorted(wanted)])
    }
    refrigerants = {row.designation: row for row in Refrigerant.objects.all()}
    installer = Installer(world, makers, refrigerants, [], [])
    for site in world.made["sites"]:
        if site.customer.kind == CustomerKind.COMPANY:
            installer.at_business(site)
        else:
            installer.at_house(site)
    insert_with_history(installer.units)
    insert_with_history(installer.circuits)
    insert_with_history(
        [
            ChargeRevision(
                uuid=installer.new_uuid(),
                circuit=circuit,
                effective_on=circuit.started_on or world.today,
                refrigerant=circuit.refrigerant,
                full_charge_oz=circuit.full_charge_oz,
                method=ChargeMethod.MANUFACTURER,
            )
            for circuit in installer.circuits
        ]
    )
    certify(world, world.made.get("technicians", []))
    world.made["units"] = installer.units
    keep_records(world, installer.units)
    leaks(world)
    world.say(f"{len(installer.units)} units with {len(installer.circuits)} refrigerant circuits")


def certify(world: DemoWorld, technicians: list[User]) -> None:
    """EPA 608 certificates for everybody who goes out."""
    insert_with_history(
        [
            TechnicianCertificate(
                technician=person,
                kind=KINDS[place % len(KINDS)],
                number=f"{world.random.randrange(10**9, 10**10)}",
                issued_on=world.today - timedelta(days=world.random.randrange(400, 6000)),
            )
            for place, person in enumerate(technicians)
        ]
    )
