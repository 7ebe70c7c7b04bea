"""The registers an inspector asks for: open clocks, exceedances, inspections due, chronic leakers."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Callable
from datetime import date
from typing import Any

import django_filters as filters
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.templatetags.ui import pill, state
from fsm.web.audit import download, wants_file
from fsm.web.pages import refuse_in_form, render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..compliance.choices import Choices
from ..compliance_rows import the_settings
from ..models import ChronicLeaker, ComplianceCategory, LeakCase, Unit
from ..querysets import LeakCaseQuerySet
from ..states import CASE_CLOSED, CaseState
from ..wording import said
from .compliance_forms import SettingsForm

WHAT: dict[str, Any] = {
    "inspection": gettext_lazy("Inspection"),
    "repair": gettext_lazy("Repair"),
    "initial_test": gettext_lazy("Initial test"),
    "follow_up_test": gettext_lazy("Follow-up test"),
    "plan": gettext_lazy("Plan"),
    "plan_completion": gettext_lazy("Completion of the plan"),
}


def _site(row: Any) -> str:
    return str(row.circuit.unit.site.one_line)


def _place(prefix: str = "") -> list[Column]:
    path = f"{prefix}circuit__unit__site"
    return [
        Column(
            "circuit",
            gettext_lazy("Circuit"),
            lambda row: f"{row.circuit.unit} · {row.circuit.label}",
            (f"{prefix}circuit__unit__name", f"{prefix}circuit__unit__category"),
        ),
        Column(
            "customer",
            gettext_lazy("Customer"),
            lambda row: row.circuit.unit.site.customer.name,
            (f"{path}__customer__name",),
        ),
        Column("site", gettext_lazy("Site"), _site, (f"{path}__street",)),
        Column(
            "refrigerant",
            gettext_lazy("Refrigerant"),
            lambda row: row.circuit.refrigerant.designation,
            (f"{prefix}circuit__refrigerant__designation",),
        ),
    ]


def _rate(row: Any) -> str:
    return f"{row.percent:.2f} %"


def _due(on: date | None, today: date) -> Any:
    if on is None:
        return ""
    left = (on - today).days
    if left < 0:
        return pill(_("%(day)s, overdue") % {"day": said(on)}, "red", "warning")
    return pill(_("%(day)s, %(n)d days left") % {"day": said(on), "n": left}, "amber" if left < 8 else "grey")


OPENED = Column("opened", gettext_lazy("Exceeded"), lambda row: said(row.opened_on), ("opened_on",))
RATE = Column("rate", gettext_lazy("Leak rate"), _rate, ("percent",), "right")
RULES = Column("rules", gettext_lazy("Rule"), lambda row: row.rules.replace(",", ", "), ("rules",))
STATE = Column(
    "state", gettext_lazy("State"), lambda row: state(row.state, row.get_state_display()), ("state",)
)


class CaseFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, by rule, by category."""

    state = filters.ChoiceFilter(label=gettext_lazy("State"), choices=CaseState.choices)
    rules = filters.ChoiceFilter(
        label=gettext_lazy("Rule"),
        choices=[("82.157", "82.157"), ("84.106", "84.106")],
        lookup_expr="contains",
    )
    category = filters.ChoiceFilter(
        label=gettext_lazy("Category"), field_name="circuit__category", choices=ComplianceCategory.choices
    )

    class Meta:
        model = LeakCase
        fields: tuple[str, ...] = ()


def _cases(user: Any) -> LeakCaseQuerySet:
    return LeakCase.objects.visible_to(user).select_related(
        "circuit__refrigerant", "circuit__unit__site__customer"
    )


def _search(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    found = Q()
    for word in text.split()[:6]:
        found &= (
            Q(circuit__unit__serial__icontains=word)
            | Q(circuit__unit__name__icontains=word)
            | Q(circuit__unit__site__customer__name__icontains=word)
            | Q(circuit__unit__site__street__icontains=word)
            | Q(circuit__refrigerant__designation__icontains=word)
        )
    return rows.filter(found)


def _today() -> date:
    return today_in(the_company().time_zone, clock_now())


def _register(
    request: HttpRequest,
    rows: QuerySet[Any],
    columns: list[Column],
    *,
    heading: Any,
    subtitle: Any,
    name: str,
    sort: str,
    url: Callable[[Any], str],
    empty: tuple[str, str],
    filterset: Any = None,
    plain: dict[str, Callable[[Any], Any]] | None = None,
) -> HttpResponse:
    """A register as a page, or with ?as=csv every row of it that the filters leave."""
    if wants_file(request):
        if filterset is not None:
            rows = filterset(request.GET, queryset=rows, request=request).qs
        if text := request.GET.get("q", "").strip()[:200].replace("\x00", ""):
            rows = _search(rows, text)
        words = plain or {}
        cells = [
            [words.get(column.key, column.value)(row) for column in columns]
            for row in rows.order_by(
                *next(column.sort for column in columns if column.key == sort.lstrip("-"))
            )
        ]
        return download(name, [column.label for column in columns], cells)
    table = Table(
        request,
        rows,
        columns,
        url=url,
        filterset=filterset,
        search=_search,
        search_label=_("Customer, street, serial or refrigerant"),
        default_sort=sort,
        empty_title=empty[0],
        empty_text=empty[1],
    )
    params = request.GET.copy()
    params["as"] = "csv"
    context = {
        "table": table,
        "heading": heading,
        "subtitle": subtitle,
        "csv_url": f"?{params.urlencode()}",
        "counts": _counts(request.user),
    }
    return render_page(request, "equipment/register.html", context)


def _counts(user: Any) -> dict[str, int]:
    cases = LeakCase.objects.visible_to(user)
    today = _today()
    return {
        "open": cases.open().count(),
        "overdue": cases.open().filter(next_due_on__lt=today).count(),
        "inspections": cases.filter(next_inspection_on__isnull=False).count(),
    }


def _case_url(row: Any) -> str:
    return reverse("equipment:case", args=[row.uuid])


@require_safe
@requires(May.SEE_EQUIPMENT)
def compliance(request: HttpRequest) -> HttpResponse:
    """Open clocks: every case that is not over, the soonest deadline first."""
    today = _today()
    columns = [
        *_place(),
        OPENED,
        RATE,
        RULES,
        STATE,
        Column(
            "what",
            gettext_lazy("What is due"),
            lambda row: WHAT.get(row.next_due_what, ""),
            ("next_due_what",),
        ),
        Column("due", gettext_lazy("Due"), lambda row: _due(row.next_due_on, today), ("next_due_on",)),
    ]
    return _register(
        request,
        _cases(request.user).open(),
        columns,
        heading=_("Open clocks"),
        subtitle=_("Circuits over their trigger rate, with what is due next."),
        name="open-clocks",
        sort="due",
        url=_case_url,
        filterset=CaseFilter,
        empty=(_("No clock runs"), _("A clock starts when an addition shows a leak rate over its trigger.")),
        plain={
            "state": lambda row: row.get_state_display(),
            "due": lambda row: row.next_due_on.isoformat() if row.next_due_on else "",
        },
    )


@require_safe
@requires(May.SEE_EQUIPMENT)
def exceedances(request: HttpRequest) -> HttpResponse:
    """Every case there was, and how it ended."""
    columns = [
        *_place(),
        OPENED,
        RATE,
        RULES,
        STATE,
        Column(
            "closed",
            gettext_lazy("Ended"),
            lambda row: said(row.closed_on) if row.closed_on else "",
            ("closed_on",),
        ),
        Column("why", gettext_lazy("Why withdrawn"), lambda row: row.withdrawn_because),
    ]
    return _register(
        request,
        _cases(request.user),
        columns,
        heading=_("Exceedances"),
        subtitle=_("Every leak rate over its trigger, and what became of it."),
        name="exceedances",
        sort="-opened",
        url=_case_url,
        filterset=CaseFilter,
        empty=(_("Nothing was exceeded"), _("No circuit has been over its trigger rate.")),
        plain={"state": lambda row: row.get_state_display()},
    )


@require_safe
@requires(May.SEE_EQUIPMENT)
def inspections_due(request: HttpRequest) -> HttpResponse:
    """Leak inspections after an exceedance, the soonest first."""
    today = _today()
    columns = [
        *_place(),
        OPENED,
        STATE,
        Column(
            "inspection",
            gettext_lazy("Inspection due"),
            lambda row: _due(row.next_inspection_on, today),
            ("next_inspection_on",),
        ),
    ]
    return _register(
        request,
        _cases(request.user).filter(next_inspection_on__isnull=False),
        columns,
        heading=_("Inspections due"),
        subtitle=_("After an exceedance: 40 CFR 82.157(g), 84.106(g)."),
        name="inspections-due",
        sort="inspection",
        url=_case_url,
        filterset=CaseFilter,
        empty=(_("No inspection is due"), _("Inspections follow an exceedance, until the rate stays under.")),
        plain={
            "state": lambda row: row.get_state_display(),
            "inspection": lambda row: row.next_inspection_on.isoformat(),
        },
    )


@require_safe
@requires(May.SEE_EQUIPMENT)
def chronic_leakers(request: HttpRequest) -> HttpResponse:
    """Circuits that lost 125 % of their charge in a calendar year."""
    today = _today()
    units = Unit.objects.visible_to(request.user)
    rows = ChronicLeaker.objects.filter(circuit__unit__in=units, withdrawn_at__isnull=True).select_related(
        "circuit__refrigerant", "circuit__unit__site__customer"
    )
    columns = [
        *_place(),
        Column("year", gettext_lazy("Year"), lambda row: row.year, ("year",), "right"),
        Column("percent", gettext_lazy("Lost"), _rate, ("percent",), "right"),
        Column(
            "due",
            gettext_lazy("Report due"),
            lambda row: said(row.due_on) if row.reported_on else _due(row.due_on, today),
            ("due_on",),
        ),
        Column(
            "reported",
            gettext_lazy("Reported"),
            lambda row: said(row.reported_on) if row.reported_on else "",
            ("reported_on",),
        ),
        Column("cause", gettext_lazy("Cause"), lambda row: row.cause),
        Column("reference", gettext_lazy("Reference"), lambda row: row.reference),
    ]
    return _register(
        request,
        rows,
        columns,
        heading=_("Chronic leakers"),
        subtitle=_("125 % or more of the full charge lost in a calendar year: reported to EPA by March 1."),
        name="chronic-leakers",
        sort="-year",
        url=lambda row: reverse("equipment:report-chronic", args=[row.circuit.uuid, row.year]),
        empty=(_("No chronic leaker"), _("No circuit lost 125 % of its charge in a calendar year.")),
        plain={"due": lambda row: row.due_on.isoformat()},
    )


@require_safe
@requires(May.SEE_EQUIPMENT)
def calendar(request: HttpRequest) -> HttpResponse:
    """A month with the deadlines of its days."""
    today = _today()
    year, month = _asked_month(request, today)
    weeks = Calendar(firstweekday=6).monthdatescalendar(year, month)
    span = (weeks[0][0], weeks[-1][-1])
    cases = list(
        _cases(request.user)
        .exclude(state=CaseState.WITHDRAWN)
        .filter(Q(next_due_on__range=span) | Q(next_inspection_on__range=span))
    )
    days: dict[date, list[dict[str, Any]]] = {}
    for case in cases:
        for on, what in (
            (case.next_due_on, WHAT.get(case.next_due_what, "")),
            (case.next_inspection_on, WHAT["inspection"]),
        ):
            if on is not None and span[0] <= on <= span[1]:
                late = on < today and case.state not in CASE_CLOSED
                days.setdefault(on, []).append({"case": case, "what": what, "late": late})
    months = year * 12 + month - 1
    context = {
        "weeks": [[(day, days.get(day, []), day.month == month) for day in week] for week in weeks],
        "first": date(year, month, 1),
        "today": today,
        "before": f"?month={(months - 1) // 12}-{(months - 1) % 12 + 1:02d}",
        "after": f"?month={(months + 1) // 12}-{(months + 1) % 12 + 1:02d}",
        "count": sum(len(entries) for entries in days.values()),
        "counts": _counts(request.user),
    }
    return render_page(request, "equipment/calendar.html", context)


def _asked_month(request: HttpRequest, today: date) -> tuple[int, int]:
    try:
        asked = date.fromisoformat(f"{request.GET.get('month', '')[:7]}-01")
    except ValueError:
        asked = today
    year = min(max(asked.year, 2000), 2100)
    return year, asked.month


@requires(May.MANAGE_COMPANY)
def compliance_settings(request: HttpRequest) -> HttpResponse:
    """How the house reads what the rules leave open, and its own numbers."""
    row = the_settings()
    chosen = Choices.of(row.choices)
    initial: dict[str, Any] = {name: str(getattr(chosen, name)) for name in Choices.__dataclass_fields__}
    initial |= {
        "version": row.version,
        "reminder_days": ", ".join(str(day) for day in row.reminder_days),
        "balance_tolerance_oz": row.balance_tolerance_oz,
        "administrative_penalty": row.administrative_penalty,
        "judicial_penalty": row.judicial_penalty,
    }
    form = SettingsForm(request.POST or None, initial=initial)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            actions.set_choices(now=clock_now(), **form.values())
            messages.success(
                request, _("Saved. Where a choice changed, every rate is found anew in the background.")
            )
            return redirect("equipment:compliance-settings")
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return render_page(
        request,
        "equipment/compliance_settings.html",
        {"form": form, "counts": _counts(request.user)},
        status=status,
    )
