"""How long a circuit's compliance records are kept, and which of them other ledgers still name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import Any

from django.db.models import DateField, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Greatest, TruncDate

from .compliance.retention import KeepUntil, RecordClass, keep_until
from .models import ChargeRevision, Circuit, LeakCase, RefrigerantRecord

Named = Callable[[Collection[int]], set[int]]
_named: list[Named] = []


def names_records(find: Named) -> Named:
    """Offer `find(record_ids)`: which of these records a ledger of an upper app names for good."""
    _named.append(find)
    return find


def named_elsewhere(record_ids: Collection[int]) -> set[int]:
    """Records that cannot go because another ledger would lose what it rests on."""
    return {key for find in _named for key in find(record_ids)}


def with_last_day(rows: QuerySet[Circuit]) -> QuerySet[Circuit]:
    """The circuits with `last_day`: when the newest of their records was made; in one query."""

    def newest(found: QuerySet[Any], path: str) -> Subquery:
        grouped = found.filter(circuit=OuterRef("pk")).order_by().values("circuit")
        return Subquery(grouped.annotate(newest=Max(path)).values("newest"), output_field=DateField())

    recorded = RefrigerantRecord.objects.annotate(day=TruncDate("happened_at"))
    return rows.annotate(
        last_day=Greatest(
            newest(recorded, "day"),
            newest(LeakCase.objects.annotate(day=F("closed_on")), "day"),
            newest(ChargeRevision.objects.annotate(day=F("effective_on")), "day"),
            Cast("retired_on", DateField()),
        )
    )


def kept_until(circuit: Any) -> KeepUntil:
    """Until when the circuit's service records and its profile are kept, counted from its newest record; the
    circuit comes from `with_last_day`.
    """
    made_on: date = circuit.last_day or circuit.retired_on or date.min
    terms = {"retired_on": circuit.retired_on, "legal_hold": bool(circuit.hold_because)}
    answers = [keep_until(kind, made_on, **terms) for kind in (RecordClass.SERVICE, RecordClass.PROFILE)]
    return max(answers, key=lambda answer: answer.day or date.max)
