"""What happened to a thing, what was done at once, and who saw what is sensitive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

import django_filters as filters
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from ..looks import Sensitive, hands_out, saw
from ..models import Exchange, SensitiveLook
from ..permissions import May, requires
from ..references import Reference, Resolved, fetch, resolve_many
from ..spreadsheets import csv_file
from ..templatetags.house import door
from ..trace import Change, Step, of_batch, root_of, story, timeline
from .cells import link_to, moment, zone_of
from .exchanges import DayInput
from .pages import render_page
from .tables import Column, Table

MOST_IN_A_FILE = 50_000


@dataclass(frozen=True)
class Happening:
    """Steps that one request or one task made together."""

    first: Step
    steps: list[tuple[Step, Resolved | None]]


def _together(steps: list[Step], known: dict[Reference, Resolved]) -> list[Happening]:
    return [
        Happening(found[0], [(step, known.get(step.reference) if step.reference else None) for step in found])
        for _key, group in groupby(steps, key=lambda step: (step.batch, step.source, step.who))
        if (found := list(group))
    ]


def wants_file(request: HttpRequest) -> bool:
    """Whether the address asks for a spreadsheet instead of the page."""
    return request.GET.get("as") == "csv"


def download(name: str, headings: Sequence[Any], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A CSV file; that it was taken out is remembered."""
    saw(Sensitive.EXPORT, detail=f"{name}.csv")
    response = HttpResponse(csv_file(headings, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.csv") or ""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _steps_file(name: str, steps: list[Step]) -> HttpResponse:
    headings = (
        _("When"), _("Who"), _("Through"), _("What"), _("Became"), _("Value"), _("Before"), _("After"),
        _("Why"), _("At once with"),
    )  # fmt: skip
    rows = (
        (
            step.when, step.who, step.source, step.what, step.verb, change.label, change.before, change.after,
            step.reason, step.batch,
        )
        for step in steps
        for change in (step.changes or [Change("", "", "")])
    )  # fmt: skip
    return download(f"{slugify(name) or 'steps'}", headings, rows)


def _page(
    request: HttpRequest, steps: list[Step], known: dict[Reference, Resolved], **context: Any
) -> HttpResponse:
    shown = {
        "happenings": _together(steps, known),
        "zone": zone_of(request),
        "count": len(steps),
        "file_url": f"{request.path}?as=csv",
        **context,
    }
    return render_page(request, "fsm/trace.html", shown)


def _thing(request: HttpRequest, reference: Reference) -> Any:
    thing = fetch(reference, request.user)
    if thing is None:
        raise Http404
    return thing


@require_safe
@requires(May.SEE_TRACE)
@hands_out(Sensitive.EXPORT)
def trace(request: HttpRequest, kind: str, unique: UUID) -> HttpResponse:
    """Every step of the chain that a thing belongs to, across the apps, oldest first."""
    own = Reference(kind, unique)
    thing = _thing(request, own)
    root, steps = root_of(thing), story(thing)
    if wants_file(request):
        return _steps_file(f"trace-{thing}", steps)
    known = resolve_many({step.reference for step in steps if step.reference} | {own, root}, request.user)
    return _page(
        request,
        steps,
        known,
        thing=known.get(own),
        root=known.get(root) if root != own else None,
        other_url=reverse("fsm:timeline", args=[kind, unique]),
    )


@require_safe
@requires(May.SEE_TRACE)
@hands_out(Sensitive.EXPORT)
def timeline_of(request: HttpRequest, kind: str, unique: UUID) -> HttpResponse:
    """Every version of one thing alone, what was said with the outside about it, and who looked."""
    own = Reference(kind, unique)
    thing = _thing(request, own)
    steps = sorted([*timeline(thing), *_said(own), *_looked(own)], key=lambda step: (step.when, step.order))
    if wants_file(request):
        return _steps_file(f"timeline-{thing}", steps)
    known = resolve_many({own}, request.user)
    return _page(
        request,
        steps,
        {},
        thing=known.get(own),
        alone=True,
        other_url=reverse("fsm:trace", args=[kind, unique]),
    )


def _said(own: Reference) -> Iterable[Step]:
    """The messages with the outside about a thing."""
    for row in Exchange.objects.filter(about_kind=own.kind, about_uuid=own.uuid):
        verb = str(row.get_outcome_display()).lower()
        yield Step(
            row.happened_at, f"{row.system} {row.operation}", verb, row.actor_name, row.source, row.problem,
            row.batch, app="fsm",
        )  # fmt: skip


def _looked(own: Reference) -> Iterable[Step]:
    """Who looked at what is sensitive of a thing."""
    for row in SensitiveLook.objects.filter(subject_kind=own.kind, subject_uuid=own.uuid):
        yield Step(
            row.seen_at, str(_words(row)), _("seen"), row.actor_name, row.source, row.detail, row.batch,
            app="fsm",
        )  # fmt: skip


@require_safe
@requires(May.SEE_TRACE)
@hands_out(Sensitive.EXPORT)
def batch(request: HttpRequest, unique: UUID) -> HttpResponse:
    """Everything that one request or one task changed, of what the person may see."""
    steps = of_batch(unique)
    known = resolve_many({step.reference for step in steps if step.reference}, request.user)
    if not any(step.reference in known for step in steps):
        raise Http404
    steps = [step for step in steps if step.reference is None or step.reference in known]
    if wants_file(request):
        return _steps_file(f"batch-{unique}", steps)
    return _page(request, steps, known)


# Who saw what ----------------------------------------------------------------------------------------


class LookFilter(filters.FilterSet):  # type: ignore[misc]
    """What was seen, and on which days."""

    what = filters.ChoiceFilter(
        label=gettext_lazy("What"), choices=Sensitive.choices, empty_label=gettext_lazy("Anything")
    )
    first = filters.DateFilter(
        label=gettext_lazy("From"), field_name="seen_at", lookup_expr="date__gte", widget=DayInput()
    )
    last = filters.DateFilter(
        label=gettext_lazy("until"), field_name="seen_at", lookup_expr="date__lte", widget=DayInput()
    )

    class Meta:
        model = SensitiveLook
        fields: list[str] = []


def _search(rows: QuerySet[Any], query: str) -> QuerySet[Any]:
    return rows.filter(Q(actor_name__icontains=query) | Q(detail__icontains=query))


def _words(row: SensitiveLook) -> Any:
    return Sensitive(row.what).label if row.what in Sensitive.values else row.what


def _subject(row: SensitiveLook) -> Reference | None:
    return Reference(row.subject_kind, row.subject_uuid) if row.subject_kind and row.subject_uuid else None


@require_safe
@requires(May.SEE_HOUSE)
@hands_out(Sensitive.EXPORT)
def looks(request: HttpRequest) -> HttpResponse:
    """Who saw or took out what is sensitive, newest first."""
    zone = zone_of(request)
    known: dict[Reference, Resolved] = {}

    def about(row: SensitiveLook) -> Any:
        reference = _subject(row)
        return link_to(known.get(reference) if reference else None, row.subject_kind or "\N{EN DASH}")

    columns = [
        Column("when", _("When"), lambda row: moment(row.seen_at, zone), ("seen_at",)),
        Column("who", _("Who"), lambda row: row.actor_name or _("The house"), ("actor_name",)),
        Column("what", _("What"), _words, ("what",)),
        Column("about", _("Of"), lambda row: row),
        Column("detail", _("Detail"), lambda row: row.detail),
        Column("through", _("Through"), lambda row: door(row.source)),
    ]
    rows = SensitiveLook.objects.all()
    if wants_file(request):
        found = LookFilter(request.GET, queryset=rows, request=request).qs
        if query := request.GET.get("q", "").strip()[:200].replace("\x00", ""):
            found = _search(found, query)
        kept = found.order_by("-seen_at", "-pk")[:MOST_IN_A_FILE]
        return download(
            "who-saw-what",
            [_("When"), _("Who"), _("What"), _("Of"), _("Detail"), _("Through")],
            (
                (row.seen_at, row.actor_name, _words(row), _subject(row) or "", row.detail, row.source)
                for row in kept
            ),
        )
    table = Table(
        request,
        rows,
        columns,
        filterset=LookFilter,
        search=_search,
        search_label=_("Person or detail"),
        default_sort="-when",
        empty_title=_("Nobody has looked yet"),
        empty_text=_("Gate codes on a page, exports and files that leave the house are remembered here."),
    )
    subjects = {reference for row in table.rows if (reference := _subject(row.object))}
    known |= resolve_many(subjects, request.user)
    for row in table.rows:
        row.cells[3] = (row.cells[3][0], about(row.object))
    asked = request.GET.copy()
    asked["as"] = "csv"
    return render_page(
        request, "fsm/looks.html", {"table": table, "file_url": f"{request.path}?{asked.urlencode()}"}
    )
