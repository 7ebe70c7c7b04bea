"""The ledger: what every level is the sum of, and what nobody may change."""

import uuid
from decimal import Decimal

import pytest
from django.db import InternalError, connection, transaction
from django.db.models import Sum
from django.db.utils import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsm.attribution import attributed, rooted
from fsm.references import Reference
from fsm.states import NotPossible
from inventory import actions
from inventory.models import MovementKind, Reservation, ReservationState, StockLevel, StockMovement

from ..factories import PartFactory, StockPlaceFactory, instant

pytestmark = pytest.mark.django_db

NOW = instant()
quantities = st.decimals("0.001", 20, places=3)
pick = st.integers(0, 2)
key = st.integers(0, 6)
STEPS = st.one_of(
    st.tuples(st.just("receive"), key, pick, pick, quantities),
    st.tuples(st.just("transfer"), key, pick, pick, pick, quantities),
    st.tuples(st.just("reserve"), pick, pick, pick, quantities),
    st.tuples(st.just("release"), key),
    st.tuples(st.just("use"), pick),
    st.tuples(st.just("count"), key, pick, pick, st.decimals(0, 20, places=3)),
)


def summed(place, part):
    """What the ledger alone says lies there."""
    rows = StockMovement.objects.filter(part=part)
    came = rows.filter(to_place=place).aggregate(n=Sum("quantity"))["n"] or Decimal(0)
    went = rows.filter(from_place=place).aggregate(n=Sum("quantity"))["n"] or Decimal(0)
    return came - went


def play(step, places, parts, causes):
    match step:
        case ("receive", k, at, p, quantity):
            actions.receive_stock(
                place_id=places[at].pk, part_id=parts[p].pk, quantity=quantity, key=f"receive:{k}", now=NOW
            )
        case ("transfer", k, source, target, p, quantity):
            actions.transfer_stock(
                from_place_id=places[source].pk,
                to_place_id=places[target].pk,
                part_id=parts[p].pk,
                quantity=quantity,
                key=f"transfer:{k}",
                now=NOW,
            )
        case ("reserve", at, p, cause, quantity):
            actions.reserve(
                uuid=uuid.uuid4(),
                place_id=places[at].pk,
                part_id=parts[p].pk,
                quantity=quantity,
                cause=causes[cause],
            )
        case ("release", n):
            keys = list(Reservation.objects.order_by("pk").values_list("pk", flat=True))
            if keys:
                actions.release(keys[n % len(keys)])
        case ("use", cause):
            actions.use_reserved(causes[cause], now=NOW)
        case ("count", k, at, p, counted):
            actions.count_stock(
                place_id=places[at].pk,
                part_id=parts[p].pk,
                counted=counted,
                expected=actions.on_hand(places[at].pk, parts[p].pk),
                key=f"count:{k}",
                now=NOW,
            )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=25))
def test_every_level_is_the_sum_of_its_movements(branch, steps):
    with transaction.atomic():
        places, parts = StockPlaceFactory.create_batch(3), PartFactory.create_batch(3)
        causes = [Reference("visit", uuid.uuid4()) for _ in range(3)]
        for step in steps:
            try:
                play(step, places, parts, causes)
            except NotPossible:
                continue
        for level in StockLevel.objects.all():
            assert level.on_hand == summed(level.place, level.part)
        covered = set(StockLevel.objects.values_list("place_id", "part_id"))
        for place in places:
            for part in parts:
                assert (place.pk, part.pk) in covered or summed(place, part) == 0
        used = Reservation.objects.filter(state=ReservationState.USED)
        assert {f"use:{row.uuid}" for row in used} == set(
            StockMovement.objects.filter(kind=MovementKind.USED).values_list("key", flat=True)
        )
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "sentence",
    [
        "UPDATE inventory_stockmovement SET quantity = quantity + 1",
        "UPDATE inventory_stockmovement SET note = 'nothing happened'",
        "DELETE FROM inventory_stockmovement",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_movement(make_part, sentence):
    part = make_part(on={StockPlaceFactory(): Decimal(4)})
    with pytest.raises((InternalError, DatabaseError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sentence)
    assert StockMovement.objects.get(part=part).quantity == 4


def test_a_movement_says_who_and_through_which_door(make_part, dana):
    cause = uuid.uuid4()
    with attributed(user=dana, source="office"), rooted("job", cause):
        part = make_part(on={StockPlaceFactory(): Decimal(4)})
    moved = StockMovement.objects.get(part=part)
    assert (moved.actor_name, moved.user_id, moved.source) == (dana.name, dana.pk, "office")
    assert moved.root == f"job:{cause}"
