"""What must reach the outside: a row in the transaction, delivered by a task, lost or doubled tasks
harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from .attribution import attributed
from .clock import now as clock_now
from .models import OutboxRow, OutboxState
from .references import Reference
from .tasks import enqueue, recurring

Deliver = Callable[[OutboxRow], str]
_deliverers: dict[str, Deliver] = {}
_after: dict[str, Callable[[OutboxRow], None]] = {}
MOST_ATTEMPTS = 8


def delivers(
    kind: str, *, settled: Callable[[OutboxRow], None] | None = None
) -> Callable[[Deliver], Deliver]:
    """Register how rows of a kind leave the house; `settled(row)` hears of sent and finally failed ones.

    The function returns the outside's reference and raises on failure; it may be called again with the same
    row,
    whose uuid serves as the outside's idempotency key.
    """

    def register(deliver: Deliver) -> Deliver:
        _deliverers[kind] = deliver
        if settled is not None:
            _after[kind] = settled
        return deliver

    return register


def deliverers() -> dict[str, Deliver]:
    """Every kind that can leave the house."""
    return dict(_deliverers)


def post(kind: str, *, about: Reference, payload: dict[str, Any]) -> OutboxRow:
    """Write what must leave, in the caller's transaction, and ask for a drain after it commits."""
    row = OutboxRow.objects.create(kind=kind, about_kind=about.kind, about_uuid=about.uuid, payload=payload)
    enqueue(drain, tier="critical")
    return row


def drain() -> int:
    """Deliver every row that waits, oldest first, each in its own transaction; returns how many were
    settled.
    """
    settled = 0
    while _deliver_next():
        settled += 1
    return settled


def _deliver_next() -> bool:
    now = clock_now()
    with transaction.atomic():
        row = (
            OutboxRow.objects.select_for_update(skip_locked=True)
            .filter(Q(not_before__isnull=True) | Q(not_before__lte=now), state=OutboxState.WAITING)
            .order_by("created_at", "pk")
            .first()
        )
        if row is None:
            return False
        with attributed(
            user_id=row.user_id,
            actor_name=row.actor_name,
            source=f"task:outbox.{row.kind}",
            batch=row.batch,
            root=row.root,
        ):
            row.attempts += 1
            try:
                with transaction.atomic():
                    row.outside_reference = _deliverers[row.kind](row) or ""
                row.state, row.done_at, row.last_error = OutboxState.SENT, clock_now(), ""
            except Exception as problem:
                row.last_error = f"{type(problem).__name__}: {problem}"
                if row.attempts >= MOST_ATTEMPTS:
                    row.state = OutboxState.FAILED
                else:
                    row.not_before = now + timedelta(seconds=15 * 2**row.attempts)
            row.save(
                update_fields=[
                    "attempts",
                    "state",
                    "done_at",
                    "last_error",
                    "not_before",
                    "outside_reference",
                ]
            )
            if row.state != OutboxState.WAITING and row.kind in _after:
                _after[row.kind](row)
    return True


@recurring("*/2 * * * *", tier="critical")
def drain_again() -> None:
    """Deliver what an earlier drain left: refused by the outside, or its task lost."""
    drain()
