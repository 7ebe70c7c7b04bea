"""What every step of an import needs: its batch locked, its rows' meaning, and how a row is stopped."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.import_meaning import Problem, Proposed
from customers.import_rules import interpret
from customers.import_shapes import translated
from customers.import_wording import sentence
from customers.models import ImportBatch, ImportRow, RowOutcome
from customers.quickbooks_file import SourceRow
from customers.states import ImportState
from fsm.attribution import Attribution, attributed

# What a person decided about a row, kept among its problems until the next start acts on it.
DECISIONS = frozenset({"decided_new", "decided_link", "decided_take_over"})


def locked_batch(batch_id: int) -> ImportBatch:
    """The batch, locked, and with it every running import from the same system: their rows take turns."""
    system = ImportBatch.objects.filter(pk=batch_id).values("system")
    batches = ImportBatch.objects.select_for_update(no_key=True).filter(
        Q(pk=batch_id) | Q(system__in=system, state=ImportState.RUNNING)
    )
    found = {batch.pk: batch for batch in batches.order_by("pk")}
    return found[batch_id] if batch_id in found else ImportBatch.objects.get(pk=batch_id)


def as_import(batch: ImportBatch, reason: str = "") -> AbstractContextManager[Attribution]:
    """Whatever is written inside is the work of this import."""
    said = reason or _("Import of %(file)s") % {"file": batch.file_name}
    return attributed(source="import", batch=batch.uuid, reason=said)


def meaning_of(row: ImportRow, batch: ImportBatch) -> Proposed:
    """What the row says, by the batch's columns; its identity is the one it was given when it was read."""
    return interpret(given(row.line, row.values, batch))


def given(line: int, values: dict[str, str], batch: ImportBatch) -> SourceRow:
    """The row's cells in the words of the rules."""
    return translated(SourceRow(line, values), batch.columns, batch.system)


def stored(problem: Problem) -> dict[str, Any]:
    """A problem as it is kept with its row."""
    return {
        "severity": problem.severity,
        "field": problem.field,
        "code": problem.code,
        "details": [list(pair) for pair in problem.details],
    }


def why_stopped(row: ImportRow) -> str:
    """The sentences that hold or skip the row; empty for a row that neither stops."""
    wanted = {RowOutcome.HELD: "hold", RowOutcome.SKIPPED: "skip"}.get(RowOutcome(row.outcome))
    stops = [p for p in row.problems if p["severity"] == wanted]
    return " ".join(sentence(problem["code"], problem["details"]) for problem in stops)


def hold(row: ImportRow, code: str, details: list[list[str]], **more: Any) -> None:
    """Stop the row until a person decides; nothing is saved. What was decided before is forgotten."""
    kept = [problem for problem in row.problems if problem["code"] not in {code, *DECISIONS}]
    row.problems = [*kept, {"severity": "hold", "field": "", "code": code, "details": details, **more}]
    row.outcome = RowOutcome.HELD
    row.reason = why_stopped(row)


def decision_of(row: ImportRow) -> dict[str, Any] | None:
    """What a person decided about the row, if its next start is to act on it."""
    return next((problem for problem in row.problems if problem["code"] in DECISIONS), None)


def problem_of(row: ImportRow, code: str) -> dict[str, Any] | None:
    """The row's problem of that code."""
    return next((problem for problem in row.problems if problem["code"] == code), None)
