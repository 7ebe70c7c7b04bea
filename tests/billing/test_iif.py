# ruff: noqa: RUF001 - the letters are meant
from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.pricing import LineInput, TaxRateInput, price
from billing.quickbooks.iif import (
    CompanyBooks,
    ControlTotals,
    IifAccount,
    IifBatch,
    IifCreditMemo,
    IifCustomer,
    IifInvoice,
    IifItem,
    IifLine,
    IifPayment,
    IifTax,
    control_totals,
    write,
)
from billing.quickbooks.iif_layout import HEADERS, IifBroken, IifRefused, free_text, plain
from billing.quickbooks.iif_proof import parse, prove, totals_of

DAY = date(2026, 11, 20)
INCOME = "Service Income"
TAX_ITEM, AGENCY = "Sales Tax", "State Comptroller"
ACCOUNTS = (IifAccount(name=INCOME, type="INC"), IifAccount(name="Sales:Parts", type="INC"))
ITEMS = (
    IifItem(name="Diagnostic", type="SERV", account=INCOME, price=D("89"), taxable=True),
    IifItem(name="Capacitor 45/5", type="PART", account="Sales:Parts", price=D("38.75"), taxable=True),
    IifItem(name=TAX_ITEM, type="COMPTAX", account="Sales Tax Payable", percent=D("8.2500"), agency=AGENCY),
)
OTHER_RATES = ("0", "9.975", "6.3125")
OTHER_TAXES = [replace(ITEMS[2], name=f"Tax of {percent}", percent=D(percent)) for percent in OTHER_RATES]


def sold(quantity="1", unit_price="100", amount=None, *, item="Diagnostic", taxable=True, text="Diagnostic"):
    quantity, unit_price = D(quantity), D(unit_price)
    worth = price([LineInput(quantity=quantity, unit_price=unit_price, taxable=False)]).total
    return IifLine(
        item=item,
        account=INCOME if item == "Diagnostic" else "Sales:Parts",
        quantity=quantity,
        price=unit_price,
        amount=worth if amount is None else D(amount),
        description=text,
        taxable=taxable,
    )


def taxed(lines, percent="8.25"):
    base = sum((line.amount for line in lines if line.taxable), D(0))
    one = LineInput(quantity=D(1), unit_price=base, tax_rate="t")
    tax = price([one], [TaxRateInput(key="t", percent=D(percent))]).tax
    item = f"Tax of {percent}" if percent in OTHER_RATES else TAX_ITEM
    return IifTax(item=item, agency=AGENCY, percent=D(percent), amount=tax)


def invoice(number="10001", lines=None, **fields):
    lines = [sold()] if lines is None else lines
    given_fields = {"customer": "Smith, Ann", "date": DAY, **fields}
    if "tax" not in fields:
        given_fields["tax"] = taxed(lines)
    return IifInvoice(number=number, lines=lines, **given_fields)


def credit(number="C1001", lines=None, **fields):
    lines = [sold()] if lines is None else lines
    given_fields = {"customer": "Smith, Ann", "date": DAY, **fields}
    if "tax" not in fields:
        given_fields["tax"] = taxed(lines)
    return IifCreditMemo(number=number, lines=lines, **given_fields)


def payment(number="P1001", amount="108.25", **fields):
    given_fields = {"customer": "Smith, Ann", "date": DAY, **fields}
    return IifPayment(number=number, amount=D(amount), **given_fields)


def batch(**fields):
    return IifBatch(**{"accounts": ACCOUNTS, "items": ITEMS, **fields})


def proved(contents: IifBatch):
    parsed = parse(write(contents))
    prove(parsed, control_totals(contents))
    return parsed


EVERYTHING = batch(
    customers=[IifCustomer(name="Smith, Ann", bill_to=["Ann Smith", "12 Oak St", "Llano, TX 78643"])],
    invoices=[
        invoice(lines=[sold(), sold("2", "38.75", item="Capacitor 45/5")], due=DAY, terms="Due on receipt"),
        invoice("10002", [sold("1", "0", taxable=False)], po_number="PO 7"),
    ],
    credit_memos=[credit()],
    payments=[payment(method="Check", reference="204", for_invoices=["10001"]), payment("P1002", "5.00")],
)


def test_an_invoice_is_written_as_quickbooks_reads_one():
    rows = (
        write(batch(invoices=[invoice(due=date(2026, 12, 20), terms="Net 30")]))
        .decode("cp1252")
        .split("\r\n")
    )
    assert rows[-1] == ""
    trns, line, tax, end = rows[-5:-1]
    assert trns.split("\t")[:9] == [
        *("TRNS", "", "INVOICE", "11/20/2026", "Accounts Receivable", "Smith, Ann", "", "108.25", "10001"),
    ]
    assert line.split("\t") == [
        *("SPL", "", "INVOICE", "11/20/2026", INCOME, "", "", "-100.00", "10001", "Diagnostic", "N"),
        *("-1", "100.00", "Diagnostic", "Y", ""),
    ]
    assert tax.split("\t") == [
        *("SPL", "", "INVOICE", "11/20/2026", "Sales Tax Payable", AGENCY, "", "-8.25", "10001", "Sales tax"),
        *("N", "", "8.25%", TAX_ITEM, "N", "AUTOSTAX"),
    ]
    assert end == "ENDTRNS"


def test_lists_come_before_transactions_and_every_header_once():
    headers = [
        row.split("\t") for row in write(EVERYTHING).decode("cp1252").split("\r\n") if row.startswith("!")
    ]
    assert [header[0] for header in headers] == ["!ACCNT", "!INVITEM", "!CUST", "!TRNS", "!SPL", "!ENDTRNS"]
    assert all(tuple(header[1:]) == HEADERS[header[0][1:]] for header in headers)


def test_a_credit_memo_has_every_sign_reversed():
    block = proved(batch(credit_memos=[credit()])).blocks[0]
    assert block.kind == "CREDIT MEMO"
    assert block.trns["AMOUNT"] == "-108.25"
    assert [(row["AMOUNT"], row["QNTY"], row["PRICE"]) for row in block.splits] == [
        ("100.00", "1", "100.00"),
        ("8.25", "", "8.25%"),
    ]


@pytest.mark.parametrize(
    ("method", "reference", "docnum"),
    [
        ("Check", "204", "CHK 204"),
        ("Cash", "", "CASH"),
        ("Check", "", "CHK"),
        ("Card", "ch_3Nabcdefghijklmnopqrstuvw", "CARD"),
    ],
)
def test_a_payment_goes_to_undeposited_funds_and_names_its_invoice(method, reference, docnum):
    paid = payment(method=method, reference=reference, for_invoices=["10001", "10002"])
    block = proved(batch(payments=[paid])).blocks[0]
    assert (block.trns["ACCNT"], block.trns["AMOUNT"]) == ("Undeposited Funds", "108.25")
    assert (block.splits[0]["ACCNT"], block.splits[0]["AMOUNT"]) == ("Accounts Receivable", "-108.25")
    assert block.trns["DOCNUM"] == docnum
    assert block.trns["PAYMETH"] == method
    assert block.trns["MEMO"].startswith("P1001 for invoice 10001, 10002")
    assert reference in block.trns["MEMO"]
    assert block.number == "P1001"


def test_two_cash_payments_share_a_reference_but_not_a_number():
    proved(batch(payments=[payment("P1"), payment("P2")]))
    with pytest.raises(IifRefused, match="Payment P1 is in the file twice"):
        write(batch(payments=[payment("P1"), payment("P1")]))


def test_the_tax_line_is_there_even_when_the_tax_is_nothing():
    block = proved(batch(invoices=[invoice(lines=[sold(taxable=False)])])).blocks[0]
    assert block.taxes[0]["AMOUNT"] == "0.00"
    with pytest.raises(IifRefused, match="Invoice 10001 has no sales tax line"):
        write(batch(invoices=[invoice(tax=None)]))


def test_a_company_that_collects_no_tax_writes_no_tax_line():
    none = CompanyBooks(collects_tax=False)
    without = batch(books=none, items=ITEMS[:2], invoices=[invoice(tax=None)])
    assert proved(without).blocks[0].taxes == []
    with pytest.raises(IifRefused, match="collecting none"):
        write(replace(without, invoices=[invoice()]))
    with pytest.raises(IifRefused, match="collecting none"):
        write(replace(without, items=ITEMS))


@pytest.mark.parametrize(
    ("quantity", "unit_price", "amount", "written"),
    [
        ("2", "50", "80.00", ("-2", "40.00")),  # a discount: the price after it
        ("3", "33.3333", "99.99", ("-3", "33.33")),
        ("3", "10", "10.00", ("-3", "3.33333")),
        ("1", "-89", "-89.00", ("1", "89.00")),  # a fee credited: the quantity takes the sign
        ("-2", "10", "-20.00", ("2", "10.00")),
        ("0", "10", "0.00", ("0", "10.00")),
        ("2", "50", "0.00", ("-2", "0.00")),
        ("123456.789", "1", "100000.01", ("-1", "100000.01")),  # no price of five places gives this
    ],
)
def test_quantity_times_price_is_always_the_amount(quantity, unit_price, amount, written):
    lines = [sold("1", "500000"), sold(quantity, unit_price, amount, text="Wire")]
    row = proved(batch(invoices=[invoice(lines=lines)])).blocks[0].lines[1]
    assert D(row["AMOUNT"]) == -D(amount)
    if quantity != "3" or amount != "99.99":
        assert (row["QNTY"], row["PRICE"]) == written
    if written[0] == "-1":
        assert row["MEMO"] == "123456.789 x Wire"


# What does not fit --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Café Peña", "Café Peña"),
        ("Cafe\u0301", "Café"),
        ("AC \U0001f525 hot \u2744\ufe0f", "AC hot"),
        ("“Big” Bob’s – HVAC…", "“Big” Bob’s – HVAC…"),
        ("a\tb\r\nc\u2028d\xa0e", "a b c d e"),
        ("Łódź Dvořák", "Lódz Dvorák"),
        ("３ ｔｏｎ", "3 ton"),
        ("24″ → 30″", "24” -> 30”"),
        ("zero\u200bwidth soft\xadhyphen", "zerowidth softhyphen"),
        ("½ hp, 72°F, ℃", "½ hp, 72°F, °C"),
        ("株式会社", ""),
    ],
)
def test_text_becomes_one_line_of_windows_1252(typed, written):
    assert plain(typed) == written
    plain(typed).encode("cp1252")


def test_straight_quotes_in_free_text_become_typographic():
    assert free_text('Filter 16" x 25"', 99) == "Filter 16” x 25”"


@given(st.text(max_size=60), st.integers(1, 40))
def test_any_text_fits_the_encoding_the_width_and_stays_put(typed, width):
    written = free_text(typed, width)
    written.encode("cp1252")
    assert len(written) <= width
    assert free_text(written, width) == written
    assert plain(plain(typed)) == plain(typed)
    assert not set(written) & set('\t\r\n"')


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        ({"invoices": [invoice(customer="x" * 42)]}, "Invoice 10001: the customer's name has 42"),
        ({"credit_memos": [credit(customer="x" * 42)]}, "Credit memo C1001: the customer's name has 42"),
        ({"payments": [payment(customer="x" * 42)]}, "Payment P1001: the customer's name has 42"),
        ({"invoices": [invoice(customer="\U0001f525")]}, "Invoice 10001: the customer's name is empty"),
        ({"invoices": [invoice(customer='"Bud" Lee')]}, "begins with a quotation mark"),
        ({"invoices": [invoice(customer="Smith::Pool")]}, "empty part around a colon"),
        (
            {"invoices": [invoice("INV-10000001")]},
            "the number has 12 characters and QuickBooks Desktop takes 11",
        ),
        ({"invoices": [invoice(""), invoice("2")]}, "has no number"),
        ({"invoices": [invoice(), invoice()]}, "Invoice 10001 is in the file twice"),
        ({"invoices": [invoice(lines=[])]}, "has no lines"),
        ({"invoices": [invoice(lines=[sold("1", "-5")])]}, "less than nothing"),
        ({"invoices": [invoice(lines=[sold("1", "1", "1.005")], tax=None)]}, "not whole cents"),
        ({"invoices": [invoice(lines=[sold("1", "1", "NaN")], tax=None)]}, "not whole cents"),
        ({"invoices": [invoice(lines=[replace(sold(), quantity=D("0.000001"))])]}, "has a quantity that"),
        ({"invoices": [invoice(lines=[sold(item="Magic")])]}, "“Magic”, which the file does not list"),
        ({"invoices": [invoice(lines=[replace(sold(), account="Nowhere")])]}, "“Nowhere”, which the file"),
        ({"invoices": [invoice(tax=replace(taxed([sold()]), amount=D("8.26")))]}, "comes to 8.25"),
        ({"invoices": [invoice(tax=replace(taxed([sold()]), item="Diagnostic"))]}, "not a sales tax item"),
        ({"invoices": [invoice(tax=replace(taxed([sold()], "0"), item=TAX_ITEM))]}, "at another rate"),
        ({"invoices": [invoice(terms="x" * 32)]}, "the terms has 32"),
        ({"invoices": [invoice(customer="Zoë"), invoice("2", customer="ZOË")]}, "become the same name"),
        ({"invoices": [invoice(customer="Al"), invoice("2", customer="Al \U0001f600")]}, "the same name"),
        ({"customers": [IifCustomer(name="Al"), IifCustomer(name="al")]}, "become the one name"),
        ({"customers": [IifCustomer(name="Al"), IifCustomer(name="A" * 42)]}, "Customer A+: the name has 42"),
        ({"items": [*ITEMS, replace(ITEMS[0], name="x" * 32)], "payments": [payment()]}, "has 32 characters"),
        ({"items": [replace(ITEMS[0], account="Nowhere")], "payments": [payment()]}, "posts to “Nowhere”"),
        ({"items": [replace(ITEMS[2], agency="")], "payments": [payment()]}, "names no tax agency"),
        ({"items": [replace(ITEMS[0], percent=D(8))], "payments": [payment()]}, "no other item has one"),
        ({"payments": [payment(amount="0.00")]}, "not an amount received"),
        ({"payments": [payment(amount="-5.00")]}, "not an amount received"),
        ({"payments": [payment("P 1")]}, "needs a number without blanks"),
        ({"payments": [payment(customer=":".join(["x" * 41] * 6))]}, "has 251 characters .* takes 209"),
        ({"items": [replace(ITEMS[2], percent=D("100.01"))], "payments": [payment()]}, "a tax rate that"),
        ({"items": [replace(ITEMS[2], percent=D("NaN"))], "payments": [payment()]}, "a tax rate that"),
        ({}, "nothing to write"),
    ],
)
def test_what_must_not_be_written_is_refused_and_named(contents, sentence):
    with pytest.raises(IifRefused, match=sentence):
        write(batch(**contents))


def test_a_job_of_a_customer_may_be_longer_than_one_name():
    name = f"{'C' * 41}:{'J' * 41}"
    assert proved(batch(invoices=[invoice(customer=name)])).blocks[0].trns["NAME"] == name


def test_memos_and_addresses_are_cut_and_not_refused():
    long = invoice(memo="m" * 5000, bill_to=["Ann", "a" * 60, "", "b", "c", "d", "e\tf"])
    trns = proved(batch(invoices=[long])).blocks[0].trns
    assert len(trns["MEMO"]) == 4095
    assert [trns[f"ADDR{number}"] for number in range(1, 6)] == ["Ann", "a" * 41, "b", "c", "d, e f"]


# Control totals -----------------------------------------------------------------------------------


def test_control_totals_count_documents_by_kind_in_our_signs():
    totals = control_totals(EVERYTHING)
    assert (totals.accounts, totals.items, totals.customers) == (5, 3, 1)
    assert (totals.kinds["INVOICE"].count, totals.kinds["INVOICE"].lines) == (2, 3)
    assert totals.kinds["INVOICE"].subtotal == D("177.50")
    assert totals.kinds["INVOICE"].tax == D("14.64")
    assert totals.kinds["CREDIT MEMO"].total == D("108.25")
    assert totals.kinds["PAYMENT"].total == D("113.25")
    assert totals.kinds["PAYMENT"].last_day == DAY


def test_control_totals_survive_json():
    totals = control_totals(EVERYTHING)
    assert ControlTotals.from_json(json.loads(json.dumps(totals.as_json()))) == totals
    nothing = control_totals(batch())
    assert ControlTotals.from_json(json.loads(json.dumps(nothing.as_json()))) == nothing


def test_a_transaction_that_went_missing_shows_in_the_totals_only():
    without = replace(EVERYTHING, payments=EVERYTHING.payments[:1])
    prove(parse(write(without)))
    with pytest.raises(IifBroken, match="Payments: the file's count is 1; it should be 2"):
        prove(parse(write(without)), control_totals(EVERYTHING))


# Any documents ------------------------------------------------------------------------------------

letters = st.characters(codec="cp1252", exclude_categories=["Cc", "Cf", "Zs"], exclude_characters='":')
anything = st.text(max_size=30)
names = st.text(letters, min_size=1, max_size=41)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@st.composite
def sale_lines(draw):
    """Lines as the calculator prices them, discounts and credited fees among them."""
    inputs = [LineInput(quantity=D(1), unit_price=D(9_999_999), taxable=draw(st.booleans()))]
    inputs += draw(
        st.lists(
            st.builds(
                LineInput,
                quantity=st.decimals(D(-99), D(9999), places=3),
                unit_price=st.decimals(D(-99), D(999), places=4),
                discount_percent=st.sampled_from([D(0), D("12.5"), D(100)]),
                taxable=st.booleans(),
            ),
            max_size=6,
        )
    )
    amounts = price([replace(one, taxable=False) for one in inputs]).lines
    return [
        replace(
            sold(item=draw(st.sampled_from(["Diagnostic", "Capacitor 45/5"])), taxable=one.taxable),
            quantity=one.quantity,
            price=one.unit_price,
            amount=priced.amount,
            description=draw(anything),
        )
        for one, priced in zip(inputs, amounts, strict=True)
    ]


@st.composite
def batches(draw):
    """Any mixture of documents that may be written."""
    customers = draw(st.lists(names, min_size=1, max_size=3, unique_by=lambda name: plain(name).casefold()))
    who, percent = st.sampled_from(customers), st.sampled_from(["8.25", *OTHER_RATES])

    def sales(make, prefix):
        documents = []
        for position in range(draw(st.integers(0, 3))):
            lines = draw(sale_lines())
            fields = {"customer": draw(who), "date": draw(days), "tax": taxed(lines, draw(percent))}
            documents.append(make(f"{prefix}{position}", lines, **fields, memo=draw(anything)))
        return documents

    return batch(
        items=[*ITEMS, *OTHER_TAXES],
        customers=[
            IifCustomer(name=name, notes=draw(anything), bill_to=[draw(anything)]) for name in customers
        ],
        invoices=sales(invoice, "I"),
        credit_memos=sales(credit, "I"),
        payments=[
            payment(f"P{position}", draw(st.decimals(D("0.01"), D(99999), places=2)), customer=draw(who))
            for position in range(draw(st.integers(0, 3)))
        ],
    )


@settings(deadline=None)
@given(batches())
def test_any_documents_round_trip_balance_and_keep_their_totals(contents):
    raw = write(contents)
    assert write(contents) == raw
    parsed = parse(raw)
    totals = control_totals(contents)
    prove(parsed, totals)
    assert totals_of(parsed) == totals
    documents = [*contents.invoices, *contents.credit_memos, *contents.payments]
    assert len(parsed.blocks) == len(documents)
    for block, document in zip(parsed.blocks, documents, strict=True):
        assert block.number == document.number
        assert block.trns["NAME"] == plain(document.customer)
        assert block.trns.date == document.date
        total = document.amount if isinstance(document, IifPayment) else document.total
        assert abs(block.trns.amount) == total
        assert sum((row.amount for row in (block.trns, *block.splits)), D(0)) == 0
        if not isinstance(document, IifPayment):
            sign = -1 if isinstance(document, IifInvoice) else 1
            assert [sign * row.amount for row in block.lines] == [line.amount for line in document.lines]
            for row, line in zip(block.lines, document.lines, strict=True):
                assert row["MEMO"].endswith(free_text(line.description, 4095))


RAW = write(EVERYTHING)
ROWS = RAW.split(b"\r\n")[:-1]
DATA = [number for number, row in enumerate(ROWS) if not row.startswith(b"!")]
POSTED = [number for number in DATA if ROWS[number].startswith((b"TRNS", b"SPL"))]
AMOUNT, WHEN = 7, 3


def joined(rows):
    return b"".join(row + b"\r\n" for row in rows)


def caught(raw, sentence=None):
    assert raw != RAW
    with pytest.raises(IifBroken, match=sentence):
        prove(parse(raw), control_totals(EVERYTHING))


def changed(number, cell, value):
    cells = ROWS[number].split(b"\t")
    cells[cell] = value
    return joined([*ROWS[:number], b"\t".join(cells), *ROWS[number + 1 :]])


def test_the_sound_file_proves():
    prove(parse(RAW), control_totals(EVERYTHING))


@given(st.sampled_from(range(len(ROWS))))
def test_a_dropped_row_is_caught(number):
    caught(joined([*ROWS[:number], *ROWS[number + 1 :]]))


@given(st.sampled_from(DATA))
def test_a_doubled_row_is_caught(number):
    caught(joined([*ROWS[: number + 1], *ROWS[number:]]))


@given(st.sampled_from(POSTED), st.sampled_from([D("0.01"), D("-0.01"), D("100")]))
def test_a_changed_cent_is_caught(number, by):
    amount = D(ROWS[number].split(b"\t")[AMOUNT].decode())
    caught(changed(number, AMOUNT, str(amount + by).encode()), "balance|is not|totals?|sign|positive")


@given(st.sampled_from(range(len(ROWS))), st.integers(0, 200))
def test_an_added_tab_is_caught(number, place):
    row = ROWS[number]
    place = min(place, len(row))
    caught(joined([*ROWS[:number], row[:place] + b"\t" + row[place:], *ROWS[number + 1 :]]))


@given(st.sampled_from(POSTED), st.dates(date(2000, 1, 1), date(2030, 1, 1)).filter(lambda day: day != DAY))
def test_a_wrong_date_is_caught(number, day):
    caught(changed(number, WHEN, f"{day:%m/%d/%Y}".encode()), "date")


@pytest.mark.parametrize("written", ["02/30/2026", "2026-11-20", "11/20/26", "1/5/2026", "", "١١/20/2026"])
def test_a_day_that_is_none_is_caught(written):
    with pytest.raises(IifBroken, match="not a day as MM/DD/YYYY"):
        prove(parse(changed(POSTED[0], WHEN, written.encode("utf-8"))))


@given(st.integers(0, len(RAW) - 1))
def test_a_file_cut_off_anywhere_is_caught(length):
    caught(RAW[:length])


@given(st.sampled_from(range(len(RAW))), st.sampled_from([0x00, 0x07, 0x0A, 0x0D, 0x81, 0x8D, 0x9D]))
def test_a_byte_that_is_no_letter_is_caught(place, byte):
    if RAW[place] == byte:
        return
    caught(RAW[:place] + bytes([byte]) + RAW[place + 1 :])


@pytest.mark.parametrize(
    ("number", "cell", "value", "sentence"),
    [
        (POSTED[0], 2, b"CREDIT MEMO", "is of type “INVOICE” in a transaction of type “CREDIT MEMO”"),
        (POSTED[1], 2, b"PAYMENT", "is of type “PAYMENT” in a transaction of type “INVOICE”"),
        (POSTED[1], 4, b"Magic Account", "account “Magic Account” is not listed"),
        (POSTED[1], 13, b"Magic Item", "item “Magic Item” is not listed"),
        (POSTED[1], 11, b"-2", "-2 at 100.00 is not -100.00"),
        (POSTED[1], 11, b"1", "1 at 100.00 is not -100.00"),
        (POSTED[1], 12, b"1,00.00", "not a number"),
        (POSTED[1], AMOUNT, b"-100", "not a number"),
        (POSTED[1], 8, b"10009", "has the number 10009"),
        (POSTED[1], 14, b"N", "not the sales tax"),
        (POSTED[3], 15, b"", "QNTY is “”, which is not a number"),
        (POSTED[0], 5, b"x" * 42, "NAME has a part of more than 41"),
        (POSTED[0], 8, b"123456789012", "DOCNUM has 12 characters of at most 11"),
        (POSTED[0], 9, b"m" * 4096, "MEMO has 4096"),
        (POSTED[0], 12, b"maybe", "neither Y nor N"),
        (POSTED[0], 0, b"TRNZ", "no row we write"),
    ],
)
def test_a_changed_cell_is_caught(number, cell, value, sentence):
    caught(changed(number, cell, value), sentence)


def cells_of(changes):
    """The file with single cells changed: {(row, cell): value}."""
    rows = [row.split(b"\t") for row in ROWS]
    for (number, cell), value in changes.items():
        rows[number][cell] = value
    return joined(b"\t".join(cells) for cells in rows)


def row_of(start, nth=0):
    """The number of the nth row that begins so."""
    return [number for number, row in enumerate(ROWS) if row.startswith(start)][nth]


TRNS, SPL = row_of(b"TRNS"), row_of(b"SPL")
CUST, TAX = row_of(b"CUST"), SPL + 2
CREDIT, CASH = row_of(b"TRNS", 2), row_of(b"TRNS", 4)
FREE = row_of(b"TRNS", 1)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (RAW[:-1], "its last row is cut off"),
        (RAW[: RAW.rindex(b"ENDTRNS")], f"transaction of row {CASH + 1} has no end"),
        (joined([*ROWS[:SPL], ROWS[0], *ROWS[SPL:]]), "is a header inside the transaction"),
        (joined([ROWS[0], *ROWS]), "repeats the header !ACCNT"),
        (joined([*ROWS[: CUST - 1], *ROWS[CUST + 1 :], *ROWS[CUST - 1 : CUST + 1]]), "!CUST comes too late"),
        (RAW.replace(b"!CUST\tNAME", b"!CUST\tNOME"), "!CUST does not have our columns"),
        (RAW.replace(b"!ACCNT\tNAME\tACCNTTYPE\tDESC\tEXTRA", b"!ACCNT\tNAME"), "does not have our columns"),
        (joined([*ROWS[:CUST], *ROWS[CUST + 1 :], ROWS[CUST]]), "CUST row among the transactions"),
        (joined([*ROWS[:CUST], ROWS[TRNS], *ROWS[CUST:]]), "TRNS row before any !TRNS header"),
        (joined([*ROWS[:-1], ROWS[-1] + b"\t"]), "ENDTRNS stands alone"),
        (joined([*ROWS[:TRNS], *ROWS[TRNS + 1 :]]), "SPL row outside a transaction"),
        (
            joined([*ROWS[: SPL + 1], ROWS[TRNS], *ROWS[SPL + 1 :]]),
            "begins a transaction before the one of row",
        ),
        (cells_of({(CUST, 1): b""}), "has no name"),
        (joined([*ROWS[: CUST + 1], *ROWS[CUST:]]), "the name “Smith, Ann” is already in row"),
        (cells_of({(row_of(b"INVITEM"), 4): b"Nowhere"}), "the account “Nowhere” is not listed"),
        (cells_of({(CASH, 2): b"BILL", (CASH + 1, 2): b"BILL"}), "“BILL” is not a transaction we write"),
        (cells_of({(TRNS, 5): b""}), "names no customer"),
        (cells_of({(FREE, 8): b"", (FREE + 1, 8): b"", (FREE + 2, 8): b""}), "has no number"),
        (joined([*ROWS[: FREE + 1], *ROWS[FREE + 2 :]]), "has no lines"),
        (joined([*ROWS[: FREE + 2], *ROWS[FREE + 3 :]]), "has 0 sales tax lines instead of 1"),
        (cells_of({(CASH, 7): b"-5.00", (CASH + 1, 7): b"5.00"}), "one positive amount against one line"),
        (cells_of({(CASH + 1, 5): b"Smith, Bob"}), "is for “Smith, Bob” in a payment by “Smith, Ann”"),
        (cells_of({(CASH, 4): INCOME.encode()}), "from the receivables to undeposited funds"),
        (cells_of({(CASH + 1, 4): INCOME.encode()}), "from the receivables to undeposited funds"),
        (cells_of({(TRNS, 4): b"Undeposited Funds"}), "which is not the receivables"),
        (cells_of({(CREDIT + step, 2): b"INVOICE" for step in range(3)}), "the sign of -108.25 is wrong"),
        (cells_of({(SPL, 13): b""}), "sells no item"),
        (cells_of({(TAX, 4): INCOME.encode()}), "sales tax posts by a sales tax item to a liability"),
        (cells_of({(TAX, 13): b"Diagnostic"}), "sales tax posts by a sales tax item to a liability"),
        (cells_of({(TAX, 5): b""}), "not the sales tax of 8.25% owed to an agency"),
        (cells_of({(TRNS, 18): b"13/01/2026"}), "DUEDATE is “13/01/2026”"),
    ],
)
def test_each_rule_has_its_own_sentence(raw, sentence):
    with pytest.raises(IifBroken, match=sentence):
        prove(parse(raw))


def test_a_second_document_of_the_same_number_is_caught():
    twice = RAW.replace(b"10002", b"10001")
    caught(twice, "number 10001 is already in row")


def test_unix_line_ends_are_caught():
    caught(RAW.replace(b"\r\n", b"\n"))


def test_utf8_is_caught():
    accented = batch(invoices=[invoice(customer="Ana Muñiz Ávila")])
    raw = write(accented).decode("cp1252").encode("utf-8")
    with pytest.raises(IifBroken):
        prove(parse(raw), control_totals(accented))


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"%PDF-1.7\r\n", b"CUST\tAnn\r\n", b"PK\x03\x04"])
def test_what_is_no_iif_at_all_is_told_so(raw):
    with pytest.raises(IifBroken):
        prove(parse(raw))
