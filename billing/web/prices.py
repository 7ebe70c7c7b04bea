"""The price book: items, what each job type is charged, and the sales tax rates."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID, uuid4

import django_filters as filters
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from dispatch.models import JobType
from fsm.permissions import May, allowed, requires
from fsm.templatetags.ui import pill, state
from fsm.web.pages import fragment, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import ItemKind, JobTypePrice, PriceItem, TaxRate
from .asking import Deed, answer, typed
from .cells import NOTHING, two
from .forms import JobTypePriceForm, NothingForm, PriceForm, TaxRateForm, price_text
from .invoices import asks

TONES = {
    ItemKind.LABOR: ("blue", "wrench"),
    ItemKind.PART: ("teal", "box"),
    ItemKind.REFRIGERANT: ("violet", "snowflake"),
    ItemKind.FEE: ("grey", "tag"),
}


class PriceFilter(filters.FilterSet):  # type: ignore[misc]
    """Kind, and whether it is in use."""

    kind = filters.ChoiceFilter(
        label=gettext_lazy("Kind"), choices=ItemKind.choices, empty_label=gettext_lazy("Any")
    )
    is_active = filters.ChoiceFilter(
        label=gettext_lazy("In use"),
        choices=[("True", gettext_lazy("In use")), ("False", gettext_lazy("Retired"))],
        empty_label=gettext_lazy("All"),
    )

    class Meta:
        model = PriceItem
        fields: list[str] = []


COLUMNS = [
    Column("name", gettext_lazy("Item"), lambda row: two(row.name, row.code), ("name",)),
    Column(
        "kind",
        gettext_lazy("Kind"),
        lambda row: pill(row.get_kind_display(), *TONES[ItemKind(row.kind)]),
        ("kind", "name"),
    ),
    Column("stock", gettext_lazy("Stock"), lambda row: _stock(row), ("part__number",)),
    Column("price", gettext_lazy("Price"), lambda row: f"${price_text(row.price)}", ("price",), "right"),
    Column("unit", gettext_lazy("per"), lambda row: row.unit, ("unit",)),
    Column("tax", gettext_lazy("Taxable"), lambda row: _("yes") if row.is_taxable else _("no")),
    Column("account", gettext_lazy("Income account"), lambda row: row.income_account, ("income_account",)),
    Column(
        "state",
        gettext_lazy("State"),
        lambda row: state("active", _("In use")) if row.is_active else state("inactive", _("Retired")),
        ("is_active",),
    ),
]


def _stock(row: PriceItem) -> str:
    if row.part is not None:
        return row.part.number
    return row.refrigerant.designation if row.refrigerant is not None else NOTHING


@require_safe
@requires(May.SEE_MONEY)
def prices(request: HttpRequest) -> HttpResponse:
    """Everything we charge for."""
    may_edit = allowed(request.user, May.EDIT_PRICES)
    table = Table(
        request,
        PriceItem.objects.visible_to(request.user).select_related("part", "refrigerant"),
        COLUMNS,
        url=(lambda row: reverse("billing:edit-price", args=[row.uuid])) if may_edit else None,
        filterset=PriceFilter,
        search=lambda found, query: found.matching(query),  # type: ignore[attr-defined]
        search_label=_("Name, code or part number"),
        default_sort="kind",
        empty_title=_("The price book is empty"),
        empty_text=_("Add what you charge for: labor, fees, parts and refrigerant. Drafts are priced by it."),
    )
    return render_page(request, "billing/prices.html", {"table": table, "tab": "items"})


@require_safe
@requires(May.SEE_MONEY)
def find_price(request: HttpRequest) -> HttpResponse:
    """Items of the book as one types."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    found = PriceItem.objects.visible_to(request.user).filter(is_active=True).matching(query)
    items = list(found.select_related("part")[:12]) if query else []
    return fragment(request, "billing/_found_prices.html", {"items": items})


def _book() -> str:
    return reverse("billing:prices")


@asks
@requires(May.EDIT_PRICES)
def add_price(request: HttpRequest) -> HttpResponse:
    """A new line of the book."""
    return answer(
        request,
        Deed(
            title=_("Add to the price book"),
            button=_("Add it"),
            done=lambda item: _("%(item)s is in the book.") % {"item": item.name},
            form=PriceForm(initial={"once": uuid4(), "unit": "each"}, **typed(request)),
            do=lambda form: actions.add_price_item(uuid=form.cleaned_data["once"], **form.values()),
            back=_book(),
            columns="two",
        ),
    )


@asks
@requires(May.EDIT_PRICES)
def edit_price(request: HttpRequest, item_uuid: UUID) -> HttpResponse:
    """Change a line of the book; drafts that stand keep their prices."""
    items = PriceItem.objects.visible_to(request.user).select_related("part")
    item = get_object_or_404(items, uuid=item_uuid)
    return answer(
        request,
        Deed(
            title=_("Change %(item)s") % {"item": item.name},
            text=_("Drafts and invoices keep the price they were written with."),
            button=_("Save"),
            done=_("%(item)s is changed.") % {"item": item.name},
            form=PriceForm.of(item, **typed(request)),
            do=lambda form: actions.edit_price_item(
                item.pk,
                version=form.cleaned_data["version"] or 0,
                is_active=form.cleaned_data["is_active"],
                **form.values(),
            ),
            back=_book(),
            columns="two",
            version_now=lambda: PriceItem.objects.values_list("version", flat=True).get(pk=item.pk),
        ),
    )


@require_safe
@requires(May.SEE_MONEY)
def job_types(request: HttpRequest) -> HttpResponse:
    """What each job type is charged beside parts and refrigerant."""
    by_type: dict[int, list[Any]] = defaultdict(list)
    for price in JobTypePrice.objects.select_related("item").order_by("pk"):
        by_type[price.job_type_id].append(price)
    rows = [(kind, by_type[kind.pk]) for kind in JobType.objects.filter(is_active=True)]
    return render_page(request, "billing/job_type_prices.html", {"rows": rows, "tab": "job-types"})


@asks
@requires(May.EDIT_PRICES)
def set_job_type_price(request: HttpRequest) -> HttpResponse:
    """Charge an item on every job of a type."""
    initial = {"least": "1", "job_type": request.GET.get("job_type", "")}
    return answer(
        request,
        Deed(
            title=_("Charge on a job type"),
            text=_("An item that is charged already gets the new basis and quantity."),
            button=_("Save"),
            done=_("Jobs completed from now on are charged so."),
            form=JobTypePriceForm(initial=initial, **typed(request)),
            do=_set_job_type_price,
            back=reverse("billing:job-type-prices"),
            columns="two",
        ),
    )


def _set_job_type_price(form: JobTypePriceForm) -> JobTypePrice:
    values = form.cleaned_data
    return actions.set_job_type_price(
        form.job_type_id, item_id=values["item"].pk, basis=values["basis"], least=values["least"]
    )


@asks
@requires(May.EDIT_PRICES)
def remove_job_type_price(request: HttpRequest, price_uuid: UUID) -> HttpResponse:
    """Charge an item no more on jobs of a type."""
    price = get_object_or_404(JobTypePrice.objects.select_related("job_type", "item"), uuid=price_uuid)
    return answer(
        request,
        Deed(
            title=_("Charge it no more"),
            text=_("%(item)s will not be charged on jobs of the type %(type)s.")
            % {"item": price.item.name, "type": price.job_type.name},
            button=_("Charge it no more"),
            danger=True,
            done=_("%(item)s is not charged any more.") % {"item": price.item.name},
            form=NothingForm(**typed(request)),
            do=lambda form: actions.remove_job_type_price(price.pk),
            back=reverse("billing:job-type-prices"),
        ),
    )


@require_safe
@requires(May.SEE_MONEY)
def taxes(request: HttpRequest) -> HttpResponse:
    """The sales tax rates."""
    rates = list(TaxRate.objects.order_by("-is_active", "state", "city"))
    return render_page(request, "billing/taxes.html", {"rates": rates, "tab": "taxes"})


@asks
@requires(May.EDIT_PRICES)
def add_tax_rate(request: HttpRequest) -> HttpResponse:
    """A new sales tax rate."""
    return answer(
        request,
        Deed(
            title=_("Add a sales tax rate"),
            text=_("The address of the work decides: its city's rate, else its state's."),
            button=_("Add it"),
            done=lambda rate: _("%(rate)s is in use.") % {"rate": rate.name},
            form=TaxRateForm(**typed(request)),
            do=lambda form: actions.add_tax_rate(**form.cleaned_data),
            back=reverse("billing:taxes"),
            columns="two",
        ),
    )


@asks
@requires(May.EDIT_PRICES)
def edit_tax_rate(request: HttpRequest, rate_uuid: UUID) -> HttpResponse:
    """Change or retire a rate."""
    rate = get_object_or_404(TaxRate, uuid=rate_uuid)
    return answer(
        request,
        Deed(
            title=_("Change %(rate)s") % {"rate": rate.name},
            button=_("Save"),
            done=_("%(rate)s is changed.") % {"rate": rate.name},
            form=TaxRateForm.of(rate, **typed(request)),
            do=lambda form: actions.edit_tax_rate(rate.pk, **form.cleaned_data),
            back=reverse("billing:taxes"),
            columns="two",
        ),
    )
