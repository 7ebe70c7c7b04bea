"""A draft can be changed, and its lines; an issued invoice cannot."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Terms
from fsm.attribution import rooted
from fsm.company import the_company
from fsm.models import User
from fsm.money import format_money
from fsm.permissions import May, allowed
from fsm.states import NotPossible

from ..models import Invoice, InvoiceLine, ItemKind, PriceItem
from .locks import locked_draft
from .totals import line_amount, recompute

HUNDRED = Decimal(100)
LARGEST = Decimal(1_000_000)
PO_LENGTH = 25  # what QuickBooks Desktop takes


@transaction.atomic
def add_invoice_line(
    invoice_id: int,
    *,
    version: int,
    quantity: Decimal,
    now: datetime,
    by: User,
    item_id: int | None = None,
    description: str = "",
    unit_price: Decimal | None = None,
) -> Invoice:
    """Add a line from the price book, or a free one with its own words and price."""
    invoice = locked_draft(invoice_id, version)
    item = PriceItem.objects.filter(pk=item_id, is_active=True).first() if item_id else None
    words = description.strip()[:200]
    if item is None and not words:
        raise NotPossible(_("Choose an item of the price book, or describe the line."), field="description")
    price = item.price if item and unit_price is None else unit_price
    if price is None:
        raise NotPossible(_("Enter a price."), field="unit_price")
    _check_numbers(quantity, price)
    _check_book(price, item.price if item else None, by)
    with rooted("job", invoice.job.uuid):
        last = invoice.lines.order_by("-position").values_list("position", flat=True).first() or 0
        InvoiceLine.objects.create(
            invoice=invoice,
            position=last + 1,
            kind=item.kind if item else ItemKind.FEE,
            item=item,
            description=words or (item.name if item else ""),
            quantity=quantity,
            unit_price=price,
            book_price=item.price if item else None,
            amount=line_amount(quantity, price),
            is_taxable=item.is_taxable if item else True,
            income_account=item.income_account if item else "Service Income",
        )
        return recompute(invoice, now)


@transaction.atomic
def edit_invoice_line(
    line_id: int,
    *,
    version: int,
    quantity: Decimal,
    unit_price: Decimal,
    description: str,
    now: datetime,
    by: User,
) -> Invoice:
    """Change a draft's line. A price farther from the book than the company's limit needs a manager.

    A line that waited for a price has one now.
    """
    invoice, line = _draft_and_line(line_id, version)
    _check_numbers(quantity, unit_price)
    _check_book(unit_price, line.book_price, by)
    with rooted("job", invoice.job.uuid):
        line.quantity, line.unit_price = quantity, unit_price
        line.description = description.strip()[:200] or line.description
        line.amount, line.needs_price = line_amount(quantity, unit_price), False
        line.save(update_fields=["quantity", "unit_price", "description", "amount", "needs_price"])
        return recompute(invoice, now)


@transaction.atomic
def remove_invoice_line(line_id: int, *, version: int, now: datetime) -> Invoice:
    """Take a line off a draft."""
    invoice, line = _draft_and_line(line_id, version)
    with rooted("job", invoice.job.uuid):
        line.delete()
        return recompute(invoice, now)


@transaction.atomic
def edit_draft(
    invoice_id: int, *, version: int, terms: str, po_number: str, note: str, now: datetime
) -> Invoice:
    """Change a draft's terms, PO number and note."""
    invoice = locked_draft(invoice_id, version)
    if terms not in Terms.values:
        raise NotPossible(_("“%(terms)s” are not terms we know.") % {"terms": terms}, field="terms")
    if len(po_number) > PO_LENGTH:
        raise NotPossible(
            _("QuickBooks takes a PO number of at most %(most)s characters.") % {"most": PO_LENGTH},
            field="po_number",
        )
    with rooted("job", invoice.job.uuid):
        invoice.terms, invoice.po_number, invoice.note = terms, po_number.strip(), note.strip()
        invoice.save(update_fields=["terms", "po_number", "note"])
        return recompute(invoice, now)


def _draft_and_line(line_id: int, version: int) -> tuple[Invoice, InvoiceLine]:
    """The draft, locked, and its line; refuses a line that somebody took off in the meantime."""
    invoice_id = InvoiceLine.objects.filter(pk=line_id).values_list("invoice_id", flat=True).first()
    invoice = locked_draft(invoice_id, version) if invoice_id else None
    line = invoice.lines.filter(pk=line_id).first() if invoice else None
    if invoice is None or line is None:
        raise NotPossible(_("This line is not on the draft any more. Look at it again."))
    return invoice, line


def _check_book(price: Decimal, book: Decimal | None, by: User) -> None:
    """Refuse a price farther from the book than the limit to those who may not adjust invoices."""
    if book is None or allowed(by, May.ADJUST_INVOICES):
        return
    limit = the_company().price_approval_percent
    if abs(price - book) * HUNDRED > limit * book:
        raise NotPossible(
            _("%(price)s is more than %(limit)s %% away from the book's %(book)s. Ask a manager.")
            % {
                "price": format_money(price),
                "book": format_money(book),
                "limit": f"{limit.normalize():f}",
            },
            field="unit_price",
        )


def _check_numbers(quantity: Decimal, price: Decimal) -> None:
    if not 0 < quantity < LARGEST:
        raise NotPossible(_("The quantity must be more than zero. Nothing was saved."), field="quantity")
    if not 0 <= price < LARGEST:
        raise NotPossible(_("A price cannot be negative. Nothing was saved."), field="unit_price")
    if quantity * price >= LARGEST * 10:
        raise NotPossible(_("This line comes to more than we believe. Nothing was saved."), field="quantity")
