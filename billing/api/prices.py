"""The price book, what job types are charged, and the sales tax rates."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from customers.addresses import STATES
from dispatch.models import JobType
from equipment.models import Refrigerant
from fsm.api.fields import Amount, Input, Nothing, OneOf, Output, Seen, Shown, Text, Unique, Whole, YesNo
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.permissions import May
from inventory.models import Part

from .. import actions
from ..models import ItemKind, JobTypePrice, PriceBasis, PriceItem, TaxRate
from ..web.prices import PriceFilter


class PriceOutput(Output):
    part = serializers.UUIDField(source="part.uuid", default=None, allow_null=True)
    refrigerant = serializers.CharField(source="refrigerant.designation", default=None, allow_null=True)

    class Meta:
        model = PriceItem
        fields = (
            "uuid", "code", "name", "kind", "price", "unit", "is_taxable", "part", "refrigerant",
            "income_account", "is_active", "version",
        )  # fmt: skip


class JobTypePriceOutput(Output):
    job_type = serializers.CharField(source="job_type.code")

    class Meta:
        model = JobTypePrice
        fields = ("uuid", "job_type", "item", "basis", "least")


class TaxRateOutput(Output):
    class Meta:
        model = TaxRate
        fields = ("uuid", "name", "agency", "quickbooks_item", "state", "city", "percent", "is_active")


def _prices(user: Any) -> QuerySet[PriceItem]:
    return PriceItem.objects.visible_to(user).select_related("part", "refrigerant")


class Prices(Listing):
    """Everything we charge for, by code."""

    may = May.SEE_MONEY
    OutputSerializer = PriceOutput
    order = ("code",)
    filterset = PriceFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _prices(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By name, code or part number, as on the page."""
        matching: QuerySet[Any] = rows.matching(text)  # type: ignore[attr-defined]
        return matching


class ShowPrice(One):
    """One line of the price book."""

    may = May.SEE_MONEY
    OutputSerializer = PriceOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _prices(self.user)


def _refrigerant(designation: str | None) -> Refrigerant | None:
    """The one of this name; none for none."""
    if not designation:
        return None
    found = Refrigerant.objects.filter(designation__iexact=designation).first()
    if found is None:
        raise serializers.ValidationError([_("This is not a refrigerant we know.")])
    return found


class PriceInput(Input):
    """A line of the price book; a part or a refrigerant is named where this is its price."""

    code = Text(most=31, help_text="The item's name in QuickBooks.")
    name = Text(most=120)
    kind = OneOf(choices=ItemKind.values)
    price = Amount(whole=6, places=4)
    unit = Text(most=12, required=False, allow_blank=False)
    is_taxable = YesNo(required=False)
    part = Seen(lambda user: Part.objects.visible_to(user), required=False, allow_null=True)
    refrigerant = Text(
        most=20, required=False, allow_null=True, help_text="The ASHRAE number, such as R-410A."
    )
    income_account = Text(most=60, required=False, allow_blank=False)

    def validate_refrigerant(self, designation: str | None) -> Refrigerant | None:
        """One we know."""
        return _refrigerant(designation)


def _said(data: dict[str, Any]) -> dict[str, Any]:
    """What the actions take."""
    for name in {"part", "refrigerant"} & data.keys():
        other = data.pop(name)
        data[f"{name}_id"] = other.pk if other else None
    return data


class AddPrice(Deed):
    """A new line of the price book."""

    may = May.EDIT_PRICES
    status = 201
    OutputSerializer = PriceOutput

    class InputSerializer(PriceInput):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same line.")

    def do(self, data: dict[str, Any]) -> PriceItem:
        """Add and show."""
        item: PriceItem = seen_again(_prices(self.user), actions.add_price_item(**_said(data)).pk)
        return item


class EditPrice(Deed):
    """Change a line of the book; what is not sent stays, and so do drafts that were written with it."""

    may = May.EDIT_PRICES
    OutputSerializer = PriceOutput

    class InputSerializer(PriceInput):
        version = Whole(least=1, help_text="Of what you read.")
        code = Text(most=31, required=False, allow_blank=False)
        name = Text(most=120, required=False, allow_blank=False)
        kind = OneOf(choices=ItemKind.values, required=False)
        price = Amount(whole=6, places=4, required=False)
        is_active = YesNo(required=False)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return _prices(self.user)

    def do(self, data: dict[str, Any]) -> PriceItem:
        """Change and show."""
        actions.edit_price_item(self.thing.pk, **({"is_active": self.thing.is_active} | _said(data)))
        item: PriceItem = seen_again(_prices(self.user), self.thing.pk)
        return item


class JobTypePrices(Listing):
    """What each job type is charged beside parts and refrigerant."""

    may = May.SEE_MONEY
    OutputSerializer = JobTypePriceOutput

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return JobTypePrice.objects.select_related("job_type", "item")


class SetJobTypePrice(Deed):
    """Charge an item on every job of a type: once, or by the hours on site, and at least so much."""

    may = May.EDIT_PRICES
    OutputSerializer = JobTypePriceOutput

    class InputSerializer(Input):
        job_type = Text(most=30, help_text="The type's code.")
        item = Seen(lambda user: PriceItem.objects.visible_to(user).filter(is_active=True))
        basis = OneOf(choices=PriceBasis.values)
        least = Amount(whole=3, places=3)

        def validate_job_type(self, code: str) -> JobType:
            """The active type with this code."""
            kind = JobType.objects.filter(code=code, is_active=True).first()
            if kind is None:
                raise serializers.ValidationError([_("There is no job type with this code.")])
            return kind

    def do(self, data: dict[str, Any]) -> JobTypePrice:
        """Set and show."""
        made = actions.set_job_type_price(data.pop("job_type").pk, item_id=data.pop("item").pk, **data)
        return JobTypePrice.objects.select_related("job_type", "item").get(pk=made.pk)


class RemovedOutput(Shown):
    removed = serializers.UUIDField()


class RemoveJobTypePrice(Deed):
    """Charge the item no more on jobs of this type."""

    may = May.EDIT_PRICES
    InputSerializer = Nothing
    OutputSerializer = RemovedOutput

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return JobTypePrice.objects.all()

    def do(self, data: dict[str, Any]) -> dict[str, Any]:
        """Remove."""
        actions.remove_job_type_price(self.thing.pk)
        return {"removed": self.thing.uuid}


class TaxRates(Listing):
    """The sales tax rates; the closest to the address of the work applies."""

    may = May.SEE_MONEY
    OutputSerializer = TaxRateOutput
    order = ("state", "city", "pk")

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return TaxRate.objects.all()


class TaxRateInput(Input):
    """A sales tax rate of a state, or of a city in it."""

    name = Text(most=60)
    agency = Text(most=41, help_text="The agency's vendor name in QuickBooks.")
    quickbooks_item = Text(most=31, required=False, allow_blank=False)
    state = OneOf(choices=list(STATES))
    city = Text(most=60, required=False)
    percent = Amount(whole=2, places=4)
    is_active = YesNo(required=False)


class AddTaxRate(Deed):
    """A new sales tax rate."""

    may = May.EDIT_PRICES
    status = 201
    InputSerializer = TaxRateInput
    OutputSerializer = TaxRateOutput

    def do(self, data: dict[str, Any]) -> TaxRate:
        """Add."""
        return actions.add_tax_rate(**data)


class EditTaxRate(Deed):
    """Change or retire a rate; what is not sent stays. A percent that was billed stays as it is."""

    may = May.EDIT_PRICES
    OutputSerializer = TaxRateOutput

    class InputSerializer(TaxRateInput):
        name = Text(most=60, required=False, allow_blank=False)
        agency = Text(most=41, required=False, allow_blank=False)
        state = OneOf(choices=list(STATES), required=False)
        percent = Amount(whole=2, places=4, required=False)

    def rows(self) -> QuerySet[Any]:
        """All of them."""
        return TaxRate.objects.all()

    def do(self, data: dict[str, Any]) -> TaxRate:
        """Change."""
        return actions.edit_tax_rate(self.thing.pk, **data)
