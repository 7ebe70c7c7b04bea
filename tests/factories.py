"""One factory per model: minimal and valid. Numbers come from the house's counters."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO

import factory
from django.core.files.base import ContentFile
from django.db import transaction
from factory import LazyAttribute, LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory
from PIL import Image

import billing.models as billing
import customers.models as customers
import dispatch.models as dispatch
import equipment.models as equipment
import fsm.models as fsm
import inventory.models as inventory
from fsm import counters
from fsm.company import default_branch, the_company
from fsm.permissions import Role

PASSWORD = "correct-horse-9"


def numbered(kind: str) -> LazyFunction:
    """The next number of a kind, also outside a transaction."""
    return LazyFunction(transaction.atomic(lambda: counters.take_one(kind)))


def instant(hour: int = 15, minute: int = 0, *, day: date = date(2026, 7, 14)) -> datetime:
    """A fixed summer Tuesday, in UTC: 15:00 is ten in the morning in Texas."""
    return datetime.combine(day, time(hour, minute), UTC)


def picture(width: int = 8, height: int = 6, kind: str = "PNG") -> bytes:
    """The bytes of a small plain picture."""
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


class Made(DjangoModelFactory):
    """What all factories share: one save a row, so one history row."""

    class Meta:
        abstract = True
        skip_postgeneration_save = True


# fsm ------------------------------------------------------------------------------------------------


class BranchFactory(Made):
    class Meta:
        model = fsm.Branch

    name = Sequence(lambda n: f"Branch {n}")


class UserFactory(Made):
    class Meta:
        model = fsm.User

    username = Sequence(lambda n: f"person{n}")
    name = Sequence(lambda n: f"Person {n}")
    role = Role.OFFICE

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        kwargs.setdefault("password", PASSWORD)
        return model_class.objects.create_user(**kwargs)


class UserBranchFactory(Made):
    class Meta:
        model = fsm.UserBranch

    user = SubFactory(UserFactory)
    branch = LazyFunction(default_branch)


class CounterFactory(Made):
    class Meta:
        model = fsm.Counter

    name = Sequence(lambda n: f"counter{n}")


class LiveEventFactory(Made):
    class Meta:
        model = fsm.LiveEvent

    topic = "board"
    kind = "visit"
    uuid = LazyFunction(uuid.uuid4)
    version = 1


class OutboxRowFactory(Made):
    class Meta:
        model = fsm.OutboxRow

    kind = "test"
    about_kind = "customer"
    about_uuid = LazyFunction(uuid.uuid4)


class FieldOperationFactory(Made):
    class Meta:
        model = fsm.FieldOperation

    key = LazyFunction(uuid.uuid4)
    user = SubFactory(UserFactory, role=Role.TECHNICIAN)
    kind = "test.do"
    body = LazyFunction(dict)
    body_hash = "0" * 64
    received_at = LazyFunction(instant)
    outcome = fsm.Outcome.APPLIED
    source = "technician"
    batch = LazyFunction(uuid.uuid4)


class ExchangeFactory(Made):
    class Meta:
        model = fsm.Exchange

    system = "quickbooks"
    operation = "invoice.add"
    outcome = fsm.ExchangeOutcome.OK
    happened_at = LazyFunction(instant)


class SensitiveLookFactory(Made):
    class Meta:
        model = fsm.SensitiveLook

    what = "gate code"
    seen_at = LazyFunction(instant)


class SafekeepingRunFactory(Made):
    class Meta:
        model = fsm.SafekeepingRun

    kind = "backup"
    started_at = LazyFunction(instant)
    ended_at = LazyFunction(lambda: instant(15, 1))
    is_good = True


class ReviewFactory(Made):
    class Meta:
        model = fsm.Review

    kind = "price"
    subject_kind = "customer"
    subject_uuid = LazyFunction(uuid.uuid4)
    subject_label = "Labor"
    title = "Raise a price"
    may = "change the price book"
    asked_by = None
    asked_at = LazyFunction(instant)
    limit_at = LazyFunction(lambda: instant(day=date(2026, 7, 21)))


class OpenedItemFactory(Made):
    class Meta:
        model = fsm.OpenedItem

    user = SubFactory(UserFactory)
    kind = "customer"
    uuid = LazyFunction(uuid.uuid4)
    opened_at = LazyFunction(instant)


class ApiTokenFactory(Made):
    class Meta:
        model = fsm.ApiToken

    user = SubFactory(UserFactory)
    name = "Scheduler"
    prefix = "sg_"
    digest = Sequence(lambda n: f"{n + 1:064x}")  # never one of the others' zeros
    created_at = LazyFunction(instant)


class ApiRequestFactory(Made):
    class Meta:
        model = fsm.ApiRequest

    user = SubFactory(UserFactory)
    key = LazyFunction(lambda: str(uuid.uuid4()))
    fingerprint = "0" * 64
    path = "/api/jobs/"
    received_at = LazyFunction(instant)


class ApiQuotaFactory(Made):
    class Meta:
        model = fsm.ApiQuota

    bucket = Sequence(lambda n: f"read:{n}")
    full_at = LazyFunction(instant)


class InvitationFactory(Made):
    class Meta:
        model = fsm.Invitation

    user = SubFactory(UserFactory)
    digest = Sequence(lambda n: f"{n + 1:064x}")  # never one of the others' zeros
    made_at = LazyFunction(instant)
    expires_at = LazyFunction(lambda: instant(day=date(2026, 7, 17)))


class SignInFactory(Made):
    class Meta:
        model = fsm.SignIn

    user = SubFactory(UserFactory)
    session_key = Sequence(lambda n: f"{n:032x}")
    started_at = LazyFunction(instant)
    seen_at = LazyFunction(instant)


def CompanyFactory(**fields: object) -> fsm.Company:
    """The one company, with the given fields changed."""
    company = the_company()
    for name, value in fields.items():
        setattr(company, name, value)
    company.save()
    return company


# customers ------------------------------------------------------------------------------------------


class CustomerFactory(Made):
    class Meta:
        model = customers.Customer

    number = numbered("customer")
    name = Sequence(lambda n: f"Hall {n}, Lisa")
    branch = LazyFunction(default_branch)


class ContactFactory(Made):
    class Meta:
        model = customers.Contact

    customer = SubFactory(CustomerFactory)
    name = "Lisa Hall"
    is_primary = LazyAttribute(
        lambda o: not customers.Contact.objects.filter(customer=o.customer, is_primary=True).exists()
    )


class PhoneNumberFactory(Made):
    class Meta:
        model = customers.PhoneNumber

    contact = SubFactory(ContactFactory)
    digits = Sequence(lambda n: f"512555{n % 10000:04d}")
    e164 = LazyAttribute(lambda o: f"+1{o.digits}")
    as_given = LazyAttribute(lambda o: f"({o.digits[:3]}) {o.digits[3:6]}-{o.digits[6:]}")
    is_primary = True


class EmailAddressFactory(Made):
    class Meta:
        model = customers.EmailAddress

    contact = SubFactory(ContactFactory)
    address = Sequence(lambda n: f"person{n}@example.com")
    is_primary = True


class SiteFactory(Made):
    class Meta:
        model = customers.Site

    customer = SubFactory(CustomerFactory)
    branch = LazyAttribute(lambda o: o.customer.branch)
    street = Sequence(lambda n: f"{4100 + n} Avenue F")
    city = "Austin"
    state = "TX"
    postal_code = "78751"


class CustomerNoteFactory(Made):
    class Meta:
        model = customers.CustomerNote

    customer = SubFactory(CustomerFactory)
    body = "Prefers a call before arrival."
    author = None


class ExternalIdFactory(Made):
    class Meta:
        model = customers.ExternalId

    system = "quickbooks"
    external_id = Sequence(lambda n: f"Customer {n}")
    customer = SubFactory(CustomerFactory)


class CommunicationFactory(Made):
    class Meta:
        model = customers.Communication

    customer = SubFactory(CustomerFactory)
    channel = customers.Channel.EMAIL
    to = "person@example.com"
    subject = "Your invoice"
    body = "Thank you for your business."
    created_at = LazyFunction(instant)


class MatchKeyFactory(Made):
    class Meta:
        model = customers.MatchKey

    customer = SubFactory(CustomerFactory)
    key = Sequence(lambda n: f"phone:51255{n:05}")


class DuplicatePairFactory(Made):
    class Meta:
        model = customers.DuplicatePair

    first = SubFactory(CustomerFactory)
    second = SubFactory(CustomerFactory)
    score = Decimal("0.9")
    band = "review"
    scoring = "1"
    found_at = LazyFunction(instant)


class MergeFactory(Made):
    class Meta:
        model = customers.Merge

    survivor = SubFactory(CustomerFactory)
    loser = SubFactory(CustomerFactory)
    merged_at = LazyFunction(instant)


class MergedRowFactory(Made):
    class Meta:
        model = customers.MergedRow

    merge = SubFactory(MergeFactory)
    model = "customers.site"
    key = Sequence(lambda n: n)


class QualityCountFactory(Made):
    class Meta:
        model = customers.QualityCount

    day = date(2026, 7, 14)
    measure = Sequence(lambda n: f"measure {n}")
    count = 1
    total = 2


class SiteRoleFactory(Made):
    class Meta:
        model = customers.SiteRole

    site = SubFactory(SiteFactory)
    kind = "occupant"
    customer = SubFactory(CustomerFactory)


class CustomerFileFactory(Made):
    class Meta:
        model = customers.CustomerFile

    customer = SubFactory(CustomerFactory)
    name = "contract.pdf"
    file = LazyFunction(lambda: ContentFile(b"%PDF-1.7", "contract.pdf"))
    content_type = "application/pdf"
    size = 8
    sha256 = "0" * 64
    created_at = LazyFunction(instant)


class ZipPlaceFactory(Made):
    class Meta:
        model = customers.ZipPlace

    code = Sequence(lambda n: f"{n:05}")
    city = "Austin"
    state = "TX"
    latitude = Decimal("30.26")
    longitude = Decimal("-97.74")


class GeocodedAddressFactory(Made):
    class Meta:
        model = customers.GeocodedAddress

    match_key = Sequence(lambda n: f"{n} main|78701")
    latitude = Decimal("30.26")
    longitude = Decimal("-97.74")
    quality = "street"
    provider = "test"
    found_at = LazyFunction(instant)


class MessageTemplateFactory(Made):
    class Meta:
        model = customers.MessageTemplate

    occasion = "booked"
    channel = "text"
    body = "You are booked."


class MessagingRulesFactory(Made):
    class Meta:
        model = customers.MessagingRules


class ChannelConsentFactory(Made):
    class Meta:
        model = customers.ChannelConsent

    contact = SubFactory(ContactFactory)
    channel = "text"
    wish = "yes"
    since = LazyFunction(instant)


class OptOutFactory(Made):
    class Meta:
        model = customers.OptOut

    channel = "text"
    address = Sequence(lambda n: f"+1512555{n:04}")
    since = LazyFunction(instant)


class UnknownTextFactory(Made):
    class Meta:
        model = customers.UnknownText

    number = "+15125550177"
    body = "Is this the air people?"
    external_id = Sequence(lambda n: f"SM{n:032}")
    received_at = LazyFunction(instant)


class ImportMappingFactory(Made):
    class Meta:
        model = customers.ImportMapping

    system = "other"
    headers_key = Sequence(lambda n: f"{n:064}")
    used_at = LazyFunction(instant)


class ImportBatchFactory(Made):
    class Meta:
        model = customers.ImportBatch

    system = "quickbooks_desktop"
    file_name = "customers.iif"
    file = LazyFunction(lambda: ContentFile(b"!CUST\tNAME\n", "customers.iif"))
    sha256 = "0" * 64
    size = 11


class ImportRowFactory(Made):
    class Meta:
        model = customers.ImportRow

    import_batch = SubFactory(ImportBatchFactory)
    line = Sequence(lambda n: n + 2)
    label = "Hall, Lisa"
    values = LazyFunction(dict)


# equipment ------------------------------------------------------------------------------------------


class RefrigerantFactory(Made):
    class Meta:
        model = equipment.Refrigerant
        django_get_or_create = ("designation",)

    designation = "R-410A"
    safety_class = "A1"
    kind = "HFC"
    has_regulated_hfc = True


class MakerFactory(Made):
    class Meta:
        model = equipment.Maker
        django_get_or_create = ("name",)

    name = "Carrier"


class UnitModelFactory(Made):
    class Meta:
        model = equipment.UnitModel

    maker = SubFactory(MakerFactory)
    number = Sequence(lambda n: f"24ACC6{n}")
    category = equipment.Category.AIR_CONDITIONER


class ComplianceRuleFactory(Made):
    class Meta:
        model = equipment.ComplianceRule

    code = Sequence(lambda n: f"state rule {n}")
    jurisdiction = "CA"
    category = equipment.ComplianceCategory.COMFORT
    minimum_charge_lb = Decimal(50)
    trigger_percent = Decimal(10)
    effective_from = date(2026, 1, 1)
    citation = "17 CCR 95385"


class ComplianceSettingsFactory(Made):
    class Meta:
        model = equipment.ComplianceSettings
        django_get_or_create = ("id",)

    id = 1


class UnitFactory(Made):
    class Meta:
        model = equipment.Unit

    site = SubFactory(SiteFactory)
    category = equipment.Category.AIR_CONDITIONER
    maker = SubFactory(MakerFactory)
    model_number = "24ACC636A003"
    serial = Sequence(lambda n: f"3416E{n:05d}")
    tons = Decimal(3)


class UnitFileFactory(Made):
    class Meta:
        model = equipment.UnitFile

    unit = SubFactory(UnitFactory)
    kind = equipment.UnitFileKind.PHOTO
    name = "plate.jpg"
    file = LazyFunction(lambda: ContentFile(picture(), name="plate.jpg"))
    content_type = "image/jpeg"
    size = 100
    received_sha256 = "0" * 64
    created_at = LazyFunction(instant)


class WarrantyFactory(Made):
    class Meta:
        model = equipment.Warranty

    unit = SubFactory(UnitFactory)
    kind = equipment.WarrantyKind.PARTS
    provider = "Carrier"
    base_months = 60


class WarrantyClaimFactory(Made):
    class Meta:
        model = equipment.WarrantyClaim

    warranty = SubFactory(WarrantyFactory)
    failed_part = "Fan motor"
    fault = "Bearing"
    failed_on = date(2026, 7, 1)


class ReadingFactory(Made):
    class Meta:
        model = equipment.Reading

    unit = SubFactory(UnitFactory)
    key = "delta_t"
    value = Decimal(18)
    measured_at = LazyFunction(instant)


class SystemFactory(Made):
    class Meta:
        model = equipment.System

    site = SubFactory(SiteFactory)
    name = Sequence(lambda n: f"System {n}")


class UnitMoveFactory(Made):
    class Meta:
        model = equipment.UnitMove

    unit = SubFactory(UnitFactory)
    from_site = SubFactory(SiteFactory)
    to_site = LazyAttribute(lambda o: o.unit.site)
    moved_at = LazyFunction(instant)
    because = "Read from the wrong list"


class OpportunityFactory(Made):
    class Meta:
        model = equipment.Opportunity

    kind = equipment.OpportunityKind.REPLACEMENT
    site = SubFactory(SiteFactory)
    summary = "Replace the air conditioner"


class FacilityFactory(Made):
    class Meta:
        model = equipment.Facility
        django_get_or_create = ("site",)

    site = SubFactory(SiteFactory)


class CircuitFactory(Made):
    class Meta:
        model = equipment.Circuit

    unit = SubFactory(UnitFactory)
    refrigerant = SubFactory(RefrigerantFactory)
    full_charge_oz = Decimal(112)


class ChargeRevisionFactory(Made):
    class Meta:
        model = equipment.ChargeRevision

    circuit = SubFactory(CircuitFactory)
    refrigerant = LazyAttribute(lambda o: o.circuit.refrigerant)
    effective_on = date(2026, 1, 1)
    full_charge_oz = Decimal(112)


class ChronicLeakerFactory(Made):
    class Meta:
        model = equipment.ChronicLeaker

    circuit = SubFactory(CircuitFactory)
    year = 2025
    lost_oz = Decimal(140)
    percent = Decimal(125)
    due_on = date(2026, 3, 1)


class ComplianceDocumentFactory(Made):
    class Meta:
        model = equipment.ComplianceDocument

    circuit = SubFactory(CircuitFactory)
    kind = equipment.DocumentKind.SERVICE
    number = "SR-1"
    made_at = LazyFunction(instant)


class ReminderFactory(Made):
    class Meta:
        model = equipment.Reminder

    kind = "case"
    subject = LazyFunction(uuid.uuid4)
    due_on = date(2026, 7, 14)
    days_before = 7
    sent_at = LazyFunction(instant)


class TechnicianCertificateFactory(Made):
    class Meta:
        model = equipment.TechnicianCertificate

    technician = SubFactory(UserFactory, role=Role.TECHNICIAN)
    kind = equipment.CertificateKind.UNIVERSAL
    number = Sequence(lambda n: f"EPA-{n:06d}")
    issued_on = date(2015, 5, 4)


class RefrigerantRecordFactory(Made):
    class Meta:
        model = equipment.RefrigerantRecord

    circuit = SubFactory(CircuitFactory)
    refrigerant = LazyAttribute(lambda o: o.circuit.refrigerant)
    kind = equipment.RecordKind.ADDED
    ounces = Decimal(20)
    technician = SubFactory(UserFactory, role=Role.TECHNICIAN)
    technician_name = LazyAttribute(lambda o: o.technician.name)
    certificate = LazyAttribute(lambda o: TechnicianCertificateFactory(technician=o.technician))
    happened_at = LazyFunction(instant)


class LeakCaseFactory(Made):
    class Meta:
        model = equipment.LeakCase

    circuit = SubFactory(CircuitFactory)
    opened_by = LazyAttribute(lambda o: RefrigerantRecordFactory(circuit=o.circuit))
    rules = "84.106"
    opened_on = date(2026, 7, 14)
    percent = Decimal("40.555556")


class LeakRateFactory(Made):
    class Meta:
        model = equipment.LeakRate

    circuit = SubFactory(CircuitFactory)
    record = LazyAttribute(lambda o: RefrigerantRecordFactory(circuit=o.circuit))
    day = date(2026, 7, 14)
    category = "comfort"
    method = "annualizing"
    net_oz = Decimal(20)
    full_charge_oz = Decimal(112)
    numerator = Decimal(125)
    denominator = Decimal(7)
    percent = Decimal("17.857143")
    engine = "1"
    found_at = LazyFunction(instant)


class CaseEventFactory(Made):
    class Meta:
        model = equipment.CaseEvent

    case = SubFactory(LeakCaseFactory)
    kind = equipment.CaseEventKind.INSPECTION
    happened_on = date(2026, 7, 14)


# inventory ------------------------------------------------------------------------------------------


class PartFactory(Made):
    class Meta:
        model = inventory.Part

    number = Sequence(lambda n: f"CAP-{n:04d}")
    name = "Capacitor 45/5 µF"
    cost = Decimal("11.2500")


class StockPlaceFactory(Made):
    class Meta:
        model = inventory.StockPlace

    name = Sequence(lambda n: f"Truck {n}")
    kind = inventory.PlaceKind.TRUCK
    branch = LazyFunction(default_branch)


class StockLevelFactory(Made):
    class Meta:
        model = inventory.StockLevel

    place = SubFactory(StockPlaceFactory)
    part = SubFactory(PartFactory)


class StockMovementFactory(Made):
    """A row of the ledger alone; stock that counts is made by `inventory.actions.receive_stock`."""

    class Meta:
        model = inventory.StockMovement

    part = SubFactory(PartFactory)
    kind = inventory.MovementKind.values[0]
    to_place = SubFactory(StockPlaceFactory)
    quantity = Decimal(1)
    key = LazyFunction(lambda: str(uuid.uuid4()))
    moved_at = LazyFunction(instant)


class CylinderFactory(Made):
    class Meta:
        model = inventory.Cylinder

    number = Sequence(lambda n: f"C-{n:04d}")
    refrigerant = SubFactory(RefrigerantFactory)
    kind = inventory.CylinderKind.DISPOSABLE
    origin = inventory.CylinderOrigin.VIRGIN
    place = SubFactory(StockPlaceFactory)


class RefrigerantTransferFactory(Made):
    class Meta:
        model = inventory.RefrigerantTransfer

    sent_to = "Gulf Reclaim"
    sent_on = date(2026, 7, 14)


class CylinderMovementFactory(Made):
    """A row of the ledger alone; content that counts is made by the cylinders' actions."""

    class Meta:
        model = inventory.CylinderMovement

    cylinder = SubFactory(CylinderFactory)
    kind = inventory.CylinderMoveKind.PURCHASED
    change_oz = Decimal(400)
    key = LazyFunction(lambda: str(uuid.uuid4()))
    moved_at = LazyFunction(instant)


class RecoveryMachineFactory(Made):
    class Meta:
        model = inventory.RecoveryMachine

    name = "Recovery machine"
    serial = Sequence(lambda n: f"RM-{n}")
    certification = "AHRI"
    made_on = date(2020, 1, 1)


class ReservationFactory(Made):
    class Meta:
        model = inventory.Reservation

    place = SubFactory(StockPlaceFactory)
    part = SubFactory(PartFactory)
    quantity = Decimal(1)
    cause_kind = "visit"
    cause_uuid = LazyFunction(uuid.uuid4)


# dispatch -------------------------------------------------------------------------------------------


class SkillFactory(Made):
    class Meta:
        model = dispatch.Skill

    name = Sequence(lambda n: f"Skill {n}")


class TechnicianFactory(Made):
    class Meta:
        model = dispatch.Technician

    user = SubFactory(UserFactory, role=Role.TECHNICIAN)
    branch = LazyFunction(default_branch)
    truck = SubFactory(StockPlaceFactory, branch=factory.SelfAttribute("..branch"))


class TechnicianSkillFactory(Made):
    class Meta:
        model = dispatch.TechnicianSkill

    technician = SubFactory(TechnicianFactory)
    skill = SubFactory(SkillFactory)


class ShiftFactory(Made):
    class Meta:
        model = dispatch.Shift

    technician = SubFactory(TechnicianFactory)
    weekday = Sequence(lambda n: n % 7)
    starts = time(8)
    ends = time(17)


class TimeOffFactory(Made):
    class Meta:
        model = dispatch.TimeOff

    technician = SubFactory(TechnicianFactory)
    starts_at = LazyFunction(instant)
    ends_at = LazyAttribute(lambda o: o.starts_at + timedelta(hours=4))


class ChecklistTemplateFactory(Made):
    class Meta:
        model = dispatch.ChecklistTemplate

    name = Sequence(lambda n: f"Checklist {n}")


class ChecklistItemFactory(Made):
    class Meta:
        model = dispatch.ChecklistItem

    template = SubFactory(ChecklistTemplateFactory)
    text = "Drain is clear"


class JobTypeFactory(Made):
    class Meta:
        model = dispatch.JobType

    name = Sequence(lambda n: f"No cooling {n}")
    code = Sequence(lambda n: f"no-cooling-{n}")
    minutes = 90
    needs_signature = False


class JobTypeSkillFactory(Made):
    class Meta:
        model = dispatch.JobTypeSkill

    job_type = SubFactory(JobTypeFactory)
    skill = SubFactory(SkillFactory)


class JobFactory(Made):
    class Meta:
        model = dispatch.Job

    number = numbered("job")
    site = SubFactory(SiteFactory)
    customer = LazyAttribute(lambda o: o.site.customer)
    bill_to = LazyAttribute(lambda o: o.customer)
    branch = LazyAttribute(lambda o: o.site.branch)
    job_type = SubFactory(JobTypeFactory)
    summary = "No cooling upstairs"
    created_at = LazyFunction(lambda: instant(13))


class JobUnitFactory(Made):
    class Meta:
        model = dispatch.JobUnit

    job = SubFactory(JobFactory)
    unit = LazyAttribute(lambda o: UnitFactory(site=o.job.site))


class VisitFactory(Made):
    class Meta:
        model = dispatch.Visit

    job = SubFactory(JobFactory)


class VisitCheckFactory(Made):
    class Meta:
        model = dispatch.VisitCheck

    visit = SubFactory(VisitFactory)
    text = "Drain is clear"


class AssignmentFactory(Made):
    class Meta:
        model = dispatch.Assignment

    visit = SubFactory(VisitFactory)
    technician = SubFactory(TechnicianFactory)
    starts_at = LazyFunction(instant)
    ends_at = LazyAttribute(lambda o: o.starts_at + timedelta(minutes=90))


class JobNoteFactory(Made):
    class Meta:
        model = dispatch.JobNote

    job = SubFactory(JobFactory)
    body = "Replaced the capacitor."
    author = None
    written_at = LazyFunction(instant)


class JobPhotoFactory(Made):
    class Meta:
        model = dispatch.JobPhoto

    job = SubFactory(JobFactory)
    file = LazyFunction(lambda: ContentFile(picture(), "photo.png"))
    received_sha256 = "0" * 64
    author = None
    received_at = LazyFunction(instant)


class SignatureFactory(Made):
    class Meta:
        model = dispatch.Signature

    visit = SubFactory(VisitFactory)
    job = LazyAttribute(lambda o: o.visit.job)
    signer = "Lisa Hall"
    file = LazyFunction(lambda: ContentFile(picture(), "signature.png"))
    received_sha256 = "0" * 64
    signed_at = LazyFunction(instant)


class PartUseFactory(Made):
    class Meta:
        model = dispatch.PartUse

    visit = SubFactory(VisitFactory)
    job = LazyAttribute(lambda o: o.visit.job)
    part = SubFactory(PartFactory)
    place = SubFactory(StockPlaceFactory)
    quantity = Decimal(1)
    reservation = LazyAttribute(
        lambda o: ReservationFactory(place=o.place, part=o.part, quantity=o.quantity, cause_uuid=o.visit.uuid)
    )
    said_at = LazyFunction(instant)


# billing --------------------------------------------------------------------------------------------


class TaxRateFactory(Made):
    class Meta:
        model = billing.TaxRate
        django_get_or_create = ("name",)

    name = "Texas, Austin"
    agency = "Texas Comptroller"
    state = "TX"
    city = "Austin"
    percent = Decimal("8.2500")


class PriceItemFactory(Made):
    class Meta:
        model = billing.PriceItem

    code = Sequence(lambda n: f"LABOR-{n}")
    name = "Labor"
    kind = billing.ItemKind.LABOR
    price = Decimal("129.0000")
    unit = "hour"


class JobTypePriceFactory(Made):
    class Meta:
        model = billing.JobTypePrice

    job_type = SubFactory(JobTypeFactory)
    item = SubFactory(PriceItemFactory)


class InvoiceFactory(Made):
    """A draft; an issued one is made by `billing`'s action."""

    class Meta:
        model = billing.Invoice

    job = SubFactory(JobFactory)
    customer = LazyAttribute(lambda o: o.job.bill_to)
    branch = LazyAttribute(lambda o: o.job.branch)


class InvoiceLineFactory(Made):
    class Meta:
        model = billing.InvoiceLine

    invoice = SubFactory(InvoiceFactory)
    kind = billing.ItemKind.LABOR
    description = "Labor"
    quantity = Decimal(1)
    unit_price = Decimal("129.0000")
    amount = Decimal("129.00")


class InvoiceTaxFactory(Made):
    class Meta:
        model = billing.InvoiceTax

    invoice = SubFactory(InvoiceFactory)
    rate = SubFactory(TaxRateFactory)
    name = LazyAttribute(lambda o: o.rate.name)
    percent = LazyAttribute(lambda o: o.rate.percent)
    base = Decimal("100.00")
    amount = Decimal("8.25")


class CreditMemoFactory(Made):
    class Meta:
        model = billing.CreditMemo

    number = numbered("credit_memo")
    invoice = SubFactory(InvoiceFactory)
    issued_on = date(2026, 7, 14)
    issued_at = LazyFunction(instant)
    subtotal = Decimal("100.00")
    tax = Decimal("8.25")
    total = Decimal("108.25")
    reason = "Billed twice"


class PaymentFactory(Made):
    class Meta:
        model = billing.Payment

    number = numbered("payment")
    customer = SubFactory(CustomerFactory)
    branch = LazyAttribute(lambda o: o.customer.branch)
    method = billing.PaymentMethod.CASH
    amount = Decimal("50.00")
    received_on = date(2026, 7, 14)
    received_at = LazyFunction(instant)
    key = LazyFunction(uuid.uuid4)


class AllocationFactory(Made):
    class Meta:
        model = billing.Allocation

    payment = SubFactory(PaymentFactory)
    invoice = SubFactory(InvoiceFactory)
    amount = Decimal("50.00")


class QuickBooksBatchFactory(Made):
    class Meta:
        model = billing.QuickBooksBatch

    number = numbered("quickbooks_batch")
    content = b"!TRNS\r\n"
    sha256 = "0" * 64
    manifest = LazyFunction(dict)
    made_at = LazyFunction(instant)


class QuickBooksBatchItemFactory(Made):
    class Meta:
        model = billing.QuickBooksBatchItem

    quickbooks_batch = SubFactory(QuickBooksBatchFactory)
    payment = SubFactory(PaymentFactory)
