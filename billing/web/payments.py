"""Money that came in: the list, one payment, recording, applying and reversing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import django_filters as filters
from django.db.models import Prefetch, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from customers.models import Customer
from fsm.clock import now
from fsm.money import format_money
from fsm.permissions import May, requires
from fsm.templatetags.ui import state
from fsm.web.pages import render_page
from fsm.web.tables import Column, Table

from .. import actions
from ..ledger import company_today
from ..models import Allocation, Invoice, Payment, PaymentMethod
from ..states import PaymentState
from .asking import Deed, answer, typed
from .cells import NOTHING, money
from .cells import day as day_cell
from .forms import ApplyForm, DayInput, PaymentForm, ReasonForm, payment_initial
from .invoices import asks, page_of, seen_invoice

ZERO = Decimal("0.00")
UNAPPLIED, REVERSED = "credit", "reversed"


class PaymentFilter(filters.FilterSet):  # type: ignore[misc]
    """How it was paid, what became of it, and days."""

    method = filters.ChoiceFilter(
        label=gettext_lazy("Method"), choices=PaymentMethod.choices, empty_label=gettext_lazy("Any")
    )
    state = filters.ChoiceFilter(
        label=gettext_lazy("State"),
        method="standing",
        empty_label=gettext_lazy("Any"),
        choices=[(UNAPPLIED, gettext_lazy("With credit left")), (REVERSED, gettext_lazy("Reversed"))],
    )
    first = filters.DateFilter(
        label=gettext_lazy("From"), field_name="received_on", lookup_expr="gte", widget=DayInput()
    )
    last = filters.DateFilter(
        label=gettext_lazy("until"), field_name="received_on", lookup_expr="lte", widget=DayInput()
    )

    class Meta:
        model = Payment
        fields: list[str] = []

    def standing(self, payments: Any, name: str, value: str) -> QuerySet[Payment]:
        """Those with credit left, or reversed ones."""
        found: QuerySet[Payment] = (
            payments.credits() if value == UNAPPLIED else payments.filter(state=PaymentState.REVERSED)
        )
        return found


def _standing_allocations() -> Prefetch[Any, Any, Any]:
    standing = Allocation.objects.filter(is_undone=False).select_related("invoice").order_by("pk")
    return Prefetch("allocations", standing, to_attr="standing")


@require_safe
@requires(May.SEE_MONEY)
def payments(request: HttpRequest) -> HttpResponse:
    """Every payment this person may see."""
    rows = Payment.objects.visible_to(request.user)
    table = Table(
        request,
        rows.with_unapplied().select_related("customer").prefetch_related(_standing_allocations()),
        COLUMNS,
        url=lambda row: reverse("billing:payment", args=[row.uuid]),
        filterset=PaymentFilter,
        search=lambda found, query: found.matching(query),  # type: ignore[attr-defined]
        search_label=_("Payment, check, invoice or customer"),
        default_sort="-number",
        empty_title=_("No payments yet"),
        empty_text=_("Cash and checks appear here, taken at the door or recorded in the office."),
    )
    captured = rows.filter(state=PaymentState.CAPTURED, received_on=company_today()).order_by()
    today = captured.values("method").annotate(sum=Sum("amount"))
    context = {
        "table": table,
        "today": dict.fromkeys(PaymentMethod.values, ZERO) | {row["method"]: row["sum"] for row in today},
        "credit": rows.credits().order_by().aggregate(sum=Sum("unapplied"))["sum"] or ZERO,
    }
    return render_page(request, "billing/payments.html", context)


def stands(row: Payment) -> Any:
    """The pill of a payment that was fetched with `with_unapplied`."""
    if row.state == PaymentState.REVERSED:
        return state("cancelled", _("Reversed"))
    if row.unapplied:
        return state("unapplied", _("Credit left"))
    return state("applied", _("Applied"))


def _paid_invoices(row: Any) -> Any:
    if not row.standing:
        return NOTHING
    return format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        ((page_of(one.invoice), one.invoice.number) for one in row.standing),
    )


COLUMNS = [
    Column("number", gettext_lazy("Payment"), lambda row: row.number, ("received_at",)),
    Column("state", gettext_lazy("State"), stands, ("state",)),
    Column("customer", gettext_lazy("Customer"), lambda row: row.customer.name, ("customer__name",)),
    Column("date", gettext_lazy("Date"), lambda row: day_cell(row.received_on), ("received_on",)),
    Column(
        "method",
        gettext_lazy("Method"),
        lambda row: f"{row.get_method_display()} {row.reference}",
        ("method", "reference"),
    ),
    Column("invoice", gettext_lazy("Invoice"), _paid_invoices),
    Column("by", gettext_lazy("By"), lambda row: row.received_by_name, ("received_by_name",)),
    Column("amount", gettext_lazy("Amount"), lambda row: format_money(row.amount), ("amount",), "right"),
    Column("credit", gettext_lazy("Credit left"), lambda row: money(row.unapplied), ("unapplied",), "right"),
]


def _seen_payment(request: HttpRequest, payment_uuid: UUID) -> Payment:
    rows = Payment.objects.visible_to(request.user).with_unapplied().select_related("customer", "job")
    return get_object_or_404(rows, uuid=payment_uuid)


@require_safe
@requires(May.SEE_MONEY)
def payment(request: HttpRequest, payment_uuid: UUID) -> HttpResponse:
    """One payment: what it paid, and what may follow."""
    row = _seen_payment(request, payment_uuid)
    context = {
        "payment": row,
        "pill": stands(row),
        "allocations": list(row.allocations.select_related("invoice__job").order_by("pk")),
        "exports": list(
            row.quickbooks_items.filter(is_cancelled=False)
            .select_related("quickbooks_batch")
            .defer("quickbooks_batch__content")
        ),
        "may_apply": row.unapplied > 0 and bool(_open_invoices(row)),
        "may_reverse": row.state == PaymentState.CAPTURED,
        "zone": row.customer.branch.time_zone,
    }
    return render_page(request, "billing/payment.html", context)


def _page(row: Payment) -> str:
    return reverse("billing:payment", args=[row.uuid])


def _done(made: Payment) -> str:
    left = actions.unapplied_of(made)
    facts = {
        "number": made.number,
        "amount": format_money(made.amount),
        "left": format_money(left),
    }
    if left:
        return _("%(amount)s is recorded as payment %(number)s; %(left)s of it is credit.") % facts
    return _("%(amount)s is recorded as payment %(number)s.") % facts


@asks
@requires(May.TAKE_PAYMENTS)
def pay_invoice(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """Record cash or a check on an invoice."""
    row = seen_invoice(request, invoice_uuid)
    initial = payment_initial(today=company_today(), amount=row.balance, once=uuid4())
    return answer(
        request,
        Deed(
            title=_("Record a payment on invoice %(number)s") % {"number": row},
            text=_("%(name)s owes %(balance)s on it. What is more than that becomes their credit.")
            % {"name": row.customer.name, "balance": format_money(row.balance)},
            button=_("Record the payment"),
            done=_done,
            form=PaymentForm(initial=initial, **typed(request)),
            do=lambda form: _record(form, customer_id=row.customer_id, invoice_id=row.pk),
            back=page_of(row),
            columns="two",
        ),
    )


@asks
@requires(May.TAKE_PAYMENTS)
def record_payment(request: HttpRequest) -> HttpResponse:
    """Record money of a customer that is for no invoice yet: it becomes their credit."""
    try:
        unique = UUID(request.GET.get("customer", ""))
    except ValueError:
        raise Http404 from None
    customer = get_object_or_404(Customer.objects.visible_to(request.user).at(unique))
    initial = payment_initial(today=company_today(), amount=None, once=uuid4())
    return answer(
        request,
        Deed(
            title=_("Record a payment of %(name)s") % {"name": customer.name},
            text=_("It becomes the customer's credit; apply it to invoices afterwards."),
            button=_("Record the payment"),
            done=_done,
            form=PaymentForm(initial=initial, **typed(request)),
            do=lambda form: _record(form, customer_id=customer.pk, invoice_id=None),
            back=reverse("customers:customer", args=[customer.uuid]),
            after=_page,
            columns="two",
        ),
    )


def _record(form: PaymentForm, *, customer_id: int, invoice_id: int | None) -> Payment:
    values = dict(form.cleaned_data)
    return actions.record_payment(
        key=values.pop("once"), customer_id=customer_id, invoice_id=invoice_id, now=now(), **values
    )


def _open_invoices(row: Payment) -> list[Invoice]:
    owing = Invoice.objects.filter(customer=row.customer_id).owing().select_related("job")
    return list(owing.order_by("due_on", "pk")[:100])


@asks
@requires(May.TAKE_PAYMENTS)
def apply_credit(request: HttpRequest, payment_uuid: UUID) -> HttpResponse:
    """Let a credit pay an open invoice of the same customer."""
    row = _seen_payment(request, payment_uuid)
    offered = {str(one.uuid): one for one in _open_invoices(row)}
    choices = [
        (
            key,
            _("%(number)s, job %(job)s: %(owed)s owed")
            % {"number": one.number, "job": one.job.number, "owed": format_money(one.balance)},
        )
        for key, one in offered.items()
    ]
    first = next(iter(offered.values()), None)
    amount = min(row.unapplied, first.balance) if first else row.unapplied
    return answer(
        request,
        Deed(
            title=_("Apply credit of payment %(number)s") % {"number": row},
            text=_("%(left)s of it pays nothing yet.") % {"left": format_money(row.unapplied)},
            button=_("Apply"),
            done=_("The credit is applied."),
            form=ApplyForm(choices, initial={"amount": amount}, **typed(request)),
            do=lambda form: actions.allocate_credit(
                row.pk,
                invoice_id=offered[form.cleaned_data["invoice"]].pk,
                amount=form.cleaned_data["amount"],
                now=now(),
            ),
            back=_page(row),
        ),
    )


@asks
@requires(May.TAKE_PAYMENTS)
def reverse_payment(request: HttpRequest, payment_uuid: UUID) -> HttpResponse:
    """The check bounced, or the entry was a mistake."""
    row = _seen_payment(request, payment_uuid)
    exported = row.quickbooks_items.filter(is_cancelled=False).exists()
    warning = _("It went to QuickBooks: reverse it there as well.") if exported else ""
    return answer(
        request,
        Deed(
            title=_("Reverse payment %(number)s") % {"number": row},
            text=_("What it paid is owed again. This cannot be undone. %(warning)s") % {"warning": warning},
            button=_("Reverse the payment"),
            danger=True,
            done=_("Payment %(number)s is reversed.") % {"number": row},
            form=ReasonForm(**typed(request)),
            do=lambda form: actions.reverse_payment(row.pk, because=form.cleaned_data["because"], now=now()),
            back=_page(row),
        ),
    )
