"""Which chain an invoice, a credit or a payment belongs to, and what became of the file it went out in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fsm.history import history_model
from fsm.references import Reference
from fsm.trace import Change, Step, roots, traces

from .models import QuickBooksBatch


@roots("invoice")
def root_of_invoice(invoice: Any) -> str:
    """An invoice belongs to its job's chain."""
    return f"job:{invoice.job.uuid}"


@roots("credit_memo")
def root_of_credit_memo(credit: Any) -> str:
    """A credit belongs to its invoice's chain."""
    return f"job:{credit.invoice.job.uuid}"


@roots("payment")
def root_of_payment(payment: Any) -> str:
    """A payment belongs to the chain of the job it was taken for, else it stands alone."""
    return f"job:{payment.job.uuid}" if payment.job else ""


@traces
def quickbooks_files(root: str) -> Iterable[Step]:
    """Each file for QuickBooks that a document of the chain went into: made, imported, cancelled."""
    reference = Reference.parse(root)
    if reference.kind != "job":
        return
    of_job = (
        Q(items__invoice__job__uuid=reference.uuid)
        | Q(items__credit_memo__invoice__job__uuid=reference.uuid)
        | Q(items__payment__job__uuid=reference.uuid)
    )
    found = QuickBooksBatch.objects.filter(of_job).defer("content").distinct()
    batches = {batch.pk: batch for batch in found}
    history: Any = history_model(QuickBooksBatch)
    for row in history.objects.filter(id__in=batches).order_by("history_id"):
        yield Step(
            when=row.history_date,
            what=_("QuickBooks file"),
            verb=_("made") if row.history_type == "+" else str(row.get_state_display()).lower(),
            who=row.actor_name,
            source=row.source,
            reason=row.history_change_reason or "",
            batch=row.batch,
            changes=[Change(_("number"), "", row.number)],
            reference=Reference("quickbooks_batch", batches[row.id].uuid),
            app="billing",
            order=row.history_id,
            table=history._meta.db_table,
        )
