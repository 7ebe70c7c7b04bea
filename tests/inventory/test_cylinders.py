"""Cylinders: what may go where, and a ledger that closes to the thousandth of an ounce."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from equipment.actions.refrigerant import void_refrigerant_record
from equipment.models import ComplianceSettings, Refrigerant
from fsm.attribution import attributed
from fsm.models import Review
from fsm.permissions import Role
from fsm.reviews import approve_review
from fsm.states import NotPossible, Stale
from inventory import actions, refusals
from inventory.balance import COLUMNS, Line, balances, by_month
from inventory.cylinder_rows import balance_lines
from inventory.models import Cylinder, CylinderMovement, CylinderState, RefrigerantTransfer

from ..factories import (
    CircuitFactory,
    CustomerFactory,
    RefrigerantRecordFactory,
    SiteRoleFactory,
    StockPlaceFactory,
    TechnicianCertificateFactory,
    UserFactory,
    instant,
)

pytestmark = pytest.mark.django_db
NOW = instant()
LB = 16
DEEDS = ("charge", "recover", "pour", "fill", "lose", "weigh", "void")


def kind_of(name):
    return Refrigerant.objects.get_or_create(designation=name)[0]


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


@pytest.fixture
def cylinder(truck):
    """`cylinder(400)`: a cylinder of R-410A with 400 oz in it, on the truck."""
    numbers = iter(range(1, 1000))

    def make(ounces=400, *, refrigerant="R-410A", kind="disposable", origin="virgin", **fields):
        fields = {"place_id": truck.pk, "is_purchase": origin in ("virgin", "reclaimed")} | fields
        return actions.add_cylinder(
            number=f"C-{next(numbers)}", refrigerant_id=kind_of(refrigerant).pk, kind=kind, origin=origin,
            ounces=Decimal(ounces), now=NOW, **fields,
        )  # fmt: skip

    return make


@pytest.fixture
def record(db):
    """`record(20)`: twenty ounces of R-410A were added to a circuit."""
    technician = UserFactory(role=Role.TECHNICIAN)
    certificate = TechnicianCertificateFactory(technician=technician)

    def make(ounces, *, kind="added", refrigerant="R-410A", circuit=None, **fields):
        circuit = circuit or CircuitFactory(refrigerant=kind_of(refrigerant))
        return RefrigerantRecordFactory(
            circuit=circuit, kind=kind, ounces=Decimal(ounces), technician=technician,
            certificate=certificate, **fields,
        )  # fmt: skip

    return make


def key():
    return str(uuid.uuid4())


def charge(record, cylinder, **more):
    more = {"key": key(), "now": NOW} | more
    return actions.charge_from_cylinder(record.pk, cylinder_id=cylinder.pk, **more)


def recover(record, cylinder, **more):
    more = {"key": key(), "now": NOW} | more
    return actions.recover_into_cylinder(record.pk, cylinder_id=cylinder.pk, **more)


def held(cylinder):
    cylinder.refresh_from_db()
    return cylinder.content_oz


# New ones -------------------------------------------------------------------------------------------


def test_a_cylinder_begins_with_what_was_bought_and_pressing_twice_adds_it_once(cylinder):
    once = uuid.uuid4()
    one, again = cylinder(400, cost=Decimal("312.50"), uuid=once), cylinder(400, uuid=once)
    (line,) = one.movements.all()
    assert one == again
    assert (line.kind, line.change_oz, line.cost, held(one)) == ("purchased", 400, Decimal("312.50"), 400)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "recovery", "origin": "virgin"}, "What a recovery cylinder holds"),
        ({"origin": "to_reclaim"}, "What a disposable cylinder holds"),
        ({"kind": "recovery", "origin": "recovered"}, "Say whose refrigerant"),
        ({"origin": "reclaimed"}, "Say who reclaimed it"),
        ({"capacity_oz": Decimal(100)}, "more than this cylinder holds"),
        ({"tare_oz": Decimal(-1)}, "more than nothing"),
        ({"kind": "recovery", "origin": "to_reclaim", "is_purchase": True}, "not bought"),
    ],
)
def test_a_cylinder_that_cannot_be_is_refused(cylinder, fields, says):
    with pytest.raises(NotPossible, match=says):
        cylinder(400, **fields)
    assert not Cylinder.objects.exists()


def test_a_number_stands_on_one_cylinder_and_an_edit_from_an_old_page_is_told(cylinder):
    one, two = cylinder(), cylinder()
    facts = {"tare_oz": None, "capacity_oz": None, "batch_number": "", "reclaimer": ""}
    with pytest.raises(NotPossible, match="already a cylinder"):
        actions.edit_cylinder(two.pk, number=one.number.lower(), **facts)
    actions.edit_cylinder(two.pk, number="C-99", version=1, **facts)
    with pytest.raises(Stale):
        actions.edit_cylinder(two.pk, number="C-98", version=1, **facts)
    with pytest.raises(NotPossible, match="more than this cylinder holds"):
        actions.edit_cylinder(two.pk, number="C-99", **(facts | {"capacity_oz": Decimal(399)}))


# Circuits -------------------------------------------------------------------------------------------


def test_what_is_charged_comes_out_once_in_the_technicians_name(cylinder, record):
    one, added = cylinder(400), record("20.016")
    first, again = charge(added, one, key="k"), charge(added, one, key="k")
    assert first == again
    assert (first.change_oz, first.technician, first.record) == (Decimal("-20.016"), added.technician, added)
    assert (held(one), first.moved_at) == (Decimal("379.984"), added.happened_at)


def test_a_key_of_another_deed_is_refused(cylinder, record):
    one, two = cylinder(), cylinder()
    charge(record(20), one, key="k")
    with pytest.raises(NotPossible, match="already moved something else"):
        charge(record(20), two, key="k")


def test_several_cylinders_give_what_a_record_says_and_no_more(cylinder, record):
    one, two, added = cylinder(12), cylinder(400), record(20)
    charge(added, one, ounces=Decimal(12))
    assert charge(added, two).change_oz == -8
    assert Cylinder.objects.get(pk=one.pk).state == CylinderState.EMPTY
    with pytest.raises(refusals.WrongRecord, match="booked on cylinders already"):
        charge(added, two)


def test_a_charge_that_cannot_be_is_refused_by_name(cylinder, record, truck):
    own = CustomerFactory()
    cases = [
        (refusals.WrongRefrigerant, record(20, refrigerant="R-407C"), cylinder(), {}),
        (refusals.NotEnough, record(20), cylinder(19), {}),
        (refusals.OtherOwner, record(20), cylinder(kind="recovery", origin="to_reclaim"), {}),
        (
            refusals.OtherOwner,
            record(20),
            cylinder(kind="recovery", origin="recovered", owner_id=own.pk),
            {},
        ),
        (refusals.WrongRecord, record(20, kind="recovered"), cylinder(), {}),
        (refusals.WrongRecord, record(20, voided_at=NOW, voided_because="Typo"), cylinder(), {}),
        (refusals.NotThere, record(20), cylinder(), {"place_id": truck.pk + 1}),
        (refusals.WrongRecord, record(20), cylinder(), {"ounces": Decimal(21)}),
    ]
    before = CylinderMovement.objects.count()
    for refusal, added, one, more in cases:
        with pytest.raises(refusal):
            charge(added, one, **more)
    gone = cylinder()
    actions.return_to_supplier(gone.pk, key="r", now=NOW)
    with pytest.raises(refusals.CylinderGone):
        charge(record(20), gone)
    assert CylinderMovement.objects.count() == before + 2


def test_recovered_refrigerant_goes_back_only_into_its_owners_circuits(cylinder, record):
    taken = record(40, kind="recovered")
    site = taken.circuit.unit.site
    own = cylinder(0, kind="recovery", origin="recovered", owner_id=site.customer_id)
    recover(taken, own)
    assert charge(record(20, circuit=taken.circuit), own).change_oz == -20
    landlord = CustomerFactory()
    SiteRoleFactory(site=site, customer=landlord, kind="owner")
    with pytest.raises(refusals.OtherOwner, match=r"82\.154"):
        charge(record(5, circuit=taken.circuit), own)


def test_a_recovery_fills_a_recovery_cylinder_to_eighty_percent(cylinder, record):
    full = cylinder(0, kind="recovery", origin="to_reclaim", capacity_oz=Decimal(500))
    recover(record(300, kind="recovered"), full)
    with pytest.raises(refusals.TooFull, match="room for 6 lb 4 oz more"):
        recover(record("100.001", kind="recovered"), full)
    recover(record(100, kind="recovered"), full)
    assert held(full) == 400
    other = cylinder(0, kind="recovery", origin="recovered", owner_id=CustomerFactory().pk)
    with pytest.raises(refusals.OtherOwner):
        recover(record(5, kind="recovered"), other)
    with pytest.raises(refusals.WrongCylinder, match="not a recovery cylinder"):
        recover(record(5, kind="recovered"), cylinder())
    with pytest.raises(refusals.WrongRefrigerant):
        recover(record(5, kind="recovered", refrigerant="R-22"), full)


def test_striking_out_a_record_takes_its_lines_back_once(cylinder, record):
    one, added = cylinder(400), record(20)
    charge(added, one)
    void_refrigerant_record(added.pk, because="Wrong unit", now=NOW)
    assert held(one) == 400
    back = CylinderMovement.objects.get(kind="voided")
    assert (back.change_oz, back.reverses.record) == (20, added)
    assert actions.take_back(added.pk, now=NOW) == []
    taken = record(40, kind="recovered")
    full = cylinder(0, kind="recovery", origin="to_reclaim")
    recover(taken, full)
    void_refrigerant_record(taken.pk, because="Wrong unit", now=NOW)
    full.refresh_from_db()
    assert (full.content_oz, full.state) == (0, CylinderState.EMPTY)


def test_what_left_before_a_record_was_struck_out_is_evened_out(cylinder, record):
    taken, added = record(40, kind="recovered"), record(20)
    full, one = cylinder(0, kind="recovery", origin="to_reclaim"), cylinder(400, capacity_oz=Decimal(400))
    recover(taken, full)
    charge(added, one)
    send([full])
    actions.return_to_supplier(one.pk, key=key(), now=NOW)
    void_refrigerant_record(taken.pk, because="Wrong unit", now=NOW)
    void_refrigerant_record(added.pk, because="Wrong unit", now=NOW)
    assert (held(full), held(one)) == (0, 0)
    changes = set(CylinderMovement.objects.filter(kind="weighed").values_list("cylinder", "change_oz"))
    assert changes == {(full.pk, 40), (one.pk, -20)}
    assert actions.ledger_gaps() == []


# Other ways out -------------------------------------------------------------------------------------


def send(cylinders, **more):
    more = {"sent_to": "Gulf Reclaim", "sent_on": date(2026, 7, 14), "today": date(2026, 7, 14)} | more
    more = {"uuid": uuid.uuid4(), "now": NOW} | more
    return actions.send_to_reclaimer(cylinder_ids=[one.pk for one in cylinders], **more)


def pour(source, target, ounces, **more):
    more = {"key": key(), "now": NOW} | more
    return actions.pour_between(source.pk, target.pk, ounces=Decimal(ounces), **more)


def test_pouring_moves_once_and_never_passes_on_what_was_recovered(cylinder):
    owner = CustomerFactory()
    new, refill = cylinder(100), cylinder(0, kind="refillable", capacity_oz=Decimal(50))
    pour(new, refill, 40, key="k")
    pour(new, refill, 40, key="k")
    assert (held(new), held(refill)) == (60, 40)
    theirs = cylinder(100, kind="recovery", origin="recovered", owner_id=owner.pk)
    others = cylinder(0, kind="recovery", origin="recovered", owner_id=CustomerFactory().pk)
    waste = cylinder(0, kind="recovery", origin="to_reclaim")
    cases = [
        (refusals.TooFull, new, refill, 1),
        (refusals.WrongCylinder, new, cylinder(), 1),
        (refusals.WrongCylinder, new, new, 1),
        (refusals.OtherOwner, theirs, others, 1),
        (refusals.OtherOwner, theirs, cylinder(0, kind="refillable"), 1),
        (refusals.OtherOwner, new, theirs, 1),
        (refusals.NotEnough, new, waste, 61),
        (refusals.WrongRefrigerant, new, cylinder(0, kind="refillable", refrigerant="R-32"), 1),
    ]
    for refusal, source, target, ounces in cases:
        with pytest.raises(refusal):
            pour(source, target, ounces)
    pour(theirs, waste, 30)
    assert (held(theirs), held(waste)) == (70, 30)


def test_several_cylinders_are_sent_together_or_none(cylinder):
    one, two, empty = (cylinder(ounces, kind="recovery", origin="to_reclaim") for ounces in (100, 60, 0))
    with pytest.raises(refusals.WrongCylinder, match="holds nothing"):
        send([one, empty])
    for wrong in ({"sent_to": " "}, {"sent_on": date(2026, 7, 15)}, {"sent_on": date(2016, 7, 15)}):
        with pytest.raises(NotPossible):
            send([one], **wrong)
    assert not RefrigerantTransfer.objects.exists()
    once = uuid.uuid4()
    assert send([one, two], uuid=once) == send([one, two], uuid=once)
    assert sorted(RefrigerantTransfer.objects.get().movements.values_list("change_oz", flat=True)) == [
        -100,
        -60,
    ]
    assert {row.state for row in Cylinder.objects.filter(content_oz=0)} == {"gone", "empty"}
    back = cylinder(8, kind="recovery", origin="to_reclaim")
    send([back], comes_back=True)
    back.refresh_from_db()
    assert back.state == CylinderState.EMPTY


def test_recovered_refrigerant_is_not_returned_to_a_supplier_and_a_loss_has_a_reason(cylinder):
    waste, one = cylinder(10, kind="recovery", origin="to_reclaim"), cylinder(10)
    with pytest.raises(refusals.WrongCylinder):
        actions.return_to_supplier(waste.pk, key="r", now=NOW)
    with pytest.raises(NotPossible, match="how it was lost"):
        actions.lose_refrigerant(one.pk, ounces=Decimal(1), because=" ", key="l", now=NOW)
    actions.lose_refrigerant(one.pk, ounces=Decimal(1), because="The valve leaked", key="l", now=NOW)
    actions.lose_refrigerant(one.pk, ounces=Decimal(1), because="The valve leaked", key="l", now=NOW)
    assert held(one) == 9


@pytest.mark.parametrize("wrong", ["0", "-1", "NaN", "Infinity", "0.0001", "1000001"])
def test_an_amount_that_is_none_is_refused(cylinder, wrong):
    one, refill = cylinder(), cylinder(0, kind="refillable")
    with pytest.raises(NotPossible):
        pour(one, refill, wrong)
    with pytest.raises(NotPossible):
        actions.fill_cylinder(refill.pk, ounces=Decimal(wrong), key=key(), now=NOW)
    assert held(refill) == 0


def test_a_refillable_cylinder_is_filled_again_and_moves_with_what_it_holds(cylinder, branch):
    refill, shed = cylinder(0, kind="refillable", capacity_oz=Decimal(400)), StockPlaceFactory(name="Shed")
    actions.fill_cylinder(refill.pk, ounces=Decimal(400), key="f", now=NOW, cost=Decimal(90))
    with pytest.raises(NotPossible, match="more than this cylinder holds"):
        actions.fill_cylinder(refill.pk, ounces=Decimal(1), key="g", now=NOW)
    with pytest.raises(refusals.WrongCylinder):
        actions.fill_cylinder(cylinder(0).pk, ounces=Decimal(1), key="h", now=NOW)
    actions.move_cylinder(refill.pk, place_id=shed.pk)
    moved = actions.move_cylinder(refill.pk, place_id=shed.pk)
    assert (moved.place, moved.content_oz, moved.state) == (shed, 400, CylinderState.IN_USE)
    assert moved.history.count() == 3  # made, filled for the first time, moved once


# On the scales --------------------------------------------------------------------------------------


def weigh(cylinder, gross, by, **more):
    with attributed(user=by):
        return actions.weigh_cylinder(
            cylinder.pk, gross_oz=Decimal(gross), by=by, **({"key": key(), "now": NOW} | more)
        )


def test_a_small_difference_is_a_line_and_a_large_one_waits_for_a_manager(cylinder, dana, marcus):
    ComplianceSettings.objects.update_or_create(pk=1, defaults={"balance_tolerance_oz": Decimal(4)})
    one = cylinder(400, tare_oz=Decimal(160))
    assert weigh(one, 564, dana).change_oz == 4
    assert weigh(one, 564, dana, key="k").change_oz == 0
    assert weigh(one, 564, dana, key="k") == CylinderMovement.objects.get(key="k")
    review = weigh(one, "559.999", dana, key="m")
    assert isinstance(review, Review)
    assert weigh(one, "559.999", dana, key="m") == review
    assert (held(one), review.kind) == (404, "cylinder_weight")
    approve_review(review.pk, by=marcus, version=1, now=NOW)
    assert held(one) == Decimal("399.999")
    assert CylinderMovement.objects.get(key="m").actor_name == "Marcus Webb"


def test_a_cylinder_that_was_used_since_is_weighed_again(cylinder, dana, marcus):
    one = cylinder(400, tare_oz=Decimal(160))
    review = weigh(one, 500, dana)
    actions.lose_refrigerant(one.pk, ounces=Decimal(1), because="Hose", key="l", now=NOW)
    with pytest.raises(Stale):
        approve_review(review.pk, by=marcus, version=1, now=NOW)
    assert held(one) == 399


def test_what_scales_cannot_show_is_refused(cylinder, dana):
    one = cylinder(400, tare_oz=Decimal(160), capacity_oz=Decimal(400))
    with pytest.raises(NotPossible, match="weighs empty"):
        weigh(cylinder(400), 500, dana)
    with pytest.raises(NotPossible, match="cannot weigh less"):
        weigh(one, 159, dana)
    with pytest.raises(refusals.TooFull):
        weigh(one, 561, dana)
    assert held(one) == 400


# The balance ----------------------------------------------------------------------------------------


def test_the_published_balance_closes():
    """25 lb + 100 bought + 12.5 recovered - 61.25 charged - 12.5 to the reclaimer = 63.75 lb."""
    june, july = date(2026, 6, 1), date(2026, 7, 1)
    changes = [
        (june, "opening", 25), (july, "purchased", 100), (july, "recovered", "12.5"),
        (july, "charged", "-61.25"), (july, "sent", "-12.5"),
    ]  # fmt: skip
    lines = [Line("R-410A", month, kind, Decimal(pounds) * LB) for month, kind, pounds in changes]
    (july_row,) = balances(lines, since=july, until=july)
    assert (july_row.opening / LB, july_row.into / LB, july_row.out / LB) == (25, Decimal("112.5"), 73.75)
    assert july_row.closing / LB == Decimal("63.75")
    assert july_row.closes
    assert [row.closing / LB for row in by_month(lines, since=june, until=july)] == [25, Decimal("63.75")]


def test_five_hundred_random_movements_close_to_the_thousandth(cylinder, record, dana):
    """Through the actions: every cylinder, technician and month; refusals move nothing."""
    chance = random.Random(20260714)
    ComplianceSettings.objects.update_or_create(pk=1, defaults={"balance_tolerance_oz": Decimal(5000)})
    small = {"tare_oz": Decimal(160)}
    stock = [
        *(cylinder(2000, **small) for _ in range(3)),
        *(cylinder(900, refrigerant="R-22", kind="refillable", **small) for _ in range(2)),
        *(cylinder(0, kind="recovery", origin="to_reclaim", **small) for _ in range(2)),
        cylinder(0, kind="recovery", origin="to_reclaim", refrigerant="R-22", **small),
    ]
    circuits = {name: CircuitFactory(refrigerant=kind_of(name)) for name in ("R-410A", "R-22")}
    expected = {one.pk: one.content_oz for one in stock}
    records, made = [], 0

    def amount():
        return Decimal(chance.randint(1, 60_000)) / 1000

    def step(one, when, ounces):
        name = one.refrigerant.designation
        if (what := chance.choices(DEEDS, (1, 1, 1, 4, 5, 1, 1))[0]) == "void":
            if not records:
                return {}
            chosen = records.pop(chance.randrange(len(records)))
            lines = actions.take_back(chosen.pk, now=when)
            evened = CylinderMovement.objects.filter(key__in=[f"even:{line.reverses_id}" for line in lines])
            return {line.cylinder_id: line.change_oz + sum(x.change_oz for x in evened) for line in lines}
        if what == "pour":
            target = chance.choice(stock)
            source_line, target_line = pour(one, target, ounces, now=when)
            return {one.pk: source_line.change_oz, target.pk: target_line.change_oz}
        if what in ("charge", "recover"):
            kind = "added" if what == "charge" else "recovered"
            done = record(ounces, kind=kind, circuit=circuits[name], happened_at=when)
            line = (charge if what == "charge" else recover)(done, one)
            records.append(done)
        elif what == "fill":
            line = actions.fill_cylinder(one.pk, ounces=ounces, key=key(), now=when)
        elif what == "lose":
            line = actions.lose_refrigerant(one.pk, ounces=ounces, because="Hose", key=key(), now=when)
        else:
            gross = 160 + Cylinder.objects.get(pk=one.pk).content_oz + Decimal(chance.randint(-9, 9)) / 1000
            line = weigh(one, max(gross, Decimal(160)), dana, now=when)
        return {one.pk: line.change_oz}

    while made < 500:
        when = NOW + timedelta(hours=3 * made)
        try:
            changes = step(chance.choice(stock), when, amount())
        except NotPossible:
            continue
        for pk, change in changes.items():
            expected[pk] += change
        made += bool(changes)
    assert {row.pk: row.content_oz for row in Cylinder.objects.all()} == expected
    assert actions.ledger_gaps() == []
    everything, until = Cylinder.objects.all(), date(2026, 12, 31)
    on_hand = sum(row.content_oz for row in everything.all())
    for group in ("cylinder", "refrigerant", "technician"):
        lines = balance_lines(everything, group=group, until=until)
        months = by_month(lines, since=date(2026, 7, 1), until=until)
        assert all(row.closes for row in months)
        assert sum(row.closing for row in balances(lines, since=until, until=until)) == on_hand
        for one in {row.group for row in months}:
            mine = [row for row in months if row.group == one]
            assert all(before.closing == after.opening for before, after in pairwise(mine))
    by_cylinder = balance_lines(everything, group="cylinder", until=until)
    closing = {row.group: row.closing for row in balances(by_cylinder, since=NOW.date(), until=until)}
    assert closing == {row.pk: row.content_oz for row in everything.all() if row.pk in closing}
    assert {line.kind for line in by_cylinder} <= set(COLUMNS)
