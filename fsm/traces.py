"""The kernel's own append-only rows in a trace: what a phone asked for, what left the house."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from .models import Exchange, FieldOperation, OutboxRow
from .trace import Change, Step, traces


@traces
def field_operations(root: str) -> Iterable[Step]:
    """Each operation a phone sent within the chain."""
    for row in FieldOperation.objects.filter(root=root).select_related("user").order_by("received_at"):
        yield Step(
            when=row.received_at,
            what=_("Phone operation"),
            verb=str(row.get_outcome_display()).lower(),
            who=str(row.user),
            source=row.source,
            reason=row.sentence,
            batch=row.batch,
            changes=[Change(_("operation"), "", row.kind)],
            app="fsm",
            order=-1,
        )


@traces
def outbox_rows(root: str) -> Iterable[Step]:
    """Each message to the outside within the chain, when it was settled."""
    for row in OutboxRow.objects.filter(root=root).order_by("created_at"):
        yield Step(
            when=row.done_at or row.created_at,
            what=_("Message to the outside"),
            verb=str(row.get_state_display()).lower(),
            who=row.actor_name,
            source=f"task:outbox.{row.kind}",
            reason=row.last_error,
            batch=row.batch,
            changes=[Change(_("kind"), "", row.kind)],
            app="fsm",
        )


@traces
def exchanges(root: str) -> Iterable[Step]:
    """Each message to or from another system within the chain that no outbox row tells of."""
    for row in Exchange.objects.filter(root=root, outbox_uuid=None).order_by("happened_at", "pk"):
        values = (
            (_("system"), row.system),
            (_("what"), row.operation),
            (_("their reference"), row.outside_reference),
        )
        yield Step(
            when=row.happened_at,
            what=_("Message to the outside") if row.is_outgoing else _("Message from outside"),
            verb=str(row.get_outcome_display()).lower(),
            who=row.actor_name,
            source=row.source,
            reason=row.problem,
            batch=row.batch,
            changes=[Change(label, "", words) for label, words in values if words],
            app="fsm",
            order=row.pk,
            table=Exchange._meta.db_table,
        )
