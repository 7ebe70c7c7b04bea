"""What a person decides about the rows of an import, one by one or all of a kind."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from customers.actions import imports
from customers.models import ImportBatch, ImportRow
from fsm.permissions import May, requires
from fsm.states import NotPossible

from .import_showing import HELD_FOR


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


def _row(request: HttpRequest, row_id: int) -> ImportRow:
    batches = ImportBatch.objects.visible_to(request.user)
    return get_object_or_404(ImportRow.objects.filter(import_batch__in=batches), pk=row_id)
