"""What may follow what for a unit."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fsm.states import StateTable


class UnitStatus(TextChoices):
    """Whether it runs."""

    ACTIVE = "active", _("In service")
    MOTHBALLED = "mothballed", _("Mothballed")
    RETIRED = "retired", _("Retired")


UNIT_STATES = StateTable(
    "unit",
    {
        UnitStatus.ACTIVE: frozenset({UnitStatus.MOTHBALLED, UnitStatus.RETIRED}),
        UnitStatus.MOTHBALLED: frozenset({UnitStatus.ACTIVE, UnitStatus.RETIRED}),
        UnitStatus.RETIRED: frozenset({UnitStatus.ACTIVE}),
    },
)
