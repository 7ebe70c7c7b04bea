"""A customer list as it was exported, whichever system wrote it: its rows, and what was odd about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from customers.quickbooks_file import (
    MOST_ROWS,
    SourceRow,
    WrongFile,
    check_size,
    read_iif_customers,
)
from customers.reading import UnreadableFile, read_table
from customers.reading.tables import decoded

HEAD: Final = 8192
SAMPLES: Final = 3
_FOREIGN: Final = (
    (b"PK\x03\x04", "excel"), (b"\xd0\xcf\x11\xe0", "excel"), (b"%PDF", "pdf"), (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"), (b"GIF8", "picture"),
)  # fmt: skip


@dataclass(frozen=True)
class SourceFile:
    """The rows of a file in order; `is_iif` where its columns need no confirmation."""

    rows: tuple[SourceRow, ...]
    columns: tuple[str, ...]
    encoding: str
    is_iif: bool = False
    unused_columns: tuple[str, ...] = ()
    other_rows: Mapping[str, int] = field(default_factory=dict)


def check_head(head: bytes, name: str, *, size: int) -> None:
    """Refuse by size and first bytes what can be no customer list, before all of it is read."""
    check_size(size)
    start = head[:512].lstrip().lower()
    for mark, kind in _FOREIGN:
        if head.startswith(mark):
            raise WrongFile(kind, name=name)
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise WrongFile("html", name=name)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise WrongFile("empty")


def read_source(data: bytes, name: str = "") -> SourceFile:
    """Every row of the file. Raises `WrongFile` where the file as a whole cannot be trusted."""
    check_head(data[:HEAD], name, size=len(data))
    text, encoding = decoded(data)
    start = text.lstrip('"\ufeff \r\n')
    if start.startswith("!"):
        plain = text.encode() if encoding == "utf-16" else data
        found = read_iif_customers(plain, name)
        return SourceFile(found.rows, (), found.encoding, True, found.unused_columns, found.other_rows)
    if start.startswith(("CUST\t", "HDR\t")):
        raise WrongFile("not_iif", name=name)
    try:
        table = read_table(data, name)
    except UnreadableFile as wrong:
        raise WrongFile(wrong.code, **wrong.details) from wrong
    if len(table.columns) < 2:
        raise WrongFile("no_columns", name=name)
    if not table.rows:
        raise WrongFile("no_customers")
    if len(table.rows) > MOST_ROWS:
        raise WrongFile("too_many_rows", found=str(len(table.rows)), limit=str(MOST_ROWS))
    width = len(table.columns)
    rows = tuple(
        SourceRow(row.line, row.cells, _oddities(row.cells, row.extra, row.missing, width))
        for row in table.rows
    )
    return SourceFile(rows, table.columns, table.encoding)


def _oddities(
    cells: Mapping[str, str], extra: Sequence[str], missing: int, width: int
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    found: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    if extra:
        found.append(("cells_extra", (("text", "; ".join(extra)[:100]),)))
    if missing:
        found.append(("cells_missing", (("found", str(width - missing)), ("expected", str(width)))))
    found += [("unreadable", (("column", column),)) for column, text in cells.items() if "\ufffd" in text]
    return tuple(found)


def samples(rows: Sequence[SourceRow], column: str) -> list[str]:
    """A few different things that stand in the column, as examples of what it means."""
    found: dict[str, None] = {}
    for row in rows[:2000]:
        if text := row.get(column):
            found.setdefault(" ".join(text.split())[:80])
            if len(found) == SAMPLES:
                break
    return list(found)
