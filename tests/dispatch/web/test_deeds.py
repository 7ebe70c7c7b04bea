"""What the office does to a job: asked in a dialog, done by an action, refused aloud."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from dispatch import actions
from dispatch.models import JobNote
from fsm.clock import local, now
from inventory.models import StockMovement
from tests import factories as make
from tests.factories import instant


def url_of(name, thing):
    return reverse(f"dispatch:{name}", args=[thing.uuid])


def do(client, name, thing, **typed):
    return client.post(url_of(name, thing), typed)


def next_week():
    return now().date() + timedelta(days=7)


def test_a_dialog_comes_as_a_part_for_scripts_and_as_a_page_without(dana_client, make_job):
    job = make_job()
    part = dana_client.get(url_of("cancel-job", job), headers={"HX-Request": "true"}).content.decode()
    page = dana_client.get(url_of("cancel-job", job)).content.decode()
    assert "<html" not in part
    assert "<html" in page
    assert f"Cancel job {job.number}" in part
    assert f"Cancel job {job.number}" in page


def test_cancelling_needs_a_reason_and_keeps_it(dana_client, make_job, tess):
    job = make_job(technician=tess)
    assert do(dana_client, "cancel-job", job, because="").status_code == 422
    answer = do(dana_client, "cancel-job", job, because="Found the breaker off")
    job.refresh_from_db()
    assert answer.url == reverse("dispatch:job", args=[job.uuid])
    assert (job.state, job.cancelled_because) == ("cancelled", "Found the breaker off")
    assert job.history.first().history_user.username == "dana"


def test_through_scripts_a_deed_that_is_done_leads_back_to_the_job(dana_client, make_job):
    job = make_job()
    answer = dana_client.post(
        url_of("cancel-job", job), {"because": "Moved away"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == reverse("dispatch:job", args=[job.uuid])


def test_what_the_state_forbids_is_refused_by_the_action_even_without_a_button(dana_client, make_job):
    job = make_job()
    actions.cancel_job(job.pk, because="Moved away", now=now())
    answer = do(dana_client, "hold-job", job, because="Parts", follow_up_on=next_week().isoformat())
    assert answer.status_code == 409
    assert "cannot become on hold" in answer.content.decode()
    assert "Parts" in answer.content.decode()


def test_a_job_with_a_technician_on_it_is_not_cancelled(dana_client, make_job, tess):
    job = make_job(technician=tess)
    actions.arrive(job.visit.pk, technician_id=tess.technician.pk, now=instant(15))
    answer = do(dana_client, "cancel-job", job, because="Changed their mind")
    assert answer.status_code == 409
    assert "A technician is on this job right now" in answer.content.decode()


def test_a_hold_comes_back_on_a_day_that_is_still_to_come(dana_client, make_job):
    job = make_job()
    yesterday = (now() - timedelta(days=1)).date().isoformat()
    assert do(dana_client, "hold-job", job, because="Board", follow_up_on=yesterday).status_code == 422
    do(dana_client, "hold-job", job, because="Board on order", follow_up_on=next_week().isoformat())
    job.refresh_from_db()
    assert (job.state, job.hold_reason, job.follow_up_on) == ("on_hold", "Board on order", next_week())
    do(dana_client, "resume-job", job)
    job.refresh_from_db()
    assert (job.state, job.hold_reason) == ("booked", "")


def test_editing_changes_what_was_noted_at_booking(dana_client, make_customer, make_job):
    customer = make_customer()
    job = make_job(customer=customer)
    typed = {
        "version": job.version,
        "priority": 1,
        "summary": "No cooling at all",
        "instructions": "Call first",
        "contact": customer.contact.pk,
        "po_number": "PO-9",
    }
    do(dana_client, "edit-job", job, **typed)
    job.refresh_from_db()
    assert (job.priority, job.summary, job.po_number, job.contact) == (
        1,
        "No cooling at all",
        "PO-9",
        customer.contact,
    )


def test_a_contact_of_another_customer_cannot_be_chosen(dana_client, make_customer, make_job):
    job = make_job()
    stranger = make_customer().contact
    typed = {"version": job.version, "priority": 3, "summary": "x", "contact": stranger.pk}
    assert do(dana_client, "edit-job", job, **typed).status_code == 422


def test_a_stale_edit_shows_what_stands_there_and_pressing_again_replaces_it(dana_client, make_job):
    job = make_job(summary="No cooling")
    seen = job.version
    actions.edit_job(job.pk, version=seen, summary="Ice on the line", now=now())
    typed = {"version": seen, "priority": 3, "summary": "Water in the pan"}
    answer = do(dana_client, "edit-job", job, **typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Ice on the line" in page
    assert 'value="Water in the pan"' in page
    job.refresh_from_db()
    assert job.summary == "Ice on the line"
    do(dana_client, "edit-job", job, **typed | {"version": job.version})
    job.refresh_from_db()
    assert job.summary == "Water in the pan"
    assert f'name="version" value="{job.version - 1}"' in page


def test_a_visit_added_twice_by_a_double_press_is_one_visit(dana_client, make_job):
    job = make_job()
    typed = {
        "once": str(uuid4()),
        "window_day": next_week().isoformat(),
        "window_from": "08:00",
        "window_until": "10:00",
        "minutes": 45,
    }
    do(dana_client, "add-visit", job, **typed)
    do(dana_client, "add-visit", job, **typed)
    assert [(visit.sequence, visit.minutes) for visit in job.visits.order_by("sequence")] == [
        (1, 60),
        (2, 45),
    ]


def test_another_window_is_promised_on_the_clock_of_the_site(dana_client, make_customer, make_job):
    job = make_job(customer=make_customer(site={"time_zone": "America/Denver"}))
    typed = {"version": job.visit.version, "window_day": next_week().isoformat(), "window_from": "13:00"}
    assert do(dana_client, "change-window", job.visit, **typed).status_code == 422
    do(dana_client, "change-window", job.visit, **typed, window_until="15:00")
    job.visit.refresh_from_db()
    assert local(job.visit.window_start, "America/Denver").hour == 13


def test_a_note_is_written_once_with_its_author(casey_client, make_job):
    job = make_job()
    once = str(uuid4())
    do(casey_client, "write-note", job, body="Called, nobody answered.", once=once)
    do(casey_client, "write-note", job, body="Called, nobody answered.", once=once)
    note = JobNote.objects.get()
    assert (note.author_name, note.body) == ("Casey Nolan", "Called, nobody answered.")


def test_closing_and_reopening_leave_their_reason(dana_client, make_job, tess):
    job = make_job(technician=tess)
    actions.complete_on_behalf(job.visit.pk, parts_confirmed=True, now=now())
    do(dana_client, "close-job", job)
    job.refresh_from_db()
    assert job.state == "closed"
    assert do(dana_client, "reopen-job", job, because="").status_code == 422
    do(dana_client, "reopen-job", job, because="Still warm upstairs")
    job.refresh_from_db()
    assert job.state == "in_progress"
    assert job.history.first().history_change_reason == "Still warm upstairs"


@pytest.fixture
def with_checks(branch):
    """A job type that asks for a check, a reading and a signature."""
    template = make.ChecklistTemplateFactory()
    make.ChecklistItemFactory(template=template, text="Drain is clear", position=1)
    make.ChecklistItemFactory(template=template, text="Capacitor", kind="reading", unit="µF", position=2)
    return make.JobTypeFactory(checklist=template, needs_signature=True)


def test_the_office_completes_a_visit_for_the_technician_and_the_record_says_so(
    dana_client, make_job, make_part, tess, with_checks
):
    job = make_job(technician=tess, job_type=with_checks)
    part = make_part(on={tess.technician.truck: Decimal(3)})
    actions.use_part(
        job.visit.pk,
        uuid=uuid4(),
        part_id=part.pk,
        quantity=Decimal(1),
        technician_id=tess.technician.pk,
        now=instant(15),
    )
    drain, capacitor = job.visit.checks.order_by("position")
    asked = dana_client.get(url_of("complete-on-behalf", job.visit)).content.decode()
    assert "Drain is clear" in asked
    assert "Capacitor (µF)" in asked
    typed = {
        f"check_{drain.uuid}": "good",
        f"check_{capacitor.uuid}": "44.5",
        "outcome": "complete",
        "note": "Replaced the capacitor.",
        "no_signature_because": "Phone was dead",
    }
    assert do(dana_client, "complete-on-behalf", job.visit, **typed).status_code == 302
    job.refresh_from_db()
    job.visit.refresh_from_db()
    assert (job.state, job.visit.state) == ("work_complete", "done")
    assert job.visit.checks.get(uuid=capacitor.uuid).reading == Decimal("44.5")
    assert StockMovement.objects.get(kind="used").quantity == 1
    assert job.visit.history.first().history_user.username == "dana"
    assert job.notes.get().author_name == "Dana Whitfield"


def test_what_is_missing_is_named_and_then_nothing_is_kept(dana_client, make_job, tess, with_checks):
    job = make_job(technician=tess, job_type=with_checks)
    drain, _capacitor = job.visit.checks.order_by("position")
    typed = {f"check_{drain.uuid}": "good", "outcome": "complete", "note": "Done"}
    answer = do(dana_client, "complete-on-behalf", job.visit, **typed)
    assert answer.status_code == 409
    assert "Capacitor" in answer.content.decode()
    job.visit.refresh_from_db()
    drain.refresh_from_db()
    assert (job.visit.state, drain.answer) == ("scheduled", "")


def test_a_crew_visit_is_completed_for_everybody_on_it(dana_client, make_job, tess, tom):
    job = make_job(technician=tess)
    actions.add_technician(
        job.visit.pk, technician_id=tom.technician.pk, version=job.visit.version, now=instant(13)
    )
    do(dana_client, "complete-on-behalf", job.visit, outcome="complete", parts_confirmed="on")
    job.refresh_from_db()
    assert job.state == "work_complete"
    assert {row.state for row in job.visit.assignments.all()} == {"done"}


def test_a_visit_nobody_is_on_is_not_completed(dana_client, make_job):
    job = make_job()
    answer = do(dana_client, "complete-on-behalf", job.visit, outcome="complete", parts_confirmed="on")
    assert answer.status_code == 409
    assert "Nobody is on this visit" in answer.content.decode()


def test_completing_with_a_return_puts_the_next_visit_into_the_tray(dana_client, make_job, tess):
    job = make_job(technician=tess)
    do(dana_client, "complete-on-behalf", job.visit, outcome="return_needed", note="Needs a motor")
    job.refresh_from_db()
    assert job.state == "booked"
    assert [visit.state for visit in job.visits.order_by("sequence")] == ["done", "unscheduled"]


@pytest.mark.parametrize(
    ("name", "who", "status"),
    [
        ("cancel-job", "bea_client", 403),
        ("edit-job", "bea_client", 403),
        ("close-job", "casey_client", 403),
        ("reopen-job", "casey_client", 403),
        ("cancel-job", "tess_client", 403),
        ("cancel-job", "casey_client", 200),
    ],
)
def test_each_deed_asks_its_own_capability(request, make_job, name, who, status):
    job = make_job()
    assert request.getfixturevalue(who).get(url_of(name, job)).status_code == status


def test_a_job_of_another_branch_is_not_there_to_be_cancelled(dana, dana_client, make_job):
    job = make_job()
    make.UserBranchFactory(user=dana, branch=make.BranchFactory(name="Dallas"))
    assert do(dana_client, "cancel-job", job, because="x").status_code == 404
    job.refresh_from_db()
    assert job.state == "booked"
