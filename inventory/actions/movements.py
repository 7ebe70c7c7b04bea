"""What comes in, what goes from place to place, and what a count finds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.states import NotPossible, Stale

from .. import words
from ..models import MovementKind, Part, StockLevel, StockMovement, StockPlace
from .levels import MOST, NOTHING, add, locked_levels, refuse_unless_countable

Levels = dict[tuple[int, int], StockLevel]


def on_hand(place_id: int, part_id: int) -> Decimal:
    """How much of a part lies in a place, by the ledger."""
    found = StockLevel.objects.filter(place=place_id, part=part_id).values_list("on_hand", flat=True).first()
    return NOTHING if found is None else found


@transaction.atomic
def receive_stock(
    *,
    place_id: int,
    part_id: int,
    quantity: Decimal,
    key: str,
    now: datetime,
    unit_cost: Decimal | None = None,
    note: str = "",
) -> StockMovement:
    """Bring stock in from outside. The same key twice is one movement."""
    refuse_unless_countable(quantity)
    part = Part.objects.get(pk=part_id)
    level = locked_levels([(place_id, part_id)])[place_id, part_id]
    wanted = {
        "kind": MovementKind.RECEIVED,
        "part_id": part_id,
        "from_place_id": None,
        "to_place_id": place_id,
    }
    standing = _standing(key, wanted | {"quantity": quantity})
    if standing is not None:
        return standing
    add(level, quantity)
    return StockMovement.objects.create(
        **wanted,
        quantity=quantity,
        unit_cost=part.cost if unit_cost is None else unit_cost,
        key=key,
        note=note,
        moved_at=now,
    )


@transaction.atomic
def transfer_stock(
    *,
    from_place_id: int,
    to_place_id: int,
    part_id: int,
    quantity: Decimal,
    key: str,
    now: datetime,
    note: str = "",
) -> StockMovement:
    """Move stock between two places; refuses more than is on hand. The same key twice is one movement."""
    refuse_unless_countable(quantity)
    levels = _both_locked(from_place_id, to_place_id, [part_id])
    wanted = {
        "kind": MovementKind.TRANSFERRED,
        "part_id": part_id,
        "from_place_id": from_place_id,
        "to_place_id": to_place_id,
    }
    standing = _standing(key, wanted | {"quantity": quantity})
    if standing is not None:
        return standing
    return _transfer(
        levels, from_place_id, to_place_id, Part.objects.get(pk=part_id), quantity, key, now, note
    )


@transaction.atomic
def transfer_many(
    *,
    from_place_id: int,
    to_place_id: int,
    quantities: Mapping[int, Decimal],
    key: str,
    now: datetime,
    note: str = "",
) -> list[StockMovement]:
    """Move several parts (part id -> quantity) between two places, all or none. A key that has moved
    something gives back what it moved.
    """
    for quantity in quantities.values():
        refuse_unless_countable(quantity)
    levels = _both_locked(from_place_id, to_place_id, list(quantities))
    standing = list(StockMovement.objects.filter(key__startswith=f"{key}:").order_by("pk"))
    if standing:
        return standing
    if not quantities:
        raise NotPossible(_("Nothing was chosen. Enter how many of at least one part."))
    parts = Part.objects.in_bulk(list(quantities))
    return [
        _transfer(levels, from_place_id, to_place_id, parts[part_id], quantity, f"{key}:{part_id}", now, note)
        for part_id, quantity in quantities.items()
    ]


def _both_locked(from_place_id: int, to_place_id: int, part_ids: list[int]) -> Levels:
    if from_place_id == to_place_id:
        raise NotPossible(_("Choose two different places."), field="to_place")
    places = (from_place_id, to_place_id)
    return locked_levels([(place_id, part_id) for place_id in places for part_id in part_ids])


def _transfer(
    levels: Levels,
    from_place_id: int,
    to_place_id: int,
    part: Part,
    quantity: Decimal,
    key: str,
    now: datetime,
    note: str,
) -> StockMovement:
    """Take here, put there, write the line."""
    source = levels[from_place_id, part.pk]
    if quantity > source.on_hand:
        place = StockPlace.objects.get(pk=from_place_id)
        raise NotPossible(_too_little(source.on_hand, part, place), field="quantity")
    add(source, -quantity)
    add(levels[to_place_id, part.pk], quantity)
    return StockMovement.objects.create(
        kind=MovementKind.TRANSFERRED,
        part=part,
        from_place_id=from_place_id,
        to_place_id=to_place_id,
        quantity=quantity,
        unit_cost=part.cost,
        key=key,
        note=note,
        moved_at=now,
    )


@transaction.atomic
def count_stock(
    *,
    place_id: int,
    part_id: int,
    counted: Decimal,
    expected: Decimal,
    key: str,
    now: datetime,
    note: str = "",
) -> StockMovement | None:
    """Put the level right by a count that was approved; the difference is a movement, None where there is
    none. People propose counts (`propose_count`).

    `expected` is what the counter was shown: Stale when stock has moved since. One key counts once.
    """
    if counted < 0 or counted > MOST:
        raise NotPossible(_("Count what lies there: zero or more. Nothing was saved."), field="counted")
    part = Part.objects.get(pk=part_id)
    level = locked_levels([(place_id, part_id)])[place_id, part_id]
    standing = StockMovement.objects.filter(key=key).first()
    if standing is not None:
        return standing
    if level.on_hand != expected:
        raise Stale(
            _("Stock moved while you were counting. Nothing was saved: look at the numbers and count again."),
            theirs={_("On hand"): words.quantity(level.on_hand)},
        )
    difference = counted - level.on_hand
    if difference == 0:
        return None
    add(level, difference)
    return StockMovement.objects.create(
        part=part,
        kind=MovementKind.COUNTED,
        from_place_id=place_id if difference < 0 else None,
        to_place_id=place_id if difference > 0 else None,
        quantity=abs(difference),
        unit_cost=part.cost,
        key=key,
        note=note,
        moved_at=now,
    )


def _standing(key: str, wanted: dict[str, Any]) -> StockMovement | None:
    """The movement that this key already made; refuses a key that made another one."""
    standing = StockMovement.objects.filter(key=key).first()
    if standing is not None and any(getattr(standing, name) != value for name, value in wanted.items()):
        raise NotPossible(
            _("This page has already moved something else. Nothing was moved now: open the page again.")
        )
    return standing


def _too_little(left: Decimal, part: Part, place: StockPlace) -> str:
    if left <= 0:
        return _("There is no %(part)s in %(place)s. Nothing was moved.") % {
            "part": part.number,
            "place": place.name,
        }
    return _("Only %(left)s of %(part)s are in %(place)s. Nothing was moved.") % {
        "left": words.quantity(left),
        "part": part.number,
        "place": place.name,
    }
