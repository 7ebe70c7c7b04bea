"""What the record of a customer costs, with everything that every app shows on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from django.urls import reverse

from customers.models import (
    Channel,
    Communication,
    Contact,
    Customer,
    CustomerNote,
    EmailAddress,
    PhoneNumber,
    Site,
)
from customers.states import DeliveryState
from dispatch.bench import busy_customer
from dispatch.models import Job
from equipment.models import Category, Circuit, Refrigerant, Unit
from fsm.bench import Bench, Result, Timing, beside, measure, middle, p95, queries_of
from fsm.clock import now as clock_now
from fsm.history import insert_with_history
from fsm.permissions import Role

from .bench_data import JOBS_EACH, make_company
from .models import Allocation, Invoice, InvoiceLine, ItemKind, Payment, PaymentMethod
from .states import InvoiceState

UNITS, NOTES, MESSAGES = 6, 12, 20


def full_record(bench: Bench) -> Customer:
    """A customer of five years: people, two sites, six units, twenty jobs, their invoices and payments."""
    customer, now = busy_customer(bench), clock_now()
    first = Site.objects.filter(customer=customer).order_by("pk")[0]
    insert_with_history(
        [Site(customer=customer, branch=bench.branch, street="9 Elm St", city="Kyle", state="TX")]
    )
    people = insert_with_history(
        [Contact(customer=customer, name=name, role="Family") for name in ("Ann Bench", "Ben Bench")]
    )
    insert_with_history(
        [
            PhoneNumber(contact=person, e164=f"+1512555019{n}", digits=f"512555019{n}")
            for n, person in enumerate(people)
        ]
    )
    insert_with_history(
        [
            EmailAddress(contact=person, address=f"bench{n}@example.com", is_primary=True)
            for n, person in enumerate(people)
        ]
    )
    insert_with_history(
        [
            CustomerNote(customer=customer, body=f"Note {n}: call before coming.", author_name="Casey Nolan")
            for n in range(NOTES)
        ]
    )
    insert_with_history(
        [
            Communication(
                customer=customer,
                channel=Channel.EMAIL,
                to="bench0@example.com",
                subject=f"Your appointment, {n}",
                body="We will come.",
                state=DeliveryState.SENT,
                created_at=now - timedelta(days=n),
                settled_at=now - timedelta(days=n),
            )
            for n in range(MESSAGES)
        ]
    )
    units = insert_with_history(
        [
            Unit(site=first, category=Category.AIR_CONDITIONER, model_number="24ACC636A003", serial=f"34E{n}")
            for n in range(UNITS)
        ]
    )
    refrigerant = Refrigerant.objects.get(designation="R-410A")
    insert_with_history(
        [Circuit(unit=unit, refrigerant=refrigerant, full_charge_oz=Decimal(112)) for unit in units]
    )
    bill(bench.made["busy jobs"])
    bench.analyze()
    return customer


def bill(jobs: list[Job]) -> None:
    """An invoice for every job but the open one; all but the last four are paid."""
    now = clock_now()
    done = [job for job in jobs if job.completed_at]
    invoices = insert_with_history(
        [
            Invoice(
                number=f"B{n}",
                job=job,
                customer_id=job.bill_to_id,
                branch_id=job.branch_id,
                state=InvoiceState.ISSUED,
                issued_on=job.created_at.date(),
                issued_at=job.created_at,
                due_on=job.created_at.date(),
                subtotal=Decimal("349.00"),
                tax=Decimal("28.79"),
                total=Decimal("377.79"),
            )
            for n, job in enumerate(done)
        ]
    )
    insert_with_history(
        [
            InvoiceLine(
                invoice=invoice,
                position=n,
                kind=ItemKind.LABOR,
                description="Labor",
                quantity=Decimal(1),
                unit_price=Decimal("174.50"),
                amount=Decimal("174.50"),
            )
            for invoice in invoices
            for n in range(2)
        ]
    )
    paid = invoices[4:]
    payments = insert_with_history(
        [
            Payment(
                number=f"P{n}",
                customer_id=invoice.customer_id,
                job_id=invoice.job_id,
                branch_id=invoice.branch_id,
                method=PaymentMethod.CASH,
                amount=invoice.total,
                received_on=now.date(),
                received_at=now,
                key=uuid4(),
            )
            for n, invoice in enumerate(paid)
        ]
    )
    insert_with_history(
        [
            Allocation(payment=payment, invoice=invoice, amount=invoice.total)
            for payment, invoice in zip(payments, paid, strict=True)
        ]
    )


@measure("record", "the record of a customer of five years, with every app's panel")
def record(bench: Bench) -> Iterator[Result]:
    """The whole page, as the office's browser asks for it."""
    customer: Customer = bench.once("record", lambda: full_record(bench))
    client, url = bench.client(Role.OFFICE), reverse("customers:customer", args=[customer.uuid])

    def look(_: int = 0) -> None:
        answer = client.get(url)
        assert answer.status_code == 200, answer.status_code  # noqa: S101
        for words in (b"Ann Bench", b"34E0", b"JB", b"377.79"):
            assert words in answer.content, f"{words!r} is not on the record"  # noqa: S101

    timing = bench.time(look, repeats=bench.choose(40, 8))
    yield Result("record", middle(timing.cpu), "ms CPU", limit=40, beside=beside(timing))
    yield Result("record queries", queries_of(look), "queries")


FEW, FROM = 1_000, 500_001  # numbered apart from the customers of other measures
# What people type into the search over everything, each as a prefix of every length from two on.
SOUGHT = (
    "johnson", "jonson", "maria gonz", "4108 pecan", "512 555", "7372", "williams@", "po-81", "j4711", "j1",
    "i99", "r12345", "24acc6", "po-1234567",
)  # fmt: skip


@measure("big", "the record and the whole search, at 100,000 customers with 1,000,000 jobs", long=True)
def big(bench: Bench) -> Iterator[Result]:
    """The same pages in a small company and, once it has grown, in a big one; our time and the database's."""
    few, many = bench.choose(FEW, 20), bench.choose(100_000, 100)
    make_company(bench, FROM, FROM + few - 1)
    client = bench.client(Role.OFFICE)

    def records() -> Timing:
        billed = Invoice.objects.filter(number__startswith="I").values("customer")  # not other measures'
        uuids = Customer.objects.filter(pk__in=billed).order_by("uuid").values_list("uuid", flat=True)[:120]
        urls = [reverse("customers:customer", args=[one]) for one in uuids]

        def look(number: int) -> None:
            answer = client.get(urls[number % len(urls)])
            assert answer.status_code == 200, answer.status_code  # noqa: S101
            assert b"377.79" in answer.content, "no invoice is on the record"  # noqa: S101

        return bench.time(look, repeats=bench.choose(100, 10), warm=10)

    small = records()
    bench.say(f"now as many as {many:,} customers with {many * JOBS_EACH:,} jobs")
    make_company(bench, FROM + few, FROM + many - 1)
    large = records()
    yield Result(
        "record p95, big against small",
        p95(large.both),
        "ms CPU",
        floor=p95(small.both),
        limit=2,
        beside=beside(large, worst=True),
    )
    yield from search_everything(bench)


def search_everything(bench: Bench) -> Iterator[Result]:
    """What every finder costs together at each key that is pressed."""
    client, url = bench.client(Role.OFFICE), reverse("fsm:search")
    texts = [text[:length] for text in SOUGHT for length in range(2, len(text) + 1)]
    worst: dict[str, float] = {}

    def press(number: int) -> None:
        answer = client.get(url, {"q": texts[number % len(texts)]}, headers={"hx-request": "true"})
        assert answer.status_code == 200, answer.status_code  # noqa: S101

    warm = len(texts)
    timing = bench.time(press, repeats=len(texts) * bench.choose(2, 1), warm=warm)
    for number, seconds in enumerate(timing.both):
        text = texts[(warm + number) % len(texts)]
        worst[text] = min(worst.get(text, seconds), seconds)
    slow = sorted(worst.items(), key=lambda one: -one[1])[:3]
    said = ", ".join(f"\u201c{text}\u201d {seconds * 1000:.0f} ms" for text, seconds in slow)
    yield Result(
        "search everything p95",
        p95(timing.both),
        "ms CPU",
        limit=50,
        beside=f"{beside(timing, worst=True)}; slowest {said}",
    )
