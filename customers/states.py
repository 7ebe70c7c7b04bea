"""What may follow what, for messages and imports."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fsm.states import StateTable


class ImportState(TextChoices):
    """Where an import stands."""

    READ = "read", _("Previewed")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    ROLLED_BACK = "rolled_back", _("Rolled back")


IMPORT_STATES = StateTable(
    "import",
    {
        ImportState.READ: frozenset({ImportState.RUNNING}),
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
    FAILED = "failed", _("Failed")
    NOTED = "noted", _("Noted")


DELIVERY_STATES = StateTable(
    "message",
    {
        DeliveryState.QUEUED: frozenset({DeliveryState.SENT, DeliveryState.FAILED}),
        DeliveryState.SENT: frozenset(),
        DeliveryState.FAILED: frozenset({DeliveryState.QUEUED, DeliveryState.SENT}),
        DeliveryState.NOTED: frozenset(),
    },
)
