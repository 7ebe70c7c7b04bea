"""Numbered, immutable files for QuickBooks Desktop: made and proved, then imported or cancelled."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fsm import counters
from fsm.attribution import because as with_reason
from fsm.attribution import current, rooted
from fsm.events import announce
from fsm.history import update_with_history
from fsm.states import NotPossible

from ..events import QuickBooksBatchMade
from ..models import CreditMemo, Invoice, Payment, QuickBooksBatch, QuickBooksBatchItem
from ..quickbooks.iif import control_totals, write
from ..quickbooks.iif_layout import IifBroken, IifRefused
from ..quickbooks.iif_proof import parse, prove
from ..quickbooks.mapping import Documents, fetch_documents, to_iif
from ..states import BATCH_STATES, BatchState
from .locks import reason


@transaction.atomic
def make_quickbooks_batch(
    *, invoices: Collection[UUID], credits: Collection[UUID], payments: Collection[UUID], now: datetime
) -> QuickBooksBatch:
    """Write the chosen documents into one file, read it again, and keep it only when it is proved.

    A document is in at most one batch that was not cancelled. One that QuickBooks could not take is refused
    by name, and then nothing is made.
    """
    documents = _locked(invoices, credits, payments)
    if not documents:
        raise NotPossible(_("None of these documents waits for QuickBooks any more."))
    try:
        mapped = to_iif(documents)
        content = write(mapped.batch)
        totals = control_totals(mapped.batch)
        prove(parse(content), totals)
    except IifRefused as refusal:
        raise NotPossible(
            _("No file was made. %(why)s Correct that, or leave the document out.") % {"why": refusal}
        ) from refusal
    except IifBroken as broken:
        raise NotPossible(
            _("The file did not pass its own proof and was not kept: %(why)s") % {"why": broken}
        ) from broken
    batch = QuickBooksBatch.objects.create(
        number=counters.take_one("quickbooks_batch"),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        manifest={"totals": totals.as_json(), "listed": mapped.listed},
        made_at=now,
        made_by_name=current().actor_name,
    )
    _note_entries(batch, documents)
    announce(QuickBooksBatchMade(batch_id=batch.pk))
    return batch


@transaction.atomic
def mark_batch_imported(batch_id: int) -> QuickBooksBatch:
    """Say that the file was imported into QuickBooks; from now on it cannot be cancelled."""
    batch = _locked_batch(batch_id)
    BATCH_STATES.check(batch.state, BatchState.IMPORTED)
    batch.state = BatchState.IMPORTED
    batch.save(update_fields=["state"])
    return batch


@transaction.atomic
def cancel_batch(batch_id: int, *, because: str) -> QuickBooksBatch:
    """Say that the file was not imported: its documents wait again. The newest goes first."""
    because = reason(because)
    batch = _locked_batch(batch_id)
    BATCH_STATES.check(batch.state, BatchState.CANCELLED)
    later = QuickBooksBatch.objects.standing().filter(pk__gt=batch.pk).order_by("-pk").first()
    if later is not None:
        raise NotPossible(
            _("%(later)s was made after it and may use customers it introduces. Cancel that one first.")
            % {"later": later}
        )
    with with_reason(because):
        batch.state, batch.ended_because = BatchState.CANCELLED, because
        batch.save(update_fields=["state", "ended_because"])
        update_with_history(batch.items.all(), is_cancelled=True)
    return batch


def _locked_batch(batch_id: int) -> QuickBooksBatch:
    return QuickBooksBatch.objects.select_for_update(no_key=True).defer("content").get(pk=batch_id)


def _locked(invoices: Collection[UUID], credits: Collection[UUID], payments: Collection[UUID]) -> Documents:
    """The chosen documents that wait, locked, then asked again: whoever came first has taken theirs."""
    locked: list[list[int]] = []
    for model, chosen in ((Invoice, invoices), (CreditMemo, credits), (Payment, payments)):
        rows: Any = model._default_manager.all()
        keys = list(
            rows.filter(uuid__in=list(chosen))
            .select_for_update(no_key=True)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        locked.append(list(rows.not_in_quickbooks().filter(pk__in=keys).values_list("pk", flat=True)))
    return fetch_documents(*locked)


def _note_entries(batch: QuickBooksBatch, documents: Documents) -> None:
    """One entry a document, each in its job's chain."""
    entries: list[tuple[Any, QuickBooksBatchItem]] = [
        *((row.job, QuickBooksBatchItem(invoice=row)) for row in documents.invoices),
        *((row.invoice.job, QuickBooksBatchItem(credit_memo=row)) for row in documents.credits),
        *((row.job, QuickBooksBatchItem(payment=row)) for row in documents.payments),
    ]
    for job, entry in entries:
        entry.quickbooks_batch = batch
        with rooted("job", job.uuid) if job else nullcontext():
            entry.save()
