"""The demo company as `load_demo` makes it: whole, plausible, consistent, and every page shows it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Count, F, Q, Sum
from django.test import Client

from billing.models import Invoice, JobTypePrice, Payment, PriceItem, QuickBooksBatch, TaxRate
from billing.quickbooks.iif_proof import parse, prove
from customers.models import Customer, CustomerFile, DuplicatePair, Merge, Site, SiteRole
from dispatch.models import Assignment, Job, PartUse, Technician, Visit
from dispatch.states import AssignmentState, JobState, VisitState
from equipment.models import Circuit, TechnicianCertificate, Unit
from fsm import demo
from fsm.attribution import UNATTRIBUTED
from fsm.clock import day_in, now, today_in
from fsm.company import the_company
from fsm.history import history_model
from fsm.models import OutboxRow, User
from fsm.permissions import Role
from fsm.screenshots import shots
from fsm.trace import story, tracked_models
from inventory.models import Part, PlaceKind, StockLevel, StockMovement, StockPlace
from tests.conftest import client_of, for_the_module

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# Nobody has imported a file, made a token or sent anything yet.
NOT_IN_THE_DEMO = {
    "customers-import",
    "customers-import-columns",
    "fsm-api-token",
    "fsm-exchange",
    "fsm-outbox-row",
}


@pytest.fixture(scope="module")
def demo_company(django_db_setup, django_db_blocker, tmp_path_factory):
    """Loaded once; its database transaction ends with this module's tests."""
    folder = tmp_path_factory.mktemp("demo")
    with for_the_module(django_db_blocker, MEDIA_ROOT=folder / "files"):
        call_command("load_demo", verbosity=0)
        connection.check_constraints()
        yield folder


@pytest.fixture(autouse=True)
def _its_files(demo_company, settings):
    """The pages find the demo's photos and PDFs."""
    settings.MEDIA_ROOT = demo_company / "files"


def day(offset: int = 0):
    """The instants between which a day lies, counted from today."""
    zone = the_company().time_zone
    return day_in(zone, today_in(zone, now()) + timedelta(days=offset))


def assigned_minutes(offset: int) -> dict[int, float]:
    """How long each technician is planned on a day."""
    begins, ends = day(offset)
    minutes: dict[int, float] = {}
    planned = Assignment.objects.filter(starts_at__gte=begins, starts_at__lt=ends)
    for row in planned.exclude(state=AssignmentState.RELEASED):
        spent = (row.ends_at - row.starts_at).total_seconds() / 60
        minutes[row.technician_id] = minutes.get(row.technician_id, 0) + spent
    return minutes


def test_everybody_named_can_sign_in():
    for username, _name, role in demo.LOGINS:
        assert Client().login(username=username, password=demo.PASSWORD), username
        assert User.objects.get(username=username).role == role


def test_twelve_technicians_have_trucks_skills_and_certificates():
    assert Technician.objects.count() == 12
    for technician in Technician.objects.select_related("truck"):
        assert technician.truck.kind == PlaceKind.TRUCK
        assert technician.skills.exists()
        assert technician.shifts.exists()
        assert TechnicianCertificate.objects.filter(technician=technician.user_id).exists()
    assert Technician.objects.values("truck").distinct().count() == 12


def test_there_are_as_many_customers_units_and_parts_as_a_company_of_the_size_has():
    assert 850 <= Customer.objects.count() <= 950
    assert Site.objects.count() >= Customer.objects.count()
    assert 1350 <= Unit.objects.count() <= 1500
    assert Circuit.objects.count() > 1000
    assert Part.objects.count() >= 50
    assert PriceItem.objects.filter(part__isnull=False).count() >= 30
    assert {"labor", "part", "refrigerant", "fee"} <= set(PriceItem.objects.values_list("kind", flat=True))
    assert JobTypePrice.objects.exists()
    assert TaxRate.objects.exists()


def test_warehouse_and_trucks_are_stocked():
    levels = StockLevel.objects.filter(on_hand__gt=0)
    for place in StockPlace.objects.filter(is_active=True):
        assert levels.filter(place=place).count() >= 10, place


def test_two_weeks_behind_a_full_today_and_half_of_the_next_week():
    behind = [offset for offset in range(-14, 0) if assigned_minutes(offset)]
    assert len(behind) >= 10
    assert Job.objects.filter(completed_at__lt=day()[0]).count() > 200
    today = assigned_minutes(0)
    assert len(today) == 12
    assert sum(today.values()) / len(today) > 5 * 60
    ahead = [sum(assigned_minutes(offset).values()) for offset in range(1, 8)]
    assert max(ahead) > 0
    assert sum(ahead) / (7 * 12 * 60) < 5
    states = set(Visit.objects.values_list("state", flat=True))
    assert {VisitState.UNSCHEDULED, VisitState.SCHEDULED, VisitState.DONE} <= states
    jobs = set(Job.objects.values_list("state", flat=True))
    assert {JobState.ON_HOLD, JobState.CANCELLED, JobState.CLOSED, JobState.BOOKED} <= jobs
    assert 8 <= Visit.objects.filter(state=VisitState.UNSCHEDULED).count() <= 20


def test_there_are_invoices_in_every_state():
    assert set(Invoice.objects.values_list("state", flat=True)) == {
        "draft",
        "issued",
        "void",
        "credited",
        "written_off",
    }
    today = today_in(the_company().time_zone, now())
    balances = Invoice.objects.with_balance().filter(state="issued")
    assert balances.filter(balance=0).exists()
    assert balances.filter(paid__gt=0, balance__gt=0).exists()
    assert Invoice.objects.past_due(today).exists()
    assert Payment.objects.filter(method="cash").exists()
    assert Payment.objects.filter(method="check").exists()


def test_invoice_numbers_have_no_gaps_and_totals_add_up():
    numbers = sorted(int(number) for number in Invoice.objects.values_list("number", flat=True) if number)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    for invoice in Invoice.objects.annotate(lines_sum=Sum("lines__amount")):
        assert invoice.subtotal == (invoice.lines_sum or 0)
        assert invoice.total == invoice.subtotal + invoice.tax
    paid_more = Invoice.objects.with_balance().filter(state="issued", balance__lt=0)
    assert not paid_more.exists()


def test_each_file_for_quickbooks_proves_itself():
    assert QuickBooksBatch.objects.exists()
    for batch in QuickBooksBatch.objects.all():
        prove(parse(bytes(batch.content)))


def test_nobody_is_in_two_places():
    holding = Assignment.objects.exclude(state=AssignmentState.RELEASED)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM dispatch_assignment a JOIN dispatch_assignment b"
            " ON a.technician_id = b.technician_id AND a.id < b.id"
            " AND a.state <> 'released' AND b.state <> 'released'"
            " AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)"
        )
        assert cursor.fetchone() == (0,)
    assert holding.count() > 500
    assert not holding.filter(ends_at__lte=F("starts_at")).exists()


def test_what_lies_where_is_what_the_ledger_says():
    ledger: dict[tuple[int, int], Decimal] = {}
    for row in StockMovement.objects.values_list("part_id", "from_place_id", "to_place_id", "quantity"):
        part, source, target, quantity = row
        for place, change in ((source, -quantity), (target, quantity)):
            if place is not None:
                ledger[place, part] = ledger.get((place, part), Decimal(0)) + change
    levels = {(row.place_id, row.part_id): row.on_hand for row in StockLevel.objects.all()}
    assert {key: value for key, value in levels.items() if value} == {
        key: value for key, value in ledger.items() if value
    }


def test_completed_work_has_taken_its_parts_from_the_trucks():
    done = PartUse.objects.filter(is_removed=False, visit__state=VisitState.DONE)
    used = StockMovement.objects.filter(kind="used")
    assert done.count() > 50
    assert done.aggregate(n=Sum("quantity"))["n"] == used.aggregate(n=Sum("quantity"))["n"]


def test_every_row_says_that_it_is_made_up_and_by_what():
    for model in tracked_models():
        rows = history_model(model).objects.all()
        assert not rows.filter(Q(source="") | Q(source=UNATTRIBUTED) | Q(actor_name="")).exists(), model
        standing = model._base_manager.values_list("pk", flat=True)
        assert not set(standing) - set(rows.values_list("id", flat=True)), model


def test_the_trace_of_a_paid_invoice_reaches_from_the_call_to_the_money():
    paid = Invoice.objects.filter(state="issued", allocations__is_undone=False, lines__kind="part").first()
    told = {step.what for step in story(paid)}
    assert {"Customer", "Job", "Visit", "Assignment", "Part use", "Stock movement"} <= told
    assert {"Invoice", "Invoice line", "Payment", "Allocation"} <= told


def test_nothing_of_it_leaves_the_house():
    assert not OutboxRow.objects.filter(state="waiting").exists()


def test_every_page_shows_it():
    wanted = shots()
    assert {shot.page.title for shot in wanted if shot.path is None} <= NOT_IN_THE_DEMO
    for shot in wanted:
        if shot.path is None:
            continue
        client = client_of(shot.user) if shot.user else Client()
        assert client.get(shot.path).status_code == 200, f"{shot.page.title} at {shot.path}"


def test_each_role_has_a_home():
    for role in Role:
        user = User.objects.filter(role=role).first()
        assert client_of(user).get("/", follow=True).status_code == 200, role


def test_some_customers_are_there_twice_and_one_was_merged():
    assert DuplicatePair.objects.waiting().count() >= 8
    assert DuplicatePair.objects.waiting().filter(band="auto").exists()
    assert Merge.objects.filter(undone_at__isnull=True).exists()
    assert Merge.objects.filter(undone_at__isnull=False).exists()
    assert Customer.objects.filter(merged_into__isnull=False).count() == 1


def test_customers_are_not_all_alike():
    kinds = dict(Customer.objects.values_list("kind").annotate(n=Count("pk")))
    assert min(kinds.values()) >= 10
    assert Customer.objects.filter(do_not_service=True).exists()
    assert Customer.objects.filter(credit_hold=True).exists()
    assert Customer.objects.filter(is_taxable=False).exists()
    assert {"VIP", "Wants a plan"} <= {
        tag for tags in Customer.objects.values_list("tags", flat=True) for tag in tags
    }
    assert set(CustomerFile.objects.values_list("content_type", flat=True)) == {
        "application/pdf",
        "image/jpeg",
    }
    roles = SiteRole.objects.filter(from_on__isnull=False)
    assert set(roles.values_list("kind", flat=True)) == {"occupant", "owner", "approver"}
    assert roles.filter(kind="approver", not_to_exceed__gt=0, site__customer__files__isnull=False).exists()
    assert roles.filter(kind="owner", until_on__isnull=False).exists()  # sold
