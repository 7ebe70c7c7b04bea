"""A company with a price book and a tax, and work that has been done."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing import actions
from billing.models import Invoice, PriceBasis
from dispatch import actions as work
from tests import factories as make
from tests.factories import instant

NOW = instant(19)


@pytest.fixture
def book(branch: Any) -> Any:
    """Texas' tax, labor at 120 an hour (at least one), a fee of 89; `.job_type` is billed by it."""

    class Book:
        rate = make.TaxRateFactory()
        job_type = make.JobTypeFactory()
        fee = make.PriceItemFactory(
            code="DIAG", name="Diagnostic", kind="fee", price=Decimal(89), unit="each"
        )
        labor = make.PriceItemFactory(code="LABOR", name="Labor", price=Decimal(120))

    make.JobTypePriceFactory(job_type=Book.job_type, item=Book.fee)
    make.JobTypePriceFactory(job_type=Book.job_type, item=Book.labor, basis=PriceBasis.HOURS)
    return Book


@pytest.fixture
def make_done(book: Any, tess: Any, make_job: Callable[..., Any]) -> Callable[..., Any]:
    """`make_done(parts=[(part, quantity)], minutes=75, **make_job's)`: a job that Tess completed.

    `.draft` is the draft that the completion left.
    """
    slots = iter(range(1000))

    def done(*, parts: Any = (), minutes: int = 75, before: Any = None, **fields: Any) -> Any:
        starts_at = instant(12) + timedelta(days=next(slots))
        job = make_job(
            technician=tess, starts_at=starts_at, job_type=fields.pop("job_type", book.job_type), **fields
        )
        me = {"technician_id": tess.technician.pk}
        work.go_en_route(job.visit.pk, now=starts_at, **me)
        work.arrive(job.visit.pk, now=starts_at, **me)
        for part, quantity in parts:
            work.use_part(
                job.visit.pk,
                uuid=uuid.uuid4(),
                part_id=part.pk,
                quantity=Decimal(quantity),
                now=starts_at,
                **me,
            )
        if before:
            before(job)
        work.complete_visit(
            job.visit.pk, now=starts_at + timedelta(minutes=minutes), parts_confirmed=True, **me
        )
        job.refresh_from_db()
        job.visit.refresh_from_db()
        job.draft = Invoice.objects.filter(job=job, state="draft").first()
        return job

    return done


@pytest.fixture
def make_issued(make_done: Callable[..., Any]) -> Callable[..., Any]:
    """`make_issued(**make_done's)`: an issued invoice."""

    def issued(*, now: Any = NOW, **fields: Any) -> Any:
        return actions.issue_invoice(make_done(**fields).draft.pk, now=now)

    return issued


@pytest.fixture
def pay() -> Callable[..., Any]:
    """`pay(invoice, amount, **record_payment's)`: cash on an invoice."""

    def payment(invoice: Any, amount: Any, **fields: Any) -> Any:
        return actions.record_payment(
            **{
                "key": uuid.uuid4(),
                "customer_id": invoice.customer_id,
                "invoice_id": invoice.pk,
                "method": "cash",
                "amount": Decimal(amount),
                "received_on": NOW.date(),
                "now": NOW,
                **fields,
            }
        )

    return payment
