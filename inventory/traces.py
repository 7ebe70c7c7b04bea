"""The ledger's lines in a trace, and which chain a movement belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from fsm.references import Reference
from fsm.trace import Change, Step, roots, traces

from .models import StockMovement
from .words import quantity


@traces
def movements(root: str) -> Iterable[Step]:
    """Each movement of the chain: what, how much, from where to where, by whom."""
    for row in StockMovement.objects.for_list().filter(root=root).order_by("pk"):
        yield Step(
            when=row.moved_at,
            what=_("Stock movement"),
            verb=str(row.get_kind_display()).lower(),
            who=row.actor_name,
            source=row.source,
            reason=row.note,
            batch=row.batch,
            changes=_values(row),
            reference=Reference("movement", row.uuid),
            app="inventory",
            order=row.pk,
            table=StockMovement._meta.db_table,
        )


def _values(row: StockMovement) -> list[Change]:
    values = [
        (_("part"), str(row.part)),
        (_("quantity"), quantity(row.quantity)),
        (_("from"), str(row.from_place or "")),
        (_("to"), str(row.to_place or "")),
        (_("short by"), quantity(row.short_by) if row.short_by else ""),
    ]
    return [Change(label, "", words) for label, words in values if words]


@roots("movement")
def root_of_movement(movement: Any) -> str:
    """The chain it was made in: the job's, where a part was used."""
    return str(movement.root)
