"""The list of invoices, one invoice whole, and what becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters as filters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Communication, Customer
from fsm.clock import now
from fsm.files import serve_private
from fsm.models import Branch
from fsm.money import format_money
from fsm.panels import panels_for
from fsm.permissions import May, allowed, requires, signed_in
from fsm.references import Reference
from fsm.reviews import waiting_about
from fsm.web.context import prepare
from fsm.web.pages import render_page
from fsm.web.recent import remember_opened
from fsm.web.tables import Column, Table

from .. import actions, pdf
from ..documents import bill_to_lines, credit_document, invoice_document, service_lines
from ..figures import figures_of
from ..ledger import Line, company_today, line
from ..models import CreditMemo, Invoice
from ..states import INVOICE_STATES, InvoiceState, Standing
from .asking import Deed, answer, typed
from .cells import day as day_cell
from .cells import due, money, name_of, standing
from .forms import DayInput, EmailForm, ReasonForm, VersionForm

OWING = "owing"
asks = require_http_methods(["GET", "HEAD", "POST"])
SHORTCUTS = [
    ("", gettext_lazy("All")),
    (Standing.DRAFT, gettext_lazy("Drafts")),
    (OWING, gettext_lazy("Owing")),
    (Standing.PAST_DUE, gettext_lazy("Past due")),
    (Standing.PAID, gettext_lazy("Paid")),
]


class InvoiceFilter(filters.FilterSet):  # type: ignore[misc]
    """How it stands, days, and, where there are several, branch."""

    state = filters.ChoiceFilter(
        label=gettext_lazy("State"), method="standing", empty_label=gettext_lazy("Any")
    )
    first = filters.DateFilter(
        label=gettext_lazy("Issued from"), field_name="issued_on", lookup_expr="gte", widget=DayInput()
    )
    last = filters.DateFilter(
        label=gettext_lazy("until"), field_name="issued_on", lookup_expr="lte", widget=DayInput()
    )
    branch = filters.ChoiceFilter(
        label=gettext_lazy("Branch"), field_name="branch__uuid", empty_label=gettext_lazy("All")
    )

    class Meta:
        model = Invoice
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["state"].extra["choices"] = [(OWING, _("Owing")), *Standing.choices]
        branches = Branch.objects.filter(is_active=True).visible_to(self.request.user)
        offered = [(str(uuid), name) for uuid, name in branches.values_list("uuid", "name")]
        if len(offered) > 1:
            self.filters["branch"].extra["choices"] = offered
        else:
            del self.filters["branch"]

    def standing(self, invoices: Any, name: str, value: str) -> QuerySet[Invoice]:
        """One standing, or everything that is still owed."""
        found: QuerySet[Invoice] = (
            invoices.owing() if value == OWING else invoices.standing(value, company_today())
        )
        return found


@require_safe
@requires(May.SEE_MONEY)
def invoices(request: HttpRequest) -> HttpResponse:
    """Every invoice this person may see: searched, narrowed, sorted, in pages, with what is owed."""
    visible = Invoice.objects.visible_to(request.user)
    customer = _customer_in(request)
    rows = visible.filter(customer=customer) if customer else visible
    table = Table(
        request,
        rows.with_balance().select_related("customer", "job", "branch"),
        _columns(several_branches=prepare(request).several_branches),
        url=lambda row: reverse("billing:invoice", args=[row.uuid]),
        filterset=InvoiceFilter,
        search=lambda found, query: found.matching(query),  # type: ignore[attr-defined]
        search_label=_("Number, job, PO or customer"),
        default_sort="-number",
        empty_title=_("No invoices yet"),
        empty_text=_("A completed job leaves its draft here; you look it over and issue it."),
    )
    chosen = request.GET.get("state", "")
    context = {
        "table": table,
        "customer": customer,
        "shortcuts": [(value, label, value == chosen) for value, label in SHORTCUTS],
        "figures": figures_of(rows),
    }
    return render_page(request, "billing/invoices.html", context)


def _customer_in(request: HttpRequest) -> Customer | None:
    """The customer that the address names, where this person may see it."""
    try:
        unique = UUID(request.GET.get("customer", ""))
    except ValueError:
        return None
    return Customer.objects.visible_to(request.user).at(unique).first()


def _columns(*, several_branches: bool) -> list[Column]:
    today = company_today()
    seen: dict[int, Line] = {}

    def of(row: Any) -> Line:
        if row.pk not in seen:
            seen[row.pk] = line(row, today)
        return seen[row.pk]

    columns = [
        Column("number", _("Invoice"), lambda row: name_of(of(row)), ("issued_at",)),
        Column("state", _("State"), lambda row: standing(of(row)), ("state",)),
        Column("customer", _("Customer"), lambda row: row.customer.name, ("customer__name",)),
        Column("job", _("Job"), lambda row: row.job.number, ("job__created_at",)),
        Column("date", _("Date"), lambda row: day_cell(row.issued_on), ("issued_on",)),
        Column("due", _("Due"), lambda row: due(of(row)), ("due_on",)),
        Column("total", _("Total"), lambda row: format_money(row.total), ("total",), "right"),
        Column("balance", _("Owed"), lambda row: money(row.balance), ("balance",), "right"),
    ]
    if several_branches:
        columns.append(Column("branch", _("Branch"), lambda row: row.branch.name, ("branch__name",)))
    return columns


def seen_invoice(request: HttpRequest, invoice_uuid: UUID) -> Invoice:
    """The invoice where this person may see it, else 404; with what is paid and owed."""
    rows = Invoice.objects.filter(
        pk__in=Invoice.objects.visible_to(request.user).filter(uuid=invoice_uuid).values("pk")
    )
    return get_object_or_404(
        rows.with_balance().select_related(
            "customer", "branch", "job__site", "job__customer", "job__job_type", "credit_memo"
        )
    )


@require_safe
@requires(May.SEE_MONEY)
def invoice(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """One invoice: its lines and taxes, what was paid, where it was sent, what may follow."""
    row = seen_invoice(request, invoice_uuid)
    lines = list(row.lines.select_related("item"))
    proposals = list(waiting_about(Reference("invoice", row.uuid)))
    waits = {review.payload.get("line_id") for review in proposals}
    context = {
        "write_off": next((one for one in proposals if one.kind == actions.WRITE_OFF_REVIEW), None),
        "waits": [one for one in lines if one.pk in waits],
        "invoice": row,
        "line": line(row, company_today()),
        "lines": lines,
        "needs_price": [one for one in lines if one.needs_price],
        "taxes": list(row.taxes.order_by("pk")),
        "allocations": list(row.allocations.select_related("payment").order_by("pk")),
        "credit": getattr(row, "credit_memo", None),
        "communications": list(
            Communication.objects.filter(about_kind="invoice", about_uuid=row.uuid).order_by("-created_at")
        ),
        "email": actions.email_of(row.customer),
        "bill_to": bill_to_lines(row),
        "service": service_lines(row),
        "exports": list(
            row.quickbooks_items.filter(is_cancelled=False)
            .select_related("quickbooks_batch")
            .defer("quickbooks_batch__content")
        ),
        "steps": _steps(row, waits_off=any(one.kind == actions.WRITE_OFF_REVIEW for one in proposals)),
        "panels": panels_for("invoice", row, request.user),
        "zone": row.job.site.time_zone,
    }
    remember_opened(request, row, detail=row.customer.name)
    return render_page(request, "billing/invoice.html", context)


def _steps(row: Invoice, *, waits_off: bool) -> dict[str, bool]:
    """What the state table and the payments allow next; the actions ask again."""
    issued = row.state == InvoiceState.ISSUED
    return {
        "edit": row.state == InvoiceState.DRAFT,
        "pay": issued and row.balance > 0,
        "send": issued,
        "void": issued and not actions.why_not_void(row),
        "credit": INVOICE_STATES.allows(row.state, InvoiceState.CREDITED),
        "write_off": issued and row.balance > 0 and not waits_off,
        "draft_again": row.state in (InvoiceState.CREDITED, InvoiceState.VOID),
    }


@require_safe
@requires(May.SIGN_IN)
def invoice_pdf(request: HttpRequest, invoice_uuid: UUID) -> HttpResponseBase:
    """The page as it was issued; a draft, or with `?now` what stands today, is drawn on the spot."""
    row = seen_invoice(request, invoice_uuid)
    name = _("Invoice %(number)s.pdf") % {"number": row.number or row.job.number}
    if row.pdf and "now" not in request.GET:
        return serve_private(request, row.pdf, download_as=name, inline="download" not in request.GET)
    return _drawn(pdf.invoice_pdf(invoice_document(row, with_payments="now" in request.GET)), name)


@require_safe
@requires(May.SEE_MONEY)
def credit_pdf(request: HttpRequest, invoice_uuid: UUID) -> HttpResponseBase:
    """The credit memo's page."""
    row = seen_invoice(request, invoice_uuid)
    credit = get_object_or_404(CreditMemo.objects.select_related("invoice__job__site"), invoice=row)
    name = _("Credit memo %(number)s.pdf") % {"number": credit.number}
    return _drawn(pdf.invoice_pdf(credit_document(credit)), name)


def _drawn(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(False, name) or "inline"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def page_of(row: Invoice) -> str:
    """The invoice's page."""
    return reverse("billing:invoice", args=[row.uuid])


@asks
@requires(May.ISSUE_INVOICES)
def issue_invoice(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """Number the draft, freeze it and send it."""
    row = seen_invoice(request, invoice_uuid)
    to = actions.email_of(row.customer)
    sent = (
        _("It goes by e-mail to %(to)s.") % {"to": to} if to else _("Nobody has an e-mail address: print it.")
    )
    facts = {"total": format_money(row.total), "name": row.customer.name, "sent": sent}
    return answer(
        request,
        Deed(
            title=_("Issue the invoice of job %(job)s") % {"job": row.job.number},
            text=_("%(total)s to %(name)s. It gets its number and stays as it is from then on. %(sent)s")
            % facts,
            button=_("Issue"),
            done=lambda made: _("Invoice %(number)s is issued.") % {"number": made.number},
            form=VersionForm(initial={"version": row.version}, **typed(request)),
            do=lambda form: actions.issue_invoice(row.pk, now=now(), version=form.cleaned_data["version"]),
            back=page_of(row),
            version_now=lambda: Invoice.objects.values_list("version", flat=True).get(pk=row.pk),
        ),
    )


@asks
@requires(May.ADJUST_INVOICES)
def void_invoice(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """Take back an issued invoice that should never have been."""
    row = seen_invoice(request, invoice_uuid)
    return answer(
        request,
        Deed(
            title=_("Void invoice %(number)s") % {"number": row},
            text=_("Nothing is owed on it any more; its number stays used. This cannot be undone."),
            button=_("Void the invoice"),
            danger=True,
            done=_("Invoice %(number)s is void.") % {"number": row},
            form=ReasonForm(**typed(request)),
            do=lambda form: actions.void_invoice(row.pk, because=form.cleaned_data["because"], now=now()),
            back=page_of(row),
        ),
    )


@asks
@requires(May.ADJUST_INVOICES)
def credit_invoice(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """Take an issued invoice back in full by a credit memo."""
    row = seen_invoice(request, invoice_uuid)
    paid = (
        _("The %(paid)s paid on it become the customer's credit.") % {"paid": format_money(row.paid)}
        if row.paid
        else ""
    )
    return answer(
        request,
        Deed(
            title=_("Credit invoice %(number)s") % {"number": row},
            text=_("A credit memo of %(total)s takes it back. %(paid)s The job can then be billed anew.")
            % {"total": format_money(row.total), "paid": paid},
            button=_("Credit the invoice"),
            danger=True,
            done=lambda memo: _("Credit memo %(number)s is made.") % {"number": memo.number},
            form=ReasonForm(**typed(request)),
            do=lambda form: actions.credit_invoice(row.pk, because=form.cleaned_data["because"], now=now()),
            back=page_of(row),
        ),
    )


@asks
@requires(May.ISSUE_INVOICES)
def write_off_invoice(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """Give up what is still owed; who may not adjust invoices proposes it to somebody who may."""
    row, user = seen_invoice(request, invoice_uuid), signed_in(request)
    may = allowed(user, May.ADJUST_INVOICES)
    asks_only = _("Somebody who may adjust invoices decides it; until then it is owed as before.")
    return answer(
        request,
        Deed(
            title=_("Write off invoice %(number)s") % {"number": row},
            text=_(
                "The %(balance)s still owed are given up. This cannot be undone. In QuickBooks the bookkeeper"
                " posts it to bad debt by hand."
            )
            % {"balance": format_money(row.balance)}
            + ("" if may else f" {asks_only}"),
            button=_("Write it off") if may else _("Propose it"),
            danger=may,
            done=lambda asked: (
                (
                    _("The write-off of invoice %(number)s waits for a decision.")
                    if asked
                    else _("Invoice %(number)s is written off.")
                )
                % {"number": row}
            ),
            form=ReasonForm(**typed(request)),
            do=lambda form: actions.ask_to_write_off(
                row.pk, because=form.cleaned_data["because"], now=now(), by=user
            ),
            back=page_of(row),
        ),
    )


@asks
@requires(May.ISSUE_INVOICES)
def email_invoice(request: HttpRequest, invoice_uuid: UUID) -> HttpResponse:
    """Send an issued invoice, again or to another address."""
    row = seen_invoice(request, invoice_uuid)
    return answer(
        request,
        Deed(
            title=_("Send invoice %(number)s") % {"number": row},
            text=_("The page goes along as it was issued."),
            button=_("Send"),
            done=lambda message: _("It is on its way to %(to)s.") % {"to": message.to},
            form=EmailForm(initial={"to": actions.email_of(row.customer) or ""}, **typed(request)),
            do=lambda form: actions.email_invoice_again(row.pk, to=form.cleaned_data["to"], now=now()),
            back=page_of(row),
        ),
    )
