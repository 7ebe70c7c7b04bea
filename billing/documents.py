"""Invoices and credits as the page that the customer gets."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext as _

from fsm.company import the_company
from fsm.models import Company

from .models import CreditMemo, Invoice
from .pdf import CompanyHead, DocumentLine, DocumentPayment, DocumentTax, InvoiceDocument, Words
from .states import InvoiceState

STAMPS: dict[str, Literal["draft", "issued", "void"]] = {
    InvoiceState.DRAFT: "draft",
    InvoiceState.VOID: "void",
}


def invoice_document(invoice: Invoice, *, with_payments: bool) -> InvoiceDocument:
    """All that stands on an invoice's page, as issued or with the payments received since."""
    company = the_company()
    return InvoiceDocument(
        company=company_head(company),
        kind="invoice",
        state=STAMPS.get(invoice.state, "issued"),
        number=invoice.number or "",
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        terms=invoice.get_terms_display(),
        job_number=invoice.job.number,
        po_number=invoice.po_number,
        bill_to=bill_to_lines(invoice),
        service_address=service_lines(invoice),
        lines=document_lines(invoice),
        subtotal=invoice.subtotal,
        taxes=document_taxes(invoice),
        total=invoice.total,
        payments=_payments(invoice) if with_payments else (),
        notes="\n".join(
            note for note in (invoice.tax_exempt_reason, invoice.note, company.invoice_note) if note
        ),
        words=words(),
    )


def credit_document(credit: CreditMemo) -> InvoiceDocument:
    """All that stands on a credit memo's page: the invoice's lines, given back."""
    invoice = credit.invoice
    return InvoiceDocument(
        company=company_head(the_company()),
        kind="credit_memo",
        number=credit.number,
        issued_on=credit.issued_on,
        for_invoice=invoice.number or "",
        job_number=invoice.job.number,
        bill_to=bill_to_lines(invoice),
        service_address=service_lines(invoice),
        lines=document_lines(invoice),
        subtotal=credit.subtotal,
        taxes=document_taxes(invoice),
        total=credit.total,
        notes=credit.reason,
        words=words(),
    )


def bill_to_lines(invoice: Invoice) -> list[str]:
    """Name and address as frozen at issue, or as they stand for a draft."""
    if invoice.bill_to_name:
        return [invoice.bill_to_name, *invoice.bill_to_address.splitlines()]
    customer = invoice.customer
    return [customer.name, *(customer.billing_lines or invoice.job.site.lines)]


def service_lines(invoice: Invoice) -> list[str]:
    """Where the work was done, as frozen at issue, or as it stands for a draft."""
    return invoice.service_address.splitlines() or invoice.job.site.lines


def document_lines(invoice: Invoice) -> list[DocumentLine]:
    """The invoice's lines, in their order."""
    return [
        DocumentLine(
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line.amount,
            unit=line.item.unit if line.item else "",
            taxable=line.is_taxable,
        )
        for line in invoice.lines.select_related("item")
    ]


def document_taxes(invoice: Invoice) -> list[DocumentTax]:
    """What each rate came to."""
    return [
        DocumentTax(name=tax.name, percent=tax.percent, amount=tax.amount)
        for tax in invoice.taxes.order_by("pk")
    ]


def company_head(company: Company) -> CompanyHead:
    """The company as the head of a page; a logo whose file is gone is left out."""
    logo = None
    if company.logo.name and company.logo.storage.exists(company.logo.name):
        with company.logo.open("rb") as file:
            logo = file.read()
    return CompanyHead(
        name=company.legal_name or company.name,
        address=company.address_lines,
        phone=company.phone,
        email=company.email,
        website=company.website,
        license_number=company.license_number,
        logo=logo,
    )


def words() -> Words:
    """The page's words in the language in force."""
    return Words(
        invoice=_("Invoice"),
        credit_memo=_("Credit memo"),
        draft=_("Draft"),
        paid=_("Paid"),
        void=_("Void"),
        bill_to=_("Bill to"),
        service_address=_("Service address"),
        date=_("Date"),
        due=_("Due"),
        terms=_("Terms"),
        job=_("Job"),
        po_number=_("PO number"),
        for_invoice=_("For invoice"),
        license=_("License"),
        description=_("Description"),
        quantity=_("Qty"),
        unit_price=_("Price"),
        discount=_("Discount"),
        amount=_("Amount"),
        not_taxed=_("* Not taxed"),
        subtotal=_("Subtotal"),
        total=_("Total"),
        balance_due=_("Balance due"),
        credit=_("Credit"),
        notes=_("Notes"),
        page=_("Page {page} of {pages}"),
    )


def _payments(invoice: Invoice) -> list[DocumentPayment]:
    allocations = invoice.allocations.filter(is_undone=False).select_related("payment").order_by("pk")
    return [
        DocumentPayment(
            label=" ".join(
                part for part in (row.payment.get_method_display(), row.payment.reference) if part
            ),
            amount=row.amount,
            date=row.payment.received_on,
        )
        for row in allocations
    ]
