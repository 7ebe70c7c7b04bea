"""Refrigerant with its cylinder, a change-out, readings and leaks, as the phone sends them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from dispatch import actions
from dispatch.models import CheckAnswer, VisitCheck
from dispatch.states import JobState
from equipment import actions as equipment
from equipment.models import LeakCase, Reading, RefrigerantRecord, UnitStatus
from fsm.inbox import receive
from fsm.models import Outcome
from fsm.states import NotPossible
from inventory.actions import add_cylinder, ledger_gaps
from inventory.models import CylinderMovement
from tests import factories as make
from tests.factories import instant

pytestmark = pytest.mark.django_db
NOW = instant(15, 30)


@pytest.fixture(autouse=True)
def it_is_half_past_ten(monkeypatch):
    monkeypatch.setattr("fsm.inbox.clock_now", lambda: NOW)


@pytest.fixture
def change_out(branch):
    """A job type that takes equipment out, and asks for nothing else."""
    return make.JobTypeFactory(needs_recovery=True)


@pytest.fixture
def visit_to(make_job, make_customer, make_unit, tess):
    """`visit_to(job_type=..., **circuit)`: tess on site at a unit whose circuit is as said."""

    def visit(job_type=None, is_named=True, **circuit):
        customer = make_customer()
        unit = make_unit(site=customer.site, name="Upstairs AC", installed_on=date(2009, 5, 1))
        for name, value in circuit.items():
            setattr(unit.circuit, name, value)
        unit.circuit.save()
        more = {"unit_ids": [unit.pk]} if is_named else {}
        job = make_job(customer=customer, technician=tess, job_type=job_type, **more)
        made = actions.arrive(job.visit.pk, technician_id=tess.technician.pk, now=instant(15, 5))
        made.unit, made.circuit = unit, unit.circuit
        return made

    return visit


def send(user, visit, kind, key=None, /, **body):
    key = key or uuid4()
    return receive(user, key, kind, {"uuid": str(key), "visit": str(visit.uuid)} | body, files={})


def done(*given, **body):
    answer = send(*given, **body)
    assert answer.outcome == Outcome.APPLIED, answer.sentence
    return answer


def refused(*given, **body):
    answer = send(*given, **body)
    assert answer.outcome == Outcome.REFUSED
    return answer.sentence


def cylinder(tess, kind="disposable", origin="virgin", ounces="400", **more):
    return add_cylinder(
        uuid=uuid4(),
        number=more.pop("number", f"C-{uuid4().hex[:6]}"),
        refrigerant_id=make.RefrigerantFactory(designation=more.pop("refrigerant", "R-410A")).pk,
        kind=kind,
        origin=origin,
        place_id=tess.technician.truck.pk,
        ounces=Decimal(ounces),
        now=instant(13),
        **more,
    )


# Refrigerant ----------------------------------------------------------------------------------------


def test_the_record_and_its_cylinder_move_together_once(tess, visit_to):
    visit, full = visit_to(), cylinder(tess)
    key, body = uuid4(), {"kind": "added", "pounds": "1", "ounces": "4.5", "circuit": ""}
    body |= {
        "circuit": str(visit.circuit.uuid),
        "cylinder_added": str(full.uuid),
        "work_done": "Flare remade",
    }
    done(tess, visit, "refrigerant.log", key, **body)
    done(tess, visit, "refrigerant.log", key, **body)
    record = RefrigerantRecord.objects.get()
    line = CylinderMovement.objects.get(record=record)
    full.refresh_from_db()
    assert (record.ounces, record.work_done, line.change_oz) == (
        Decimal("20.5"),
        "Flare remade",
        Decimal("-20.5"),
    )
    assert (full.content_oz, line.root, ledger_gaps()) == (Decimal("379.5"), f"job:{visit.job.uuid}", [])


def test_what_the_cylinder_refuses_leaves_no_record_either(tess, visit_to):
    visit = visit_to()
    body = {"circuit": str(visit.circuit.uuid), "kind": "added", "pounds": "2"}
    little = cylinder(tess, ounces="16")
    other = cylinder(tess, refrigerant="R-407C")
    away = make.CylinderFactory()
    reclaim = cylinder(tess, kind="recovery", origin="to_reclaim", ounces="0")
    for wrong, words in ((little, "less than"), (other, "R-407C"), (away, "not on this truck")):
        assert words in refused(tess, visit, "refrigerant.log", cylinder=str(wrong.uuid), **body)
    nothing = {"kind": "recovered", "pounds": "0", "purpose_recovered": "disposal"}
    nothing |= {"nothing_because": "Empty", "cylinder_recovered": str(reclaim.uuid)}
    assert "Nothing was recovered" in refused(tess, visit, "refrigerant.log", **body | nothing)
    assert "no such cylinder" in refused(tess, visit, "refrigerant.log", cylinder=str(uuid4()), **body)
    assert not RefrigerantRecord.objects.exists()


def test_every_impossible_record_is_refused_by_name(tess, tom, visit_to):
    """W-V1, W-V3 and W-V4 at the phone's door."""
    visit = visit_to()
    body = {"circuit": str(visit.circuit.uuid), "kind": "added", "pounds": "2"}
    for wrong, words in (
        ({"pounds": "-1"}, "cannot be negative"),
        ({"pounds": "0"}, "more than nothing"),
        ({"returned_pounds": "3"}, "more than the 2 lb added"),
        ({"returned_pounds": "1"}, "only 0 lb recovered"),
        ({"refrigerant": "R-407C"}, "not R-407C; a change of refrigerant is a retrofit"),
        ({"same_leak": "1"}, "Nothing was added to this circuit before"),
        ({"purpose_added": "disposal"}, "one of these reasons"),
        ({"circuit": str(make.CircuitFactory().uuid)}, "not at the visit"),
        ({"kind": "recovered", "pounds": "0", "purpose_recovered": "disposal"}, "say why"),
    ):
        assert words in refused(tess, visit, "refrigerant.log", **body | wrong)
    visit.circuit.full_charge_oz = None
    visit.circuit.save()
    assert "full charge is not known" in refused(tess, visit, "refrigerant.log", **body)
    held = tess.technician.user
    make.equipment.TechnicianCertificate.objects.filter(technician=held).update(kind="type_i")
    assert "no EPA 608 certificate" in refused(tess, visit, "refrigerant.log", **body | {"full_pounds": "7"})
    visit.circuit.refresh_from_db()
    assert (RefrigerantRecord.objects.count(), visit.circuit.full_charge_oz) == (0, None)


def test_what_a_phone_queued_before_the_update_still_goes_through(tess, visit_to):
    visit = visit_to()
    body = {
        "circuit": str(visit.circuit.uuid),
        "pounds": "1",
        "ounces": "",
        "leak_found": "yes",
        "note": "Slow",
    }
    done(tess, visit, "refrigerant.log", **body)
    done(tess, visit, "refrigerant.log", **body | {"kind": "recovered", "refrigerant": "r410a"})
    assert [(row.kind, row.purpose) for row in RefrigerantRecord.objects.order_by("pk")] == [
        ("added", "service"),
        ("recovered", "service"),
    ]


def test_the_nameplates_charge_and_the_same_leak_go_along(tess, visit_to):
    visit = visit_to(full_charge_oz=None)
    body = {"circuit": str(visit.circuit.uuid), "kind": "added", "pounds": "1"}
    done(tess, visit, "refrigerant.log", **body, full_pounds="7", full_ounces="2")
    done(tess, visit, "refrigerant.log", **body, full_pounds="9", same_leak="1")
    visit.circuit.refresh_from_db()
    first, second = RefrigerantRecord.objects.order_by("pk")
    assert (visit.circuit.full_charge_oz, second.continues) == (114, first)


# A change-out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ounces", "is_asked"), [(80, False), (Decimal("80.1"), True), (None, True)])
def test_a_circuit_of_more_than_five_pounds_is_accounted_for_first(
    tess, visit_to, change_out, ounces, is_asked
):
    """W-D2; of what nobody knows it is asked as well, and the office is asked the same."""
    visit = visit_to(change_out, full_charge_oz=ounces)
    if not is_asked:
        done(tess, visit, "visit.complete", parts_confirmed="1")
        return
    said = refused(tess, visit, "visit.complete", parts_confirmed="1")
    assert "recovered from Upstairs AC, circuit 1 for disposal" in said
    with pytest.raises(NotPossible, match="Upstairs AC, circuit 1"):
        actions.complete_on_behalf(visit.pk, now=NOW, parts_confirmed=True)
    body = {"circuit": str(visit.circuit.uuid), "kind": "recovered", "pounds": "2"}
    done(tess, visit, "refrigerant.log", **body)
    assert "for disposal" in refused(tess, visit, "visit.complete", parts_confirmed="1")
    empty = {"pounds": "0", "purpose_recovered": "disposal", "nothing_because": "System empty on arrival"}
    done(tess, visit, "refrigerant.log", **body | empty)
    actions.complete_on_behalf(visit.pk, now=NOW, parts_confirmed=True)


def test_a_voided_recovery_counts_no_more_and_a_return_is_not_held_up(tess, visit_to, change_out):
    visit = visit_to(change_out, is_named=False)
    assert "from the unit that is taken out" in refused(tess, visit, "visit.complete", parts_confirmed="1")
    body = {"circuit": str(visit.circuit.uuid), "kind": "recovered", "pounds": "6"}
    done(tess, visit, "refrigerant.log", **body, purpose="disposal")
    equipment.void_refrigerant_record(RefrigerantRecord.objects.get().pk, because="Wrong unit", now=NOW)
    assert "for disposal" in refused(tess, visit, "visit.complete", parts_confirmed="1")
    done(tess, visit, "visit.complete", outcome="return_needed", note="Crane tomorrow")


def test_a_change_out_from_recovery_to_the_retired_unit(tess, visit_to, change_out, make_unit):
    visit = visit_to(change_out, full_charge_oz=128)
    recovery = cylinder(tess, kind="recovery", origin="to_reclaim", ounces="0", capacity_oz=Decimal(800))
    new = make_unit(site=visit.job.site, name="New AC", installed_on=date(2026, 7, 14))
    log = {"circuit": str(visit.circuit.uuid), "kind": "recovered", "purpose_recovered": "disposal"}
    done(tess, visit, "refrigerant.log", **log, pounds="7", ounces="8", cylinder_recovered=str(recovery.uuid))
    first = {"kind": "added", "purpose_added": "initial", "pounds": "7"}
    done(tess, visit, "refrigerant.log", **log | first | {"circuit": str(new.circuit.uuid)})
    field, body = f"unit_{visit.unit.uuid}", {"parts_confirmed": "1"}
    assert "not one that the job takes out" in refused(
        tess, visit, "visit.complete", **body, **{f"unit_{new.uuid}": "out"}
    )
    assert "not at this address" in refused(tess, visit, "visit.complete", **body, **{field: str(uuid4())})
    done(tess, visit, "visit.complete", **body, **{field: str(new.uuid)})
    visit.unit.refresh_from_db()
    recovery.refresh_from_db()
    visit.job.refresh_from_db()
    assert (visit.unit.status, visit.unit.replaced_by) == (UnitStatus.RETIRED, new)
    assert (recovery.content_oz, visit.job.state) == (120, JobState.WORK_COMPLETE)


# Readings -------------------------------------------------------------------------------------------


def line(visit, key, text="Line"):
    return VisitCheck.objects.create(visit=visit, text=text, kind="reading", reading_key=key, unit="psig")


def measure(tess, visit, check, reading, **more):
    answer = done(tess, visit, "check.answer", check=str(check.uuid), reading=reading, **more)
    check.refresh_from_db()
    return answer


def standing():
    rows = Reading.objects.filter(voided_at=None).order_by("key")
    return {row.key: row.value for row in rows}


def test_a_line_that_measures_keeps_a_reading_and_says_what_is_out_of_range(tess, visit_to):
    visit = visit_to()
    check = line(visit, "delta_t", "Return to supply difference")
    for wrong, words in (("900", "cannot be"), ("12,5", "write a point"), ("18 psig", "is entered in °F")):
        assert words in refused(tess, visit, "check.answer", check=str(check.uuid), reading=wrong)
    flagged = measure(tess, visit, check, "9")
    assert "under 16 °F" in flagged.answer["flagged"]
    assert (check.answer, check.equipment, check.note) == (
        CheckAnswer.ATTENTION,
        visit.unit,
        flagged.answer["flagged"],
    )
    assert "flagged" not in measure(tess, visit, check, "19 F").answer
    assert (check.answer, check.note, standing()) == ("", "", {"delta_t": 19})
    assert Reading.objects.get(value=9).voided_because == "Measured again on the visit"
    done(tess, visit, "check.answer", check=str(check.uuid), answer="na")
    assert standing() == {}


def test_superheat_follows_from_pressure_and_line_and_is_computed_again(tess, visit_to):
    visit = visit_to()
    pressure, pipe, heat = (line(visit, key) for key in ("suction_pressure", "suction_line", "superheat"))
    measure(tess, visit, pressure, "118")
    measure(tess, visit, pipe, "52")
    heat.refresh_from_db()
    before = heat.reading
    assert standing() == {"suction_line": 52, "suction_pressure": 118, "superheat": before}
    assert heat.note.startswith("Computed from")
    measure(tess, visit, pipe, "55")
    heat.refresh_from_db()
    assert heat.reading == before + 3
    measure(tess, visit, heat, "12")
    measure(tess, visit, pipe, "60")
    assert standing() == {"suction_line": 60, "suction_pressure": 118, "superheat": 12}


def test_of_several_units_the_phone_says_which_and_an_old_phone_need_not(tess, visit_to, make_unit):
    visit = visit_to(is_named=False)
    other = make_unit(site=visit.job.site, name="Downstairs")
    check = line(visit, "delta_t", "Split")
    assert "Say which unit “Split”" in refused(
        tess, visit, "check.answer", check=str(check.uuid), reading="18", unit=""
    )
    measure(tess, visit, check, "18")
    assert (check.reading, standing()) == (18, {})
    measure(tess, visit, check, "19", unit=str(other.uuid))
    assert Reading.objects.get().unit == other
    elsewhere = make_unit()
    assert "not at the visit" in refused(
        tess, visit, "check.answer", check=str(check.uuid), reading="18", unit=str(elsewhere.uuid)
    )


# Leaks ----------------------------------------------------------------------------------------------


def test_a_leak_is_inspected_repaired_and_tested_from_the_phone(tess, visit_to):
    refrigerant = make.RefrigerantFactory(designation="R-134a")
    visit = visit_to(full_charge_oz=1600, exempt="no", category="comfort", refrigerant=refrigerant)
    over = done(tess, visit, "refrigerant.log", circuit=str(visit.circuit.uuid), kind="added", pounds="40")
    case = LeakCase.objects.get()
    assert "over its leak rate" in over.answer["sentence"]
    body = {"case": str(case.uuid), "method": "Soap bubbles", "locations": "Flare at the service valve"}
    assert "all visible" in refused(tess, visit, "leak.log", **body, step="inspection")
    key, looked = uuid4(), body | {"step": "inspection", "all_parts_inspected": "1"}
    done(tess, visit, "leak.log", key, **looked)
    done(tess, visit, "leak.log", key, **looked)
    assert refused(tess, visit, "leak.log", **body, step="follow_up_passed")
    for step in ("repaired", "initial_passed", "follow_up_passed"):
        done(tess, visit, "leak.log", **body, step=step)
    case.refresh_from_db()
    assert [row.kind for row in case.events.order_by("pk")] == [
        "inspection",
        "repair",
        "initial_test",
        "follow_up_test",
    ]
    first = case.events.order_by("pk").first()
    assert (case.state, first.technician, first.work_uuid) == ("closed", tess, visit.uuid)
    assert first.locations == "Flare at the service valve"
