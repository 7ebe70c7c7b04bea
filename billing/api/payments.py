"""Money that came in, and who still owes."""

from __future__ import annotations

from typing import Any
from uuid import uuid5

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from customers.api.shapes import CustomerBrief
from customers.models import Customer
from customers.narrowing import OfCustomer
from dispatch.api.shapes import JobBrief
from dispatch.models import Job
from fsm.api.fields import Amount, BecauseInput, Day, Dollars, Input, OneOf, Output, Seen, Shown, Text, Unique
from fsm.api.once import key_in
from fsm.api.views import Deed, Listing, Look, One, seen_again
from fsm.clock import now
from fsm.permissions import May

from .. import actions
from ..ledger import company_today, receivables
from ..models import Allocation, Invoice, Payment, PaymentMethod
from ..web.payments import PaymentFilter


class AllocationOutput(Output):
    invoice = serializers.UUIDField(source="invoice.uuid")
    number = serializers.CharField(source="invoice.number")

    class Meta:
        model = Allocation
        fields = ("invoice", "number", "amount", "is_undone")


class PaymentOutput(Output):
    customer = CustomerBrief()
    job = JobBrief(allow_null=True)
    applied = Dollars()
    unapplied = Dollars(help_text="What pays no invoice yet: the customer's credit.")
    allocations = AllocationOutput(many=True)

    class Meta:
        model = Payment
        fields = (
            "uuid", "number", "state", "customer", "job", "branch", "method", "reference", "amount",
            "applied", "unapplied", "received_on", "received_at", "received_by_name", "reversed_because",
            "allocations",
        )  # fmt: skip


def _with_all(rows: QuerySet[Payment]) -> QuerySet[Payment]:
    found = rows.with_unapplied().select_related("customer", "job", "branch")  # type: ignore[attr-defined]
    shown: QuerySet[Payment] = found.prefetch_related("allocations__invoice")
    return shown


def payments_for(user: Any) -> QuerySet[Payment]:
    """Payments with what they pay."""
    return _with_all(Payment.objects.visible_to(user))


class PaymentListFilter(PaymentFilter):
    """As on the page, and by customer."""

    customer = OfCustomer("customer")

    class Meta(PaymentFilter.Meta):
        pass


class Payments(Listing):
    """Every payment, latest first."""

    may = May.SEE_MONEY
    OutputSerializer = PaymentOutput
    order = ("-received_at", "-pk")
    filterset = PaymentListFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return payments_for(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By payment, check, invoice or customer, as on the page."""
        matching: QuerySet[Any] = rows.matching(text)  # type: ignore[attr-defined]
        return matching


class ShowPayment(One):
    """One payment with what it pays."""

    may = May.SEE_MONEY
    OutputSerializer = PaymentOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return payments_for(self.user)


class MoneyInput(Input):
    """Cash or a check."""

    uuid = Unique(required=False, help_text="Yours: sent twice it names the same payment.")
    method = OneOf(choices=PaymentMethod.values)
    amount = Amount(whole=8, places=2)
    reference = Text(most=30, required=False, help_text="The check's number.")


class PaymentDeed(Deed):
    """Money comes in, or is taken back."""

    OutputSerializer = PaymentOutput

    def key(self, data: dict[str, Any]) -> Any:
        """The payment's own key: the sender's, else one for each person and request."""
        return data.pop("uuid", None) or uuid5(self.user.uuid, key_in(self.request))


class RecordPayment(PaymentDeed):
    """Record cash or a check and apply it to the invoice up to what is owed; the rest is credit."""

    may = May.TAKE_PAYMENTS
    status = 201

    class InputSerializer(MoneyInput):
        customer = Seen(lambda user: Customer.objects.visible_to(user))
        invoice = Seen(lambda user: Invoice.objects.visible_to(user), required=False, allow_null=True)
        received_on = Day(required=False, help_text="Today, unless you say.")

    def do(self, data: dict[str, Any]) -> Payment:
        """Record and show."""
        customer, invoice = data.pop("customer"), data.pop("invoice", None)
        made = actions.record_payment(
            key=self.key(data),
            customer_id=customer.pk,
            invoice_id=invoice.pk if invoice else None,
            received_on=data.pop("received_on", None) or company_today(),
            now=now(),
            **data,
        )
        payment: Payment = seen_again(payments_for(self.user), made.pk)
        return payment


class TakePayment(PaymentDeed):
    """Take cash or a check at the door: the job's draft is issued first, then paid."""

    may = (May.TAKE_PAYMENTS, May.WORK_VISITS)
    status = 201
    InputSerializer = MoneyInput

    def rows(self) -> QuerySet[Any]:
        """The jobs the person sees."""
        return Job.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> Payment:
        """Take and show."""
        made = actions.take_payment_on_job(self.thing.pk, key=self.key(data), now=now(), **data)
        payment: Payment = seen_again(_with_all(Payment.objects.filter(job=self.thing)), made.pk)
        return payment


class ApplyCredit(PaymentDeed):
    """Let a payment's unapplied part, or some of it, pay an open invoice of the same customer."""

    may = May.TAKE_PAYMENTS

    class InputSerializer(Input):
        invoice = Seen(lambda user: Invoice.objects.visible_to(user))
        amount = Amount(whole=8, places=2)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return payments_for(self.user)

    def do(self, data: dict[str, Any]) -> Payment:
        """Apply and show."""
        actions.allocate_credit(
            self.thing.pk, invoice_id=data["invoice"].pk, amount=data["amount"], now=now()
        )
        payment: Payment = seen_again(payments_for(self.user), self.thing.pk)
        return payment


class ReversePayment(PaymentDeed):
    """The check bounced, or the entry was a mistake: what it paid is owed again."""

    may = May.TAKE_PAYMENTS
    InputSerializer = BecauseInput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return payments_for(self.user)

    def do(self, data: dict[str, Any]) -> Payment:
        """Reverse and show."""
        actions.reverse_payment(self.thing.pk, **data, now=now())
        payment: Payment = seen_again(payments_for(self.user), self.thing.pk)
        return payment


class DebtorOutput(Shown):
    customer = CustomerBrief()
    total = Dollars()
    past_due = Dollars()
    credit = Dollars()
    invoices = serializers.IntegerField()
    by_age = serializers.DictField(
        child=Dollars(), help_text="current, 1-30, 31-60, 61-90 and 90+ days late."
    )


class ReceivablesOutput(Shown):
    as_of = serializers.DateField()
    total = Dollars()
    credit = Dollars()
    debtors = DebtorOutput(many=True)


class ShowReceivables(Look):
    """Who owes what, by age, the latest first."""

    may = May.SEE_MONEY
    OutputSerializer = ReceivablesOutput

    def get(self, request: Any) -> Response:
        """As of the company's today."""
        self.check_query()
        today = company_today()
        owed = receivables(self.user, today)
        debtors = [
            {
                "customer": debtor.customer,
                "total": debtor.aging.total,
                "past_due": debtor.aging.past_due,
                "credit": debtor.credit,
                "invoices": debtor.invoices,
                "by_age": {bucket.value: amount for bucket, amount in debtor.aging.amounts.items()},
            }
            for debtor in owed.debtors
        ]
        said = {"as_of": today, "total": owed.total.total, "credit": owed.credit, "debtors": debtors}
        return Response(self.shown(said))
