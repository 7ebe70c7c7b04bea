"""How pages of other apps name and link units and refrigerant records."""

from __future__ import annotations

from django.urls import reverse

from fsm.references import refers

from .models import RefrigerantRecord, Unit

refers(
    "unit",
    Unit,
    url=lambda row: reverse("equipment:unit", args=[row.uuid]),
    label=lambda row: " ".join(part for part in (str(row), row.serial) if part),
)
refers(
    "refrigerant_record",
    RefrigerantRecord,
    url=lambda row: reverse("equipment:unit", args=[row.circuit.unit.uuid]),
    related=("circuit__unit",),
)
