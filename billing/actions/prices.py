"""The price book, what each job type is charged, and the sales tax rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from fsm.states import NotPossible, Stale

from ..models import InvoiceTax, ItemKind, JobTypePrice, PriceBasis, PriceItem, TaxRate
from ..states import InvoiceState

ITEM_FIELDS = frozenset(
    {"code", "name", "kind", "price", "unit", "is_taxable", "part_id", "refrigerant_id", "income_account"}
)
RATE_FIELDS = frozenset({"name", "agency", "quickbooks_item", "state", "city", "percent", "is_active"})
HIGHEST = Decimal(30)  # percent


@transaction.atomic
def add_price_item(*, uuid: UUID | None = None, **fields: Any) -> PriceItem:
    """A new line of the price book; the same uuid twice is the same line."""
    _only(fields, ITEM_FIELDS)
    standing = PriceItem.objects.filter(uuid=uuid).first() if uuid else None
    if standing is not None:
        return standing
    item = PriceItem(uuid=uuid or uuid4(), **fields)
    _save_item(item, None)
    return item


@transaction.atomic
def edit_price_item(item_id: int, *, version: int, is_active: bool, **fields: Any) -> PriceItem:
    """Change a line of the price book. Drafts and invoices keep the prices they were written with."""
    _only(fields, ITEM_FIELDS)
    item = PriceItem.objects.select_for_update(no_key=True).get(pk=item_id)
    if item.version != version:
        raise Stale(
            _("Somebody changed this price in the meantime. Your change was not saved."),
            theirs={"name": item.name, "price": item.price},
        )
    for name, value in fields.items():
        setattr(item, name, value)
    item.is_active = is_active
    item.version += 1
    _save_item(item, [*fields, "is_active", "version"])
    return item


@transaction.atomic
def set_job_type_price(
    job_type_id: int, *, item_id: int, basis: str, least: Decimal, uuid: UUID | None = None
) -> JobTypePrice:
    """Charge an item on every job of a type: once, or by the hours on site, and at least so much."""
    if basis not in PriceBasis.values:
        raise NotPossible(_("Choose once a job or by hours."), field="basis")
    if not 0 < least < 1000:
        raise NotPossible(_("The quantity must be more than zero. Nothing was saved."), field="least")
    standing = JobTypePrice.objects.select_for_update(no_key=True)
    price = standing.filter(job_type=job_type_id, item=item_id).first()
    if price is None:
        return JobTypePrice.objects.create(
            uuid=uuid or uuid4(), job_type_id=job_type_id, item_id=item_id, basis=basis, least=least
        )
    price.basis, price.least = basis, least
    price.save(update_fields=["basis", "least"])
    return price


@transaction.atomic
def remove_job_type_price(price_id: int) -> None:
    """Charge the item no more on jobs of this type; a draft loses it when the job is drafted again."""
    JobTypePrice.objects.get(pk=price_id).delete()


@transaction.atomic
def add_tax_rate(**fields: Any) -> TaxRate:
    """A sales tax rate for a state, or for a city in it."""
    _only(fields, RATE_FIELDS)
    rate = TaxRate(**fields)
    _save_rate(rate, None)
    return rate


@transaction.atomic
def edit_tax_rate(rate_id: int, **fields: Any) -> TaxRate:
    """Change a rate. Once invoices were issued at its percent, that stays: retire it and add the new one."""
    _only(fields, RATE_FIELDS)
    rate = TaxRate.objects.select_for_update(no_key=True).get(pk=rate_id)
    issued = InvoiceTax.objects.filter(rate=rate).exclude(invoice__state=InvoiceState.DRAFT)
    if fields.get("percent", rate.percent) != rate.percent and issued.exists():
        raise NotPossible(
            _("Invoices were issued at %(percent)s %%. Retire this rate and add the new one beside it.")
            % {"percent": f"{rate.percent.normalize():f}"},
            field="percent",
        )
    for name, value in fields.items():
        setattr(rate, name, value)
    _save_rate(rate, [*fields])
    return rate


def _save_item(item: PriceItem, fields: list[str] | None) -> None:
    if item.kind not in ItemKind.values:
        raise NotPossible(_("Choose what kind of item it is."), field="kind")
    if not 0 <= item.price < 1_000_000:
        raise NotPossible(_("A price cannot be negative. Nothing was saved."), field="price")
    if item.kind == ItemKind.PART and item.part_id is None:
        raise NotPossible(_("Choose which part of the stock this is the price of."), field="part")
    if item.kind == ItemKind.REFRIGERANT and item.refrigerant_id is None:
        raise NotPossible(_("Choose which refrigerant this is the price of."), field="refrigerant")
    taken = {
        "code": PriceItem.objects.filter(code=item.code),
        "part": PriceItem.objects.filter(part__isnull=False, part=item.part_id),
        "refrigerant": PriceItem.objects.filter(refrigerant__isnull=False, refrigerant=item.refrigerant_id),
    }
    for field, others in taken.items():
        other = others.exclude(pk=item.pk).first()
        if other is not None:
            raise NotPossible(_("The book already has it: %(item)s.") % {"item": other}, field=field)
    try:
        with transaction.atomic():
            item.save(update_fields=fields)
    except IntegrityError:
        raise NotPossible(_("Somebody added the same item at this moment. Look at the book again.")) from None


def _save_rate(rate: TaxRate, fields: list[str] | None) -> None:
    if not 0 <= rate.percent < HIGHEST:
        raise NotPossible(_("A sales tax is between 0 and 30 percent."), field="percent")
    others = TaxRate.objects.exclude(pk=rate.pk)
    here = others.filter(state=rate.state, city__iexact=rate.city, is_active=True).first()
    if rate.is_active and here is not None:
        raise NotPossible(
            _("%(rate)s is in use for this place. Retire it first.") % {"rate": here}, field="city"
        )
    if others.filter(name=rate.name).exists():
        raise NotPossible(_("There is already a rate of this name."), field="name")
    if others.filter(quickbooks_item=rate.quickbooks_item).exclude(percent=rate.percent).exists():
        raise NotPossible(
            _("Another rate with a different percent uses this QuickBooks item. Give this one its own."),
            field="quickbooks_item",
        )
    try:
        with transaction.atomic():
            rate.save(update_fields=fields)
    except IntegrityError:
        raise NotPossible(_("Somebody changed the rates at this moment. Look at them again.")) from None


def _only(fields: dict[str, Any], known: frozenset[str]) -> None:
    if unknown := fields.keys() - known:
        raise TypeError(f"unknown fields: {', '.join(sorted(unknown))}")
