from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Terms
from dispatch.models import Job
from fsm.history import History
from fsm.models import Branch
from fsm.money import MoneyField, QuantityField, RateField

from ..querysets import CreditMemoQuerySet, InvoiceQuerySet
from ..states import InvoiceState
from .prices import ItemKind, PriceItem, TaxRate


class Invoice(models.Model):
    """What is owed for a job. A draft follows the job; an issued one is frozen and numbered without gaps."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=11, unique=True, null=True, blank=True)
    job = models.ForeignKey(Job, models.PROTECT, related_name="+", verbose_name=_("job"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("bill to"))
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("branch"))
    state = models.CharField(_("state"), max_length=12, choices=InvoiceState, default=InvoiceState.DRAFT)
    terms = models.CharField(_("terms"), max_length=30, choices=Terms, default=Terms.ON_RECEIPT)
    issued_on = models.DateField(_("date"), null=True, blank=True)
    issued_at = models.DateTimeField(_("issued"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    bill_to_name = models.CharField(_("billed name"), max_length=120, blank=True)
    bill_to_address = models.TextField(_("billed address"), blank=True)
    service_address = models.TextField(_("service address"), blank=True)
    po_number = models.CharField(_("PO number"), max_length=40, blank=True)
    note = models.TextField(_("note"), blank=True)
    tax_exempt_reason = models.CharField(_("why not taxed"), max_length=120, blank=True)
    subtotal = MoneyField(_("subtotal"), default=0)
    tax = MoneyField(_("tax"), default=0)
    total = MoneyField(_("total"), default=0)
    currency = models.CharField(max_length=3, default="USD")
    ended_because = models.CharField(_("why ended"), max_length=200, blank=True)
    pdf = models.FileField(upload_to="invoices/%Y/%m", blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = History()

    if TYPE_CHECKING:  # only on rows of `with_balance`
        paid: Decimal
        balance: Decimal

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="invoice_state_is_known", condition=Q(state__in=InvoiceState.values)),
            models.CheckConstraint(name="invoice_total_adds_up", condition=Q(total=F("subtotal") + F("tax"))),
            models.CheckConstraint(name="invoice_total_is_not_negative", condition=Q(total__gte=0)),
            models.CheckConstraint(
                name="invoice_number_comes_with_issue",
                condition=Q(state=InvoiceState.DRAFT, number__isnull=True, issued_at__isnull=True)
                | Q(state=InvoiceState.VOID)
                | Q(
                    number__isnull=False,
                    issued_at__isnull=False,
                    issued_on__isnull=False,
                    due_on__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="invoice_ended_says_why",
                condition=Q(state__in=[InvoiceState.DRAFT, InvoiceState.ISSUED]) | ~Q(ended_because=""),
            ),
            models.UniqueConstraint(
                name="invoice_one_draft_per_job", fields=["job"], condition=Q(state=InvoiceState.DRAFT)
            ),
        ]
        indexes = [
            models.Index(name="invoice_of_customer", fields=["customer", "-issued_at"]),
            models.Index(name="invoice_open", fields=["due_on"], condition=Q(state=InvoiceState.ISSUED)),
            models.Index(
                OpClass(Upper("po_number"), "text_pattern_ops"),
                name="invoice_by_po_number",
                condition=~Q(po_number=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(_("Draft"))


class InvoiceLine(models.Model):
    """One line, rounded once."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(default=0)
    kind = models.CharField(_("kind"), max_length=12, choices=ItemKind)
    item = models.ForeignKey(
        PriceItem, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("item")
    )
    description = models.CharField(_("description"), max_length=200)
    quantity = QuantityField(_("quantity"))
    unit_price = RateField(_("unit price"))
    book_price = models.DecimalField(
        _("price in the book"), max_digits=14, decimal_places=4, null=True, blank=True
    )
    amount = MoneyField(_("amount"))
    is_taxable = models.BooleanField(_("taxable"), default=True)
    income_account = models.CharField(max_length=60, default="Service Income")
    needs_price = models.BooleanField(_("price to be set"), default=False)
    origin = models.CharField(max_length=80, blank=True, editable=False)
    history = History()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(name="invoice_line_quantity_is_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="invoice_line_kind_is_known", condition=Q(kind__in=ItemKind.values)),
            models.UniqueConstraint(
                name="invoice_line_once_per_origin", fields=["invoice", "origin"], condition=~Q(origin="")
            ),
        ]

    def __str__(self) -> str:
        return self.description


class InvoiceTax(models.Model):
    """Tax of one rate on the document's summed taxable base, as it was on the day."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="taxes")
    rate = models.ForeignKey(TaxRate, models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    percent = RateField()
    base = MoneyField()
    amount = MoneyField()
    history = History()

    class Meta:
        constraints = [models.UniqueConstraint(name="invoice_tax_once_per_rate", fields=["invoice", "rate"])]

    def __str__(self) -> str:
        return f"{self.name}: {self.amount}"


class CreditMemo(models.Model):
    """Takes an issued invoice back in full: the document that corrects it in the books."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=11, unique=True)
    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="credit_memo")
    issued_on = models.DateField(_("date"))
    issued_at = models.DateTimeField(_("issued"))
    subtotal = MoneyField()
    tax = MoneyField()
    total = MoneyField()
    reason = models.CharField(_("reason"), max_length=200)
    history = History()

    objects = CreditMemoQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="credit_memo_total_adds_up", condition=Q(total=F("subtotal") + F("tax"))
            ),
            models.CheckConstraint(name="credit_memo_says_why", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return self.number
