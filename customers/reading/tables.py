"""How a file is written: encoding, delimiter, heading line, and its rows with the lines they stand in."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..quickbooks_file import WrongFile, check_size, read_iif_customers

DELIMITERS: Final = (",", ";", "\t", "|")
LONGEST_CELL: Final = 100_000
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MOJIBAKE = re.compile("[\u00c2\u00c3][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")


class UnreadableFile(Exception):
    """The file is no list of customers. `code` and `details` say why; `sentence` says it in English."""

    def __init__(self, code: str, sentence: str = "", **details: str) -> None:
        super().__init__(sentence or code)
        self.code = code
        self.sentence = sentence
        self.details = details


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: the 1-based line it begins in, and its cells by column.

    `extra` are cells that no column's name stands above, `missing` how many columns the row ends before.
    """

    line: int
    cells: Mapping[str, str]
    extra: tuple[str, ...] = ()
    missing: int = 0


@dataclass(frozen=True)
class Table:
    """A file as rows of cells. `kind` is `iif` or `csv`; columns without a name are left out."""

    name: str
    kind: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    encoding: str
    delimiter: str


def read_table(data: bytes, name: str = "") -> Table:
    """The rows of a QuickBooks IIF file or of any delimited text; raises `UnreadableFile` with the reason."""
    try:
        check_size(len(data))
    except WrongFile as wrong:
        raise UnreadableFile(wrong.code, **wrong.details) from wrong
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile("empty")
    _refuse_foreign(data, name)
    text, encoding = decoded(data)
    if _is_iif(text):
        return _read_iif(data, name)
    return _read_delimited(text, name, encoding)


def decoded(data: bytes) -> tuple[str, str]:
    """Text and the encoding it was in: a byte-order mark decides, then UTF-8, then Windows-1252."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace").lstrip("\ufeff"), encoding.removesuffix("-sig")
    if data[1:2] == b"\x00" or data[:1] == b"\x00":  # no mark, but every second byte is nothing
        return data.decode("utf-16-le" if data[1:2] == b"\x00" else "utf-16-be", "replace"), "utf-16"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), "cp1252"


def _refuse_foreign(data: bytes, name: str) -> None:
    start = data[:512].lstrip().lower()
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile("excel", name=name)
    if data.startswith(b"%PDF"):
        raise UnreadableFile("pdf", name=name)
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise UnreadableFile("html", name=name)
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        raise UnreadableFile("picture", name=name)
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    nothing = data[:4096].count(b"\x00")
    if nothing and not marked and nothing * 3 < len(data[:4096]):
        raise UnreadableFile("binary", name=name)


def _is_iif(text: str) -> bool:
    return text.lstrip('"\ufeff \r\n').startswith("!") and "\t" in text[:4000]


def _read_iif(data: bytes, name: str) -> Table:
    try:
        found = read_iif_customers(data, name)
    except WrongFile as wrong:
        raise UnreadableFile(wrong.code, **wrong.details) from wrong
    rows = tuple(TableRow(row.line, row.values) for row in found.rows if row.values)
    return Table(name, "iif", found.columns, rows, found.encoding, "\t")


def _read_delimited(text: str, name: str, encoding: str) -> Table:
    delimiter = _delimiter(text)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns: list[str] = []
    rows: list[TableRow] = []
    ended = 0
    try:
        for cells in reader:
            line, ended = ended + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                if sum(bool(cell.strip()) for cell in cells) < 2 and not rows and line < 10:
                    continue  # a title above the heading
                columns = _headings(cells)
                continue
            pairs = list(zip(columns, cells, strict=False))
            named = {column: _repaired(cell) for column, cell in pairs if column}
            nameless = [*(cell for column, cell in pairs if not column), *cells[len(columns) :]]
            extra = tuple(_repaired(cell) for cell in nameless if cell.strip())
            rows.append(TableRow(line, named, extra, max(0, len(columns) - len(cells))))
    except csv.Error as error:
        raise UnreadableFile("broken", line=str(reader.line_num), why=str(error)) from error
    if not columns:
        raise UnreadableFile("no_columns", name=name)
    return Table(name, "csv", tuple(filter(None, columns)), tuple(rows), encoding, delimiter)


def _headings(cells: list[str]) -> list[str]:
    """Column names, each once: a second `Phone` becomes `Phone (2)`."""
    names: list[str] = []
    for cell in cells:
        name = base = " ".join(cell.replace("\ufeff", "").split())
        number = 2
        while name and name in names:
            name = f"{base} ({number})"
            number += 1
        names.append(name)
    return names


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into most cells, in the same way."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:20]

    def agreement(delimiter: str) -> tuple[int, int]:
        counts = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        usual = max(set(counts), key=counts.count) if counts else 1
        return (counts.count(usual) if usual > 1 else 0) * min(usual, 40), -DELIMITERS.index(delimiter)

    return max(DELIMITERS, key=agreement)


def _repaired(cell: str) -> str:
    """Undo UTF-8 that was once read as Windows-1252, where that leaves proper text."""
    cell = cell.strip()
    if not cell.isascii() and _MOJIBAKE.search(cell):
        try:
            return cell.encode("cp1252").decode("utf-8")
        except UnicodeError:
            return cell
    return cell
