"""The inspector's reports: on screen, as a spreadsheet, as a PDF; and the papers that were handed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.files import serve_private
from fsm.looks import Sensitive, hands_out, saw
from fsm.models import Branch
from fsm.permissions import May, requires
from fsm.spreadsheets import csv_lines
from fsm.states import NotPossible
from fsm.web.exchanges import DayInput
from fsm.web.pages import render_page

from .. import actions
from ..models import Circuit, ComplianceDocument, Unit
from ..papers import Facts, Rows, paper_pdf
from ..papers.evidence import evidence_paper
from ..papers.words import day_words, determination, paper
from ..reporting import Asked, Report, all_cells, report_for, reports_for
from .common import seen_unit

PER_PAGE = 50
MOST_ON_PAPER = 2_000


class AskedForm(forms.Form):
    """Which days, which branch, which circuit."""

    first = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayInput())
    last = forms.DateField(label=gettext_lazy("until"), required=False, widget=DayInput())
    branch = forms.TypedChoiceField(
        label=gettext_lazy("Branch"), coerce=int, empty_value=None, required=False
    )
    circuit = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, data: Any, filters: frozenset[str]) -> None:
        super().__init__(data)
        for name in set(self.fields) - filters:
            del self.fields[name]
        if "branch" in self.fields:
            branches = Branch.objects.order_by("name").values_list("pk", "name")
            field: Any = self.fields["branch"]
            field.choices = [("", _("All branches")), *branches]

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        said = super().clean() or {}
        if said.get("first") and said.get("last") and said["first"] > said["last"]:
            self.add_error("last", _("This is before the first day."))
        return said


def _asked(request: HttpRequest, form: AskedForm) -> Asked:
    """What the form says; what it says wrong is left out, and the page says so beside it."""
    form.is_valid()
    said = form.cleaned_data
    zone = the_company().time_zone
    return Asked(
        user=request.user,
        today=today_in(zone, clock_now()),
        zone=zone,
        first=said.get("first"),
        last=said.get("last") if "last" not in form.errors else None,
        branch=said.get("branch"),
        circuit=said.get("circuit"),
    )


def _report(request: HttpRequest, key: str) -> Report:
    report = report_for(key, request.user)
    if report is None:
        raise Http404
    return report


@require_safe
@requires(May.SEE_EQUIPMENT)
def reports(request: HttpRequest) -> HttpResponse:
    """Everything that an inspector may ask for."""
    return render_page(request, "equipment/reports.html", {"reports": reports_for(request.user)})


@require_safe
@requires(May.SEE_EQUIPMENT)
@hands_out(Sensitive.EXPORT)
def report(request: HttpRequest, key: str) -> HttpResponseBase:
    """One report; with ?as=csv all of its rows as a spreadsheet, with ?as=pdf on paper."""
    wanted = _report(request, key)
    form = AskedForm(request.GET, wanted.filters)
    asked = _asked(request, form)
    if form.is_valid() and request.GET.get("as") == "csv":
        return _spreadsheet(wanted, asked)
    if form.is_valid() and request.GET.get("as") == "pdf":
        return _on_paper(wanted, asked)
    paginator = Paginator(wanted.rows(asked), PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    shown = list(page.object_list)
    params = request.GET.copy()
    for name in ("page", "as"):
        params.pop(name, None)
    context = {
        "report": wanted,
        "form": form,
        "table": {
            "page": page,
            "pages": list(paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)),
            "total": paginator.count,
            "query": params.urlencode(),
        },
        "rows": [(wanted.url(row) if wanted.url else "", _columns(wanted, row, asked)) for row in shown],
        "filtered": any(params.get(name) for name in wanted.filters),
        "too_long": paginator.count > MOST_ON_PAPER,
        "circuit": _circuit(request, asked),
    }
    return render_page(request, "equipment/report.html", context, status=200 if form.is_valid() else 422)


def _columns(wanted: Report, row: Any, asked: Asked) -> list[tuple[Any, Any]]:
    return list(zip(wanted.heads, wanted.cells(row, asked), strict=True))


def _circuit(request: HttpRequest, asked: Asked) -> Circuit | None:
    if not asked.circuit:
        return None
    rows = Circuit.objects.filter(unit__in=Unit.objects.visible_to(request.user), uuid=asked.circuit)
    return rows.select_related("unit", "refrigerant").first()


def _spreadsheet(wanted: Report, asked: Asked) -> StreamingHttpResponse:
    """Every row, streamed: one query, and a row in memory at a time; the last lines say who decides, and what
    is cited.
    """
    saw(Sensitive.EXPORT, detail=f"{wanted.key}.csv")
    language = get_language()

    def lines() -> Iterator[bytes]:
        with override(language):
            headings = [*(head.label for head in wanted.heads), _("Citation")]
            rows = ((*cells, wanted.citation) for cells in all_cells(wanted, asked))
            yield from csv_lines(headings, rows)
            yield from csv_lines([determination(), wanted.citation], (), marked=False)

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    name = f"{wanted.key}-{asked.today}.csv"
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _on_paper(wanted: Report, asked: Asked) -> HttpResponse:
    saw(Sensitive.EXPORT, detail=f"{wanted.key}.pdf")
    rows: list[list[str]] = []
    for cells in all_cells(wanted, asked):
        if len(rows) == MOST_ON_PAPER:
            raise NotPossible(
                _("This is more than %(most)d rows. Choose fewer days for a PDF, or take the spreadsheet.")
                % {"most": MOST_ON_PAPER}
            )
        rows.append([str(cell) for cell in cells])
    branch = Branch.objects.filter(pk=asked.branch or 0).values_list("name", flat=True).first()
    facts = Facts(
        title=_("What was asked for"),
        pairs=[
            (_("From"), day_words(asked.first) or _("The beginning")),
            (_("until"), day_words(asked.last) or _("Today")),
            (_("Branch"), branch or _("All branches")),
            (_("Rows"), str(len(rows))),
        ],
    )
    table = Rows(
        title=str(wanted.title),
        citation=wanted.citation,
        headings=[str(head.label) for head in wanted.heads],
        rows=rows,
        right=[place for place, head in enumerate(wanted.heads) if head.is_number],
        empty=str(wanted.empty),
    )
    made = paper_pdf(
        paper(
            str(wanted.title),
            [facts, table],
            subtitle=day_words(asked.today),
            made_at=clock_now(),
            is_wide=True,
        )
    )
    return _pdf(made, f"{wanted.key}-{asked.today}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer.headers["Content-Disposition"] = content_disposition_header(False, name) or ""
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


# Papers ----------------------------------------------------------------------------------------------


def _document(request: HttpRequest, document_uuid: UUID) -> ComplianceDocument:
    units = Unit.objects.visible_to(request.user)
    rows = ComplianceDocument.objects.filter(circuit__unit__in=units)
    return get_object_or_404(rows.select_related("circuit__unit"), uuid=document_uuid)


@require_safe
@requires(May.SEE_EQUIPMENT)
@hands_out(Sensitive.EXPORT)
def document(request: HttpRequest, document_uuid: UUID) -> HttpResponseBase:
    """A paper as it was handed over."""
    row = _document(request, document_uuid)
    name = f"{row.get_kind_display()} {row.number}.pdf"
    saw(Sensitive.EXPORT, detail=name)
    return serve_private(request, row.file, download_as=name)


@require_POST
@requires(May.RUN_COMPLIANCE)
def send_document(request: HttpRequest, document_uuid: UUID) -> HttpResponse:
    """E-mail a paper once more, to whom the office says."""
    row = _document(request, document_uuid)
    to = request.POST.get("to", "").replace("\x00", "").strip()[:254]
    actions.send_document(row.pk, to=to, now=clock_now())
    messages.success(request, _("%(what)s goes to %(to)s.") % {"what": capfirst(str(row)), "to": to})
    return redirect("equipment:circuit", row.circuit.uuid)


@require_safe
@requires(May.SEE_EQUIPMENT)
@hands_out(Sensitive.EXPORT)
def evidence(request: HttpRequest, unit_uuid: UUID) -> HttpResponse:
    """Everything that proves how a unit was installed, registered and kept."""
    unit = seen_unit(request, unit_uuid)
    saw(Sensitive.EXPORT, detail=f"{_('Evidence pack')} {unit.serial or unit}")
    content = paper_pdf(evidence_paper(unit, user=request.user, now=clock_now()))
    return _pdf(content, f"{_('Evidence pack')} {unit.serial or unit}.pdf")
