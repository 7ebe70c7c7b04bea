"""Money: prices, invoices, payments, and what went to QuickBooks."""

from .documents import CreditMemo, Invoice, InvoiceLine, InvoiceTax
from .exports import QuickBooksBatch, QuickBooksBatchItem
from .payments import Allocation, Payment, PaymentMethod
from .prices import ItemKind, JobTypePrice, PriceBasis, PriceItem, TaxRate

__all__ = [
    "Allocation",
    "CreditMemo",
    "Invoice",
    "InvoiceLine",
    "InvoiceTax",
    "ItemKind",
    "JobTypePrice",
    "Payment",
    "PaymentMethod",
    "PriceBasis",
    "PriceItem",
    "QuickBooksBatch",
    "QuickBooksBatchItem",
    "TaxRate",
]
