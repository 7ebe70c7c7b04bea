"""Our documents as QuickBooks Desktop's file wants them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, prefetch_related_objects

from customers.models import Customer, ExternalId, MergedRow

from ..models import (
    CreditMemo,
    Invoice,
    InvoiceLine,
    ItemKind,
    Payment,
    QuickBooksBatch,
    TaxRate,
)
from .iif import (
    CompanyBooks,
    IifAccount,
    IifBatch,
    IifCreditMemo,
    IifCustomer,
    IifInvoice,
    IifItem,
    IifLine,
    IifPayment,
    IifTax,
    ItemType,
)
from .iif_layout import NAME, PO_NUMBER, plain

DESKTOP = "quickbooks_desktop"
TYPES: dict[str, ItemType] = {
    ItemKind.LABOR: "SERV",
    ItemKind.PART: "PART",
    ItemKind.REFRIGERANT: "PART",
    ItemKind.FEE: "SERV",
}
# Lines that are not from the price book go out under one item a kind.
FREE_ITEMS = {
    ItemKind.LABOR: "Other labor",
    ItemKind.PART: "Other part",
    ItemKind.REFRIGERANT: "Other refrigerant",
    ItemKind.FEE: "Other charge",
}


@dataclass
class Documents:
    """What goes into one file, fetched with what the file says of it."""

    invoices: Sequence[Invoice] = ()
    credits: Sequence[CreditMemo] = ()
    payments: Sequence[Payment] = ()

    def __bool__(self) -> bool:
        return bool(self.invoices or self.credits or self.payments)

    @property
    def customers(self) -> list[Customer]:
        """Everybody named, each once."""
        named = {
            customer.pk: customer
            for customer in (
                *(invoice.customer for invoice in self.invoices),
                *(credit.invoice.customer for credit in self.credits),
                *(payment.customer for payment in self.payments),
            )
        }
        return sorted(named.values(), key=lambda customer: customer.pk)


@dataclass
class Mapped:
    """The file's content, and the names of the customers that it introduces."""

    batch: IifBatch
    listed: dict[str, str] = field(default_factory=dict)


def fetch_documents(
    invoice_ids: Iterable[int], credit_ids: Iterable[int], payment_ids: Iterable[int]
) -> Documents:
    """The documents with lines, taxes, customers and allocations: a constant number of queries."""
    about = ("customer", "job__site")
    invoices = Invoice.objects.filter(pk__in=list(invoice_ids)).select_related(*about)
    credits = CreditMemo.objects.filter(pk__in=list(credit_ids)).select_related(
        *(f"invoice__{name}" for name in about)
    )
    payments = Payment.objects.filter(pk__in=list(payment_ids)).select_related("customer", "job")
    inside = ("lines__item", "taxes__rate")
    return Documents(
        list(invoices.order_by("pk").prefetch_related(*inside)),
        list(credits.order_by("pk").prefetch_related(*(f"invoice__{name}" for name in inside))),
        list(payments.order_by("pk").prefetch_related("allocations__invoice")),
    )


def to_iif(documents: Documents) -> Mapped:
    """The whole file: only customers that QuickBooks lacks are listed, for listing one overwrites it."""
    rates = list(TaxRate.objects.order_by("pk"))
    names, fresh = customer_names(documents.customers)
    prefetch_related_objects(fresh, "contacts__phones", "contacts__emails")
    sales = [*documents.invoices, *(credit.invoice for credit in documents.credits)]
    items: dict[str, IifItem] = {}
    accounts: dict[str, IifAccount] = {}
    for invoice in sales:
        for line in invoice.lines.all():
            items.setdefault(item_name_of(line), _item(line))
            accounts.setdefault(line.income_account, IifAccount(name=line.income_account, type="INC"))
    books = CompanyBooks(collects_tax=bool(rates))
    taxes = {invoice.pk: _tax(invoice, rates) for invoice in sales}
    for tax in filter(None, taxes.values()):
        items.setdefault(
            tax.item,
            IifItem(
                name=tax.item,
                type="COMPTAX",
                account=books.tax_payable,
                percent=tax.percent,
                agency=tax.agency,
            ),
        )
    batch = IifBatch(
        books=books,
        accounts=list(accounts.values()),
        items=list(items.values()),
        customers=[_customer(customer, names[customer.pk]) for customer in fresh],
        invoices=[_invoice(row, names, taxes[row.pk]) for row in documents.invoices],
        credit_memos=[_credit(row, names, taxes[row.invoice_id]) for row in documents.credits],
        payments=[_payment(row, names) for row in documents.payments],
    )
    return Mapped(batch, {str(customer.uuid): names[customer.pk] for customer in fresh})


def customer_names(customers: Sequence[Customer]) -> tuple[dict[int, str], list[Customer]]:
    """Each customer's exact name in QuickBooks, and those that it does not have yet.

    A customer that came from QuickBooks keeps the name it has there, one that an earlier file introduced the
    name it was given; a new one whose name is taken or too long gets its number behind it.
    """
    external = ExternalId.objects.filter(system=DESKTOP, customer__isnull=False).exclude(name="")
    # Of two names that a merge brought together, the survivor's own is the one.
    came = MergedRow.objects.filter(
        model="customers.externalid", key=OuterRef("pk"), merge__undone_at__isnull=True
    )
    ranked = external.annotate(came=Exists(came)).order_by("-came", "-pk")
    imported = dict(ranked.values_list("customer_id", "name"))
    introduced: dict[str, str] = {}
    batches = QuickBooksBatch.objects.standing().order_by("pk")
    for listed in batches.values_list("manifest__listed", flat=True):
        introduced |= listed or {}
    merged: dict[int, list[str]] = {}
    tombstones = Customer.objects.filter(merged_into__in=customers).order_by("pk")
    for survivor, unique in tombstones.values_list("merged_into_id", "uuid"):
        merged.setdefault(survivor, []).append(str(unique))
    names: dict[int, str] = {}
    fresh: list[Customer] = []
    taken = {plain(name).casefold() for name in (*imported.values(), *introduced.values())}
    for customer in customers:
        known = (
            imported.get(customer.pk)
            or introduced.get(str(customer.uuid))
            or next((introduced[old] for old in merged.get(customer.pk, ()) if old in introduced), None)
        )
        if known is None:
            known = plain(customer.name.replace(":", " "))
            if len(known) > NAME or known.casefold() in taken:
                known = f"{known[: NAME - len(customer.number) - 1].rstrip()} {customer.number}"
            taken.add(known.casefold())
            fresh.append(customer)
        names[customer.pk] = known
    return names, fresh


def item_name_of(line: InvoiceLine) -> str:
    """The item's name in QuickBooks: its code in the book, or one for all free lines of its kind."""
    return line.item.code if line.item else FREE_ITEMS[ItemKind(line.kind)]


def _item(line: InvoiceLine) -> IifItem:
    if line.item is None:
        return IifItem(
            name=item_name_of(line), type=TYPES[line.kind], account=line.income_account, taxable=True
        )
    return IifItem(
        name=line.item.code,
        type=TYPES[line.item.kind],
        account=line.income_account,
        description=line.item.name,
        price=line.item.price,
        taxable=line.item.is_taxable,
    )


def _lines(invoice: Invoice) -> list[IifLine]:
    """An untaxed document's lines are untaxed, whatever the book says of their items."""
    taxed = bool(invoice.taxes.all())
    return [
        IifLine(
            item=item_name_of(line),
            account=line.income_account,
            quantity=line.quantity,
            price=line.unit_price,
            amount=line.amount,
            description=line.description,
            taxable=line.is_taxable and taxed,
        )
        for line in invoice.lines.all()
    ]


def _tax(invoice: Invoice, rates: Sequence[TaxRate]) -> IifTax | None:
    """The document's tax as it was issued; an untaxed one still names a rate, at nothing."""
    for tax in invoice.taxes.all():
        return IifTax(
            item=tax.rate.quickbooks_item, agency=tax.rate.agency, percent=tax.percent, amount=tax.amount
        )
    site = invoice.job.site
    near = sorted(rates, key=lambda rate: (rate.state != site.state, not rate.is_active, rate.pk))
    for rate in near:
        return IifTax(
            item=rate.quickbooks_item,
            agency=rate.agency,
            percent=rate.percent,
            amount=invoice.tax,
        )
    return None


def _shared(invoice: Invoice, names: dict[int, str], tax: IifTax | None) -> dict[str, Any]:
    return {
        "customer": names[invoice.customer_id],
        "lines": _lines(invoice),
        "tax": tax,
        "bill_to": [invoice.bill_to_name, *invoice.bill_to_address.splitlines()],
        "customer_taxable": bool(invoice.taxes.all()),
    }


def _invoice(invoice: Invoice, names: dict[int, str], tax: IifTax | None) -> IifInvoice:
    po_number = f", PO {invoice.po_number}" if len(invoice.po_number) > PO_NUMBER else ""
    assert invoice.issued_on is not None  # noqa: S101 (a constraint says so of every issued invoice)
    return IifInvoice(
        number=invoice.number or "",
        date=invoice.issued_on,
        due=invoice.due_on,
        terms=invoice.terms,
        po_number=plain(invoice.po_number)[:PO_NUMBER].strip(),
        memo=f"Job {invoice.job.number}{po_number}",
        **_shared(invoice, names, tax),
    )


def _credit(credit: CreditMemo, names: dict[int, str], tax: IifTax | None) -> IifCreditMemo:
    return IifCreditMemo(
        number=credit.number,
        date=credit.issued_on,
        memo=f"Credit for invoice {credit.invoice.number}: {credit.reason}",
        **_shared(credit.invoice, names, tax),
    )


def _payment(payment: Payment, names: dict[int, str]) -> IifPayment:
    standing = [row for row in payment.allocations.all() if not row.is_undone]
    return IifPayment(
        number=payment.number,
        customer=names[payment.customer_id],
        date=payment.received_on,
        amount=payment.amount,
        method=payment.method.capitalize(),
        reference=payment.reference,
        for_invoices=[str(row.invoice.number) for row in standing],
    )


def _customer(customer: Customer, name: str) -> IifCustomer:
    contacts = [contact for contact in customer.contacts.all() if contact.is_active]
    contact = contacts[0] if contacts else None
    phones = [phone.e164 for phone in contact.phones.all()] if contact else []
    emails = [email.address for email in contact.emails.all()] if contact else []
    return IifCustomer(
        name=name,
        bill_to=[customer.name, *customer.billing_lines],
        phone=phones[0] if phones else "",
        other_phone=phones[1] if len(phones) > 1 else "",
        email=emails[0] if emails else "",
        contact=contact.name if contact else "",
        terms=customer.terms,
        taxable=customer.is_taxable,
        company=customer.company_name,
        first_name=customer.first_name,
        last_name=customer.last_name,
    )
