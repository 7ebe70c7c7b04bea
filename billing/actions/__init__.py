"""What can be done with invoices, payments, prices and files for QuickBooks."""

from .allocations import balance_of, unapplied_of
from .drafting import draft_again, draft_invoice
from .drafts import add_invoice_line, edit_draft, edit_invoice_line, remove_invoice_line
from .ending import credit_invoice, discard_draft, void_invoice, why_not_void
from .issuing import email_invoice_again, email_of, issue_invoice, render_and_send_invoice, why_not_issue
from .locks import WRITE_OFF_REVIEW
from .payments import allocate_credit, record_payment, reverse_payment, take_payment_on_job
from .prices import (
    add_price_item,
    add_tax_rate,
    edit_price_item,
    edit_tax_rate,
    remove_job_type_price,
    set_job_type_price,
)
from .quickbooks import cancel_batch, make_quickbooks_batch, mark_batch_imported
from .writing_off import ask_to_write_off, write_off_invoice

__all__ = [
    "WRITE_OFF_REVIEW",
    "add_invoice_line",
    "add_price_item",
    "add_tax_rate",
    "allocate_credit",
    "ask_to_write_off",
    "balance_of",
    "cancel_batch",
    "credit_invoice",
    "discard_draft",
    "draft_again",
    "draft_invoice",
    "edit_draft",
    "edit_invoice_line",
    "edit_price_item",
    "edit_tax_rate",
    "email_invoice_again",
    "email_of",
    "issue_invoice",
    "make_quickbooks_batch",
    "mark_batch_imported",
    "record_payment",
    "remove_invoice_line",
    "remove_job_type_price",
    "render_and_send_invoice",
    "reverse_payment",
    "set_job_type_price",
    "take_payment_on_job",
    "unapplied_of",
    "void_invoice",
    "why_not_issue",
    "why_not_void",
    "write_off_invoice",
]
