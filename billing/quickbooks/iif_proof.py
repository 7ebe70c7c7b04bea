"""Reading an IIF file again, and proving it before it is offered for import."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, localcontext

from fsm.money import to_cents

from .iif import ControlTotals, KindTotal, kind_total
from .iif_layout import (
    ACCOUNT,
    CREDIT_MEMO,
    DOCNUM,
    ENCODING,
    EXACT,
    HEADERS,
    INVOICE,
    ITEM,
    KINDS,
    LISTS,
    NAME,
    NEWLINE,
    ORDER,
    PAYMENT,
    WIDTHS,
    ZERO,
    IifBroken,
    tax_on,
)


@dataclass(frozen=True)
class ParsedRow:
    """A data row with the header that was in force for its keyword; missing cells read as empty."""

    line: int
    keyword: str
    header: tuple[str, ...]
    cells: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        try:
            return self.cells[self.header.index(column)]
        except (ValueError, IndexError):
            return ""

    @property
    def amount(self) -> Decimal:
        """The row's AMOUNT; IifBroken when it is not dollars and two places."""
        return _read(self, "AMOUNT", r"-?\d{1,13}\.\d{2}")

    @property
    def date(self) -> date:
        """The row's DATE; IifBroken when there is no such day."""
        return _read_day(self, "DATE")


@dataclass(frozen=True)
class ParsedBlock:
    """A transaction: its TRNS row and its SPL rows."""

    trns: ParsedRow
    splits: tuple[ParsedRow, ...]

    @property
    def kind(self) -> str:
        """INVOICE, CREDIT MEMO or PAYMENT."""
        return self.trns["TRNSTYPE"]

    @property
    def number(self) -> str:
        """Our number: the DOCNUM, or the first word of a payment's memo."""
        return self.trns["MEMO"].partition(" ")[0] if self.kind == PAYMENT else self.trns["DOCNUM"]

    @property
    def lines(self) -> list[ParsedRow]:
        """The rows that sell something (or pay something)."""
        return [row for row in self.splits if row["EXTRA"] != "AUTOSTAX"]

    @property
    def taxes(self) -> list[ParsedRow]:
        """The sales tax rows; a sound sale has one, or none in a company that collects none."""
        return [row for row in self.splits if row["EXTRA"] == "AUTOSTAX"]


@dataclass(frozen=True)
class ParsedIif:
    """A file as read: lists by keyword, and the transactions."""

    lists: dict[str, list[ParsedRow]]
    blocks: list[ParsedBlock]

    @property
    def rows(self) -> list[ParsedRow]:
        """Every data row in the file's order, ENDTRNS rows left out."""
        listed = [row for rows in self.lists.values() for row in rows]
        posted = [row for block in self.blocks for row in (block.trns, *block.splits)]
        return sorted([*listed, *posted], key=lambda row: row.line)


def parse(raw: bytes) -> ParsedIif:
    """Read a file without trusting it; IifBroken when it is not Windows-1252, cut off or out of order."""
    try:
        text = raw.decode(ENCODING)
    except UnicodeDecodeError as error:
        raise IifBroken(f"Byte {error.start + 1} is not a Windows-1252 letter.") from error
    if not text.endswith(NEWLINE):
        raise IifBroken("The file is empty or its last row is cut off.")
    headers: dict[str, tuple[str, ...]] = {}
    lists: dict[str, list[ParsedRow]] = {keyword: [] for keyword in LISTS}
    blocks: list[ParsedBlock] = []
    opened: ParsedRow | None = None
    splits: list[ParsedRow] = []
    for number, written in enumerate(text.removesuffix(NEWLINE).split(NEWLINE), start=1):
        stray = next((letter for letter in written if letter != "\t" and not letter.isprintable()), None)
        if stray is not None and stray != "\xa0":
            raise IifBroken(f"Row {number} has a control character or a line end of the wrong kind.")
        first, *cells = written.split("\t")
        keyword = first.removeprefix("!")
        if keyword not in HEADERS:
            raise IifBroken(f"Row {number} begins with “{first}”, which is no row we write.")
        if first.startswith("!"):
            if opened:
                raise IifBroken(f"Row {number} is a header inside the transaction of row {opened.line}.")
            if keyword in headers:
                raise IifBroken(f"Row {number} repeats the header {first}.")
            if headers and ORDER.index(keyword) < max(map(ORDER.index, headers)):
                raise IifBroken(
                    f"Row {number}: the header {first} comes too late; lists go before transactions."
                )
            if tuple(cells) != HEADERS[keyword]:
                raise IifBroken(f"Row {number}: the header {first} does not have our columns.")
            headers[keyword] = tuple(cells)
            continue
        if keyword not in headers:
            raise IifBroken(f"Row {number} is a {keyword} row before any !{keyword} header.")
        row = ParsedRow(number, keyword, headers[keyword], tuple(cells))
        if keyword in LISTS:
            if opened or blocks:
                raise IifBroken(f"Row {number} is a {keyword} row among the transactions.")
            lists[keyword].append(row)
        elif keyword == "TRNS":
            if opened:
                raise IifBroken(
                    f"Row {number} begins a transaction before the one of row {opened.line} has ended."
                )
            opened, splits = row, []
        elif opened is None:
            raise IifBroken(f"Row {number} is a {keyword} row outside a transaction.")
        elif keyword == "SPL":
            splits.append(row)
        else:
            if cells:
                raise IifBroken(f"Row {number}: ENDTRNS stands alone in its row.")
            blocks.append(ParsedBlock(opened, tuple(splits)))
            opened = None
    if opened:
        raise IifBroken(f"The transaction of row {opened.line} has no end.")
    return ParsedIif(lists, blocks)


def totals_of(parsed: ParsedIif) -> ControlTotals:
    """Counts and sums of a file as read, in our signs."""
    kinds: dict[str, list[tuple[date, int, Decimal, Decimal]]] = {kind: [] for kind in KINDS}
    for block in parsed.blocks:
        sign = 1 if block.kind == CREDIT_MEMO else -1
        tax = sign * sum((row.amount for row in block.taxes), ZERO)
        subtotal = sign * sum((row.amount for row in block.lines), ZERO)
        kinds[block.kind].append((block.trns.date, len(block.lines), subtotal + ZERO, tax + ZERO))
    accounts, items, customers = (len(parsed.lists[keyword]) for keyword in LISTS)
    return ControlTotals(accounts, items, customers, {kind: kind_total(rows) for kind, rows in kinds.items()})


def prove(parsed: ParsedIif, expected: ControlTotals | None = None) -> None:
    """Return only when the file keeps every rule and, where given, comes to the expected totals.

    Raises IifBroken with a sentence for the first violation. Pass the totals of the documents themselves
    (`control_totals`): a whole transaction that went missing shows in nothing else.
    """
    with localcontext() as context:
        context.prec = EXACT
        for row in parsed.rows:
            _prove_row(row)
        _prove_lists(parsed)
        accounts = {row["NAME"]: row["ACCNTTYPE"] for row in parsed.lists["ACCNT"]}
        items = {row["NAME"]: row["INVITEMTYPE"] for row in parsed.lists["INVITEM"]}
        seen: dict[tuple[str, str], int] = {}
        for block in parsed.blocks:
            _prove_block(block, accounts, items)
            earlier = seen.setdefault((block.kind, block.number.casefold()), block.trns.line)
            if earlier != block.trns.line:
                raise _broken(block.trns, f"number {block.number} is already in row {earlier}")
        if expected is not None:
            _prove_totals(totals_of(parsed), expected)


def _prove_row(row: ParsedRow) -> None:
    if len(row.cells) != len(row.header):
        raise _broken(row, f"has {len(row.cells)} columns and its header {len(row.header)}")
    for column, width in WIDTHS[row.keyword].items():
        if column == "DOCNUM" and row["TRNSTYPE"] != PAYMENT:
            width = DOCNUM
        if len(row[column]) > width:
            raise _broken(row, f"{column} has {len(row[column])} characters of at most {width}")
    of_names = {"ACCNT": ACCOUNT, "INVITEM": ITEM}.get(row.keyword, NAME)
    parts = {"NAME": of_names, "ACCNT": ACCOUNT, "INVITEM": ITEM, "CLASS": ACCOUNT}
    for column, width in parts.items():
        if any(len(piece) > width for piece in row[column].split(":")):
            raise _broken(row, f"{column} has a part of more than {width} characters")
    for column in ("TAXABLE", "CLEAR", "TOPRINT", "NAMEISTAXABLE"):
        if row[column] not in {"", "Y", "N"}:
            raise _broken(row, f"{column} is neither Y nor N")


def _prove_lists(parsed: ParsedIif) -> None:
    accounts = {row["NAME"] for row in parsed.lists["ACCNT"]}
    for keyword, rows in parsed.lists.items():
        names: dict[str, int] = {}
        for row in rows:
            if not row["NAME"]:
                raise _broken(row, "has no name")
            earlier = names.setdefault(row["NAME"].casefold(), row.line)
            if earlier != row.line:
                raise _broken(row, f"the name “{row['NAME']}” is already in row {earlier}")
            if keyword == "INVITEM" and row["ACCNT"] not in accounts:
                raise _broken(row, f"the account “{row['ACCNT']}” is not listed")


def _prove_block(block: ParsedBlock, accounts: Mapping[str, str], items: Mapping[str, str]) -> None:
    trns = block.trns
    if block.kind not in KINDS:
        raise _broken(trns, f"“{block.kind}” is not a transaction we write")
    if not trns["NAME"]:
        raise _broken(trns, "names no customer")
    if not trns["DOCNUM"] or not block.number:
        raise _broken(trns, "has no number")
    for row in (trns, *block.splits):
        if row["TRNSTYPE"] != block.kind:
            raise _broken(row, f"is of type “{row['TRNSTYPE']}” in a transaction of type “{block.kind}”")
        if row.date != trns.date:
            raise _broken(row, f"has the date {row['DATE']} in a transaction of {trns['DATE']}")
        if row["DOCNUM"] != trns["DOCNUM"]:
            raise _broken(row, f"has the number {row['DOCNUM']} in the transaction {trns['DOCNUM']}")
        if row["ACCNT"] not in accounts:
            raise _broken(row, f"the account “{row['ACCNT']}” is not listed")
        if row["INVITEM"] and row["INVITEM"] not in items:
            raise _broken(row, f"the item “{row['INVITEM']}” is not listed")
    if trns["DUEDATE"]:
        _read_day(trns, "DUEDATE")
    balance = sum((row.amount for row in (trns, *block.splits)), ZERO)
    if balance != 0:
        raise _broken(trns, f"{block.kind} {trns['DOCNUM']} is out of balance by {balance}")
    if not block.lines:
        raise _broken(trns, "has no lines")
    if block.kind == PAYMENT:
        _prove_payment(block, accounts)
    else:
        _prove_sale(block, accounts, items)


def _prove_payment(block: ParsedBlock, accounts: Mapping[str, str]) -> None:
    trns, split = block.trns, block.splits[0]
    if len(block.splits) != 1 or trns.amount <= 0:
        raise _broken(trns, "a payment is one positive amount against one line")
    if split["NAME"] != trns["NAME"]:
        raise _broken(split, f"is for “{split['NAME']}” in a payment by “{trns['NAME']}”")
    if accounts[split["ACCNT"]] != "AR" or accounts[trns["ACCNT"]] not in {"OCASSET", "BANK"}:
        raise _broken(trns, "a payment goes from the receivables to undeposited funds or a bank")


def _prove_sale(block: ParsedBlock, accounts: Mapping[str, str], items: Mapping[str, str]) -> None:
    trns = block.trns
    sign = 1 if block.kind == INVOICE else -1
    if accounts[trns["ACCNT"]] != "AR":
        raise _broken(trns, f"posts to “{trns['ACCNT']}”, which is not the receivables")
    if sign * trns.amount < 0:
        raise _broken(trns, f"the sign of {trns['AMOUNT']} is wrong for its type")
    for row in block.lines:
        quantity = _read(row, "QNTY", r"-?\d{1,13}(\.\d{1,5})?")
        unit_price = _read(row, "PRICE", r"\d{1,13}\.\d{2,5}")
        if not row["INVITEM"]:
            raise _broken(row, "sells no item")
        if to_cents(quantity * unit_price) != row.amount:
            raise _broken(row, f"{row['QNTY']} at {row['PRICE']} is not {row['AMOUNT']}")
    taxed = "COMPTAX" in items.values()
    if len(block.taxes) != taxed:
        raise _broken(trns, f"has {len(block.taxes)} sales tax lines instead of {int(taxed)}")
    for row in block.taxes:
        percent = _read(row, "PRICE", r"\d{1,3}(\.\d{1,5})?%")
        due = tax_on((line.amount for line in block.lines if line["TAXABLE"] == "Y"), percent)
        if due != row.amount or row["TAXABLE"] != "N" or not row["NAME"]:
            raise _broken(row, f"is not the sales tax of {row['PRICE']} owed to an agency, {due}")
        if items.get(row["INVITEM"]) != "COMPTAX" or accounts[row["ACCNT"]] != "OCLIAB":
            raise _broken(row, "sales tax posts by a sales tax item to a liability")


def _prove_totals(found: ControlTotals, expected: ControlTotals) -> None:
    for what in ("accounts", "items", "customers"):
        if getattr(found, what) != getattr(expected, what):
            raise IifBroken(
                f"The file has {getattr(found, what)} {what}; there should be {getattr(expected, what)}."
            )
    for kind, name in KINDS.items():
        here, there = asdict(found.kinds[kind]), asdict(expected.kinds.get(kind, KindTotal()))
        for what, value in here.items():
            if value != there[what]:
                raise IifBroken(
                    f"{name}s: the file's {what.replace('_', ' ')} is {value}; it should be {there[what]}."
                )


def _read(row: ParsedRow, column: str, pattern: str) -> Decimal:
    if not re.fullmatch(pattern, row[column], re.ASCII):
        raise _broken(row, f"{column} is “{row[column]}”, which is not a number as QuickBooks reads one")
    return Decimal(row[column].removesuffix("%"))


def _read_day(row: ParsedRow, column: str) -> date:
    match = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", row[column], re.ASCII)
    try:
        if match:
            return date(int(match[3]), int(match[1]), int(match[2]))
    except ValueError:
        pass
    raise _broken(row, f"{column} is “{row[column]}”, which is not a day as MM/DD/YYYY")


def _broken(row: ParsedRow, sentence: str) -> IifBroken:
    return IifBroken(f"Row {row.line} ({row.keyword}): {sentence}.")
