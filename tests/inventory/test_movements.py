"""What comes in, what changes its place, what a count finds."""

import uuid
from decimal import Decimal

import pytest

from fsm.states import NotPossible, Stale
from inventory import actions
from inventory.models import MovementKind, StockLevel, StockMovement

from ..factories import StockPlaceFactory, instant

pytestmark = pytest.mark.django_db
NOW = instant()


@pytest.fixture
def warehouse(branch):
    return StockPlaceFactory(name="Main warehouse", kind="warehouse")


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


def transfer(part, source, target, quantity, key=None):
    return actions.transfer_stock(
        from_place_id=source.pk,
        to_place_id=target.pk,
        part_id=part.pk,
        quantity=Decimal(quantity),
        key=key or str(uuid.uuid4()),
        now=NOW,
    )


def count(part, place, counted, expected, key=None):
    return actions.count_stock(
        place_id=place.pk,
        part_id=part.pk,
        counted=Decimal(counted),
        expected=Decimal(expected),
        key=key or str(uuid.uuid4()),
        now=NOW,
    )


def test_received_stock_has_its_cost_and_an_opening_balance_is_a_movement(make_part, warehouse):
    part = make_part(cost=Decimal("11.2500"))
    moved = actions.receive_stock(
        place_id=warehouse.pk,
        part_id=part.pk,
        quantity=Decimal(24),
        unit_cost=Decimal("10.5"),
        key="opening",
        note="Opening balance",
        now=NOW,
    )
    assert (moved.kind, moved.to_place, moved.unit_cost) == (
        MovementKind.RECEIVED,
        warehouse,
        Decimal("10.5"),
    )
    assert actions.on_hand(warehouse.pk, part.pk) == 24


def test_without_a_cost_received_stock_costs_what_the_part_does(make_part, warehouse):
    part = make_part(cost=Decimal("11.2500"), on={})
    moved = actions.receive_stock(
        place_id=warehouse.pk, part_id=part.pk, quantity=Decimal(1), key="a", now=NOW
    )
    assert moved.unit_cost == Decimal("11.2500")


def test_the_same_key_receives_once(make_part, warehouse):
    part = make_part()
    for _ in range(2):
        actions.receive_stock(
            place_id=warehouse.pk, part_id=part.pk, quantity=Decimal(5), key="once", now=NOW
        )
    assert actions.on_hand(warehouse.pk, part.pk) == 5


def test_a_transfer_takes_here_and_puts_there(make_part, warehouse, truck):
    part = make_part(on={warehouse: Decimal(10)})
    transfer(part, warehouse, truck, 4)
    assert actions.on_hand(warehouse.pk, part.pk) == 6
    assert actions.on_hand(truck.pk, part.pk) == 4


def test_the_same_key_transfers_once(make_part, warehouse, truck):
    part = make_part(on={warehouse: Decimal(10)})
    first, second = (transfer(part, warehouse, truck, 4, key="once") for _ in range(2))
    assert first == second
    assert actions.on_hand(truck.pk, part.pk) == 4


def test_a_key_that_moved_something_else_is_refused_and_nothing_moves(make_part, warehouse, truck):
    part = make_part(on={warehouse: Decimal(10)})
    transfer(part, warehouse, truck, 4, key="once")
    with pytest.raises(NotPossible, match="already moved something else"):
        transfer(part, warehouse, truck, 5, key="once")
    assert actions.on_hand(truck.pk, part.pk) == 4


def test_more_than_is_there_cannot_be_transferred(make_part, warehouse, truck):
    part = make_part(number="CAP-45", on={warehouse: Decimal(3)})
    with pytest.raises(NotPossible, match="Only 3 of CAP-45 are in Main warehouse") as refusal:
        transfer(part, warehouse, truck, 4)
    assert refusal.value.field == "quantity"
    assert actions.on_hand(warehouse.pk, part.pk) == 3
    assert not StockMovement.objects.filter(kind=MovementKind.TRANSFERRED).exists()


def test_what_is_not_there_at_all_is_said_so(make_part, warehouse, truck):
    part = make_part(number="CAP-45")
    with pytest.raises(NotPossible, match="There is no CAP-45 in Main warehouse"):
        transfer(part, warehouse, truck, 1)


def test_a_transfer_needs_two_places(make_part, warehouse):
    part = make_part(on={warehouse: Decimal(3)})
    with pytest.raises(NotPossible, match="two different places"):
        transfer(part, warehouse, warehouse, 1)


@pytest.mark.parametrize("quantity", ["0", "-1", "-0.001", "1000001"])
def test_a_quantity_is_more_than_zero_and_within_reason(make_part, warehouse, truck, quantity):
    part = make_part(on={warehouse: Decimal(3)})
    with pytest.raises(NotPossible, match="Nothing was saved"):
        transfer(part, warehouse, truck, quantity)
    with pytest.raises(NotPossible, match="Nothing was saved"):
        actions.receive_stock(
            place_id=warehouse.pk, part_id=part.pk, quantity=Decimal(quantity), key="a", now=NOW
        )


def test_a_count_records_the_difference(make_part, truck):
    part = make_part(on={truck: Decimal(5)})
    missing = count(part, truck, 3, 5)
    assert (missing.kind, missing.from_place, missing.to_place) == (MovementKind.COUNTED, truck, None)
    assert missing.quantity == 2
    found = count(part, truck, 4, 3)
    assert (found.from_place, found.to_place, found.quantity) == (None, truck, 1)
    assert actions.on_hand(truck.pk, part.pk) == 4


def test_a_count_that_finds_what_the_ledger_says_moves_nothing(make_part, truck):
    part = make_part(on={truck: Decimal(5)})
    assert count(part, truck, 5, 5) is None
    assert StockMovement.objects.count() == 1


def test_a_count_is_refused_when_stock_moved_meanwhile(make_part, warehouse, truck):
    part = make_part(on={truck: Decimal(5)})
    transfer(part, truck, warehouse, 2)
    with pytest.raises(Stale, match="Stock moved while you were counting") as stale:
        count(part, truck, 5, 5)
    assert list(stale.value.theirs.values()) == ["3"]
    assert actions.on_hand(truck.pk, part.pk) == 3


def test_the_same_key_counts_once(make_part, truck):
    part = make_part(on={truck: Decimal(5)})
    assert count(part, truck, 3, 5, key="once") == count(part, truck, 3, 5, key="once")
    assert actions.on_hand(truck.pk, part.pk) == 3


def test_nobody_counts_less_than_nothing(make_part, truck):
    part = make_part(on={truck: Decimal(5)})
    with pytest.raises(NotPossible, match="zero or more"):
        count(part, truck, -1, 5)


def test_limits_are_set_where_nothing_lies_yet_and_kept_in_order(make_part, truck):
    part = make_part()
    level = actions.set_limits(place_id=truck.pk, part_id=part.pk, minimum=Decimal(2), maximum=Decimal(6))
    assert (level.minimum, level.maximum, level.on_hand) == (2, 6, 0)
    for minimum, maximum in ((3, 2), (-1, 2)):
        with pytest.raises(NotPossible, match="maximum must be at least the minimum"):
            actions.set_limits(
                place_id=truck.pk, part_id=part.pk, minimum=Decimal(minimum), maximum=Decimal(maximum)
            )


def test_limits_have_history_and_on_hand_does_not(make_part, truck):
    part = make_part(on={truck: Decimal(5)})
    actions.set_limits(place_id=truck.pk, part_id=part.pk, minimum=Decimal(2), maximum=Decimal(6))
    level = StockLevel.objects.get(part=part)
    assert [(row.history_type, row.minimum) for row in level.history.order_by("history_id")] == [
        ("+", 0),
        ("~", 2),
    ]


def load(quantities, source, target, key="load"):
    return actions.transfer_many(
        from_place_id=source.pk,
        to_place_id=target.pk,
        quantities={part.pk: Decimal(quantity) for part, quantity in quantities.items()},
        key=key,
        now=NOW,
    )


def test_several_parts_are_loaded_at_once_and_the_same_key_loads_once(make_part, warehouse, truck):
    parts = [make_part(on={warehouse: Decimal(5)}) for _ in range(3)]
    for _ in range(2):
        moved = load(dict.fromkeys(parts, 2), warehouse, truck)
    assert len(moved) == 3
    assert [actions.on_hand(truck.pk, part.pk) for part in parts] == [2, 2, 2]


def test_where_one_part_is_missing_nothing_is_loaded(make_part, warehouse, truck):
    there, missing = make_part(on={warehouse: Decimal(5)}), make_part(number="CAP-45")
    with pytest.raises(NotPossible, match="There is no CAP-45 in Main warehouse"):
        load({there: 2, missing: 1}, warehouse, truck)
    assert actions.on_hand(warehouse.pk, there.pk) == 5
    assert not StockMovement.objects.filter(kind=MovementKind.TRANSFERRED).exists()


def test_a_load_sent_again_with_less_on_it_adds_nothing(make_part, warehouse, truck):
    parts = [make_part(on={warehouse: Decimal(9)}) for _ in range(2)]
    first = load(dict.fromkeys(parts, 2), warehouse, truck)
    assert load({parts[0]: 2}, warehouse, truck) == first
    assert load({}, warehouse, truck) == first
    assert [actions.on_hand(truck.pk, part.pk) for part in parts] == [2, 2]


def test_an_empty_load_is_refused(warehouse, truck):
    with pytest.raises(NotPossible, match="Nothing was chosen"):
        load({}, warehouse, truck)
