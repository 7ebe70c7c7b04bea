"""Invoices and credits as PDF files, made by Typst."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from fsm.money import format_money

TEMPLATES = Path(__file__).parent / "typst"
ZERO = Decimal("0.00")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"<svg", b"<?xml")


class PdfFailed(Exception):
    """The page could not be made; the message says why in Typst's words."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """Every word of the page that is not data, for a caller who writes another language."""

    invoice: str = "Invoice"
    credit_memo: str = "Credit memo"
    draft: str = "Draft"
    paid: str = "Paid"
    void: str = "Void"
    bill_to: str = "Bill to"
    service_address: str = "Service address"
    date: str = "Date"
    due: str = "Due"
    terms: str = "Terms"
    job: str = "Job"
    po_number: str = "PO number"
    for_invoice: str = "For invoice"
    license: str = "License"
    description: str = "Description"
    quantity: str = "Qty"
    unit_price: str = "Price"
    discount: str = "Discount"
    amount: str = "Amount"
    not_taxed: str = "* Not taxed"
    subtotal: str = "Subtotal"
    total: str = "Total"
    balance_due: str = "Balance due"
    credit: str = "Credit"
    notes: str = "Notes"
    page: str = "Page {page} of {pages}"


@dataclass(frozen=True, kw_only=True)
class CompanyHead:
    """Who sends the page; `logo` is a PNG, JPEG, GIF, WebP or SVG file's content."""

    name: str
    address: Sequence[str] = ()
    phone: str = ""
    email: str = ""
    website: str = ""
    license_number: str = ""
    logo: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class DocumentLine:
    """A line as it was priced; `detail` stands below the description in small letters, `each` is no unit."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    detail: str = ""
    unit: str = ""
    discount: Decimal = ZERO
    taxable: bool = True


@dataclass(frozen=True, kw_only=True)
class DocumentTax:
    """What one rate comes to; shown even at zero."""

    name: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class DocumentPayment:
    """Money received towards the invoice, or a credit applied to it: `Check 204`."""

    label: str
    amount: Decimal
    date: date | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceDocument:
    """All that stands on the page. Amounts arrive computed: the page adds nothing up but the payments."""

    company: CompanyHead
    bill_to: Sequence[str]
    lines: Sequence[DocumentLine]
    subtotal: Decimal
    total: Decimal
    taxes: Sequence[DocumentTax] = ()
    payments: Sequence[DocumentPayment] = ()
    kind: Literal["invoice", "credit_memo"] = "invoice"
    state: Literal["draft", "issued", "void"] = "issued"
    number: str = ""
    issued_on: date | None = None
    due_on: date | None = None
    terms: str = ""
    job_number: str = ""
    po_number: str = ""
    for_invoice: str = ""
    service_address: Sequence[str] = ()
    notes: str = ""
    words: Words = field(default_factory=Words)

    @property
    def balance(self) -> Decimal:
        """What is still owed."""
        return self.total - sum((payment.amount for payment in self.payments), ZERO)

    @property
    def stamp(self) -> Literal["", "draft", "paid", "void"]:
        """What is stamped on the page; an invoice is paid when payments have met a total above zero."""
        if self.state != "issued":
            return self.state
        paid = self.kind == "invoice" and self.total > 0 and self.balance <= 0
        return "paid" if paid else ""


def invoice_pdf(document: InvoiceDocument) -> bytes:
    """The page as a PDF, the same bytes for the same document; PdfFailed when it cannot be made.

    A logo that turns out to be no picture is left out: it must not stop an invoice.
    """
    picture = _picture(document.company.logo)
    try:
        return _compile(document, picture)
    except PdfFailed:
        if not picture:
            raise
        return _compile(document, b"")


def _compile(document: InvoiceDocument, picture: bytes) -> bytes:
    day = document.issued_on or date(2000, 1, 1)
    try:
        return typst.compile(
            _template("invoice.typ"),
            format="pdf",
            ignore_system_fonts=True,
            timestamp=int(datetime.combine(day, time(12), tzinfo=UTC).timestamp()),
            sys_inputs={"document": json.dumps(page_data(document)), "logo": json.dumps(list(picture))},
        )
    except RuntimeError as error:  # TypstError is one, and so is what it raises for a file it cannot read
        raise PdfFailed(str(error)) from error


@cache
def _template(name: str) -> bytes:
    return (TEMPLATES / name).read_bytes()


def _picture(content: bytes | None) -> bytes:
    """The logo when it begins as a picture does, else nothing."""
    start = (content or b"").lstrip(b"\xef\xbb\xbf \t\r\n")
    known = start.startswith(PICTURES) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
    return content if content and known else b""


# What the template receives: finished words, in their order ------------------------------------------


def page_data(document: InvoiceDocument) -> dict[str, Any]:
    """The page as plain JSON: every amount, date and label written out, empty ones left away."""
    words = document.words
    kind_word = words.invoice if document.kind == "invoice" else words.credit_memo
    discounted = any(line.discount for line in document.lines)
    taxed = any(tax.percent for tax in document.taxes)
    untaxed = taxed and any(not line.taxable for line in document.lines)
    head = document.company
    return {
        "company": {"name": _plain(head.name), "lines": _texts(_company_lines(head, words))},
        "words": asdict(words),
        "title": _plain(f"{kind_word} {document.number}".strip()),
        "kind_word": kind_word,
        "number": _plain(document.number),
        "stamp": document.stamp,
        "stamp_word": {"draft": words.draft, "paid": words.paid, "void": words.void}.get(document.stamp, ""),
        "parties": [
            {"label": label, "lines": _texts(lines)}
            for label, lines in (
                (words.bill_to, document.bill_to),
                (words.service_address, document.service_address),
            )
            if _texts(lines)
        ],
        "facts": _facts(document, words),
        "columns": [
            words.description,
            words.quantity,
            words.unit_price,
            *([words.discount] if discounted else []),
            words.amount,
        ],
        "lines": [_line(line, discounted=discounted, mark=untaxed) for line in document.lines],
        "legend": words.not_taxed if untaxed else "",
        "sums": _sums(document, words),
        "balance": _balance(document, words),
        "notes": [_plain(note) for note in document.notes.splitlines() if note.strip()],
        "footer": " · ".join(_texts([head.name, head.phone, head.email, head.website])),
    }


def _company_lines(head: CompanyHead, words: Words) -> list[str]:
    reach = " · ".join(part for part in (head.phone, head.email) if part)
    licensed = f"{words.license} {head.license_number}" if head.license_number else ""
    return [*head.address, reach, head.website, licensed]


def _facts(document: InvoiceDocument, words: Words) -> list[dict[str, str]]:
    facts = (
        (words.date, day_text(document.issued_on)),
        (words.due, day_text(document.due_on)),
        (words.terms, document.terms),
        (words.job, document.job_number),
        (words.po_number, document.po_number),
        (words.for_invoice, document.for_invoice),
    )
    return [{"label": label, "value": _plain(value)} for label, value in facts if value]


def _line(line: DocumentLine, *, discounted: bool, mark: bool) -> dict[str, Any]:
    star = " *" if mark and not line.taxable else ""
    unit = "" if line.unit == "each" else line.unit
    quantity = " ".join(_texts([quantity_text(line.quantity), unit]))
    discount = format_money(-line.discount) if line.discount else ""
    return {
        "description": _plain(line.description) + star,
        "detail": _plain(line.detail),
        "cells": [
            quantity,
            price_text(line.unit_price),
            *([discount] if discounted else []),
            format_money(line.amount),
        ],
    }


def _sums(document: InvoiceDocument, words: Words) -> list[dict[str, Any]]:
    rows = [(words.subtotal, document.subtotal, False)]
    rows += [(f"{tax.name} ({quantity_text(tax.percent)}%)", tax.amount, False) for tax in document.taxes]
    rows.append((words.total, document.total, True))
    for payment in document.payments:
        when = f", {day_text(payment.date)}" if payment.date else ""
        rows.append((f"{payment.label}{when}", -payment.amount, False))
    return [
        {"label": _plain(label), "value": format_money(value), "strong": strong}
        for label, value, strong in rows
    ]


def _balance(document: InvoiceDocument, words: Words) -> Mapping[str, str]:
    if document.kind == "credit_memo":
        return {"label": words.credit, "value": format_money(abs(document.total))}
    owed = ZERO if document.state == "void" else document.balance
    return {"label": words.balance_due, "value": format_money(owed)}


def day_text(day: date | None) -> str:
    """`Nov 20, 2026`, or nothing."""
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}" if day else ""


def quantity_text(value: Decimal) -> str:
    """`2`, `2.5`, `1,200`: no zeros that say nothing."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_text(value: Decimal) -> str:
    """Dollars with two places, or with up to four where the price has them."""
    whole, _, places = f"{abs(value):,f}".partition(".")
    return f"{'-' if value < 0 else ''}${whole}.{places.rstrip('0'):0<2}"


def _texts(lines: Sequence[str]) -> list[str]:
    return [text for text in map(_plain, lines) if text]


def _plain(text: str) -> str:
    """One line without control characters, which no font draws."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
