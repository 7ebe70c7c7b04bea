"""Parts, places, and how much of a part a place should hold."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.versions import check_version
from fsm.states import NotPossible

from ..models import Part, PlaceKind, StockLevel, StockPlace
from .counts import counts_waiting
from .levels import MOST, NOTHING, locked_levels


@transaction.atomic
def add_part(
    *,
    number: str,
    name: str,
    cost: Decimal = NOTHING,
    unit: str = "each",
    barcode: str = "",
    uuid: UUID | None = None,
) -> Part:
    """A new part; refuses a number or barcode that is taken. The same uuid twice is one part."""
    if uuid and (standing := Part.objects.filter(uuid=uuid).first()):
        return standing
    _refuse_taken(number=number, barcode=barcode)
    part = Part(uuid=uuid or uuid4(), number=number, name=name, cost=cost, unit=unit, barcode=barcode)
    try:
        with transaction.atomic():
            part.save(force_insert=True)
    except IntegrityError:
        if uuid and (standing := Part.objects.filter(uuid=uuid).first()):
            return standing
        _refuse_taken(number=number, barcode=barcode)
        raise
    return part


@transaction.atomic
def edit_part(
    part_id: int,
    *,
    name: str,
    cost: Decimal,
    unit: str,
    barcode: str,
    is_active: bool,
    version: int | None = None,
) -> Part:
    """Change a part's facts, its number stays; Stale where the part is no longer at the given version."""
    part = Part.objects.select_for_update(no_key=True).get(pk=part_id)
    values = {"name": name, "cost": cost, "unit": unit, "barcode": barcode, "is_active": is_active}
    if version is not None:
        check_version(part, version, values, noun=_("part"))
    _refuse_taken(barcode=barcode, but=part)
    for field, value in values.items():
        setattr(part, field, value)
    part.version += 1
    part.save(update_fields=[*values, "version"])
    return part


@transaction.atomic
def add_place(*, name: str, kind: str, branch_id: int, uuid: UUID | None = None) -> StockPlace:
    """A new warehouse or truck; refuses a name that is taken. The same uuid twice is one place."""
    if uuid and (standing := StockPlace.objects.filter(uuid=uuid).first()):
        return standing
    _refuse_name(name)
    place = StockPlace(uuid=uuid or uuid4(), name=name, kind=PlaceKind(kind), branch_id=branch_id)
    try:
        with transaction.atomic():
            place.save(force_insert=True)
    except IntegrityError:
        if uuid and (standing := StockPlace.objects.filter(uuid=uuid).first()):
            return standing
        _refuse_name(name)
        raise
    return place


@transaction.atomic
def edit_place(place_id: int, *, name: str, branch_id: int, is_active: bool) -> StockPlace:
    """Change a place's name and branch, or close it; refuses to close one that still holds something."""
    place = StockPlace.objects.select_for_update(no_key=True).get(pk=place_id)
    _refuse_name(name, but=place)
    if place.is_active and not is_active and place.levels.exclude(on_hand=0).exists():
        raise NotPossible(
            _("%(place)s still holds parts. Transfer or count them first; it stays open until then.")
            % {"place": place.name},
            field="is_active",
        )
    if place.is_active and not is_active and counts_waiting(place_id=place.pk):
        raise NotPossible(
            _("A count in %(place)s waits for a manager. Have it decided first; it stays open until then.")
            % {"place": place.name},
            field="is_active",
        )
    place.name, place.branch_id, place.is_active = name, branch_id, is_active
    place.save(update_fields=["name", "branch", "is_active"])
    return place


@transaction.atomic
def set_limits(*, place_id: int, part_id: int, minimum: Decimal, maximum: Decimal) -> StockLevel:
    """How little and how much of a part a place should hold."""
    if minimum < 0 or maximum < minimum or maximum > MOST:
        raise NotPossible(
            _("The maximum must be at least the minimum, and neither below zero."), field="maximum"
        )
    level = locked_levels([(place_id, part_id)])[place_id, part_id]
    if (level.minimum, level.maximum) != (minimum, maximum):
        level.minimum, level.maximum = minimum, maximum
        level.save(update_fields=["minimum", "maximum"])
    return level


def _refuse_taken(*, number: str = "", barcode: str = "", but: Part | None = None) -> None:
    others = Part.objects.exclude(pk=but.pk) if but else Part.objects.all()
    if number and others.filter(number__iexact=number).exists():
        raise NotPossible(_("Part number %(number)s is already in use.") % {"number": number}, field="number")
    if barcode and (other := others.filter(barcode=barcode).first()):
        raise NotPossible(_("This barcode already belongs to %(part)s.") % {"part": other}, field="barcode")


def _refuse_name(name: str, but: StockPlace | None = None) -> None:
    others = StockPlace.objects.exclude(pk=but.pk) if but else StockPlace.objects.all()
    if others.filter(name__iexact=name).exists():
        raise NotPossible(_("There is already a place called %(name)s.") % {"name": name}, field="name")
