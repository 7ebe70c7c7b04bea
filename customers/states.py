"""What may follow what, for messages, imports and likely copies."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fsm.states import StateTable


class ImportState(TextChoices):
    """Where an import stands."""

    MAPPING = "mapping", _("Columns to confirm")
    PREPARING = "preparing", _("Being read")
    READ = "read", _("Previewed")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    ROLLED_BACK = "rolled_back", _("Rolled back")


IMPORT_STATES = StateTable(
    "import",
    {
        ImportState.MAPPING: frozenset({ImportState.PREPARING, ImportState.READ}),
        ImportState.PREPARING: frozenset({ImportState.READ, ImportState.MAPPING}),
        ImportState.READ: frozenset({ImportState.RUNNING, ImportState.MAPPING}),
        ImportState.RUNNING: frozenset({ImportState.DONE, ImportState.FAILED}),
        ImportState.FAILED: frozenset({ImportState.RUNNING, ImportState.ROLLED_BACK}),
        ImportState.DONE: frozenset({ImportState.RUNNING, ImportState.ROLLED_BACK}),
        ImportState.ROLLED_BACK: frozenset({ImportState.RUNNING}),
    },
)


class DeliveryState(TextChoices):
    """Where a message to a customer stands."""

    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    HELD_BACK = "held_back", _("Held back")
    NOTED = "noted", _("Noted")


DELIVERY_STATES = StateTable(
    "message",
    {
        DeliveryState.QUEUED: frozenset(
            {
                DeliveryState.SENT,
                DeliveryState.DELIVERED,  # the carrier may tell before our own note is written
                DeliveryState.FAILED,
                DeliveryState.HELD_BACK,
            }
        ),
        DeliveryState.SENT: frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED}),
        DeliveryState.DELIVERED: frozenset(),
        DeliveryState.HELD_BACK: frozenset(),
        DeliveryState.FAILED: frozenset({DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.HELD_BACK}),
        DeliveryState.NOTED: frozenset(),
    },
)


class PairState(TextChoices):
    """What became of two customers who may be one."""

    WAITING = "waiting", _("Waits")
    MERGED = "merged", _("Merged")
    NOT_DUPLICATE = "not_duplicate", _("Not the same")
    GONE = "gone", _("Settled otherwise")


PAIR_STATES = StateTable(
    "pair",
    {
        PairState.WAITING: frozenset({PairState.MERGED, PairState.NOT_DUPLICATE, PairState.GONE}),
        PairState.MERGED: frozenset({PairState.NOT_DUPLICATE}),
        PairState.NOT_DUPLICATE: frozenset({PairState.WAITING}),
        PairState.GONE: frozenset({PairState.WAITING}),
    },
)
