"""What is owed and by whom, as pages and panels show it; fetched in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum, Window
from django.utils.translation import gettext as _

from customers.models import Customer
from fsm.clock import now, today_in
from fsm.company import the_company
from fsm.prepared import prepared

from .aging import Aging, Bucket, aged
from .models import Invoice, Payment
from .states import Standing, standing_of

ZERO = Decimal("0.00")


def company_today() -> date:
    """The day it is for the company's books."""
    return today_in(the_company().time_zone, now())


def bucket_words() -> dict[Bucket, str]:
    """What the aging's columns are called."""
    return {
        Bucket.CURRENT: _("Not due"),
        Bucket.DAYS_1_30: _("1 to 30 days late"),
        Bucket.DAYS_31_60: _("31 to 60"),
        Bucket.DAYS_61_90: _("61 to 90"),
        Bucket.OVER_90: _("Over 90"),
    }


@dataclass(frozen=True)
class Line:
    """An invoice as one line: how it stands, and what is left to pay."""

    invoice: Invoice
    standing: Standing
    balance: Decimal
    days_late: int


def line(invoice: Invoice, today: date) -> Line:
    """One invoice that was fetched with `with_balance`."""
    standing = standing_of(
        invoice.state, balance=invoice.balance, paid=invoice.paid, due_on=invoice.due_on, today=today
    )
    late = (today - invoice.due_on).days if standing == Standing.PAST_DUE and invoice.due_on else 0
    return Line(invoice, standing, invoice.balance, late)


def lines(invoices: Iterable[Invoice], today: date) -> list[Line]:
    """Invoices that were fetched with `with_balance`; no further query."""
    return [line(invoice, today) for invoice in invoices]


@dataclass
class Debtor:
    """What one customer owes, by age, and their credit that pays nothing yet."""

    customer: Customer
    aging: Aging
    credit: Decimal = ZERO
    invoices: int = 0
    oldest: date | None = None

    @property
    def buckets(self) -> list[tuple[str, Decimal]]:
        """The columns and their amounts."""
        return [(words, self.aging.amounts[bucket]) for bucket, words in bucket_words().items()]


@dataclass
class Receivables:
    """Who owes what, most first, with the sums of the columns."""

    debtors: list[Debtor]
    total: Aging = field(default_factory=Aging)
    credit: Decimal = ZERO

    @property
    def buckets(self) -> list[tuple[str, Decimal]]:
        """The columns and their sums."""
        return [(words, self.total.amounts[bucket]) for bucket, words in bucket_words().items()]


def receivables(user: Any, today: date) -> Receivables:
    """Every customer with an open invoice or an unapplied payment, in two queries and one for names."""
    open_amounts: defaultdict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    owing = Invoice.objects.visible_to(user).owing().order_by()
    for invoice in owing.only("customer_id", "due_on"):
        open_amounts[invoice.customer_id].append((invoice.due_on or today, invoice.balance))
    credits: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for payment in Payment.objects.visible_to(user).credits().order_by().only("customer_id"):
        credits[payment.customer_id] += payment.unapplied
    customers = Customer.objects.in_bulk({*open_amounts, *credits})
    debtors = [
        Debtor(
            customers[key],
            aged(open_amounts[key], today),
            credits.get(key, ZERO),
            len(open_amounts[key]),
            min((due for due, _ in open_amounts[key]), default=None),
        )
        for key in customers
    ]
    debtors.sort(key=lambda debtor: (-debtor.aging.past_due, -debtor.aging.total, debtor.customer.name))
    every = [amount for amounts in open_amounts.values() for amount in amounts]
    return Receivables(debtors, aged(every, today), sum(credits.values(), ZERO))


@dataclass(frozen=True)
class Account:
    """One customer's money: what is open, its age, the last payments, and credit."""

    aging: Aging
    open: list[Line]
    payments: list[Payment]
    credit: Decimal

    @property
    def balance(self) -> Decimal:
        """What is owed less the credit."""
        return self.aging.total - self.credit

    @property
    def late(self) -> list[tuple[str, Decimal]]:
        """The late buckets that hold something."""
        return [
            (words, self.aging.amounts[bucket])
            for bucket, words in bucket_words().items()
            if bucket != Bucket.CURRENT and self.aging.amounts[bucket]
        ]


@prepared
def _owing(user: Any, *, customer: Any) -> QuerySet[Invoice]:
    owing = Invoice.objects.visible_to(user).filter(customer=customer).owing()
    return owing.select_related("job").order_by("due_on", "pk")


@prepared
def _last_payments(user: Any, most: int, *, customer: Any) -> QuerySet[Payment]:
    payments = Payment.objects.visible_to(user).filter(customer=customer).with_unapplied()
    return payments.annotate(credit=Window(Sum("unapplied")))[:most]


def account_of(customer: Any, user: Any, *, shown: int = 5) -> Account:
    """The customer's open invoices, aging, credit and last payments: two queries, and one for the day."""
    zone = getattr(customer, "books_zone", None)  # the record has fetched it
    today = today_in(zone, now()) if zone else company_today()
    owing = lines(_owing(user, customer=customer.pk), today)
    last: list[Any] = _last_payments(user, shown, customer=customer.pk)
    open_amounts = [(row.invoice.due_on or today, row.balance) for row in owing]
    return Account(aged(open_amounts, today), owing, last, last[0].credit if last else ZERO)
