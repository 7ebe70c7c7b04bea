from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from dispatch.models import Job
from fsm.history import History
from fsm.models import Branch
from fsm.money import MoneyField

from ..querysets import PaymentQuerySet
from ..states import PaymentState
from .documents import Invoice


class PaymentMethod(models.TextChoices):
    """How it was paid."""

    CASH = "cash", _("Cash")
    CHECK = "check", _("Check")


class Payment(models.Model):
    """Money that came in; what is not allocated to an invoice is the customer's credit."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=11, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+", verbose_name=_("customer"))
    job = models.ForeignKey(
        Job, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("job")
    )
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="+", verbose_name=_("branch"))
    state = models.CharField(_("state"), max_length=10, choices=PaymentState, default=PaymentState.CAPTURED)
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod)
    reference = models.CharField(_("check number"), max_length=30, blank=True)
    amount = MoneyField(_("amount"))
    received_on = models.DateField(_("date"))
    received_at = models.DateTimeField(_("received"))
    received_by_name = models.CharField(_("by"), max_length=150, blank=True)
    key = models.UUIDField(unique=True)
    reversed_because = models.CharField(_("why reversed"), max_length=200, blank=True)
    history = History()

    if TYPE_CHECKING:  # only on rows of `with_unapplied`
        applied: Decimal
        unapplied: Decimal

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="payment_amount_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="payment_state_is_known", condition=Q(state__in=PaymentState.values)),
            models.CheckConstraint(
                name="payment_method_is_known", condition=Q(method__in=PaymentMethod.values)
            ),
            models.CheckConstraint(
                name="payment_check_has_number", condition=~Q(method=PaymentMethod.CHECK) | ~Q(reference="")
            ),
            models.CheckConstraint(
                name="payment_reversed_says_why",
                condition=~Q(state=PaymentState.REVERSED) | ~Q(reversed_because=""),
            ),
        ]
        indexes = [
            models.Index(name="payment_of_customer", fields=["customer", "-received_at"]),
            models.Index(
                OpClass(Upper("reference"), "text_pattern_ops"),
                name="payment_by_reference",
                condition=~Q(reference=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Allocation(models.Model):
    """Part of a payment that pays an invoice."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="allocations")
    amount = MoneyField(_("amount"))
    is_undone = models.BooleanField(_("undone"), default=False)
    history = History()

    class Meta:
        constraints = [
            models.CheckConstraint(name="allocation_is_positive", condition=Q(amount__gt=0)),
            models.UniqueConstraint(
                name="allocation_once_per_pair",
                fields=["payment", "invoice"],
                condition=Q(is_undone=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.payment_id} to {self.invoice_id}"
