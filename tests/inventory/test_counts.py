"""What a count finds waits for a manager; the ledger moves once, and only from where it was counted."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from fsm.attribution import attributed
from fsm.models import Review, User
from fsm.reviews import approve_review, reject_review
from fsm.states import NotPossible, Stale
from inventory import actions
from inventory.models import MovementKind, StockMovement

from ..factories import StockPlaceFactory, instant

NOW = instant()


@pytest.fixture
def truck(branch):
    return StockPlaceFactory(name="Truck 7")


@pytest.fixture
def part(make_part, truck):
    return make_part(number="CAP-1", on={truck: Decimal(5)})


@pytest.fixture
def counted(part, truck, dana):
    """`counted(3)`: Dana counts three where the ledger says five."""

    def count(found, *, by=dana, expected=5, key=None):
        with attributed(user=by):
            return actions.propose_count(
                place_id=truck.pk, part_id=part.pk, counted=Decimal(found), expected=Decimal(expected),
                key=key or str(uuid.uuid4()), now=NOW, by=by, note="Behind the seat",
            )  # fmt: skip

    return count


def on_hand(part, truck):
    return actions.on_hand(truck.pk, part.pk)


def movements():
    return list(StockMovement.objects.filter(kind=MovementKind.COUNTED))


def test_a_difference_waits_and_is_posted_once_when_a_manager_approves(part, truck, counted, marcus):
    review = counted(3)
    assert (on_hand(part, truck), movements()) == (5, [])
    assert (review.title, review.branch) == ("\N{MINUS SIGN}2 CAP-1 in Truck 7 by count", truck.branch)
    assert (review.before, review.after) == ({"On hand": "5"}, {"On hand": "3"})
    approve_review(review.pk, by=marcus, version=1, now=NOW)
    (moved,) = movements()
    assert (on_hand(part, truck), moved.quantity, moved.from_place) == (3, 2, truck)
    assert (moved.actor_name, moved.note, moved.key) == (
        "Marcus Webb",
        "Behind the seat",
        review.payload["key"],
    )


def test_even_the_smallest_difference_waits_and_none_is_no_proposal(counted):
    assert counted(5) is None
    assert counted("4.999").state == "waiting"


def test_a_rejected_count_keeps_the_stock(part, truck, counted, marcus):
    reject_review(counted(3).pk, by=marcus, version=1, because="Look in the other box", now=NOW)
    assert (on_hand(part, truck), movements()) == (5, [])


def test_stock_that_moved_meanwhile_shows_both_numbers_and_nothing_moves(part, truck, counted, marcus):
    review = counted(3)
    actions.receive_stock(place_id=truck.pk, part_id=part.pk, quantity=Decimal(4), key="in", now=NOW)
    with pytest.raises(Stale) as refusal:
        approve_review(review.pk, by=marcus, version=1, now=NOW)
    assert refusal.value.theirs == {"On hand when counted": "5", "On hand now": "9"}
    review.refresh_from_db()
    assert (review.state, on_hand(part, truck), movements()) == ("waiting", 9, [])


def test_a_count_from_an_old_page_and_one_below_nothing_are_refused(counted):
    with pytest.raises(Stale, match="moved while you were counting"):
        counted(3, expected=6)
    with pytest.raises(NotPossible, match="zero or more"):
        counted(-1)
    assert not Review.objects.exists()


def test_pressing_twice_proposes_once_and_a_second_count_waits_for_the_first(counted):
    assert counted(3, key="once") == counted(3, key="once")
    with pytest.raises(NotPossible, match="waits for a decision already"):
        counted(2)


def test_a_manager_does_not_approve_their_own_count_unless_nobody_else_could(
    part, truck, counted, marcus, olivia
):
    review = counted(3, by=marcus)
    with pytest.raises(NotPossible, match="somebody else"):
        approve_review(review.pk, by=marcus, version=1, now=NOW)
    approve_review(review.pk, by=olivia, version=1, now=NOW)
    User.objects.filter(pk=olivia.pk).update(is_active=False)
    alone = counted(1, by=marcus, expected=3)
    assert (alone.state, alone.decided_alone, on_hand(part, truck)) == ("approved", True, 1)


def test_a_place_is_not_closed_over_a_count_that_waits(make_part, truck, dana, part, counted):
    counted(3)
    actions.count_stock(
        place_id=truck.pk, part_id=part.pk, counted=Decimal(0), expected=Decimal(5), key="k", now=NOW
    )
    with pytest.raises(NotPossible, match="waits for a manager"):
        actions.edit_place(truck.pk, name=truck.name, branch_id=truck.branch_id, is_active=False)


def test_the_pages_of_part_place_and_level_say_what_waits(part, truck, counted, dana_client):
    pages = [
        reverse("inventory:part", args=[part.uuid]),
        reverse("inventory:place", args=[truck.uuid]),
        reverse("inventory:level", args=[truck.uuid, part.uuid]),
    ]
    assert not any("waits for a manager." in dana_client.get(page).content.decode() for page in pages)
    form = {"once": str(uuid.uuid4()), "expected": "5", "counted": "3", "note": ""}
    count = reverse("inventory:count", args=[truck.uuid, part.uuid])
    assert [dana_client.post(count, form).status_code for _ in range(2)] == [302, 302]
    assert all(
        "1 difference waits for a manager." in dana_client.get(page).content.decode() for page in pages
    )
    assert Review.objects.get().asked_by_name == "Dana Whitfield"
