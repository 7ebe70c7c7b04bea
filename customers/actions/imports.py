"""Bringing in somebody else's customer list: previewed, run in the background, run again, taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.core.files.base import ContentFile
from django.db import DataError, IntegrityError, models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from customers.import_files import SourceFile, read_source, samples
from customers.import_meaning import Proposed
from customers.import_rules import DECIDABLE
from customers.import_shapes import (
    OTHER,
    QUICKBOOKS_DESKTOP,
    SHAPES,
    flaws,
    headers_key,
    shape_of,
    suggest,
    translated,
)
from customers.import_whole import interpret_all
from customers.import_wording import flaw_sentence, refusal
from customers.models import Customer, ImportBatch, ImportMapping, ImportRow, RowOutcome
from customers.quickbooks_file import SourceRow, WrongFile
from customers.states import IMPORT_STATES, ImportState
from fsm import clock
from fsm.attribution import current
from fsm.history import (
    delete_with_history,
    history_model,
    insert_with_history,
    update_each_with_history,
    update_with_history,
)
from fsm.states import NotPossible
from fsm.tasks import enqueue

from .import_alike import Since, since_read
from .import_batches import (
    DECISIONS,
    as_import,
    hold,
    locked_batch,
    problem_of,
    stored,
    why_stopped,
)
from .import_making import bring_in as _bring_in
from .import_making import keep_ours
from .import_standing import recognise
from .import_undoing import take_back_import
from .keys import refresh_match_keys

__all__ = [
    "change_columns",
    "confirm_columns",
    "decide_rows",
    "import_next_rows",
    "keep_row",
    "link_row",
    "prepare_import",
    "read_import",
    "release_row",
    "resume_stalled_imports",
    "run_import",
    "skip_row",
    "start_import",
    "take_back_import",
    "take_over_row",
    "why_not_release",
]

SYSTEM: Final = QUICKBOOKS_DESKTOP
CHUNK: Final = 1000
SOON: Final = 3000  # rows that are read while a person waits; more are read in the background
STALLED_AFTER: Final = timedelta(minutes=3)
_OUTCOMES: Final = {"import": RowOutcome.READY, "hold": RowOutcome.HELD, "skip": RowOutcome.SKIPPED}
Decision = Literal["new", "link", "take_over", "keep", "leave_out"]


# Reading ---------------------------------------------------------------------------------------


@transaction.atomic
def read_import(data: bytes, *, file_name: str, system: str = "") -> ImportBatch:
    """Keep the file and say of each row what would become of it; changes no customer.

    Columns that need a person's word first are suggested, and the rows are read once they are confirmed.
    Refuses a file that cannot be trusted as a whole, with the reason.
    """
    source = _read(data, file_name)
    shape = next((one for one in SHAPES if one.system == system), None) or shape_of(source.columns)
    batch = ImportBatch(
        system=SYSTEM if source.is_iif else shape.system if shape and system != OTHER else _other(source),
        file_name=file_name[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        encoding=source.encoding,
        row_count=len(source.rows),
        problem=_about_file(source),
        author_name=current().actor_name,
        state=ImportState.READ if source.is_iif else ImportState.MAPPING,
    )
    with as_import(batch):
        if not source.is_iif:
            batch.headers = [
                {"name": column, "samples": samples(source.rows, column)} for column in source.columns
            ]
            batch.columns = suggested_columns(source.columns, source.rows, batch.system)
        kind = "iif" if source.is_iif else "csv"
        batch.file.save(f"{batch.uuid}.{kind}", ContentFile(data), save=False)
        if source.is_iif and len(source.rows) > SOON:
            batch.state = ImportState.PREPARING
        batch.save()
        if batch.state == ImportState.PREPARING:
            enqueue(prepare_import, tier="analytical", batch_id=batch.pk)
        elif source.is_iif:
            _write_rows(batch, source)
    return batch


def _read(data: bytes, file_name: str) -> SourceFile:
    try:
        return read_source(data, file_name)
    except WrongFile as wrong:
        raise NotPossible(refusal(wrong.code, wrong.details), field="file") from wrong


def _other(source: SourceFile) -> str:
    """Lists of one layout count as one source: two lists that each number from 1 are not mixed up."""
    return f"{OTHER}:{headers_key(source.columns)[:12]}"


def suggested_columns(columns: Sequence[str], rows: Sequence[SourceRow], system: str) -> dict[str, str]:
    """What the columns probably mean: as confirmed for such a file before, or else by their names."""
    before = ImportMapping.objects.filter(system=system, headers_key=headers_key(columns)).first()
    shape = next((one for one in SHAPES if one.system == system), None)
    return suggest(columns, rows, shape=shape, kept=before.columns if before else None)


@transaction.atomic
def confirm_columns(
    batch_id: int, *, columns: Mapping[str, str], system: str = "", in_background: bool = True
) -> ImportBatch:
    """A person says what each column means: kept for the next such file, and the rows are read by it.

    Refuses a mapping by which no customer could be named, or that means one thing twice.
    """
    batch = locked_batch(batch_id)
    if batch.state != ImportState.MAPPING:
        raise NotPossible(_("The columns of this file are confirmed already."))
    names = [header["name"] for header in batch.headers]
    chosen = {name: columns.get(name, "") for name in names}
    if wrong := flaws(chosen):
        raise NotPossible(" ".join(flaw_sentence(flaw) for flaw in wrong), field="columns")
    key = headers_key(names)
    if system and system != batch.system:
        known = {shape.system for shape in SHAPES}
        batch.system = system if system in known else f"{OTHER}:{key[:12]}"
    with as_import(batch):
        _remember(batch.system, key, chosen)
        batch.columns = chosen
        left = [name for name, meaning in chosen.items() if not meaning]
        batch.problem = (
            _("Columns that are not taken over: %(columns)s.") % {"columns": ", ".join(left)} if left else ""
        )
        if in_background and batch.row_count > SOON:
            IMPORT_STATES.check(batch.state, ImportState.PREPARING)
            batch.state = ImportState.PREPARING
            enqueue(prepare_import, tier="analytical", batch_id=batch.pk)
        else:
            _write_rows(batch, _read(_bytes_of(batch), batch.file_name))
            IMPORT_STATES.check(batch.state, ImportState.READ)
            batch.state = ImportState.READ
        batch.save(update_fields=["system", "columns", "state", "problem"])
    return batch


def _remember(system: str, key: str, columns: Mapping[str, str]) -> None:
    mapping = ImportMapping.objects.filter(system=system, headers_key=key).first()
    mapping = mapping or ImportMapping(system=system, headers_key=key)
    mapping.columns, mapping.author_name, mapping.used_at = dict(columns), current().actor_name, clock.now()
    mapping.save()


def _bytes_of(batch: ImportBatch) -> bytes:
    with batch.file.open("rb") as file:
        return bytes(file.read())


@transaction.atomic
def change_columns(batch_id: int) -> ImportBatch:
    """Back to the columns: what was read is forgotten; possible until something was imported."""
    batch = locked_batch(batch_id)
    IMPORT_STATES.check(batch.state, ImportState.MAPPING)
    if not batch.headers:
        raise NotPossible(_("The columns of a QuickBooks IIF file are known; there is nothing to confirm."))
    with as_import(batch):
        delete_with_history(batch.rows.all())
        batch.state = ImportState.MAPPING
        batch.save(update_fields=["state"])
    return batch


def prepare_import(*, batch_id: int) -> None:
    """Say of each row what would become of it; for a long file in the background. Safe to run twice."""
    try:
        _prepare(batch_id)
    except Exception as broken:
        _give_back(batch_id, type(broken).__name__)
        raise


@transaction.atomic
def _prepare(batch_id: int) -> None:
    batch = locked_batch(batch_id)
    if batch.state != ImportState.PREPARING:
        return
    with as_import(batch):
        _write_rows(batch, _read(_bytes_of(batch), batch.file_name))
        batch.state = ImportState.READ
        batch.save(update_fields=["state"])


@transaction.atomic
def _give_back(batch_id: int, what: str) -> None:
    """Reading failed: the columns can be confirmed again; a file without any is tried again by the clock."""
    batch = locked_batch(batch_id)
    if batch.state == ImportState.PREPARING and batch.headers:
        with as_import(batch):
            batch.state = ImportState.MAPPING
            batch.problem = _("The rows could not be read (%(what)s). Nothing was changed; try again.") % {
                "what": what
            }
            batch.save(update_fields=["state", "problem"])


def _write_rows(batch: ImportBatch, source: SourceFile) -> None:
    given = [translated(row, batch.columns, batch.system) for row in source.rows]
    proposals = interpret_all(given, names_are_unique=batch.system == QUICKBOOKS_DESKTOP)
    rows = [_row(one, proposed) for one, proposed in zip(source.rows, proposals, strict=True)]
    recognise(rows, batch, {proposed.line: proposed for proposed in proposals})
    for row in rows:
        row.import_batch = batch
    insert_with_history(rows)


def _row(source: SourceRow, proposed: Proposed) -> ImportRow:
    row = ImportRow(
        line=source.line,
        external_id=proposed.external_id[:120],
        label=proposed.source_name[:200],
        values=dict(source.values),
        problems=[stored(problem) for problem in proposed.problems],
        outcome=_OUTCOMES[proposed.outcome],
    )
    row.reason = why_stopped(row)
    return row


def _about_file(read: SourceFile) -> str:
    said = []
    if read.other_rows:
        counted = ", ".join(f"{count} {tag}" for tag, count in sorted(read.other_rows.items()))
        said.append(_("Other lists in the file are left out: %(lists)s.") % {"lists": counted})
    if read.unused_columns:
        columns = ", ".join(read.unused_columns)
        said.append(_("Columns that are not taken over: %(columns)s.") % {"columns": columns})
    return " ".join(said)


# Running ---------------------------------------------------------------------------------------


@transaction.atomic
def start_import(batch_id: int, *, in_background: bool = True) -> ImportBatch:
    """Bring in the rows that are ready, in the background unless the caller runs it. Starting an import that
    stalled continues it.
    """
    batch = locked_batch(batch_id)
    with as_import(batch):
        if batch.state == ImportState.RUNNING:
            if in_background:
                enqueue(run_import, tier="analytical", batch_id=batch.pk)
            return batch
        IMPORT_STATES.check(batch.state, ImportState.RUNNING)
        if batch.state == ImportState.ROLLED_BACK:
            again = batch.rows.filter(outcome=RowOutcome.TAKEN_BACK)
            update_with_history(again, outcome=RowOutcome.READY, reason="")
        if not batch.rows.filter(outcome=RowOutcome.READY).exists():
            raise NotPossible(_("No row of this file is ready to be imported."))
        batch.state = ImportState.RUNNING
        batch.save(update_fields=["state"])
        if in_background:
            enqueue(run_import, tier="analytical", batch_id=batch.pk)
    return batch


def run_import(*, batch_id: int) -> None:
    """Bring in everything that is ready, some rows at a time. Safe to run twice and to be killed anywhere."""
    try:
        since = since_read(ImportBatch.objects.get(pk=batch_id))
        while True:
            try:
                if not import_next_rows(batch_id, since=since):
                    break
            except (DataError, IntegrityError, NotPossible):
                _import_one_by_one(batch_id)
    except Exception as broken:
        _fail(batch_id, type(broken).__name__)
        raise
    _make_match_keys(batch_id)


def _make_match_keys(batch_id: int) -> None:
    """So that copies of who came in are found. Set-based and last: nobody waits for it to see the rows in."""
    came = ImportRow.objects.filter(
        import_batch=batch_id, outcome=RowOutcome.IMPORTED, customer__isnull=False
    )
    ids = sorted(set(came.values_list("customer_id", flat=True)))
    for start in range(0, len(ids), 2000):
        refresh_match_keys(ids[start : start + 2000])


@transaction.atomic
def import_next_rows(batch_id: int, *, limit: int = CHUNK, since: Since | None = None) -> int:
    """Bring in the next rows that are ready, all or none of them; 0 when there are none or it was stopped.
    `since` is when the rows were read, where the caller has asked that already.
    """
    batch = locked_batch(batch_id)
    if batch.state != ImportState.RUNNING:
        return 0
    with as_import(batch):
        rows = list(_next_rows(batch)[:limit])
        if not rows:
            batch.state = ImportState.DONE
            batch.save(update_fields=["state"])
            return 0
        _bring_in(rows, batch, since=since)
        update_each_with_history(rows, ["customer", "site", "outcome", "reason", "problems"])
    return len(rows)


def _next_rows(batch: ImportBatch) -> models.QuerySet[ImportRow]:
    """Customers in the file's order, then their jobs."""
    is_job = models.Case(models.When(label__contains=":", then=1), default=0)
    ready = batch.rows.filter(outcome=RowOutcome.READY)
    return ready.select_for_update(no_key=True).order_by(is_job, "line")


def _import_one_by_one(batch_id: int) -> None:
    """One of the next rows cannot be stored: find it, hold it, and bring in the others."""
    for _number in range(CHUNK):
        try:
            if not import_next_rows(batch_id, limit=1):
                return
        except (DataError, IntegrityError, NotPossible) as refused:
            _hold_next(batch_id, str(refused).splitlines()[0][:200])


@transaction.atomic
def _hold_next(batch_id: int, said: str) -> None:
    batch = locked_batch(batch_id)
    with as_import(batch):
        row = _next_rows(batch).first()
        if row is not None:
            hold(row, "refused", [["sentence", said]])
            row.save(update_fields=["problems", "outcome", "reason"])


@transaction.atomic
def _fail(batch_id: int, what: str) -> None:
    batch = locked_batch(batch_id)
    if batch.state != ImportState.RUNNING:
        return
    with as_import(batch):
        batch.state = ImportState.FAILED
        batch.problem = _(
            "The import stopped (%(what)s). The rows that were brought in are kept; start it again to go on."
        ) % {"what": what}
        batch.save(update_fields=["state", "problem"])


@transaction.atomic
def resume_stalled_imports(*, now: datetime) -> int:
    """Queue again what has not moved for minutes, as after a lost worker; returns how many."""
    row_history = history_model(ImportRow)
    count = 0
    for batch in (
        ImportBatch.objects.select_for_update(no_key=True).filter(state=ImportState.RUNNING).order_by("pk")
    ):
        moves = [
            row_history._default_manager.filter(import_batch_id=batch.pk).aggregate(at=Max("history_date"))[
                "at"
            ],
            batch.history.aggregate(at=Max("history_date"))["at"],
        ]
        if max(filter(None, moves)) < now - STALLED_AFTER:
            with as_import(batch):
                enqueue(run_import, tier="analytical", batch_id=batch.pk)
            count += 1
    unread = ImportBatch.objects.select_for_update(no_key=True, skip_locked=True)
    for batch in unread.filter(state=ImportState.PREPARING).order_by("pk"):
        if batch.history.aggregate(at=Max("history_date"))["at"] < now - STALLED_AFTER:
            with as_import(batch):
                enqueue(prepare_import, tier="analytical", batch_id=batch.pk)
            count += 1
    return count


# A person's decisions --------------------------------------------------------------------------


def why_not_release(row: ImportRow) -> str | None:
    """Why a held row cannot be imported as it is, or nothing where a person may say so."""
    if row.outcome != RowOutcome.HELD:
        return _("Only a held row can be decided.")
    stops = {problem["code"] for problem in row.problems if problem["severity"] == "hold"}
    if stops - DECIDABLE:
        return row.reason
    return None


@transaction.atomic
def release_row(row_id: int) -> ImportRow:
    """A person looked: import the held row all the same, with the next start; alike stays apart."""
    row = _decidable(row_id)
    _release(row)
    return _saved(row)


def _release(row: ImportRow) -> None:
    if refusal_sentence := why_not_release(row):
        raise NotPossible(refusal_sentence)
    _ready(row, "decided_new" if problem_of(row, "like_standing") else "")


def _ready(row: ImportRow, decision: str, details: Sequence[Sequence[str]] = (), **more: Any) -> None:
    """What held the row is a remark now; the decision is kept until the next start acts on it."""
    row.problems = [
        {**problem, "severity": "warn" if problem["severity"] == "hold" else problem["severity"]}
        for problem in row.problems
        if problem["code"] not in DECISIONS
    ]
    if decision:
        said = {"severity": "warn", "field": "", "code": decision, "details": [list(one) for one in details]}
        row.problems.append({**said, **more})
    row.outcome, row.reason = RowOutcome.READY, ""


@transaction.atomic
def link_row(row_id: int, *, customer_id: int | None = None) -> ImportRow:
    """A person looked: the row is a customer on record, the likeliest one unless another is named."""
    row = _decidable(row_id)
    _decide_link(row, customer_id)
    return _saved(row)


def _decide_link(row: ImportRow, customer_id: int | None) -> None:
    others = {problem["code"] for problem in row.problems if problem["severity"] == "hold"}
    alike = problem_of(row, "like_standing")
    if alike is not None:
        offered = [one["pk"] for one in alike.get("alike", ())]
    else:
        offered = [row.customer_id] if problem_of(row, "renumbered") and row.customer_id else []
    wanted = customer_id or next(iter(offered), None)
    if wanted is None or others - {"like_standing", "renumbered"} - DECIDABLE:
        raise NotPossible(row.reason or _("This row looks like nobody on record."))
    name = Customer.objects.filter(pk=wanted).values_list("name", flat=True).first()
    if name is None:
        raise NotPossible(_("That customer is no longer on record."))
    _ready(row, "decided_link", [["customer", name], ["pk", str(wanted)]])


@transaction.atomic
def take_over_row(row_id: int, *, fields: Iterable[str] | None = None) -> ImportRow:
    """A person looked: write what the list says into these fields, with the next start; all where none are
    named.
    """
    row = _decidable(row_id)
    _decide_take_over(row, fields)
    return _saved(row)


def _decide_take_over(row: ImportRow, fields: Iterable[str] | None) -> None:
    changed = problem_of(row, "changed_since")
    changes = changed.get("changes", []) if changed else []
    wanted = [one["field"] for one in changes if fields is None or one["field"] in set(fields)]
    if not wanted:
        raise NotPossible(_("Choose at least one field to take over, or keep ours."))
    others = {problem["code"] for problem in row.problems if problem["severity"] == "hold"}
    if others - {"changed_since"} - DECIDABLE:
        raise NotPossible(row.reason)
    _ready(row, "decided_take_over", [["fields", ",".join(wanted)]], changes=changes)


@transaction.atomic
def keep_row(row_id: int) -> ImportRow:
    """A person looked: what stands here is kept, and the same row again is no news."""
    row = _decidable(row_id)
    _decide_keep(row)
    return _saved(row)


def _decide_keep(row: ImportRow) -> None:
    if problem_of(row, "changed_since") is None:
        raise NotPossible(_("Nothing in this row differs from a customer on record."))
    keep_ours(row, _("Ours was kept by %(who)s.") % {"who": current().actor_name or _("a person")})


@transaction.atomic
def skip_row(row_id: int, *, because: str) -> ImportRow:
    """A person looked: leave the row out, for the reason given."""
    row = _decidable(row_id)
    _leave_out(row, because)
    return _saved(row)


def _leave_out(row: ImportRow, because: str) -> None:
    if row.outcome not in {RowOutcome.HELD, RowOutcome.READY}:
        raise NotPossible(_("Only a row that waits can be left out."))
    row.outcome = RowOutcome.SKIPPED
    row.reason = because or _("Left out by %(who)s.") % {"who": current().actor_name or _("a person")}


def _decidable(row_id: int) -> ImportRow:
    rows = ImportRow.objects.select_for_update(no_key=True, of=("self",)).select_related("import_batch")
    return rows.get(pk=row_id)


def _saved(row: ImportRow) -> ImportRow:
    with as_import(row.import_batch):
        row.save(update_fields=["problems", "outcome", "reason"])
    return row


@transaction.atomic
def decide_rows(batch_id: int, *, code: str, decision: Decision) -> int:
    """The same decision for every row that is held for this reason alone; returns how many it was."""
    batch = locked_batch(batch_id)
    held = batch.rows.select_for_update(no_key=True, of=("self",)).filter(
        outcome=RowOutcome.HELD, problems__contains=[{"code": code, "severity": "hold"}]
    )
    decided: list[ImportRow] = []
    with as_import(batch):
        for row in held.order_by("line"):
            row.import_batch = batch
            if sum(problem["severity"] == "hold" for problem in row.problems) > 1 and decision != "leave_out":
                continue
            try:
                _decide(row, decision)
            except NotPossible:
                continue  # this one needs to be looked at by itself; it stays held
            decided.append(row)
        update_each_with_history(decided, ["problems", "outcome", "reason"])
    return len(decided)


def _decide(row: ImportRow, decision: Decision) -> None:
    if decision == "new":
        _release(row)
    elif decision == "link":
        _decide_link(row, None)
    elif decision == "take_over":
        _decide_take_over(row, None)
    elif decision == "keep":
        _decide_keep(row)
    else:
        _leave_out(row, "")
