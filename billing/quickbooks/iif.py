"""QuickBooks Desktop's IIF files, written from documents.

An import has no undo, no duplicate check and no error report worth the name, so every file is proved
(`iif_proof`) before it is offered. What does not fit is handled by one rule each:

- a name or number that is too long, or that says nothing once written in Windows-1252, is refused, naming its
  document: a shortened name would post to somebody else;
- a memo, description, note, address line or phone is cut to its width;
- tabs, line ends and runs of blanks become one blank; a character that Windows-1252 lacks is replaced by its
  nearest (fullwidth digits, fractions, arrows), else by its base letter, else left out;
- a straight double quote in free text becomes a closing typographic one, because some importers take it for
  the start of a quoted value.

The file lists every account and item that its transactions use, for QuickBooks invents missing ones silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any, Literal

from fsm.money import to_cents

from .iif_layout import (
    CREDIT_MEMO,
    DOCNUM,
    EMAIL,
    ENCODING,
    EXACT,
    FULL_ACCOUNT,
    HEADERS,
    INVOICE,
    ITEM,
    KINDS,
    NAME,
    NEWLINE,
    ORDER,
    PAYMENT,
    PAYMENT_DOCNUM,
    PHONE,
    PO_NUMBER,
    TERMS,
    TEXT,
    ZERO,
    IifRefused,
    account_name,
    address,
    class_name,
    customer_name,
    day_text,
    exact,
    flag,
    free_text,
    item_name,
    money_text,
    number_text,
    plain,
    price_text,
    tax_on,
)

LARGEST = Decimal(10) ** 13

AccountType = Literal["AR", "BANK", "COGS", "EXP", "INC", "OCASSET", "OCLIAB"]
ItemType = Literal["COMPTAX", "DISC", "OTHC", "PART", "SERV"]
Row = dict[str, str]


# What goes in -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class IifAccount:
    """An account of the chart; a sub-account is written `Parent:Child`."""

    name: str
    type: AccountType
    description: str = ""
    extra: str = ""


@dataclass(frozen=True, kw_only=True)
class IifItem:
    """An item of the price book as QuickBooks knows it; a COMPTAX item carries its percent and its agency."""

    name: str
    type: ItemType
    account: str
    description: str = ""
    price: Decimal = ZERO
    percent: Decimal | None = None
    taxable: bool = False
    agency: str = ""


@dataclass(frozen=True, kw_only=True)
class IifCustomer:
    """A customer that the bookkeeper does not have yet; a job of one is written `Customer:Job`.

    Listing a customer that QuickBooks already has overwrites what the bookkeeper keeps about them.
    """

    name: str
    bill_to: Sequence[str] = ()
    ship_to: Sequence[str] = ()
    phone: str = ""
    other_phone: str = ""
    email: str = ""
    contact: str = ""
    type: str = ""
    terms: str = ""
    taxable: bool = True
    tax_item: str = ""
    notes: str = ""
    company: str = ""
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, kw_only=True)
class IifLine:
    """A line in our signs: what the customer is charged (or, on a credit memo, given back) is positive."""

    item: str
    account: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    description: str = ""
    taxable: bool = False
    class_name: str = ""


@dataclass(frozen=True, kw_only=True)
class IifTax:
    """The document's one sales tax: its item, the agency it is owed to, its percent and what it comes to."""

    item: str
    agency: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class _Sale:
    number: str
    customer: str
    date: date
    lines: Sequence[IifLine]
    tax: IifTax | None = None
    bill_to: Sequence[str] = ()
    memo: str = ""
    class_name: str = ""
    customer_taxable: bool = True

    @property
    def subtotal(self) -> Decimal:
        """The lines together."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """The lines and the tax."""
        return self.subtotal + (self.tax.amount if self.tax else ZERO)


@dataclass(frozen=True, kw_only=True)
class IifInvoice(_Sale):
    """An issued invoice."""

    due: date | None = None
    terms: str = ""
    po_number: str = ""


@dataclass(frozen=True, kw_only=True)
class IifCreditMemo(_Sale):
    """An issued credit, its quantities and amounts positive: what the customer is given back."""


@dataclass(frozen=True, kw_only=True)
class IifPayment:
    """Money received. `number` is ours and must not repeat; `reference` is the check's number, if it is one.

    QuickBooks does not apply an imported payment by itself, so the memo names the invoices it is for.
    """

    number: str
    customer: str
    date: date
    amount: Decimal
    method: str = "Cash"
    reference: str = ""
    for_invoices: Sequence[str] = ()
    class_name: str = ""

    @property
    def docnum(self) -> str:
        """What the bookkeeper sees as the payment's reference: `CHK 204`, `CASH`."""
        method = "CHK" if self.method.lower() == "check" else self.method.upper()
        whole = plain(f"{method} {self.reference}")
        return whole if len(whole) <= PAYMENT_DOCNUM else method

    @property
    def memo(self) -> str:
        """Our number first, then the invoices and the whole reference."""
        invoices = f" for invoice {', '.join(self.for_invoices)}" if self.for_invoices else ""
        reference = f", reference {self.reference}" if self.reference else ""
        return f"{self.number}{invoices}{reference}"


@dataclass(frozen=True, kw_only=True)
class CompanyBooks:
    """The names of the accounts that documents post to, exactly as the bookkeeper's chart has them."""

    receivable: str = "Accounts Receivable"
    undeposited: str = "Undeposited Funds"
    tax_payable: str = "Sales Tax Payable"
    collects_tax: bool = True

    def accounts(self) -> list[IifAccount]:
        """The accounts that every file lists."""
        always = [
            IifAccount(name=self.receivable, type="AR"),
            IifAccount(name=self.undeposited, type="OCASSET", extra="UNDEPOSIT"),
        ]
        payable = IifAccount(name=self.tax_payable, type="OCLIAB", extra="SALESTAX")
        return [*always, payable] if self.collects_tax else always


@dataclass(frozen=True, kw_only=True)
class IifBatch:
    """All that one file says; `accounts` are those besides the company's own."""

    books: CompanyBooks = field(default_factory=CompanyBooks)
    accounts: Sequence[IifAccount] = ()
    items: Sequence[IifItem] = ()
    customers: Sequence[IifCustomer] = ()
    invoices: Sequence[IifInvoice] = ()
    credit_memos: Sequence[IifCreditMemo] = ()
    payments: Sequence[IifPayment] = ()

    def all_accounts(self) -> list[IifAccount]:
        """The company's own accounts and the others, each once."""
        own = self.books.accounts()
        names = {account.name.casefold() for account in own}
        return [*own, *(account for account in self.accounts if account.name.casefold() not in names)]


# Control totals -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class KindTotal:
    """One document type's count, lines and sums, and the days it spans, in our signs."""

    count: int = 0
    lines: int = 0
    subtotal: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True)
class ControlTotals:
    """What a file must contain: how many list entries, and per document type its totals."""

    accounts: int
    items: int
    customers: int
    kinds: dict[str, KindTotal]

    def as_json(self) -> dict[str, Any]:
        """The manifest as plain JSON, numbers and days as text."""
        plain: dict[str, Any] = asdict(self)
        for kind in plain["kinds"].values():
            kind.update({key: None if value is None else str(value) for key, value in kind.items()})
            kind.update(count=int(kind["count"]), lines=int(kind["lines"]))
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> ControlTotals:
        """The manifest that `as_json` wrote."""
        kinds = {
            name: KindTotal(
                count=kind["count"],
                lines=kind["lines"],
                subtotal=Decimal(kind["subtotal"]),
                tax=Decimal(kind["tax"]),
                total=Decimal(kind["total"]),
                first_day=kind["first_day"] and date.fromisoformat(kind["first_day"]),
                last_day=kind["last_day"] and date.fromisoformat(kind["last_day"]),
            )
            for name, kind in plain["kinds"].items()
        }
        return cls(plain["accounts"], plain["items"], plain["customers"], kinds)


def control_totals(batch: IifBatch) -> ControlTotals:
    """Counts and sums of the documents themselves, never of the file that was made from them."""
    sales = {INVOICE: batch.invoices, CREDIT_MEMO: batch.credit_memos}
    kinds = {
        kind: kind_total(
            (sale.date, len(sale.lines), sale.subtotal, sale.tax.amount if sale.tax else ZERO)
            for sale in documents
        )
        for kind, documents in sales.items()
    }
    kinds[PAYMENT] = kind_total((payment.date, 1, payment.amount, ZERO) for payment in batch.payments)
    return ControlTotals(len(batch.all_accounts()), len(batch.items), len(batch.customers), kinds)


def kind_total(documents: Iterable[tuple[date, int, Decimal, Decimal]]) -> KindTotal:
    rows = list(documents)
    days = [day for day, *_ in rows]
    subtotal = sum((subtotal for _, _, subtotal, _ in rows), ZERO)
    tax = sum((tax for *_, tax in rows), ZERO)
    return KindTotal(
        count=len(rows),
        lines=sum(lines for _, lines, _, _ in rows),
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        first_day=min(days, default=None),
        last_day=max(days, default=None),
    )


# Writing ------------------------------------------------------------------------------------------


def write(batch: IifBatch) -> bytes:
    """The file, the same bytes for the same batch; IifRefused for anything that must not be written."""
    if not (batch.customers or batch.invoices or batch.credit_memos or batch.payments):
        raise IifRefused("There is nothing to write into the file.")
    with localcontext() as context:
        context.prec = EXACT
        rows = [*_lists(batch), *_transactions(batch)]
    return "".join("\t".join(row) + NEWLINE for row in rows).encode(ENCODING)


def _lists(batch: IifBatch) -> Iterator[list[str]]:
    entries = {
        "ACCNT": [_account_row(account) for account in batch.all_accounts()],
        "INVITEM": [_item_row(item) for item in _items(batch)],
        "CUST": [_customer_row(customer) for customer in batch.customers],
    }
    for keyword, rows in entries.items():
        twice = [name for name, count in Counter(row["NAME"].casefold() for row in rows).items() if count > 1]
        if twice:
            raise IifRefused(
                f"Two entries of the same list become the one name “{twice[0]}” in QuickBooks Desktop."
            )
        if rows:
            yield _header(keyword)
        for row in rows:
            yield _row(keyword, row)


def _items(batch: IifBatch) -> Sequence[IifItem]:
    accounts = {account.name for account in batch.all_accounts()}
    for item in batch.items:
        if item.type == "COMPTAX" and not batch.books.collects_tax:
            raise IifRefused(
                f"Item {item.name} is a sales tax, and the company is set up as collecting none."
            )
        if item.account not in accounts:
            raise IifRefused(f"Item {item.name} posts to “{item.account}”, which the file does not list.")
    return batch.items


def _transactions(batch: IifBatch) -> Iterator[list[str]]:
    if not (batch.invoices or batch.credit_memos or batch.payments):
        return
    listed = _Listed(batch)
    yield from (_header(keyword) for keyword in ORDER[3:])
    seen: set[tuple[str, str]] = set()
    named: dict[str, str] = {}
    for customer in batch.customers:
        _only_one(named, "The list of customers", customer.name)
    for kind, sale in [
        *((INVOICE, invoice) for invoice in batch.invoices),
        *((CREDIT_MEMO, credit) for credit in batch.credit_memos),
    ]:
        _only_once(seen, kind, sale.number)
        _only_one(named, f"{KINDS[kind]} {sale.number}", sale.customer)
        yield from _sale_block(kind, sale, batch.books, listed)
    for payment in batch.payments:
        _only_once(seen, PAYMENT, payment.number)
        _only_one(named, f"Payment {payment.number}", payment.customer)
        yield from _payment_block(payment, batch.books)


class _Listed:
    """The accounts and items that the file introduces."""

    def __init__(self, batch: IifBatch) -> None:
        self.accounts = {account.name for account in batch.all_accounts()}
        self.items = {item.name: item for item in batch.items}

    def check(self, what: str, item: str, account: str) -> None:
        if account not in self.accounts:
            raise IifRefused(f"{what} posts to the account “{account}”, which the file does not list.")
        if item not in self.items:
            raise IifRefused(f"{what} sells the item “{item}”, which the file does not list.")


def _only_once(seen: set[tuple[str, str]], kind: str, number: str) -> None:
    key = (kind, plain(number).casefold())
    if key in seen:
        raise IifRefused(f"{KINDS[kind]} {number} is in the file twice.")
    seen.add(key)


def _only_one(named: dict[str, str], what: str, customer: str) -> None:
    """Two of our customers must not become one of QuickBooks'."""
    other = named.setdefault(customer_name(f"{what}: the customer's name", customer).casefold(), customer)
    if other != customer:
        raise IifRefused(f"{what}: “{customer}” and “{other}” become the same name in QuickBooks Desktop.")


def _header(keyword: str) -> list[str]:
    return [f"!{keyword}", *HEADERS[keyword]]


def _row(keyword: str, values: Row) -> list[str]:
    return [keyword, *(values.get(column, "") for column in HEADERS[keyword])]


def _account_row(account: IifAccount) -> Row:
    return {
        "NAME": account_name("An account's name", account.name),
        "ACCNTTYPE": account.type,
        "DESC": free_text(account.description, 200),
        "EXTRA": account.extra,
    }


def _item_row(item: IifItem) -> Row:
    what = f"Item {item.name}"
    _check_number(f"{what} has a price", item.price)
    percent = item.percent
    if percent is not None:
        _check_percent(what, percent)
    if (item.type == "COMPTAX") != (percent is not None):
        raise IifRefused(f"{what}: a sales tax item has a percent, and no other item has one.")
    if item.type == "COMPTAX" and not item.agency:
        raise IifRefused(f"{what} names no tax agency.")
    return {
        "NAME": item_name(f"{what}: the name", item.name),
        "INVITEMTYPE": item.type,
        "DESC": free_text(item.description, TEXT),
        "ACCNT": account_name(f"{what}: the account's name", item.account),
        "PRICE": price_text(item.price) if percent is None else f"{number_text(percent)}%",
        "TAXABLE": flag(item.taxable),
        "TAXVEND": customer_name(f"{what}: the agency's name", item.agency) if item.agency else "",
    }


def _customer_row(customer: IifCustomer) -> Row:
    what = f"Customer {customer.name}"
    return {
        "NAME": customer_name(f"{what}: the name", customer.name),
        **address("BADDR", customer.bill_to),
        **address("SADDR", customer.ship_to),
        "PHONE1": free_text(customer.phone, PHONE),
        "PHONE2": free_text(customer.other_phone, PHONE),
        "EMAIL": exact(f"{what}: the e-mail address", customer.email, EMAIL),
        "CONT1": free_text(customer.contact, NAME),
        "CTYPE": exact(f"{what}: the type", customer.type, FULL_ACCOUNT),
        "TERMS": exact(f"{what}: the terms", customer.terms, TERMS),
        "TAXABLE": flag(customer.taxable),
        "TAXITEM": exact(f"{what}: the tax item", customer.tax_item, ITEM),
        "NOTEPAD": free_text(customer.notes, TEXT),
        "COMPANYNAME": free_text(customer.company, NAME),
        "FIRSTNAME": free_text(customer.first_name, 25),
        "LASTNAME": free_text(customer.last_name, 25),
    }


def _sale_block(kind: str, sale: _Sale, books: CompanyBooks, listed: _Listed) -> Iterator[list[str]]:
    what = f"{KINDS[kind]} {sale.number}"
    sign = 1 if kind == INVOICE else -1
    _check_sale(what, sale, books)
    number = exact(f"{what}: the number", sale.number, DOCNUM)
    if not number:
        raise IifRefused(f"A document for {sale.customer} has no number.")
    shared = {"TRNSTYPE": kind, "DATE": day_text(sale.date), "CLEAR": "N", "DOCNUM": number}
    head: Row = {
        **shared,
        "ACCNT": account_name(f"{what}: the account's name", books.receivable),
        "NAME": customer_name(f"{what}: the customer's name", sale.customer),
        "CLASS": class_name(what, sale.class_name),
        "AMOUNT": money_text(sign * sale.total),
        "MEMO": free_text(sale.memo, TEXT),
        "TOPRINT": "N",
        "NAMEISTAXABLE": flag(sale.customer_taxable),
        **address("ADDR", sale.bill_to),
    }
    if isinstance(sale, IifInvoice):
        head["DUEDATE"] = day_text(sale.due) if sale.due else ""
        head["TERMS"] = exact(f"{what}: the terms", sale.terms, TERMS)
        head["PONUM"] = exact(f"{what}: the purchase order's number", sale.po_number, PO_NUMBER)
    yield _row("TRNS", head)
    for position, line in enumerate(sale.lines, start=1):
        here = f"{what}, line {position}"
        listed.check(here, line.item, line.account)
        quantity, unit_price, memo = _quantity_and_price(line)
        yield _row(
            "SPL",
            {
                **shared,
                "ACCNT": account_name(f"{here}: the account's name", line.account),
                "CLASS": class_name(here, line.class_name or sale.class_name),
                "AMOUNT": money_text(-sign * line.amount),
                "MEMO": free_text(memo, TEXT),
                "QNTY": number_text(-sign * quantity),
                "PRICE": price_text(unit_price),
                "INVITEM": item_name(f"{here}: the item's name", line.item),
                "TAXABLE": flag(line.taxable),
            },
        )
    if sale.tax is not None:
        listed.check(f"{what}, sales tax", sale.tax.item, books.tax_payable)
        if listed.items[sale.tax.item].type != "COMPTAX":
            raise IifRefused(f"{what} is taxed by “{sale.tax.item}”, which is not a sales tax item.")
        if listed.items[sale.tax.item].percent != sale.tax.percent:
            raise IifRefused(
                f"{what} is taxed at {number_text(sale.tax.percent)} % by “{sale.tax.item}”,"
                " which the file lists at another rate."
            )
        yield _row(
            "SPL",
            {
                **shared,
                "ACCNT": account_name(f"{what}: the account's name", books.tax_payable),
                "NAME": customer_name(f"{what}: the tax agency's name", sale.tax.agency),
                "CLASS": class_name(what, sale.class_name),
                "AMOUNT": money_text(-sign * sale.tax.amount),
                "MEMO": "Sales tax",
                "PRICE": f"{number_text(sale.tax.percent)}%",
                "INVITEM": item_name(f"{what}: the tax item's name", sale.tax.item),
                "TAXABLE": "N",
                "EXTRA": "AUTOSTAX",
            },
        )
    yield _row("ENDTRNS", {})


def _check_sale(what: str, sale: _Sale, books: CompanyBooks) -> None:
    if not sale.lines:
        raise IifRefused(f"{what} has no lines.")
    for amount in [
        *(line.amount for line in sale.lines),
        sale.total,
        *([sale.tax.amount] if sale.tax else []),
    ]:
        _check_amount(what, amount)
    for line in sale.lines:
        _check_number(f"{what} has a quantity", line.quantity)
        _check_number(f"{what} has a price", line.price)
    if sale.total < 0:
        raise IifRefused(
            f"{what} comes to less than nothing; QuickBooks Desktop takes that the other way round."
        )
    if books.collects_tax and sale.tax is None:
        raise IifRefused(f"{what} has no sales tax line; one is needed even when the tax is nothing.")
    if sale.tax is None:
        return
    if not books.collects_tax:
        raise IifRefused(f"{what} has sales tax, and the company is set up as collecting none.")
    _check_percent(what, sale.tax.percent)
    due = tax_on((line.amount for line in sale.lines if line.taxable), sale.tax.percent)
    if due != sale.tax.amount:
        raise IifRefused(
            f"{what} has {sale.tax.amount} of tax where {number_text(sale.tax.percent)} % of its taxable"
            f" lines comes to {due}; QuickBooks Desktop would work out the second."
        )


def _check_number(what: str, value: Decimal) -> None:
    if not value.is_finite() or abs(value) >= LARGEST or value != round(value, 5):
        raise IifRefused(f"{what} that QuickBooks Desktop cannot hold: {value}.")


def _check_percent(what: str, percent: Decimal) -> None:
    if not percent.is_finite() or not 0 <= percent <= 100 or percent != round(percent, 5):
        raise IifRefused(f"{what} has a tax rate that QuickBooks Desktop cannot hold: {percent} %.")


def _check_amount(what: str, amount: Decimal) -> None:
    if not amount.is_finite() or abs(amount) >= LARGEST or amount != to_cents(amount):
        raise IifRefused(f"{what} has an amount that is not whole cents within reason: {amount}.")


def _quantity_and_price(line: IifLine) -> tuple[Decimal, Decimal, str]:
    """A quantity and a price whose product is the amount, the price never negative, and the line's memo.

    A discounted line goes out at its price after the discount. Where no price with five places gives the
    amount, it goes out as one piece at the whole amount, and the memo keeps the quantity.
    """
    quantity, unit_price = (line.quantity, line.price) if line.price >= 0 else (-line.quantity, -line.price)
    if to_cents(quantity * unit_price) == line.amount:
        return quantity, unit_price, line.description
    if quantity:
        quantity = abs(quantity).copy_sign(line.amount)
        after_discount = (line.amount / quantity).quantize(Decimal("0.00001"), ROUND_HALF_UP)
        if to_cents(quantity * after_discount) == line.amount:
            return quantity, after_discount, line.description
    one = Decimal(1).copy_sign(line.amount)
    return one, abs(line.amount), f"{number_text(line.quantity)} x {line.description}".removesuffix(" x ")


def _payment_block(payment: IifPayment, books: CompanyBooks) -> Iterator[list[str]]:
    what = f"Payment {payment.number}"
    _check_amount(what, payment.amount)
    if payment.amount <= 0:
        raise IifRefused(f"{what} is not an amount received: {payment.amount}.")
    if not plain(payment.number) or " " in plain(payment.number):
        raise IifRefused(f"{what} needs a number without blanks.")
    shared = {
        "TRNSTYPE": PAYMENT,
        "DATE": day_text(payment.date),
        "NAME": customer_name(f"{what}: the customer's name", payment.customer),
        "CLASS": class_name(what, payment.class_name),
        "DOCNUM": exact(f"{what}: the reference", payment.docnum, PAYMENT_DOCNUM),
        "MEMO": free_text(payment.memo, TEXT),
        "CLEAR": "N",
    }
    method = exact(f"{what}: the method", payment.method, TERMS)
    into = account_name(f"{what}: the account's name", books.undeposited)
    owed = account_name(f"{what}: the account's name", books.receivable)
    received = {"ACCNT": into, "AMOUNT": money_text(payment.amount), "TOPRINT": "N", "PAYMETH": method}
    yield _row("TRNS", {**shared, **received})
    yield _row("SPL", {**shared, "ACCNT": owed, "AMOUNT": money_text(-payment.amount)})
    yield _row("ENDTRNS", {})
