"""A completed job becomes a draft invoice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from dispatch.models import Assignment, Job, PartUse, Visit
from equipment.models import OUNCES_IN_POUND, RecordKind, RefrigerantRecord
from fsm.attribution import rooted
from fsm.history import insert_with_history
from fsm.states import NotPossible

from ..models import Invoice, InvoiceLine, ItemKind, JobTypePrice, PriceBasis, PriceItem
from ..states import InvoiceState
from .drafts import withdraw_price
from .totals import line_amount, recompute

QUARTER_HOUR = Decimal("0.25")
THOUSANDTH = Decimal("0.001")


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
def draft_invoice(job_id: int, *, now: datetime) -> Invoice | None:
    """The job's draft: labor, parts and refrigerant at today's prices. Drafting again brings it up to date.

    What an issued invoice of the job already bills is left out, lines that the office added stay. No new
    draft is made where nothing is left to bill, or where the book says that all of it is free.
    """
    job = Job.objects.select_for_update(no_key=True, of=("self",)).get(pk=job_id)
    with rooted("job", job.uuid):
        invoice = (
            Invoice.objects.select_for_update(no_key=True, of=("self",))
            .select_related("job__site", "customer")
            .filter(job=job, state=InvoiceState.DRAFT)
            .first()
        )
        wanted = lines_for(job)
        if invoice is None:
            if _is_settled(job, wanted):
                return None
            invoice = Invoice.objects.create(
                job=job,
                customer=job.bill_to,
                branch_id=job.branch_id,
                terms=job.bill_to.terms,
                po_number=job.po_number,
            )
        _bring_up_to_date(invoice, wanted, now)
        return recompute(invoice, now)


@transaction.atomic
def draft_again(job_id: int, *, now: datetime) -> Invoice:
    """Bill a job whose invoice was credited or voided; refuses where nothing is left to bill."""
    job = Job.objects.select_for_update(no_key=True).get(pk=job_id)
    if job.completed_at is None:
        raise NotPossible(_("Job %(job)s is not complete yet.") % {"job": job.number})
    invoice = draft_invoice(job_id, now=now)
    if invoice is None:
        raise NotPossible(_("Nothing on job %(job)s is left to bill.") % {"job": job.number})
    return invoice


def hours_on_site(assignments: Iterable[Assignment]) -> Decimal:
    """All technicians' time between arrival and done, in hours, each rounded up to the quarter."""
    total = Decimal(0)
    for assignment in assignments:
        if assignment.arrived_at and assignment.done_at and assignment.done_at > assignment.arrived_at:
            seconds = Decimal(int((assignment.done_at - assignment.arrived_at).total_seconds()))
            quarters = (seconds / 3600 / QUARTER_HOUR).to_integral_value(ROUND_CEILING)
            total += quarters * QUARTER_HOUR
    return total


def lines_for(job: Job) -> list[Wanted]:
    """What a job asks for at today's prices, less what its issued invoices bill."""
    return lines_for_jobs([job])[job.pk]


def lines_for_jobs(jobs: Sequence[Job]) -> dict[int, list[Wanted]]:
    """The lines of many jobs, in the number of queries that one takes."""
    billed: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    standing = [InvoiceState.ISSUED, InvoiceState.WRITTEN_OFF]
    lines = InvoiceLine.objects.filter(invoice__job__in=jobs, invoice__state__in=standing).exclude(origin="")
    for job_id, origin, quantity in lines.values_list("invoice__job_id", "origin", "quantity"):
        billed[job_id, origin] += quantity
    labor, parts, refrigerant = _labor(jobs), _parts(jobs), _refrigerant(jobs)
    wanted = {}
    for job in jobs:
        asked = [*labor[job.pk], *parts[job.pk], *refrigerant[job.pk]]
        left = [replace(line, quantity=line.quantity - billed[job.pk, line.origin]) for line in asked]
        wanted[job.pk] = [line for line in left if line.quantity > 0]
    return wanted


def _is_settled(job: Job, wanted: Sequence[Wanted]) -> bool:
    """Whether there is nothing to draft: all is billed, or free by the book; unpriced work is neither."""
    if wanted:
        return all(line.item is not None and line.price == 0 for line in wanted)
    return Invoice.objects.filter(job=job).exclude(state=InvoiceState.VOID).exists()


def _labor(jobs: Sequence[Job]) -> dict[int, list[Wanted]]:
    worked: defaultdict[int, list[Assignment]] = defaultdict(list)
    for assignment in Assignment.objects.filter(visit__job__in=jobs).select_related("visit"):
        worked[assignment.visit.job_id].append(assignment)
    charged: defaultdict[int, list[JobTypePrice]] = defaultdict(list)
    prices = JobTypePrice.objects.filter(
        job_type__in={job.job_type_id for job in jobs}, item__is_active=True
    ).select_related("item")
    for price in prices.order_by("pk"):
        charged[price.job_type_id].append(price)
    lines: defaultdict[int, list[Wanted]] = defaultdict(list)
    for job in jobs:
        hours = hours_on_site(worked[job.pk])
        for price in charged[job.job_type_id]:
            item = price.item
            quantity = max(price.least, hours) if price.basis == PriceBasis.HOURS else price.least
            line = Wanted(f"type:{price.pk}", item.kind, item.name, quantity, item, item.price)
            lines[job.pk].append(line)
    return lines


def _parts(jobs: Sequence[Job]) -> dict[int, list[Wanted]]:
    used = PartUse.objects.filter(job__in=jobs, is_removed=False).select_related("part")
    uses = list(used.order_by("said_at", "pk"))
    items = PriceItem.objects.filter(part__in={use.part_id for use in uses}, is_active=True)
    book = {item.part_id: item for item in items}
    lines: defaultdict[int, list[Wanted]] = defaultdict(list)
    for use in uses:
        item = book.get(use.part_id)
        name, price = (item.name, item.price) if item else (_without_price(use.part.name), use.part.cost)
        line = Wanted(f"part:{use.uuid}", ItemKind.PART, name, use.quantity, item, price)
        lines[use.job_id].append(line)
    return lines


def _refrigerant(jobs: Sequence[Job]) -> dict[int, list[Wanted]]:
    visits = dict(Visit.objects.filter(job__in=jobs).values_list("uuid", "job_id"))
    records = list(
        RefrigerantRecord.objects.in_force()
        .filter(work_kind="visit", work_uuid__in=visits, kind=RecordKind.ADDED)
        .select_related("circuit__refrigerant")
        .order_by("happened_at", "pk")
    )
    kinds = {record.circuit.refrigerant_id for record in records}
    items = PriceItem.objects.filter(refrigerant__in=kinds, is_active=True)
    book = {item.refrigerant_id: item for item in items}
    lines: defaultdict[int, list[Wanted]] = defaultdict(list)
    for record in records:
        refrigerant = record.circuit.refrigerant
        item = book.get(refrigerant.pk)
        pounds = (record.ounces / OUNCES_IN_POUND).quantize(THOUSANDTH)
        name = item.name if item else _without_price(refrigerant.designation)
        price = item.price if item else Decimal(0)
        line = Wanted(f"refrigerant:{record.uuid}", ItemKind.REFRIGERANT, name, pounds, item, price)
        if record.work_uuid is not None:
            lines[visits[record.work_uuid]].append(line)
    return lines


def _without_price(name: str) -> str:
    return _("%(name)s (no price in the book)") % {"name": name}


def _bring_up_to_date(invoice: Invoice, wanted: Sequence[Wanted], now: datetime) -> None:
    """Lines by origin: kept where they stand (a price the office changed too), added, or taken off.

    A line that waited for a price takes the book's as soon as that has one.
    """
    standing = {line.origin: line for line in invoice.lines.exclude(origin="")}
    origins = {line.origin for line in wanted}
    for origin, line in standing.items():
        if origin not in origins:
            withdraw_price(invoice, line, _("The job does not ask for this line any more."), now)
            line.delete()
    last = invoice.lines.order_by("-position").values_list("position", flat=True).first() or 0
    fresh = []
    for asked in wanted:
        known = standing.get(asked.origin)
        if known is None:
            last += 1
            fresh.append(as_line(invoice, last, asked))
        elif known.needs_price and asked.item is not None:
            fresh.append(as_line(invoice, known.position, asked))
            withdraw_price(invoice, known, _("The price book has a price for this now."), now)
            known.delete()
        elif known.quantity != asked.quantity:
            known.quantity, known.amount = asked.quantity, line_amount(asked.quantity, known.unit_price)
            known.save(update_fields=["quantity", "amount"])
    insert_with_history(fresh)


def as_line(invoice: Invoice, position: int, wanted: Wanted) -> InvoiceLine:
    item = wanted.item
    return InvoiceLine(
        invoice=invoice,
        position=position,
        kind=wanted.kind,
        item=item,
        description=wanted.description[:200],
        quantity=wanted.quantity,
        unit_price=wanted.price,
        book_price=item.price if item else None,
        amount=line_amount(wanted.quantity, wanted.price),
        is_taxable=item.is_taxable if item else True,
        income_account=item.income_account if item else "Service Income",
        needs_price=item is None,
        origin=wanted.origin,
    )
