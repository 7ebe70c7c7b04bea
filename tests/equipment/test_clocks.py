"""The clocks of an exceedance: the worked examples played day by day, and what may not come when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from equipment.compliance.clocks import (
    CaseEvent,
    NotNow,
    Phase,
    Step,
    Terms,
    What,
    after,
    deadlines,
    fold,
    is_overdue,
    may_come,
    next_deadline,
    presumed_repaired_on,
    repair_due,
)

ODS, HFC, BOTH = Terms(("82.157",)), Terms(("84.106",)), Terms(("82.157", "84.106"))


def on(text):
    return date.fromisoformat(text)


def event(step, day, **fields):
    fields = {name: on(value) if name == "until" else value for name, value in fields.items()}
    return CaseEvent(Step(step), on(day), **fields)


def played(*steps, terms=HFC):
    return fold(terms, [event(*step[:2], **(step[2] if len(step) > 2 else {})) for step in steps])


def due(case, day):
    return {deadline.what.value: str(deadline.due) for deadline in deadlines(case, on(day))}


OPENED = ("opened", "2026-03-02")
REPAIRED = [OPENED, ("inspection", "2026-03-05"), ("repaired", "2026-03-18")]
TESTED = [*REPAIRED, ("initial_passed", "2026-03-20")]
PLANNED = [
    OPENED,
    ("plan_required", "2026-03-10", {"why": "not_repairing"}),
    ("plan_made", "2026-03-20", {"how": "retrofitted"}),
]


def refused(*steps, terms=HFC):
    *before, last = steps
    case = played(*before, terms=terms)
    with pytest.raises(NotNow) as why:
        after(case, event(*last[:2], **(last[2] if len(last) > 2 else {})))
    return str(why.value)


def test_thirty_days_to_inspect_repair_and_test_and_120_with_a_shutdown():
    case = played(("opened", "2026-05-30"))  # W-C1
    assert due(case, "2026-06-01") == dict.fromkeys(["inspection", "repair", "initial_test"], "2026-06-29")
    assert not is_overdue(case, on("2026-06-29"))
    assert is_overdue(case, on("2026-06-30"))
    shutdown = played(("opened", "2026-05-30"), ("shutdown_required", "2026-06-03"))
    assert due(shutdown, "2026-06-03")["repair"] == "2026-09-27"
    soonest = next_deadline(case, on("2026-06-25"))
    assert (soonest.what, soonest.days_left, soonest.is_overdue) == (What.INSPECTION, 4, False)
    assert soonest.citation == "40 CFR 84.106(d)"


def test_mothballing_stops_the_clock_until_refrigerant_is_added_again():
    case = played(OPENED, ("mothballed", "2026-03-20"))  # W-C2
    assert case.state == "suspended"
    assert [next_deadline(case, on(day)).days_left for day in ("2026-03-20", "2026-05-30")] == [12, 12]
    case = after(case, event("resumed", "2026-06-10"))
    assert case.state == "open"
    told = next_deadline(case, on("2026-06-10"))
    assert (str(told.due), told.suspended_days) == ("2026-06-22", 82)


def test_the_follow_up_counts_from_normal_operation_when_it_was_evacuated():
    evacuated = [*REPAIRED[:2], ("repaired", "2026-03-18", {"was_evacuated": True}), TESTED[-1]]
    case = played(*evacuated)  # W-C3
    assert case.state == "follow_up"
    assert due(case, "2026-03-21") == {"follow_up_test": "None"}
    assert "normal operation" in refused(*evacuated, ("follow_up_passed", "2026-03-22"))
    running = after(case, event("normal_operation", "2026-03-25"))
    assert due(running, "2026-03-26") == {"follow_up_test": "2026-04-04"}
    assert due(played(*TESTED), "2026-03-21") == {"follow_up_test": "2026-03-30"}  # W-C4


def test_a_passed_follow_up_closes_the_case_and_begins_the_presumption_of_repair():
    case = played(*TESTED, ("follow_up_passed", "2026-03-28"), terms=BOTH)
    assert (case.phase, case.over_on, deadlines(case, on("2026-04-01"))) == (
        Phase.CLOSED,
        on("2026-03-28"),
        (),
    )
    assert presumed_repaired_on(case, "82.157") == on("2027-03-18")
    assert presumed_repaired_on(case, "84.106") == on("2027-03-28")
    assert may_come(case, on("2026-04-01")) == ()
    assert "ended on 2026-03-28" in refused(
        *TESTED, ("follow_up_passed", "2026-03-28"), ("opened", "2026-05-01")
    )


def test_a_failed_test_opens_the_leak_again_and_after_the_window_a_plan_is_required():
    case = played(*REPAIRED, ("initial_failed", "2026-03-19"))
    assert (case.phase, case.repaired_on) == (Phase.OPEN, None)
    within = played(*TESTED, ("follow_up_failed", "2026-03-28"))
    assert within.phase is Phase.OPEN
    assert due(within, "2026-03-29")["repair"] == "2026-04-01"
    late = played(*REPAIRED, ("initial_passed", "2026-03-31"), ("follow_up_failed", "2026-04-08"))
    assert late.phase is Phase.PLAN_REQUIRED
    assert due(late, "2026-04-08") == {"plan": "2026-05-08"}


def test_where_nothing_was_done_in_time_a_plan_is_due_as_well():
    nothing = played(OPENED)
    assert due(nothing, "2026-04-02")["plan"] == "2026-04-01"
    assert "plan" not in due(played(*REPAIRED), "2026-04-02")
    assert due(played(OPENED, ("plan_required", "2026-03-10", {"why": "no_action"})), "2026-03-10") == {
        "plan": "2026-04-01"
    }
    leaking = played(*REPAIRED, ("plan_required", "2026-03-19", {"why": "still_leaking"}))
    assert due(leaking, "2026-03-19") == {"plan": "2026-04-18"}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([("inspection", "2026-03-05")], "no case yet"),
        ([OPENED, ("initial_passed", "2026-03-05")], "follows a repair"),
        (
            [*REPAIRED, ("recharged", "2026-03-19"), ("initial_passed", "2026-03-20")],
            "added back on 2026-03-19",
        ),
        ([*REPAIRED, ("follow_up_passed", "2026-03-20")], "after a passed initial test"),
        ([*TESTED, ("initial_passed", "2026-03-21")], "was passed on 2026-03-20"),
        ([*TESTED, ("repaired", "2026-03-21")], "verified on 2026-03-20"),
        ([*REPAIRED, ("initial_passed", "2026-03-17")], "before the last step of the case, on 2026-03-18"),
        ([OPENED, ("resumed", "2026-03-05")], "not mothballed"),
        ([OPENED, ("mothballed", "2026-03-05"), ("mothballed", "2026-03-06")], "since 2026-03-05"),
        ([*TESTED, ("mothballed", "2026-03-21"), ("follow_up_passed", "2026-03-22")], "mothballed"),
        ([OPENED, ("plan_required", "2026-03-05")], "why a plan"),
        ([OPENED, ("plan_made", "2026-03-05")], "retrofitted or retired"),
        ([OPENED, ("plan_completed", "2026-03-05", {"how": "retired"})], "no plan yet"),
        ([OPENED, ("relieved", "2026-03-05")], "no plan yet"),
        ([OPENED, ("extension_requested", "2026-03-05", {"until": "2026-06-01"})], "needs a ground"),
        ([OPENED, ("extension_requested", "2026-03-05", {"ground": "parts"})], "needs the day"),
        (
            [OPENED, ("extension_requested", "2026-04-02", {"ground": "parts", "until": "2026-06-01"})],
            "ended on 2026-04-01",
        ),
        ([OPENED, ("parts_received", "2026-03-05")], "No extension for parts"),
        ([*PLANNED, ("relieved", "2026-09-17")], "by 2026-09-16"),
        ([*PLANNED, ("plan_extension_requested", "2026-10-03", {"until": "2027-06-01"})], "by 2026-10-02"),
        ([*PLANNED, ("shutdown_required", "2026-03-21")], "time to repair is over"),
    ],
)
def test_what_may_not_come_now_is_refused_with_a_reason(steps, said):
    assert said in refused(*steps)


def test_a_new_repair_heals_a_test_that_was_missed():
    case = played(
        *REPAIRED, ("recharged", "2026-03-19"), ("repaired", "2026-03-21"), ("initial_passed", "2026-03-22")
    )
    assert case.phase is Phase.FOLLOW_UP_DUE


def test_a_repair_while_mothballed_is_tested_before_the_recharge():
    steps = [
        OPENED,
        ("mothballed", "2026-03-10"),
        ("repaired", "2026-03-12"),
        ("initial_passed", "2026-03-13"),
    ]
    case = played(*steps, ("resumed", "2026-03-20"), ("normal_operation", "2026-03-21"))
    assert due(case, "2026-03-21") == {"follow_up_test": "2026-03-31"}
    assert "added back on 2026-03-20" in refused(
        *steps[:3], ("resumed", "2026-03-20"), ("initial_passed", "2026-03-21")
    )


def test_a_second_exceedance_joins_the_open_case():
    case = played(OPENED, ("opened", "2026-03-25"))
    assert (case.joined, due(case, "2026-03-25")["repair"]) == ((on("2026-03-25"),), "2026-04-01")


def test_an_extension_for_parts_ends_30_days_after_them_and_never_after_180_days():
    asked = [OPENED, ("extension_requested", "2026-03-20", {"ground": "parts", "until": "2026-07-01"})]
    case = played(*asked)
    assert (case.state, due(case, "2026-03-20")["repair"]) == ("extended", "2026-07-01")
    assert due(played(*asked, ("parts_received", "2026-05-01")), "2026-05-01")["repair"] == "2026-05-31"
    assert due(played(*asked, ("parts_received", "2026-08-20")), "2026-08-20")["repair"] == "2026-08-29"
    long = played(OPENED, ("shutdown_required", "2026-03-03"), ("extension_requested", "2026-03-20",
                  {"ground": "parts", "until": "2027-07-01"}))  # fmt: skip
    assert due(long, "2026-03-20")["repair"] == "2026-11-27"
    assert due(played(*asked, ("extension_denied", "2026-04-10")), "2026-04-10")["repair"] == "2026-04-01"
    other = played(
        OPENED, ("extension_requested", "2026-03-20", {"ground": "radiological", "until": "2027-01-01"})
    )
    assert due(other, "2026-03-20")["repair"] == "2027-01-01"


def completion(terms, made="2026-03-20", how="retrofitted", why="not_repairing", day="2026-04-01", **plan):
    steps = [OPENED, ("plan_required", "2026-03-10", {"why": why}), ("plan_made", made, {"how": how, **plan})]
    return {", ".join(told.codes): str(told.due) for told in deadlines(played(*steps, terms=terms), on(day))}


def test_a_plan_is_completed_within_its_year_and_under_82_157_within_13_months():
    assert completion(BOTH) == {"82.157, 84.106": "2027-03-20"}
    late = completion(BOTH, made="2026-04-20")
    assert late == {"82.157": "2027-04-02", "84.106": "2027-04-20"}
    retiring = completion(BOTH, how="retired", exempt_substitute=True)
    assert retiring == {"84.106": "2027-03-20", "82.157": "2027-09-20"}
    assert completion(ODS, federal=True) == {"82.157": "2028-03-20"}
    assert completion(HFC, federal=True) == {"84.106": "2027-03-20"}


def test_a_plan_ends_retrofitted_retired_or_relieved_and_may_be_extended():
    assert played(*PLANNED, ("plan_completed", "2026-12-01", {"how": "retired"})).phase is Phase.RETIRED
    assert played(*PLANNED, ("relieved", "2026-09-16")).phase is Phase.RELIEVED
    noted = played(*PLANNED, ("repaired", "2026-04-01"), ("initial_passed", "2026-04-02"))
    assert (noted.phase, noted.initial_passed_on) == (Phase.PLAN_ACTIVE, on("2026-04-02"))
    asked = played(*PLANNED, ("plan_extension_requested", "2026-09-01", {"until": "2027-12-01"}))
    assert due(asked, "2026-10-31")["plan_completion"] == "2027-03-20"
    assert due(asked, "2026-11-01")["plan_completion"] == "2027-12-01"  # EPA had its 60 days
    denied = after(asked, event("plan_extension_denied", "2026-10-01"))
    assert due(denied, "2026-11-01")["plan_completion"] == "2027-03-20"


def test_a_page_may_ask_which_steps_may_come():
    assert {Step.INSPECTION, Step.REPAIRED, Step.MOTHBALLED, Step.PLAN_MADE} <= set(
        may_come(played(OPENED), on("2026-03-03"))
    )
    assert Step.FOLLOW_UP_PASSED not in may_come(played(*REPAIRED), on("2026-03-19"))
    assert Step.FOLLOW_UP_PASSED in may_come(played(*TESTED), on("2026-03-21"))
    assert may_come(fold(HFC, []), on("2026-03-03")) == (Step.OPENED,)


starts = some.sampled_from([[OPENED], REPAIRED, TESTED, PLANNED])


@settings(max_examples=60)
@given(starts, some.integers(0, 20), some.integers(0, 400), some.integers(0, 20), some.integers(0, 400))
def test_every_deadline_moves_by_exactly_the_suspended_days(steps, wait, away, again, longer):
    case = played(*steps)
    day = case.events[-1].day
    before = [deadline.due for deadline in deadlines(case, day)]
    total = 0
    for pause, days in ((wait, away), (again, longer)):
        stopped = day + timedelta(days=pause)
        day = stopped + timedelta(days=days)
        case = after(case, CaseEvent(Step.MOTHBALLED, stopped))
        moved = [deadline.due for deadline in deadlines(case, day) if deadline.what is not What.PLAN]
        case = after(case, CaseEvent(Step.RESUMED, day))
        total += days
        assert moved == [due_on + timedelta(days=total) for due_on in before]
    final = [deadline.due for deadline in deadlines(case, day) if deadline.what is not What.PLAN]
    assert final == [due_on + timedelta(days=total) for due_on in before]


@given(some.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_a_deadline_is_overdue_from_the_day_after(day):
    case = fold(HFC, [CaseEvent(Step.OPENED, day)])
    last = repair_due(case, day)
    assert (last - day).days == 30
    assert not is_overdue(case, last)
    assert is_overdue(case, last + timedelta(days=1))
