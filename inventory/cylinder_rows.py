"""The cylinders' ledger as the lines of a mass balance, and disposals as the rows of their month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncMonth

from equipment.compliance import disposal
from equipment.models import RecordKind, RecordPurpose, RefrigerantRecord
from fsm.clock import at, day_in, today_in
from fsm.company import the_company

from .balance import Line
from .models import Cylinder, CylinderMoveKind, CylinderMovement

GROUPS = {
    "refrigerant": "cylinder__refrigerant__designation",
    "cylinder": "cylinder_id",
    "technician": "technician_id",
}
MIDNIGHT = datetime.min.time()


def balance_lines(
    cylinders: QuerySet[Cylinder], *, group: str, until: date, refrigerant: str = ""
) -> list[Line]:
    """What each kind of movement changed, month by month of the company's calendar up to the month of
    `until`; in one query, however long the ledger is.
    """
    zone = the_company().time_zone
    rows = CylinderMovement.objects.filter(cylinder__in=cylinders, moved_at__lt=month_end(zone, until))
    if refrigerant:
        rows = rows.filter(cylinder__refrigerant__designation=refrigerant)
    found = (
        rows.order_by()
        .annotate(
            grouped=F(GROUPS[group]),
            month=TruncMonth("moved_at", tzinfo=ZoneInfo(zone)),
            counted_as=Coalesce("reverses__kind", "kind"),
        )
        .values_list("grouped", "month", "counted_as")
        .annotate(ounces=Sum("change_oz"))
        .order_by("grouped", "month", "counted_as")
    )
    return [Line(grouped, month.date(), kind, ounces) for grouped, month, kind, ounces in found]


def month_end(zone: str, day: date) -> datetime:
    """The first instant after the day's month."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return at(zone, following, MIDNIGHT)


# Disposal -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Disposed:
    """A disposal record with the rule's row of it; `is_unsure` where nobody knows the full charge."""

    record: RefrigerantRecord
    row: disposal.DisposalRow
    is_unsure: bool


def disposals(records: QuerySet[RefrigerantRecord], since: date, until: date) -> list[Disposed]:
    """What was recovered before appliances of more than 5 and less than 50 lb were disposed of.

    Appliances whose charge nobody knows are counted: they may be such."""
    zone = the_company().time_zone
    first, last = day_in(zone, since)[0], day_in(zone, until)[1]
    found = list(
        records.in_force()  # type: ignore[attr-defined]
        .filter(
            kind=RecordKind.RECOVERED,
            purpose=RecordPurpose.DISPOSAL,
            happened_at__gte=first,
            happened_at__lt=last,
        )
        .select_related("circuit__unit__site__customer", "refrigerant")
        .order_by("happened_at", "pk")
    )
    company = the_company().name
    into = _cylinders_of(found)
    return [
        Disposed(record, _row(record, company, into[record.pk]), record.circuit.full_charge_oz is None)
        for record in found
        if record.circuit.full_charge_oz is None or disposal.needs_record(record.circuit.full_charge_oz)
    ]


def _cylinders_of(records: Sequence[RefrigerantRecord]) -> dict[int, list[str]]:
    lines = CylinderMovement.objects.filter(record__in=records, kind=CylinderMoveKind.RECOVERED)
    found: dict[int, list[str]] = defaultdict(list)
    for record_id, number in lines.order_by("pk").values_list("record_id", "cylinder__number"):
        if number not in found[record_id]:
            found[record_id].append(number)
    return found


def _row(record: RefrigerantRecord, company: str, cylinders: Sequence[str]) -> disposal.DisposalRow:
    unit = record.circuit.unit
    site = unit.site
    return disposal.DisposalRow(
        appliance=" ".join(part for part in (str(unit), unit.serial) if part),
        company=company,
        location=f"{site.customer}, {site.street}, {site.city}",
        recovered_on=today_in(site.time_zone, record.happened_at),
        refrigerant=record.refrigerant.designation,
        recovered_oz=record.ounces,
        nothing_because=record.nothing_because,
        cylinder=", ".join(cylinders),
    )


def sent_away(
    cylinders: QuerySet[Cylinder], since: date, until: date
) -> list[tuple[Any, disposal.TransferRow, list[str]]]:
    """What was sent to be reclaimed or destroyed: transfer, the rule's row of each refrigerant, and the
    numbers of its cylinders.
    """
    lines = (
        CylinderMovement.objects.filter(
            kind=CylinderMoveKind.SENT,
            cylinder__in=cylinders,
            transfer__sent_on__range=(since, until),
        )
        .select_related("transfer", "cylinder__refrigerant")
        .order_by("transfer__sent_on", "transfer_id", "cylinder__number")
    )
    together: dict[tuple[int, str], list[CylinderMovement]] = defaultdict(list)
    for line in lines:
        together[line.transfer_id or 0, line.cylinder.refrigerant.designation].append(line)
    return [
        (
            transfer,
            disposal.TransferRow(
                sent_on=transfer.sent_on,
                refrigerant=designation,
                ounces=-sum((line.change_oz for line in of_one), Decimal(0)),
                to=transfer.sent_to,
                purpose="destruction" if transfer.is_destroyed else "reclamation",
            ),
            [line.cylinder.number for line in of_one],
        )
        for (_transfer, designation), of_one in together.items()
        if (transfer := of_one[0].transfer)
    ]
