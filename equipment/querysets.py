"""Named questions about equipment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db.models import F, Q

from fsm.permissions import May
from fsm.querysets import OfficeQuerySet

from .states import CASE_CLOSED, OPPORTUNITY_OPEN, UnitStatus
from .warranties import EXEMPT_STATES

if TYPE_CHECKING:
    from .models import LeakCase, Opportunity, RefrigerantRecord, Unit, Warranty  # noqa: F401 (named in strings below)

FEWEST_OF_A_PLATE = 3
MOST_ALIKE = 300


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

    def of_customer(self, customer_id: int) -> UnitQuerySet:
        """Units at any of a customer's sites, with what a list shows."""
        return (
            self.filter(site__customer=customer_id)
            .select_related("site", "maker")
            .prefetch_related("circuits__refrigerant")
            .order_by("status", "site__street", "category", "pk")
        )

    def for_list(self) -> UnitQuerySet:
        """With where they are, who built them and what they hold."""
        return self.select_related("site__customer", "site__branch", "maker").prefetch_related(
            "circuits__refrigerant"
        )

    def matching(self, text: str) -> UnitQuerySet:
        """By serial (spaces and dashes do not count), model, name, maker, customer or street."""
        found = Q()
        for word in text.split()[:6]:
            found &= (
                Q(serial__icontains=word)
                | Q(model_number__icontains=word)
                | Q(name__icontains=word)
                | Q(maker__name__icontains=word)
                | Q(site__customer__name__icontains=word)
                | Q(site__street__icontains=word)
            )
        return self.filter(found | _by_bare_serial(text))

    def by_plate(self, text: str) -> UnitQuerySet:
        """By serial or model alone, from three characters on; of very many the first few hundred."""
        text = text.strip()
        if len(text) < FEWEST_OF_A_PLATE:
            return self.none()
        alike = Q(serial__contains=text.upper()) | Q(model_number__icontains=text) | _by_bare_serial(text)
        few = self.filter(alike).order_by().values("pk")[:MOST_ALIKE]
        return self.filter(pk__in=few).order_by("status", "serial", "pk")


def _by_bare_serial(text: str) -> Q:
    """The serial as people read it out: spaces, dashes, points and slashes do not count."""
    bare = re.sub(r"[\s\-./]", "", text).upper()
    return Q(serial__contains=bare) if len(bare) >= 4 else Q(pk__in=[])


class RefrigerantRecordQuerySet(OfficeQuerySet["RefrigerantRecord"]):
    """What was added and recovered."""

    capability = May.SEE_EQUIPMENT
    branch_path = "circuit__unit__site__branch"

    def in_force(self) -> RefrigerantRecordQuerySet:
        """Records that were not voided."""
        return self.filter(voided_at__isnull=True)

    def of_unit(self, unit_id: int) -> RefrigerantRecordQuerySet:
        """A unit's records, latest first, with circuit and certificate."""
        return self.filter(circuit__unit=unit_id).select_related("circuit__refrigerant", "certificate")


class LeakCaseQuerySet(OfficeQuerySet["LeakCase"]):
    """Circuits that were over their rate."""

    capability = May.SEE_EQUIPMENT
    branch_path = "circuit__unit__site__branch"

    def open(self) -> LeakCaseQuerySet:
        """Cases with a clock that still runs or rests."""
        return self.exclude(state__in=CASE_CLOSED)


class WarrantyQuerySet(OfficeQuerySet["Warranty"]):
    """What was promised."""

    capability = May.SEE_EQUIPMENT
    branch_path = "unit__site__branch"

    def to_register(self) -> WarrantyQuerySet:
        """Those of units in service that would last longer once registered and are not, in states where
        that depends on it; missed deadlines too.
        """
        waiting = self.filter(
            registered_on=None,
            ended_on=None,
            registration_deadline__isnull=False,
            unit__status=UnitStatus.ACTIVE,
        ).filter(registered_months__gt=F("base_months"))
        exempt = Q(pk__in=[])
        for state, since in EXEMPT_STATES.items():
            exempt |= Q(unit__site__state=state) & (Q(starts_on__gte=since) if since else Q())
        return waiting.exclude(exempt)


class OpportunityQuerySet(OfficeQuerySet["Opportunity"]):
    """Work that should be offered."""

    capability = May.SEE_EQUIPMENT
    branch_path = "site__branch"

    def open(self) -> OpportunityQuerySet:
        """Those nobody turned into work or dismissed."""
        return self.filter(state__in=OPPORTUNITY_OPEN)
