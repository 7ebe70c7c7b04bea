"""Money in the admin: to look at; what ends or moves documents calls the same actions as the pages."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from fsm.admin_base import Deed, HouseAdmin
from fsm.permissions import May

from .actions import (
    cancel_batch,
    credit_invoice,
    discard_draft,
    issue_invoice,
    mark_batch_imported,
    reverse_payment,
    void_invoice,
    write_off_invoice,
)
from .models import (
    Allocation,
    CreditMemo,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    JobTypePrice,
    Payment,
    PriceItem,
    QuickBooksBatch,
    QuickBooksBatchItem,
    TaxRate,
)


@admin.register(TaxRate)
class TaxRateAdmin(HouseAdmin):
    """Changed in the price book."""

    list_display = ("name", "state", "city", "percent", "agency", "quickbooks_item", "is_active")
    list_filter = ("state", "is_active")
    search_fields = ("name", "city", "agency")


@admin.register(PriceItem)
class PriceItemAdmin(HouseAdmin):
    """Changed in the price book."""

    list_display = ("code", "name", "kind", "price", "unit", "is_taxable", "is_active")
    list_filter = ("kind", "is_taxable", "is_active")
    search_fields = ("code", "name")


@admin.register(JobTypePrice)
class JobTypePriceAdmin(HouseAdmin):
    """Changed in the price book."""

    list_display = ("job_type", "item", "basis", "least")
    list_filter = ("basis",)
    search_fields = ("job_type__name", "item__code", "item__name")


@admin.register(Invoice)
class InvoiceAdmin(HouseAdmin):
    """A draft follows its job; an issued invoice is frozen."""

    list_display = ("__str__", "state", "customer", "job", "issued_on", "due_on", "subtotal", "tax", "total")
    list_filter = ("state", "branch", "terms")
    search_fields = ("number", "bill_to_name", "customer__name", "job__number")
    date_hierarchy = "issued_on"
    deeds = (
        Deed(
            "issue",
            _("Issue these drafts"),
            May.ISSUE_INVOICES,
            lambda row, ask: issue_invoice(row.pk, now=ask.now, version=row.version),
        ),
        Deed(
            "discard",
            _("Discard these drafts"),
            May.EDIT_INVOICES,
            lambda row, ask: discard_draft(row.pk, because=ask.because, now=ask.now, version=row.version),
            needs_reason=True,
        ),
        Deed(
            "void",
            _("Void these invoices"),
            May.ADJUST_INVOICES,
            lambda row, ask: void_invoice(row.pk, because=ask.because, now=ask.now),
            needs_reason=True,
        ),
        Deed(
            "credit",
            _("Credit these invoices in full"),
            May.ADJUST_INVOICES,
            lambda row, ask: credit_invoice(row.pk, because=ask.because, now=ask.now),
            needs_reason=True,
        ),
        Deed(
            "write_off",
            _("Write these invoices off"),
            May.ADJUST_INVOICES,
            lambda row, ask: write_off_invoice(row.pk, because=ask.because, now=ask.now),
            needs_reason=True,
        ),
    )


@admin.register(InvoiceLine)
class InvoiceLineAdmin(HouseAdmin):
    """Lines of invoices."""

    within = "invoice"
    list_display = ("invoice", "position", "kind", "description", "quantity", "unit_price", "amount")
    list_filter = ("kind", "needs_price")
    search_fields = ("description", "invoice__number")


@admin.register(InvoiceTax)
class InvoiceTaxAdmin(HouseAdmin):
    """Taxes of invoices, as they were on the day."""

    plural = _("invoice taxes")
    within = "invoice"
    list_display = ("invoice", "name", "percent", "base", "amount")
    search_fields = ("name", "invoice__number")


@admin.register(CreditMemo)
class CreditMemoAdmin(HouseAdmin):
    """What took an invoice back."""

    list_display = ("number", "invoice", "issued_on", "subtotal", "tax", "total", "reason")
    search_fields = ("number", "invoice__number", "reason")
    date_hierarchy = "issued_on"


@admin.register(Payment)
class PaymentAdmin(HouseAdmin):
    """Money that came in."""

    list_display = ("number", "customer", "state", "method", "reference", "amount", "received_on")
    list_filter = ("state", "method", "branch")
    search_fields = ("number", "reference", "customer__name")
    date_hierarchy = "received_on"
    deeds = (
        Deed(
            "reverse",
            _("Reverse these payments"),
            May.TAKE_PAYMENTS,
            lambda row, ask: reverse_payment(row.pk, because=ask.because, now=ask.now),
            needs_reason=True,
        ),
    )


@admin.register(Allocation)
class AllocationAdmin(HouseAdmin):
    """Which payment paid which invoice."""

    within = "payment"
    list_display = ("payment", "invoice", "amount", "is_undone")
    list_filter = ("is_undone",)
    search_fields = ("payment__number", "invoice__number")


@admin.register(QuickBooksBatch)
class QuickBooksBatchAdmin(HouseAdmin):
    """Files for QuickBooks, with their control totals."""

    sees = May.RUN_QUICKBOOKS
    list_display = ("number", "state", "made_at", "made_by_name", "sha256")
    list_filter = ("state",)
    search_fields = ("number", "made_by_name")
    date_hierarchy = "made_at"
    deeds = (
        Deed(
            "mark_imported",
            _("Mark these files as imported"),
            May.RUN_QUICKBOOKS,
            lambda row, ask: mark_batch_imported(row.pk),
        ),
        Deed(
            "cancel",
            _("Cancel these files"),
            May.RUN_QUICKBOOKS,
            lambda row, ask: cancel_batch(row.pk, because=ask.because),
            needs_reason=True,
        ),
    )


@admin.register(QuickBooksBatchItem)
class QuickBooksBatchItemAdmin(HouseAdmin):
    """What stands in which file."""

    sees = May.RUN_QUICKBOOKS
    within = "quickbooks_batch"
    list_display = ("quickbooks_batch", "invoice", "credit_memo", "payment", "is_cancelled")
    list_filter = ("is_cancelled",)
    search_fields = ("quickbooks_batch__number", "invoice__number", "payment__number", "credit_memo__number")
