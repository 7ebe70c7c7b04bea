from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fsm.history import History

from ..querysets import QuickBooksBatchQuerySet
from ..states import BatchState
from .documents import CreditMemo, Invoice
from .payments import Payment


class QuickBooksBatch(models.Model):
    """An immutable, numbered IIF file with control totals; the same bytes at every download."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=11, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=BatchState, default=BatchState.MADE)
    content = models.BinaryField()
    sha256 = models.CharField(_("checksum"), max_length=64)
    manifest = models.JSONField(_("control totals"))
    made_at = models.DateTimeField(_("made"))
    made_by_name = models.CharField(_("by"), max_length=150, blank=True)
    ended_because = models.CharField(_("why cancelled"), max_length=200, blank=True)
    history = History(excluded_fields=["content"])

    objects = QuickBooksBatchQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]
        verbose_name = _("QuickBooks batch")
        verbose_name_plural = _("QuickBooks batches")
        constraints = [
            models.CheckConstraint(
                name="quickbooks_batch_state_is_known", condition=Q(state__in=BatchState.values)
            ),
            models.CheckConstraint(
                name="quickbooks_batch_cancel_says_why",
                condition=~Q(state=BatchState.CANCELLED) | ~Q(ended_because=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class QuickBooksBatchItem(models.Model):
    """A document in a batch; in at most one that was not cancelled."""

    # Not "batch": the history has a column of that name.
    quickbooks_batch = models.ForeignKey(QuickBooksBatch, models.PROTECT, related_name="items")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="quickbooks_items")
    credit_memo = models.ForeignKey(CreditMemo, models.PROTECT, null=True, related_name="quickbooks_items")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, related_name="quickbooks_items")
    is_cancelled = models.BooleanField(default=False)
    history = History()

    class Meta:
        verbose_name = _("QuickBooks entry")
        verbose_name_plural = _("QuickBooks entries")
        constraints = [
            models.CheckConstraint(
                name="quickbooks_item_is_one_document",
                condition=Q(invoice__isnull=False, credit_memo__isnull=True, payment__isnull=True)
                | Q(invoice__isnull=True, credit_memo__isnull=False, payment__isnull=True)
                | Q(invoice__isnull=True, credit_memo__isnull=True, payment__isnull=False),
            ),
            *(
                models.UniqueConstraint(
                    name=f"quickbooks_{document}_once",
                    fields=[document],
                    condition=Q(is_cancelled=False),
                )
                for document in ("invoice", "credit_memo", "payment")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quickbooks_batch_id}: {self.invoice_id or self.credit_memo_id or self.payment_id}"
