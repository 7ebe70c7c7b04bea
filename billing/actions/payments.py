"""Money that comes in, what it pays, and what is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from dispatch.models import Job
from fsm import counters
from fsm.attribution import because as with_reason
from fsm.attribution import current, rooted
from fsm.clock import today_in
from fsm.company import the_company
from fsm.events import announce
from fsm.money import format_money, to_cents
from fsm.states import NotPossible

from ..events import PaymentRecorded, PaymentReversed
from ..models import Allocation, Invoice, Payment, PaymentMethod
from ..states import PAYMENT_STATES, InvoiceState, PaymentState
from .allocations import apply_part, balance_of, unapplied_of, undo_allocations
from .issuing import issue_invoice, why_not_issue
from .locks import locked_customer, locked_invoice, locked_payment, reason

LARGEST = Decimal(10_000_000)


@transaction.atomic
def record_payment(
    *,
    key: UUID,
    customer_id: int,
    method: str,
    amount: Decimal,
    received_on: date,
    now: datetime,
    reference: str = "",
    invoice_id: int | None = None,
    job_id: int | None = None,
) -> Payment:
    """Record cash or a check and apply it to the invoice up to what is owed; the rest is credit.

    The same key twice is the same payment. A draft cannot be paid: it is issued first.
    """
    reference = " ".join(reference.split())
    _check_input(method, amount, reference, received_on, now)
    customer = locked_customer(customer_id)
    standing = Payment.objects.filter(key=key).first()
    if standing is not None:
        return _same(standing, customer_id=customer_id, amount=amount, method=method)
    invoice = locked_invoice(invoice_id) if invoice_id else None
    job = Job.objects.get(pk=job_id) if job_id else invoice.job if invoice else None
    if invoice is not None:
        _check_payable(invoice, customer)
    with rooted("job", job.uuid) if job else nullcontext():
        payment = Payment.objects.create(
            number=counters.take_one("payment"),
            key=key,
            customer=customer,
            job=job,
            branch_id=job.branch_id if job else customer.branch_id,
            method=method,
            reference=reference,
            amount=to_cents(amount),
            received_on=received_on,
            received_at=now,
            received_by_name=current().actor_name,
        )
        if invoice is not None:
            apply_part(payment, invoice, payment.amount, now)
        announce(PaymentRecorded(payment_id=payment.pk))
    return payment


@transaction.atomic
def take_payment_on_job(
    job_id: int, *, key: UUID, method: str, amount: Decimal, now: datetime, reference: str = ""
) -> Payment:
    """Take cash or a check at the door: the job's draft is issued first, then paid.

    Where there is no invoice, or the office must look at the draft first, the money is credit on the job.
    """
    job = Job.objects.select_related("bill_to").get(pk=job_id)
    draft = Invoice.objects.filter(job=job, state=InvoiceState.DRAFT).first()
    locked_customer(draft.customer_id if draft else job.bill_to_id)
    if draft is not None and not why_not_issue(draft) and not Payment.objects.filter(key=key).exists():
        issue_invoice(draft.pk, now=now)
    issued = Invoice.objects.filter(job=job, state=InvoiceState.ISSUED)
    invoice = issued.owing().order_by("due_on", "pk").first() or issued.order_by("-pk").first()
    return record_payment(
        key=key,
        customer_id=invoice.customer_id if invoice else job.bill_to_id,
        invoice_id=invoice.pk if invoice else None,
        job_id=job.pk,
        method=method,
        amount=amount,
        reference=reference,
        received_on=today_in(the_company().time_zone, now),
        now=now,
    )


@transaction.atomic
def allocate_credit(payment_id: int, *, invoice_id: int, amount: Decimal, now: datetime) -> Allocation:
    """Apply a payment's unapplied part, or some of it, to an open invoice of the same customer."""
    invoice = locked_invoice(invoice_id)
    payment = locked_payment(payment_id)
    if payment.state != PaymentState.CAPTURED:
        raise NotPossible(_("Payment %(number)s was reversed.") % {"number": payment})
    _check_payable(invoice, payment.customer)
    left, owed = unapplied_of(payment), balance_of(invoice)
    if amount <= 0 or amount != to_cents(amount):
        raise NotPossible(_("Enter an amount in dollars and cents."), field="amount")
    if amount > left:
        raise NotPossible(
            _("Only %(left)s of payment %(number)s is not applied yet.")
            % {"left": format_money(left), "number": payment},
            field="amount",
        )
    if amount > owed:
        raise NotPossible(
            _("Only %(owed)s is still owed on invoice %(number)s.")
            % {"owed": format_money(owed), "number": invoice},
            field="amount",
        )
    with rooted("job", invoice.job.uuid):
        allocation = apply_part(payment, invoice, amount, now)
        if allocation is None:
            raise NotPossible(_("Nothing is owed on invoice %(number)s.") % {"number": invoice})
        return allocation


@transaction.atomic
def reverse_payment(payment_id: int, *, because: str, now: datetime) -> Payment:
    """The check bounced, or the entry was a mistake: what it paid is owed again."""
    del now
    because = reason(because)
    invoices = Allocation.objects.filter(payment=payment_id, is_undone=False).values("invoice")
    list(Invoice.objects.select_for_update(no_key=True).filter(pk__in=invoices).order_by("pk"))
    payment = locked_payment(payment_id)
    PAYMENT_STATES.check(payment.state, PaymentState.REVERSED)
    with _in_chain_of(payment), with_reason(because):
        undo_allocations(payment.allocations.all())
        payment.state, payment.reversed_because = PaymentState.REVERSED, because
        payment.save(update_fields=["state", "reversed_because"])
        announce(PaymentReversed(payment_id=payment.pk))
    return payment


def _same(payment: Payment, *, customer_id: int, amount: Decimal, method: str) -> Payment:
    """A key that comes again is the same payment; with other content it is refused."""
    if (payment.customer_id, payment.amount, payment.method) != (customer_id, to_cents(amount), method):
        raise NotPossible(
            _("This form was already sent: payment %(number)s of %(amount)s. Open a new form for another.")
            % {"number": payment, "amount": format_money(payment.amount)}
        )
    return payment


@contextmanager
def _in_chain_of(payment: Payment) -> Iterator[None]:
    with rooted("job", payment.job.uuid) if payment.job else nullcontext():
        yield


def _check_payable(invoice: Invoice, customer: Customer) -> None:
    if invoice.customer_id != customer.pk:
        raise NotPossible(
            _("Invoice %(number)s is billed to %(name)s.") % {"number": invoice, "name": invoice.customer}
        )
    if invoice.state == InvoiceState.DRAFT:
        raise NotPossible(_("This invoice is a draft. Issue it first, then record the payment."))
    if invoice.state != InvoiceState.ISSUED:
        raise NotPossible(
            _("Invoice %(number)s is %(state)s; record the payment on the customer instead.")
            % {"number": invoice, "state": invoice.get_state_display().lower()}
        )


def _check_input(method: str, amount: Decimal, reference: str, received_on: date, now: datetime) -> None:
    if method not in PaymentMethod.values:
        raise NotPossible(_("Choose cash or check."), field="method")
    if not amount.is_finite() or amount <= 0 or amount != to_cents(amount):
        raise NotPossible(_("Enter an amount in dollars and cents, more than zero."), field="amount")
    if amount >= LARGEST:
        raise NotPossible(_("That is more than we believe. Nothing was recorded."), field="amount")
    if method == PaymentMethod.CHECK and not reference:
        raise NotPossible(_("Enter the check's number."), field="reference")
    if len(reference) > 30:
        raise NotPossible(_("A check number has at most 30 characters."), field="reference")
    if received_on > today_in(the_company().time_zone, now):
        raise NotPossible(_("The day is in the future."), field="received_on")
