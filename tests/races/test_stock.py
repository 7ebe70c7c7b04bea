"""The last part on the shelf, and two who reach for it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection

from fsm.references import Reference
from fsm.states import NotPossible
from inventory import actions
from inventory.models import MovementKind, Reservation, StockLevel, StockMovement
from tests.factories import StockPlaceFactory, instant

pytestmark = pytest.mark.django_db(transaction=True)
NOW = instant()


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


def reserve(part, place, cause, unique=None):
    return actions.reserve(
        uuid=unique or uuid.uuid4(), place_id=place.pk, part_id=part.pk, quantity=Decimal(1), cause=cause
    )


@pytest.fixture
def keys_may_repeat(transactional_db: None) -> Iterator[None]:
    """The ledger without its unique key; what got in twice is taken out before the rule returns."""
    key = StockMovement._meta.get_field("key")
    loose = key.clone()
    loose._unique = False
    loose.set_attributes_from_name("key")
    with connection.schema_editor() as editor:
        editor.alter_field(StockMovement, key, loose)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE inventory_stockmovement CASCADE")
        with connection.schema_editor() as editor:
            editor.alter_field(StockMovement, loose, key)


@pytest.mark.parametrize("attempt", range(5))
def test_two_who_use_the_last_part_at_once_are_both_recorded_and_one_is_short(
    at_once, make_part, truck, attempt
):
    part = make_part(on={truck: Decimal(1)})
    causes = [Reference("visit", uuid.uuid4()) for _ in range(2)]

    def say(number: int):
        return reserve(part, truck, causes[number]).short_by

    said = at_once(2, say)
    assert sorted(outcome.result for outcome in said) == [0, 1]

    def complete(number: int):
        return actions.use_reserved(causes[number], now=NOW)

    done = at_once(2, complete)
    assert all(outcome.won for outcome in done)
    assert sorted(outcome.result[0].short_by for outcome in done) == [0, 1]
    assert actions.on_hand(truck.pk, part.pk) == -1
    assert StockMovement.objects.filter(kind=MovementKind.USED).count() == 2


@pytest.mark.parametrize("attempt", range(5))
def test_the_same_completion_twice_at_once_takes_the_part_once(at_once, make_part, truck, attempt):
    part = make_part(on={truck: Decimal(3)})
    cause = Reference("visit", uuid.uuid4())
    reserve(part, truck, cause)
    outcomes = at_once(3, lambda: actions.use_reserved(cause, now=NOW))
    assert all(outcome.won for outcome in outcomes)
    assert sorted(len(outcome.result) for outcome in outcomes) == [0, 0, 1]
    assert actions.on_hand(truck.pk, part.pk) == 2


def both_see_it_held(monkeypatch, at_once, cause):
    """Two completions that have both read the reservation before either writes."""
    both = threading.Barrier(2)
    real = actions.reservations.locked_levels

    def wait_then_lock(wanted):
        both.wait(10)
        return real(wanted)

    monkeypatch.setattr(actions.reservations, "locked_levels", wait_then_lock)
    return at_once(2, lambda: actions.use_reserved(cause, now=NOW))


def test_without_the_lock_the_key_is_what_stops_the_second(at_once, make_part, truck, no_locks, monkeypatch):
    part = make_part(on={truck: Decimal(3)})
    cause = Reference("visit", uuid.uuid4())
    reserve(part, truck, cause)
    outcomes = both_see_it_held(monkeypatch, at_once, cause)
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert isinstance(next(outcome.error for outcome in outcomes if not outcome.won), IntegrityError)
    assert actions.on_hand(truck.pk, part.pk) == 2


def test_without_lock_and_key_the_part_would_leave_twice(
    at_once, make_part, truck, keys_may_repeat, no_locks, monkeypatch
):
    part = make_part(on={truck: Decimal(3)})
    cause = Reference("visit", uuid.uuid4())
    reserve(part, truck, cause)
    outcomes = both_see_it_held(monkeypatch, at_once, cause)
    assert [len(outcome.result) for outcome in outcomes] == [1, 1]
    assert StockMovement.objects.filter(kind=MovementKind.USED).count() == 2


@pytest.mark.parametrize("attempt", range(5))
def test_the_last_part_is_transferred_by_one_of_two(at_once, make_part, truck, attempt):
    warehouse = StockPlaceFactory(name="Main warehouse", kind="warehouse")
    other = StockPlaceFactory(name="Truck 8")
    part = make_part(number="CAP-45", on={warehouse: Decimal(1)})
    targets = [truck, other]

    def take(number: int):
        return actions.transfer_stock(
            from_place_id=warehouse.pk,
            to_place_id=targets[number].pk,
            part_id=part.pk,
            quantity=Decimal(1),
            key=f"take:{number}",
            now=NOW,
        )

    outcomes = at_once(2, take)
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    lost = next(outcome.error for outcome in outcomes if not outcome.won)
    assert isinstance(lost, NotPossible)
    assert str(lost) == "There is no CAP-45 in Main warehouse. Nothing was moved."
    assert actions.on_hand(warehouse.pk, part.pk) == 0
    assert sum(actions.on_hand(place.pk, part.pk) for place in targets) == 1


def test_without_the_lock_both_transfer_the_last_part(at_once, make_part, truck, no_locks, monkeypatch):
    warehouse = StockPlaceFactory(name="Main warehouse", kind="warehouse")
    other = StockPlaceFactory(name="Truck 8")
    part = make_part(on={warehouse: Decimal(1)})
    targets, both = [truck, other], threading.Barrier(2)
    real = actions.movements.locked_levels

    def lock_then_wait(wanted):
        levels = real(wanted)
        both.wait(10)
        return levels

    monkeypatch.setattr(actions.movements, "locked_levels", lock_then_wait)

    def take(number: int):
        return actions.transfer_stock(
            from_place_id=warehouse.pk,
            to_place_id=targets[number].pk,
            part_id=part.pk,
            quantity=Decimal(1),
            key=f"take:{number}",
            now=NOW,
        )

    assert all(outcome.won for outcome in at_once(2, take))
    assert StockMovement.objects.filter(kind=MovementKind.TRANSFERRED).count() == 2


def test_a_key_sent_twice_at_once_moves_once(at_once, make_part, truck):
    part = make_part()
    outcomes = at_once(
        3,
        lambda: actions.receive_stock(
            place_id=truck.pk, part_id=part.pk, quantity=Decimal(4), key="once", now=NOW
        ),
    )
    assert len({outcome.result.pk for outcome in outcomes}) == 1
    assert actions.on_hand(truck.pk, part.pk) == 4
    assert StockLevel.objects.filter(place=truck, part=part).count() == 1


def test_a_part_said_twice_at_once_is_held_once(at_once, make_part, truck):
    part = make_part(on={truck: Decimal(3)})
    cause, unique = Reference("visit", uuid.uuid4()), uuid.uuid4()
    outcomes = at_once(2, lambda: reserve(part, truck, cause, unique))
    assert all(outcome.won for outcome in outcomes)
    assert Reservation.objects.count() == 1
