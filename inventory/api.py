"""Parts, places, what lies where and what moved, for programs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid5

import django_filters as filters
from django.db.models import Q, QuerySet
from django.urls import path
from rest_framework import serializers

from fsm.api.fields import Amount, Input, OneOf, Output, Quantity, Seen, Shown, Text, Unique, Whole, YesNo
from fsm.api.once import key_in
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.clock import now
from fsm.models import Branch
from fsm.permissions import May

from . import actions, api_cylinders
from .models import Part, PlaceKind, StockLevel, StockMovement, StockPlace
from .web.filters import LevelFilter, MovementFilter, PartFilter

OURS = [PlaceKind.WAREHOUSE.value, PlaceKind.TRUCK.value]


class PartOutput(Output):
    total = Quantity(help_text="On hand in all places.")

    class Meta:
        model = Part
        fields = ("uuid", "number", "name", "unit", "cost", "barcode", "is_active", "total", "version")


class PlaceOutput(Output):
    class Meta:
        model = StockPlace
        fields = ("uuid", "name", "kind", "branch", "is_active")


class PlaceBrief(Output):
    class Meta:
        model = StockPlace
        fields = ("uuid", "name")


class PartBrief(Output):
    class Meta:
        model = Part
        fields = ("uuid", "number", "name")


class LevelOutput(Output):
    part = PartBrief()
    place = PlaceBrief()
    held = serializers.DecimalField(
        max_digits=15, decimal_places=3, help_text="Set aside for work under way."
    )

    class Meta:
        model = StockLevel
        fields = ("place", "part", "on_hand", "held", "minimum", "maximum")


class MovementOutput(Output):
    part = PartBrief()
    from_place = PlaceBrief(allow_null=True)
    to_place = PlaceBrief(allow_null=True)
    cause = serializers.SerializerMethodField(help_text="kind:uuid of the work that caused it.")

    class Meta:
        model = StockMovement
        fields = (
            "uuid", "part", "kind", "from_place", "to_place", "quantity", "unit_cost", "short_by", "cause",
            "note", "moved_at", "actor_name", "source",
        )  # fmt: skip

    def get_cause(self, row: StockMovement) -> str | None:
        """The reference, where there is one."""
        return f"{row.cause_kind}:{row.cause_uuid}" if row.cause_kind and row.cause_uuid else None


def _parts(user: Any) -> QuerySet[Part]:
    return Part.objects.visible_to(user).with_stock()


def _active_parts(user: Any) -> QuerySet[Part]:
    return Part.objects.visible_to(user).filter(is_active=True)


def _places(user: Any) -> QuerySet[StockPlace]:
    return StockPlace.objects.visible_to(user).ours().select_related("branch")


def _active_places(user: Any) -> QuerySet[StockPlace]:
    return StockPlace.objects.visible_to(user).ours().filter(is_active=True)


def _levels(user: Any) -> QuerySet[StockLevel]:
    return StockLevel.objects.visible_to(user).with_held().select_related("part", "place")


def _movements(user: Any) -> QuerySet[StockMovement]:
    return StockMovement.objects.visible_to(user).for_list()


# Parts ------------------------------------------------------------------------------------------


class Parts(Listing):
    """Everything we stock, with how much there is in all places.

    Without `standing` only what is still stocked, as on the page.
    """

    may = May.SEE_STOCK
    OutputSerializer = PartOutput
    order = ("number",)
    filterset = PartFilter
    narrows_always = True
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _parts(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By number, name or barcode, as on the page."""
        matching: QuerySet[Any] = rows.matching(text)  # type: ignore[attr-defined]
        return matching


class ShowPart(One):
    """One part."""

    may = May.SEE_STOCK
    OutputSerializer = PartOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _parts(self.user)


class AddPart(Deed):
    """A new part."""

    may = May.EDIT_PARTS
    status = 201
    OutputSerializer = PartOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same part.")
        number = Text(most=40)
        name = Text(most=120)
        unit = Text(most=12, required=False, allow_blank=False)
        cost = Amount(whole=7, places=4, required=False)
        barcode = Text(most=40, required=False)

    def do(self, data: dict[str, Any]) -> Part:
        """Add and show."""
        part: Part = seen_again(_parts(self.user), actions.add_part(**data).pk)
        return part


class EditPart(Deed):
    """Change a part's facts; its number stays, and so does what is not sent."""

    may = May.EDIT_PARTS
    OutputSerializer = PartOutput

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of what you read.")
        name = Text(most=120, required=False, allow_blank=False)
        unit = Text(most=12, required=False, allow_blank=False)
        cost = Amount(whole=7, places=4, required=False)
        barcode = Text(most=40, required=False)
        is_active = YesNo(required=False)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _parts(self.user)

    def do(self, data: dict[str, Any]) -> Part:
        """Change and show."""
        names = ("name", "unit", "cost", "barcode", "is_active")
        actions.edit_part(self.thing.pk, **({name: getattr(self.thing, name) for name in names} | data))
        part: Part = seen_again(_parts(self.user), self.thing.pk)
        return part


# Places and levels ------------------------------------------------------------------------------


class Places(Listing):
    """Every warehouse and truck."""

    may = May.SEE_STOCK
    OutputSerializer = PlaceOutput
    order = ("name",)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _places(self.user)


class ShowPlace(One):
    """One warehouse or truck."""

    may = May.SEE_STOCK
    OutputSerializer = PlaceOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _places(self.user)


class AddPlace(Deed):
    """A further warehouse or truck."""

    may = May.EDIT_PARTS
    status = 201
    OutputSerializer = PlaceOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same place.")
        name = Text(most=60)
        kind = OneOf(choices=OURS)
        branch = Seen(lambda user: Branch.objects.visible_to(user).filter(is_active=True))

    def do(self, data: dict[str, Any]) -> StockPlace:
        """Add and show."""
        made = actions.add_place(branch_id=data.pop("branch").pk, **data)
        place: StockPlace = seen_again(_places(self.user), made.pk)
        return place


class EditPlace(Deed):
    """Rename a place, move it to another branch, or close it; what is not sent stays."""

    may = May.EDIT_PARTS
    OutputSerializer = PlaceOutput

    class InputSerializer(Input):
        name = Text(most=60, required=False, allow_blank=False)
        branch = Seen(lambda user: Branch.objects.visible_to(user).filter(is_active=True), required=False)
        is_active = YesNo(required=False)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _places(self.user)

    def do(self, data: dict[str, Any]) -> StockPlace:
        """Change and show."""
        branch = data.pop("branch", None) or self.thing.branch
        stands = {"name": self.thing.name, "is_active": self.thing.is_active}
        actions.edit_place(self.thing.pk, branch_id=branch.pk, **(stands | data))
        place: StockPlace = seen_again(_places(self.user), self.thing.pk)
        return place


class LevelListFilter(LevelFilter):
    """As on a place's page, and by place or part."""

    place = filters.UUIDFilter(field_name="place__uuid")
    part = filters.UUIDFilter(field_name="part__uuid")

    class Meta(LevelFilter.Meta):
        pass


class Levels(Listing):
    """How much of what lies where."""

    may = May.SEE_STOCK
    OutputSerializer = LevelOutput
    filterset = LevelListFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Where something lies, or should."""
        return _levels(self.user).of_interest()  # type: ignore[attr-defined, no-any-return]

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By the part's number, name or barcode, as on the page."""
        return rows.filter(part__in=Part.objects.matching(text))


class SetLimits(Deed):
    """How little and how much of a part a place should hold."""

    may = May.EDIT_PARTS
    OutputSerializer = LevelOutput

    class InputSerializer(Input):
        place = Seen(_active_places)
        part = Seen(_active_parts)
        minimum = Amount(whole=7, places=3)
        maximum = Amount(whole=7, places=3)

    def do(self, data: dict[str, Any]) -> StockLevel:
        """Set and show."""
        place, part = data.pop("place"), data.pop("part")
        level = actions.set_limits(place_id=place.pk, part_id=part.pk, **data)
        shown: StockLevel = seen_again(_levels(self.user), level.pk)
        return shown


# What moves -------------------------------------------------------------------------------------


class Movements(Listing):
    """The ledger, latest first: what moved, from where to where, for what, by whom."""

    may = May.SEE_STOCK
    OutputSerializer = MovementOutput
    order = ("-moved_at", "-pk")
    filterset = MovementFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _movements(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By part, person or note, as on the page."""
        of_parts = Q(part__in=Part.objects.matching(text))
        return rows.filter(of_parts | Q(note__icontains=text) | Q(actor_name__icontains=text))


class ShowMovement(One):
    """One line of the ledger."""

    may = May.SEE_STOCK
    OutputSerializer = MovementOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _movements(self.user)


class MovementDeed(Deed):
    """Stock moves; the key of the request is the key of the movement."""

    may = May.MOVE_STOCK
    status = 201
    OutputSerializer = MovementOutput

    def key(self, kind: str) -> str:
        """The movement's own key: one for each person and request."""
        return f"{kind}:{uuid5(self.user.uuid, key_in(self.request))}"

    def shown(self, thing: Any, **more: Any) -> Any:
        """With part and places."""
        return super().shown(_movements(self.user).get(pk=thing.pk), **more)


class ReceiveStock(MovementDeed):
    """Bring stock in from outside."""

    class InputSerializer(Input):
        place = Seen(_active_places)
        part = Seen(_active_parts)
        quantity = Amount(whole=7, places=3)
        unit_cost = Amount(
            whole=7, places=4, required=False, help_text="What the part usually costs, unless you say."
        )
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> StockMovement:
        """Receive."""
        place, part = data.pop("place"), data.pop("part")
        return actions.receive_stock(
            place_id=place.pk, part_id=part.pk, key=self.key("receive"), now=now(), **data
        )


class TransferStock(MovementDeed):
    """Move stock between two places; more than is there is refused."""

    class InputSerializer(Input):
        from_place = Seen(_active_places)
        to_place = Seen(_active_places)
        part = Seen(_active_parts)
        quantity = Amount(whole=7, places=3)
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> StockMovement:
        """Transfer."""
        source, target, part = data.pop("from_place"), data.pop("to_place"), data.pop("part")
        return actions.transfer_stock(
            from_place_id=source.pk,
            to_place_id=target.pk,
            part_id=part.pk,
            key=self.key("transfer"),
            now=now(),
            **data,
        )


class CountOutput(Shown):
    level = LevelOutput()
    difference = Quantity(help_text="Counted less expected.")
    review = serializers.UUIDField(
        allow_null=True, help_text="The proposal that a manager decides; null where the ledger was right."
    )
    state = serializers.CharField(allow_blank=True, help_text="How the proposal stands.")


class CountStock(Deed):
    """Propose what somebody counted; `expected` is what they were shown. The level changes when a manager
    approves the difference.
    """

    may = May.MOVE_STOCK
    OutputSerializer = CountOutput

    class InputSerializer(Input):
        place = Seen(_active_places)
        part = Seen(lambda user: Part.objects.visible_to(user))
        counted = Amount(whole=7, places=3)
        expected = Amount(whole=9, places=3, negative=True)
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> dict[str, Any]:
        """Count and show."""
        place, part = data.pop("place"), data.pop("part")
        key = f"count:{uuid5(self.user.uuid, key_in(self.request))}"
        asked = actions.propose_count(
            place_id=place.pk, part_id=part.pk, key=key, now=now(), by=self.user, **data
        )
        level = _levels(self.user).filter(place=place, part=part).first()
        difference: Decimal = data["counted"] - data["expected"]
        return {
            "level": level,
            "difference": difference,
            "review": asked.uuid if asked else None,
            "state": asked.state if asked else "",
        }


urlpatterns = [
    path("parts/", Parts.as_view(), name="parts"),
    path("parts/add/", AddPart.as_view(), name="add-part"),
    path("parts/<uuid:part_uuid>/", ShowPart.as_view(), name="part"),
    path("parts/<uuid:part_uuid>/edit/", EditPart.as_view(), name="edit-part"),
    path("places/", Places.as_view(), name="places"),
    path("places/add/", AddPlace.as_view(), name="add-place"),
    path("places/<uuid:place_uuid>/", ShowPlace.as_view(), name="place"),
    path("places/<uuid:place_uuid>/edit/", EditPlace.as_view(), name="edit-place"),
    path("stock/levels/", Levels.as_view(), name="levels"),
    path("stock/limits/set/", SetLimits.as_view(), name="set-limits"),
    path("stock/movements/", Movements.as_view(), name="movements"),
    path("stock/movements/<uuid:movement_uuid>/", ShowMovement.as_view(), name="movement"),
    path("stock/receive/", ReceiveStock.as_view(), name="receive-stock"),
    path("stock/transfer/", TransferStock.as_view(), name="transfer-stock"),
    path("stock/count/", CountStock.as_view(), name="count-stock"),
    *api_cylinders.urlpatterns,
]
