"""How pages of other apps name and link invoices, credits, payments and QuickBooks files."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.references import refers

from .models import CreditMemo, Invoice, Payment, QuickBooksBatch


def _invoice_label(invoice: Any) -> str:
    if invoice.number:
        return _("Invoice %(number)s") % {"number": invoice.number}
    return _("Draft invoice of job %(number)s") % {"number": invoice.job.number}


refers(
    "invoice",
    Invoice,
    url=lambda row: reverse("billing:invoice", args=[row.uuid]),
    label=_invoice_label,
    related=("job",),
)
refers(
    "credit_memo",
    CreditMemo,
    url=lambda row: reverse("billing:invoice", args=[row.invoice.uuid]),
    label=lambda row: _("Credit memo %(number)s") % {"number": row.number},
    related=("invoice",),
)
refers(
    "payment",
    Payment,
    url=lambda row: reverse("billing:payment", args=[row.uuid]),
    label=lambda row: _("Payment %(number)s") % {"number": row.number},
)
refers(
    "quickbooks_batch",
    QuickBooksBatch,
    url=lambda row: reverse("billing:quickbooks-batch", args=[row.uuid]),
    label=lambda row: _("QuickBooks file %(number)s") % {"number": row.number},
)
