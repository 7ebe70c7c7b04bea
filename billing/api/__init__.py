"""Money, for programs: invoices, payments, prices, and files for QuickBooks."""

from django.urls import path

from . import invoices, payments, prices, quickbooks

urlpatterns = [
    path("invoices/", invoices.Invoices.as_view(), name="invoices"),
    path("invoices/<uuid:invoice_uuid>/", invoices.ShowInvoice.as_view(), name="invoice"),
    path("invoices/<uuid:invoice_uuid>/edit/", invoices.EditDraft.as_view(), name="edit-draft"),
    path("invoices/<uuid:invoice_uuid>/lines/add/", invoices.AddLine.as_view(), name="add-line"),
    path("invoices/<uuid:invoice_uuid>/lines/edit/", invoices.EditLine.as_view(), name="edit-line"),
    path("invoices/<uuid:invoice_uuid>/lines/remove/", invoices.RemoveLine.as_view(), name="remove-line"),
    path("invoices/<uuid:invoice_uuid>/discard/", invoices.DiscardDraft.as_view(), name="discard-draft"),
    path("invoices/<uuid:invoice_uuid>/issue/", invoices.IssueInvoice.as_view(), name="issue-invoice"),
    path("invoices/<uuid:invoice_uuid>/email/", invoices.EmailInvoice.as_view(), name="email-invoice"),
    path("invoices/<uuid:invoice_uuid>/void/", invoices.VoidInvoice.as_view(), name="void-invoice"),
    path("invoices/<uuid:invoice_uuid>/credit/", invoices.CreditInvoice.as_view(), name="credit-invoice"),
    path(
        "invoices/<uuid:invoice_uuid>/write-off/",
        invoices.WriteOffInvoice.as_view(),
        name="write-off-invoice",
    ),
    path("jobs/<uuid:job_uuid>/invoice/draft/", invoices.DraftAgain.as_view(), name="draft-again"),
    path("jobs/<uuid:job_uuid>/invoice/issue/", invoices.IssueForJob.as_view(), name="issue-for-job"),
    path("receivables/", payments.ShowReceivables.as_view(), name="receivables"),
    path("payments/", payments.Payments.as_view(), name="payments"),
    path("payments/record/", payments.RecordPayment.as_view(), name="record-payment"),
    path("payments/<uuid:payment_uuid>/", payments.ShowPayment.as_view(), name="payment"),
    path("payments/<uuid:payment_uuid>/apply/", payments.ApplyCredit.as_view(), name="apply-credit"),
    path("payments/<uuid:payment_uuid>/reverse/", payments.ReversePayment.as_view(), name="reverse-payment"),
    path("jobs/<uuid:job_uuid>/payment/take/", payments.TakePayment.as_view(), name="take-payment"),
    path("prices/", prices.Prices.as_view(), name="prices"),
    path("prices/add/", prices.AddPrice.as_view(), name="add-price"),
    path("prices/<uuid:item_uuid>/", prices.ShowPrice.as_view(), name="price"),
    path("prices/<uuid:item_uuid>/edit/", prices.EditPrice.as_view(), name="edit-price"),
    path("job-type-prices/", prices.JobTypePrices.as_view(), name="job-type-prices"),
    path("job-type-prices/set/", prices.SetJobTypePrice.as_view(), name="set-job-type-price"),
    path(
        "job-type-prices/<uuid:price_uuid>/remove/",
        prices.RemoveJobTypePrice.as_view(),
        name="remove-job-type-price",
    ),
    path("tax-rates/", prices.TaxRates.as_view(), name="tax-rates"),
    path("tax-rates/add/", prices.AddTaxRate.as_view(), name="add-tax-rate"),
    path("tax-rates/<uuid:rate_uuid>/edit/", prices.EditTaxRate.as_view(), name="edit-tax-rate"),
    path("quickbooks/waiting/", quickbooks.WaitingForQuickBooks.as_view(), name="quickbooks-waiting"),
    path("quickbooks/batches/", quickbooks.Batches.as_view(), name="quickbooks-batches"),
    path("quickbooks/batches/make/", quickbooks.MakeBatch.as_view(), name="make-quickbooks-batch"),
    path("quickbooks/batches/<uuid:batch_uuid>/", quickbooks.ShowBatch.as_view(), name="quickbooks-batch"),
    path(
        "quickbooks/batches/<uuid:batch_uuid>/file/", quickbooks.BatchFile.as_view(), name="quickbooks-file"
    ),
    path(
        "quickbooks/batches/<uuid:batch_uuid>/imported/",
        quickbooks.MarkImported.as_view(),
        name="mark-batch-imported",
    ),
    path(
        "quickbooks/batches/<uuid:batch_uuid>/cancel/", quickbooks.CancelBatch.as_view(), name="cancel-batch"
    ),
]
