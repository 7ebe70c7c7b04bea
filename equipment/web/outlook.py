"""Which units to talk about replacing, and the opportunities that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import django_filters as filters
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.looks import Sensitive, hands_out, saw
from fsm.models import Branch
from fsm.permissions import May, requires
from fsm.spreadsheets import csv_file
from fsm.templatetags.ui import state
from fsm.web.pages import render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..models import Category, Circuit, Opportunity, OpportunityKind, Refrigerant, Unit, Warranty
from ..outlook import Outlook
from ..outlook_rows import outlooks
from ..states import OPPORTUNITY_STATES, OpportunityState
from ..warranties import add_months
from ..wording import translated
from .common import day_said, seen_unit, word_said

PER_PAGE = 50
AGES = (10, 12, 15, 18, 20)


class OutlookFilter(filters.FilterSet):  # type: ignore[misc]
    """By category, refrigerant, age, branch and whether parts are still covered."""

    category = filters.ChoiceFilter(label=_("Category"), choices=Category.choices, empty_label=_("Any"))
    refrigerant = filters.ChoiceFilter(label=_("Refrigerant"), empty_label=_("Any"), method="by_refrigerant")
    age = filters.ChoiceFilter(label=_("Age"), empty_label=_("Any"), method="by_age")
    branch = filters.ChoiceFilter(label=_("Branch"), empty_label=_("Any"), field_name="site__branch")
    warranty = filters.ChoiceFilter(
        label=_("Parts warranty"),
        choices=[("on_record", gettext_lazy("On record")), ("none", gettext_lazy("None on record"))],
        empty_label=_("Any"),
        method="by_warranty",
    )

    class Meta:
        model = Unit
        fields = ("category",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Refrigerant.objects.values_list("designation", flat=True)
        branches = Branch.objects.visible_to(self.request.user).order_by("name")
        self.filters["refrigerant"].extra["choices"] = [(name, name) for name in names]
        self.filters["branch"].extra["choices"] = [(str(row.pk), row.name) for row in branches]
        self.filters["age"].extra["choices"] = [
            (str(years), _("%(n)d years and more") % {"n": years}) for years in AGES
        ]

    def by_refrigerant(self, units: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        """Units with a circuit of the refrigerant."""
        return units.filter(
            Exists(Circuit.objects.filter(unit=OuterRef("pk"), refrigerant__designation=value))
        )

    def by_age(self, units: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        """Installed at least so many years ago."""
        return units.filter(installed_on__lte=add_months(_today(), -12 * int(value)))

    def by_warranty(self, units: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        """With or without a parts warranty on record."""
        there = Exists(Warranty.objects.filter(unit=OuterRef("pk"), kind="parts"))
        return units.filter(there) if value == "on_record" else units.filter(~there)


@dataclass(frozen=True)
class Line:
    """A unit of the list, with why."""

    unit: Unit
    outlook: Outlook
    reasons: Sequence[str]
    opportunity: Opportunity | None


def _today() -> Any:
    return today_in(the_company().time_zone, clock_now())


def _ranked(request: HttpRequest) -> tuple[Any, list[Outlook]]:
    filtered = OutlookFilter(
        request.GET or None, queryset=Unit.objects.visible_to(request.user), request=request
    )
    return filtered.form, outlooks(filtered.qs, on=_today())


def _lines(request: HttpRequest, ranked: Sequence[Outlook]) -> list[Line]:
    keys: list[Any] = [row.key for row in ranked]
    units = Unit.objects.for_list().in_bulk(keys)
    open_ones = {
        row.unit_id: row
        for row in Opportunity.objects.open().filter(unit__in=keys, kind=OpportunityKind.REPLACEMENT)
    }
    return [
        Line(
            units[row.key],
            row,
            [translated(reason.sentence) for reason in row.reasons],
            open_ones.get(row.key),  # type: ignore[call-overload]
        )
        for row in ranked
        if row.key in units
    ]


@require_safe
@requires(May.SEE_EQUIPMENT)
def outlook(request: HttpRequest) -> HttpResponse:
    """Units by how much speaks for replacing them, with the reasons."""
    form, ranked = _ranked(request)
    paginator = Paginator(ranked, PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    params = request.GET.copy()
    params.pop("page", None)
    context = {
        "form": form,
        "lines": _lines(request, list(page.object_list)),
        "table": {
            "page": page,
            "pages": list(paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)),
            "query": params.urlencode(),
            "total": paginator.count,
        },
        "is_filtered": bool(params),
        "query": params.urlencode(),
    }
    return render_page(request, "equipment/outlook.html", context)


@hands_out(Sensitive.EXPORT)
@require_safe
@requires(May.SEE_EQUIPMENT)
def outlook_csv(request: HttpRequest) -> HttpResponse:
    """The same list, for a campaign: whom to write to, about what, and why."""
    _form, ranked = _ranked(request)
    saw(Sensitive.EXPORT, detail=_("Replacement outlook"))
    headings = (
        _("Score"), _("Customer"), _("Street"), _("City"), _("State"), _("ZIP"), _("Unit"), _("Maker"),
        _("Model"), _("Serial"), _("Installed"), _("Why"),
    )  # fmt: skip
    rows = (
        (
            line.outlook.score, line.unit.site.customer.name, line.unit.site.street, line.unit.site.city,
            line.unit.site.state, line.unit.site.postal_code, str(line.unit),
            line.unit.maker.name if line.unit.maker else "", line.unit.model_number, line.unit.serial,
            line.unit.installed_on or "", " ".join(line.reasons),
        )
        for line in _lines(request, ranked)
    )  # fmt: skip
    answer = HttpResponse(csv_file(headings, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="replacement-outlook-{_today()}.csv"'
    return answer


@require_POST
@requires(May.EDIT_EQUIPMENT)
def open_opportunity(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Put the unit's outlook among the opportunities; where one is open it grows stronger."""
    unit = seen_unit(request, unit_uuid)
    found = next(iter(outlooks(Unit.objects.filter(pk=unit.pk), on=_today())), None)
    row = actions.raise_opportunity(
        unit.pk,
        kind=OpportunityKind.REPLACEMENT,
        summary=_("Replace %(unit)s") % {"unit": f"{unit} {unit.serial}".strip()},
        reasons=[str(reason.sentence) for reason in found.reasons] if found else [],
        score=found.score if found else 0,
    )
    words = (
        _("The opportunity is open.")
        if row.times_seen == 1
        else _("It was open already and is stronger now.")
    )
    messages.success(request, words)
    return redirect("equipment:opportunities")


# Opportunities ---------------------------------------------------------------------------------------

OPPORTUNITIES = [
    Column("score", gettext_lazy("Score"), lambda row: row.score, ("score",), "right"),
    Column("summary", gettext_lazy("Opportunity"), lambda row: row.summary, ("summary",)),
    Column("kind", gettext_lazy("Kind"), lambda row: row.get_kind_display(), ("kind",)),
    Column(
        "customer", gettext_lazy("Customer"), lambda row: row.site.customer.name, ("site__customer__name",)
    ),
    Column("state", gettext_lazy("State"), lambda row: state(row.state, row.get_state_display()), ("state",)),
    Column(
        "again",
        gettext_lazy("Again on"),
        lambda row: date_format(row.snoozed_until) if row.snoozed_until else "",
        ("snoozed_until",),
    ),
    Column("seen", gettext_lazy("Seen"), lambda row: row.times_seen, ("times_seen",), "right"),
]


class OpportunityFilter(filters.FilterSet):  # type: ignore[misc]
    """By kind and state; open ones where no state is asked for."""

    kind = filters.ChoiceFilter(label=_("Kind"), choices=OpportunityKind.choices, empty_label=_("Any"))
    state = filters.ChoiceFilter(
        label=_("State"),
        choices=[("all", gettext_lazy("All")), *OpportunityState.choices],
        empty_label=_("Open"),
        method="by_state",
    )

    class Meta:
        model = Opportunity
        fields = ("kind",)

    def by_state(self, rows: QuerySet[Opportunity], name: str, value: str) -> QuerySet[Opportunity]:
        """Those of the state; `all` for every one."""
        return rows if value == "all" else rows.filter(state=value)


@require_safe
@requires(May.SEE_EQUIPMENT)
def opportunities(request: HttpRequest) -> HttpResponse:
    """Work that somebody should offer, the strongest first."""
    rows = Opportunity.objects.visible_to(request.user).select_related("site__customer", "unit")
    table = Table(
        request,
        rows if request.GET.get("state") else rows.open(),
        OPPORTUNITIES,
        url=lambda row: reverse("equipment:opportunity", args=[row.uuid]),
        filterset=OpportunityFilter,
        search=lambda rows, text: (
            rows.filter(summary__icontains=text) | rows.filter(site__customer__name__icontains=text)
        ),
        search_label=_("What it is about, or customer"),
        default_sort="-score",
        empty_title=_("No open opportunities"),
        empty_text=_("They are opened from the replacement outlook, or from a unit's page."),
    )
    context = {"table": table, "heading": _("Opportunities"), "icon": "star"}
    return render_page(request, "equipment/list.html", context)


def _seen(request: HttpRequest, opportunity_uuid: UUID) -> Opportunity:
    rows = Opportunity.objects.visible_to(request.user).select_related("site__customer", "unit__maker")
    return get_object_or_404(rows, uuid=opportunity_uuid)


@require_safe
@requires(May.SEE_EQUIPMENT)
def opportunity(request: HttpRequest, opportunity_uuid: UUID) -> HttpResponse:
    """Why to call, and what may be done about it."""
    row = _seen(request, opportunity_uuid)
    can = {target.value: OPPORTUNITY_STATES.allows(row.state, target) for target in OpportunityState}
    return render_page(request, "equipment/opportunity.html", {"row": row, "can": can, "today": _today()})


def _back(request: HttpRequest, row: Opportunity, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect("equipment:opportunity", row.uuid)


@require_POST
@requires(May.EDIT_EQUIPMENT)
def triage_opportunity(request: HttpRequest, opportunity_uuid: UUID) -> HttpResponse:
    """Somebody looked at it and keeps it."""
    row = _seen(request, opportunity_uuid)
    actions.triage_opportunity(row.pk, because=word_said(request, "because"))
    return _back(request, row, _("Looked at."))


@require_POST
@requires(May.EDIT_EQUIPMENT)
def contact_about_opportunity(request: HttpRequest, opportunity_uuid: UUID) -> HttpResponse:
    """We are talking to the customer."""
    row = _seen(request, opportunity_uuid)
    actions.contact_about_opportunity(row.pk)
    return _back(request, row, _("Talking to the customer."))


@require_POST
@requires(May.EDIT_EQUIPMENT)
def snooze_opportunity(request: HttpRequest, opportunity_uuid: UUID) -> HttpResponse:
    """Put it off until a day."""
    row = _seen(request, opportunity_uuid)
    until = day_said(request, "until")
    actions.snooze_opportunity(row.pk, until=until, today=_today())
    return _back(request, row, _("It comes back on %(day)s.") % {"day": date_format(until)})


@require_POST
@requires(May.EDIT_EQUIPMENT)
def dismiss_opportunity(request: HttpRequest, opportunity_uuid: UUID) -> HttpResponse:
    """Nothing will come of it, for a reason."""
    row = _seen(request, opportunity_uuid)
    actions.dismiss_opportunity(row.pk, because=word_said(request, "because"))
    return _back(request, row, _("Dismissed. It can be brought back."))
