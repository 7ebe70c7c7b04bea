from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from billing.pdf import (
    CompanyHead,
    DocumentLine,
    DocumentPayment,
    DocumentTax,
    InvoiceDocument,
    PdfFailed,
    Words,
    day_text,
    invoice_pdf,
    page_data,
    price_text,
    quantity_text,
)

COMPANY = CompanyHead(
    name="Lone Star Comfort",
    address=["4410 Burnet Rd, Suite 12", "Austin, TX 78756"],
    phone="(512) 555-0142",
    email="office@example.com",
    license_number="TACLA00123456E",
)


def sold(description="Diagnostic", **fields):
    priced = {"quantity": D(1), "unit_price": D(100), "amount": D("100.00"), **fields}
    return DocumentLine(description=description, **priced)


INVOICE = InvoiceDocument(
    company=COMPANY,
    bill_to=["Angela Dawson", "5111 SW Indian Trail Rd", "Llano, TX 78643"],
    service_address=["Lake house", "118 County Road 309"],
    lines=[sold()],
    subtotal=D("100.00"),
    taxes=[DocumentTax(name="Texas", percent=D("8.2500"), amount=D("8.25"))],
    total=D("108.25"),
    number="10001",
    issued_on=date(2026, 11, 20),
    due_on=date(2026, 12, 20),
    terms="Net 30",
    job_number="J10001",
    po_number="PO 7",
    notes="Thank you.",
)


def pages(document):
    return [page.extract_text() for page in PdfReader(io.BytesIO(invoice_pdf(document))).pages]


def text(document):
    return "\n".join(pages(document))


def squeezed(written):
    """Text without anything a line break may add or take away."""
    return re.sub(r"[\s\u200b]", "", written)


def picture(kind="PNG"):
    drawn = io.BytesIO()
    Image.new("RGB", (60, 30), "navy").save(drawn, kind)
    return drawn.getvalue()


def pictures_in(document):
    return sum(len(page.images) for page in PdfReader(io.BytesIO(invoice_pdf(document))).pages)


def test_the_page_says_who_whom_what_and_how_much():
    page = text(INVOICE)
    for expected in (
        *("Lone Star Comfort", "4410 Burnet Rd, Suite 12", "(512) 555-0142", "License TACLA00123456E"),
        *("INVOICE", "10001", "BILL TO", "Angela Dawson", "Llano, TX 78643", "SERVICE ADDRESS", "Lake house"),
        *("Nov 20, 2026", "Dec 20, 2026", "Net 30", "J10001", "PO 7"),
        *("Diagnostic", "$100.00", "Subtotal", "Texas (8.25%)", "$8.25", "Total", "$108.25"),
        *("Balance due", "NOTES", "Thank you.", "Page 1 of 1"),
    ):
        assert expected in page, expected


def test_it_is_one_us_letter_page_with_a_title_and_a_language():
    read = PdfReader(io.BytesIO(invoice_pdf(INVOICE)))
    assert [float(side) for side in read.pages[0].mediabox[2:]] == [612, 792]
    assert read.metadata.title == "Invoice 10001"
    assert read.metadata.author == "Lone Star Comfort"
    assert str(read.trailer["/Root"]["/Lang"]).startswith("en")
    assert "/StructTreeRoot" in read.trailer["/Root"]


def test_the_same_invoice_gives_the_same_bytes():
    assert invoice_pdf(INVOICE) == invoice_pdf(replace(INVOICE))


def test_payments_and_credits_lower_the_balance():
    part = replace(
        INVOICE, payments=[DocumentPayment(label="Check 204", amount=D("8.25"), date=date(2026, 11, 21))]
    )
    assert part.balance == D("100.00")
    page = text(part)
    assert "Check 204, Nov 21, 2026" in page
    assert "-$8.25" in page
    assert "PAID" not in page


@pytest.mark.parametrize(
    ("document", "stamp"),
    [
        (INVOICE, ""),
        (replace(INVOICE, state="draft"), "DRAFT"),
        (replace(INVOICE, state="void"), "VOID"),
        (replace(INVOICE, payments=[DocumentPayment(label="Cash", amount=D("108.25"))]), "PAID"),
        (replace(INVOICE, payments=[DocumentPayment(label="Cash", amount=D("108.24"))]), ""),
        (replace(INVOICE, kind="credit_memo"), ""),
        (replace(INVOICE, total=D("0.00")), ""),
    ],
)
def test_the_page_is_stamped_with_what_the_invoice_is(document, stamp):
    page = text(document)
    assert [word for word in ("DRAFT", "VOID", "PAID") if word in page] == ([stamp] if stamp else [])


def test_nothing_is_owed_on_a_void_invoice():
    assert page_data(replace(INVOICE, state="void"))["balance"] == {"label": "Balance due", "value": "$0.00"}


def test_a_credit_memo_names_its_invoice_and_asks_for_nothing():
    page = text(replace(INVOICE, kind="credit_memo", number="C1001", for_invoice="10001"))
    assert "CREDIT MEMO" in page
    assert "For invoice" in page
    assert "Balance due" not in page


def test_markup_characters_stand_on_the_page_as_they_were_typed():
    typed = r'#sys.inputs $x^2$ @home \ *bold* _it_ <b> [x] `code` // no /* comment */ "16" ~ = - +'
    document = replace(
        INVOICE, lines=[sold(typed, detail="#panic()")], notes="= Not a heading\n#import", bill_to=[typed]
    )
    page = squeezed(text(document))
    assert page.count(squeezed(typed)) == 2
    for expected in ("#panic()", "=Notaheading", "#import"):
        assert expected in page


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80), st.text(max_size=40))
def test_any_text_makes_a_page(description, name):
    document = replace(
        INVOICE, lines=[sold(description)], bill_to=[name], notes=name, company=CompanyHead(name=name)
    )
    assert invoice_pdf(document).startswith(b"%PDF")


@pytest.mark.parametrize("count", [1, 2, 30, 200])
def test_every_line_is_there_and_the_heading_repeats_on_every_page(count):
    lines = [sold(f"Item number {number:03}", detail="With a detail below") for number in range(count)]
    written = pages(replace(INVOICE, lines=lines))
    together = "\n".join(written)
    assert re.findall(r"Item number (\d+)", together) == [f"{number:03}" for number in range(count)]
    for number, page in enumerate(written, start=1):
        assert f"Page {number} of {len(written)}" in page
        if "Item number" in page:
            assert "DESCRIPTION" in page
    assert len(written) > (count == 200) * 4
    assert "Balance due" in written[-1]


def test_a_word_without_a_break_wraps_inside_its_column():
    word = "W" * 300
    page = text(replace(INVOICE, lines=[sold(word, detail=word)], bill_to=[word], notes=word))
    rows = [row for row in map(squeezed, page.splitlines()) if "WW" in row]
    assert "".join(rows).count("W") == 1200
    assert max(row.count("W") for row in rows) <= 54  # as many as fit between the margins
    assert len(rows) > 30


def test_words_that_fit_hold_no_hidden_characters():
    serial = "SN-2104337712-GSXN403610"
    page = text(replace(INVOICE, lines=[sold("Condenser", detail=serial)], po_number="PO-2026-000123"))
    assert serial in page
    assert "PO-2026-000123" in page
    assert "office@example.com" in page
    assert "\u200b" not in page


def test_a_discount_column_appears_only_where_there_is_a_discount():
    assert "DISCOUNT" not in text(INVOICE)
    page = text(replace(INVOICE, lines=[sold(discount=D("5.00")), sold()]))
    assert "DISCOUNT" in page
    assert "-$5.00" in page


def test_untaxed_lines_are_marked_where_something_is_taxed():
    page = text(replace(INVOICE, lines=[sold("Labor", taxable=False), sold("Part")]))
    assert "Labor *" in page
    assert "Part *" not in page
    assert "* Not taxed" in page
    free = replace(INVOICE, lines=[sold("Labor", taxable=False)], taxes=[])
    assert "Not taxed" not in text(free)


def test_a_tax_of_nothing_is_still_shown():
    nothing = replace(INVOICE, taxes=[DocumentTax(name="Exempt", percent=D("0.0000"), amount=D("0.00"))])
    assert "Exempt (0%)" in text(nothing)


def test_what_is_empty_leaves_no_label_behind():
    bare = replace(
        INVOICE, service_address=[""], due_on=None, terms="", po_number="", job_number="", notes=" \n"
    )
    page = text(bare)
    for label in ("SERVICE ADDRESS", "Due\n", "Terms", "PO number", "Job", "NOTES"):
        assert label not in page, label


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_the_logo_is_drawn(kind):
    assert pictures_in(INVOICE) == 0
    assert pictures_in(replace(INVOICE, company=replace(COMPANY, logo=picture(kind)))) == 1


@pytest.mark.parametrize("broken", [b"not a picture", picture()[:40], b"", b"<svg", b"\xff\xd8\xff"])
def test_a_logo_that_is_no_picture_does_not_stop_the_invoice(broken):
    document = replace(INVOICE, company=replace(COMPANY, logo=broken))
    assert "Balance due" in text(document)
    assert pictures_in(document) == 0


def test_the_words_may_be_another_language():
    spanish = replace(
        INVOICE, words=Words(invoice="Factura", balance_due="Saldo", page="Hoja {page} de {pages}")
    )
    page = text(spanish)
    assert "FACTURA" in page
    assert "Saldo" in page
    assert "Hoja 1 de 1" in page


def test_a_page_that_cannot_be_made_says_why(monkeypatch):
    monkeypatch.setattr("billing.pdf._template", lambda name: b"#nothing-like-it()")
    with pytest.raises(PdfFailed, match="nothing-like-it"):
        invoice_pdf(INVOICE)


def test_numbers_are_written_as_the_office_writes_them():
    assert [quantity_text(D(one)) for one in ("1", "2.500", "1200.000", "0.333", "-1")] == [
        *("1", "2.5", "1,200", "0.333", "-1"),
    ]
    assert [price_text(D(one)) for one in ("100", "94.5000", "12.4950", "0.3333", "-89", "1234.5")] == [
        *("$100.00", "$94.50", "$12.495", "$0.3333", "-$89.00", "$1,234.50"),
    ]
    assert day_text(date(2026, 1, 5)) == "Jan 5, 2026"
    assert day_text(None) == ""
