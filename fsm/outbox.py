"""What must reach the outside: a row in the transaction, delivered by a task, lost or doubled tasks
harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from .attribution import attributed, current_actor_name
from .clock import now as clock_now
from .exchanges import exchange, keeping_exchanges
from .models import OutboxRow, OutboxState
from .references import Reference
from .states import NotPossible
from .tasks import enqueue, recurring

Deliver = Callable[[OutboxRow], str]
_deliverers: dict[str, Deliver] = {}
_after: dict[str, Callable[[OutboxRow], None]] = {}
MOST_ATTEMPTS = 8


class NotYet(Exception):
    """Raised by a deliverer: the row may not leave before an instant. No attempt is counted."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


class RefusedForGood(Exception):
    """Raised by a deliverer: the outside will never take this row; trying again would be in vain."""


def delivers(
    kind: str, *, settled: Callable[[OutboxRow], None] | None = None
) -> Callable[[Deliver], Deliver]:
    """Register how rows of a kind leave the house; `settled(row)` hears of sent and finally failed ones.

    The function returns the outside's reference and raises on failure; it may be called again with the same
    row, whose uuid serves as the outside's idempotency key. `NotYet` puts the row off, `RefusedForGood` gives
    it up at once.
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


def post(
    kind: str, *, about: Reference, payload: dict[str, Any], not_before: datetime | None = None
) -> OutboxRow:
    """Write what must leave, in the caller's transaction, and ask for a drain after it commits; with
    `not_before` it leaves within minutes of that instant.
    """
    row = OutboxRow.objects.create(
        kind=kind, about_kind=about.kind, about_uuid=about.uuid, payload=payload, not_before=not_before
    )
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
                with keeping_exchanges():  # also those of a delivery whose own work is undone
                    row.outside_reference = _deliver(row)
                row.state, row.done_at, row.last_error = OutboxState.SENT, clock_now(), ""
            except NotYet as later:
                row.attempts -= 1
                row.not_before = later.until
            except RefusedForGood as problem:
                row.state, row.done_at, row.last_error = OutboxState.FAILED, clock_now(), str(problem)
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


def _deliver(row: OutboxRow) -> str:
    """Hand one row to whoever delivers its kind, and keep what was said."""
    about = Reference(row.about_kind, row.about_uuid)
    request = {"attempt": row.attempts, **row.payload}
    with (
        exchange(row.kind, "deliver", about=about, outbox_uuid=row.uuid, request=request) as talk,
        transaction.atomic(),
    ):
        talk.outside_reference = _deliverers[row.kind](row) or ""
    return talk.outside_reference


@transaction.atomic
def retry_delivery(row_id: int) -> OutboxRow:
    """Deliver a row now: one that waits does not wait longer, one that was given up gets all its attempts."""
    row = OutboxRow.objects.select_for_update(no_key=True).get(pk=row_id)
    if row.state == OutboxState.SENT:
        raise NotPossible(_("This has been delivered already; nothing was sent again."))
    row.state, row.not_before, row.done_at, row.attempts = OutboxState.WAITING, None, None, 0
    row.save(update_fields=["state", "not_before", "done_at", "attempts"])
    enqueue(drain, tier="critical")
    return row


@transaction.atomic
def give_up_delivery(row_id: int, *, because: str, now: datetime) -> OutboxRow:
    """Stop trying to deliver a row, and say why; whoever waits for it hears that it failed."""
    row = OutboxRow.objects.select_for_update(no_key=True).get(pk=row_id)
    if row.state != OutboxState.WAITING:
        raise NotPossible(_("Only what still waits can be given up; this one does not wait any more."))
    if not because.strip():
        raise NotPossible(_("Say why it is given up."), field="because")
    row.state, row.done_at, row.not_before = OutboxState.FAILED, now, None
    row.last_error = _("Given up by %(who)s: %(why)s") % {"who": current_actor_name(), "why": because.strip()}
    row.save(update_fields=["state", "done_at", "not_before", "last_error"])
    if row.kind in _after:
        _after[row.kind](row)
    return row


@recurring("*/2 * * * *", tier="critical")
def drain_again() -> None:
    """Deliver what an earlier drain left: refused by the outside, or its task lost."""
    drain()
