"""Invoices, credits and payments in the customer's timeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, F, Value
from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.money import format_money
from fsm.permissions import May
from fsm.timelines import Asked, Entry, Kind, Place, timeline

from .models import CreditMemo, Invoice, Payment, PaymentMethod
from .states import InvoiceState, PaymentState


def _text(words: str) -> Value:
    return Value(words, CharField())


@timeline("money", kinds=[Kind.INVOICE, Kind.PAYMENT], may=May.SEE_MONEY)
def documents_and_payments(customer: Any, asked: Asked) -> Iterator[Entry]:
    """Issued invoices, credit memos and money received, in one statement. By technician: none."""
    if asked.technician or (asked.unit and not asked.wants(Kind.INVOICE)):
        return
    for source, pk, at, unique, number, amount, state, words in asked.fetch(_statement, customer):
        yield _entry(Place(at, source, pk), unique, number, format_money(amount), state, words)


def _statement(customer: Any, asked: Asked) -> Any:
    legs: list[Any] = []
    if asked.wants(Kind.INVOICE):
        invoices = Invoice.objects.visible_to(asked.user).filter(customer=customer, issued_at__isnull=False)
        credits = CreditMemo.objects.visible_to(asked.user).filter(invoice__customer=customer)
        if asked.unit:
            invoices = invoices.filter(job__units__unit__uuid=asked.unit)
            credits = credits.filter(invoice__job__units__unit__uuid=asked.unit)
        legs += [
            asked.cut(invoices, "invoice", "issued_at").values_list(
                _text("invoice"), "pk", "issued_at", "uuid", "number", "total", "state", F("job__summary")
            ),
            asked.cut(credits, "credit", "issued_at").values_list(
                _text("credit"), "pk", "issued_at", "invoice__uuid", "number", "total", _text(""), F("reason")
            ),
        ]
    if asked.wants(Kind.PAYMENT) and not asked.unit:
        payments = Payment.objects.visible_to(asked.user).filter(customer=customer)
        legs.append(
            asked.cut(payments, "payment", "received_at").values_list(
                _text("payment"), "pk", "received_at", "uuid", "number", "amount", "state", F("method")
            )
        )
    return legs[0].union(*legs[1:], all=True) if len(legs) > 1 else legs[0]


def _entry(place: Place, unique: Any, number: str, amount: str, state: str, words: str) -> Entry:
    if place.source == "payment":
        back = state == PaymentState.REVERSED
        return Entry(
            place,
            Kind.PAYMENT,
            _("Payment %(number)s · %(amount)s") % {"number": number, "amount": amount},
            str(PaymentMethod(words).label),
            reverse("billing:payment", args=[unique]),
            state="cancelled" if back else "",
            state_words=str(PaymentState(state).label) if back else "",
        )
    credit = place.source == "credit"
    title = _("Credit memo %(number)s · %(amount)s") if credit else _("Invoice %(number)s · %(amount)s")
    ended = state not in ("", InvoiceState.ISSUED)
    return Entry(
        place,
        Kind.INVOICE,
        title % {"number": number, "amount": amount},
        words,
        reverse("billing:invoice", args=[unique]),
        state=state if ended else "",
        state_words=str(InvoiceState(state).label) if ended else "",
    )
