"""The same row twice in a file: what a person decided about it holds when the file is read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from customers.models import ImportBatch, ImportRow, RowOutcome
from fsm.querysets import any_of

TWICE: Final = "same_identity"
CAME: Final = frozenset({RowOutcome.IMPORTED, RowOutcome.UNCHANGED, RowOutcome.KEPT})


def recall_doubles(rows: Sequence[ImportRow], batch: ImportBatch) -> None:
    """A row that is held for being there twice alone, and said the same in an earlier file from there: what
    was brought in then is there already, what was left out stays out. Nothing is saved; costs no query where
    no row is held so.
    """
    held = {
        row.external_id: row for row in rows if row.outcome == RowOutcome.HELD and _held_for(row) == {TWICE}
    }
    if not held:
        return
    earlier = ImportRow.objects.filter(
        import_batch__system=batch.system, external_id__in=any_of(held, "text")
    ).exclude(import_batch=batch.pk)
    decided = earlier.filter(
        outcome__in=[*CAME, RowOutcome.SKIPPED], problems__contains=[{"code": TWICE}]
    ).select_related("customer", "site")
    latest = {past.external_id: past for past in decided.order_by("pk")}
    for external_id, row in held.items():
        past = latest.get(external_id)
        if past is None or past.values != row.values:
            continue
        if past.outcome in CAME:
            row.outcome, row.reason = RowOutcome.UNCHANGED, ""
            row.customer, row.site = past.customer, past.site
        else:
            row.outcome, row.reason = RowOutcome.SKIPPED, past.reason


def _held_for(row: ImportRow) -> set[str]:
    return {problem["code"] for problem in row.problems if problem["severity"] == "hold"}
