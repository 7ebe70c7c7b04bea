"""Stock that is set aside for work, and its leaving."""

import uuid
from decimal import Decimal

import pytest

from fsm.references import Reference
from fsm.states import NotPossible
from inventory import actions
from inventory.models import MovementKind, Reservation, ReservationState, StockMovement

from ..factories import StockPlaceFactory, instant

pytestmark = pytest.mark.django_db
NOW = instant()


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


@pytest.fixture
def cause():
    return Reference("visit", uuid.uuid4())


def reserve(part, place, quantity, cause, unique=None):
    return actions.reserve(
        uuid=unique or uuid.uuid4(),
        place_id=place.pk,
        part_id=part.pk,
        quantity=Decimal(quantity),
        cause=cause,
    )


def test_reserved_stock_stays_until_it_is_used(make_part, truck, cause):
    part = make_part(on={truck: Decimal(3)})
    assert reserve(part, truck, 2, cause).short_by == 0
    assert actions.on_hand(truck.pk, part.pk) == 3
    (moved,) = actions.use_reserved(cause, now=NOW)
    assert (moved.kind, moved.quantity, moved.from_place) == (MovementKind.USED, 2, truck)
    assert (moved.cause_kind, moved.cause_uuid) == ("visit", cause.uuid)
    assert actions.on_hand(truck.pk, part.pk) == 1


@pytest.mark.parametrize(("there", "wanted", "short"), [(0, 2, 2), (1, 2, 1), (2, 2, 0), (5, 2, 0)])
def test_what_is_not_there_is_flagged_and_never_refused(make_part, truck, cause, there, wanted, short):
    part = make_part(on={truck: Decimal(there)} if there else {})
    assert reserve(part, truck, wanted, cause).short_by == short
    (moved,) = actions.use_reserved(cause, now=NOW)
    assert moved.short_by == short
    assert actions.on_hand(truck.pk, part.pk) == there - wanted


def test_a_second_reservation_sees_what_the_first_holds(make_part, truck, cause):
    part = make_part(on={truck: Decimal(3)})
    reserve(part, truck, 2, cause)
    assert reserve(part, truck, 2, Reference("visit", uuid.uuid4())).short_by == 1


def test_a_place_far_below_zero_is_short_by_what_is_taken_and_no_more(make_part, truck, cause):
    part = make_part()
    reserve(part, truck, 5, cause)
    actions.use_reserved(cause, now=NOW)
    assert reserve(part, truck, 2, Reference("visit", uuid.uuid4())).short_by == 2


def test_two_lines_of_one_visit_share_what_is_there(make_part, truck, cause):
    part = make_part(on={truck: Decimal(3)})
    reserve(part, truck, 2, cause)
    reserve(part, truck, 2, cause)
    assert [moved.short_by for moved in actions.use_reserved(cause, now=NOW)] == [0, 1]
    assert actions.on_hand(truck.pk, part.pk) == -1


def test_the_same_uuid_reserves_once(make_part, truck, cause):
    part = make_part(on={truck: Decimal(3)})
    unique = uuid.uuid4()
    first, second = (reserve(part, truck, 2, cause, unique).reservation for _ in range(2))
    assert first == second
    assert Reservation.objects.count() == 1


def test_what_was_reserved_is_used_once(make_part, truck, cause):
    part = make_part(on={truck: Decimal(3)})
    reserve(part, truck, 2, cause)
    assert len(actions.use_reserved(cause, now=NOW)) == 1
    assert actions.use_reserved(cause, now=NOW) == []
    assert StockMovement.objects.filter(kind=MovementKind.USED).count() == 1


def test_released_stock_is_not_used(make_part, truck, cause):
    part = make_part(on={truck: Decimal(3)})
    actions.release(reserve(part, truck, 2, cause).reservation.pk)
    assert actions.use_reserved(cause, now=NOW) == []
    assert actions.on_hand(truck.pk, part.pk) == 3


def test_what_was_used_cannot_be_released(make_part, truck, cause):
    part = make_part(on={truck: Decimal(3)})
    reservation = reserve(part, truck, 2, cause).reservation
    actions.use_reserved(cause, now=NOW)
    with pytest.raises(NotPossible, match="already left the stock"):
        actions.release(reservation.pk)
    reservation.refresh_from_db()
    assert reservation.state == ReservationState.USED


def test_work_takes_only_what_is_held_for_itself(make_part, truck, cause):
    part = make_part(on={truck: Decimal(3)})
    reserve(part, truck, 1, cause)
    reserve(part, truck, 1, Reference("visit", uuid.uuid4()))
    actions.use_reserved(cause, now=NOW)
    assert actions.on_hand(truck.pk, part.pk) == 2
