"""Importing customers: the files so far, one file's rows, and what a person decides about them."""

from __future__ import annotations

from collections.abc import Iterable
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
from customers.actions.import_batches import meaning_of, problem_of
from customers.actions.import_standing import choice_words
from customers.import_files import HEAD, check_head
from customers.import_shapes import ADDRESSES, MEANINGS, PARTS, PHONES, SYSTEMS
from customers.import_wording import address_words, meaning_words, refusal, sentence, system_words
from customers.models import ImportBatch, ImportRow, RowOutcome
from customers.models.records import address_lines
from customers.quickbooks_file import LARGEST_FILE, WrongFile
from customers.states import IMPORT_STATES, ImportState
from fsm.looks import Sensitive, hands_out, saw
from fsm.permissions import May, requires
from fsm.references import ref_of
from fsm.spreadsheets import csv_file
from fsm.states import NotPossible
from fsm.web.pages import fragment, render_page
from fsm.web.tables import Column, Table


def _held_for(code: str) -> list[dict[str, str]]:
    return [{"code": code, "severity": "hold"}]


# How the rows can be narrowed down: key, words, condition.
VIEWS: list[tuple[str, Any, Q]] = [
    ("", gettext_lazy("All"), Q()),
    ("ready", gettext_lazy("Ready"), Q(outcome=RowOutcome.READY)),
    ("imported", gettext_lazy("Imported"), Q(outcome=RowOutcome.IMPORTED)),
    ("unchanged", gettext_lazy("Already there"), Q(outcome=RowOutcome.UNCHANGED)),
    ("held", gettext_lazy("Held"), Q(outcome=RowOutcome.HELD)),
    (
        "changed",
        gettext_lazy("Changed since"),
        Q(outcome=RowOutcome.HELD, problems__contains=_held_for("changed_since")),
    ),
    (
        "alike",
        gettext_lazy("Look alike"),
        Q(outcome=RowOutcome.HELD, problems__contains=_held_for("like_standing")),
    ),
    (
        "twice",
        gettext_lazy("Twice in the file"),
        Q(outcome=RowOutcome.HELD, problems__contains=_held_for("same_identity")),
    ),
    ("skipped", gettext_lazy("Skipped"), Q(outcome=RowOutcome.SKIPPED)),
    ("kept", gettext_lazy("Kept at roll-back"), Q(outcome=RowOutcome.KEPT)),
    ("taken_back", gettext_lazy("Taken back"), Q(outcome=RowOutcome.TAKEN_BACK)),
    ("remarks", gettext_lazy("With remarks"), Q(problems__0__isnull=False)),
]


HELD_FOR = {"changed": "changed_since", "alike": "like_standing", "twice": "same_identity"}


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
        held = Q(rows__outcome=RowOutcome.HELD, rows__problems__contains=_held_for(code))
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
            Column("becomes", _("Becomes"), lambda row: _becomes(row, batch)),
            Column("outcome", _("Outcome"), lambda row: row.outcome, ("outcome",)),
            Column("remarks", _("What to know"), _remarks),
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
        _offer_choices(line.object)
    context = {
        "batch": batch,
        "system": system_words(batch.system),
        "bulk": _bulk(batch) if batch.state not in {ImportState.RUNNING, ImportState.ROLLED_BACK} else [],
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


def _offer_choices(row: Any) -> None:
    """What a person can say about a held row: hung on the row for the template."""
    row.may_release = imports.why_not_release(row) is None
    row.alike, row.changes = [], []
    if row.outcome != RowOutcome.HELD:
        return
    row.alike = (problem_of(row, "like_standing") or {}).get("alike", [])
    words = choice_words()
    for change in (problem_of(row, "changed_since") or {}).get("changes", []):
        shown = {**change, "words": words.get(change["field"], change["field"])}
        if change["field"] == "gate_code":  # that it differs is told; it is read where looks are remembered
            shown |= {side: "•••" for side in ("theirs", "ours") if change[side]}
        row.changes.append(shown)
    row.may_link = bool(row.alike) or problem_of(row, "renumbered") is not None


@dataclass(frozen=True)
class Bulk:
    """A group of held rows that can be decided at once, and the decisions with what each asks first."""

    key: str
    code: str
    count: int
    says: str
    decisions: list[tuple[str, str, str]]


def _bulk(batch: ImportBatch) -> list[Bulk]:
    leave = ("leave_out", _("Leave all out"), _("These rows are left out. Nothing on record is changed."))
    counts = {key: getattr(batch, f"{key}_count", 0) for key in HELD_FOR}
    changed, alike, twice = counts["changed"], counts["alike"], counts["twice"]
    groups = [
        Bulk(
            "changed",
            "changed_since",
            changed,
            ngettext(
                "%(count)d row differs from what stands here.",
                "%(count)d rows differ from what stands here.",
                changed,
            )
            % {"count": changed},
            [
                (
                    "take_over",
                    _("Take all over"),
                    _("What the list says replaces ours in every field that differs."),
                ),
                ("keep", _("Keep all of ours"), _("Ours stays, and the same rows are no news next time.")),
            ],
        ),
        Bulk(
            "alike",
            "like_standing",
            alike,
            ngettext(
                "%(count)d row looks like a customer on record.",
                "%(count)d rows look like customers on record.",
                alike,
            )
            % {"count": alike},
            [
                (
                    "link",
                    _("Link all"),
                    _(
                        "Each row is joined to the customer it looks most like. "
                        "New numbers and addresses are added; nothing is replaced."
                    ),
                ),
                (
                    "new",
                    _("All are new customers"),
                    _("Each row becomes a customer of their own beside the one it looks like."),
                ),
                leave,
            ],
        ),
        Bulk(
            "twice",
            "same_identity",
            twice,
            ngettext(
                "%(count)d row says what an earlier row of the file says.",
                "%(count)d rows say what earlier rows of the file say.",
                twice,
            )
            % {"count": twice},
            [
                leave,
                (
                    "new",
                    _("All are new customers"),
                    _("Each row becomes a customer of their own, although it looks the same."),
                ),
            ],
        ),
    ]
    return [group for group in groups if group.count]


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


def _becomes(row: ImportRow, batch: ImportBatch) -> Becomes:
    if row.customer is not None:
        site = row.site
        url = reverse("customers:customer", args=[row.customer.uuid])
        return Becomes(row.customer.name, site.name if site else "", site.one_line if site else "", url)
    meant = meaning_of(row, batch)
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


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def link_row(request: HttpRequest, row_id: int) -> HttpResponse:
    """The row is a customer on record."""
    row = _row(request, row_id)
    wanted = request.POST.get("customer", "")
    imports.link_row(row.pk, customer_id=int(wanted) if wanted.isdecimal() and len(wanted) < 12 else None)
    messages.success(request, _("Line %(line)d is linked with the next start.") % {"line": row.line})
    return redirect("customers:import", row.import_batch_id)


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def take_over_row(request: HttpRequest, row_id: int) -> HttpResponse:
    """What the list says replaces ours in the chosen fields."""
    row = _row(request, row_id)
    imports.take_over_row(row.pk, fields=request.POST.getlist("field"))
    messages.success(request, _("Line %(line)d is taken over with the next start.") % {"line": row.line})
    return redirect("customers:import", row.import_batch_id)


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def keep_row(request: HttpRequest, row_id: int) -> HttpResponse:
    """Ours stays."""
    row = _row(request, row_id)
    imports.keep_row(row.pk)
    messages.success(request, _("Line %(line)d changes nothing here.") % {"line": row.line})
    return redirect("customers:import", row.import_batch_id)


class BulkForm(forms.Form):
    """One decision for every row that is held for one reason."""

    code = forms.ChoiceField(choices=[(code, code) for code in HELD_FOR.values()])
    decision = forms.ChoiceField(
        choices=[(word, word) for word in ("new", "link", "take_over", "keep", "leave_out")]
    )


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def decide_rows(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The same decision for all rows of a kind."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    form = BulkForm(request.POST)
    if not form.is_valid():
        raise NotPossible(_("Choose what is to be done with these rows."))
    count = imports.decide_rows(batch.pk, **form.cleaned_data)
    said = ngettext("%(count)d row is decided.", "%(count)d rows are decided.", count) % {"count": count}
    messages.success(request, said)
    return redirect("customers:import", batch.pk)


# Columns ---------------------------------------------------------------------------------------


def _meaning_choices() -> list[tuple[str, Any]]:
    """Every meaning in groups, with leaving out first."""

    def group(names: Iterable[str]) -> list[tuple[str, str]]:
        return [(name, meaning_words(name)) for name in names]

    ways = [*PHONES, "email"]
    places = [f"{address}.{part}" for address in ADDRESSES for part in PARTS]
    who = ["name", "first_name", "middle_name", "last_name", "title", "company", "contact", "kind",
           "external_id", "parent"]  # fmt: skip
    rest = [name for name in MEANINGS if name not in {*ways, *places, *who}]
    return [
        ("", _("Leave out")),
        (_("Customer"), group(who)),
        (_("Ways to reach them"), group(ways)),
        *(
            (address_words(address), group(f"{address}.{part}" for part in PARTS))
            for address in ("service", "billing", *ADDRESSES[2:])
        ),
        (_("Other"), group(rest)),
    ]


class ColumnsForm(forms.Form):
    """What each column of a file means."""

    system = forms.ChoiceField(label=gettext_lazy("Where the list comes from"))

    def __init__(self, *args: Any, batch: ImportBatch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        system = self.fields["system"]
        assert isinstance(system, forms.ChoiceField)  # noqa: S101  (declared above; for the type checker)
        system.choices = [(name, system_words(name)) for name in SYSTEMS]
        system.initial = batch.system.partition(":")[0]
        choices = _meaning_choices()
        self.names = {f"column-{at}": header["name"] for at, header in enumerate(batch.headers)}
        for key, name in self.names.items():
            self.fields[key] = forms.ChoiceField(
                label=name, choices=choices, required=False, initial=batch.columns.get(name, "")
            )

    def columns(self) -> dict[str, str]:
        """The mapping as it was chosen."""
        return {name: self.cleaned_data[key] for key, name in self.names.items()}


def _columns_page(
    request: HttpRequest, batch: ImportBatch, form: ColumnsForm, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    lines = [
        (form[key], header["samples"], bool(form[key].value()))
        for key, header in zip(form.names, batch.headers, strict=True)
    ]
    context = {
        "batch": batch,
        "form": form,
        "lines": lines,
        "wrong": wrong,
        "left_out": sum(not used for _field, _samples, used in lines),
        "system": system_words(batch.system),
    }
    return render_page(request, "customers/import_columns.html", context, status=status)


@requires(May.IMPORT_CUSTOMERS)
@require_safe
def import_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """What the columns of a file mean, as we suppose; a person confirms."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    if batch.state != ImportState.MAPPING:
        return redirect("customers:import", batch.pk)
    return _columns_page(request, batch, ColumnsForm(batch=batch))


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def confirm_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Read the rows by the columns as they were confirmed."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    form = ColumnsForm(request.POST, batch=batch)
    if not form.is_valid():
        return _columns_page(request, batch, form, wrong=_("Choose from the lists."), status=422)
    try:
        imports.confirm_columns(batch.pk, columns=form.columns(), system=form.cleaned_data["system"])
    except NotPossible as refused:
        if refused.field != "columns":
            raise
        return _columns_page(request, batch, form, wrong=str(refused), status=422)
    return redirect("customers:import", batch.pk)


@requires(May.IMPORT_CUSTOMERS)
@require_POST
def change_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Back to what the columns mean."""
    batch = get_object_or_404(ImportBatch.objects.visible_to(request.user), pk=batch_id)
    imports.change_columns(batch.pk)
    return redirect("customers:import-columns", batch.pk)


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
            " ".join(text for _severity, text in _remarks(row)),
            *(row.values.get(name, "") for name in columns),
        ]
        for row in rows
    )
    answer = HttpResponse(csv_file(headings, written), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{batch.pk}-problems.csv"'
    return answer


def _row(request: HttpRequest, row_id: int) -> ImportRow:
    batches = ImportBatch.objects.visible_to(request.user)
    return get_object_or_404(ImportRow.objects.filter(import_batch__in=batches), pk=row_id)
