"""Two dispatchers, one technician, the same second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse

from dispatch.actions.locks import take_turns
from dispatch.actions.planning import place_visit
from dispatch.models import Assignment
from dispatch.states import AssignmentState, VisitState
from fsm.states import NotPossible
from tests.conftest import client_of
from tests.factories import instant

pytestmark = pytest.mark.django_db(transaction=True)
OVERLAP = next(rule for rule in Assignment._meta.constraints if rule.name == "assignment_no_overlap")


@pytest.fixture
def two_doors(dana, marcus, tess, make_job, make_customer):
    """Two people, each about to drop a visit of their own on the same hour of the same technician."""
    jobs = [make_job(customer=make_customer(name=name)) for name in ("Ada's Bakery", "Pecan Street Grill")]
    clients = [client_of(person) for person in (dana, marcus)]

    def drop(number: int):
        visit = jobs[number].visit
        starts = instant(15, 30 * number)
        return clients[number].post(
            reverse("dispatch:place-visit", args=[visit.uuid]) + "?day=2026-07-14",
            {
                "technician": str(tess.technician.uuid),
                "starts": starts.isoformat(),
                "ends": (starts + timedelta(hours=1)).isoformat(),
                "version": visit.version,
            },
            HTTP_HX_REQUEST="true",
        )

    drop.jobs = jobs
    return drop


@pytest.fixture
def no_constraint(transactional_db: None) -> Iterator[None]:
    """The database without the rule; what got in is taken out before the rule returns."""
    with connection.schema_editor() as editor:
        editor.remove_constraint(Assignment, OVERLAP)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM dispatch_assignment")
        with connection.schema_editor() as editor:
            editor.add_constraint(Assignment, OVERLAP)


@pytest.mark.parametrize("attempt", range(10))
def test_of_two_dispatchers_one_wins_and_the_other_is_told_why(at_once, two_doors, tess, attempt):
    answers = [outcome.result for outcome in at_once(2, two_doors)]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won, lost = sorted(range(2), key=lambda number: answers[number].status_code)
    sentence = answers[lost].content.decode().replace("&#x27;", "'")
    winner, loser = (two_doors.jobs[number] for number in (won, lost))
    assert f"Tess Ramirez is already at {winner.customer.name} ({winner.number})" in sentence
    loser.visit.refresh_from_db()
    assert loser.visit.state == VisitState.UNSCHEDULED
    standing = Assignment.objects.exclude(state=AssignmentState.RELEASED)
    assert [assignment.visit_id for assignment in standing] == [winner.visit.pk]


def test_without_the_constraint_both_get_in(at_once, two_doors, no_constraint):
    answers = [outcome.result for outcome in at_once(2, two_doors)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Assignment.objects.exclude(state=AssignmentState.RELEASED).count() == 2


@pytest.fixture
def at_one_hour(make_job, tess):
    """Eight visits, all to be put on the same hour of the same technician, again and again."""
    visits = [make_job().visit for _ in range(8)]

    def place(number: int) -> str:
        try:
            place_visit(
                visits[number].pk,
                technician_id=tess.technician.pk,
                starts_at=instant(15),
                ends_at=instant(16),
                version=None,
                now=instant(12),
            )
        except NotPossible as refusal:
            return str(refusal)
        return ""

    return place


def test_dispatchers_who_write_at_once_take_turns_and_get_answers(at_once, at_one_hour):
    outcomes = at_once(8, at_one_hour)
    assert [outcome.error for outcome in outcomes] == [None] * 8
    assert (
        sorted("Tess Ramirez is already at" in (outcome.result or "") for outcome in outcomes)
        == [False] + [True] * 7
    )


@pytest.mark.parametrize("takes_turns", [True, False])
def test_a_placement_waits_for_the_one_before_it_because_of_the_turn(
    at_once, at_one_hour, tess, monkeypatch, takes_turns
):
    """Somebody is writing this technician's times: the next waits, and without the turn it would not."""
    if not takes_turns:
        monkeypatch.setattr("dispatch.actions.planning.take_turns", lambda technicians: None)

    def place_beside() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        return at_one_hour(0)

    with transaction.atomic():
        take_turns([tess.technician.pk])
        [outcome] = at_once(1, place_beside)
    assert ("lock timeout" in str(outcome.error)) == takes_turns
