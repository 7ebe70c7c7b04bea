"""Named questions about equipment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsm.permissions import May
from fsm.querysets import OfficeQuerySet

if TYPE_CHECKING:
    from .models import RefrigerantRecord, Unit  # noqa: F401 (named in strings below)


class UnitQuerySet(OfficeQuerySet["Unit"]):
    """What is installed where."""

    capability = May.SEE_EQUIPMENT
    branch_path = "site__branch"

    def at_site(self, site_id: int) -> UnitQuerySet:
        """Units of a site, those in service first, with their circuits."""
        return (
            self.filter(site=site_id)
            .prefetch_related("circuits__refrigerant")
            .order_by("status", "category", "pk")
        )


class RefrigerantRecordQuerySet(OfficeQuerySet["RefrigerantRecord"]):
    """What was added and recovered."""

    capability = May.SEE_EQUIPMENT
    branch_path = "circuit__unit__site__branch"

    def in_force(self) -> RefrigerantRecordQuerySet:
        """Records that were not voided."""
        return self.filter(voided_at__isnull=True)
