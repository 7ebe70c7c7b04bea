"""What money announces."""

from __future__ import annotations

from dataclasses import dataclass

from fsm.events import Event


@dataclass(frozen=True, kw_only=True)
class InvoiceIssued(Event):
    """An invoice has its number and is frozen."""

    invoice_id: int


@dataclass(frozen=True, kw_only=True)
class InvoiceEnded(Event):
    """An invoice was voided, credited or written off."""

    invoice_id: int
    state: str


@dataclass(frozen=True, kw_only=True)
class PaymentRecorded(Event):
    """Money came in."""

    payment_id: int


@dataclass(frozen=True, kw_only=True)
class PaymentReversed(Event):
    """Money that came in went back: a check bounced, or it was a mistake."""

    payment_id: int


@dataclass(frozen=True, kw_only=True)
class QuickBooksBatchMade(Event):
    """A file for QuickBooks Desktop was made and proved."""

    batch_id: int
