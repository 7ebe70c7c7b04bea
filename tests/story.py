"""The main job from a phone call to the books, told without a browser: each step by the person it belongs to.

Tests that look at what is left of it (the trace, the history, every page) share it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from billing import actions as billing
from billing.models import Invoice, Payment, PriceBasis, QuickBooksBatch
from customers import actions as customers
from customers.models import Customer, Site
from dispatch import actions as work
from dispatch.models import Job, Visit, VisitCheck
from equipment import actions as equipment
from equipment.models import Circuit, Refrigerant, Unit
from fsm.attribution import attributed
from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.inbox import receive
from fsm.models import Outcome, User
from fsm.permissions import Role
from inventory import actions as stock
from inventory.models import Part, PlaceKind

from . import factories as make
from .queue import run_queued_tasks

EMAIL = "lisa@example.com"


@dataclass
class Story:
    """Who and what it is about."""

    customer: Customer
    unit: Unit
    circuit: Circuit
    part: Part
    job: Job
    visit: Visit
    invoice: Invoice
    payment: Payment
    batch: QuickBooksBatch


def company_with_prices() -> Any:
    """A job type with a checklist, billed by a fee and by the hour; Texas' tax. Returns the job type."""
    make.TaxRateFactory()
    checklist = make.ChecklistTemplateFactory()
    make.ChecklistItemFactory(template=checklist, text="Drain is clear")
    make.ChecklistItemFactory(template=checklist, text="Supply air", kind="reading", unit="°F", position=2)
    job_type = make.JobTypeFactory(
        name="No cooling", code="no-cooling", checklist=checklist, needs_photo=True, needs_signature=True
    )
    fee = make.PriceItemFactory(code="DIAG", name="Diagnostic", kind="fee", price=Decimal(89), unit="each")
    labor = make.PriceItemFactory(code="LABOR", name="Labor", price=Decimal(120))
    make.JobTypePriceFactory(job_type=job_type, item=fee)
    make.JobTypePriceFactory(job_type=job_type, item=labor, basis=PriceBasis.HOURS)
    make.PriceItemFactory(
        code="R410A",
        name="Refrigerant R-410A",
        kind="refrigerant",
        price=Decimal(85),
        unit="lb",
        refrigerant=Refrigerant.objects.get(designation="R-410A"),
    )
    return job_type


def known_customer(now: datetime, *, zone: str = "America/Chicago") -> tuple[Customer, Unit, Circuit]:
    """Lisa Hall with a telephone, an e-mail address, a house and an air conditioner."""
    customer = customers.add_customer(
        kind="household",
        first_name="Lisa",
        last_name="Hall",
        phones=["(512) 555-0142"],
        emails=[EMAIL],
        site={"street": "4108 Avenue F", "city": "Austin", "state": "TX", "postal_code": "78751"},
        now=now,
    )
    site = customer.sites.get()
    site.time_zone = zone
    site.save()
    unit = equipment.install_unit(
        site_id=site.pk,
        category="air_conditioner",
        maker="Carrier",
        model_number="24ACC636A003",
        serial="3416E12345",
        circuits=[("1", "R-410A", Decimal(112))],
    )
    return customer, unit, unit.circuits.get()


def stocked_part(truck: Any, now: datetime) -> Part:
    """A capacitor, five of them on the truck, with a price."""
    make.StockPlaceFactory(name="Main warehouse", kind=PlaceKind.WAREHOUSE)
    part = make.PartFactory(number="CAP-45-5", name="Capacitor 45/5 µF")
    stock.receive_stock(
        place_id=truck.pk,
        part_id=part.pk,
        quantity=Decimal(5),
        unit_cost=part.cost,
        key=str(uuid.uuid4()),
        now=now,
    )
    make.PriceItemFactory(
        code="CAP-45-5", name="Capacitor 45/5", kind="part", price=Decimal("48.50"), unit="each", part=part
    )
    return part


def photo(width: int = 640, height: int = 480) -> bytes:
    """A picture as a phone takes it."""
    return make.picture(width, height, "JPEG")


def tell(*, casey: Any, dana: Any, tess: Any, bea: Any) -> Story:
    """From the call to the books, now; every step through its action or the phone's inbox."""
    now, job_type = clock_now(), company_with_prices()
    customer, unit, circuit = known_customer(now)
    part = stocked_part(tess.technician.truck, now)
    with attributed(user=casey, source="office", batch=uuid.uuid4()):
        job = work.book_job(
            uuid=uuid.uuid4(),
            customer_id=customer.pk,
            site_id=customer.sites.get().pk,
            job_type_id=job_type.pk,
            contact_id=customer.contacts.get().pk,
            summary="No cooling upstairs",
            unit_ids=[unit.pk],
            window=(now, now + timedelta(hours=2)),
            now=now,
        )
    visit = job.visits.get()
    with attributed(user=dana, source="board", batch=uuid.uuid4()):
        work.place_visit(
            visit.pk,
            technician_id=tess.technician.pk,
            starts_at=now,
            ends_at=now + timedelta(minutes=90),
            version=visit.version,
            now=now,
        )
    work_the_visit(tess, visit, part=part, circuit=circuit)
    with attributed(user=casey, source="office", batch=uuid.uuid4()):
        invoice = billing.issue_invoice(Invoice.objects.get(job=job).pk, now=clock_now())
    run_queued_tasks()
    with attributed(user=casey, source="office", batch=uuid.uuid4()):
        payment = billing.record_payment(
            key=uuid.uuid4(),
            customer_id=customer.pk,
            invoice_id=invoice.pk,
            method="check",
            reference="1042",
            amount=invoice.total,
            received_on=today_in(the_company().time_zone, now),
            now=clock_now(),
        )
    with attributed(user=bea, source="office", batch=uuid.uuid4()):
        batch = billing.make_quickbooks_batch(
            invoices=[invoice.uuid], credits=[], payments=[payment.uuid], now=clock_now()
        )
    for row in (job, visit, invoice):
        row.refresh_from_db()
    return Story(customer, unit, circuit, part, job, visit, invoice, payment, batch)


def go_on(told: Story, *, casey: Any, tess: Any) -> None:
    """More of it, so that every page has something to show: work ahead and under way, drafts, debts."""
    now, house = clock_now(), told.customer.sites.get()
    slots = iter(now + timedelta(hours=hours) for hours in (2, 4, 6, 8))

    def booked(summary: str, *, placed: bool = True) -> Visit:
        job = work.book_job(
            uuid=uuid.uuid4(),
            customer_id=told.customer.pk,
            site_id=house.pk,
            job_type_id=told.job.job_type_id,
            summary=summary,
            unit_ids=[told.unit.pk],
            now=now,
        )
        visit = job.visits.get()
        if not placed:
            return visit
        starts_at, who = next(slots), tess.technician.pk
        ends_at = starts_at + timedelta(minutes=60)
        return work.place_visit(
            visit.pk, technician_id=who, starts_at=starts_at, ends_at=ends_at, version=1, now=now
        ).visit

    with attributed(user=casey, source="office", batch=uuid.uuid4()):
        customers.opt_out("text", "(512) 555-0199", said="STOP", now=now)
        booked("Drips from the ceiling", placed=False)
        booked("Loud at night")
        draft, unpaid, under_way = booked("Smells odd"), booked("Breaker trips"), booked("Warm air upstairs")
    for visit in (draft, unpaid):
        work_the_visit(tess, visit, part=told.part, circuit=told.circuit)
    with attributed(user=casey, source="office", batch=uuid.uuid4()):
        billing.issue_invoice(Invoice.objects.get(job=unpaid.job).pk, now=clock_now())
    for deed in (work.go_en_route, work.arrive):
        deed(under_way.pk, technician_id=tess.technician.pk, now=now)
    for user in User.objects.exclude(role=Role.TECHNICIAN):
        make.ApiTokenFactory(user=user)
    headers = [{"name": name, "samples": ["Ana Ruiz", "Ben Cole"]} for name in ("Client", "Remarks")]
    make.ImportBatchFactory(state="mapping", headers=headers, columns={"Client": "name"})
    file = make.ImportBatchFactory()
    make.ImportRowFactory(import_batch=file)
    maybe, surely = (make.CustomerFactory(name=name) for name in ("Liz Hall", "L Hall"))
    reasons = [["phone same", 60], ["last name same", 27], ["another name", None]]
    make.DuplicatePairFactory(first=told.customer, second=maybe, reasons=reasons)
    customers.merge_customers(maybe.pk, surely.pk, now=now, because="The same number")
    keep_equipment(told, house)
    run_queued_tasks()


def keep_equipment(told: Story, house: Site) -> None:
    """A chiller with a leak case and its papers, a warranty with a claim, a cylinder with its ledger."""
    chiller = make.UnitFactory(site=house, category="chiller", installed_on=date(2020, 5, 1))
    circuit = make.CircuitFactory(unit=chiller, exempt="no", started_on=date(2020, 5, 1))
    make.CaseEventFactory(case=make.LeakCaseFactory(circuit=circuit))
    make.ComplianceDocumentFactory(circuit=circuit)
    make.ChronicLeakerFactory(circuit=circuit)
    make.WarrantyClaimFactory(warranty__unit=told.unit)
    make.ReadingFactory(unit=told.unit)
    make.OpportunityFactory(unit=told.unit, site=house)
    cylinder = make.CylinderFactory(content_oz=392)
    make.CylinderMovementFactory(cylinder=cylinder)
    transfer = make.RefrigerantTransferFactory()
    make.CylinderMovementFactory(cylinder=cylinder, kind="sent", change_oz=-8, transfer=transfer)


def work_the_visit(tess: Any, visit: Visit, *, part: Part, circuit: Circuit) -> None:
    """What Tess' phone sends, in the order in which she presses."""

    def press(deed: str, files: dict[str, Any] | None = None, **body: Any) -> None:
        body = {"visit": str(visit.uuid), "uuid": str(uuid.uuid4()), **body}
        done = receive(tess, uuid.uuid4(), deed, body, files=files)
        assert done.outcome == Outcome.APPLIED, done.sentence

    press("visit.en_route")
    press("visit.arrive")
    drain, air = VisitCheck.objects.filter(visit=visit).order_by("position", "pk")
    press("check.answer", check=str(drain.uuid), answer="good")
    press("check.answer", check=str(air.uuid), reading="54")
    press("note.write", body="The capacitor was swollen.")
    press("photo.add", {"photo": SimpleUploadedFile("photo.jpg", photo(), "image/jpeg")}, caption="Old part")
    press("part.use", part=str(part.uuid), quantity="1")
    press("refrigerant.log", circuit=str(circuit.uuid), kind="added", pounds="1", ounces="4", leak_found="no")
    signature = SimpleUploadedFile("signature.png", make.picture(300, 120), "image/png")
    press("signature.add", {"signature": signature}, signer="Lisa Hall")
    press("visit.complete", outcome="complete", note="Cools again.")
