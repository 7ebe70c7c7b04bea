"""The demo company's money: a price book, and invoices in every state for the work of two weeks.

What is past is inserted in sets; its ends (void, credited, written off), the files for QuickBooks and today
go through the actions.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from customers.models import Channel, Communication, CustomerKind, EmailAddress
from customers.states import DeliveryState
from dispatch.demo_messages import tell_the_past
from dispatch.models import Assignment, Job, JobType
from dispatch.states import JobState
from equipment.models import Refrigerant
from fsm.attribution import attributed
from fsm.clock import day_in, today_in
from fsm.counters import take
from fsm.demo import DemoWorld, demo_part
from fsm.history import insert_with_history
from fsm.models import User
from fsm.money import to_cents
from fsm.permissions import Role
from inventory.actions import propose_count
from inventory.models import Part, PlaceKind, StockLevel

from . import actions, pricing
from .actions.drafting import Wanted, as_line, lines_for_jobs
from .actions.totals import why_exempt
from .demo_catalog import (
    BOOK,
    CHARGED,
    MARKUP,
    OTHER_PER_POUND,
    PER_POUND,
    WHY_CREDIT,
    WHY_VOID,
    WHY_WRITTEN_OFF,
)
from .models import (
    Allocation,
    CreditMemo,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    ItemKind,
    JobTypePrice,
    Payment,
    PaymentMethod,
    PriceItem,
    TaxRate,
)
from .states import InvoiceState
from .terms import due_date

NICKEL = Decimal("0.05")
ZERO = Decimal("0.00")


@dataclass
class Billed:
    """One past job with its invoice, as it will be inserted."""

    job: Job
    invoice: Invoice
    lines: list[InvoiceLine]
    taxes: list[InvoiceTax]
    technician: str = ""
    payments: list[tuple[Payment, Decimal]] = field(default_factory=list)

    @property
    def issued_at(self) -> datetime:
        """When it was issued."""
        assert self.invoice.issued_at is not None  # noqa: S101 (asked of issued ones)
        return self.invoice.issued_at


@demo_part("billing")
@transaction.atomic
def build(world: DemoWorld) -> None:
    """Prices, sales tax, two weeks of invoices and payments, and two files for QuickBooks."""
    _price_book()
    rate = TaxRate.objects.create(
        name="Texas sales tax", agency="Texas Comptroller", state="TX", percent=Decimal("8.25")
    )
    world.say("invoices")
    billed = _past(world, rate)
    world.say("payments")
    _pay(world, billed)
    _end_some(world, billed)
    _today(world)
    world.say("files for QuickBooks")
    _files(world)
    _proposals(world)
    tell_the_past(world)  # last: what the parts do is the past, of which nobody is told any more
    world.made["invoices"] = [one.invoice for one in billed]


# Prices ---------------------------------------------------------------------------------------------


def _price_book() -> None:
    items = [
        PriceItem(
            code=sold.code,
            name=sold.name,
            kind=sold.kind,
            price=Decimal(sold.price),
            unit=sold.unit,
            is_taxable=sold.is_taxable,
        )
        for sold in BOOK
    ]
    for part in Part.objects.order_by("pk"):
        items.append(
            PriceItem(
                code=part.number[:31],
                name=part.name,
                kind=ItemKind.PART,
                price=_marked_up(part.cost),
                unit=part.unit,
                part=part,
                income_account="Parts Income",
            )
        )
    for refrigerant in Refrigerant.objects.order_by("pk"):
        name = refrigerant.designation
        items.append(
            PriceItem(
                code=name[:31],
                name=_("Refrigerant %(name)s") % {"name": name},
                kind=ItemKind.REFRIGERANT,
                price=Decimal(PER_POUND.get(name, OTHER_PER_POUND)),
                unit="lb",
                refrigerant=refrigerant,
                income_account="Parts Income",
            )
        )
    book = {item.code: item for item in insert_with_history(items)}
    types = {row.code: row for row in JobType.objects.all()}
    insert_with_history(
        [
            JobTypePrice(job_type=types[code], item=book[item], basis=basis, least=Decimal(least))
            for code, charges in CHARGED.items()
            if code in types
            for item, basis, least in charges
        ]
    )


def _marked_up(cost: Decimal) -> Decimal:
    """The cost times what its size takes, up to the next nickel."""
    times = next(times for limit, times in MARKUP if cost < limit)
    return (cost * times / NICKEL).to_integral_value(ROUND_UP) * NICKEL


# Two weeks of invoices, in sets ---------------------------------------------------------------------


def _past(world: DemoWorld, rate: TaxRate) -> list[Billed]:
    """Every job done before yesterday is issued; of yesterday's, some are drafts still."""
    today = day_in(world.zone, world.today)[0]
    jobs = Job.objects.filter(
        state__in=[JobState.CLOSED, JobState.WORK_COMPLETE], completed_at__lt=today
    ).select_related("bill_to", "site", "job_type")
    done_by = _technicians()
    billed: list[Billed] = []
    done = list(jobs.order_by("completed_at", "pk"))
    wanted = lines_for_jobs(done)
    for job in done:
        one = _draft(job, wanted[job.pk], rate)
        if one is not None and one.invoice.total > 0:
            one.technician = done_by.get(job.pk, "")
            billed.append(one)
    fresh = today - timedelta(days=1)
    issued = [one for one in billed if _when(one) < fresh or world.random.random() < 0.5]
    for one in issued:
        _issue(world, one)
    issued.sort(key=lambda one: one.issued_at)
    for one, number in zip(issued, take("invoice", count=len(issued)), strict=True):
        one.invoice.number = number
    _insert([(one.job, one.invoice) for one in billed])
    _insert([(one.job, line) for one in billed for line in one.lines])
    _insert([(one.job, tax) for one in billed for tax in one.taxes])
    _write_messages(issued)
    return billed


def _insert(rows: Sequence[tuple[Job | None, Model]]) -> None:
    """Each row into its job's chain."""
    insert_with_history(
        [row for _job, row in rows], roots=[f"job:{job.uuid}" if job else "" for job, _row in rows]
    )


def _technicians() -> dict[int, str]:
    names = Assignment.objects.filter(done_at__isnull=False).order_by("-pk")
    return dict(names.values_list("visit__job_id", "technician__user__name"))


def _when(one: Billed) -> datetime:
    """When the job was done."""
    assert one.job.completed_at is not None  # noqa: S101 (asked for by the query)
    return one.job.completed_at


def _draft(job: Job, wanted: Sequence[Wanted], rate: TaxRate) -> Billed | None:
    if not wanted:
        return None
    payer = job.bill_to
    invoice = Invoice(
        job=job,
        customer=payer,
        branch_id=job.branch_id,
        terms=payer.terms,
        po_number=job.po_number[:25],
    )
    lines = [as_line(invoice, position, line) for position, line in enumerate(wanted, start=1)]
    exempt = why_exempt(payer, today_in(job.site.time_zone, job.completed_at or job.created_at))
    taxed = not exempt and job.site.state == rate.state
    rates = [pricing.TaxRateInput(key="rate", percent=rate.percent)] if taxed else []
    priced = pricing.price(
        [
            pricing.LineInput(
                quantity=line.quantity,
                unit_price=line.unit_price,
                taxable=line.is_taxable and taxed,
                tax_rate="rate" if taxed else "",
            )
            for line in lines
        ],
        rates,
    )
    invoice.subtotal, invoice.tax, invoice.total = priced.subtotal, priced.tax, priced.total
    invoice.tax_exempt_reason = exempt
    taxes = [
        InvoiceTax(
            invoice=invoice,
            rate=rate,
            name=rate.name,
            percent=rate.percent,
            base=priced.taxable["rate"],
            amount=priced.tax,
        )
        for _rate in rates
    ]
    return Billed(job, invoice, lines, taxes)


def _issue(world: DemoWorld, one: Billed) -> None:
    invoice, at = one.invoice, _when(one) + timedelta(minutes=world.random.randint(5, 180))
    payer, site = invoice.customer, one.job.site
    invoice.state = InvoiceState.ISSUED
    invoice.issued_at, invoice.issued_on = at, today_in(world.zone, at)
    invoice.due_on = due_date(invoice.terms, invoice.issued_on)
    invoice.bill_to_name = payer.name
    invoice.bill_to_address = "\n".join(payer.billing_lines or site.lines)
    invoice.service_address = "\n".join(site.lines)


def _write_messages(issued: Sequence[Billed]) -> None:
    """The e-mails that took the invoices along."""
    addresses = EmailAddress.objects.filter(contact__is_active=True).order_by(
        "contact__is_primary", "is_primary", "-pk"
    )
    to = dict(addresses.values_list("contact__customer_id", "address"))
    _insert(
        [
            (
                one.job,
                Communication(
                    customer=one.invoice.customer,
                    channel=Channel.EMAIL,
                    to=to[one.invoice.customer_id],
                    subject=_("Invoice %(number)s") % {"number": one.invoice.number},
                    body=_("Your invoice for job %(job)s is attached.") % {"job": one.job.number},
                    template="invoice",
                    about_kind="invoice",
                    about_uuid=one.invoice.uuid,
                    state=DeliveryState.SENT,
                    created_at=one.issued_at,
                    settled_at=one.issued_at,
                ),
            )
            for one in issued
            if one.invoice.customer_id in to
        ]
    )


# Payments, in sets ----------------------------------------------------------------------------------


def _pay(world: DemoWorld, billed: Sequence[Billed]) -> None:
    """Households mostly pay at the door; companies within their terms, some late, some in part."""
    random, paid = world.random, []
    office = User.objects.filter(role=Role.OFFICE).order_by("pk").first()
    for one in billed:
        invoice, chance = one.invoice, random.random()
        if invoice.state != InvoiceState.ISSUED or invoice.issued_at is None:
            continue
        if invoice.customer.kind == CustomerKind.HOUSEHOLD:
            amount = (
                invoice.total if chance < 0.82 else to_cents(invoice.total / 2) if chance < 0.87 else ZERO
            )
            at, by = invoice.issued_at + timedelta(minutes=4), one.technician
        else:
            amount = (
                invoice.total if chance < 0.35 else to_cents(invoice.total / 3) if chance < 0.42 else ZERO
            )
            at, by = invoice.issued_at + timedelta(days=random.randint(2, 9)), str(office or "")
        if amount and at < world.now:
            over = Decimal(20) if chance < 0.008 else ZERO
            one.payments.append((_payment(world, one, amount + over, at, by), amount))
            paid.append(one)
    rows = sorted((row for one in paid for row in one.payments), key=lambda row: row[0].received_at)
    for (payment, _amount), number in zip(rows, take("payment", count=len(rows)), strict=True):
        payment.number = number
    _insert([(payment.job, payment) for payment, _amount in rows])
    _insert(
        [
            (one.job, Allocation(payment=payment, invoice=one.invoice, amount=amount))
            for one in paid
            for payment, amount in one.payments
        ]
    )


def _share(total: Decimal, chance: float, *, whole: float, half: float) -> Decimal:
    """All of it, half of it, or nothing yet."""
    if chance < whole:
        return total
    return to_cents(total / 2) if chance < half else ZERO


def _payment(world: DemoWorld, one: Billed, amount: Decimal, at: datetime, by: str) -> Payment:
    by_check = one.invoice.customer.kind != CustomerKind.HOUSEHOLD or world.random.random() < 0.6
    return Payment(
        uuid=_uuid(world),
        key=_uuid(world),
        customer=one.invoice.customer,
        job=one.job,
        branch_id=one.invoice.branch_id,
        method=PaymentMethod.CHECK if by_check else PaymentMethod.CASH,
        reference=str(world.random.randint(1001, 9899)) if by_check else "",
        amount=amount,
        received_on=today_in(world.zone, at),
        received_at=at,
        received_by_name=by,
    )


def _uuid(world: DemoWorld) -> uuids.UUID:
    return uuids.UUID(int=world.random.getrandbits(128), version=4)


# Through the actions --------------------------------------------------------------------------------


def _person(role: Role) -> User | None:
    person: User | None = User.objects.filter(role=role, is_active=True).order_by("pk").first()
    return person


def _acting(role: Role) -> Any:
    return attributed(user=_person(role), source="office", batch=uuids.uuid4())


def _end_some(world: DemoWorld, billed: Sequence[Billed]) -> None:
    """A few of each end, and a check that bounced."""
    issued = [one for one in billed if one.invoice.state == InvoiceState.ISSUED]
    unpaid = [one.invoice for one in issued if not one.payments]
    paid = [one for one in issued if one.payments]
    chosen = iter(world.random.sample(unpaid, min(len(unpaid), 6)))
    for because, invoice in zip(WHY_VOID, chosen, strict=False):
        with _acting(Role.MANAGER):
            actions.void_invoice(invoice.pk, because=because, now=world.now)
    for because, invoice in zip(WHY_WRITTEN_OFF, chosen, strict=False):
        with _acting(Role.MANAGER):
            actions.write_off_invoice(invoice.pk, because=because, now=world.now)
    for because, one in zip(WHY_CREDIT, paid[3::17], strict=False):
        with _acting(Role.MANAGER):
            actions.credit_invoice(one.invoice.pk, because=because, now=world.now)
    bounced = next((one for one in paid[5:] if one.payments[0][0].method == PaymentMethod.CHECK), None)
    if bounced is not None:
        with _acting(Role.BOOKKEEPER):
            actions.reverse_payment(
                bounced.payments[0][0].pk, because="Returned by the bank: insufficient funds", now=world.now
            )


def _today(world: DemoWorld) -> None:
    """Today's completions were drafted before there were prices; the first ones are issued and paid."""
    start = day_in(world.zone, world.today)[0]
    done = Job.objects.filter(completed_at__gte=start).order_by("completed_at", "pk")
    for position, job in enumerate(done):
        with _acting(Role.OFFICE):
            draft = actions.draft_invoice(job.pk, now=world.now)
            if draft is None:
                continue
            if draft.total == 0:
                actions.discard_draft(draft.pk, because="Free of charge", now=world.now)
            elif position % 3 == 0:
                actions.issue_invoice(draft.pk, now=world.now)
                if position % 2 == 0:
                    actions.take_payment_on_job(
                        job.pk, key=_uuid(world), method="cash", amount=draft.total, now=world.now
                    )


def _files(world: DemoWorld) -> None:
    """One file that the bookkeeper imported, and one that waits for her."""
    first, second = world.now - timedelta(days=6), world.now - timedelta(days=2)
    with _acting(Role.BOOKKEEPER):
        earlier = _file(world, first)
        if earlier is not None:
            actions.mark_batch_imported(earlier.pk)
        _file(world, second)


def _proposals(world: DemoWorld) -> None:
    """What waits for a manager: a price, a write-off and what a count found."""
    line = (
        InvoiceLine.objects.filter(invoice__state=InvoiceState.DRAFT, book_price__gt=50)
        .order_by("invoice_id", "position")
        .first()
    )
    owing = Invoice.objects.filter(state=InvoiceState.ISSUED).owing().order_by("due_on", "pk").first()
    office, keeper, counter = (_person(role) for role in (Role.OFFICE, Role.BOOKKEEPER, Role.DISPATCHER))
    if office is not None and line is not None and line.book_price is not None:
        with attributed(user=office, source="office", batch=uuids.uuid4()):
            actions.edit_invoice_line(
                line.pk,
                version=line.invoice.version,
                quantity=line.quantity,
                unit_price=(line.book_price * Decimal("0.7")).quantize(Decimal(1)),
                description=line.description,
                now=world.now - timedelta(hours=5),
                by=office,
            )
    if keeper is not None and owing is not None:
        with attributed(user=keeper, source="office", batch=uuids.uuid4()):
            actions.ask_to_write_off(
                owing.pk,
                because="Moved away, three letters came back",
                now=world.now - timedelta(days=2),
                by=keeper,
            )
    level = StockLevel.objects.filter(on_hand__gt=2, place__kind=PlaceKind.TRUCK).order_by("pk").first()
    if counter is not None and level is not None:
        with attributed(user=counter, source="office", batch=uuids.uuid4()):
            propose_count(
                place_id=level.place_id,
                part_id=level.part_id,
                counted=level.on_hand - 2,
                expected=level.on_hand,
                key="demo:count",
                note="Two were in an opened box, rusty",
                now=world.now - timedelta(hours=20),
                by=counter,
            )


def _file(world: DemoWorld, until: datetime) -> Any:
    invoices = Invoice.objects.not_in_quickbooks().filter(issued_at__lt=until)
    credits = CreditMemo.objects.not_in_quickbooks().filter(issued_at__lt=until)
    payments = Payment.objects.not_in_quickbooks().filter(received_at__lt=until)
    chosen = [_uuids(rows) for rows in (invoices, credits, payments)]
    if not any(chosen):
        return None
    return actions.make_quickbooks_batch(
        invoices=chosen[0], credits=chosen[1], payments=chosen[2], now=until + timedelta(hours=1)
    )


def _uuids(rows: Any) -> list[uuids.UUID]:
    found: Iterable[uuids.UUID] = rows.order_by().values_list("uuid", flat=True)
    return list(found)
