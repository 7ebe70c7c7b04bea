"""What becomes of a job as a whole."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from dispatch import actions
from dispatch.states import AssignmentState, JobState, VisitState
from fsm.states import NotPossible
from inventory.models import Reservation, ReservationState

from ..factories import instant

pytestmark = pytest.mark.django_db


def test_cancelling_frees_technicians_and_parts_and_keeps_the_reason(make_job, make_part, tess):
    job = make_job(technician=tess)
    part = make_part(on={tess.technician.truck: Decimal(5)})
    actions.use_part(
        job.visit.pk,
        uuid=uuid4(),
        part_id=part.pk,
        quantity=Decimal(1),
        technician_id=tess.technician.pk,
        now=instant(15),
    )
    job = actions.cancel_job(job.pk, because="customer sold the house", now=instant(15))
    visit = job.visits.get()
    assert (job.state, visit.state) == (JobState.CANCELLED, VisitState.CANCELLED)
    assert visit.assignments.get().state == AssignmentState.RELEASED
    assert Reservation.objects.get().state == ReservationState.RELEASED
    assert job.history.latest().history_change_reason == "customer sold the house"


def test_cancelling_needs_a_reason(make_job):
    with pytest.raises(NotPossible, match="Say why"):
        actions.cancel_job(make_job().pk, because="  ", now=instant(15))


def test_a_job_with_a_technician_on_it_is_not_cancelled(make_job, tess):
    job = make_job(technician=tess)
    actions.go_en_route(job.visit.pk, technician_id=tess.technician.pk, now=instant(15))
    with pytest.raises(NotPossible, match="right now"):
        actions.cancel_job(job.pk, because="called off", now=instant(15))


def test_a_job_on_hold_has_a_reason_and_a_day_and_comes_back(make_job):
    job = make_job()
    with pytest.raises(NotPossible, match="past"):
        actions.hold_job(job.pk, because="part ordered", follow_up_on=date(2020, 1, 1), now=instant(15))
    later = instant(15).date()
    held = actions.hold_job(job.pk, because="part ordered", follow_up_on=later, now=instant(15))
    assert (held.state, held.hold_reason, held.follow_up_on) == (JobState.ON_HOLD, "part ordered", later)
    assert actions.resume_job(job.pk, now=instant(16)).state == JobState.BOOKED


def test_a_held_job_whose_visit_is_planned_resumes_as_scheduled(make_job, tess):
    job = make_job(technician=tess)
    actions.hold_job(job.pk, because="gate locked", follow_up_on=instant(15).date(), now=instant(15))
    assert actions.resume_job(job.pk, now=instant(16)).state == JobState.SCHEDULED


def test_only_complete_work_is_closed(make_job):
    with pytest.raises(NotPossible, match="cannot become closed"):
        actions.close_job(make_job().pk, now=instant(15))


def test_a_note_sent_twice_is_one_note(make_job, casey):
    job, key = make_job(), uuid4()
    first = actions.write_note(job.pk, body="Call before coming", now=instant(15), uuid=key)
    second = actions.write_note(job.pk, body="Call before coming", now=instant(15), uuid=key)
    assert first == second
    assert job.notes.count() == 1


def test_an_empty_note_is_refused(make_job):
    with pytest.raises(NotPossible, match="Write something"):
        actions.write_note(make_job().pk, body=" \n", now=instant(15))
