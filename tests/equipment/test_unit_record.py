from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail

from customers.actions import sell_site
from equipment import actions
from equipment.models import (
    Maker,
    Opportunity,
    Reading,
    Reminder,
    System,
    Unit,
    UnitModel,
    UnitMove,
    Warranty,
)
from equipment.outlook_rows import outlooks
from equipment.warranties import Component
from equipment.warranty_rows import cover_of, place_of, proposals_for
from fsm.outbox import drain
from fsm.states import NotPossible, Stale
from tests.factories import (
    CircuitFactory,
    CustomerFactory,
    RefrigerantFactory,
    instant,
    picture,
)

NOW = instant()
TODAY = NOW.date()
pytestmark = pytest.mark.django_db


# The plate -------------------------------------------------------------------------------------------


def test_a_known_model_fills_in_what_nobody_said_and_overrules_nothing(make_customer):
    maker = Maker.objects.get_or_create(name="Carrier")[0]
    gas = RefrigerantFactory(designation="R-410A")
    UnitModel.objects.create(
        maker=maker, number="24ACC636A003", category="air_conditioner", tons=3, refrigerant=gas,
        factory_charge_oz=112, ratings={"rla": "14.1"},
    )  # fmt: skip
    facts = {"site_id": make_customer().site.pk, "category": "air_conditioner", "maker": "carrier"}
    unit = actions.install_unit(**facts, model_number="24acc636a003")
    assert (unit.model.number, unit.tons, unit.ratings) == ("24ACC636A003", 3, {"rla": "14.1"})
    assert unit.circuits.get().full_charge_oz == 112
    unit = actions.install_unit(
        **facts, model_number="24ACC636A003", tons=Decimal("3.5"), ratings={"rla": 15}
    )
    assert (unit.tons, unit.ratings) == (Decimal("3.5"), {"rla": "15"})


@pytest.mark.parametrize(("fields", "words"), [
    ({"ratings": {"rla": "much"}}, "cannot stand on a nameplate"),
    ({"ratings": {"metering": "magic"}}, "cannot stand"),
    ({"ratings": {"colour": "red"}}, "not a rating we know"),
    ({"ratings": {"rise_low": 60, "rise_high": 30}}, "must not be more than"),
    ({"manufactured_on": date(2020, 1, 1), "installed_on": date(2019, 1, 1)}, "made after it was installed"),
])  # fmt: skip
def test_what_cannot_stand_on_a_plate_is_refused(make_unit, fields, words):
    with pytest.raises(NotPossible, match=words):
        actions.edit_unit(make_unit().pk, version=1, **fields)


def test_the_day_of_manufacture_is_set_by_a_person_alone(make_unit):
    unit = make_unit(serial="1117E12345")
    assert unit.manufactured_on is None
    unit = actions.confirm_manufacture(unit.pk, made_on=date(2017, 3, 13), known_by="serial", today=TODAY)
    assert (unit.manufactured_on, unit.manufacture_known_by) == (date(2017, 3, 13), "serial")
    with pytest.raises(NotPossible):
        actions.confirm_manufacture(unit.pk, made_on=TODAY + timedelta(1), known_by="plate", today=TODAY)
    with pytest.raises(NotPossible):
        actions.confirm_manufacture(unit.pk, made_on=TODAY, known_by="unknown", today=TODAY)


def test_a_replaced_unit_is_retired_and_names_its_successor_until_it_returns(make_unit):
    old, elsewhere = make_unit(), make_unit()
    new = actions.install_unit(site_id=old.site_id, category="heat_pump")
    with pytest.raises(NotPossible, match="same site"):
        actions.replace_unit(old.pk, by_unit_id=elsewhere.pk, because="New", on=TODAY)
    gone = actions.replace_unit(old.pk, by_unit_id=new.pk, because="New", on=TODAY)
    assert (gone.status, gone.status_on, gone.replaced_by) == ("retired", TODAY, new)
    assert gone.history.latest().history_change_reason == "New"
    with pytest.raises(NotPossible, match="retired itself"):
        actions.replace_unit(new.pk, by_unit_id=old.pk, because="New", on=TODAY)
    back = actions.return_unit_to_service(old.pk, because="Wrong one")
    assert (back.status, back.replaced_by) == ("active", None)
    with pytest.raises(NotPossible, match="future"):
        actions.retire_unit(old.pk, because="x", on=date(2100, 1, 1))


# Systems and moves -----------------------------------------------------------------------------------


def test_a_system_keeps_to_its_site_and_goes_with_its_last_unit(make_unit):
    first, stranger = make_unit(), make_unit()
    second = actions.install_unit(site_id=first.site_id, category="furnace")
    system = actions.create_system(site_id=first.site_id, name="Upstairs", unit_ids=[first.pk, second.pk])
    assert system.units.count() == 2
    with pytest.raises(NotPossible, match="another site"):
        actions.join_system(stranger.pk, system_id=system.pk)
    assert actions.create_system(site_id=first.site_id, name="upstairs") == system
    actions.leave_system(first.pk)
    assert System.objects.exists()
    actions.leave_system(second.pk)
    assert not System.objects.exists()


def test_a_unit_moves_with_its_history_and_back_into_its_system(make_unit, make_customer):
    unit = make_unit()
    home, garage = unit.site, make_customer().site
    stays = actions.install_unit(site_id=home.pk, category="furnace")
    system = actions.create_system(site_id=home.pk, name="Downstairs", unit_ids=[unit.pk, stays.pk])
    chance = actions.raise_opportunity(unit.pk, kind="repair", summary="Noisy", reasons=["Noisy"])
    reading = actions.record_reading(unit.pk, key="delta_t", value="18", measured_at=NOW, now=NOW)
    with pytest.raises(NotPossible, match="Say why"):
        actions.move_unit(unit.pk, to_site_id=garage.pk, because=" ", now=NOW)
    move = actions.move_unit(unit.pk, to_site_id=garage.pk, because="Taken along", now=NOW)
    unit.refresh_from_db()
    chance.refresh_from_db()
    assert (unit.site, unit.system, chance.site) == (garage, None, garage)
    assert unit.readings.get() == reading
    assert unit.history.latest().history_change_reason == "Taken along"
    actions.undo_move(move.pk, because="Wrong unit", now=NOW)
    unit.refresh_from_db()
    move.refresh_from_db()
    assert (unit.site, unit.system, move.undone_at) == (home, system, NOW)
    assert actions.undo_move(move.pk, because="Again", now=NOW).undone_at == NOW


def test_only_the_last_move_is_undone(make_unit, make_customer):
    unit = make_unit()
    one, two = make_customer().site, make_customer().site
    first = actions.move_unit(unit.pk, to_site_id=one.pk, because="One", now=NOW)
    actions.move_unit(unit.pk, to_site_id=two.pk, because="Two", now=NOW + timedelta(hours=1))
    with pytest.raises(NotPossible, match="last move first"):
        actions.undo_move(first.pk, because="Oops", now=NOW)
    with pytest.raises(NotPossible, match="already"):
        actions.move_unit(unit.pk, to_site_id=two.pk, because="Two", now=NOW)


def test_open_work_stands_in_the_way_of_a_move_until_somebody_goes_on(make_unit, make_customer, make_job):
    unit = make_unit()
    job = make_job(customer=unit.site.customer, unit_ids=[unit.pk])
    there = make_customer().site
    with pytest.raises(NotPossible, match=job.number):
        actions.move_unit(unit.pk, to_site_id=there.pk, because="Moved", now=NOW)
    assert not UnitMove.objects.exists()
    actions.move_unit(unit.pk, to_site_id=there.pk, because="Moved", now=NOW, despite_open_work=True)
    job.refresh_from_db()
    assert job.site != there


# Files -----------------------------------------------------------------------------------------------


def test_a_file_is_kept_once_hashed_as_it_came_and_removed_for_a_reason(make_unit):
    unit = make_unit()
    kept = actions.add_unit_file(unit.pk, data=picture(), name="../plate.PNG", kind="nameplate", now=NOW)
    assert (kept.name, kept.content_type) == ("plate.jpg", "image/jpeg")
    assert actions.add_unit_file(unit.pk, data=picture(), name="b.png", kind="photo", now=NOW) == kept
    with pytest.raises(NotPossible, match="not a photo"):
        actions.add_unit_file(unit.pk, data=b"MZ", name="x.exe", kind="photo", now=NOW)
    with pytest.raises(NotPossible):
        actions.remove_unit_file(kept.pk, because="", now=NOW)
    assert actions.remove_unit_file(kept.pk, because="Blurred", now=NOW).removed_at == NOW


# Warranties ------------------------------------------------------------------------------------------


@pytest.fixture
def goodman(make_unit):
    """A Goodman installed ten days ago in Texas."""
    maker = Maker.objects.get_or_create(name="Goodman")[0]
    return make_unit(maker=maker, installed_on=TODAY - timedelta(days=10), category="air_conditioner")


def test_the_makers_terms_are_proposed_and_nothing_stands_until_confirmed(goodman):
    kinds = {term.kind for term in proposals_for(goodman, [])}
    assert kinds == {"parts", "compressor"}
    assert not Warranty.objects.exists()
    (row,) = actions.confirm_usual_warranties(goodman.pk, kinds=["parts"])
    assert (row.base_months, row.registered_months) == (60, 120)
    assert row.registration_deadline == goodman.installed_on + timedelta(days=60)
    assert {term.kind for term in proposals_for(goodman, [row])} == {"compressor"}
    with pytest.raises(NotPossible):
        actions.confirm_usual_warranties(goodman.pk, kinds=["parts"])


def test_a_registration_says_what_follows_and_makes_the_cover_longer(goodman):
    (row,) = actions.confirm_usual_warranties(goodman.pk, kinds=["parts"])
    assert "instead of" in actions.registration_says(row, TODAY)
    assert "leaves it at" in actions.registration_says(row, TODAY + timedelta(days=90))
    with pytest.raises(NotPossible, match="day to come"):
        actions.register_warranty(row.pk, on=TODAY + timedelta(1), confirmation="1", today=TODAY)
    place = place_of(goodman)
    before = cover_of(goodman, [row], on=TODAY, place=place)[Component.PARTS].until
    row = actions.register_warranty(row.pk, on=TODAY, confirmation="GM-77", today=TODAY)
    after = cover_of(goodman, [row], on=TODAY, place=place)[Component.PARTS].until
    assert (after.year - before.year, row.confirmation) == (5, "GM-77")
    row = actions.end_warranty(row.pk, on=TODAY, because="Unit altered")
    assert cover_of(goodman, [row], on=TODAY, place=place)[Component.PARTS].covered == "no"


def test_a_sold_home_and_a_business_make_the_cover_doubtful(goodman):
    (row,) = actions.confirm_usual_warranties(goodman.pk, kinds=["parts"])
    sell_site(goodman.site_id, to_customer_id=CustomerFactory().pk, on=TODAY, now=NOW)
    goodman.refresh_from_db()
    answer = cover_of(goodman, [row], on=TODAY, place=place_of(goodman))[Component.PARTS]
    assert (answer.covered, "went over when sold" in answer.reason) == ("unsure", True)
    goodman.site.customer.kind = "company"
    assert place_of(goodman).owner_occupied is False


def test_the_office_is_reminded_of_each_registration_once_a_step(goodman, company):
    company.email = "office@example.com"
    company.save()
    (row,) = actions.confirm_usual_warranties(goodman.pk, kinds=["parts"])
    deadline = row.registration_deadline

    def on(days):
        made = actions.remind_of_registrations(now=NOW + (deadline - TODAY) - timedelta(days=days))
        return [reminder.days_before for reminder in made]

    assert [on(days) for days in (31, 30, 29, 14, 14, 6, 1, 0, -1)] == [
        [],
        [30],
        [],
        [14],
        [],
        [7],
        [1],
        [],
        [],
    ]
    drain()
    assert len(mail.outbox) == 4
    assert goodman.serial in mail.outbox[0].body
    assert Reminder.objects.count() == 4


@pytest.mark.parametrize(("state", "registered"), [("CA", False), ("TX", True)])
def test_nobody_is_reminded_where_registering_changes_nothing(goodman, state, registered):
    goodman.site.state = state
    goodman.site.save()
    (row,) = actions.confirm_usual_warranties(goodman.pk, kinds=["parts"])
    if registered:
        actions.register_warranty(row.pk, on=TODAY, confirmation="1", today=TODAY)
    assert actions.remind_of_registrations(now=NOW + timedelta(days=45)) == []


def test_a_claim_goes_from_failure_to_credit_and_no_other_way(goodman):
    (row,) = actions.confirm_usual_warranties(goodman.pk, kinds=["parts"])
    facts = {"failed_part": "Fan motor", "fault": "Bearing", "failed_on": TODAY, "today": TODAY}
    unique = uuid.uuid4()
    claim = actions.open_claim(row.pk, uuid=unique, **facts)
    assert actions.open_claim(row.pk, uuid=unique, **facts) == claim
    with pytest.raises(NotPossible):
        actions.credit_claim(claim.pk, received=Decimal(10), on=TODAY, today=TODAY)
    actions.edit_claim(claim.pk, version=1, credit_expected=Decimal("180.00"), rma="RMA1")
    with pytest.raises(Stale):
        actions.edit_claim(claim.pk, version=1, note="old page")
    actions.send_claim(claim.pk)
    actions.deny_claim(claim.pk, because="No serial")
    with pytest.raises(NotPossible, match="again"):
        actions.send_claim(claim.pk)
    actions.send_claim(claim.pk, because="With the serial")
    actions.approve_claim(claim.pk, credit_expected=Decimal(175))
    claim = actions.credit_claim(claim.pk, received=Decimal("170.50"), on=TODAY, today=TODAY)
    assert (claim.state, claim.credit_expected, claim.credit_received) == ("credited", 175, Decimal("170.50"))


# Readings --------------------------------------------------------------------------------------------


@pytest.fixture
def cooling(make_unit):
    unit = make_unit(ratings={"metering": "txv", "capacitor": "45", "subcooling": "10"})
    assert unit.circuits.get().refrigerant.designation == "R-410A"
    return unit


def test_pressures_and_lines_give_superheat_and_subcooling_and_are_judged(cooling):
    rows = actions.record_readings(
        cooling.pk,
        values={"suction_pressure": "118 psig", "suction_line": "52", "liquid_pressure": "375",
                "liquid_line": "99", "capacitor": "39.5"},
        measured_at=NOW, now=NOW, uuid=uuid.UUID(int=7),
    )  # fmt: skip
    by_key = {row.key: row for row in rows}
    assert by_key["superheat"].value == Decimal("12.2")
    assert not by_key["superheat"].is_flagged
    assert by_key["superheat"].context["derived_from"]["refrigerant"] == "R-410A"
    assert by_key["subcooling"].is_flagged
    assert "replace it" in by_key["capacitor"].verdict
    again = actions.record_readings(
        cooling.pk, values={"delta_t": "1"}, measured_at=NOW, now=NOW, uuid=uuid.UUID(int=7)
    )
    assert len(again) == len(rows) == Reading.objects.count() == 7


@pytest.mark.parametrize(("values", "words"), [
    ({"delta_t": "18", "suction_pressure": "9000"}, "cannot be"),
    ({"delta_t": "12,5"}, "write a point"),
    ({"delta_t": "warm"}, "not a number"),
    ({"mood": "1"}, "not a reading we know"),
    ({"delta_t": " "}, "at least one"),
])  # fmt: skip
def test_a_value_that_cannot_be_refuses_the_whole_entry(cooling, values, words):
    with pytest.raises(NotPossible, match=words):
        actions.record_readings(cooling.pk, values=values, measured_at=NOW, now=NOW)
    assert not Reading.objects.exists()


def test_no_reading_comes_from_the_future_a_retired_unit_or_another_units_circuit(cooling, make_unit):
    facts = {"key": "delta_t", "value": "18", "now": NOW}
    with pytest.raises(NotPossible, match="future"):
        actions.record_reading(cooling.pk, measured_at=NOW + timedelta(hours=1), **facts)
    with pytest.raises(NotPossible, match="circuit is not"):
        actions.record_reading(
            cooling.pk, measured_at=NOW, circuit_id=CircuitFactory(unit=make_unit(), label="2").pk, **facts
        )
    row = actions.record_reading(cooling.pk, measured_at=NOW, **facts)
    assert actions.void_reading(row.pk, because="Wrong unit", now=NOW).voided_because == "Wrong unit"
    actions.retire_unit(cooling.pk, because="Old")
    with pytest.raises(NotPossible, match="retired"):
        actions.record_reading(cooling.pk, measured_at=NOW, **facts)


# Outlook and opportunities ---------------------------------------------------------------------------


def test_the_same_reason_again_makes_an_opportunity_stronger_not_another(make_unit):
    unit = make_unit()
    first = actions.raise_opportunity(unit.pk, kind="replacement", summary="Old", reasons=["Old"], score=40)
    again = actions.raise_opportunity(unit.pk, kind="replacement", summary="x", reasons=["R-22"], score=60)
    assert (again.pk, again.times_seen, again.score) == (first.pk, 2, 60)
    assert again.reasons == ["R-22", "Old"]
    actions.snooze_opportunity(first.pk, until=TODAY + timedelta(days=30), today=TODAY)
    assert actions.wake_opportunities(now=NOW + timedelta(days=29)) == 0
    assert actions.wake_opportunities(now=NOW + timedelta(days=30)) == 1
    with pytest.raises(NotPossible, match="nothing comes"):
        actions.dismiss_opportunity(first.pk, because="")
    actions.dismiss_opportunity(first.pk, because="Moving out")
    other = actions.raise_opportunity(unit.pk, kind="replacement", summary="Old", reasons=["Old"])
    assert other.pk != first.pk
    with pytest.raises(NotPossible, match="Another one is open"):
        actions.triage_opportunity(first.pk, because="Changed their mind")
    assert Opportunity.objects.get(pk=first.pk).dismissed_because == "Moving out"


def test_the_outlook_ranks_what_is_old_spent_and_phased_out_first(make_unit):
    old = make_unit(installed_on=date(2004, 5, 1))
    RefrigerantFactory(designation="R-22", is_ozone_depleting=True)
    actions.edit_unit(old.pk, version=1, circuits=[("1", "R-22", Decimal(96))])
    middle, new = make_unit(installed_on=date(2013, 5, 1)), make_unit(installed_on=TODAY)
    Warranty.objects.create(unit=middle, kind="parts", starts_on=date(2013, 5, 1), base_months=60)
    ranked = outlooks(Unit.objects.all(), on=TODAY)
    assert [row.key for row in ranked if row.key != new.pk] == [old.pk, middle.pk]
    assert {reason.kind for reason in ranked[0].reasons} == {"age", "refrigerant"}
    assert "warranty" in {reason.kind for reason in ranked[1].reasons}
