"""Which rows of some customer lists are the same customer; nothing is imported and no database is needed."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.import_wording import refusal
from customers.matching import Pair, find_duplicates
from customers.reading import CustomerList, LeftOut, UnreadableFile, read_list

COLUMNS: Final = ("file_a", "row_a", "file_b", "row_b", "score", "band", "reasons")
OWN: Final[dict[str, Promise]] = {
    "empty": _("it is empty"),
    "excel": _("it is an Excel workbook; save it as CSV and try again"),
    "pdf": _("it is a PDF; export the list as CSV and try again"),
    "html": _("it is a web page; export the list as CSV and try again"),
    "picture": _("it is a picture"),
    "binary": _("it is no text; export the list as CSV or IIF and try again"),
    "broken": _("line %(line)s cannot be taken apart into cells (%(why)s)"),
    "no_columns": _("it has no heading line with column names"),
    "no_customer_columns": _("no column holds a customer's name (its columns: %(columns)s)"),
    "no_customers": _("it has a heading but no customers"),
}
WHY: Final[dict[str, Promise]] = {
    "totals": _("totals"),
    "archived": _("archived or inactive"),
    "job": _("jobs that belong to their customer"),
    "location": _("further locations of a customer"),
    "empty": _("without a name or a way to reach anybody"),
}


class Command(BaseCommand):
    """Rows of CSV, or JSON: `file_a,row_a,file_b,row_b,score,band,reasons`, best first; totals on stderr."""

    help = "Match the customers of some files with one another, without importing them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="customer lists: IIF, CSV or other delimited text"
        )
        parser.add_argument("--out", metavar="FILE", help="write there instead of to the terminal")
        parser.add_argument(
            "--json", action="store_true", help="JSON with the files, what was left out, and clusters"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        lists = [self._read(at, Path(name)) for at, name in enumerate(options["files"])]
        where = [(list_.name, row.line) for list_ in lists for row in list_.rows]
        found = find_duplicates([row.record for list_ in lists for row in list_.rows])
        pairs = sorted(
            found.pairs, key=lambda pair: (pair.band != "auto", -pair.score.points, pair.a, pair.b)
        )
        for list_ in lists:
            self._tell(list_)
        if options["json"]:
            text = json.dumps(
                {
                    "files": [_file_as_json(list_) for list_ in lists],
                    "pairs": [dict(zip(COLUMNS, _row(pair, where), strict=True)) for pair in pairs],
                    "clusters": [
                        {
                            "survivor": where[cluster.survivor],
                            "others": [where[one] for one in cluster.others],
                            "band": cluster.band,
                        }
                        for cluster in found.clusters
                    ],
                    "shared": {key: [where[one] for one in group] for key, group in found.shared.items()},
                },
                ensure_ascii=False,
                indent=1,
            )
        else:
            text = _as_csv(_row(pair, where) for pair in pairs)
        self._write(text, options["out"])
        bands = Counter(pair.band for pair in pairs)
        self.stderr.write(
            f"{len(where)} customers, {found.compared} pairs compared: {bands['auto']} auto, "
            f"{bands['review']} review, {len(found.clusters)} clusters"
        )
        for key, group in found.shared.items():
            self.stderr.write(
                f"shared by {len(group)} customers, so it proves nothing: {key.partition(':')[2]}"
            )

    def _read(self, at: int, path: Path) -> CustomerList:
        try:
            return read_list(path.read_bytes(), path.name, prefix=f"{at}:")
        except OSError as error:
            raise CommandError(f"{path}: cannot be opened ({error.strerror or error}).") from error
        except UnreadableFile as wrong:
            if own := OWN.get(wrong.code):
                raise CommandError(f"{path.name}: {str(own) % wrong.details}.") from wrong
            raise CommandError(f"{path.name}: {refusal(wrong.code, wrong.details)}") from wrong

    def _tell(self, list_: CustomerList) -> None:
        counts = Counter(row.why for row in list_.left_out)
        words = [
            f"{number} {WHY[why]} ({_lines(list_.left_out, why)})" for why, number in sorted(counts.items())
        ]
        left = f"; left out: {', '.join(words)}" if words else ""
        self.stderr.write(f"{list_.name}: {len(list_.rows)} customers{left}")

    def _write(self, text: str, out: str | None) -> None:
        if not out:
            self.stdout.write(text, ending="" if text.endswith("\n") else "\n")
            return
        try:
            Path(out).write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"{out}: cannot be written ({error.strerror or error}).") from error

    def run_from_argv(self, argv: list[str]) -> None:
        """Like any command; a reader that stops reading (`| head`) is no error."""
        try:
            super().run_from_argv(argv)
        except BrokenPipeError:
            sys.stderr.close()


def _row(pair: Pair, where: list[tuple[str, int]]) -> tuple[str, int, str, int, float, str, str]:
    file_a, row_a = where[pair.a]
    file_b, row_b = where[pair.b]
    reasons = [f"{word} {points:+d}" for word, points in pair.score.reasons]
    reasons += [f"not by itself: {word}" for word in pair.score.vetoes]
    if pair.through is not None:
        file, line = where[pair.through]
        reasons.append(f"both look like {file} row {line}")
    value = min(round(pair.score.value, 4), 0.9999)
    return file_a, row_a, file_b, row_b, value, pair.band, "; ".join(reasons)


def _as_csv(rows: Iterable[tuple[Any, ...]]) -> str:
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return written.getvalue()


def _file_as_json(list_: CustomerList) -> dict[str, Any]:
    return {
        "file": list_.name,
        "encoding": list_.table.encoding,
        "delimiter": list_.table.delimiter,
        "columns": list_.mapping.meanings,
        "customers": len(list_.rows),
        "left_out": [
            {"row": row.line, "why": row.why, "parent_row": row.parent_line or None} for row in list_.left_out
        ],
    }


def _lines(rows: Iterable[LeftOut], why: str) -> str:
    lines = [str(row.line) for row in rows if row.why == why]
    more = f" and {len(lines) - 12} more" if len(lines) > 12 else ""
    return f"row {', '.join(lines[:12])}{more}"
