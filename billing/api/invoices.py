"""Invoices: drafts changed and issued, issued ones sent, and what ends them."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers

from customers.api.shapes import CommunicationOutput, CustomerBrief
from customers.models import Terms
from customers.narrowing import OfCustomer
from dispatch.api.shapes import JobBrief
from dispatch.models import Job
from fsm.api.fields import (
    Amount,
    BecauseInput,
    Dollars,
    Input,
    OneOf,
    Output,
    Seen,
    Text,
    VersionInput,
    Whole,
)
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.clock import now
from fsm.permissions import May
from fsm.states import NotPossible

from .. import actions
from ..ledger import company_today
from ..models import Allocation, CreditMemo, Invoice, InvoiceLine, InvoiceTax, PriceItem
from ..states import InvoiceState, standing_of
from ..web.invoices import InvoiceFilter


class InvoiceOutput(Output):
    job = JobBrief()
    customer = CustomerBrief()
    standing = serializers.SerializerMethodField(
        help_text="How it stands today: draft, issued, partly paid, paid …"
    )
    paid = Dollars()
    balance = Dollars()

    class Meta:
        model = Invoice
        fields = (
            "uuid", "number", "state", "standing", "job", "customer", "branch", "terms", "issued_on",
            "issued_at", "due_on", "bill_to_name", "bill_to_address", "service_address", "po_number",
            "note", "tax_exempt_reason", "subtotal", "tax", "total", "paid", "balance", "currency",
            "ended_because", "version", "created_at",
        )  # fmt: skip

    def get_standing(self, invoice: Invoice) -> str:
        """As the pages say it; the day is asked once a request."""
        context: dict[str, Any] = self.context  # type: ignore[assignment]
        if "today" not in context:
            context["today"] = company_today()
        standing = standing_of(
            invoice.state,
            balance=invoice.balance,
            paid=invoice.paid,
            due_on=invoice.due_on,
            today=context["today"],
        )
        return standing.value


class LineOutput(Output):
    item = serializers.CharField(
        source="item.code", default=None, allow_null=True, help_text="The book's code."
    )

    class Meta:
        model = InvoiceLine
        fields = (
            "position", "kind", "item", "description", "quantity", "unit_price", "book_price", "amount",
            "is_taxable", "needs_price",
        )  # fmt: skip


class TaxOutput(Output):
    class Meta:
        model = InvoiceTax
        fields = ("name", "percent", "base", "amount")


class PaidOutput(Output):
    payment = serializers.UUIDField(source="payment.uuid")
    number = serializers.CharField(source="payment.number")

    class Meta:
        model = Allocation
        fields = ("payment", "number", "amount", "is_undone")


class CreditMemoOutput(Output):
    class Meta:
        model = CreditMemo
        fields = ("uuid", "number", "issued_on", "subtotal", "tax", "total", "reason")


class InvoiceWhole(InvoiceOutput):
    lines = LineOutput(many=True)
    taxes = TaxOutput(many=True)
    allocations = PaidOutput(many=True)
    credit_memo = CreditMemoOutput(default=None, allow_null=True)

    class Meta(InvoiceOutput.Meta):
        fields = (*InvoiceOutput.Meta.fields, "lines", "taxes", "allocations", "credit_memo")  # type: ignore[assignment]


def invoices_for(user: Any) -> QuerySet[Invoice]:
    """Invoices as a list shows them."""
    rows = Invoice.objects.filter(pk__in=Invoice.objects.visible_to(user).order_by().values("pk"))
    return rows.with_balance().select_related("job", "customer", "branch")


def whole_invoices_for(user: Any) -> QuerySet[Invoice]:
    """Invoices with lines, taxes and what was paid."""
    found = invoices_for(user).select_related("credit_memo")
    return found.prefetch_related("lines__item", "taxes", "allocations__payment")


class InvoiceListFilter(InvoiceFilter):
    """As on the page, and by customer or job."""

    customer = OfCustomer("customer")
    job = filters.UUIDFilter(field_name="job__uuid")

    class Meta(InvoiceFilter.Meta):
        pass


class Invoices(Listing):
    """Every invoice, latest made first, with what is paid and owed."""

    may = May.SEE_MONEY
    OutputSerializer = InvoiceOutput
    order = ("-created_at", "-pk")
    filterset = InvoiceListFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return invoices_for(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By number, job, PO or customer, as on the page."""
        matching: QuerySet[Any] = rows.matching(text)  # type: ignore[attr-defined]
        return matching


class ShowInvoice(One):
    """One invoice with its lines, taxes, payments and credit memo."""

    may = May.SEE_MONEY
    OutputSerializer = InvoiceWhole

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return whole_invoices_for(self.user)


class InvoiceDeed(Deed):
    """Something done to an invoice, which is shown afterwards."""

    OutputSerializer = InvoiceWhole

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return Invoice.objects.visible_to(self.user)

    def shown(self, thing: Any, **more: Any) -> Any:
        """As it stands now."""
        return super().shown(whole_invoices_for(self.user).get(pk=thing.pk), **more)


class EditDraft(InvoiceDeed):
    """Change a draft's terms, PO number and note; what is not sent stays."""

    may = May.EDIT_INVOICES

    class InputSerializer(VersionInput):
        terms = OneOf(choices=Terms.values, required=False)
        po_number = Text(most=25, required=False)
        note = Text(most=2000, required=False)

    def do(self, data: dict[str, Any]) -> Invoice:
        """Change."""
        stands = {name: getattr(self.thing, name) for name in ("terms", "po_number", "note")}
        return actions.edit_draft(self.thing.pk, **(stands | data), now=now())


class AddLine(InvoiceDeed):
    """Add a line from the price book, or a free one with its own words and price."""

    may = May.EDIT_INVOICES
    status = 201

    class InputSerializer(VersionInput):
        item = Seen(
            lambda user: PriceItem.objects.visible_to(user).filter(is_active=True),
            required=False,
            allow_null=True,
        )
        quantity = Amount(whole=6, places=3)
        unit_price = Amount(
            whole=7, places=4, required=False, allow_null=True, help_text="The book's, unless you say."
        )
        description = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Invoice:
        """Add."""
        item = data.pop("item", None)
        return actions.add_invoice_line(
            self.thing.pk, item_id=item.pk if item else None, by=self.by, now=now(), **data
        )


class LineInput(VersionInput):
    """Which line of the draft."""

    position = Whole(most=32767, help_text="Of the line, as it is shown.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The line that stands there."""
        line = self.context["view"].thing.lines.filter(position=attrs.pop("position")).order_by("pk").first()
        if line is None:
            raise serializers.ValidationError({"position": [_("There is no such line on this invoice.")]})
        return {**attrs, "line": line}


class EditLine(InvoiceDeed):
    """Change a draft's line; what is not sent stays. Far from the book needs who may adjust it."""

    may = May.EDIT_INVOICES

    class InputSerializer(LineInput):
        quantity = Amount(whole=6, places=3, required=False)
        unit_price = Amount(whole=7, places=4, required=False)
        description = Text(most=200, required=False)

    def do(self, data: dict[str, Any]) -> Invoice:
        """Change."""
        line = data.pop("line")
        stands = {name: getattr(line, name) for name in ("quantity", "unit_price", "description")}
        return actions.edit_invoice_line(line.pk, **(stands | data), by=self.by, now=now())


class RemoveLine(InvoiceDeed):
    """Take a line off a draft."""

    may = May.EDIT_INVOICES
    InputSerializer = LineInput

    def do(self, data: dict[str, Any]) -> Invoice:
        """Take it off."""
        return actions.remove_invoice_line(data["line"].pk, version=data["version"], now=now())


class DiscardDraft(InvoiceDeed):
    """End a draft that will not be billed; the job can be billed anew later."""

    may = May.EDIT_INVOICES

    class InputSerializer(BecauseInput):
        version = Whole(least=1, required=False, help_text="Of what you read.")

    def do(self, data: dict[str, Any]) -> Invoice:
        """Discard."""
        return actions.discard_draft(self.thing.pk, **data, now=now())


class IssueInvoice(InvoiceDeed):
    """Number the draft, freeze it and send it."""

    may = May.ISSUE_INVOICES
    InputSerializer = VersionInput

    def do(self, data: dict[str, Any]) -> Invoice:
        """Issue."""
        return actions.issue_invoice(self.thing.pk, version=data["version"], now=now())


class EmailInvoice(Deed):
    """Send an issued invoice once more, to any address."""

    may = May.ISSUE_INVOICES
    OutputSerializer = CommunicationOutput

    class InputSerializer(Input):
        to = serializers.EmailField(max_length=254)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return Invoice.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> Any:
        """Send."""
        return actions.email_invoice_again(self.thing.pk, to=data["to"], now=now())


class EndDeed(InvoiceDeed):
    """What ends an issued invoice, for a reason."""

    may = May.ADJUST_INVOICES
    InputSerializer = BecauseInput


class VoidInvoice(EndDeed):
    """Take back an issued invoice that should never have been; its number stays used."""

    def do(self, data: dict[str, Any]) -> Invoice:
        """Void."""
        return actions.void_invoice(self.thing.pk, **data, now=now())


class CreditInvoice(EndDeed):
    """Take an issued invoice back in full by a credit memo; what was paid becomes the customer's credit."""

    def do(self, data: dict[str, Any]) -> Invoice:
        """Credit."""
        return actions.credit_invoice(self.thing.pk, **data, now=now()).invoice


class WriteOffInvoice(EndDeed):
    """Give up what is still owed; what was paid stays applied. For who may not adjust invoices it becomes a
    proposal (`/reviews/`), and the invoice that comes back is still issued.
    """

    may = May.ISSUE_INVOICES

    def do(self, data: dict[str, Any]) -> Invoice:
        """Write off, or propose it."""
        actions.ask_to_write_off(self.thing.pk, **data, now=now(), by=self.user)
        self.thing.refresh_from_db()
        invoice: Invoice = self.thing
        return invoice


class DraftAgain(InvoiceDeed):
    """Bill a complete job anew, after its invoice was credited, voided or discarded."""

    may = May.EDIT_INVOICES

    def rows(self) -> QuerySet[Any]:
        """The jobs the person sees."""
        return Job.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> Invoice:
        """Draft."""
        return actions.draft_again(self.thing.pk, now=now())


class IssueForJob(InvoiceDeed):
    """Issue the draft of a job: what a technician does at the door."""

    may = (May.ISSUE_INVOICES, May.WORK_VISITS)

    def rows(self) -> QuerySet[Any]:
        """The jobs the person sees."""
        return Job.objects.visible_to(self.user)

    def do(self, data: dict[str, Any]) -> Invoice:
        """Issue."""
        draft = Invoice.objects.filter(job=self.thing, state=InvoiceState.DRAFT).first()
        if draft is None:
            raise NotPossible(_("This job has no draft invoice."))
        made = actions.issue_invoice(draft.pk, now=now())
        invoice: Invoice = seen_again(invoices_for(self.user).filter(job=self.thing), made.pk)
        return invoice
