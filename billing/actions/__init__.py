"""What can be done with invoices, payments, prices and files for QuickBooks."""

from .allocations import balance_of, unapplied_of
from .drafting import draft_again, draft_invoice
from .drafts import add_invoice_line, edit_draft, edit_invoice_line, remove_invoice_line
from .ending import credit_invoice, discard_draft, void_invoice, why_not_void, write_off_invoice
from .issuing import email_invoice_again, email_of, issue_invoice, render_and_send_invoice, why_not_issue
from .payments import allocate_credit, record_payment, reverse_payment, take_payment_on_job

__all__ = [
    "add_invoice_line",
    "allocate_credit",
    "balance_of",
    "credit_invoice",
    "discard_draft",
    "draft_again",
    "draft_invoice",
    "edit_draft",
    "edit_invoice_line",
    "email_invoice_again",
    "email_of",
    "issue_invoice",
    "record_payment",
    "remove_invoice_line",
    "render_and_send_invoice",
    "reverse_payment",
    "take_payment_on_job",
    "unapplied_of",
    "void_invoice",
    "why_not_issue",
    "why_not_void",
    "write_off_invoice",
]
