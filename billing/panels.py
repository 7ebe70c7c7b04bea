"""What money shows elsewhere: a customer's balance, a job's invoice, drafts at home, payment at the door."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dispatch.models import JobUnit
from dispatch.states import VISIT_STATES, VisitState
from equipment.services import knows_repair_spend
from fsm.company import the_company
from fsm.money import format_money, to_cents
from fsm.panels import Alert, panel
from fsm.permissions import May, allowed
from fsm.querysets import any_of

from . import actions
from .figures import figures_of
from .ledger import account_of, company_today, line, lines
from .models import Invoice, Payment
from .states import InvoiceState

SHOWN = 6


@knows_repair_spend
def repair_spend(unit_ids: Collection[int], since: date) -> dict[int, Decimal]:
    """What was billed for work on each unit since the day, before tax; a job about several is shared evenly.
    Jobs that take equipment out are no repairs.
    """
    shares = (
        Invoice.objects.filter(
            state=InvoiceState.ISSUED,
            issued_on__gte=since,
            job__job_type__needs_recovery=False,
            job__units__unit__in=any_of(unit_ids),
        )
        .annotate(units=Subquery(_units_of_job))
        .values("job__units__unit")
        .annotate(spent=Sum(F("subtotal") / F("units")))
    )
    return {row["job__units__unit"]: to_cents(row["spent"]) for row in shares if row["spent"]}


_units_of_job = (
    JobUnit.objects.filter(job=OuterRef("job")).order_by().values("job").annotate(n=Count("pk")).values("n")
)


@panel(
    "customer",
    key="money",
    title=gettext_lazy("Money"),
    order=15,
    template="billing/_customer_money.html",
    may=May.SEE_MONEY,
)
def money_of_customer(customer: Any, user: Any) -> dict[str, Any]:
    """Balance, aging, open invoices and the last payments."""
    account = account_of(customer, user)
    context: dict[str, Any] = {"account": account, "open": account.open[:SHOWN]}
    if account.aging.past_due:
        context["alerts"] = [
            Alert(
                "red",
                "money",
                _("%(amount)s is past due.") % {"amount": format_money(account.aging.past_due)},
                ", ".join(f"{words}: {format_money(amount)}" for words, amount in account.late),
                "#panel-money",
                _("Open invoices"),
            )
        ]
    if allowed(user, May.TAKE_PAYMENTS):
        context["pay_url"] = f"{reverse('billing:record-payment')}?customer={customer.uuid}"
    if account.open or account.payments:
        url = f"{reverse('billing:invoices')}?customer={customer.uuid}"
        context |= {"more_url": url, "more_label": _("All invoices")}
    return context


@panel(
    "caller",
    key="money",
    title=gettext_lazy("Balance"),
    order=10,
    template="billing/_caller_money.html",
    may=May.SEE_MONEY,
)
def money_of_caller(customer: Any, user: Any) -> dict[str, Any]:
    """What somebody on the phone owes, before a time is promised."""
    return {"account": account_of(customer, user)}


@panel(
    "job",
    key="money",
    title=gettext_lazy("Invoice"),
    order=40,
    template="billing/_job_money.html",
    may=May.SEE_MONEY,
)
def money_of_job(job: Any, user: Any) -> dict[str, Any]:
    """The job's invoices, and money that was taken before there was one."""
    invoices = Invoice.objects.visible_to(user).filter(job=job).with_balance().order_by("pk")
    rows = lines(invoices, company_today())
    payments = Payment.objects.visible_to(user).filter(job=job).credits()
    context: dict[str, Any] = {"lines": rows, "payments": list(payments)}
    billed = any(row.invoice.state in (InvoiceState.DRAFT, InvoiceState.ISSUED) for row in rows)
    if job.completed_at and not billed and allowed(user, May.EDIT_INVOICES):
        context["draft_url"] = reverse("billing:draft-invoice", args=[job.uuid])
    return context


@panel(
    "home",
    key="money",
    title=gettext_lazy("To bill"),
    order=30,
    template="billing/_home_money.html",
    may=May.SEE_MONEY,
)
def to_bill(_home: Any, user: Any) -> dict[str, Any]:
    """Drafts that wait, the oldest first, and what is past due."""
    visible = Invoice.objects.visible_to(user)
    drafts = visible.filter(state=InvoiceState.DRAFT).select_related("job", "customer")
    figures = figures_of(visible)
    return {
        "drafts": list(drafts.order_by("job__completed_at", "pk")[:SHOWN]),
        "figures": figures,
        "count": figures["drafts"],
        "zone": the_company().time_zone,
        "more_url": reverse("billing:invoices"),
        "more_label": _("All invoices"),
    }


@panel(
    "phone-visit",
    key="money",
    title=gettext_lazy("Invoice and payment"),
    order=10,
    template="billing/_phone_money.html",
    may=May.WORK_VISITS,
)
def money_at_the_door(visit: Any, user: Any) -> dict[str, Any] | None:
    """What the customer owes for the job, to issue and to take; nothing before the visit is over."""
    if VisitState(visit.state) in VISIT_STATES.open():
        return None
    invoices = Invoice.objects.visible_to(user).filter(job=visit.job)
    kept = [InvoiceState.DRAFT, InvoiceState.ISSUED]
    rows = list(invoices.filter(state__in=kept).with_balance().select_related("customer").order_by("pk"))
    invoice = next((row for row in rows if row.state == InvoiceState.DRAFT or row.balance > 0), None)
    invoice = invoice or (rows[-1] if rows else None)
    credit = sum(row.unapplied for row in Payment.objects.filter(job=visit.job).credits())
    context: dict[str, Any] = {"visit": visit, "invoice": invoice, "credit": credit}
    if invoice is None:
        return context
    is_draft = invoice.state == InvoiceState.DRAFT
    owed = invoice.total if is_draft else invoice.balance
    context |= {
        "line": line(invoice, company_today()),
        "lines": list(invoice.lines.all()),
        "owed": owed,
        "refusal_to_issue": actions.why_not_issue(invoice) if is_draft else "",
        "pdf_url": reverse("billing:invoice-pdf", args=[invoice.uuid]),
        "issue_url": _operation(visit, "invoice.issue") if is_draft else "",
        "pay_url": _operation(visit, "payment.record"),
    }
    return context


def _operation(visit: Any, kind: str) -> str:
    """Where the phone's pages take an operation; empty where they are not installed."""
    try:
        return reverse("dispatch:phone-operation", args=[visit.uuid, kind])
    except NoReverseMatch:
        return ""
