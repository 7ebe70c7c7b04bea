"""A draft can be changed, and its lines; an issued invoice cannot."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Terms
from fsm.attribution import rooted
from fsm.clock import now as clock_now
from fsm.company import the_company
from fsm.models import Review, User
from fsm.money import format_money
from fsm.permissions import May, allowed
from fsm.references import Reference
from fsm.reviews import ask_for_review, reviewable
from fsm.states import NotPossible, Stale

from ..models import Invoice, InvoiceLine, ItemKind, PriceItem
from ..states import InvoiceState
from .locks import PRICE_REVIEW, locked_draft, locked_invoice, withdraw_proposals
from .totals import line_amount, recompute

HUNDRED = Decimal(100)
LARGEST = Decimal(1_000_000)
PRICE_LIMIT = timedelta(days=1)
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
    """Change a draft's line. A price farther from the book than the company's limit waits for a manager: the
    rest is changed, the price stays until somebody approves the proposal.

    A line that waited for a price has one now.
    """
    invoice, line = _draft_and_line(line_id, version)
    _check_numbers(quantity, unit_price)
    with rooted("job", invoice.job.uuid):
        waits = unit_price != line.unit_price and _is_far(unit_price, line.book_price, by)
        if waits:
            propose_price(invoice, line, unit_price, now)
            unit_price = line.unit_price
        elif unit_price != line.unit_price:
            words = _("The line has another price now: %(price)s.") % {"price": format_money(unit_price)}
            withdraw_price(invoice, line, words, now)
        line.quantity, line.unit_price, line.needs_price = quantity, unit_price, line.needs_price and waits
        line.description = description.strip()[:200] or line.description
        line.amount = line_amount(quantity, unit_price)
        line.save(update_fields=["quantity", "unit_price", "description", "amount", "needs_price"])
        return recompute(invoice, now)


@transaction.atomic
def remove_invoice_line(line_id: int, *, version: int, now: datetime) -> Invoice:
    """Take a line off a draft."""
    invoice, line = _draft_and_line(line_id, version)
    with rooted("job", invoice.job.uuid):
        withdraw_price(invoice, line, _("The line was taken off the draft."), now)
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


def propose_price(invoice: Invoice, line: InvoiceLine, price: Decimal, now: datetime) -> Review:
    """Ask a manager for a price far from the book; the draft cannot be issued while it waits."""
    book = format_money(line.book_price or Decimal(0))
    return ask_for_review(
        kind=PRICE_REVIEW,
        subject=Reference("invoice", invoice.uuid),
        subject_label=str(invoice),
        title=_("%(price)s instead of %(now)s for “%(line)s”")
        % {"price": format_money(price), "now": format_money(line.unit_price), "line": line.description},
        before={_("Price"): format_money(line.unit_price), _("Price book"): book},
        after={_("Price"): format_money(price), _("Price book"): book},
        payload={"line_id": line.pk, "was": str(line.unit_price), "price": str(price)},
        limit=PRICE_LIMIT,
        now=now,
        branch_id=invoice.branch_id,
        key=_price_key(line),
    )


def withdraw_price(invoice: Invoice, line: InvoiceLine, because: str, now: datetime) -> None:
    """Take back the price that waits for a line, if one does, saying why."""
    withdraw_proposals(invoice, because, now, key=_price_key(line))


def _price_key(line: InvoiceLine) -> str:
    return f"{PRICE_REVIEW}:{line.pk}"


def lock_reviewed_invoice(review: Review) -> None:
    """Lock the invoice that a proposal is about, before the proposal."""
    locked_invoice_of(review)


@reviewable(
    PRICE_REVIEW,
    label=gettext_lazy("Price on a draft"),
    decide=May.ADJUST_INVOICES,
    lock=lock_reviewed_invoice,
)
def set_proposed_price(review: Review) -> None:
    """Give the line the proposed price; refuses where the draft, the line or its price has changed."""
    wanted, was = Decimal(review.payload["price"]), Decimal(review.payload["was"])
    invoice = locked_invoice_of(review)
    line = invoice.lines.filter(pk=review.payload["line_id"]).first() if invoice else None
    if invoice is None or line is None or invoice.state != InvoiceState.DRAFT:
        raise NotPossible(_("This line is not on a draft any more. Reject the proposal."))
    if line.unit_price != was:
        raise Stale(
            _("The price has changed since this was proposed. Reject it and have it proposed again."),
            theirs={_("Price then"): format_money(was), _("Price now"): format_money(line.unit_price)},
        )
    with rooted("job", invoice.job.uuid):
        line.unit_price, line.needs_price = wanted, False
        line.amount = line_amount(line.quantity, wanted)
        line.save(update_fields=["unit_price", "needs_price", "amount"])
        recompute(invoice, clock_now())


def locked_invoice_of(review: Review) -> Invoice | None:
    """The invoice that a proposal is about, locked; nothing where the draft was discarded."""
    found = Invoice.objects.filter(uuid=review.subject_uuid).values_list("pk", flat=True).first()
    return locked_invoice(found) if found else None


def _is_far(price: Decimal, book: Decimal | None, by: User) -> bool:
    """Whether a price is farther from the book than those may go who may not adjust invoices."""
    if book is None or allowed(by, May.ADJUST_INVOICES):
        return False
    return abs(price - book) * HUNDRED > the_company().price_approval_percent * book


def _check_book(price: Decimal, book: Decimal | None, by: User) -> None:
    """Refuse a new line with a price farther from the book than the limit."""
    if book is not None and _is_far(price, book, by):
        limit = the_company().price_approval_percent
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
