"""A customer list as records to compare: which rows are customers, whose the jobs are, what is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from ..matching.people import plain
from ..matching.records import Door, Record, door, door_of_lines, record, zip5
from .columns import Mapping, guess_columns
from .tables import Table, TableRow, UnreadableFile, read_table

Why = Literal["totals", "archived", "job", "location", "empty"]

_TOTALS: Final = re.compile(
    r"^(?:(?:grand|report|sub)?[\s-]*totals?\b.*|\d+ (?:customers|records|rows))$", re.I
)
_YES: Final = frozenset({"true", "yes", "y", "1", "x", "archived", "inactive", "hidden", "deleted"})
_NOT_ACTIVE: Final = frozenset(
    {"inactive", "not-active", "not active", "archived", "deleted", "false", "no", "n", "0"}
)
_NUMBERED: Final = re.compile(r"\s*\(\d{1,3}\)\s*$")


@dataclass(frozen=True)
class CustomerRow:
    """One customer of the list: the line it stands in, its external id, and what is compared."""

    line: int
    external_id: str
    name: str
    record: Record


@dataclass(frozen=True)
class LeftOut:
    """A row that is no customer of its own, and why; a job says in which line its customer stands."""

    line: int
    why: Why
    name: str = ""
    parent_line: int = 0


@dataclass(frozen=True)
class CustomerList:
    """What a file holds."""

    name: str
    table: Table
    mapping: Mapping
    rows: tuple[CustomerRow, ...]
    left_out: tuple[LeftOut, ...] = field(default=())


def read_list(data: bytes, name: str, *, prefix: str = "", mapping: Mapping | None = None) -> CustomerList:
    """The customers of a file; raises `UnreadableFile` where it is none. `prefix` makes references unique.

    Totals and archived rows are left out. `Customer:Job` rows and further locations of one customer id
    add their address to their customer and are no customers themselves.
    """
    table = read_table(data, name)
    chosen = mapping or guess_columns(table.columns, table.rows)
    if not _can_tell(chosen):
        shown = ", ".join(table.columns[:8])
        raise UnreadableFile("no_customer_columns", columns=shown[:200])
    left_out: list[LeftOut] = []
    found: list[tuple[TableRow, CustomerRow]] = []
    for at, row in enumerate(table.rows):
        why = _why_not(row, chosen)
        shown = _name(row, chosen)
        if why:
            left_out.append(LeftOut(row.line, why, shown))
            continue
        made = _record(row, chosen, table.kind, f"{prefix}{row.line}", at)
        found.append((row, CustomerRow(row.line, _first(row, chosen, "external_id"), shown, made)))
    rows = _belongings(found, chosen, left_out)
    if not rows:
        raise UnreadableFile("no_customers")
    return CustomerList(name, table, chosen, tuple(rows), tuple(sorted(left_out, key=lambda one: one.line)))


def _can_tell(mapping: Mapping) -> bool:
    said = {meaning.partition("@")[0] for meaning in mapping.meanings.values()}
    return bool(said & {"name", "first_name", "last_name", "company"})


def _cells(row: TableRow, mapping: Mapping, meaning: str) -> list[str]:
    return [text for column in mapping.columns(meaning) if (text := row.cells.get(column, "").strip())]


def _first(row: TableRow, mapping: Mapping, meaning: str) -> str:
    return next(iter(_cells(row, mapping, meaning)), "")


def _name(row: TableRow, mapping: Mapping) -> str:
    if found := _first(row, mapping, "name"):
        return found
    person = f"{_first(row, mapping, 'first_name')} {_first(row, mapping, 'last_name')}".strip()
    return person or _first(row, mapping, "company")


def _why_not(row: TableRow, mapping: Mapping) -> Why | None:
    name = _name(row, mapping)
    said = [row.cells.get(column, "") for column in mapping.meanings]
    filled = [text for text in said if text.strip()]
    if any(_TOTALS.match(text.strip()) for text in row.cells.values() if text) and len(filled) <= 2:
        return "totals"
    first = next((text.strip() for text in row.cells.values() if text.strip()), "")
    if _TOTALS.match(name or first) and not _has_contact(row, mapping):
        return "totals"
    for column in mapping.columns("archived"):
        value = row.cells.get(column, "").strip().casefold()
        is_date = bool(re.match(r"\d{1,4}[-/]\d", value))
        if value in _YES or is_date:
            return "archived"
    if any(text.casefold() in _NOT_ACTIVE for text in _cells(row, mapping, "active")):
        return "archived"
    if not name and not _has_contact(row, mapping):
        return "empty"
    return None


def _has_contact(row: TableRow, mapping: Mapping) -> bool:
    return any(
        row.cells.get(column, "").strip()
        for column, meaning in mapping.meanings.items()
        if meaning.partition("@")[0] in ("phone", "email", "street", "address")
    )


def _record(row: TableRow, mapping: Mapping, kind: str, ref: str, order: int) -> Record:
    name = _first(row, mapping, "name")
    bare = name.partition(":")[0].strip() or name
    first, last = _first(row, mapping, "first_name"), _first(row, mapping, "last_name")
    companies = _cells(row, mapping, "company")
    names = [] if companies and plain(companies[0]) == plain(_NUMBERED.sub("", bare)) else [bare]
    return record(
        ref,
        names=names,
        first_name=first,
        last_name=last,
        companies=companies,
        phones=_cells(row, mapping, "phone"),
        emails=_cells(row, mapping, "email"),
        doors=_doors(row, mapping, kind, {plain(text) for text in (bare, f"{first} {last}", *companies)}),
        born=_first(row, mapping, "birth_date"),
        tax_id=_first(row, mapping, "tax_id"),
        order=order,
    )


def _doors(row: TableRow, mapping: Mapping, kind: str, names: set[str]) -> Iterable[Door]:
    doors: list[Door] = []
    for group in mapping.groups():

        def cell(field_name: str, group: str = group) -> str:
            return ", ".join(dict.fromkeys(_cells(row, mapping, f"{field_name}@{group}")))

        if lines := _cells(row, mapping, f"address@{group}"):
            doors.append(door_of_lines(_without_names(lines, names)))
        street = f"{cell('street_number')} {cell('street')}".strip()
        if street or cell("zip") or cell("city") or cell("street2"):
            postal_code = zip5(cell("zip"))
            if postal_code.isdigit() and len(postal_code) == 4 and _is_american(cell("state")):
                postal_code = "0" + postal_code
            doors.append(door(street, cell("street2"), cell("city"), cell("state"), postal_code))
    whole = [one for one in doors if one.street]
    return whole or doors


def _without_names(lines: list[str], names: set[str]) -> list[str]:
    """Exports write the addressee above the street; what has no digit and a street below it is a name."""
    kept = list(lines)
    words = {frozenset(name.replace(",", " ").split()) for name in names}
    while len(kept) > 1 and frozenset(plain(kept[0]).replace(",", " ").split()) in words:
        kept.pop(0)
    while len(kept) > 2 and not re.search(r"\d", kept[0]) and re.match(r"\d", kept[1]):
        kept.pop(0)
    return kept


def _is_american(state: str) -> bool:
    from ..addresses import STATES

    state = state.strip(" .")
    return state.upper() in STATES or state.casefold() in {name.casefold() for name in STATES.values()}


def _belongings(
    found: list[tuple[TableRow, CustomerRow]], mapping: Mapping, left_out: list[LeftOut]
) -> list[CustomerRow]:
    """Jobs and further locations go to their customers; a job whose customer is not there stands for it."""
    by_name: dict[str, int] = {}
    by_id: dict[str, int] = {}
    has_locations = bool(mapping.columns("location_id"))
    kept: list[CustomerRow] = []
    for row, customer in sorted(found, key=lambda pair: (":" in pair[1].name, pair[1].line)):
        parent_name = _first(row, mapping, "parent") or (
            customer.name.partition(":")[0] if re.match(r"[^:]+:[^:]", customer.name) else ""
        )
        whose = by_name.get(plain(parent_name.strip())) if parent_name else None
        why: Why = "job"
        if whose is None and customer.external_id:
            at = by_id.get(customer.external_id)
            if at is not None and (has_locations or plain(kept[at].name) == plain(customer.name)):
                whose, why = at, "location"
        if whose is None:
            by_name.setdefault(plain(parent_name.strip() or customer.name), len(kept))
            by_id.setdefault(customer.external_id, len(kept))
            kept.append(customer)
            continue
        parent = kept[whose]
        kept[whose] = replace(parent, record=_with_belongings(parent.record, customer.record))
        left_out.append(LeftOut(customer.line, why, customer.name, parent.line))
    return sorted(kept, key=lambda customer: customer.line)


def _with_belongings(record: Record, other: Record) -> Record:
    return replace(
        record,
        phones=record.phones | other.phones,
        emails=record.emails | other.emails,
        doors=tuple(dict.fromkeys((*record.doors, *other.doors)))[:6],
    )
