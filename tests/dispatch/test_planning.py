"""Who comes when."""

from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction

from dispatch import actions
from dispatch.models import Assignment, Shift, Skill, TimeOff
from dispatch.states import AssignmentState, JobState, VisitState
from fsm.attribution import attributed
from fsm.states import NotPossible, Stale

from ..factories import JobTypeFactory, instant

pytestmark = pytest.mark.django_db


def place(visit, person, starts, minutes=60, *, version=None, **more):
    return actions.place_visit(
        visit.pk,
        technician_id=person.technician.pk,
        starts_at=starts,
        ends_at=starts + timedelta(minutes=minutes),
        version=visit.version if version is None else version,
        now=instant(13),
        **more,
    )


def test_a_visit_from_the_tray_has_a_technician_and_a_time(make_job, tess):
    job = make_job()
    visit = place(job.visit, tess, instant(15), 90).visit
    job.refresh_from_db()
    assert (visit.state, job.state) == (VisitState.SCHEDULED, JobState.SCHEDULED)
    assert (visit.starts_at, visit.ends_at, visit.minutes) == (instant(15), instant(16, 30), 90)
    assignment = visit.assignments.get()
    assert (assignment.technician, assignment.starts_at) == (tess.technician, instant(15))


def test_an_overlap_is_refused_by_naming_the_other_visit(make_job, make_customer, tess):
    make_job(technician=tess, starts_at=instant(15), customer=make_customer(name="Lisa Hall"))
    job = make_job()
    with pytest.raises(NotPossible, match=r"Tess Ramirez is already at Lisa Hall \(J\d+\)"):
        place(job.visit, tess, instant(15, 30))
    job.visit.refresh_from_db()
    assert job.visit.state == VisitState.UNSCHEDULED
    assert not job.visit.assignments.exists()


def test_touching_visits_do_not_overlap(make_job, tess):
    make_job(technician=tess, starts_at=instant(15), minutes=60)
    assert place(make_job().visit, tess, instant(16)).visit.state == VisitState.SCHEDULED


def test_a_move_keeps_one_assignment_and_its_history(make_job, tess, tom, dana):
    job = make_job(technician=tess)
    with attributed(user=dana, source="board"):
        place(job.visit, tom, instant(18))
    assignment = Assignment.objects.get(visit=job.visit)
    assert assignment.technician == tom.technician
    assert [row.technician_id for row in assignment.history.order_by("history_id")] == [
        tess.technician.pk,
        tom.technician.pk,
    ]
    assert assignment.history.latest().source == "board"


def test_two_who_saw_the_same_version_cannot_both_move(make_job, tess, tom, dana):
    job = make_job(technician=tess)
    seen = job.visit.version
    with attributed(user=dana):
        place(job.visit, tess, instant(16), version=seen)
    with pytest.raises(Stale, match="Dana Whitfield") as refusal:
        place(job.visit, tom, instant(20), version=seen)
    assert refusal.value.theirs["starts_at"] == instant(16)


def test_a_visit_under_way_stays_where_it_is(make_job, tess, tom):
    job = make_job(technician=tess)
    actions.go_en_route(job.visit.pk, technician_id=tess.technician.pk, now=instant(15))
    job.visit.refresh_from_db()
    with pytest.raises(NotPossible, match="en route"):
        place(job.visit, tom, instant(18))
    with pytest.raises(NotPossible, match="en route"):
        actions.unschedule_visit(job.visit.pk, version=job.visit.version, now=instant(15))


def test_a_visit_must_end_after_it_starts(make_job, tess):
    with pytest.raises(NotPossible, match="end after it starts"):
        place(make_job().visit, tess, instant(15), 0)


def test_back_in_the_tray_frees_the_technician_and_the_job_is_booked_again(make_job, tess):
    job = make_job(technician=tess)
    visit = actions.unschedule_visit(
        job.visit.pk, version=job.visit.version, now=instant(13), because="customer asked"
    )
    job.refresh_from_db()
    assert (visit.state, visit.starts_at, job.state) == (VisitState.UNSCHEDULED, None, JobState.BOOKED)
    assert visit.assignments.get().state == AssignmentState.RELEASED
    assert visit.history.latest().history_change_reason == "customer asked"
    place(make_job().visit, tess, instant(15))


def test_a_visit_can_come_back_to_a_technician_it_was_taken_from(make_job, tess):
    job = make_job(technician=tess)
    visit = actions.unschedule_visit(job.visit.pk, version=job.visit.version, now=instant(13))
    assert place(visit, tess, instant(16)).visit.state == VisitState.SCHEDULED


def test_a_crew_shares_the_time_and_moves_together(make_job, tess, tom):
    job = make_job(technician=tess)
    visit = actions.add_technician(
        job.visit.pk, technician_id=tom.technician.pk, version=job.visit.version, now=instant(13)
    ).visit
    place(visit, tess, instant(18), from_technician_id=tess.technician.pk)
    assert {row.starts_at for row in visit.assignments.all()} == {instant(18)}
    assert {row.role for row in visit.assignments.all()} == {"lead", "helper"}


def test_a_helper_who_is_busy_is_refused(make_job, tess, tom):
    make_job(technician=tom)
    job = make_job(technician=tess)
    with pytest.raises(NotPossible, match="Tom Okafor is already at"):
        actions.add_technician(
            job.visit.pk, technician_id=tom.technician.pk, version=job.visit.version, now=instant(13)
        )


def test_when_the_lead_leaves_the_helper_leads(make_job, tess, tom):
    job = make_job(technician=tess)
    visit = actions.add_technician(
        job.visit.pk, technician_id=tom.technician.pk, version=job.visit.version, now=instant(13)
    ).visit
    visit = actions.release_technician(
        visit.pk, technician_id=tess.technician.pk, version=visit.version, now=instant(13)
    )
    leading = visit.assignments.exclude(state=AssignmentState.RELEASED).get()
    assert (leading.technician, leading.role) == (tom.technician, "lead")
    with pytest.raises(NotPossible, match="only technician"):
        actions.release_technician(
            visit.pk, technician_id=tom.technician.pk, version=visit.version, now=instant(13)
        )


def test_soft_rules_warn_by_name_and_do_not_refuse(make_job, tess):
    kind = JobTypeFactory()
    kind.skills.create(skill=Skill.objects.create(name="Chillers"))
    Shift.objects.filter(technician=tess.technician).delete()
    for weekday in range(7):
        Shift.objects.create(technician=tess.technician, weekday=weekday, starts=time(8), ends=time(9))
    TimeOff.objects.create(technician=tess.technician, starts_at=instant(20), ends_at=instant(23))
    job = make_job(job_type=kind, window=(instant(14), instant(15)))
    warnings = " ".join(place(job.visit, tess, instant(21)).warnings)
    assert "Chillers" in warnings
    assert "window" in warnings
    assert "shift" in warnings
    assert "time off" in warnings


def test_the_database_itself_refuses_two_places_at_once(make_job, tess):
    make_job(technician=tess, starts_at=instant(15))
    other = make_job(technician=tess, starts_at=instant(18))
    assignment = other.visit.assignments.get()
    assignment.starts_at, assignment.ends_at = instant(15, 10), instant(15, 20)
    with pytest.raises(IntegrityError, match="assignment_no_overlap"), transaction.atomic():
        assignment.save()


def test_a_technician_who_left_is_not_planned(make_job, tess):
    technician = tess.technician
    technician.is_active = False
    technician.save()
    with pytest.raises(NotPossible, match="does not work here"):
        place(make_job().visit, tess, instant(15))
