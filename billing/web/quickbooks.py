"""What waits for QuickBooks Desktop, and the files that went there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fsm.clock import now
from fsm.company import the_company
from fsm.looks import Sensitive, hands_out, saw
from fsm.permissions import May, requires
from fsm.references import ref_of
from fsm.states import NotPossible
from fsm.web.pages import render_page

from .. import actions
from ..models import CreditMemo, Invoice, Payment, QuickBooksBatch
from ..states import BATCH_STATES, BatchState
from .asking import Deed, answer, typed
from .forms import NothingForm, ReasonForm
from .invoices import asks

SHOWN = 500
SUMS = ("subtotal", "tax", "total")
SHOWN_BATCHES = 50


def _waiting(user: Any) -> dict[str, list[Any]]:
    """The documents in no file yet, oldest first; more than one page's worth goes into the next file."""
    invoices = Invoice.objects.visible_to(user).not_in_quickbooks().select_related("customer", "job")
    credits = CreditMemo.objects.visible_to(user).not_in_quickbooks().select_related("invoice__customer")
    payments = Payment.objects.visible_to(user).not_in_quickbooks().select_related("customer")
    return {
        "invoices": list(invoices.order_by("issued_at", "number")[:SHOWN]),
        "credits": list(credits.order_by("issued_at", "pk")[:SHOWN]),
        "payments": list(payments.order_by("received_at", "pk")[:SHOWN]),
    }


@require_safe
@requires(May.RUN_QUICKBOOKS)
def quickbooks(request: HttpRequest) -> HttpResponse:
    """What waits, ready to be made into a file, and the files so far."""
    return render_page(request, "billing/quickbooks.html", _context(request))


def _context(request: HttpRequest, **more: Any) -> dict[str, Any]:
    waiting = _waiting(request.user)
    batches = QuickBooksBatch.objects.visible_to(request.user).defer("content")
    standing = Q(items__is_cancelled=False)
    return {
        "waiting": waiting,
        "sums": {
            "invoices": sum((row.total for row in waiting["invoices"]), Decimal(0)),
            "credits": sum((row.total for row in waiting["credits"]), Decimal(0)),
            "payments": sum((row.amount for row in waiting["payments"]), Decimal(0)),
        },
        "count": sum(map(len, waiting.values())),
        "batches": list(batches.annotate(documents=Count("items", filter=standing))[:SHOWN_BATCHES]),
        "zone": the_company().time_zone,
        "ticked": None,
        **more,
    }


@require_POST
@requires(May.RUN_QUICKBOOKS)
def make_batch(request: HttpRequest) -> HttpResponse:
    """Write the ticked documents into a proved file."""
    chosen = _chosen(request)
    try:
        batch = actions.make_quickbooks_batch(**chosen, now=now())
    except NotPossible as refusal:
        ticked = {str(unique) for uniques in chosen.values() for unique in uniques}
        context = _context(request, refusal=str(refusal), ticked=ticked)
        return render_page(request, "billing/quickbooks.html", context, status=409)
    messages.success(request, _("%(batch)s is made and proved. Download it now.") % {"batch": batch})
    return redirect("billing:quickbooks-batch", batch.uuid)


def _chosen(request: HttpRequest) -> dict[str, list[UUID]]:
    """The ticked documents that this person may see; anything else that was sent is passed over."""
    seen = {kind: {str(row.uuid): row.uuid for row in rows} for kind, rows in _waiting(request.user).items()}
    return {
        kind: [known[text] for text in request.POST.getlist(kind) if text in known]
        for kind, known in seen.items()
    }


def _seen_batch(request: HttpRequest, batch_uuid: UUID, *, content: bool = False) -> QuickBooksBatch:
    rows = QuickBooksBatch.objects.visible_to(request.user)
    return get_object_or_404(rows if content else rows.defer("content"), uuid=batch_uuid)


@require_safe
@requires(May.RUN_QUICKBOOKS)
def batch(request: HttpRequest, batch_uuid: UUID) -> HttpResponse:
    """One file: its control totals and the documents in it."""
    row = _seen_batch(request, batch_uuid)
    items = list(
        row.items.select_related(
            "invoice__customer", "credit_memo__invoice__customer", "payment__customer"
        ).order_by("pk")
    )
    totals = row.manifest.get("totals", {})
    kinds = totals.get("kinds", {})
    words = {"INVOICE": _("Invoices"), "CREDIT MEMO": _("Credit memos"), "PAYMENT": _("Payments")}
    context = {
        "batch": row,
        "items": items,
        "totals": totals,
        "kinds": [
            (label, kinds[key] | {name: Decimal(kinds[key][name]) for name in SUMS})
            for key, label in words.items()
            if kinds.get(key, {}).get("count")
        ],
        "may_end": BATCH_STATES.allows(row.state, BatchState.CANCELLED),
        "zone": the_company().time_zone,
    }
    return render_page(request, "billing/quickbooks_batch.html", context)


@require_safe
@requires(May.RUN_QUICKBOOKS)
@hands_out(Sensitive.QUICKBOOKS_FILE)
def download(request: HttpRequest, batch_uuid: UUID) -> HttpResponse:
    """The file itself: the same bytes every time."""
    row = _seen_batch(request, batch_uuid, content=True)
    saw(Sensitive.QUICKBOOKS_FILE, about=ref_of(row), detail=f"{row.number}.iif")
    response = HttpResponse(bytes(row.content), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{row.number}.iif") or ""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@asks
@requires(May.RUN_QUICKBOOKS)
def mark_imported(request: HttpRequest, batch_uuid: UUID) -> HttpResponse:
    """The bookkeeper has imported the file."""
    row = _seen_batch(request, batch_uuid)
    return answer(
        request,
        Deed(
            title=_("Mark %(batch)s as imported") % {"batch": row},
            text=_(
                "Only after QuickBooks said that it imported the file. It cannot be cancelled then; what is"
                " wrong is corrected by a credit."
            ),
            button=_("It is imported"),
            done=_("%(batch)s is marked as imported.") % {"batch": row},
            form=NothingForm(**typed(request)),
            do=lambda form: actions.mark_batch_imported(row.pk),
            back=_page(row),
        ),
    )


@asks
@requires(May.RUN_QUICKBOOKS)
def cancel_batch(request: HttpRequest, batch_uuid: UUID) -> HttpResponse:
    """The file was not imported: its documents wait again."""
    row = _seen_batch(request, batch_uuid)
    return answer(
        request,
        Deed(
            title=_("Cancel %(batch)s") % {"batch": row},
            text=_(
                "Only if the file was NOT imported: its documents go into the next file, and importing both"
                " would double the books. Delete the file you downloaded."
            ),
            button=_("I did not import it"),
            danger=True,
            done=_("%(batch)s is cancelled; its documents wait again.") % {"batch": row},
            form=ReasonForm(**typed(request)),
            do=lambda form: actions.cancel_batch(row.pk, because=form.cleaned_data["because"]),
            back=_page(row),
        ),
    )


def _page(row: QuickBooksBatch) -> str:
    return reverse("billing:quickbooks-batch", args=[row.uuid])
