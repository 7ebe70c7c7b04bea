"""Live updates: what changed is written in the transaction and told after the commit, in commit order."""

from __future__ import annotations

from django.db import transaction

from .models import LiveEvent
from .references import Reference

CHANNEL = "live"


def publish(topic: str, reference: Reference, version: int = 0) -> None:
    """Tell whoever watches `topic` that the thing changed; nobody hears of a transaction that rolls back."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Live events are published inside the transaction that makes the change.")
    LiveEvent.objects.create(topic=topic, kind=reference.kind, uuid=reference.uuid, version=version)
