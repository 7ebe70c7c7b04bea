"""Which story a refrigerant record belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import models

from fsm.trace import origins, roots

from .models import Circuit, RefrigerantRecord


@origins("unit")
def of_unit(unit_uuid: UUID) -> Iterable[models.Model]:
    """Its circuits, and what was added and recovered."""
    yield from Circuit.objects.filter(unit__uuid=unit_uuid).order_by("pk")
    yield from RefrigerantRecord.objects.filter(circuit__unit__uuid=unit_uuid).order_by("pk")


@roots("refrigerant_record")
def root_of_record(record: RefrigerantRecord) -> str:
    """The chain it was recorded in, usually a job's."""
    return str(record.history.order_by("history_id").values_list("root", flat=True).first() or "")
