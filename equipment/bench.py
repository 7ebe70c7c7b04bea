"""What it costs to find every leak rate and case of a large house anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from customers.bench import households
from customers.models import Site
from fsm.bench import Bench, Result, beside, measure
from fsm.history import insert_with_history
from fsm.permissions import Role

from .actions.rates import recompute_all
from .models import (
    Category,
    CertificateKind,
    ChargeRevision,
    Circuit,
    ComplianceCategory,
    Exemption,
    LeakCase,
    LeakRate,
    Refrigerant,
    RefrigerantRecord,
    TechnicianCertificate,
    Unit,
)

CIRCUITS, EVENTS_EACH, LIMIT = 10_000, 6, 20
NOW = datetime(2027, 6, 1, 18, tzinfo=UTC)
FIRST = datetime(2025, 3, 1, 16, tzinfo=UTC)


def circuits_with_records(bench: Bench) -> int:
    """Chillers and walk-ins with six additions each; about one in ten was over its trigger at some time."""
    count = bench.choose(CIRCUITS, 300)
    bench.once("households", lambda: households(bench))
    bench.say(f"making {count:,} circuits with {count * EVENTS_EACH:,} records")
    pick = bench.random
    sites = list(Site.objects.order_by("uuid").values_list("pk", flat=True)[: count // 2])
    kinds = (
        (Category.CHILLER, ComplianceCategory.COMFORT, "R-134a"),
        (Category.CHILLER, ComplianceCategory.COMFORT, "R-22"),
        (Category.WALK_IN, ComplianceCategory.COMMERCIAL, "R-404A"),
        (Category.RACK, ComplianceCategory.COMMERCIAL, "R-448A"),
    )
    held = {row.designation: row for row in Refrigerant.objects.all()}
    person = bench.person(Role.TECHNICIAN)
    certificate = TechnicianCertificate.objects.create(
        technician=person, kind=CertificateKind.UNIVERSAL, number="B-1", issued_on=date(2015, 1, 1)
    )
    units = insert_with_history(
        [Unit(site_id=sites[n % len(sites)], category=kinds[n % 4][0]) for n in range(count)]
    )
    circuits = insert_with_history(
        [
            Circuit(
                unit=unit,
                refrigerant=held[kinds[n % 4][2]],
                full_charge_oz=Decimal(pick.randrange(60, 900) * 16),
                category=kinds[n % 4][1],
                exempt=Exemption.NO,
                started_on=date(2018, 1, 1),
            )
            for n, unit in enumerate(units)
        ]
    )
    insert_with_history(
        [
            ChargeRevision(
                circuit=row,
                effective_on=date(2018, 1, 1),
                refrigerant=row.refrigerant,
                full_charge_oz=row.full_charge_oz,
            )
            for row in circuits
        ]
    )
    insert_with_history(
        [
            RefrigerantRecord(
                uuid=UUID(int=pick.getrandbits(128), version=4),
                circuit=row,
                kind="added",
                refrigerant=row.refrigerant,
                ounces=max(Decimal(1), (row.full_charge_oz or Decimal(0)) * pick.randrange(1, 40) // 1000),
                technician=person,
                technician_name=str(person),
                certificate=certificate,
                happened_at=FIRST + timedelta(days=120 * place + pick.randrange(60)),
            )
            for row in circuits
            for place in range(EVENTS_EACH)
        ]
    )
    bench.analyze()
    return count


@measure("refrigerant", "find every leak rate and case of 10,000 circuits with 60,000 records anew")
def refrigerant(bench: Bench) -> Iterator[Result]:
    """The first time, when every row is new, and again, when nothing differs."""
    count = bench.once("circuits", lambda: circuits_with_records(bench))

    def reckon(_number: int) -> None:
        recompute_all(now=NOW)

    first = bench.time(reckon, repeats=1, warm=0)
    rates, cases = LeakRate.objects.count(), LeakCase.objects.count()
    assert rates == count * EVENTS_EACH, f"{rates} rates"  # noqa: S101
    assert 0 < cases < count, f"{cases} cases"  # noqa: S101
    told = f"{rates:,} rates, {cases:,} cases; {beside(first)}"
    yield Result(f"leak rates of {count:,} circuits", first.both[0], "s CPU", limit=LIMIT, beside=told)
    again = bench.time(reckon, repeats=1, warm=0)
    assert LeakRate.objects.count() == rates, "the same rates were found otherwise"  # noqa: S101
    yield Result("the same again", again.both[0], "s CPU", limit=LIMIT, beside=beside(again))
