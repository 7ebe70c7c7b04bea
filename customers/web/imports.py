"""Importing customers: the files so far, one file's rows, and what a person decides about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from customers.actions import imports
from customers.import_rules import interpret
from customers.import_wording import refusal, sentence
from customers.models import ImportBatch, ImportRow, RowOutcome
from customers.models.records import address_lines
from customers.quickbooks_file import LARGEST_FILE, SourceRow, WrongFile, sniff
from customers.states import IMPORT_STATES, ImportState
from fsm.permissions import May, requires
from fsm.states import NotPossible
from fsm.web.pages import fragment, render_page
from fsm.web.tables import Column, Table

HEAD = 8192
# How the rows can be narrowed down: key, words, condition.
VIEWS: list[tuple[str, Any, Q]] = [
    ("", gettext_lazy("All"), Q()),
    ("ready", gettext_lazy("Ready"), Q(outcome=RowOutcome.READY)),
    ("imported", gettext_lazy("Imported"), Q(outcome=RowOutcome.IMPORTED)),
    ("unchanged", gettext_lazy("Already there"), Q(outcome=RowOutcome.UNCHANGED)),
    ("held", gettext_lazy("Held"), Q(outcome=RowOutcome.HELD)),
    ("skipped", gettext_lazy("Skipped"), Q(outcome=RowOutcome.SKIPPED)),
    ("kept", gettext_lazy("Kept at roll-back"), Q(outcome=RowOutcome.KEPT)),
    ("taken_back", gettext_lazy("Taken back"), Q(outcome=RowOutcome.TAKEN_BACK)),
    ("remarks", gettext_lazy("With remarks"), Q(problems__0__isnull=False)),
]


class FileForm(forms.Form):
    """The file to read."""

    file = forms.FileField(
        label=gettext_lazy("QuickBooks customer list (.iif)"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".iif,.txt,text/plain"}),
        error_messages={"required": gettext_lazy("Choose the file that QuickBooks exported.")},
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse by size and first bytes, before all of it is read."""
        upload: UploadedFile[bytes] = self.cleaned_data["file"]
        head = upload.read(HEAD)
        upload.seek(0)
        try:
            sniff(head, upload.name or "", size=upload.size)
        except WrongFile as wrong:
            raise forms.ValidationError(refusal(wrong.code, wrong.details)) from wrong
        return upload


def _counted(request: HttpRequest) -> QuerySet[ImportBatch]:
    """The imports this person sees, each with how many rows came out how."""
    per_outcome = {
        f"{outcome.value}_count": Count("rows", filter=Q(rows__outcome=outcome)) for outcome in RowOutcome
    }
    remarks = Count("rows", filter=Q(rows__problems__0__isnull=False))
    return ImportBatch.objects.visible_to(request.user).annotate(**per_outcome, remarks_count=remarks)


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
    wanted = request.GET.get("show", "")
    condition = next((condition for key, _words, condition in VIEWS if key == wanted), Q())
    table = Table(
        request,
        batch.rows.filter(condition).select_related("customer", "site"),
        [
            Column("line", _("Line"), lambda row: row.line, ("line",), "right"),
            Column("name", _("Name in QuickBooks"), lambda row: row.label, ("label",)),
            Column("becomes", _("Becomes"), _becomes),
            Column("outcome", _("Outcome"), lambda row: row.outcome, ("outcome",)),
            Column("remarks", _("What to know"), _remarks),
        ],
        search=lambda rows, text: rows.filter(Q(label__icontains=text) | Q(external_id=text)),
        search_label=_("Name or QuickBooks number"),
        default_sort="line",
        empty_title=_("No rows of this kind"),
    )
    views = [
        (key, words, getattr(batch, f"{key}_count", 0) if key else batch.row_count, key == wanted)
        for key, words, _condition in VIEWS
    ]
    for line in table.rows:
        line.object.may_release = imports.why_not_release(line.object) is None
    context = {
        "batch": batch,
        "table": table,
        "views": [view for view in views if view[2] or not view[0] or view[3]],
        "show": wanted,
        "may_start": bool(getattr(batch, "ready_count", 0) or getattr(batch, "taken_back_count", 0))
        and IMPORT_STATES.allows(batch.state, ImportState.RUNNING),
        "may_take_back": IMPORT_STATES.allows(batch.state, ImportState.ROLLED_BACK),
        **_progress(batch),
    }
    return render_page(request, "customers/import.html", context)


def _remarks(row: ImportRow) -> list[tuple[str, str]]:
    """Severity and sentence, the gravest first."""
    order = {"hold": 0, "skip": 0, "warn": 1}
    said = sorted(row.problems, key=lambda problem: order[problem["severity"]])
    remarks = [(problem["severity"], sentence(problem["code"], problem["details"])) for problem in said]
    if row.reason and not any(severity in {"hold", "skip"} for severity, _text in remarks):
        remarks.insert(0, ("hold" if row.outcome == RowOutcome.KEPT else "skip", row.reason))
    return remarks


@dataclass(frozen=True)
class Becomes:
    """What a row becomes or became: a customer, or a further site of one."""

    customer: str
    label: str
    where: str
    url: str


def _becomes(row: ImportRow) -> Becomes:
    if row.customer is not None:
        site = row.site
        url = reverse("customers:customer", args=[row.customer.uuid])
        return Becomes(row.customer.name, site.name if site else "", site.one_line if site else "", url)
    meant = interpret(SourceRow(row.line, row.values))
    address = meant.site.address if meant.site else None
    where = ", ".join(
        address_lines(address.street, address.unit, address.city, address.state, address.postal_code)
        if address
        else []
    )
    label = meant.site.label if meant.site else ""
    return Becomes(meant.customer.name if meant.customer else meant.parent_name, label, where, "")


def _progress(batch: ImportBatch) -> dict[str, Any]:
    left = getattr(batch, "ready_count", 0)
    done = getattr(batch, "imported_count", 0)
    return {"running": batch.state == ImportState.RUNNING, "left": left, "done": done, "whole": left + done}


@requires(May.IMPORT_CUSTOMERS)
@require_safe
def import_progress(request: HttpRequest, batch_id: int) -> HttpResponse:
    """How far a running import is; the page is fetched anew once it has ended."""
    batch = get_object_or_404(_counted(request), pk=batch_id)
    answer = fragment(request, "customers/_import_progress.html", {"batch": batch, **_progress(batch)})
    if batch.state != ImportState.RUNNING:
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


class LeaveOutForm(forms.Form):
    """Why a row is left out."""

    because = forms.CharField(max_length=200, required=False)


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def release_row(request: HttpRequest, row_id: int) -> HttpResponse:
    """Import a held row all the same."""
    row = _row(request, row_id)
    imports.release_row(row.pk)
    messages.success(request, _("Line %(line)d is ready to be imported.") % {"line": row.line})
    return redirect("customers:import", row.import_batch_id)


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def skip_row(request: HttpRequest, row_id: int) -> HttpResponse:
    """Leave a row out."""
    row = _row(request, row_id)
    form = LeaveOutForm(request.POST)
    imports.skip_row(row.pk, because=form.cleaned_data["because"] if form.is_valid() else "")
    messages.success(request, _("Line %(line)d is left out.") % {"line": row.line})
    return redirect("customers:import", row.import_batch_id)


def _row(request: HttpRequest, row_id: int) -> ImportRow:
    batches = ImportBatch.objects.visible_to(request.user)
    return get_object_or_404(ImportRow.objects.filter(import_batch__in=batches), pk=row_id)
