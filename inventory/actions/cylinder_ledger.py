"""The cylinders' ledger: rows locked by their keys, what each holds kept equal to the sum of its lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from equipment.models import pounds_and_ounces
from fsm.states import NotPossible

from ..cylinder_rules import Facts
from ..models import Cylinder, CylinderMoveKind, CylinderMovement, CylinderState
from ..refusals import CylinderGone, NotEnough, TooFull

NOTHING = Decimal(0)
MOST_OZ = Decimal(1_000_000)
THOUSANDTH = Decimal("0.001")


def locked_cylinders(keys: Iterable[int]) -> dict[int, Cylinder]:
    """The cylinders by their keys, locked in that order, with refrigerant and place."""
    rows = (
        Cylinder.objects.select_for_update(no_key=True, of=("self",))
        .select_related("refrigerant", "place")
        .filter(pk__in=set(keys))
        .order_by("pk")
    )
    return {row.pk: row for row in rows}


def facts_of(cylinder: Cylinder) -> Facts:
    """The cylinder as the plain rules take it."""
    return Facts(
        kind=cylinder.kind,
        origin=cylinder.origin,
        refrigerant=cylinder.refrigerant.designation,
        owner=cylinder.owner_id,
        content_oz=cylinder.content_oz,
        capacity_oz=cylinder.capacity_oz,
    )


def standing(key: str, **wanted: Any) -> CylinderMovement | None:
    """The line that this key already made; refuses a key that made another one."""
    made = CylinderMovement.objects.filter(key=key).first()
    if made is not None and any(getattr(made, name) != value for name, value in wanted.items()):
        raise NotPossible(
            _("This page has already moved something else. Nothing was moved now: open the page again.")
        )
    return made


def refuse_unless_amount(ounces: Decimal) -> Decimal:
    """The amount to the thousandth; refuses nothing, less than nothing, and what no cylinder holds."""
    if not ounces.is_finite() or ounces <= 0:
        raise NotPossible(_("The amount must be more than nothing. Nothing was saved."), field="ounces")
    if ounces > MOST_OZ:
        raise NotPossible(
            _("No cylinder holds this much. Look at the amount again; nothing was saved."), field="ounces"
        )
    if ounces != ounces.quantize(THOUSANDTH):
        raise NotPossible(_("Give the amount to the thousandth of an ounce at most."), field="ounces")
    return ounces


def refuse_gone(cylinder: Cylinder) -> None:
    """Refuse what was returned or sent off."""
    if cylinder.state == CylinderState.GONE:
        raise CylinderGone(
            _("Cylinder %(number)s was returned or sent off. Choose another one.")
            % {"number": cylinder.number},
            field="cylinder",
        )


def refuse_less_than(cylinder: Cylinder, ounces: Decimal) -> None:
    """Refuse to take more than it holds."""
    if ounces > cylinder.content_oz:
        raise NotEnough(
            _("Cylinder %(number)s holds %(held)s; that is less than %(wanted)s. Nothing was moved.")
            % {
                "number": cylinder.number,
                "held": pounds_and_ounces(cylinder.content_oz),
                "wanted": pounds_and_ounces(ounces),
            },
            field="ounces",
        )


def refuse_over(cylinder: Cylinder, ounces: Decimal, room: Decimal | None) -> None:
    """Refuse to fill in more than there is room for; where the capacity is unknown nobody can tell."""
    if room is not None and ounces > room:
        raise TooFull(
            _("Cylinder %(number)s has room for %(room)s more, not for %(wanted)s. Nothing was moved.")
            % {
                "number": cylinder.number,
                "room": pounds_and_ounces(room),
                "wanted": pounds_and_ounces(ounces),
            },
            field="ounces",
        )


def write(
    cylinder: Cylinder, kind: CylinderMoveKind, change: Decimal, *, key: str, now: datetime, **more: Any
) -> CylinderMovement:
    """One line of a locked cylinder; what it holds and whether it is empty follow."""
    return write_lines(cylinder, [{"kind": kind, "change_oz": change, "key": key, **more}], moved_at=now)[0]


def write_lines(
    cylinder: Cylinder, lines: Sequence[Mapping[str, Any]], **common: Any
) -> list[CylinderMovement]:
    """Several lines of a locked cylinder that only together leave it with what a cylinder can hold."""
    made = [CylinderMovement.objects.create(cylinder=cylinder, **line, **common) for line in lines]
    cylinder.content_oz += sum((line.change_oz for line in made), NOTHING)
    cylinder.save_without_historical_record(update_fields=["content_oz"])  # type: ignore[attr-defined]
    if cylinder.state != CylinderState.GONE:
        settle(cylinder, CylinderState.IN_USE if cylinder.content_oz else CylinderState.EMPTY)
    return made


def settle(cylinder: Cylinder, state: CylinderState) -> None:
    """Set the state where it is another one."""
    if cylinder.state != state:
        cylinder.state = state
        cylinder.version += 1
        cylinder.save(update_fields=["state", "version"])


def ledger_gaps() -> list[tuple[str, Decimal, Decimal]]:
    """Cylinders whose content is not the sum of their lines: number, content, sum. There must be none."""
    summed = Cylinder.objects.annotate(summed=Coalesce(Sum("movements__change_oz"), NOTHING)).order_by("pk")
    return list(summed.exclude(content_oz=F("summed")).values_list("number", "content_oz", "summed"))
