"""Stock set aside for work, and its leaving when the work is completed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.references import Reference
from fsm.states import NotPossible

from ..models import MovementKind, Reservation, ReservationState, StockMovement
from .levels import NOTHING, add, held_quantity, locked_levels, refuse_unless_countable


@dataclass(frozen=True)
class Reserved:
    """A reservation and by how much the place falls short of it (0 where the part is there)."""

    reservation: Reservation
    short_by: Decimal


@transaction.atomic
def reserve(*, uuid: UUID, place_id: int, part_id: int, quantity: Decimal, cause: Reference) -> Reserved:
    """Set stock aside for work; what is not there is flagged, not refused. One uuid is one reservation."""
    refuse_unless_countable(quantity)
    level = locked_levels([(place_id, part_id)])[place_id, part_id]
    standing = Reservation.objects.filter(uuid=uuid).first()
    if standing is not None:
        return Reserved(standing, NOTHING)
    free = level.on_hand - held_quantity(place_id, part_id)
    reservation = Reservation.objects.create(
        uuid=uuid,
        place_id=place_id,
        part_id=part_id,
        quantity=quantity,
        cause_kind=cause.kind,
        cause_uuid=cause.uuid,
    )
    return Reserved(reservation, _short_by(quantity, free))


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
        Reservation.objects.select_for_update(no_key=True, of=("self",))
        .filter(cause_kind=cause.kind, cause_uuid=cause.uuid, state=ReservationState.HELD)
        .select_related("part")
        .order_by("pk")
    )
    levels = locked_levels([(row.place_id, row.part_id) for row in held])
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
                short_by=_short_by(row.quantity, level.on_hand),
                cause_kind=cause.kind,
                cause_uuid=cause.uuid,
                key=f"use:{row.uuid}",
                moved_at=now,
            )
        )
        add(level, -row.quantity)
        row.state = ReservationState.USED
        row.save(update_fields=["state"])
    return movements


def _short_by(quantity: Decimal, there: Decimal) -> Decimal:
    """How much of the quantity is not there; never more than the quantity, however empty the place is."""
    return max(NOTHING, min(quantity, quantity - there))
