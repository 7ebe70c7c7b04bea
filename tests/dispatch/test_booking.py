"""From a call to a job in the tray."""

import uuid

import pytest

from dispatch import actions
from dispatch.events import JobBooked
from dispatch.models import ChecklistItem, ChecklistTemplate, Job
from dispatch.states import JobState, VisitState
from fsm import events
from fsm.attribution import attributed
from fsm.models import LiveEvent
from fsm.states import NotPossible, Stale

from ..factories import JobTypeFactory, instant

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch):
    """Every event announced, in order."""
    told = []
    real = events.announce
    for module in ("booking", "planning", "jobs", "field"):
        monkeypatch.setattr(
            f"dispatch.actions.{module}.announce", lambda event: (told.append(event), real(event))
        )
    return told


def book(customer, **fields):
    defaults = {
        "uuid": uuid.uuid4(),
        "customer_id": customer.pk,
        "site_id": customer.site.pk,
        "summary": "No cooling",
        "now": instant(13),
    }
    job_type = fields.pop("job_type", None) or JobTypeFactory()
    return actions.book_job(**{**defaults, "job_type_id": job_type.pk, **fields})


def test_a_booked_job_waits_in_the_tray_with_number_window_and_checklist(make_customer, heard):
    template = ChecklistTemplate.objects.create(name="Cooling")
    ChecklistItem.objects.create(template=template, text="Filter", position=1)
    ChecklistItem.objects.create(template=template, text="Delta-T", position=2, kind="reading", unit="F")
    job = book(
        make_customer(),
        job_type=JobTypeFactory(checklist=template, minutes=90),
        window=(instant(15), instant(17)),
    )
    visit = job.visits.get()
    assert job.state == JobState.BOOKED
    assert job.number.startswith("J")
    assert visit.state == VisitState.UNSCHEDULED
    assert (visit.window_start, visit.window_end, visit.minutes) == (instant(15), instant(17), 90)
    assert [check.text for check in visit.checks.all()] == ["Filter", "Delta-T"]
    assert heard == [JobBooked(job_id=job.pk)]
    assert LiveEvent.objects.filter(topic="board", uuid=visit.uuid).exists()


def test_the_same_booking_sent_twice_is_one_job(make_customer):
    customer, key, kind = make_customer(), uuid.uuid4(), JobTypeFactory()
    first = book(customer, uuid=key, job_type=kind)
    second = book(customer, uuid=key, job_type=kind)
    assert first.pk == second.pk
    assert Job.objects.count() == 1


def test_the_history_of_a_booking_says_who_where_from_and_which_chain(make_customer, casey):
    with attributed(user=casey, source="office", reason="called in") as who:
        job = book(make_customer())
    row = job.history.latest()
    assert (row.history_user_id, row.actor_name, row.source, row.batch) == (
        casey.pk,
        "Casey Nolan",
        "office",
        who.batch,
    )
    assert row.root == f"job:{job.uuid}"
    assert job.visits.get().history.latest().root == row.root


def test_we_do_not_book_for_whom_we_do_not_serve_and_say_why(make_customer):
    customer = make_customer(do_not_service=True, do_not_service_reason="unpaid 2024")
    with pytest.raises(NotPossible, match="unpaid 2024"):
        book(customer)
    assert Job.objects.count() == 0


def test_a_job_goes_only_to_an_address_of_its_customer(make_customer):
    with pytest.raises(NotPossible, match="another customer"):
        book(make_customer(), site_id=make_customer().site.pk)


def test_a_unit_of_another_address_is_refused(make_customer, make_unit):
    with pytest.raises(NotPossible, match="another address"):
        book(make_customer(), unit_ids=[make_unit().pk])


def test_a_contact_of_another_customer_is_refused(make_customer):
    with pytest.raises(NotPossible, match="another customer"):
        book(make_customer(), contact_id=make_customer().contact.pk)


def test_a_window_that_ends_before_it_starts_is_refused(make_customer):
    with pytest.raises(NotPossible, match="end after it starts"):
        book(make_customer(), window=(instant(17), instant(15)))


def test_bills_go_to_whom_the_customer_names(make_customer):
    manager = make_customer()
    tenant = make_customer(bill_to=manager)
    assert book(tenant).bill_to == manager


def test_a_job_keeps_its_customer_when_the_site_is_sold(make_customer):
    seller, buyer = make_customer(), make_customer()
    job = book(seller)
    site = seller.site
    site.customer = buyer
    site.save()
    job.refresh_from_db()
    assert job.customer == seller


def test_a_further_visit_continues_the_sequence(make_job):
    job = make_job()
    visit = actions.add_visit(job.pk, now=instant(14), minutes=30)
    assert (visit.sequence, visit.minutes, visit.state) == (2, 30, VisitState.UNSCHEDULED)


def test_no_visit_is_added_to_a_cancelled_job(make_job):
    job = make_job()
    actions.cancel_job(job.pk, because="sold the house", now=instant(14))
    with pytest.raises(NotPossible, match="cancelled"):
        actions.add_visit(job.pk, now=instant(14))


def test_an_edit_of_an_older_version_is_refused_and_shows_what_stands(make_job, dana):
    job = make_job()
    with attributed(user=dana):
        actions.edit_job(job.pk, version=job.version, now=instant(14), summary="Leaking")
    with pytest.raises(Stale, match="Dana Whitfield") as refusal:
        actions.edit_job(job.pk, version=job.version, now=instant(14), summary="Noisy")
    assert refusal.value.theirs["summary"] == "Leaking"
    job.refresh_from_db()
    assert job.summary == "Leaking"


def test_another_window_leaves_the_planned_time(make_job, tess):
    job = make_job(technician=tess)
    before = job.visit.starts_at
    visit = actions.change_window(
        job.visit.pk, window=(instant(18), instant(20)), version=job.visit.version, now=instant(14)
    )
    assert visit.starts_at == before
    assert visit.window_start == instant(18)
