"""What was said to and by outside systems, and what still waits to leave the house."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters as filters
from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ..clock import now
from ..models import Exchange, ExchangeOutcome, OutboxRow, OutboxState
from ..outbox import MOST_ATTEMPTS, give_up_delivery, retry_delivery
from ..permissions import May, requires
from ..references import Reference, Resolved, resolve_many
from ..states import NotPossible
from ..templatetags.ui import pill, state
from .cells import link_to, moment, pretty, took, two, zone_of
from .pages import refuse_in_form, render_page
from .tables import Column, Table

CUT = 160


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"


class ExchangeFilter(filters.FilterSet):  # type: ignore[misc]
    """Which system, how it ended, which days."""

    system = filters.ChoiceFilter(label=gettext_lazy("System"), empty_label=gettext_lazy("Any"))
    outcome = filters.ChoiceFilter(
        label=gettext_lazy("Outcome"), choices=ExchangeOutcome.choices, empty_label=gettext_lazy("Any")
    )
    first = filters.DateFilter(
        label=gettext_lazy("From"), field_name="happened_at", lookup_expr="date__gte", widget=DayInput()
    )
    last = filters.DateFilter(
        label=gettext_lazy("until"), field_name="happened_at", lookup_expr="date__lte", widget=DayInput()
    )

    class Meta:
        model = Exchange
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        systems = Exchange.objects.order_by("system").values_list("system", flat=True).distinct()
        self.filters["system"].extra["choices"] = [(name, name) for name in systems]


def _search(rows: QuerySet[Any], query: str) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.annotate(
        said=Cast("request", TextField()), heard=Cast("answer", TextField())
    ).filter(
        Q(operation__icontains=query)
        | Q(outside_reference__icontains=query)
        | Q(problem__icontains=query)
        | Q(actor_name__icontains=query)
        | Q(said__icontains=query)
        | Q(heard__icontains=query)
    )
    return found


def _about(row: Any) -> Reference | None:
    return Reference(row.about_kind, row.about_uuid) if row.about_kind and row.about_uuid else None


def _outcome(row: Any) -> Any:
    good = row.outcome == ExchangeOutcome.OK
    return pill(row.get_outcome_display(), "green" if good else "red", "check" if good else "warning")


@require_safe
@requires(May.SEE_HOUSE)
def exchanges(request: HttpRequest) -> HttpResponse:
    """Every message to or from an outside system, newest first."""
    zone = zone_of(request)
    table = Table(
        request,
        Exchange.objects.defer("answer"),
        [
            Column(
                "when", _("When"), lambda row: two(moment(row.happened_at, zone), took(row.duration_ms)),
                ("happened_at",),
            ),
            Column("system", _("System"), lambda row: two(row.system, row.operation), ("system",)),
            Column("outcome", _("Outcome"), _outcome, ("outcome",)),
            Column("about", _("About"), lambda row: _subject(row)),
            Column("who", _("Who"), lambda row: row.actor_name or _("The house"), ("actor_name",)),
            Column("problem", _("Problem"), lambda row: row.problem[:CUT]),
        ],
        url=lambda row: reverse("fsm:exchange", args=[row.uuid]),
        filterset=ExchangeFilter,
        search=_search,
        search_label=_("Address, subject, reference, problem"),
        default_sort="-when",
        empty_title=_("Nothing has left or come in yet"),
        empty_text=_("Every e-mail and every message of another system is kept here, without its secrets."),
    )  # fmt: skip
    failed = Exchange.objects.filter(outcome=ExchangeOutcome.FAILED).count()
    return render_page(request, "fsm/exchanges.html", {"table": table, "failed": failed})


def _subject(row: Any) -> str:
    """Who a message went to, in a word."""
    request = row.request if isinstance(row.request, dict) else {}
    return str(request.get("to") or request.get("subject") or row.about_kind or "")[:CUT]


@require_safe
@requires(May.SEE_HOUSE)
def exchange(request: HttpRequest, exchange_uuid: UUID) -> HttpResponse:
    """One message whole: what was sent and answered, how long it took, who caused it."""
    row, zone = get_object_or_404(Exchange, uuid=exchange_uuid), zone_of(request)
    about = _about(row)
    known = resolve_many({about} if about else set(), request.user)
    context = {
        "row": row,
        "when": moment(row.happened_at, zone),
        "took": took(row.duration_ms),
        "outcome": _outcome(row),
        "about": known.get(about) if about else None,
        "sent": pretty(row.request) if row.request else "",
        "answered": pretty(row.answer) if row.answer else "",
    }
    return render_page(request, "fsm/exchange.html", context)


# What waits to leave ---------------------------------------------------------------------------------


class OutboxFilter(filters.FilterSet):  # type: ignore[misc]
    """What kind, and how it stands."""

    kind = filters.ChoiceFilter(label=gettext_lazy("Kind"), empty_label=gettext_lazy("Any"))
    state = filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=OutboxState.choices, empty_label=gettext_lazy("Any")
    )

    class Meta:
        model = OutboxRow
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = OutboxRow.objects.order_by("kind").values_list("kind", flat=True).distinct()
        self.filters["kind"].extra["choices"] = [(name, name) for name in kinds]


def _search_outbox(rows: QuerySet[Any], query: str) -> QuerySet[Any]:
    return rows.filter(
        Q(last_error__icontains=query)
        | Q(actor_name__icontains=query)
        | Q(outside_reference__icontains=query)
    )


def _next_try(row: Any, zone: str) -> str:
    if row.state != OutboxState.WAITING:
        return ""
    return moment(row.not_before, zone) if row.not_before else str(_("at once"))


@require_safe
@requires(May.SEE_HOUSE)
def outbox(request: HttpRequest) -> HttpResponse:
    """What must leave the house: how it stands, how often it was tried, when it is tried again."""
    zone = zone_of(request)
    table = Table(
        request,
        OutboxRow.objects.defer("payload"),
        [
            Column("since", _("Since"), lambda row: moment(row.created_at, zone), ("created_at",)),
            Column("kind", _("Kind"), lambda row: row.kind, ("kind",)),
            Column(
                "state", _("State"), lambda row: state(row.state, row.get_state_display()), ("state",)
            ),
            Column("attempts", _("Tried"), lambda row: row.attempts, ("attempts",), "right"),
            Column("next", _("Next try"), lambda row: _next_try(row, zone), ("not_before",)),
            Column("who", _("Who"), lambda row: row.actor_name or _("The house"), ("actor_name",)),
            Column("problem", _("Last problem"), lambda row: row.last_error[:CUT]),
        ],
        url=lambda row: reverse("fsm:outbox-row", args=[row.uuid]),
        filterset=OutboxFilter,
        search=_search_outbox,
        search_label=_("Problem, person or reference"),
        default_sort="-since",
        empty_title=_("Nothing waits to leave"),
        empty_text=_("E-mails and other messages stand here until the outside has taken them."),
    )  # fmt: skip
    counts = OutboxRow.objects.aggregate(
        waiting=Count("pk", filter=Q(state=OutboxState.WAITING)),
        failed=Count("pk", filter=Q(state=OutboxState.FAILED)),
    )
    chosen = request.GET.get("state", "")
    tabs = [
        ("", _("All"), not chosen, None),
        *(
            (value, label, chosen == value, counts[value])
            for value, label in ((OutboxState.WAITING, _("Waiting")), (OutboxState.FAILED, _("Given up")))
        ),
    ]
    return render_page(request, "fsm/outbox.html", {"table": table, "tabs": tabs})


class BecauseForm(forms.Form):
    """Why."""

    because = forms.CharField(label=gettext_lazy("Why"), max_length=300)


def _outbox_page(
    request: HttpRequest, row: OutboxRow, form: forms.Form, *, status: int = 200
) -> HttpResponse:
    about, zone = Reference(row.about_kind, row.about_uuid), zone_of(request)
    talks = Exchange.objects.filter(outbox_uuid=row.uuid).order_by("-happened_at", "-pk")[:50]
    found: Resolved | None = resolve_many({about}, request.user).get(about)
    context = {
        "row": row,
        "form": form,
        "about": link_to(found, row.about_kind),
        "since": moment(row.created_at, zone),
        "done": moment(row.done_at, zone) if row.done_at else "",
        "next": _next_try(row, zone),
        "most": MOST_ATTEMPTS,
        "waits": row.state == OutboxState.WAITING,
        "sent": row.state == OutboxState.SENT,
        "talks": [
            (talk, moment(talk.happened_at, zone), took(talk.duration_ms), _outcome(talk)) for talk in talks
        ],
    }
    return render_page(request, "fsm/outbox_row.html", context, status=status)


@require_safe
@requires(May.SEE_HOUSE)
def outbox_row(request: HttpRequest, outbox_uuid: UUID) -> HttpResponse:
    """One message that must leave, with every attempt."""
    return _outbox_page(request, get_object_or_404(OutboxRow, uuid=outbox_uuid), BecauseForm())


@require_POST
@requires(May.RUN_HOUSE)
def retry(request: HttpRequest, outbox_uuid: UUID) -> HttpResponse:
    """Try to deliver it now."""
    row = get_object_or_404(OutboxRow, uuid=outbox_uuid)
    retry_delivery(row.pk)
    messages.success(request, _("It is being delivered now; this page shows how it went in a moment."))
    return redirect("fsm:outbox-row", row.uuid)


@require_POST
@requires(May.RUN_HOUSE)
def give_up(request: HttpRequest, outbox_uuid: UUID) -> HttpResponse:
    """Stop trying, and say why."""
    row = get_object_or_404(OutboxRow, uuid=outbox_uuid)
    form, status = BecauseForm(request.POST), 422
    if form.is_valid():
        try:
            give_up_delivery(row.pk, because=form.cleaned_data["because"], now=now())
            messages.success(request, _("It is given up. Nothing more is tried unless you retry it."))
            return redirect("fsm:outbox-row", row.uuid)
        except NotPossible as refusal:
            status = refuse_in_form(form, refusal)
    return _outbox_page(request, row, form, status=status)
