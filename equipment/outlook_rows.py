"""Units as the outlook takes them: age, what repairs cost, what they hold, when the parts' cover ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from .models import Circuit, Unit, Warranty, WarrantyKind
from .outlook import Outlook, Settings, UnitFacts, rank
from .services import repair_spend
from .states import UnitStatus
from .warranties import add_months, expires
from .warranty_rows import term_of

SETTINGS = Settings()


def outlooks(units: QuerySet[Unit], *, on: date) -> list[Outlook]:
    """The ranked outlook of those of the units that are not retired, keyed by their pk; four queries."""
    rows = units.exclude(status=UnitStatus.RETIRED).order_by("pk")
    return rank(
        facts_of_units(rows.values_list("pk", "category", "installed_on", "site__state"), on=on), on=on
    )


def outlook_of_unit(
    unit: Unit, circuits: Sequence[Circuit], warranties: Sequence[Warranty], *, on: date
) -> Outlook | None:
    """One unit's outlook from rows that were fetched already; None where nothing speaks for replacing it."""
    if unit.status == UnitStatus.RETIRED:
        return None
    spend = repair_spend([unit.pk], add_months(on, -SETTINGS.repair_months)).get(unit.pk)
    facts = _facts(
        (unit.pk, unit.category, unit.installed_on, unit.site.state),
        [_holding(row.refrigerant) for row in circuits],
        warranties,
        spend,
    )
    return next(iter(rank([facts], on=on)), None)


def facts_of_units(rows: Iterable[tuple[Any, ...]], *, on: date) -> list[UnitFacts]:
    """The facts of many units: (pk, category, installed, state) each."""
    rows = list(rows)
    keys = [row[0] for row in rows]
    holds: dict[int, list[tuple[Any, ...]]] = {}
    names = ("refrigerant__designation", "refrigerant__gwp", "refrigerant__is_ozone_depleting")
    circuits = Circuit.objects.filter(retired_on__isnull=True).order_by("unit", "label")
    for unit_id, *gas in circuits.values_list("unit", *names):
        holds.setdefault(unit_id, []).append(tuple(gas))
    terms: dict[int, list[Warranty]] = {}
    for row in Warranty.objects.filter(kind=WarrantyKind.PARTS):
        terms.setdefault(row.unit_id, []).append(row)
    spend = repair_spend(keys, add_months(on, -SETTINGS.repair_months))
    return [_facts(row, holds.get(row[0], []), terms.get(row[0], []), spend.get(row[0])) for row in rows]


def _holding(gas: Any) -> tuple[Any, ...]:
    return (gas.designation, gas.gwp, gas.is_ozone_depleting)


def _facts(
    row: tuple[Any, ...], holds: Sequence[tuple[Any, ...]], terms: Iterable[Warranty], spend: Any
) -> UnitFacts:
    unit_id, category, installed_on, state = row
    # Of several circuits the one with the least future decides.
    gas = max(holds, key=lambda each: (each[2], each[1] or 0), default=("", None, False))
    ends = [
        until
        for term in terms
        if term.kind == WarrantyKind.PARTS and (until := expires(term_of(term), state)) is not None
    ]
    return UnitFacts(
        key=unit_id,
        category=category,
        installed_on=installed_on,
        repair_spend=spend or Decimal(0),
        refrigerant=gas[0],
        gwp=gas[1],
        is_ozone_depleting=gas[2],
        warranty_until=max(ends, default=None),
    )
