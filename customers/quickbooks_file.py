"""Reading a customer list as QuickBooks Desktop exports it (IIF): rows as they stand, oddities named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

LARGEST_FILE: Final = 50 * 1024 * 1024
MOST_ROWS: Final = 150_000
ROW_TAG: Final = "CUST"

_USED = """
    NAME TIMESTAMP REFNUM BADDR1 BADDR2 BADDR3 BADDR4 BADDR5 SADDR1 SADDR2 SADDR3 SADDR4 SADDR5 PHONE1 PHONE2
    FAXNUM CONT1 CONT2 CTYPE TERMS TAXABLE NOTEPAD SALUTATION COMPANYNAME FIRSTNAME MIDINIT LASTNAME EMAIL
    HIDDEN
"""
_OTHER_LISTS = """
    HDR VEND EMP ACCNT INVITEM CLASS CTYPE VTYPE TERMS SHIPMETH PAYMETH INVMEMO TODO BUD OTHERNAME TRNS SPL
    ENDTRNS TIMEACT TIMERHDR CUSTNAMEDICT ENDCUSTNAMEDICT VENDNAMEDICT ENDVENDNAMEDICT PRICELEVEL
"""
USED_COLUMNS: Final = frozenset(_USED.split())
_OTHER_TAGS: Final = frozenset(_OTHER_LISTS.split())
_LINE_END = re.compile(r"\r\n|\n|\r")
_MOJIBAKE = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)


class WrongFile(Exception):
    """The file cannot be read as a customer list; `code` and `details` say why (see `import_wording`)."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True)
class SourceRow:
    """One customer row. `line` counts from 1; `oddities` are codes with details about how it was written."""

    line: int
    values: Mapping[str, str]
    oddities: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def get(self, column: str) -> str:
        """The cell's text without outer blanks, empty where the file has no such column."""
        return self.values.get(column, "").strip()


@dataclass(frozen=True)
class IifFile:
    """A customer list: its rows in order, how it was encoded, and what was seen besides customers."""

    rows: tuple[SourceRow, ...]
    encoding: str
    columns: tuple[str, ...]
    unused_columns: tuple[str, ...] = ()
    other_rows: Mapping[str, int] = field(default_factory=dict)


def check_size(size: int) -> None:
    """Refuse a size that no customer list has, before anything is read."""
    if size > LARGEST_FILE:
        raise WrongFile(
            "too_large", size=f"{size / 1024 / 1024:.0f}", limit=f"{LARGEST_FILE // 1024 // 1024}"
        )
    if size == 0:
        raise WrongFile("empty")


def sniff(head: bytes, filename: str = "", *, size: int | None = None) -> None:
    """Refuse what is plainly no IIF file by its first bytes; `size` is the whole file's, where known."""
    check_size(len(head) if size is None else size)
    kind = _foreign_kind(head)
    if kind:
        raise WrongFile(kind, name=filename)
    if not head.strip():
        raise WrongFile("empty")
    first = _LINE_END.split(
        head[:4096].decode("cp1252", "replace").lstrip("\ufeff\u00ef\u00bb\u00bf"), maxsplit=1
    )[0]
    if not first.lstrip('"').startswith("!"):
        raise WrongFile("csv" if _looks_like_csv(first, filename) else "not_iif", name=filename)


def read_iif_customers(data: bytes, filename: str = "") -> IifFile:
    """Every customer row of the file. Raises `WrongFile` when the file as a whole cannot be trusted."""
    sniff(data, filename)
    text, encoding = _decoded(data.replace(b"\x00", b""))
    lines = _LINE_END.split(text)
    ends_clean = not lines[-1]
    columns: list[str] = []
    all_columns: dict[str, None] = {}
    declared: set[str] = set()
    others: Counter[str] = Counter()
    rows: list[SourceRow] = []
    filled: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        cells = [_unquoted(cell) for cell in line.split("\t")]
        tag = cells[0].strip().upper()
        if tag.startswith("!"):
            declared.add(tag[1:])
            if tag == "!" + ROW_TAG:
                columns = [cell.strip().upper() for cell in cells]
                if "NAME" not in columns:
                    raise WrongFile("no_name_column", line=str(number))
                all_columns.update(dict.fromkeys(columns[1:]))
        elif tag == ROW_TAG:
            if not columns:
                raise WrongFile("no_heading", line=str(number))
            is_last = not ends_clean and number == len(lines)
            row = _row(number, cells, columns, cut=is_last)
            rows.append(row)
            filled.update(name for name, value in row.values.items() if value.strip())
        elif tag in declared or tag in _OTHER_TAGS:
            if tag != "HDR":
                others[tag] += 1
        elif not ends_clean and number == len(lines):
            raise WrongFile("truncated", line=str(number), found=str(len(cells)), expected=str(len(columns)))
        else:
            rows.append(SourceRow(number, {}, (("stray_line", (("text", line.strip()[:80]),)),)))
    if not columns:
        raise WrongFile("no_customers_heading", lists=", ".join(sorted(declared - {"HDR"})))
    if not any(row.values for row in rows):
        raise WrongFile("no_customers")
    if len(rows) > MOST_ROWS:
        raise WrongFile("too_many_rows", found=str(len(rows)), limit=str(MOST_ROWS))
    unused = tuple(name for name in all_columns if name and name in filled and name not in USED_COLUMNS)
    return IifFile(tuple(rows), encoding, tuple(filter(None, all_columns)), unused, dict(others))


def _row(number: int, cells: list[str], columns: list[str], *, cut: bool) -> SourceRow:
    oddities: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    counts = (("found", str(len(cells))), ("expected", str(len(columns))))
    if cut and len(cells) < len(columns):
        raise WrongFile("truncated", line=str(number), found=str(len(cells)), expected=str(len(columns)))
    if cut:
        oddities.append(("maybe_cut", ()))
    if len(cells) < len(columns):
        oddities.append(("columns_missing", counts))
    elif any(cell.strip() for cell in cells[len(columns) :]):
        oddities.append(("columns_extra", counts))
    values: dict[str, str] = {}
    for name, cell in zip(columns[1:], cells[1:], strict=False):
        repaired = _repaired(cell)
        if repaired != cell:
            oddities.append(("mojibake", (("column", name), ("was", cell[:60]), ("now", repaired[:60]))))
        if "\ufffd" in repaired:
            oddities.append(("unreadable", (("column", name),)))
        if name:
            values[name] = repaired.replace("\\n", "\n")
    return SourceRow(number, values, tuple(oddities))


def _decoded(data: bytes) -> tuple[str, str]:
    """Windows-1252 as QuickBooks writes it; UTF-8 where the bytes can be nothing else."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace"), "utf-8"
    if any(byte > 127 for byte in data):
        try:
            return data.decode("utf-8"), "utf-8"
        except UnicodeDecodeError:
            pass
    return data.decode("cp1252", "replace"), "cp1252"


def _repaired(cell: str) -> str:
    """Undo UTF-8 that was once read as Windows-1252, where that leaves proper text."""
    if not _MOJIBAKE.search(cell):
        return cell
    try:
        return cell.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return cell


def _unquoted(cell: str) -> str:
    stripped = cell.strip()
    if len(stripped) >= 2 and stripped.startswith('"') and stripped.endswith('"'):
        return stripped[1:-1].replace('""', '"')
    return cell


def _foreign_kind(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return "excel" if b"xl/" in head[:4096] or b"[Content_Types]" in head[:4096] else "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "excel"
    if head.startswith(b"%PDF"):
        return "pdf"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf16"
    start = head[:512].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        return "html"
    if start.startswith((b"\x89png", b"\xff\xd8\xff", b"gif8")):
        return "picture"
    if b"\x00" in head[:4096]:
        return "utf16" if head[:4096].count(b"\x00") * 3 > len(head[:4096]) else "binary"
    return ""


def _looks_like_csv(first: str, filename: str) -> bool:
    return filename.lower().endswith(".csv") or first.count(",") >= 3 or first.count(";") >= 3
