"""For an invoice, one page tells the whole story: the call, the work, the bill, the money, the books."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.urls import reverse

from billing import actions, demo
from billing.models import Invoice, Payment, QuickBooksBatch
from fsm import outbox
from fsm.demo import world_at
from fsm.trace import story
from tests import factories as make
from tests.factories import instant

from .conftest import NOW


def test_every_step_from_the_call_to_the_books_is_in_the_invoices_story(
    make_done, make_part, pay, tess, olivia_client
):
    part = make_part(on={tess.technician.truck: 2})
    make.PriceItemFactory(code="CAP", name="Capacitor", kind="part", part=part, price=Decimal(45))
    job = make_done(parts=[(part, 1)])
    invoice = actions.issue_invoice(job.draft.pk, now=NOW)
    actions.render_and_send_invoice(invoice_id=invoice.pk)
    outbox.drain()
    payment = pay(invoice, invoice.total)
    batch = actions.make_quickbooks_batch(
        invoices=[invoice.uuid], credits=[], payments=[payment.uuid], now=NOW
    )
    actions.mark_batch_imported(batch.pk)
    told = [f"{step.what} {step.verb}" for step in story(invoice)]
    for words in (
        "Customer made",
        "Job made",
        "Visit made",
        "Assignment made",
        "Invoice made",
        "Invoice line made",
        "Invoice tax made",
        "Invoice changed",
        "Communication made",
        "Message to the outside sent",
        "Payment made",
        "Allocation made",
        "QuickBooks entry made",
        "QuickBooks file made",
        "QuickBooks file imported",
    ):
        assert words in told, words
    assert all(step.source and step.source != "unattributed" for step in story(invoice))
    shown = olivia_client.get(reverse("fsm:trace", args=["invoice", invoice.uuid])).content.decode()
    for words in ("10001", payment.number, batch.number):
        assert words in shown


def test_the_demo_company_has_money_in_every_state(tess, bea, marcus, casey, make_customer):
    make.RefrigerantFactory()
    part = make.PartFactory(cost=Decimal("11.25"))
    kinds = [make.JobTypeFactory(code=code) for code in ("no-cooling", "cooling-tune-up", "estimate")]
    world = world_at(NOW + timedelta(days=14))
    for n in range(90):
        customer = make_customer(kind="company" if n % 5 == 0 else "household", is_taxable=n % 11 > 0)
        done_at = instant(15) + timedelta(days=n % 14)
        job = make.JobFactory(site=customer.site, job_type=kinds[n % 3], state="closed", completed_at=done_at)
        visit = make.VisitFactory(job=job)
        make.AssignmentFactory(
            visit=visit,
            technician=tess.technician,
            state="done",
            starts_at=done_at - timedelta(hours=2, days=n),
            arrived_at=done_at - timedelta(hours=2),
            done_at=done_at,
        )
        make.PartUseFactory(visit=visit, part=part, place=tess.technician.truck)
    demo.build(world)
    assert set(Invoice.objects.values_list("state", flat=True)) == {
        "draft",
        "issued",
        "void",
        "credited",
        "written_off",
    }
    numbers = sorted(
        int(number) for number in Invoice.objects.exclude(number=None).values_list("number", flat=True)
    )
    assert numbers == list(range(10001, 10001 + len(numbers)))
    assert sorted(QuickBooksBatch.objects.values_list("state", flat=True)) == ["imported", "made"]
    assert set(Payment.objects.values_list("state", flat=True)) == {"captured", "reversed"}
    assert set(Payment.objects.values_list("method", flat=True)) == {"cash", "check"}
    for invoice in Invoice.objects.with_balance():
        assert invoice.total == sum(line.amount for line in invoice.lines.all()) + invoice.tax
        assert invoice.paid <= invoice.total
