"""Leak rates, cases and their clocks as the actions keep them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from equipment import actions
from equipment.actions import cases, circuits, facilities, rates
from equipment.models import (
    ChronicLeaker,
    Circuit,
    Facility,
    LeakCase,
    LeakRate,
    RefrigerantRecord,
)
from fsm.states import NotPossible
from tests.equipment.conftest import NOW, on


def standing(circuit: Circuit) -> list[tuple]:
    rows = LeakRate.objects.filter(circuit=circuit, superseded_at__isnull=True)
    return [(row.day, row.numerator, row.denominator, row.exceeds, row.days_used) for row in rows]


def whole(circuit: Circuit) -> tuple:
    found = [
        (c.opened_on, c.state, c.rules, c.next_due_on, c.percent)
        for c in LeakCase.objects.filter(circuit=circuit)
    ]
    years = [(y.year, y.lost_oz, y.withdrawn_at) for y in ChronicLeaker.objects.filter(circuit=circuit)]
    return standing(circuit), found, years


# Rates and cases --------------------------------------------------------------------------------------


def test_an_addition_over_the_trigger_opens_a_case_with_thirty_days(chiller, add):
    circuit = chiller()
    add(circuit, on(3, 1), "1")
    made = add(circuit, on(5, 30), "4")
    assert [(row[0], row[3], row[4]) for row in standing(circuit)] == [
        (date(2026, 3, 1), False, 365),
        (date(2026, 5, 30), True, 90),
    ]
    case = LeakCase.objects.get()
    assert (case.opened_on, case.rules, case.opened_by, case.next_due_on) == (
        date(2026, 5, 30),
        "84.106",
        made,
        date(2026, 6, 29),
    )
    assert case.percent == Decimal("40.555556")
    assert any("leak case is open" in words for words in made.changes)


def test_another_exceedance_joins_the_open_case(chiller, add):
    circuit = chiller()
    for when in (on(3, 1), on(5, 30), on(6, 10)):
        add(circuit, when, "4")
    case = LeakCase.objects.get()
    assert case.opened_on == date(2026, 5, 30)
    assert [(e.kind, e.happened_on) for e in case.events.all()] == [("exceeded_again", date(2026, 6, 10))]


def test_a_void_withdraws_the_case_and_the_same_record_again_changes_nothing_else(chiller, add, step):
    circuit = chiller()
    add(circuit, on(3, 1), "4")
    made = add(circuit, on(5, 30), "51")
    step(LeakCase.objects.get(), "inspection", date(2026, 6, 2))
    before = whole(circuit)
    struck = actions.void_refrigerant_record(made.pk, because="Wrong unit", now=NOW)
    case = LeakCase.objects.get()
    assert (case.state, case.withdrawn_because, case.next_due_on) == ("withdrawn", "Wrong unit", None)
    assert any("no longer calculated" in words for words in struck.changes)
    assert ChronicLeaker.objects.get().withdrawn_at is not None
    gone = LeakRate.objects.get(record=made)
    assert (gone.superseded_because, gone.exceeds) == ("Wrong unit", True)
    again = add(circuit, on(5, 30), "51", replaces=made.uuid)
    assert any("stands again" in words for words in again.changes)
    assert whole(circuit) == before
    assert case.events.get().kind == "inspection"


def test_a_record_logged_again_a_day_later_counts_its_own_days(chiller, add):
    """W-V2."""
    circuit = chiller()
    add(circuit, on(3, 1), "1")
    made = add(circuit, on(5, 30), "4")
    actions.void_refrigerant_record(made.pk, because="It was the 31st", now=NOW)
    add(circuit, on(5, 31), "4", replaces=made.uuid)
    assert standing(circuit)[-1] == (date(2026, 5, 31), 3650, 91, True, 91)
    assert LeakCase.objects.get().opened_on == date(2026, 5, 31)


def test_a_record_logged_again_may_stand_before_later_ones_a_new_one_may_not(chiller, add):
    circuit = chiller()
    first = add(circuit, on(3, 1), "1")
    add(circuit, on(5, 30), "4")
    with pytest.raises(NotPossible, match="May 30, 2026"):
        add(circuit, on(4, 1), "1")
    struck = actions.void_refrigerant_record(first.pk, because="Typo", now=NOW)
    assert any("May 30, 2026" in words for words in struck.changes)
    with pytest.raises(NotPossible, match="Strike the record out first"):
        add(circuit, on(4, 1), "1", replaces=RefrigerantRecord.objects.in_force().get().uuid)
    again = add(circuit, on(4, 1), "1", replaces=first.uuid)
    assert any("May 30, 2026" in words for words in again.changes)
    with pytest.raises(NotPossible, match="logged again already"):
        add(circuit, on(4, 2), "1", replaces=first.uuid)


@pytest.mark.parametrize(
    ("fields", "words", "field"),
    [
        ({"ounces": Decimal(-16)}, "more than nothing", "ounces"),
        ({"ounces": Decimal(0)}, "more than nothing", "ounces"),
        ({"returned_oz": Decimal(17)}, "more than the 1 lb added", "returned_oz"),
        ({"returned_oz": Decimal(8)}, "are held", "returned_oz"),
        ({"happened_at": on(12, 2)}, "time to come", "happened_at"),
        ({"happened_at": on(4, 30, year=2020)}, "installed on May 1, 2020", "happened_at"),
        ({"refrigerant": "R-407C"}, "holds R-134a, not R-407C", "refrigerant"),
        ({"purpose": "disposal"}, "one of these reasons", "purpose"),
        ({"kind": "recovered", "purpose": "disposal", "ounces": Decimal(0)}, "say why", "nothing_because"),
    ],
)
def test_a_record_that_cannot_be_is_refused_by_name(chiller, add, fields, words, field):
    """W-V1 and W-V3; the certificate (W-V4) is held in test_units."""
    circuit = chiller()
    with pytest.raises(NotPossible, match=words) as refusal:
        add(circuit, on(6, 1), "1", **({"now": NOW} | fields))
    assert refusal.value.field == field
    assert not RefrigerantRecord.objects.exists()


def test_a_retired_circuit_takes_nothing_from_that_day_on(chiller, add):
    circuit = chiller(retired_on=date(2026, 6, 1))
    add(circuit, on(5, 31), "1")
    with pytest.raises(NotPossible, match="retired on Jun"):
        add(circuit, on(6, 1), "1")


def test_nothing_recovered_from_an_empty_system_is_a_record_with_its_reason(chiller, add):
    made = add(
        chiller(), on(6, 1), "0", kind="recovered", purpose="disposal", nothing_because="Empty on arrival"
    )
    assert (made.ounces, made.nothing_because) == (0, "Empty on arrival")


def test_what_was_recovered_and_put_back_is_no_loss(chiller, add):
    circuit = chiller("R-404A", category="commercial")
    add(circuit, on(2, 1), "1")
    add(circuit, on(4, 1), "40", kind="recovered", purpose="repair")
    add(circuit, on(4, 2), "40", returned_oz=Decimal("37.5") * 16)
    assert standing(circuit)[-1][1:3] == (1825, 48)


def test_a_retrofit_lets_the_other_refrigerant_in_and_starts_rates_anew(chiller, add):
    circuit = chiller("R-22", pounds=60)
    add(circuit, on(2, 1), "1")
    with pytest.raises(NotPossible, match="charged or revised"):
        circuits.retrofit_circuit(
            circuit.pk,
            refrigerant="R-407C",
            full_charge_oz=Decimal(960),
            effective_on=date(2026, 1, 20),
            now=NOW,
        )
    circuits.retrofit_circuit(
        circuit.pk, refrigerant="R-407C", full_charge_oz=Decimal(928), effective_on=date(2026, 3, 1), now=NOW
    )
    made = add(circuit, on(3, 2), "58", refrigerant="R-407C", purpose="retrofit")
    assert made.refrigerant.designation == "R-407C"
    with pytest.raises(NotPossible, match="holds R-407C"):
        add(circuit, on(3, 3), "1", refrigerant="R-22")
    assert [row[0] for row in standing(circuit)] == [date(2026, 2, 1)]


def test_a_charge_found_anew_an_exemption_and_a_method_reckon_anew(chiller, add):
    circuit = chiller()
    add(circuit, on(2, 1), "2")
    add(circuit, on(4, 1), "2")
    assert LeakCase.objects.get().state == "open"
    circuits.set_exemption(circuit.pk, exempt="yes", because="Serves one house", now=NOW)
    assert (LeakCase.objects.get().state, standing(circuit)[-1][3]) == ("withdrawn", None)
    changed = circuits.set_exemption(circuit.pk, exempt="no", because="It is a chiller", now=NOW)
    assert any("stands again" in words for words in changed.changes)
    with pytest.raises(NotPossible, match="bought"):
        facilities.set_method(circuit.unit.site_id, method="rolling", now=NOW)
    with pytest.raises(NotPossible, match="open at this site"):
        facilities.set_method(circuit.unit.site_id, method="rolling", bought=True, now=NOW)
    circuits.set_category(circuit.pk, category="ipr", because="It cools a process", now=NOW)
    circuits.set_category(circuit.pk, category="comfort", because="It does not", now=NOW)
    other = chiller()
    assert facilities.set_method(other.unit.site_id, method="rolling", now=NOW).method == "rolling"
    add(other, on(2, 1), "2")
    assert LeakRate.objects.get(circuit=other).method == "rolling"
    assert Facility.objects.get().site == other.unit.site


def test_another_choice_reckons_the_house_anew(chiller, add, django_capture_on_commit_callbacks):
    circuit = chiller()
    add(circuit, on(1, 5), "1")
    add(circuit, on(2, 1), "1")
    assert standing(circuit)[0][4] == 365
    row = facilities.set_choices(version=1, choices={"first_under_84": "real_days"}, now=NOW)
    assert row.choices == {"first_under_84": "real_days"}
    changed = rates.recompute_all(now=NOW, because="A choice")
    assert changed == 0  # no addition of 2026 before the first one
    with pytest.raises(NotPossible, match="no answer"):
        facilities.set_choices(version=2, choices={"first_under_84": "never"}, now=NOW)


def test_reckoning_everything_finds_what_each_record_found(chiller, add):
    some = [chiller(), chiller("R-404A", category="commercial")]
    for circuit in some:
        add(circuit, on(2, 1), "3")
        add(circuit, on(3, 1), "3")
    before = [whole(circuit) for circuit in some]
    assert rates.recompute_all(now=NOW) == 0
    LeakRate.objects.all().delete()
    assert rates.recompute_all(now=NOW) == 4
    assert [whole(circuit) for circuit in some] == before


# Clocks -----------------------------------------------------------------------------------------------


def test_mothballing_stands_still_until_refrigerant_is_added(case, add, step):
    """W-C2."""
    assert case.next_due_on == date(2026, 4, 1)
    step(case, "mothballed", date(2026, 3, 20))
    case.refresh_from_db()
    assert case.state == "suspended"
    made = add(case.circuit, on(6, 10), "0.01")
    case.refresh_from_db()
    assert (case.state, case.next_due_on) == ("open", date(2026, 6, 22))
    actions.void_refrigerant_record(made.pk, because="Other unit", now=NOW)
    case.refresh_from_db()
    assert case.state == "suspended"


@pytest.mark.parametrize(("evacuated", "due"), [(True, date(2026, 4, 4)), (False, date(2026, 3, 30))])
def test_the_follow_up_is_due_ten_days_after_the_test_or_normal_operation(case, step, evacuated, due):
    """W-C3 and W-C4."""
    step(case, "inspection", date(2026, 3, 10))
    step(case, "repaired", date(2026, 3, 18), was_evacuated=evacuated)
    step(case, "initial_passed", date(2026, 3, 20))
    if evacuated:
        case.refresh_from_db()
        assert (case.state, case.next_due_on) == ("follow_up", None)
        with pytest.raises(NotPossible, match="normal operation"):
            step(case, "follow_up_passed", date(2026, 3, 24))
        step(case, "normal_operation", date(2026, 3, 25))
    case.refresh_from_db()
    assert (case.next_due_what, case.next_due_on) == ("follow_up_test", due)
    step(case, "follow_up_passed", date(2026, 3, 29))
    case.refresh_from_db()
    assert (case.state, case.closed_on, case.next_due_on) == ("closed", date(2026, 3, 29), None)
    assert case.next_inspection_on == date(2027, 3, 29)
    with pytest.raises(NotPossible, match="ended"):
        step(case, "repaired", date(2026, 5, 1))
    step(case, "inspection", date(2026, 11, 1))
    case.refresh_from_db()
    assert case.next_inspection_on != date(2027, 3, 29)


def test_the_initial_test_comes_before_refrigerant_goes_back_in_unless_it_was_the_same_visit(case, add, step):
    step(case, "repaired", date(2026, 3, 18))
    add(case.circuit, on(3, 19), "0.01")
    with pytest.raises(NotPossible, match="added back"):
        step(case, "initial_passed", date(2026, 3, 20))
    step(case, "initial_passed", date(2026, 3, 18))
    case.refresh_from_db()
    assert case.state == "follow_up"


def test_a_step_is_struck_out_from_the_end_and_needs_what_its_paper_names(case, step, tess):
    for what, fields, field in (
        ("inspection", {"all_parts_inspected": False}, "all_parts_inspected"),
        ("inspection", {"method": ""}, "method"),
        ("inspection", {"technician_id": None}, "technician"),
        ("plan_made", {"outcome": "retired"}, "signed_by"),
        ("extension_requested", {}, "outcome"),
        ("opened", {}, "step"),
    ):
        with pytest.raises(NotPossible) as refusal:
            step(case, what, date(2026, 3, 5), **fields)
        assert refusal.value.field == field
    repaired = step(case, "repaired", date(2026, 3, 18))
    tested = step(case, "initial_passed", date(2026, 3, 20))
    with pytest.raises(NotPossible, match="came after it first"):
        cases.void_case_event(repaired.pk, because="Other circuit", now=NOW)
    cases.void_case_event(tested.pk, because="Other circuit", now=NOW)
    cases.void_case_event(repaired.pk, because="Other circuit", now=NOW)
    case.refresh_from_db()
    assert (case.state, case.next_due_on) == ("open", date(2026, 4, 1))
    assert repaired.certificate.technician == tess


def test_extensions_plans_and_their_end(case, step):
    fields = {"outcome": "parts", "until": date(2026, 5, 15), "now": on(3, 20)}
    step(case, "extension_requested", date(2026, 3, 20), **fields)
    case.refresh_from_db()
    assert (case.state, case.next_due_on) == ("extended", date(2026, 5, 15))
    step(case, "plan_required", date(2026, 5, 16), outcome="not_repairing")
    step(case, "plan_made", date(2026, 5, 20), outcome="retired", signed_by="Ada Byrne")
    case.refresh_from_db()
    assert (case.state, case.next_due_what, case.next_due_on) == (
        "plan_active",
        "plan_completion",
        date(2027, 5, 20),
    )
    step(case, "plan_completed", date(2026, 9, 1), outcome="retired")
    case.refresh_from_db()
    assert (case.state, case.closed_on) == ("retired", date(2026, 9, 1))


def test_a_new_day_moves_the_deadline_of_what_is_mothballed(case, step):
    step(case, "mothballed", date(2026, 3, 20), now=on(3, 20))
    case.refresh_from_db()
    assert case.next_due_on == date(2026, 4, 1)
    rates.refresh_deadlines(now=on(3, 30))
    case.refresh_from_db()
    assert case.next_due_on == date(2026, 4, 11)
    assert rates.refresh_deadlines(now=on(3, 30)) == 0


def test_a_unit_at_rest_stops_the_clock_and_a_retired_one_takes_no_more(case, add):
    unit = case.circuit.unit
    actions.mothball_unit(unit.pk, because="Closed for the winter")
    case.refresh_from_db()
    assert (case.state, case.events.get().note) == ("suspended", "Closed for the winter")
    actions.return_unit_to_service(unit.pk, because="Open again")
    actions.retire_unit(unit.pk, because="Scrapped")
    assert Circuit.objects.get(pk=case.circuit_id).retired_on is not None
    actions.return_unit_to_service(unit.pk, because="Not scrapped after all")
    assert Circuit.objects.get(pk=case.circuit_id).retired_on is None
