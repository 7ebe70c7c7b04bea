"""Importing customers: the files so far, and one file with its rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from customers.actions import imports
from customers.import_files import HEAD, check_head
from customers.import_wording import refusal, system_words
from customers.models import ImportBatch, RowOutcome
from customers.quickbooks_file import LARGEST_FILE, WrongFile
from customers.states import IMPORT_STATES, ImportState
from fsm.looks import Sensitive, hands_out, saw
from fsm.permissions import May, requires
from fsm.references import ref_of
from fsm.spreadsheets import csv_file
from fsm.states import NotPossible
from fsm.web.pages import fragment, render_page
from fsm.web.tables import Column, Table

from .import_showing import HELD_FOR, VIEWS, becomes, bulk, held_for, offer_choices, remarks


class FileForm(forms.Form):
    """The file to read."""

    file = forms.FileField(
        label=gettext_lazy("Customer list (CSV or QuickBooks IIF)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.iif,.txt,.tsv,text/csv,text/plain"}),
        error_messages={"required": gettext_lazy("Choose the file that the other system exported.")},
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse by size and first bytes, before all of it is read."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        head = upload.read(HEAD)
        upload.seek(0)
        try:
            check_head(head, upload.name or "", size=upload.size or 0)
        except WrongFile as wrong:
            raise forms.ValidationError(refusal(wrong.code, wrong.details)) from wrong
        return upload


def _counted(request: HttpRequest) -> QuerySet[ImportBatch]:
    """The imports this person sees, each with how many rows came out how."""
    per_outcome = {
        f"{outcome.value}_count": Count("rows", filter=Q(rows__outcome=outcome)) for outcome in RowOutcome
    }
    per_outcome["remarks_count"] = Count("rows", filter=Q(rows__problems__0__isnull=False))
    for key, code in HELD_FOR.items():
        held = Q(rows__outcome=RowOutcome.HELD, rows__problems__contains=held_for(code))
        per_outcome[f"{key}_count"] = Count("rows", filter=held)
    return ImportBatch.objects.visible_to(request.user).annotate(**per_outcome)


@requires(May.IMPORT_CUSTOMERS)
@require_safe
def imports_page(request: HttpRequest) -> HttpResponse:
    """The files so far, and a place to drop the next."""
    return _imports_page(request, FileForm())


def _imports_page(request: HttpRequest, form: FileForm, *, status: int = 200) -> HttpResponse:
    table = Table(
        request,
        _counted(request),
        [
            Column("file", _("File"), lambda batch: batch.file_name, ("file_name",)),
            Column("when", _("Read"), lambda batch: batch.created_at, ("created_at",)),
        ],
        default_sort="-when",
        per_page=25,
        empty_title=_("No file has been imported yet"),
        empty_text=_("Choose a file above. It is only read: nothing changes before you say so."),
    )
    context = {"form": form, "table": table, "limit": LARGEST_FILE, "limit_mb": LARGEST_FILE // 2**20}
    return render_page(request, "customers/imports.html", context, status=status)


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def read_import(request: HttpRequest) -> HttpResponse:
    """Read a file and show what would become of it."""
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            batch = imports.read_import(upload.read(), file_name=upload.name)
        except NotPossible as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("customers:import", batch.pk)
    return _imports_page(request, form, status=422)


@requires(May.IMPORT_CUSTOMERS)
@require_safe
def import_page(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One file: where it stands, its rows and what to know about each."""
    batch = get_object_or_404(_counted(request), pk=batch_id)
    if batch.state == ImportState.MAPPING:
        return redirect("customers:import-columns", batch.pk)
    wanted = request.GET.get("show", "")
    condition = next((condition for key, _words, condition in VIEWS if key == wanted), Q())
    table = Table(
        request,
        batch.rows.filter(condition).select_related("customer", "site"),
        [
            Column("line", _("Line"), lambda row: row.line, ("line",), "right"),
            Column("name", _("Name in the list"), lambda row: row.label, ("label",)),
            Column("becomes", _("Becomes"), lambda row: becomes(row, batch)),
            Column("outcome", _("Outcome"), lambda row: row.outcome, ("outcome",)),
            Column("remarks", _("What to know"), remarks),
        ],
        search=lambda rows, text: rows.filter(Q(label__icontains=text) | Q(external_id=text)),
        search_label=_("Name or number in the list"),
        default_sort="line",
        empty_title=_("No rows of this kind"),
    )
    views = [
        (key, words, getattr(batch, f"{key}_count", 0) if key else batch.row_count, key == wanted)
        for key, words, _condition in VIEWS
    ]
    for line in table.rows:
        offer_choices(line.object)
    context = {
        "batch": batch,
        "system": system_words(batch.system),
        "bulk": bulk(batch) if batch.state not in {ImportState.RUNNING, ImportState.ROLLED_BACK} else [],
        "may_change_columns": bool(batch.headers) and IMPORT_STATES.allows(batch.state, ImportState.MAPPING),
        "table": table,
        "views": [view for view in views if view[2] or not view[0] or view[3]],
        "show": wanted,
        "may_start": bool(getattr(batch, "ready_count", 0) or getattr(batch, "taken_back_count", 0))
        and IMPORT_STATES.allows(batch.state, ImportState.RUNNING),
        "may_take_back": IMPORT_STATES.allows(batch.state, ImportState.ROLLED_BACK),
        **_progress(batch),
    }
    return render_page(request, "customers/import.html", context)


def _progress(batch: ImportBatch) -> dict[str, Any]:
    left = getattr(batch, "ready_count", 0)
    done = getattr(batch, "imported_count", 0)
    return {
        "running": batch.state in {ImportState.RUNNING, ImportState.PREPARING},
        "preparing": batch.state == ImportState.PREPARING,
        "left": left,
        "done": done,
        "whole": left + done,
    }


@requires(May.IMPORT_CUSTOMERS)
@require_safe
def import_progress(request: HttpRequest, batch_id: int) -> HttpResponse:
    """How far a running import is; the page is fetched anew once it has ended."""
    batch = get_object_or_404(_counted(request), pk=batch_id)
    answer = fragment(request, "customers/_import_progress.html", {"batch": batch, **_progress(batch)})
    if batch.state not in {ImportState.RUNNING, ImportState.PREPARING}:
        answer.headers["HX-Refresh"] = "true"
    return answer


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def start_import(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Bring in what is ready."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    imports.start_import(batch.pk)
    return redirect("customers:import", batch.pk)


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def take_back_import(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Undo the import."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    imports.take_back_import(batch.pk)
    kept = batch.rows.filter(outcome=RowOutcome.KEPT).count()
    if kept:
        said = ngettext(
            "The import was taken back, except %(count)d row that something depends on.",
            "The import was taken back, except %(count)d rows that something depends on.",
            kept,
        )
        messages.warning(request, said % {"count": kept})
    else:
        messages.success(request, _("The import was taken back. Nothing of it is left."))
    return redirect("customers:import", batch.pk)


@hands_out(Sensitive.EXPORT)
@requires(May.IMPORT_CUSTOMERS)
@require_safe
def import_problems(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The rows with something to know, as a file for a spreadsheet: why, then the row as it came."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    rows = list(batch.rows.filter(problems__0__isnull=False).order_by("line"))
    saw(Sensitive.EXPORT, about=ref_of(batch), detail=batch.file_name)
    columns = list(dict.fromkeys(name for row in rows for name in row.values))
    headings = [_("Line"), _("Outcome"), _("What to know"), *columns]
    written = (
        [
            row.line,
            row.get_outcome_display(),
            " ".join(text for _severity, text in remarks(row)),
            *(row.values.get(name, "") for name in columns),
        ]
        for row in rows
    )
    answer = HttpResponse(csv_file(headings, written), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{batch.pk}-problems.csv"'
    return answer
