"""Why an invoice says what it says: prices and their book, changes, photos, signatures and messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.models import Communication
from dispatch.models import JobPhoto, Signature
from fsm.clock import now
from fsm.permissions import May, requires
from fsm.trace import story
from fsm.web.pages import render_page

from ..models import Invoice, InvoiceLine, PriceItem
from .invoices import seen_invoice

MOST = 60


def _priced(invoice: Invoice, lines: list[InvoiceLine]) -> list[dict[str, Any]]:
    """Each line with the version of the price book that was in force when the invoice was issued."""
    items = {line.item_id for line in lines if line.item_id}
    versions = PriceItem.history.filter(id__in=items, history_date__lte=invoice.issued_at or now())
    newest = versions.order_by("id", "-history_date", "-history_id").distinct("id")
    books = {version.id: version for version in newest}
    return [{"line": line, "book": books.get(line.item_id)} for line in lines]


@require_safe
@requires(May.SEE_MONEY)
def why_invoice(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """Everything that speaks for or against an invoice, to settle a dispute from one page."""
    invoice = seen_invoice(request, invoice_uuid)
    said = Communication.objects.visible_to(request.user).filter(
        Q(about_kind="invoice", about_uuid=invoice.uuid) | Q(about_kind="job", about_uuid=invoice.job.uuid)
    )
    context = {
        "invoice": invoice,
        "rows": _priced(invoice, list(invoice.lines.select_related("item"))),
        "steps": [step for step in story(invoice) if step.app == "billing" and step.changes][-MOST:],
        "photos": list(JobPhoto.objects.filter(job=invoice.job).order_by("received_at", "pk")[:MOST]),
        "signatures": list(Signature.objects.filter(job=invoice.job).order_by("signed_at", "pk")),
        "messages_said": list(said.order_by("created_at", "pk")[:MOST]),
        "zone": invoice.branch.time_zone,
    }
    return render_page(request, "billing/why_invoice.html", context)
