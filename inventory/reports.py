"""The reports on refrigerant: where every pound went, and what disposals recovered month by month."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from equipment.compliance import disposal
from equipment.compliance.words import pounds
from equipment.keeping import names_records
from equipment.models import RefrigerantRecord
from equipment.papers.words import day_words
from equipment.reporting import Asked, Cells, Head, Report, offers_report
from fsm.permissions import May

from .balance import COLUMNS, Balance, balances
from .cylinder_rows import balance_lines, disposals, sent_away
from .models import Cylinder, CylinderMoveKind, CylinderMovement

OUNCES = 16


@names_records
def in_the_ledger(record_ids: Collection[int]) -> set[int]:
    """Refrigerant records that a line of the cylinders' ledger rests on: that ledger keeps every line."""
    lines = CylinderMovement.objects.filter(record__in=record_ids)
    return set(lines.values_list("record_id", flat=True))


def _lb(ounces: Decimal) -> str:
    return pounds(Fraction(ounces) / OUNCES)


def _period(asked: Asked) -> tuple[date, date]:
    """Whole months: those asked for, else the last twelve."""
    last = asked.last or asked.today
    first = asked.first or date(last.year - 1, last.month, 1)
    return min(first, last).replace(day=1), last


def _cylinders(asked: Asked) -> Any:
    rows = Cylinder.objects.visible_to(asked.user)
    return rows.filter(place__branch=asked.branch) if asked.branch else rows


def _reconciled(asked: Asked) -> list[Balance]:
    first, last = _period(asked)
    lines = balance_lines(_cylinders(asked), group="refrigerant", until=last)
    return sorted(balances(lines, since=first, until=last), key=lambda row: str(row.group))


def _balance_cells(row: Balance, asked: Asked) -> Cells:
    amounts = (_lb(row.amounts[kind]) if row.amounts[kind] else "" for kind in COLUMNS)
    return (row.group, _lb(row.opening), *amounts, _lb(row.closing))


offers_report(
    Report(
        key="reconciliation",
        title=gettext_lazy("Refrigerant reconciliation"),
        says=gettext_lazy(
            "By refrigerant, in pounds and whole months: what was held, what came in and went out, what"
            " weighing found, and what is left. Without days, the last twelve months."
        ),
        citation="40 CFR 82.154, 82.156(a)(3)",
        heads=(
            Head(gettext_lazy("Refrigerant")),
            Head(gettext_lazy("Before"), True),
            *(Head(CylinderMoveKind(kind).label, True) for kind in COLUMNS),
            Head(gettext_lazy("Left"), True),
        ),
        rows=_reconciled,
        cells=_balance_cells,
        empty=gettext_lazy("No cylinder held or moved anything in these months."),
        may=May.SEE_STOCK,
        order=70,
    )
)


def _days(asked: Asked) -> tuple[date, date]:
    """The days asked for, else the last twelve months."""
    last = asked.last or asked.today
    return asked.first or date(last.year - 1, last.month, 1), last


def _disposed(asked: Asked) -> list[disposal.MonthTotal]:
    first, last = _days(asked)
    records = RefrigerantRecord.objects.visible_to(asked.user)
    if asked.branch:
        records = records.filter(circuit__unit__site__branch=asked.branch)
    found = [one.row for one in disposals(records, first, last)]
    sent = [row for _transfer, row, _numbers in sent_away(_cylinders(asked), first, last)]
    return list(disposal.monthly(found, sent))


offers_report(
    Report(
        key="disposal",
        title=gettext_lazy("Monthly disposal"),
        says=gettext_lazy(
            "Refrigerant recovered before appliances of more than 5 and less than 50 lb were disposed of, and"
            " what was sent on, by calendar month. Without days, the last twelve months."
        ),
        citation=disposal.CITATION,
        heads=(
            Head(gettext_lazy("Month")),
            Head(gettext_lazy("Refrigerant")),
            Head(gettext_lazy("Appliances"), True),
            Head(gettext_lazy("Recovered (lb)"), True),
            Head(gettext_lazy("Sent on (lb)"), True),
        ),
        rows=_disposed,
        cells=lambda row, asked: (
            date_format(date(row.year, row.month, 1), "F Y"),
            row.refrigerant,
            row.appliances,
            pounds(row.recovered_lb),
            pounds(row.sent_lb),
        ),
        empty=gettext_lazy("Nothing was recovered at a disposal or sent on in this time."),
        may=May.SEE_STOCK,
        order=75,
    )
)


@dataclass(frozen=True)
class _Gone:
    """One refrigerant of a transfer."""

    transfer: Any
    row: disposal.TransferRow
    cylinders: list[str]


def _transfers(asked: Asked) -> list[_Gone]:
    first, last = _days(asked)
    return [_Gone(*one) for one in sent_away(_cylinders(asked), first, last)]


offers_report(
    Report(
        key="transfers",
        title=gettext_lazy("Sent to be reclaimed or destroyed"),
        says=gettext_lazy("What left the house, to whom and when. Without days, the last twelve months."),
        citation=disposal.CITATION,
        heads=(
            Head(gettext_lazy("Day")),
            Head(gettext_lazy("To")),
            Head(gettext_lazy("Refrigerant")),
            Head(gettext_lazy("Pounds"), True),
            Head(gettext_lazy("To be")),
            Head(gettext_lazy("Cylinders")),
            Head(gettext_lazy("Receipt")),
        ),
        rows=_transfers,
        cells=lambda one, asked: (
            day_words(one.row.sent_on),
            one.row.to,
            one.row.refrigerant,
            _lb(one.row.ounces),
            gettext_lazy("destroyed") if one.transfer.is_destroyed else gettext_lazy("reclaimed"),
            ", ".join(one.cylinders),
            one.transfer.reference,
        ),
        empty=gettext_lazy("Nothing was sent to be reclaimed or destroyed in this time."),
        may=May.SEE_STOCK,
        order=76,
    )
)
