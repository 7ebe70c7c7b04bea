"""Cylinders, their ledger, what was sent away and the balance, for programs. Amounts are ounces."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar
from uuid import uuid4, uuid5

import django_filters as filters
from django.db.models import Q, QuerySet
from django.urls import path
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.response import Response

from customers.models import Customer
from equipment.models import Refrigerant, RefrigerantRecord
from fsm.api.errors import BadQuery
from fsm.api.fields import (
    Amount,
    Day,
    Input,
    Listed,
    OneOf,
    Output,
    Quantity,
    Seen,
    Shown,
    Text,
    Unique,
    VersionInput,
    YesNo,
)
from fsm.api.once import key_in
from fsm.api.views import Deed, Listing, Look, One, seen_again
from fsm.clock import now, today_in
from fsm.company import the_company
from fsm.models import Review
from fsm.permissions import May
from fsm.states import NotPossible

from . import actions
from .balance import COLUMNS, balances
from .cylinder_rows import balance_lines
from .models import (
    Cylinder,
    CylinderKind,
    CylinderMovement,
    CylinderOrigin,
    RefrigerantTransfer,
    StockPlace,
)
from .web.cylinder_filters import CylinderFilter
from .web.transfers import seen_transfers

GROUPS = ["refrigerant", "cylinder", "technician"]


class CylinderOutput(Output):
    refrigerant = serializers.CharField(source="refrigerant.designation")

    class Meta:
        model = Cylinder
        fields = (
            "uuid", "number", "refrigerant", "kind", "origin", "owner", "reclaimer", "batch_number", "place",
            "tare_oz", "capacity_oz", "content_oz", "state", "version",
        )  # fmt: skip


class CylinderMovementOutput(Output):
    technician = serializers.CharField(source="technician.name", default=None, allow_null=True)

    class Meta:
        model = CylinderMovement
        fields = (
            "uuid", "cylinder", "kind", "change_oz", "record", "other", "transfer", "reverses", "technician",
            "cost", "note", "moved_at", "actor_name", "source",
        )  # fmt: skip


class TransferOutput(Output):
    ounces = Quantity(help_text="All that was sent.")
    cylinders = serializers.IntegerField(help_text="How many cylinders.")

    class Meta:
        model = RefrigerantTransfer
        fields = ("uuid", "sent_to", "sent_on", "is_destroyed", "reference", "note", "ounces", "cylinders")


def _cylinders(user: Any) -> QuerySet[Cylinder]:
    return Cylinder.objects.visible_to(user).for_list()


def _movements(user: Any) -> QuerySet[CylinderMovement]:
    rows = CylinderMovement.objects.filter(cylinder__in=Cylinder.objects.visible_to(user))
    return rows.select_related("cylinder", "record", "other", "transfer", "reverses", "technician")


def _open_places(user: Any) -> QuerySet[StockPlace]:
    return StockPlace.objects.visible_to(user).ours().filter(is_active=True)


def _ounces(**kwargs: Any) -> Amount:
    return Amount(whole=8, places=3, **kwargs)


# Looking ------------------------------------------------------------------------------------------------


class Cylinders(Listing):
    """Cylinders with what they hold. Without `standing` those that are still ours, as on the page."""

    may = May.SEE_STOCK
    OutputSerializer = CylinderOutput
    order = ("number",)
    filterset = CylinderFilter
    narrows_always = True
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _cylinders(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By number, refrigerant, batch or owner, as on the page."""
        matching: QuerySet[Any] = rows.matching(text)  # type: ignore[attr-defined]
        return matching


class ShowCylinder(One):
    """One cylinder."""

    may = May.SEE_STOCK
    OutputSerializer = CylinderOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _cylinders(self.user)


class CylinderMovementFilter(filters.FilterSet):  # type: ignore[misc]
    """By cylinder or record."""

    cylinder = filters.UUIDFilter(field_name="cylinder__uuid")
    record = filters.UUIDFilter(field_name="record__uuid")

    class Meta:
        model = CylinderMovement
        fields: tuple[str, ...] = ()


class CylinderMovements(Listing):
    """The cylinders' ledger, latest first."""

    may = May.SEE_STOCK
    OutputSerializer = CylinderMovementOutput
    order = ("-moved_at", "-pk")
    filterset = CylinderMovementFilter

    def rows(self) -> QuerySet[Any]:
        """Those of cylinders that the person sees."""
        return _movements(self.user)


class Transfers(Listing):
    """What was sent to be reclaimed or destroyed, latest first."""

    may = May.SEE_STOCK
    OutputSerializer = TransferOutput
    order = ("-sent_on", "-pk")
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_transfers(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By reclaimer or receipt."""
        return rows.filter(Q(sent_to__icontains=text) | Q(reference__icontains=text))


class ShowTransfer(One):
    """One transfer."""

    may = May.SEE_STOCK
    OutputSerializer = TransferOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_transfers(self.user)


class BalanceOutput(Shown):
    group = serializers.CharField(
        allow_null=True,
        help_text="The refrigerant, the cylinder's number or the technician; null: the office.",
    )
    opening_oz = Quantity()
    amounts_oz = serializers.DictField(
        child=serializers.CharField(), help_text="By kind of movement; what went out is positive too."
    )
    closing_oz = Quantity()


class BalancesOutput(Shown):
    since = serializers.DateField()
    until = serializers.DateField()
    results = BalanceOutput(many=True)


class RefrigerantBalance(Look):
    """Opening + in - out = closing, over whole months: `since` and `until` are months such as 2026-07."""

    may = May.SEE_STOCK
    OutputSerializer = BalancesOutput
    parameters = ("since", "until", "by")

    def get(self, request: Any) -> Response:
        """The balance."""
        self.check_query()
        asked = request.query_params
        by = asked.get("by", GROUPS[0])
        if by not in GROUPS:
            raise BadQuery({"by": [_("Choose one of: %(names)s.") % {"names": ", ".join(GROUPS)}]})
        today = today_in(the_company().time_zone, now())
        until = _month("until", asked.get("until")) or today.replace(day=1)
        since = _month("since", asked.get("since")) or until.replace(month=1)
        if since > until:
            raise BadQuery({"since": [_("It is after the other month.")]})
        lines = balance_lines(Cylinder.objects.visible_to(self.user), group=by, until=until)
        found = balances(lines, since=since, until=until)
        names = _names(by, [row.group for row in found])
        results = [
            {
                "group": names.get(row.group, None if by == "technician" else row.group),
                "opening_oz": row.opening,
                "amounts_oz": {kind: str(row.amounts[kind]) for kind in COLUMNS},
                "closing_oz": row.closing,
            }
            for row in found
        ]
        return Response(self.shown({"since": since, "until": until, "results": results}))


def _month(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        month = None
    if month is None or len(text) != len("2026-07") or not 1970 < month.year < 2200:
        raise BadQuery({name: [_("Write the month like “2026-07”.")]})
    return month


def _names(by: str, keys: list[Any]) -> dict[Any, str]:
    if by == "cylinder":
        return dict(Cylinder.objects.filter(pk__in=keys).values_list("pk", "number"))
    if by == "technician":
        lines = CylinderMovement.objects.filter(technician__in=[key for key in keys if key])
        return dict(lines.order_by().values_list("technician", "technician__name").distinct())
    return {}


# Doing --------------------------------------------------------------------------------------------------


class CylinderDeed(Deed):
    """Something is done with a cylinder; the key of the request is the key of its line."""

    may = May.MOVE_STOCK
    OutputSerializer: ClassVar[type[serializers.BaseSerializer[Any]]] = CylinderOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _cylinders(self.user)

    def key(self, kind: str) -> str:
        """The line's own key: one for each person and request."""
        return f"{kind}:{uuid5(self.user.uuid, key_in(self.request))}"

    def again(self) -> Cylinder:
        """As it stands then."""
        cylinder: Cylinder = seen_again(_cylinders(self.user), self.thing.pk)
        return cylinder


class AddCylinder(CylinderDeed):
    """A cylinder that was bought, or that was here when the ledger began."""

    status = 201

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same cylinder.")
        number = Text(most=40)
        refrigerant = Text(most=20, help_text="Its designation, such as R-410A.")
        kind = OneOf(choices=CylinderKind.values)
        origin = OneOf(choices=CylinderOrigin.values)
        owner = Seen(
            lambda user: Customer.objects.visible_to(user),
            required=False,
            help_text="Whose it is, of what was recovered for the same owner.",
        )
        reclaimer = Text(most=80, required=False)
        batch_number = Text(most=40, required=False)
        place = Seen(_open_places)
        tare_oz = _ounces(required=False)
        capacity_oz = _ounces(required=False)
        ounces = _ounces(required=False, help_text="What is in it.")
        is_purchase = YesNo(required=False, help_text="Bought now; false: held when the ledger began.")
        cost = Amount(whole=7, places=2, required=False)
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Add and show."""
        name, owner = data.pop("refrigerant"), data.pop("owner", None)
        refrigerant = Refrigerant.objects.filter(designation=name).first()
        if refrigerant is None:
            raise NotPossible(
                _("“%(name)s” is not a refrigerant we know.") % {"name": name}, field="refrigerant"
            )
        self.thing = actions.add_cylinder(
            refrigerant_id=refrigerant.pk,
            owner_id=owner.pk if owner else None,
            place_id=data.pop("place").pk,
            uuid=data.pop("uuid", None) or uuid4(),
            now=now(),
            **data,
        )
        return self.again()


class EditCylinder(CylinderDeed):
    """Correct a cylinder's facts; what is not sent stays, and so does what it holds."""

    class InputSerializer(VersionInput):
        number = Text(most=40, required=False, allow_blank=False)
        tare_oz = _ounces(required=False, allow_null=True)
        capacity_oz = _ounces(required=False, allow_null=True)
        batch_number = Text(most=40, required=False)
        reclaimer = Text(most=80, required=False)

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Change and show."""
        names = ("number", "tare_oz", "capacity_oz", "batch_number", "reclaimer")
        actions.edit_cylinder(self.thing.pk, **({name: getattr(self.thing, name) for name in names} | data))
        return self.again()


class MoveCylinder(CylinderDeed):
    """To another truck or warehouse, with all it holds."""

    class InputSerializer(Input):
        place = Seen(_open_places)

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Move and show."""
        actions.move_cylinder(self.thing.pk, place_id=data["place"].pk)
        return self.again()


class FillCylinder(CylinderDeed):
    """What a supplier filled into a refillable cylinder."""

    class InputSerializer(Input):
        ounces = _ounces()
        cost = Amount(whole=7, places=2, required=False)
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Fill and show."""
        actions.fill_cylinder(self.thing.pk, key=self.key("fill"), now=now(), **data)
        return self.again()


class PourCylinder(CylinderDeed):
    """From this cylinder into another one of the same refrigerant."""

    class InputSerializer(Input):
        target = Seen(_cylinders)
        ounces = _ounces()
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Pour and show the first."""
        target = data.pop("target")
        actions.pour_between(self.thing.pk, target.pk, key=self.key("pour"), now=now(), **data)
        return self.again()


class LoseRefrigerant(CylinderDeed):
    """What escaped, with the reason."""

    class InputSerializer(Input):
        ounces = _ounces()
        because = Text(most=200)

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Write down and show."""
        actions.lose_refrigerant(self.thing.pk, key=self.key("lose"), now=now(), **data)
        return self.again()


class ReturnCylinder(CylinderDeed):
    """Back to the supplier with what is left in it."""

    class InputSerializer(Input):
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Return and show."""
        actions.return_to_supplier(self.thing.pk, key=self.key("return"), now=now(), **data)
        return self.again()


class WeighedOutput(Shown):
    cylinder = CylinderOutput()
    difference_oz = Quantity(
        allow_null=True, help_text="What the ledger took in; null while a manager decides."
    )
    review = serializers.UUIDField(allow_null=True, help_text="The proposal that a manager decides, if any.")


class WeighCylinder(CylinderDeed):
    """What the scales show, cylinder and all; a difference beyond the tolerance waits for a manager."""

    OutputSerializer = WeighedOutput

    class InputSerializer(Input):
        gross_oz = _ounces()
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> dict[str, Any]:
        """Weigh and show."""
        made = actions.weigh_cylinder(self.thing.pk, key=self.key("weigh"), now=now(), by=self.by, **data)
        asked = made.uuid if isinstance(made, Review) else None
        difference = None if isinstance(made, Review) else made.change_oz
        return {"cylinder": self.again(), "difference_oz": difference, "review": asked}


class CircuitDeed(CylinderDeed):
    """What a refrigerant record says goes out of the cylinder or into it."""

    class InputSerializer(Input):
        record = Seen(lambda user: RefrigerantRecord.objects.visible_to(user))
        ounces = _ounces(required=False, help_text="All that no cylinder moved yet, unless you say.")


class ChargeFromCylinder(CircuitDeed):
    """What a record says was added came out of this cylinder."""

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Take it out and show."""
        record = data.pop("record")
        actions.charge_from_cylinder(
            record.pk, cylinder_id=self.thing.pk, key=self.key("charge"), now=now(), **data
        )
        return self.again()


class RecoverIntoCylinder(CircuitDeed):
    """What a record says was recovered went into this cylinder."""

    def do(self, data: dict[str, Any]) -> Cylinder:
        """Put it in and show."""
        record = data.pop("record")
        actions.recover_into_cylinder(
            record.pk, cylinder_id=self.thing.pk, key=self.key("recover"), now=now(), **data
        )
        return self.again()


class SendRefrigerant(Deed):
    """All that these cylinders hold goes to somebody who reclaims or destroys it."""

    may = May.MOVE_STOCK
    status = 201
    OutputSerializer = TransferOutput

    class InputSerializer(Input):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same transfer.")
        cylinders = Listed(Seen(_cylinders), most=100)
        sent_to = Text(most=120)
        sent_on = Day()
        is_destroyed = YesNo(required=False)
        comes_back = YesNo(required=False, help_text="The cylinders come back empty.")
        reference = Text(most=60, required=False)
        note = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Any:
        """Send and show."""
        made = actions.send_to_reclaimer(
            uuid=data.pop("uuid", None) or uuid4(),
            cylinder_ids=[row.pk for row in data.pop("cylinders")],
            today=today_in(the_company().time_zone, now()),
            now=now(),
            **data,
        )
        return seen_again(seen_transfers(self.user), made.pk)


class NoteReceipt(Deed):
    """The number of the receipt that came later."""

    may = May.MOVE_STOCK
    OutputSerializer = TransferOutput

    class InputSerializer(Input):
        reference = Text(most=60)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_transfers(self.user)

    def do(self, data: dict[str, Any]) -> Any:
        """Note and show."""
        actions.note_receipt(self.thing.pk, **data)
        return seen_again(seen_transfers(self.user), self.thing.pk)


ONE = "cylinders/<uuid:cylinder_uuid>/"
urlpatterns = [
    path("cylinders/", Cylinders.as_view(), name="cylinders"),
    path("cylinders/add/", AddCylinder.as_view(), name="add-cylinder"),
    path("cylinders/movements/", CylinderMovements.as_view(), name="cylinder-movements"),
    path("cylinders/balance/", RefrigerantBalance.as_view(), name="refrigerant-balance"),
    path("cylinders/sent/", Transfers.as_view(), name="refrigerant-transfers"),
    path("cylinders/sent/add/", SendRefrigerant.as_view(), name="send-refrigerant"),
    path("cylinders/sent/<uuid:transfer_uuid>/", ShowTransfer.as_view(), name="refrigerant-transfer"),
    path("cylinders/sent/<uuid:transfer_uuid>/receipt/", NoteReceipt.as_view(), name="note-receipt"),
    path(ONE, ShowCylinder.as_view(), name="cylinder"),
    path(f"{ONE}edit/", EditCylinder.as_view(), name="edit-cylinder"),
    path(f"{ONE}move/", MoveCylinder.as_view(), name="move-cylinder"),
    path(f"{ONE}fill/", FillCylinder.as_view(), name="fill-cylinder"),
    path(f"{ONE}pour/", PourCylinder.as_view(), name="pour-cylinder"),
    path(f"{ONE}lose/", LoseRefrigerant.as_view(), name="lose-refrigerant"),
    path(f"{ONE}return/", ReturnCylinder.as_view(), name="return-cylinder"),
    path(f"{ONE}weigh/", WeighCylinder.as_view(), name="weigh-cylinder"),
    path(f"{ONE}charge/", ChargeFromCylinder.as_view(), name="charge-from-cylinder"),
    path(f"{ONE}recover/", RecoverIntoCylinder.as_view(), name="recover-into-cylinder"),
]
