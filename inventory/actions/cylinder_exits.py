"""What leaves a cylinder otherwise: into another one, to a reclaimer, back to the supplier, or lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.states import NotPossible

from ..cylinder_rules import DISPOSABLE, may_pour, room_oz
from ..models import (
    Cylinder,
    CylinderMoveKind,
    CylinderMovement,
    CylinderOrigin,
    CylinderState,
    RefrigerantTransfer,
)
from ..refusals import OtherOwner, WrongCylinder, WrongRefrigerant
from .cylinder_ledger import (
    facts_of,
    locked_cylinders,
    refuse_gone,
    refuse_less_than,
    refuse_over,
    refuse_unless_amount,
    settle,
    standing,
    write,
)

MOST_CYLINDERS = 100
OLDEST = timedelta(days=3 * 366)  # a transfer from before the years that records are kept for is a slip


@transaction.atomic
def pour_between(
    source_id: int,
    target_id: int,
    *,
    ounces: Decimal,
    key: str,
    now: datetime,
    technician_id: int | None = None,
    note: str = "",
) -> tuple[CylinderMovement, CylinderMovement]:
    """From one cylinder into another of the same refrigerant: a line for each. The same key twice is once.

    Refuses a disposable target, filling beyond 80 percent, and recovered refrigerant passed on as another.
    """
    if source_id == target_id:
        raise WrongCylinder(_("Choose two different cylinders."), field="target")
    cylinders = locked_cylinders([source_id, target_id])
    source, target = cylinders[source_id], cylinders[target_id]
    made = standing(
        f"{key}:out",
        kind=CylinderMoveKind.POURED_OUT,
        cylinder_id=source_id,
        other_id=target_id,
        change_oz=-ounces,
    )
    if made is not None:
        return made, CylinderMovement.objects.get(key=f"{key}:in")
    refuse_gone(source)
    refuse_gone(target)
    refuse_unless_amount(ounces)
    _refuse_pair(source, target)
    refuse_less_than(source, ounces)
    refuse_over(target, ounces, room_oz(facts_of(target)))
    said: dict[str, Any] = {"technician_id": technician_id, "note": note.strip()[:200], "now": now}
    return (
        write(source, CylinderMoveKind.POURED_OUT, -ounces, key=f"{key}:out", other=target, **said),
        write(target, CylinderMoveKind.POURED_IN, ounces, key=f"{key}:in", other=source, **said),
    )


def _refuse_pair(source: Cylinder, target: Cylinder) -> None:
    if source.refrigerant_id != target.refrigerant_id:
        raise WrongRefrigerant(
            _("Cylinder %(one)s holds %(held)s, cylinder %(two)s %(wanted)s. Nothing was moved.")
            % {
                "one": source.number,
                "held": source.refrigerant.designation,
                "two": target.number,
                "wanted": target.refrigerant.designation,
            },
            field="target",
        )
    if target.kind == DISPOSABLE:
        raise WrongCylinder(_("A disposable cylinder is never filled again."), field="target")
    if not may_pour(facts_of(source), facts_of(target)):
        raise OtherOwner(
            _(
                "What is in cylinder %(one)s may not go into cylinder %(two)s: recovered refrigerant stays "
                "with its owner until it is reclaimed, and new stays apart from it (40 CFR 82.154(d))."
            )
            % {"one": source.number, "two": target.number},
            field="target",
        )


@transaction.atomic
def send_to_reclaimer(
    *,
    uuid: UUID,
    cylinder_ids: Sequence[int],
    sent_to: str,
    sent_on: date,
    today: date,
    now: datetime,
    is_destroyed: bool = False,
    comes_back: bool = False,
    reference: str = "",
    note: str = "",
) -> RefrigerantTransfer:
    """All that these cylinders hold goes to somebody who reclaims or destroys it; the same uuid twice is one.

    Cylinders that do not come back empty are gone. All or none: one that holds nothing is refused.
    """
    if known := RefrigerantTransfer.objects.filter(uuid=uuid).first():
        return known
    if not sent_to.strip():
        raise NotPossible(_("Say who got it: name and certification of the reclaimer."), field="sent_to")
    if sent_on > today:
        raise NotPossible(_("It cannot be sent on a day to come."), field="sent_on")
    if sent_on < today - OLDEST:
        raise NotPossible(_("This day is too long ago. Look at the year."), field="sent_on")
    if not cylinder_ids or len(set(cylinder_ids)) > MOST_CYLINDERS:
        raise NotPossible(_("Choose the cylinders that were sent, a hundred at most."), field="cylinders")
    cylinders = locked_cylinders(cylinder_ids)
    for cylinder in cylinders.values():
        refuse_gone(cylinder)
        if not cylinder.content_oz:
            raise WrongCylinder(
                _("Cylinder %(number)s holds nothing that could be sent.") % {"number": cylinder.number},
                field="cylinders",
            )
    transfer = RefrigerantTransfer.objects.create(
        uuid=uuid,
        sent_to=sent_to.strip()[:120],
        sent_on=sent_on,
        is_destroyed=is_destroyed,
        reference=reference.strip()[:60],
        note=note.strip()[:200],
    )
    for cylinder in cylinders.values():
        write(
            cylinder,
            CylinderMoveKind.SENT,
            -cylinder.content_oz,
            key=f"sent:{uuid}:{cylinder.pk}",
            now=now,
            transfer=transfer,
        )
        if not comes_back:
            settle(cylinder, CylinderState.GONE)
    return transfer


@transaction.atomic
def note_receipt(transfer_id: int, *, reference: str) -> RefrigerantTransfer:
    """The number of the receipt that came later."""
    transfer = RefrigerantTransfer.objects.select_for_update(no_key=True).get(pk=transfer_id)
    transfer.reference = reference.strip()[:60]
    transfer.save(update_fields=["reference"])
    return transfer


@transaction.atomic
def return_to_supplier(cylinder_id: int, *, key: str, now: datetime, note: str = "") -> Cylinder:
    """A cylinder with what is left in it goes back to who sold it, and is gone.

    Refuses recovered refrigerant, which goes to a reclaimer. The same key twice is once.
    """
    cylinder = locked_cylinders([cylinder_id])[cylinder_id]
    if standing(key, kind=CylinderMoveKind.RETURNED, cylinder_id=cylinder_id) is not None:
        return cylinder
    refuse_gone(cylinder)
    if cylinder.content_oz and cylinder.origin in (CylinderOrigin.RECOVERED, CylinderOrigin.TO_RECLAIM):
        raise WrongCylinder(
            _("Recovered refrigerant goes to a reclaimer, not back to a supplier. Nothing was saved."),
            field="cylinder",
        )
    if cylinder.content_oz:
        write(
            cylinder,
            CylinderMoveKind.RETURNED,
            -cylinder.content_oz,
            key=key,
            now=now,
            note=note.strip()[:200],
        )
    settle(cylinder, CylinderState.GONE)
    return cylinder


@transaction.atomic
def lose_refrigerant(
    cylinder_id: int,
    *,
    ounces: Decimal,
    because: str,
    key: str,
    now: datetime,
    technician_id: int | None = None,
) -> CylinderMovement:
    """What escaped, with the reason. The same key twice is one line."""
    cylinder = locked_cylinders([cylinder_id])[cylinder_id]
    if made := standing(key, kind=CylinderMoveKind.LOST, cylinder_id=cylinder_id, change_oz=-ounces):
        return made
    refuse_gone(cylinder)
    refuse_unless_amount(ounces)
    refuse_less_than(cylinder, ounces)
    if not because.strip():
        raise NotPossible(_("Say how it was lost; an inspector asks for it."), field="because")
    return write(
        cylinder,
        CylinderMoveKind.LOST,
        -ounces,
        key=key,
        now=now,
        technician_id=technician_id,
        note=because.strip()[:200],
    )
