"""The same import as on the page, from a terminal: read, say what would become of each row, bring it in."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.actions import imports
from customers.import_shapes import MEANINGS
from customers.import_wording import sentence, system_words
from customers.models import ImportBatch, ImportRow, RowOutcome
from customers.states import ImportState
from fsm.attribution import attributed
from fsm.states import NotPossible

SOURCES: Final = {
    "housecall": "housecall_pro",
    "qbo": "quickbooks_online",
    "qbd": "quickbooks_desktop",
    "jobber": "jobber",
    "servicetitan": "servicetitan",
    "hvacbizpro": "hvacbizpro",
    "other": "other",
}
NOT_READABLE, COLUMNS_UNCLEAR, SOME_HELD, STOPPED = 2, 3, 4, 5
SHOWN: Final = 40


class _Undo(Exception):
    """Nothing of a dry run is kept."""


class Command(BaseCommand):
    """Exit codes: 0 everything is in, 2 the file cannot be read, 3 its columns need a person, 4 some rows are
    held, 5 the import stopped on the way.
    """

    help = (
        "Import a customer list (CSV or QuickBooks IIF). Exit codes: 0 all is in (or would be), 2 the file "
        "cannot be read, 3 its columns need a mapping, 4 some rows wait for a decision, 5 it stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--source", choices=list(SOURCES), help="where the list comes from; else found out"
        )
        parser.add_argument(
            "--mapping", metavar="FILE", help='JSON: {"column": "meaning"}; "" leaves a column out'
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and keep nothing")
        parser.add_argument("--json", action="store_true", help="JSON with counts and every problem row")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(
                f"{path}: cannot be opened ({error.strerror or error}).", returncode=NOT_READABLE
            ) from error
        mapping = self._mapping(options["mapping"])
        with attributed(source="command", actor_name="import_customers"):
            try:
                with transaction.atomic():
                    batch = self._read(data, path.name, SOURCES.get(options["source"] or "", ""), mapping)
                    if options["dry_run"]:
                        held = self._tell(batch, as_json=options["json"], dry_run=True)
                        batch.file.delete(save=False)
                        raise _Undo
            except _Undo:
                self._end(held, dry_run=True)
                return
            self._run(batch)
        batch.refresh_from_db()
        self._end(self._tell(batch, as_json=options["json"], dry_run=False), dry_run=False)

    def _mapping(self, name: str | None) -> dict[str, str] | None:
        if name is None:
            return None
        try:
            said = json.loads(Path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"{name}: is no mapping ({error}).", returncode=COLUMNS_UNCLEAR) from error
        if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
            raise CommandError(f'{name}: must be {{"column": "meaning"}}.', returncode=COLUMNS_UNCLEAR)
        return {str(column): meaning for column, meaning in said.items()}

    def _read(self, data: bytes, name: str, system: str, mapping: dict[str, str] | None) -> ImportBatch:
        try:
            batch = imports.read_import(data, file_name=name, system=system)
        except NotPossible as refused:
            raise CommandError(f"{name}: {refused}", returncode=NOT_READABLE) from refused
        if batch.state == ImportState.PREPARING:
            imports.prepare_import(batch_id=batch.pk)
        elif batch.state == ImportState.MAPPING:
            columns = batch.columns if mapping is None else mapping
            if unknown := sorted(set(columns) - {header["name"] for header in batch.headers}):
                raise CommandError(
                    f"{name}: the mapping names columns that the file has not: {', '.join(unknown)}.",
                    returncode=COLUMNS_UNCLEAR,
                )
            try:
                imports.confirm_columns(batch.pk, columns=columns, system=system, in_background=False)
            except NotPossible as refused:
                raise CommandError(
                    self._unclear(name, batch, str(refused)), returncode=COLUMNS_UNCLEAR
                ) from refused
        batch.refresh_from_db()
        return batch

    def _unclear(self, name: str, batch: ImportBatch, why: str) -> str:
        guessed = json.dumps(batch.columns, ensure_ascii=False, indent=1)
        return (
            f"{name}: {why}\nSave this as a file, complete it, and name it with --mapping:\n{guessed}\n"
            f"Meanings: {', '.join(MEANINGS)}"
        )

    def _run(self, batch: ImportBatch) -> None:
        if not batch.rows.filter(outcome=RowOutcome.READY).exists():
            return
        imports.start_import(batch.pk, in_background=False)
        try:
            imports.run_import(batch_id=batch.pk)
        except Exception as broken:
            raise CommandError(
                f"{batch.file_name}: the import stopped ({type(broken).__name__}: {broken}). What was "
                f"brought in is kept; continue it on the page of import {batch.pk}.",
                returncode=STOPPED,
            ) from broken

    def _tell(self, batch: ImportBatch, *, as_json: bool, dry_run: bool) -> int:
        """Say what became of the rows; returns how many are held."""
        counts = dict(Counter(batch.rows.values_list("outcome", flat=True)))
        troubled = batch.rows.filter(outcome__in=[RowOutcome.HELD, RowOutcome.SKIPPED]).order_by("line")
        if as_json:
            remarked = batch.rows.filter(problems__0__isnull=False).order_by("line")
            said = {
                "file": batch.file_name,
                "source": batch.system,
                "import": None if dry_run else batch.pk,
                "dry_run": dry_run,
                "encoding": batch.encoding,
                "columns": batch.columns,
                "rows": batch.row_count,
                "outcomes": counts,
                "problems": [_as_json(row) for row in remarked],
            }
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=1))
            return counts.get(RowOutcome.HELD, 0)
        words = ", ".join(f"{count} {RowOutcome(name).label}" for name, count in sorted(counts.items()))
        self.stdout.write(
            f"{batch.file_name} ({system_words(batch.system)}): {batch.row_count} rows: {words}"
        )
        if batch.problem:
            self.stdout.write(batch.problem)
        for row in troubled[:SHOWN]:
            self.stdout.write(f"  line {row.line} {row.label}: {row.get_outcome_display()}. {row.reason}")
        if (more := troubled.count() - SHOWN) > 0:
            self.stdout.write(f"  … and {more} more; --json names them all")
        if dry_run:
            self.stdout.write(_("This was a dry run. Nothing was kept."))
        return counts.get(RowOutcome.HELD, 0)

    def _end(self, held: int, dry_run: bool) -> None:
        if held:
            what = (
                _("Decide them on the page of the import.")
                if not dry_run
                else _("They would wait for a decision.")
            )
            raise CommandError(
                ngettext("%(count)d row is held.", "%(count)d rows are held.", held) % {"count": held}
                + f" {what}",
                returncode=SOME_HELD,
            )


def _as_json(row: ImportRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "name": row.label,
        "external_id": row.external_id,
        "outcome": row.outcome,
        "problems": [
            {
                "severity": problem["severity"],
                "code": problem["code"],
                "field": problem["field"],
                "says": sentence(problem["code"], problem["details"]),
            }
            for problem in row.problems
        ],
    }
