from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from dispatch import actions
from dispatch.board import Card, day_of, in_lanes, read_board, read_rows, read_tray
from dispatch.models import Assignment, Priority, Visit
from dispatch.states import AssignmentState, VisitState
from fsm.models import LiveEvent
from tests import factories as make
from tests.conftest import client_of
from tests.factories import instant

DAY = date(2026, 7, 14)
SHOWN = f"?day={DAY}"
SCRIPT = {"HTTP_HX_REQUEST": "true"}
ZONE = "America/Chicago"


def board_on(user, branch, now=None):
    return read_board(user, day_of(branch, DAY, now or instant(14)), None)


def the_card(user, branch, now=None):
    (card,) = [card for row in board_on(user, branch, now).rows for card in row.cards]
    return card


def place(client, visit, technician, starts=None, minutes=60, version=None, script=True, **fields):
    starts = starts or instant(15)
    data = {
        "technician": str(technician.technician.uuid),
        "starts": starts.isoformat(),
        "ends": (starts + timedelta(minutes=int(minutes))).isoformat(),
        "version": visit.version if version is None else version,
    } | fields
    return client.post(
        reverse("dispatch:place-visit", args=[visit.uuid]) + SHOWN, data, **(SCRIPT if script else {})
    )


# What the page costs and shows -----------------------------------------------------------------------


@pytest.mark.parametrize("visits", [1, 20])
def test_the_board_costs_the_same_for_one_visit_or_twenty(
    dana_client, tess, tom, make_job, django_assert_num_queries, visits
):
    for n in range(visits):
        make_job(technician=(tess, tom)[n % 2], starts_at=instant(13) + timedelta(minutes=30 * n), minutes=30)
        make_job()
    dana_client.get(reverse("dispatch:board"))
    # session, user, branches the user is limited to, branches, choices of the form, technicians with skills
    # and shift, visits, time off, tray, company with the count of branches
    with django_assert_num_queries(10):
        answer = dana_client.get(reverse("dispatch:board") + SHOWN)
    assert answer.content.count(b'class="visit ') == 2 * visits


@pytest.mark.parametrize("visits", [1, 20])
def test_fresh_rows_cost_the_same_for_one_visit_or_twenty(
    dana_client, tess, make_job, django_assert_max_num_queries, visits
):
    for n in range(visits):
        job = make_job(technician=tess, starts_at=instant(13) + timedelta(minutes=30 * n), minutes=30)
    address = reverse("dispatch:board-rows") + f"{SHOWN}&visit={job.visit.uuid}"
    dana_client.get(address, **SCRIPT)
    with django_assert_max_num_queries(10):
        answer = dana_client.get(address, **SCRIPT)
    assert answer.content.count(b'class="visit ') == visits


def test_a_visit_stands_on_its_technicians_row_at_its_local_time(dana, tess, branch, make_job):
    make_job(technician=tess, starts_at=instant(15), minutes=90)
    card = the_card(dana, branch)
    assert (card.start, card.minutes, card.times) == (10 * 60, 90, "10–11:30 am")  # noqa: RUF001


def test_minutes_count_from_the_days_first_instant_when_the_clocks_change(branch):
    day = day_of(branch, date(2026, 3, 8), instant(14))
    assert day.length == 23 * 60
    assert day.at_clock(time(8)) == 7 * 60


def test_the_axis_reaches_to_what_is_planned_outside_business_hours(dana, tess, branch, make_job):
    make_job(technician=tess, starts_at=datetime(2026, 7, 14, 10, 30, tzinfo=UTC), minutes=60)
    make_job(technician=tess, starts_at=datetime(2026, 7, 15, 2, 0, tzinfo=UTC), minutes=75)
    board = board_on(dana, branch)
    assert (board.opens, board.closes) == (5 * 60, 23 * 60)


def test_a_crew_visit_appears_on_each_persons_row(dana, tess, tom, branch, make_job):
    visit = make_job(technician=tess).visit
    actions.add_technician(visit.pk, technician_id=tom.technician.pk, version=visit.version, now=instant(14))
    rows = board_on(dana, branch).rows
    assert [(row.name, [card.crew for card in row.cards]) for row in rows] == [
        ("Tess Ramirez", [2]),
        ("Tom Okafor", [2]),
    ]
    assert [row.cards[0].is_helper for row in rows] == [False, True]


def test_cancelled_visits_and_other_days_are_not_on_the_board(dana, tess, branch, make_job):
    gone = make_job(technician=tess, starts_at=instant(15))
    actions.cancel_job(gone.pk, because="Called a friend", now=instant(14))
    make_job(technician=tess, starts_at=instant(15, day=date(2026, 7, 15)))
    assert board_on(dana, branch).placed == 0


def test_time_off_and_the_hours_outside_the_shift_are_shaded(dana, tess, branch):
    make.ShiftFactory(technician=tess.technician, weekday=DAY.weekday(), starts=time(8), ends=time(16, 30))
    make.TimeOffFactory(
        technician=tess.technician, starts_at=instant(18), ends_at=instant(20), reason="Dentist"
    )
    (row,) = board_on(dana, branch).rows
    assert [(span.start, span.minutes) for span in row.closed] == [(0, 480), (990, 450)]
    assert [(span.start, span.minutes, span.label) for span in row.time_off] == [(13 * 60, 120, "Dentist")]


def test_a_technician_who_left_stays_on_the_board_while_visits_are_theirs(dana, tess, tom, branch, make_job):
    make_job(technician=tess)
    for person in (tess, tom):
        person.technician.is_active = False
        person.technician.save()
    assert [row.name for row in board_on(dana, branch).rows] == ["Tess Ramirez"]


# Late, over, outside the window ---------------------------------------------------------------------


def test_a_visit_without_a_window_is_late_a_quarter_of_an_hour_after_its_start(dana, tess, branch, make_job):
    make_job(technician=tess, starts_at=instant(15))
    assert not the_card(dana, branch, instant(15, 15)).is_late
    assert the_card(dana, branch, instant(15, 16)).is_late


def test_a_visit_with_a_window_is_late_when_the_window_has_passed(dana, tess, branch, make_job):
    make_job(technician=tess, starts_at=instant(15), window=(instant(15), instant(17)))
    assert not the_card(dana, branch, instant(16, 59)).is_late
    assert the_card(dana, branch, instant(17, 1)).is_late


def test_an_arrival_ends_being_late_and_a_visit_at_work_runs_over_its_end(dana, tess, branch, make_job):
    visit = make_job(technician=tess, starts_at=instant(15), minutes=60).visit
    actions.arrive(visit.pk, technician_id=tess.technician.pk, now=instant(15, 40))
    during, after = the_card(dana, branch, instant(15, 50)), the_card(dana, branch, instant(16, 1))
    assert (during.is_late, during.is_over, during.actual_start) == (False, False, 10 * 60 + 40)
    assert (after.is_late, after.is_over) == (False, True)


def test_a_start_outside_the_promised_window_is_marked(dana, tess, branch, make_job):
    make_job(technician=tess, starts_at=instant(18), window=(instant(15), instant(17)))
    card = the_card(dana, branch)
    assert card.misses_window
    assert card.window is not None
    assert (card.window.start, card.window.minutes) == (600, 120)


# Sub-lanes ------------------------------------------------------------------------------------------


def card_at(start, minutes):
    return Card(uuid.uuid4(), 1, "J1", "", "", "", "", 3, "", "scheduled", "", minutes, start=start)


@given(st.lists(st.tuples(st.integers(0, 1400), st.integers(5, 240)), max_size=25))
def test_no_two_cards_of_a_lane_overlap_and_no_lane_is_wasted(spans):
    cards, lanes = in_lanes([card_at(*span) for span in spans])
    for lane in range(lanes):
        mine = [card for card in cards if card.lane == lane]
        assert all(a.end <= b.start for a, b in pairwise(mine))
    deepest = max((sum(c.start <= at.start < c.end for c in cards) for at in cards), default=1)
    assert lanes == deepest


def test_a_tentative_visit_that_overlaps_gets_a_lane_of_its_own(dana, tess, branch, make_job):
    make_job(technician=tess, starts_at=instant(15), minutes=60)
    visit = make.VisitFactory(
        state=VisitState.TENTATIVE, starts_at=instant(15), ends_at=instant(16), minutes=60
    )
    make.AssignmentFactory(visit=visit, technician=tess.technician, ends_at=instant(16), is_tentative=True)
    (row,) = board_on(dana, branch).rows
    assert (row.lanes, {card.lane for card in row.cards}) == (2, {0, 1})


# The tray -------------------------------------------------------------------------------------------


def test_the_tray_puts_the_most_pressing_first(dana, branch, make_job):
    make_job(summary="later", window=(instant(19), instant(21)), priority=Priority.NORMAL)
    make_job(summary="sooner", window=(instant(15), instant(17)), priority=Priority.NORMAL)
    make_job(summary="waits longest", priority=Priority.NORMAL, now=instant(10))
    make_job(summary="emergency", priority=Priority.EMERGENCY)
    tray = read_tray(dana, day_of(branch, DAY, instant(14)))
    assert [card.summary for card in tray.cards] == ["emergency", "sooner", "later", "waits longest"]
    assert tray.total == 4


def test_a_job_on_hold_waits_outside_the_tray_until_its_day(dana, branch, make_job):
    job = make_job()
    actions.hold_job(job.pk, because="Part ordered", follow_up_on=date(2026, 7, 15), now=instant(14))
    assert read_tray(dana, day_of(branch, DAY, instant(14))).total == 0
    assert read_tray(dana, day_of(branch, date(2026, 7, 15), instant(14))).total == 1


# Moving ---------------------------------------------------------------------------------------------


def test_placing_from_the_tray_answers_with_the_row_and_the_tray(dana_client, tess, make_job):
    visit = make_job().visit
    answer = place(dana_client, visit, tess)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert f'id="row-{tess.technician.uuid}"' in text
    assert 'id="tray"' in text
    assert Assignment.objects.get(visit=visit).technician == tess.technician
    assert LiveEvent.objects.filter(topic="board", uuid=visit.uuid).exists()


def test_a_move_to_another_row_answers_with_both_rows(dana_client, tess, tom, make_job):
    visit = make_job(technician=tess).visit
    text = place(dana_client, visit, tom, from_technician=str(tess.technician.uuid)).content.decode()
    assert re.findall(r'id="row-([0-9a-f-]+)"', text) == [
        str(tess.technician.uuid),
        str(tom.technician.uuid),
    ]


def test_what_is_moved_from_the_board_says_so_in_its_history(dana_client, dana, tess, make_job):
    visit = make_job().visit
    place(dana_client, visit, tess)
    row = Visit.objects.get(pk=visit.pk).history.first()
    assert (row.source, row.actor_name) == ("board", dana.name)


def test_an_overlap_is_refused_naming_the_other_visit(dana_client, tess, make_job, make_customer):
    make_job(customer=make_customer(name="Ada's Bakery"), technician=tess, starts_at=instant(15))
    visit = make_job().visit
    answer = place(dana_client, visit, tess, starts=instant(15, 30))
    assert answer.status_code == 409
    assert "Tess Ramirez is already at Ada&#x27;s Bakery" in answer.content.decode()
    assert not Assignment.objects.filter(visit=visit).exists()


def test_a_stale_version_is_refused_with_both_versions(dana_client, tess, tom, make_job):
    visit = make_job(technician=tess, starts_at=instant(15)).visit
    answer = place(dana_client, visit, tom, starts=instant(18), version=visit.version - 1)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Now: Tess Ramirez, Tue Jul 14, 10–11 am" in text  # noqa: RUF001
    assert "You wanted: Tom Okafor, Tue Jul 14, 1–2 pm" in text  # noqa: RUF001


def test_a_soft_rule_that_is_bent_comes_back_as_a_note(dana_client, tess, make_job):
    visit = make_job(window=(instant(13), instant(14))).visit
    text = place(dana_client, visit, tess, starts=instant(18)).content.decode()
    assert "<p data-note>Outside the arrival window promised to the customer.</p>" in text


def test_the_dialog_gives_a_day_a_time_and_minutes_on_the_branchs_clock(dana_client, tess, make_job):
    visit = make_job().visit
    data = {"technician": tess.technician.uuid, "version": visit.version}
    data |= {"day": "2026-07-15", "time": "13:15", "minutes": "45"}
    answer = dana_client.post(reverse("dispatch:place-visit", args=[visit.uuid]) + SHOWN, data)
    visit.refresh_from_db()
    assert answer.status_code == 302
    assert (visit.starts_at, visit.minutes) == (instant(18, 15, day=date(2026, 7, 15)), 45)


def test_a_plain_form_that_is_refused_comes_back_with_what_was_typed(dana_client, tess, make_job):
    make_job(technician=tess, starts_at=instant(15))
    visit = make_job().visit
    data = {"technician": tess.technician.uuid, "version": visit.version}
    data |= {"day": "2026-07-14", "time": "10:30", "minutes": "75"}
    answer = dana_client.post(reverse("dispatch:place-visit", args=[visit.uuid]) + SHOWN, data)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Tess Ramirez is already at" in text
    assert 'value="10:30"' in text
    assert 'value="75"' in text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"time": "", "day": "2026-07-14", "minutes": "60"}, "Say when: the day, the time and how long."),
        ({"time": "10:00", "day": "2026-07-14", "minutes": "-5"}, "greater than or equal to 5"),
        ({"time": "10:00", "day": "tomorrow", "minutes": "60"}, "Enter a valid date."),
    ],
)
def test_bad_input_comes_back_with_a_sentence(dana_client, tess, make_job, fields, sentence):
    visit = make_job().visit
    data = {"technician": tess.technician.uuid, "version": visit.version} | fields
    answer = dana_client.post(reverse("dispatch:place-visit", args=[visit.uuid]) + SHOWN, data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    visit.refresh_from_db()
    assert visit.state == VisitState.UNSCHEDULED


def test_unscheduling_puts_a_visit_into_the_tray_and_frees_its_row(dana_client, tess, make_job):
    visit = make_job(technician=tess).visit
    answer = dana_client.post(
        reverse("dispatch:unschedule-visit", args=[visit.uuid]) + SHOWN, {"version": visit.version}, **SCRIPT
    )
    text = answer.content.decode()
    assert f'id="row-{tess.technician.uuid}"' in text
    assert text.index('id="tray"') < text.index(f'data-visit="{visit.uuid}"')
    assert Assignment.objects.get(visit=visit).state == AssignmentState.RELEASED


def test_a_second_technician_goes_along_and_is_taken_off_again(dana_client, tess, tom, make_job):
    visit = make_job(technician=tess).visit
    for name, version in (("add-technician", visit.version), ("release-technician", visit.version + 1)):
        answer = dana_client.post(
            reverse(f"dispatch:{name}", args=[visit.uuid]) + SHOWN,
            {"version": version, "technician": tom.technician.uuid},
            **SCRIPT,
        )
        assert answer.status_code == 200
        standing = Assignment.objects.filter(visit=visit).exclude(state=AssignmentState.RELEASED)
        assert standing.count() == (2 if name == "add-technician" else 1)


# Who sees what --------------------------------------------------------------------------------------


def test_a_person_limited_to_a_branch_sees_only_that_somebody_works_for_another(
    dana, tess, branch, make_job, make_customer
):
    other = make.BranchFactory()
    customer = make_customer(name="Secret Steakhouse", site={"branch": other})
    make_job(customer=customer, technician=tess)
    make.UserBranchFactory(user=dana, branch=branch)
    text = client_of(dana).get(reverse("dispatch:board") + SHOWN).content.decode()
    assert "Another branch" in text
    assert "Secret Steakhouse" not in text


def test_a_visit_of_another_branch_is_not_there_for_a_limited_person(dana, branch, make_job, make_customer):
    visit = make_job(customer=make_customer(site={"branch": make.BranchFactory()})).visit
    make.UserBranchFactory(user=dana, branch=branch)
    answer = client_of(dana).get(reverse("dispatch:board-visit", args=[visit.uuid]))
    assert answer.status_code == 404


def test_one_branch_is_never_mentioned_and_several_can_be_chosen(dana_client, branch):
    assert 'name="branch"' not in dana_client.get(reverse("dispatch:board")).content.decode()
    other = make.BranchFactory(name="San Antonio")
    text = dana_client.get(reverse("dispatch:board")).content.decode()
    assert f'<option value="{other.uuid}">San Antonio</option>' in text


def test_the_panel_says_whom_to_call_and_where_and_never_the_gate_code(
    dana_client, tess, make_job, make_customer
):
    customer = make_customer(
        phone="5125550142", site={"gate_code": "#4711", "access_notes": "Dog in the yard"}
    )
    visit = make_job(customer=customer, technician=tess).visit
    text = dana_client.get(reverse("dispatch:board-visit", args=[visit.uuid]), **SCRIPT).content.decode()
    assert "(512) 555-0142" in text
    assert customer.site.street in text
    assert "4711" not in text
    assert "Dog in the yard" not in text


@pytest.mark.parametrize("query", ["?day=yesterday", "?day=9999-99-99", "?day="])
def test_a_day_that_cannot_be_read_is_today(dana_client, branch, query):
    answer = dana_client.get(reverse("dispatch:board") + query)
    assert answer.status_code == 200
    assert answer.context["day"].is_today


def test_an_unknown_branch_is_not_found(dana_client, branch):
    assert dana_client.get(reverse("dispatch:board") + f"?branch={uuid.uuid4()}").status_code == 404


def test_no_style_attribute_is_on_the_page(dana_client, tess, make_job):
    make_job(technician=tess)
    assert " style=" not in dana_client.get(reverse("dispatch:board") + SHOWN).content.decode()


def test_only_the_rows_asked_for_are_read(dana, tess, tom, branch):
    day = day_of(branch, DAY, instant(14))
    assert [row.name for row in read_rows(dana, day, {tom.technician.uuid})] == ["Tom Okafor"]


def test_the_panel_offers_to_cancel_only_what_can_still_be_cancelled(dana_client, tess, make_job):
    job = make_job(technician=tess)
    address = reverse("dispatch:board-visit", args=[job.visit.uuid])
    cancel = reverse("dispatch:cancel-job", args=[job.uuid])
    assert cancel in dana_client.get(address, **SCRIPT).content.decode()
    actions.cancel_job(job.pk, because="Sold the house", now=instant(14))
    assert cancel not in dana_client.get(address, **SCRIPT).content.decode()
