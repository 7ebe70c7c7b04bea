"""Named questions about stock."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.db.models import Count, DecimalField, F, IntegerField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Replace

from fsm.permissions import May
from fsm.querysets import OfficeQuerySet

if TYPE_CHECKING:
    from .models import Cylinder, Part, Reservation, StockLevel, StockMovement, StockPlace  # noqa: F401

QUANTITY: DecimalField[Any, Any] = DecimalField(max_digits=12, decimal_places=3)
NEGATIVE = Q(on_hand__lt=0)
BELOW_MINIMUM = Q(on_hand__gte=0, on_hand__lt=F("minimum"), part__is_active=True, place__is_active=True)
MOST_WORDS = 6


class PartQuerySet(OfficeQuerySet["Part"]):
    """What we stock and use."""

    capability = May.SEE_STOCK
    branch_path = ""

    def matching(self, text: str) -> PartQuerySet:
        """By words of number and name, by barcode, or by the number without its dashes."""
        found = Q()
        for word in text.split()[:MOST_WORDS]:
            found &= Q(number__icontains=word) | Q(name__icontains=word) | Q(barcode=word)
        bare = re.sub(r"[\s\-./]", "", text)
        by_number = Q(bare_number__icontains=bare) if bare else Q(pk__in=[])
        return self.annotate(bare_number=Replace("number", Value("-"), Value(""))).filter(found | by_number)

    def meant_by(self, text: str) -> PartQuerySet:
        """The part whose number or barcode was typed or scanned."""
        return self.filter(Q(number__iexact=text) | Q(barcode=text)) if text else self.none()

    def with_stock(self) -> PartQuerySet:
        """With `total` on hand, how many places are `negative` and how many are `low`."""
        levels = apps.get_model("inventory", "StockLevel").objects.filter(part=OuterRef("pk")).order_by()
        of_part = levels.values("part")
        total = Subquery(of_part.annotate(n=Sum("on_hand")).values("n"), output_field=QUANTITY)
        return self.annotate(
            total=Coalesce(total, Value(Decimal(0)), output_field=QUANTITY),
            negative=_count(levels.filter(NEGATIVE).values("part")),
            low=_count(levels.filter(BELOW_MINIMUM).values("part")),
        )

    def low_somewhere(self) -> PartQuerySet:
        """Parts with a place that holds less than its minimum."""
        return self.filter(
            pk__in=apps.get_model("inventory", "StockLevel").objects.below_minimum().values("part")
        )

    def negative_somewhere(self) -> PartQuerySet:
        """Parts with a place where more was used than was there."""
        return self.filter(pk__in=apps.get_model("inventory", "StockLevel").objects.negative().values("part"))


class StockPlaceQuerySet(OfficeQuerySet["StockPlace"]):
    """Warehouses and trucks."""

    capability = May.SEE_STOCK

    def ours(self) -> StockPlaceQuerySet:
        """Where our stock lies: not the world outside."""
        return self.exclude(kind="outside")

    def with_stock(self) -> StockPlaceQuerySet:
        """With how many `parts` lie there, how many are `negative` and how many `low`."""
        levels = apps.get_model("inventory", "StockLevel").objects.filter(place=OuterRef("pk")).order_by()
        return self.annotate(
            parts=_count(levels.filter(on_hand__gt=0).values("place")),
            negative=_count(levels.filter(NEGATIVE).values("place")),
            low=_count(levels.filter(BELOW_MINIMUM).values("place")),
        )


def _count(rows: Any) -> Coalesce:
    """How many of the grouped rows, 0 for none."""
    return Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0)


class StockLevelQuerySet(OfficeQuerySet["StockLevel"]):
    """How much of what lies where."""

    capability = May.SEE_STOCK
    branch_path = "place__branch"

    def negative(self) -> StockLevelQuerySet:
        """More was used than was there."""
        return self.filter(NEGATIVE)

    def below_minimum(self) -> StockLevelQuerySet:
        """Less is left than should be, of parts and places still in use."""
        return self.filter(BELOW_MINIMUM)

    def of_interest(self) -> StockLevelQuerySet:
        """Something lies there, or should."""
        return self.exclude(on_hand=0, maximum=0)

    def with_held(self) -> StockLevelQuerySet:
        """With how much is `held` for work under way."""
        held = (
            apps.get_model("inventory", "Reservation")
            .objects.filter(place=OuterRef("place"), part=OuterRef("part"), state="held")
            .order_by()
            .values("part")
            .annotate(n=Sum("quantity"))
            .values("n")
        )
        return self.annotate(
            held=Coalesce(Subquery(held, output_field=QUANTITY), Value(Decimal(0)), output_field=QUANTITY)
        )


class StockMovementQuerySet(OfficeQuerySet["StockMovement"]):
    """The ledger."""

    capability = May.SEE_STOCK
    branch_path = ""

    def for_list(self) -> StockMovementQuerySet:
        """With part and places."""
        return self.select_related("part", "from_place", "to_place")

    def at_place(self, place: UUID) -> StockMovementQuerySet:
        """In or out of a place."""
        return self.filter(Q(from_place__uuid=place) | Q(to_place__uuid=place))

    def between(self, start: datetime | None, end: datetime | None) -> StockMovementQuerySet:
        """From the first instant up to the second."""
        rows = self.filter(moved_at__gte=start) if start else self
        return rows.filter(moved_at__lt=end) if end else rows


class ReservationQuerySet(OfficeQuerySet["Reservation"]):
    """What is set aside for work."""

    capability = May.SEE_STOCK
    branch_path = "place__branch"

    def held(self) -> ReservationQuerySet:
        """Still there, waiting for its work to be completed."""
        return self.filter(state="held")


class CylinderQuerySet(OfficeQuerySet["Cylinder"]):
    """Cylinders of refrigerant."""

    capability = May.SEE_STOCK
    branch_path = "place__branch"

    def ours(self) -> CylinderQuerySet:
        """Those that were not returned or sent off."""
        return self.exclude(state="gone")

    def for_list(self) -> CylinderQuerySet:
        """With refrigerant, place and owner."""
        return self.select_related("refrigerant", "place", "owner")

    def matching(self, text: str) -> CylinderQuerySet:
        """By words of number, refrigerant, batch, owner or reclaimer."""
        found = Q()
        for word in text.split()[:MOST_WORDS]:
            found &= (
                Q(number__icontains=word)
                | Q(refrigerant__designation__icontains=word)
                | Q(batch_number__icontains=word)
                | Q(owner__name__icontains=word)
                | Q(reclaimer__icontains=word)
            )
        return self.filter(found)
