"""Files for spreadsheets, in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # tells spreadsheets that the file is UTF-8


def safe_cell(value: Any) -> str:
    """The value as text; what a spreadsheet would run as a formula begins with an apostrophe."""
    if value is None:
        return ""
    text = value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
    text = text.replace("\x00", "")
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) or text.startswith(DANGEROUS) else text


def csv_file(headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file with a heading."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([safe_cell(heading) for heading in headings])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return f"{MARK}{file.getvalue()}".encode()


def csv_lines(
    headings: Sequence[Any], rows: Iterable[Sequence[Any]], *, marked: bool = True
) -> Iterator[bytes]:
    """The same file line by line, for one that is too long to be held."""
    file = io.StringIO()
    writer = csv.writer(file)
    file.write(MARK if marked else "")
    for row in chain([headings], rows):
        writer.writerow([safe_cell(cell) for cell in row])
        yield file.getvalue().encode()
        file.seek(0)
        file.truncate()
