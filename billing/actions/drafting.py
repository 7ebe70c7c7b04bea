"""A completed job becomes a draft invoice, and a draft can be changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from dispatch.models import Assignment, Job, PartUse
from equipment.models import OUNCES_IN_POUND, RefrigerantRecord
from fsm.attribution import rooted
from fsm.clock import today_in
from fsm.history import insert_with_history
from fsm.models import User
from fsm.permissions import May, allowed
from fsm.states import NotPossible, Stale

from .. import pricing
from ..models import (
    Invoice,
    InvoiceLine,
    InvoiceTax,
    ItemKind,
    JobTypePrice,
    PriceBasis,
    PriceItem,
    TaxRate,
)
from ..states import InvoiceState

QUARTER_HOUR = Decimal("0.25")
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Wanted:
    """A line that the job asks for; `origin` says where it comes from, so that drafting again finds it."""

    origin: str
    kind: str
    description: str
    quantity: Decimal
    item: PriceItem | None
    price: Decimal


@transaction.atomic
def draft_invoice(job_id: int, *, now: datetime) -> Invoice:
    """The job's draft: labor, parts and refrigerant at today's prices. Drafting again brings it up to date.

    What an issued invoice of the job already bills is left out, lines that the office added stay.
    """
    job = Job.objects.select_related("customer", "bill_to", "site", "job_type").get(pk=job_id)
    with rooted("job", job.uuid):
        invoice = (
            Invoice.objects.select_for_update(no_key=True).filter(job=job, state=InvoiceState.DRAFT).first()
        )
        if invoice is None:
            payer = job.bill_to
            invoice = Invoice.objects.create(
                job=job,
                customer=payer,
                branch_id=job.branch_id,
                terms=payer.terms,
                po_number=job.po_number,
            )
        _bring_up_to_date(invoice, _wanted(job, now))
        return _priced(invoice, now)


@transaction.atomic
def add_line(
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
    if item is None and (unit_price is None or not description.strip()):
        raise NotPossible(
            _("Choose an item from the price book, or give a description and a price."), field="item"
        )
    price = item.price if item and unit_price is None else unit_price
    if price is None:
        raise NotPossible(_("Enter a price."), field="unit_price")
    _check_price(price, item.price if item else None, by)
    _check_quantity(quantity)
    with rooted("job", invoice.job.uuid):
        last = invoice.lines.order_by("-position").values_list("position", flat=True).first() or 0
        InvoiceLine.objects.create(
            invoice=invoice,
            position=last + 1,
            kind=item.kind if item else ItemKind.FEE,
            item=item,
            description=description.strip()[:200] or (item.name if item else ""),
            quantity=quantity,
            unit_price=price,
            book_price=item.price if item else None,
            amount=_amount(quantity, price),
            is_taxable=item.is_taxable if item else True,
            income_account=item.income_account if item else "Service Income",
        )
        return _priced(invoice, now)


@transaction.atomic
def edit_line(
    line_id: int,
    *,
    version: int,
    quantity: Decimal,
    unit_price: Decimal,
    description: str,
    now: datetime,
    by: User,
) -> Invoice:
    """Change a draft's line. A price farther from the book than the company's limit needs a manager."""
    invoice = locked_draft(InvoiceLine.objects.values_list("invoice_id", flat=True).get(pk=line_id), version)
    line = invoice.lines.select_for_update(no_key=True).get(pk=line_id)
    _check_price(unit_price, line.book_price, by)
    _check_quantity(quantity)
    with rooted("job", invoice.job.uuid):
        line.quantity, line.unit_price = quantity, unit_price
        line.description = description.strip()[:200] or line.description
        line.amount = _amount(quantity, unit_price)
        line.save(update_fields=["quantity", "unit_price", "description", "amount"])
        return _priced(invoice, now)


@transaction.atomic
def remove_line(line_id: int, *, version: int, now: datetime) -> Invoice:
    """Take a line off a draft."""
    invoice = locked_draft(InvoiceLine.objects.values_list("invoice_id", flat=True).get(pk=line_id), version)
    with rooted("job", invoice.job.uuid):
        invoice.lines.get(pk=line_id).delete()
        return _priced(invoice, now)


@transaction.atomic
def edit_draft(
    invoice_id: int, *, version: int, terms: str, po_number: str, note: str, now: datetime
) -> Invoice:
    """Change a draft's terms, PO number and note."""
    invoice = locked_draft(invoice_id, version)
    with rooted("job", invoice.job.uuid):
        invoice.terms, invoice.po_number, invoice.note = terms, po_number, note
        invoice.save(update_fields=["terms", "po_number", "note"])
        return _priced(invoice, now)


def locked_draft(invoice_id: int, version: int | None) -> Invoice:
    """The draft with its job, locked; refuses an issued invoice and an older version."""
    invoice = (
        Invoice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("job", "customer")
        .get(pk=invoice_id)
    )
    if invoice.state != InvoiceState.DRAFT:
        raise NotPossible(
            _("Invoice %(number)s is %(state)s and stays as it is. Credit it and issue a new one.")
            % {"number": invoice, "state": invoice.get_state_display().lower()}
        )
    if version is not None and invoice.version != version:
        raise Stale(
            _("Somebody changed this draft in the meantime. Your change was not saved; look at it again."),
            theirs={"total": invoice.total, "version": invoice.version},
        )
    return invoice


def recompute(invoice: Invoice, now: datetime) -> Invoice:
    """Price a locked draft again from its lines and the tax of the day."""
    return _priced(invoice, now)


def _wanted(job: Job, now: datetime) -> list[Wanted]:
    del now
    billed = set(
        InvoiceLine.objects.filter(
            invoice__job=job, invoice__state__in=[InvoiceState.ISSUED, InvoiceState.WRITTEN_OFF]
        ).values_list("origin", flat=True)
    )
    wanted = [*_labor(job), *_parts(job), *_refrigerant(job)]
    return [line for line in wanted if line.origin not in billed]


def _labor(job: Job) -> Iterable[Wanted]:
    hours = hours_on_site(Assignment.objects.filter(visit__job=job))
    for price in JobTypePrice.objects.filter(job_type=job.job_type).select_related("item").order_by("pk"):
        quantity = max(price.least, hours) if price.basis == PriceBasis.HOURS else price.least
        yield Wanted(
            f"type:{price.pk}", price.item.kind, price.item.name, quantity, price.item, price.item.price
        )


def _parts(job: Job) -> Iterable[Wanted]:
    uses = list(
        PartUse.objects.filter(job=job, is_removed=False).select_related("part").order_by("said_at", "pk")
    )
    book = {
        item.part_id: item
        for item in PriceItem.objects.filter(part__in={use.part_id for use in uses}, is_active=True)
    }
    for use in uses:
        item = book.get(use.part_id)
        name = item.name if item else _("%(part)s (no price in the book)") % {"part": use.part.name}
        yield Wanted(
            f"part:{use.uuid}", ItemKind.PART, name, use.quantity, item, item.price if item else use.part.cost
        )


def _refrigerant(job: Job) -> Iterable[Wanted]:
    records = (
        RefrigerantRecord.objects.in_force()
        .filter(work_kind="visit", work_uuid__in=job.visits.values("uuid"), kind="added")
        .select_related("circuit__refrigerant")
        .order_by("happened_at", "pk")
    )
    book = {
        item.refrigerant_id: item
        for item in PriceItem.objects.filter(refrigerant__isnull=False, is_active=True)
    }
    for record in records:
        refrigerant = record.circuit.refrigerant
        item = book.get(refrigerant.pk)
        pounds = (record.ounces / OUNCES_IN_POUND).quantize(Decimal("0.001"))
        name = item.name if item else _("%(name)s (no price in the book)") % {"name": refrigerant.designation}
        yield Wanted(
            f"refrigerant:{record.uuid}",
            ItemKind.REFRIGERANT,
            name,
            pounds,
            item,
            item.price if item else Decimal(0),
        )


def hours_on_site(assignments: Iterable[Assignment]) -> Decimal:
    """All technicians' time between arrival and done, in hours, each rounded up to the quarter."""
    total = Decimal(0)
    for assignment in assignments:
        if assignment.arrived_at and assignment.done_at and assignment.done_at > assignment.arrived_at:
            seconds = Decimal(int((assignment.done_at - assignment.arrived_at).total_seconds()))
            quarters = (seconds / 3600 / QUARTER_HOUR).to_integral_value(ROUND_CEILING)
            total += quarters * QUARTER_HOUR
    return total


def _bring_up_to_date(invoice: Invoice, wanted: Sequence[Wanted]) -> None:
    """Lines by origin: kept where they stand (a price the office changed too), added, or taken off."""
    standing = {line.origin: line for line in invoice.lines.exclude(origin="")}
    origins = {line.origin for line in wanted}
    for origin, line in standing.items():
        if origin not in origins:
            line.delete()
    last = invoice.lines.order_by("-position").values_list("position", flat=True).first() or 0
    fresh = []
    for line in wanted:
        known = standing.get(line.origin)
        if known is not None:
            if known.quantity != line.quantity:
                known.quantity, known.amount = line.quantity, _amount(line.quantity, known.unit_price)
                known.save(update_fields=["quantity", "amount"])
            continue
        last += 1
        fresh.append(
            InvoiceLine(
                invoice=invoice,
                position=last,
                kind=line.kind,
                item=line.item,
                description=line.description,
                quantity=line.quantity,
                unit_price=line.price,
                book_price=line.item.price if line.item else None,
                amount=_amount(line.quantity, line.price),
                is_taxable=line.item.is_taxable if line.item else True,
                income_account=line.item.income_account if line.item else "Service Income",
                origin=line.origin,
            )
        )
    insert_with_history(fresh)


def _priced(invoice: Invoice, now: datetime) -> Invoice:
    """Totals and tax from the lines, by the one calculator."""
    rate, exempt = _tax_of(invoice, now)
    lines = list(invoice.lines.all())
    inputs = [
        pricing.LineInput(
            quantity=line.quantity,
            unit_price=line.unit_price,
            taxable=line.is_taxable and rate is not None,
            tax_rate=str(rate.pk) if rate else "",
        )
        for line in lines
    ]
    rates = [pricing.TaxRateInput(key=str(rate.pk), percent=rate.percent)] if rate else []
    priced = pricing.price(inputs, rates)
    invoice.taxes.all().delete()
    if rate:
        InvoiceTax.objects.create(
            invoice=invoice,
            rate=rate,
            name=rate.name,
            percent=rate.percent,
            base=priced.taxable[str(rate.pk)],
            amount=priced.taxes[str(rate.pk)],
        )
    invoice.subtotal, invoice.tax, invoice.total = priced.subtotal, priced.tax, priced.total
    invoice.tax_exempt_reason = exempt
    invoice.version += 1
    invoice.save(update_fields=["subtotal", "tax", "total", "tax_exempt_reason", "version"])
    return invoice


def _tax_of(invoice: Invoice, now: datetime) -> tuple[TaxRate | None, str]:
    """The rate of the service address, or why there is none."""
    site = invoice.job.site
    exempt = why_exempt(invoice.customer, today_in(site.time_zone, now))
    if exempt:
        return None, exempt
    rates = list(TaxRate.objects.filter(state=site.state, is_active=True))
    closest = next((rate for rate in rates if rate.city and rate.city.lower() == site.city.lower()), None)
    rate = closest or next((rate for rate in rates if not rate.city), None)
    return rate, "" if rate else _("No sales tax rate is set for %(state)s") % {"state": site.state}


def why_exempt(customer: Customer, day: date) -> str:
    """Why a customer pays no sales tax on a day, or "". A certificate that has expired exempts nobody."""
    if customer.is_taxable:
        return ""
    expires = customer.tax_certificate_expires
    if expires is not None and expires < day:
        return ""
    return _("Exempt, certificate %(number)s") % {"number": customer.tax_certificate or _("on file")}


def _check_price(price: Decimal, book: Decimal | None, by: User) -> None:
    from fsm.company import the_company

    if price < 0:
        raise NotPossible(_("A price cannot be negative. Nothing was saved."), field="unit_price")
    if book is None or allowed(by, May.ADJUST_INVOICES):
        return
    limit = the_company().price_approval_percent
    if abs(price - book) * HUNDRED > limit * book:
        raise NotPossible(
            _("%(price)s is more than %(limit)s %% away from the price book. Ask a manager to change it.")
            % {"price": f"${price.normalize():f}", "limit": f"{limit.normalize():f}"},
            field="unit_price",
        )


def _check_quantity(quantity: Decimal) -> None:
    if quantity <= 0:
        raise NotPossible(_("The quantity must be more than zero. Nothing was saved."), field="quantity")


def _amount(quantity: Decimal, price: Decimal) -> Decimal:
    return pricing.price_line(pricing.LineInput(quantity=quantity, unit_price=price)).amount
