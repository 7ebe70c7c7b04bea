"""A house with something of everything, and beside it what a person of the first branch must not see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from billing.models import Invoice, JobTypePrice, Payment, PriceItem, QuickBooksBatch, TaxRate
from customers.models import (
    Communication,
    Contact,
    Customer,
    CustomerFile,
    CustomerNote,
    DuplicatePair,
    ImportBatch,
    Merge,
    Site,
    SiteRole,
)
from dispatch.models import Job, PartUse, Technician, Visit, VisitCheck
from equipment.models import (
    CaseEvent,
    Circuit,
    LeakCase,
    Opportunity,
    Reading,
    RefrigerantRecord,
    Unit,
    UnitMove,
    Warranty,
)
from fsm.clock import now
from fsm.models import Branch, Review, User
from inventory.models import Cylinder, Part, RefrigerantTransfer, StockMovement, StockPlace
from tests import factories as make
from tests.story import Story, go_on, tell

ELSEWHERE = "Zyzzyva"  # of another branch
COLLEAGUE = "Quokka"  # another technician's work
GATE_CODE = "GATE-77912"  # never read by a program

# What a uuid under this name may be, in addresses and in bodies.
KINDS: dict[str, Any] = {
    "customer": Customer, "bill_to": Customer, "parent": Customer, "site": Site, "contact": Contact,
    "note": CustomerNote, "communication": Communication, "import": ImportBatch, "unit": Unit,
    "units": Unit, "circuit": Circuit, "record": RefrigerantRecord,
    "warranty": Warranty, "reading": Reading, "move": UnitMove, "opportunity": Opportunity,
    "to_site": Site, "case": LeakCase, "event": CaseEvent,
    "continues": RefrigerantRecord, "replaces": RefrigerantRecord,
    "part": Part, "place": StockPlace,
    "from_place": StockPlace, "to_place": StockPlace, "movement": StockMovement, "job": Job,
    "visit": Visit, "technician": Technician, "from_technician": Technician, "check": VisitCheck,
    "use": PartUse, "invoice": Invoice, "payment": Payment, "item": PriceItem, "price": JobTypePrice,
    "rate": TaxRate, "batch": QuickBooksBatch, "person": User, "review": Review, "branch": Branch,
    "pair": DuplicatePair, "merge": Merge, "other": Customer, "unique": Job,
    "invoices": Invoice, "payments": Payment, "file": CustomerFile, "role": SiteRole,
    "cylinder": Cylinder, "cylinders": Cylinder, "target": Cylinder, "transfer": RefrigerantTransfer,
    "owner": Customer,
}  # fmt: skip


@dataclass
class World:
    """The story of the first branch, and the uuids of everything by the names that programs give them."""

    story: Story
    here: Branch
    uuids: dict[str, list[str]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)


def build(*, people: dict[str, Any], here: Branch) -> World:
    """Two branches; everybody is limited to the first."""
    story = tell(casey=people["casey"], dana=people["dana"], tess=people["tess"], bea=people["bea"])
    go_on(story, casey=people["casey"], tess=people["tess"])
    _elsewhere()
    _of_a_colleague(people["tom"])
    _more_here(story)
    for site in Site.objects.all():
        site.gate_code, site.access_notes = GATE_CODE, f"Ring {GATE_CODE}"
        site.save()
    for person in people.values():
        make.UserBranchFactory(user=person, branch=here)
    world = World(story, here)
    for name, model in KINDS.items():
        rows = list(model._base_manager.order_by("pk"))
        world.uuids[name] = [str(row.uuid) for row in rows]
        world.versions |= {str(row.uuid): row.version for row in rows if hasattr(row, "version")}
    return world


def _more_here(story: Story) -> None:
    make.ReviewFactory()
    cylinder = make.CylinderFactory(content_oz=Decimal(400))
    make.CylinderMovementFactory(
        cylinder=cylinder, kind="sent", change_oz=Decimal(-8), transfer=make.RefrigerantTransferFactory()
    )
    unit = make.UnitFactory()
    make.WarrantyClaimFactory(warranty__unit=unit)
    make.ReadingFactory(unit=unit)
    make.UnitMoveFactory(unit=unit)
    make.OpportunityFactory(unit=unit, site=unit.site)
    make.CommunicationFactory(customer=story.customer, state="failed", problem="The server said no.")
    make.CustomerNoteFactory(customer=story.customer)
    make.CustomerFileFactory(customer=story.customer)
    make.SiteRoleFactory(site=story.customer.sites.first(), customer=story.customer)
    make.PaymentFactory(customer=story.customer, amount=Decimal("75.00"))
    copy = make.CustomerFactory(name="Hall & Sons")
    make.DuplicatePairFactory(first=story.customer, second=copy, reasons=[["phone same", 60]])
    make.MergeFactory(survivor=copy, loser=make.CustomerFactory(merged_into=copy, is_active=False))


def _of_a_colleague(tom: Any) -> None:
    """Work of the same branch that only its own technician and the office see."""
    customer = make.CustomerFactory(name=f"{COLLEAGUE} Bakery")
    site = make.SiteFactory(customer=customer, street=f"1 {COLLEAGUE} Way")
    visit = make.VisitFactory(
        job=make.JobFactory(site=site, summary=f"{COLLEAGUE} oven"),
        state="scheduled",
        starts_at=now(),
        ends_at=now() + timedelta(hours=1),
    )
    make.AssignmentFactory(
        visit=visit, technician=tom.technician, starts_at=now(), ends_at=now() + timedelta(hours=1)
    )
    make.JobNoteFactory(job=visit.job, body=f"{COLLEAGUE} was out.")


def _elsewhere() -> None:
    """One of everything in another branch, with a word in it that must not come out."""
    branch = make.BranchFactory(name=f"{ELSEWHERE} branch")
    customer = make.CustomerFactory(name=f"{ELSEWHERE} Homes", branch=branch)
    site = make.SiteFactory(customer=customer, branch=branch, street=f"9 {ELSEWHERE} Rd", name=ELSEWHERE)
    contact = make.ContactFactory(customer=customer, name=f"{ELSEWHERE} Z")
    make.PhoneNumberFactory(contact=contact)
    make.EmailAddressFactory(contact=contact, address=f"{ELSEWHERE.lower()}@example.com")
    make.CustomerNoteFactory(customer=customer, body=f"{ELSEWHERE} pays late")
    make.CustomerFileFactory(customer=customer, name=f"{ELSEWHERE}.pdf")
    make.SiteRoleFactory(site=site, customer=customer)
    copy = make.CustomerFactory(name=f"{ELSEWHERE} Houses", branch=branch)
    make.DuplicatePairFactory(first=customer, second=copy)
    make.MergeFactory(survivor=customer, loser=copy, because=ELSEWHERE)
    make.CommunicationFactory(customer=customer, body=f"Dear {ELSEWHERE}", subject=ELSEWHERE)
    unit = make.UnitFactory(site=site, name=f"{ELSEWHERE} unit", notes=ELSEWHERE)
    circuit = make.CircuitFactory(unit=unit)
    make.WarrantyClaimFactory(warranty=make.WarrantyFactory(unit=unit, note=ELSEWHERE), note=ELSEWHERE)
    make.ReadingFactory(unit=unit, technician_name=ELSEWHERE)
    make.UnitMoveFactory(unit=unit, from_site=site, to_site=site, because=ELSEWHERE)
    make.OpportunityFactory(unit=unit, site=site, summary=ELSEWHERE)
    record = make.RefrigerantRecordFactory(circuit=circuit, note=ELSEWHERE)
    leak = make.LeakCaseFactory(circuit=circuit, opened_by=record)
    make.CaseEventFactory(case=leak, note=ELSEWHERE)
    technician = make.TechnicianFactory(branch=branch)
    job = make.JobFactory(site=site, branch=branch, summary=f"{ELSEWHERE} is warm", instructions=ELSEWHERE)
    visit = make.VisitFactory(job=job, outcome_note=ELSEWHERE)
    make.AssignmentFactory(visit=visit, technician=technician)
    make.VisitCheckFactory(visit=visit, text=ELSEWHERE)
    make.JobNoteFactory(job=job, visit=visit, body=ELSEWHERE)
    make.JobPhotoFactory(job=job, visit=visit, caption=ELSEWHERE)
    make.SignatureFactory(visit=visit, signer=ELSEWHERE)
    invoice = make.InvoiceFactory(job=job, branch=branch, bill_to_name=ELSEWHERE, note=ELSEWHERE)
    make.InvoiceLineFactory(invoice=invoice, description=ELSEWHERE)
    make.PaymentFactory(customer=customer, branch=branch, received_by_name=ELSEWHERE)
    place = make.StockPlaceFactory(branch=branch, name=f"{ELSEWHERE} shed")
    make.StockLevelFactory(place=place, on_hand=Decimal(7))
    make.PartUseFactory(visit=visit, place=place)
    make.CylinderMovementFactory(
        cylinder=make.CylinderFactory(place=place, number=ELSEWHERE, content_oz=Decimal(400)),
        kind="sent",
        change_oz=Decimal(-8),
        note=ELSEWHERE,
        transfer=make.RefrigerantTransferFactory(sent_to=ELSEWHERE),
    )
