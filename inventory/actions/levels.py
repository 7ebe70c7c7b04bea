"""The rows that movements lock: one for each part in a place, made where missing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from fsm.history import insert_with_history
from fsm.states import NotPossible

from ..models import Reservation, ReservationState, StockLevel

NOTHING = Decimal(0)
MOST = Decimal(1_000_000)


def refuse_unless_countable(quantity: Decimal) -> None:
    """Refuse what is not more than zero, or more than anybody stocks."""
    if quantity <= 0:
        raise NotPossible(_("The quantity must be more than zero. Nothing was saved."), field="quantity")
    if quantity > MOST:
        raise NotPossible(
            _("A quantity of more than %(most)s is a slip of the finger. Nothing was saved.")
            % {"most": f"{MOST:,}"},
            field="quantity",
        )


def held_quantity(place_id: int, part_id: int) -> Decimal:
    """How much of a part in a place is set aside for work under way."""
    held: Decimal | None = Reservation.objects.filter(
        place=place_id, part=part_id, state=ReservationState.HELD
    ).aggregate(total=Sum("quantity"))["total"]
    return held or NOTHING


def locked_levels(wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    """The levels by (place, part), made where missing, locked in the order of their keys."""
    pairs = sorted(set(wanted))
    if not pairs:
        return {}
    around = {"place__in": {place for place, _ in pairs}, "part__in": {part for _, part in pairs}}
    known = set(StockLevel.objects.filter(**around).values_list("place_id", "part_id"))
    for place_id, part_id in pairs:
        if (place_id, part_id) not in known:
            _make_level(place_id, part_id)
    keys = [
        key
        for key, place_id, part_id in StockLevel.objects.filter(**around).values_list(
            "pk", "place_id", "part_id"
        )
        if (place_id, part_id) in pairs
    ]
    rows = StockLevel.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    return {(row.place_id, row.part_id): row for row in rows}


def add(level: StockLevel, quantity: Decimal) -> None:
    """Move the projection with the ledger; the ledger itself is the history."""
    level.on_hand += quantity
    level.save_without_historical_record(update_fields=["on_hand"])  # type: ignore[attr-defined]


def _make_level(place_id: int, part_id: int) -> None:
    """Insert the level unless another transaction just did."""
    try:
        with transaction.atomic():
            insert_with_history([StockLevel(place_id=place_id, part_id=part_id)])
    except IntegrityError:
        if not StockLevel.objects.filter(place=place_id, part=part_id).exists():
            raise
