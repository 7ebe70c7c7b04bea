"""Every change to stock. The ledger is append-only; a shortage is flagged, what was used is never lost."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from fsm.history import insert_with_history
from fsm.references import Reference
from fsm.states import NotPossible

from .models import (
    MovementKind,
    Part,
    PlaceKind,
    Reservation,
    ReservationState,
    StockLevel,
    StockMovement,
    StockPlace,
)

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Reserved:
    """A reservation and by how much the place falls short of it (0 where the part is there)."""

    reservation: Reservation
    short_by: Decimal


@transaction.atomic
def reserve(
    *, uuid: uuids.UUID, place_id: int, part_id: int, quantity: Decimal, cause: Reference
) -> Reserved:
    """Set stock aside for work; what is not there is flagged, not refused. One uuid is one reservation."""
    _refuse_unless_positive(quantity)
    level = _locked_levels([(place_id, part_id)])[place_id, part_id]
    standing = Reservation.objects.filter(uuid=uuid).first()
    if standing is not None:
        return Reserved(standing, NOTHING)
    free = level.on_hand - _held(place_id, part_id)
    reservation = Reservation.objects.create(
        uuid=uuid,
        place_id=place_id,
        part_id=part_id,
        quantity=quantity,
        cause_kind=cause.kind,
        cause_uuid=cause.uuid,
    )
    return Reserved(reservation, max(NOTHING, min(quantity, quantity - free)))


@transaction.atomic
def release(reservation_id: int) -> Reservation:
    """Give reserved stock back; refuses what has already been used."""
    reservation = Reservation.objects.select_for_update(no_key=True).get(pk=reservation_id)
    if reservation.state == ReservationState.USED:
        raise NotPossible(_("This part has already left the stock; it can only be returned."))
    if reservation.state == ReservationState.HELD:
        reservation.state = ReservationState.RELEASED
        reservation.save(update_fields=["state"])
    return reservation


@transaction.atomic
def use_reserved(cause: Reference, *, now: datetime) -> list[StockMovement]:
    """Take everything that is held for this work out of its places, once, in the caller's transaction."""
    held = list(
        Reservation.objects.select_for_update(no_key=True)
        .filter(cause_kind=cause.kind, cause_uuid=cause.uuid, state=ReservationState.HELD)
        .select_related("part")
        .order_by("pk")
    )
    levels = _locked_levels([(row.place_id, row.part_id) for row in held])
    movements = []
    for row in held:
        level = levels[row.place_id, row.part_id]
        movements.append(
            StockMovement.objects.create(
                part=row.part,
                kind=MovementKind.USED,
                from_place_id=row.place_id,
                quantity=row.quantity,
                unit_cost=row.part.cost,
                short_by=max(NOTHING, min(row.quantity, row.quantity - level.on_hand)),
                cause_kind=cause.kind,
                cause_uuid=cause.uuid,
                key=f"use:{row.uuid}",
                moved_at=now,
            )
        )
        _add(level, -row.quantity)
        row.state = ReservationState.USED
        row.save(update_fields=["state"])
    return movements


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
    _refuse_unless_positive(quantity)
    part = Part.objects.get(pk=part_id)
    level = _locked_levels([(place_id, part_id)])[place_id, part_id]
    standing = StockMovement.objects.filter(key=key).first()
    if standing is not None:
        return standing
    _add(level, quantity)
    return StockMovement.objects.create(
        part=part,
        kind=MovementKind.RECEIVED,
        to_place_id=place_id,
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
    _refuse_unless_positive(quantity)
    if from_place_id == to_place_id:
        raise NotPossible(_("Choose two different places."), field="to_place")
    part = Part.objects.get(pk=part_id)
    levels = _locked_levels([(from_place_id, part_id), (to_place_id, part_id)])
    standing = StockMovement.objects.filter(key=key).first()
    if standing is not None:
        return standing
    source = levels[from_place_id, part_id]
    if quantity > source.on_hand:
        place = StockPlace.objects.get(pk=from_place_id)
        raise NotPossible(
            _("Only %(left)s of %(part)s are left on %(place)s. Nothing was moved.")
            % {"left": f"{source.on_hand.normalize():f}", "part": part.number, "place": place.name},
            field="quantity",
        )
    _add(source, -quantity)
    _add(levels[to_place_id, part_id], quantity)
    return StockMovement.objects.create(
        part=part,
        kind=MovementKind.TRANSFERRED,
        from_place_id=from_place_id,
        to_place_id=to_place_id,
        quantity=quantity,
        unit_cost=part.cost,
        key=key,
        note=note,
        moved_at=now,
    )


@transaction.atomic
def add_part(
    *, number: str, name: str, cost: Decimal = NOTHING, unit: str = "each", barcode: str = ""
) -> Part:
    """A new part; refuses a number that is taken."""
    if Part.objects.filter(number=number).exists():
        raise NotPossible(_("Part number %(number)s is already in use.") % {"number": number}, field="number")
    return Part.objects.create(number=number, name=name, cost=cost, unit=unit, barcode=barcode)


@transaction.atomic
def edit_part(part_id: int, *, name: str, cost: Decimal, unit: str, barcode: str, is_active: bool) -> Part:
    """Change a part's facts; its number stays."""
    part = Part.objects.select_for_update(no_key=True).get(pk=part_id)
    part.name, part.cost, part.unit, part.barcode, part.is_active = name, cost, unit, barcode, is_active
    part.save(update_fields=["name", "cost", "unit", "barcode", "is_active"])
    return part


@transaction.atomic
def add_place(*, name: str, kind: str, branch_id: int) -> StockPlace:
    """A new warehouse or truck; refuses a name that is taken."""
    if StockPlace.objects.filter(name=name).exists():
        raise NotPossible(_("There is already a place called %(name)s.") % {"name": name}, field="name")
    return StockPlace.objects.create(name=name, kind=PlaceKind(kind), branch_id=branch_id)


@transaction.atomic
def set_limits(*, place_id: int, part_id: int, minimum: Decimal, maximum: Decimal) -> StockLevel:
    """How little and how much of a part a place should hold."""
    if minimum < 0 or maximum < minimum:
        raise NotPossible(
            _("The maximum must be at least the minimum, and neither below zero."), field="maximum"
        )
    level = _locked_levels([(place_id, part_id)])[place_id, part_id]
    level.minimum, level.maximum = minimum, maximum
    level.save(update_fields=["minimum", "maximum"])
    return level


def _refuse_unless_positive(quantity: Decimal) -> None:
    if quantity <= 0:
        raise NotPossible(_("The quantity must be more than zero. Nothing was saved."), field="quantity")


def _held(place_id: int, part_id: int) -> Decimal:
    held: Decimal | None = Reservation.objects.filter(
        place=place_id, part=part_id, state=ReservationState.HELD
    ).aggregate(total=Sum("quantity"))["total"]
    return held or NOTHING


def _locked_levels(wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], StockLevel]:
    """The levels by (place, part), made where missing, locked in the order of their keys."""
    pairs = sorted(set(wanted))
    if not pairs:
        return {}
    known = set(
        StockLevel.objects.filter(
            place__in={place for place, _ in pairs}, part__in={part for _, part in pairs}
        ).values_list("place_id", "part_id")
    )
    for place_id, part_id in pairs:
        if (place_id, part_id) not in known:
            _make_level(place_id, part_id)
    rows = (
        StockLevel.objects.select_for_update(no_key=True)
        .filter(place__in={place for place, _ in pairs}, part__in={part for _, part in pairs})
        .order_by("pk")
    )
    return {(row.place_id, row.part_id): row for row in rows if (row.place_id, row.part_id) in pairs}


def _make_level(place_id: int, part_id: int) -> None:
    """Insert the level unless another transaction just did."""
    try:
        with transaction.atomic():
            insert_with_history([StockLevel(place_id=place_id, part_id=part_id)])
    except IntegrityError:
        if not StockLevel.objects.filter(place=place_id, part=part_id).exists():
            raise


def _add(level: StockLevel, quantity: Decimal) -> None:
    """Move the projection with the ledger; the ledger itself is the history."""
    level.on_hand += quantity
    level.save_without_historical_record(update_fields=["on_hand"])  # type: ignore[attr-defined]
