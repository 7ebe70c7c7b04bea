"""Whatever several people do to the board in whatever order: nobody is in two places, nothing is lost."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch import actions
from dispatch.models import Assignment, Job, Visit
from dispatch.states import ASSIGNMENT_HOLDING, HOLDING, JOB_UNFINISHED, AssignmentState, VisitState
from fsm.attribution import attributed
from fsm.history import history_model
from fsm.states import NotPossible

from ..factories import instant

pytestmark = pytest.mark.django_db

JOBS, TECHNICIANS, PEOPLE = 4, 2, 3
which, who, hand = st.integers(0, JOBS - 1), st.integers(0, TECHNICIANS - 1), st.integers(0, PEOPLE - 1)
slot, length = st.integers(0, 5), st.integers(1, 4)
old = st.sampled_from([0, 0, 0, 1])  # now and then somebody acts from a page that is out of date
outcomes = st.sampled_from(["complete", "return_needed"])
STEPS = st.one_of(
    st.tuples(st.just("place"), hand, which, old, who, slot, length),
    st.tuples(st.just("place"), hand, which, old, who, slot, length),
    st.tuples(st.just("resize"), hand, which, old, length),
    st.tuples(st.just("unschedule"), hand, which, old),
    st.tuples(st.just("add"), hand, which, old, who),
    st.tuples(st.just("release"), hand, which, old, who),
    st.tuples(st.just("go on"), hand, which, who, st.integers(1, 3), outcomes),
    st.tuples(st.just("go on"), hand, which, who, st.integers(1, 3), outcomes),
    st.tuples(st.just("no access"), hand, which, who),
    st.tuples(st.just("cancel"), hand, which),
)
NOW = instant(13)


def visit_of(jobs, number):
    """The newest visit of the job: after a return is needed, the following one."""
    return Visit.objects.filter(job=jobs[number]).order_by("-sequence").first()


def place(visit, technician, starts_at, minutes, version):
    actions.place_visit(
        visit.pk,
        technician_id=technician.pk,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        version=version,
        now=NOW,
    )


def go_on(visit, technician, outcome):
    """The next thing that this technician, else the first one of the visit, does in the field."""
    standing = visit.assignments.exclude(state=AssignmentState.RELEASED)
    mine = standing.filter(technician=technician).first() or standing.first()
    technician_id = mine.technician_id if mine else technician.pk
    if mine is None or mine.state == AssignmentState.ASSIGNED:
        actions.go_en_route(visit.pk, technician_id=technician_id, now=NOW)
    elif mine.state == AssignmentState.EN_ROUTE:
        actions.arrive(visit.pk, technician_id=technician_id, now=NOW)
    else:
        actions.complete_visit(
            visit.pk, technician_id=technician_id, now=NOW, outcome=outcome, parts_confirmed=True
        )


def play(step, jobs, technicians):
    visit = visit_of(jobs, step[2])
    match step:
        case ("place", _, _, behind, t, at, half_hours):
            starts = instant(15) + timedelta(minutes=30 * at)
            place(visit, technicians[t], starts, 30 * half_hours, visit.version - behind)
        case ("resize", _, _, behind, half_hours):
            standing = visit.assignments.exclude(state=AssignmentState.RELEASED).first()
            if standing is not None:
                place(visit, standing.technician, standing.starts_at, 30 * half_hours, visit.version - behind)
        case ("unschedule", _, _, behind):
            actions.unschedule_visit(visit.pk, version=visit.version - behind, now=NOW)
        case ("add", _, _, behind, t):
            actions.add_technician(
                visit.pk, technician_id=technicians[t].pk, version=visit.version - behind, now=NOW
            )
        case ("release", _, _, behind, t):
            actions.release_technician(
                visit.pk, technician_id=technicians[t].pk, version=visit.version - behind, now=NOW
            )
        case ("go on", _, _, t, times, outcome):
            for _ in range(times):
                go_on(visit, technicians[t], outcome)
        case ("no access", _, _, t):
            actions.report_no_access(
                visit.pk, technician_id=technicians[t].pk, because="Nobody opened", now=NOW
            )
        case ("cancel", _, number):
            actions.cancel_job(jobs[number].pk, because="The customer changed their mind", now=NOW)


def assert_nobody_is_in_two_places(technicians):
    for technician in technicians:
        rows = Assignment.objects.filter(technician=technician, state__in=ASSIGNMENT_HOLDING)
        for before, after in pairwise(rows.order_by("starts_at", "ends_at")):
            assert before.ends_at <= after.starts_at, (before.visit, after.visit)


def assert_no_visit_is_lost(jobs):
    for job in Job.objects.filter(pk__in=[job.pk for job in jobs]):
        if job.state in JOB_UNFINISHED and not job.visits.filter(state=VisitState.NO_SHOW).exists():
            assert job.visits.filter(state__in=[VisitState.UNSCHEDULED, *HOLDING]).exists(), job.state
    for visit in Visit.objects.filter(job__in=jobs):
        standing = visit.assignments.exclude(state=AssignmentState.RELEASED)
        if visit.state == VisitState.UNSCHEDULED:
            assert (visit.starts_at, visit.ends_at) == (None, None)
            assert not standing.exists()
        elif visit.state in HOLDING:
            assert standing.exists()
            assert {(row.starts_at, row.ends_at) for row in standing} == {(visit.starts_at, visit.ends_at)}
            assert standing.filter(role="lead").count() == 1


def assert_every_row_has_history():
    for model in (Job, Visit, Assignment):
        history = history_model(model)
        shared = [field.attname for field in model._meta.concrete_fields if hasattr(history, field.attname)]
        for row in model.objects.values(*shared):
            last = history.objects.filter(id=row["id"]).order_by("-history_id").values(*shared, "source")[0]
            assert last.pop("source") in ("test", "board"), last
            assert last == row


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=8, max_size=30))
def test_whatever_is_done_nobody_is_in_two_places_and_no_visit_is_lost(
    make_job, tess, tom, dana, marcus, casey, steps
):
    with transaction.atomic():
        technicians, people = [tess.technician, tom.technician], [dana, marcus, casey]
        jobs = [make_job(technician=tess), make_job(technician=tom), make_job(), make_job()]
        for step in steps:
            with attributed(user=people[step[1]], source="board"):
                try:
                    with transaction.atomic():
                        play(step, jobs, technicians)
                except NotPossible:
                    continue
            assert_nobody_is_in_two_places(technicians)
        assert_no_visit_is_lost(jobs)
        assert_every_row_has_history()
        transaction.set_rollback(True)
