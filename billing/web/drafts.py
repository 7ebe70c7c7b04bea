"""Changing a draft and its lines."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dispatch.models import Job
from fsm.clock import now
from fsm.permissions import May, requires, signed_in
from fsm.references import Reference
from fsm.reviews import waiting_about
from fsm.states import NotPossible

from .. import actions
from ..models import Invoice, InvoiceLine
from .asking import Deed, answer, typed
from .forms import DraftForm, LineForm, NewLineForm, ReasonForm, VersionForm
from .invoices import asks, page_of, seen_invoice


def _version(row: Invoice) -> int:
    return Invoice.objects.values_list("version", flat=True).get(pk=row.pk)


def _line(row: Invoice, position: int) -> InvoiceLine:
    return get_object_or_404(row.lines.order_by("pk"), position=position)


@asks
@requires(May.EDIT_INVOICES)
def add_line(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """One more line on a draft."""
    row = seen_invoice(request, invoice_uuid)

    def do(form: Any) -> Invoice:
        item = form.cleaned_data["item"]
        return actions.add_invoice_line(
            row.pk,
            version=form.cleaned_data["version"],
            item_id=item.pk if item else None,
            quantity=form.cleaned_data["quantity"],
            unit_price=form.cleaned_data["unit_price"],
            description=form.cleaned_data["description"],
            now=now(),
            by=signed_in(request),
        )

    return answer(
        request,
        Deed(
            title=_("Add a line"),
            button=_("Add the line"),
            done=_("The line is added."),
            form=NewLineForm(initial={"version": row.version, "quantity": "1"}, **typed(request)),
            do=do,
            back=page_of(row),
            version_now=lambda: _version(row),
        ),
    )


def _done_words(row: Invoice, line: InvoiceLine) -> str:
    """What became of the line, and whether its price waits."""
    waiting = waiting_about(Reference("invoice", row.uuid))
    if any(review.payload.get("line_id") == line.pk for review in waiting):
        return _("The line is changed; its new price waits for a manager's approval.")
    return _("The line is changed.")


@asks
@requires(May.EDIT_INVOICES)
def edit_line(request: HttpRequest, invoice_uuid: UUID, position: int) -> HttpResponse:
    """Change a draft's line."""
    row = seen_invoice(request, invoice_uuid)
    line = _line(row, position)
    return answer(
        request,
        Deed(
            title=_("Change the line"),
            button=_("Save"),
            done=lambda changed: _done_words(changed, line),
            form=LineForm.of(line, row.version, **typed(request)),
            do=lambda form: actions.edit_invoice_line(
                line.pk, **form.cleaned_data, now=now(), by=signed_in(request)
            ),
            back=page_of(row),
            version_now=lambda: _version(row),
        ),
    )


@asks
@requires(May.EDIT_INVOICES)
def remove_line(request: HttpRequest, invoice_uuid: UUID, position: int) -> HttpResponse:
    """Take a line off a draft."""
    row = seen_invoice(request, invoice_uuid)
    line = _line(row, position)
    return answer(
        request,
        Deed(
            title=_("Take the line off"),
            text=_("“%(line)s” will not be billed on this invoice.") % {"line": line.description},
            button=_("Take it off"),
            danger=True,
            done=_("The line is off the draft."),
            form=VersionForm(initial={"version": row.version}, **typed(request)),
            do=lambda form: actions.remove_invoice_line(
                line.pk, version=form.cleaned_data["version"], now=now()
            ),
            back=page_of(row),
            version_now=lambda: _version(row),
        ),
    )


@asks
@requires(May.EDIT_INVOICES)
def edit_draft(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """Change a draft's terms, PO number and note."""
    row = seen_invoice(request, invoice_uuid)
    standing = {name: getattr(row, name) for name in ("version", "terms", "po_number", "note")}
    return answer(
        request,
        Deed(
            title=_("Terms and notes"),
            button=_("Save"),
            done=_("The draft is changed."),
            form=DraftForm(initial=standing, **typed(request)),
            do=lambda form: actions.edit_draft(row.pk, **form.cleaned_data, now=now()),
            back=page_of(row),
            version_now=lambda: _version(row),
        ),
    )


@asks
@requires(May.EDIT_INVOICES)
def discard_draft(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """End a draft that will not be billed."""
    row = seen_invoice(request, invoice_uuid)
    return answer(
        request,
        Deed(
            title=_("Discard the draft of job %(job)s") % {"job": row.job.number},
            text=_("The job is not billed by it. A new draft can be made from the job at any time."),
            button=_("Discard the draft"),
            danger=True,
            done=_("The draft is discarded."),
            form=ReasonForm(**typed(request)),
            do=lambda form: actions.discard_draft(row.pk, because=form.cleaned_data["because"], now=now()),
            back=page_of(row),
        ),
    )


@require_POST
@requires(May.EDIT_INVOICES)
def draft_invoice(request: HttpRequest, job_uuid: UUID) -> HttpResponse:
    """Bill a complete job anew, after its invoice was credited, voided or discarded."""
    job = get_object_or_404(Job.objects.visible_to(request.user), uuid=job_uuid)
    try:
        row = actions.draft_again(job.pk, now=now())
    except NotPossible as refusal:
        messages.error(request, str(refusal))
        return redirect("dispatch:job", job.uuid)
    messages.success(request, _("The draft of job %(job)s is ready.") % {"job": job.number})
    return redirect(page_of(row))
