"""The demo company's leaks: a chiller over its rate, a case that was closed, a walk-in, a change-out."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from customers.models import CustomerKind, Site
from fsm.demo import DemoWorld
from fsm.models import User

from .actions import install_unit, log_case_event, record_refrigerant
from .actions.units import CircuitFields
from .models import Category, Circuit, LeakCase, RecordKind, RecordPurpose, TechnicianCertificate

# Pounds of each addition by the days since it, oldest first.
OPEN_CHILLER: Final = ((150, "0.5"), (95, "0.25"), (9, "9.5"))
CLOSED_CHILLER: Final = ((170, "0.5"), (120, "12"))
WALK_IN: Final = ((140, "0.25"), (40, "0.5"))


def leaks(world: DemoWorld) -> None:
    """Units whose records tell the rules of leak repair; nothing where nobody holds the certificate."""
    sites = [site for site in world.made["sites"] if site.customer.kind == CustomerKind.COMPANY][:3]
    holder = TechnicianCertificate.objects.filter(kind="universal").order_by("pk").first()
    if len(sites) < 3 or holder is None:
        return
    teller = _Teller(world, holder.technician)
    teller.unit(sites[0], Category.CHILLER, "Lobby chiller", "R-134a", 60, OPEN_CHILLER)
    closed = teller.unit(sites[1], Category.CHILLER, "Tower chiller", "R-134a", 80, CLOSED_CHILLER)
    teller.unit(sites[2], Category.WALK_IN, "Walk-in freezer", "R-404A", 18, WALK_IN)
    teller.close(closed)
    old = teller.unit(sites[2], Category.ROOFTOP, "Old rooftop unit", "R-22", 8, ())
    teller.record(old, 30, "6.5", RecordKind.RECOVERED, RecordPurpose.DISPOSAL)
    world.say(f"{LeakCase.objects.count()} leak cases")


class _Teller:
    """Tells it through the actions, at the hour it happened."""

    def __init__(self, world: DemoWorld, technician: User) -> None:
        self.world, self.technician = world, technician

    def moment(self, days_ago: int) -> datetime:
        """Ten in the morning, so many days ago."""
        return datetime.combine(self.world.today - timedelta(days=days_ago), time(16), tzinfo=UTC)

    def uuid(self) -> UUID:
        """A uuid that the seed decides."""
        return UUID(int=self.world.random.getrandbits(128), version=4)

    def unit(
        self,
        site: Site,
        category: Category,
        name: str,
        refrigerant: str,
        pounds: int,
        added: tuple[tuple[int, str], ...],
    ) -> Circuit:
        """A unit of one circuit with its additions."""
        made = install_unit(
            site_id=site.pk,
            uuid=self.uuid(),
            category=category,
            name=name,
            maker="Trane",
            installed_on=self.world.today - timedelta(days=2000),
            circuits=[CircuitFields("1", refrigerant, Decimal(pounds * 16))],
        )
        circuit: Circuit = made.circuits.get()
        for days_ago, amount in added:
            self.record(circuit, days_ago, amount, RecordKind.ADDED, RecordPurpose.SERVICE)
        return circuit

    def record(self, circuit: Circuit, days_ago: int, pounds: str, kind: str, purpose: str) -> None:
        """What was added or recovered that day."""
        at = self.moment(days_ago)
        record_refrigerant(
            uuid=self.uuid(),
            circuit_id=circuit.pk,
            kind=kind,
            purpose=purpose,
            ounces=Decimal(pounds) * 16,
            technician_id=self.technician.pk,
            happened_at=at,
            now=at,
            leak_found=True if kind == RecordKind.ADDED else None,
        )

    def close(self, circuit: Circuit) -> None:
        """Inspected, repaired, tested and tested again."""
        case = LeakCase.objects.filter(circuit=circuit).first()
        if case is None:
            return
        for days_ago, step in (
            (118, "inspection"), (115, "repaired"), (115, "initial_passed"), (108, "follow_up_passed"),
        ):  # fmt: skip
            log_case_event(
                case.pk,
                step=step,
                uuid=self.uuid(),
                happened_on=self.world.today - timedelta(days=days_ago),
                technician_id=self.technician.pk,
                method="" if step == "repaired" else "Electronic leak detector",
                locations="Shaft seal of compressor 1",
                all_parts_inspected=True if step == "inspection" else None,
                now=self.moment(days_ago),
            )
