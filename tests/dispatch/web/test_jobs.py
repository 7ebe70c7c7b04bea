"""The list of jobs, one job whole, and its private pictures."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from dispatch import actions
from dispatch.models import Job
from fsm.clock import now
from tests import factories as make
from tests.factories import instant


def page_of(client, **params):
    return client.get(reverse("dispatch:jobs"), params).content.decode()


def job_url(job):
    return reverse("dispatch:job", args=[job.uuid])


@pytest.fixture
def two_jobs(make_customer, make_job, tess):
    """One booked for Hall, one scheduled with tess for Okafor."""
    hall = make_customer(name="Lisa Hall", street="4108 Avenue F")
    okafor = make_customer(name="Tom Okafor", street="17 Cypress Bend")
    return (
        make_job(customer=hall, summary="Ice on the line", po_number="PO-77"),
        make_job(customer=okafor, summary="Loud rattle", technician=tess, priority=1),
    )


@pytest.mark.parametrize("query", ["Lisa", "hall lisa", "4108", "ice on", "PO-77"])
def test_a_job_is_found_by_customer_address_what_is_wrong_and_po(casey_client, two_jobs, query):
    page = page_of(casey_client, q=query)
    assert two_jobs[0].number in page
    assert two_jobs[1].number not in page


def test_a_job_is_found_by_its_number(casey_client, two_jobs):
    assert two_jobs[1].number in page_of(casey_client, q=two_jobs[1].number.lower())


def test_the_list_narrows_by_state_priority_technician_and_days(casey_client, two_jobs, tess):
    booked, scheduled = two_jobs
    for narrowed, stays, goes in [
        ({"state": "booked"}, booked, scheduled),
        ({"state": "scheduled"}, scheduled, booked),
        ({"priority": "1"}, scheduled, booked),
        ({"technician": str(tess.technician.uuid)}, scheduled, booked),
        ({"first": "2026-07-14", "last": "2026-07-14"}, scheduled, booked),
    ]:
        page = page_of(casey_client, **narrowed)
        assert stays.number in page, narrowed
        assert goes.number not in page, narrowed
    both = page_of(casey_client, state="open")
    assert booked.number in both
    assert scheduled.number in both
    assert scheduled.number not in page_of(casey_client, first="2026-07-15")


def test_hostile_filters_are_no_error(casey_client, two_jobs):
    answer = casey_client.get(
        reverse("dispatch:jobs"),
        {"state": "x", "technician": "1;--", "first": "0000", "sort": "-pk", "page": "9e9"},
    )
    assert answer.status_code == 200


def test_somebody_limited_to_a_branch_sees_its_jobs_only(casey, casey_client, two_jobs):
    make.UserBranchFactory(user=casey, branch=make.BranchFactory(name="Dallas"))
    assert two_jobs[0].number not in page_of(casey_client)
    assert casey_client.get(job_url(two_jobs[0])).status_code == 404


@pytest.mark.parametrize("rows", [1, 20])
def test_the_list_costs_the_same_for_one_job_or_twenty(
    casey_client, make_job, tess, django_assert_num_queries, rows
):
    for number in range(rows):
        make_job(technician=tess, starts_at=instant(9) + timedelta(hours=number))
    page_of(casey_client)  # renews the session, once a day
    # session, person, frame, branch limits, zone, types, technicians, branches, count, jobs, visits,
    # assignments
    with django_assert_num_queries(12):
        page_of(casey_client)


def test_a_jobs_page_shows_everything_that_was_found_and_said(
    dana_client, make_customer, make_unit, make_part, make_job, tess
):
    customer = make_customer(name="Lisa Hall", phone="5125550142")
    unit = make_unit(site=customer.site)
    template = make.ChecklistTemplateFactory()
    make.ChecklistItemFactory(template=template, text="Drain is clear")
    make.ChecklistItemFactory(template=template, text="Capacitor", kind="reading", unit="µF")
    kind = make.JobTypeFactory(name="No cooling", checklist=template)
    job = make_job(
        customer=customer,
        job_type=kind,
        technician=tess,
        unit_ids=[unit.pk],
        contact_id=customer.contact.pk,
        instructions="Dog in the yard",
    )
    visit, who = job.visit, tess.technician.pk
    actions.arrive(visit.pk, technician_id=who, now=instant(15))
    drain, capacitor = visit.checks.order_by("pk")
    actions.answer_check(drain.uuid, visit_id=visit.pk, answer="good", now=instant(15))
    actions.answer_check(capacitor.uuid, visit_id=visit.pk, reading=Decimal("44.2"), now=instant(15))
    part = make_part(name="Fan motor", on={tess.technician.truck: Decimal(1)})
    actions.use_part(
        visit.pk,
        uuid=make.uuid.uuid4(),
        part_id=part.pk,
        quantity=Decimal(2),
        technician_id=who,
        now=instant(15),
    )
    actions.log_refrigerant(
        visit.pk,
        uuid=make.uuid.uuid4(),
        circuit_id=unit.circuit.pk,
        kind="added",
        ounces=Decimal(20),
        technician_id=who,
        now=instant(15),
    )
    actions.add_photo(
        visit.pk, uuid=make.uuid.uuid4(), data=make.picture(), caption="Burned contactor", now=instant(15)
    )
    actions.sign(visit.pk, uuid=make.uuid.uuid4(), signer="Lisa Hall", png=make.picture(), now=instant(15))
    actions.complete_visit(visit.pk, technician_id=who, note="Replaced the motor.", now=instant(16))
    page = dana_client.get(job_url(job)).content.decode()
    for fact in (
        "Lisa Hall", "(512) 555-0142", "Dog in the yard", unit.serial, "Tess Ramirez", "10:00 am", "11:00 am",
        "Drain is clear", "44.2", "µF", "Fan motor", "Was not on the truck", "1 lb 4 oz", "Burned contactor",
        "Signed by Lisa Hall", "Replaced the motor.", "Work complete",
    ):  # fmt: skip
        assert fact in page, fact
    assert reverse("fsm:trace", args=["job", job.uuid]) in page


@pytest.mark.parametrize("rows", [1, 20])
def test_a_jobs_page_costs_the_same_for_one_visit_or_twenty(
    dana_client, make_job, make_unit, tess, django_assert_max_num_queries, rows
):
    job = make_job(technician=tess)
    for _ in range(rows - 1):
        visit = actions.add_visit(job.pk, now=now())
        make.VisitCheckFactory(visit=visit)
        make.JobNoteFactory(job=job, visit=visit)
        make.JobUnitFactory(job=job)
    dana_client.get(job_url(job))  # renews the session, once a day
    # session, person, frame, branch limits, job, phones, visits, assignments, checks, parts, signatures,
    # refrigerant, units, notes, photos, and what other apps say about the job
    with django_assert_max_num_queries(20):
        assert dana_client.get(job_url(job)).status_code == 200


def test_gate_codes_are_on_no_office_page(dana_client, make_customer, make_job):
    customer = make_customer(site={"gate_code": "8841#", "access_notes": "Key under the third pot"})
    job = make_job(customer=customer)
    for url in (
        job_url(job),
        reverse("dispatch:jobs"),
        f"{reverse('dispatch:book')}?customer={customer.uuid}",
    ):
        page = dana_client.get(url).content.decode()
        assert "8841#" not in page
        assert "third pot" not in page


def buttons(page):
    return {name for name in ("edit", "hold", "resume", "cancel", "close", "reopen") if f"/{name}/" in page}


def test_buttons_follow_the_state(dana_client, make_job, tess):
    job = make_job(technician=tess)
    assert buttons(dana_client.get(job_url(job)).content.decode()) == {"edit", "hold", "cancel"}
    actions.hold_job(job.pk, because="Part", follow_up_on=date(2026, 8, 1), now=instant(14))
    assert buttons(dana_client.get(job_url(job)).content.decode()) == {"edit", "resume", "cancel"}
    actions.resume_job(job.pk, now=instant(14))
    actions.arrive(job.visit.pk, technician_id=tess.technician.pk, now=instant(15))
    assert buttons(dana_client.get(job_url(job)).content.decode()) == {"edit", "hold"}
    actions.complete_visit(
        job.visit.pk, technician_id=tess.technician.pk, parts_confirmed=True, now=instant(16)
    )
    assert buttons(dana_client.get(job_url(job)).content.decode()) == {"edit", "close", "reopen"}
    actions.close_job(job.pk, now=instant(17))
    assert "close" not in buttons(dana_client.get(job_url(job)).content.decode())


def test_the_bookkeeper_reads_a_job_and_finds_no_button(bea_client, make_job, tess):
    job = make_job(technician=tess)
    page = bea_client.get(job_url(job)).content.decode()
    assert job.number in page
    assert buttons(page) == set()


def test_a_photo_is_shown_to_who_may_see_the_job_and_to_nobody_else(
    dana_client, tess_client, tom_client, client, make_job, tess, tom
):
    job = make_job(technician=tess)
    photo = actions.add_photo(job.visit.pk, uuid=make.uuid.uuid4(), data=make.picture(), now=instant(15))
    url = reverse("dispatch:photo", args=[photo.uuid])
    for allowed in (dana_client, tess_client):
        answer = allowed.get(url)
        assert answer.status_code == 200
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"
    assert tom_client.get(url).status_code == 404
    assert client.get(url).status_code == 302


def test_a_job_of_nobody_is_not_found(dana_client, branch):
    assert dana_client.get(reverse("dispatch:job", args=[make.uuid.uuid4()])).status_code == 404
    assert not Job.objects.exists()
