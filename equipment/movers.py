"""Units and what belongs to their place go over where two sites turn out to be one."""

from __future__ import annotations

from customers.movers import Rows, moves

from .models import Facility, Opportunity, System, Unit, UnitMove


def _named_alike(rows: Rows, loser: int, survivor: int) -> Rows:
    """A system of the same name stands there already: its units are with it."""
    del loser
    return rows.filter(name__in=System.objects.filter(site=survivor).values("name"))


def _has_its_own(rows: Rows, loser: int, survivor: int) -> Rows:
    """The surviving site keeps its own method."""
    del loser
    return rows if Facility.objects.filter(site=survivor).exists() else rows.none()


moves(Unit, "site")
moves(System, "site", unless=_named_alike)
moves(UnitMove, "from_site")
moves(UnitMove, "to_site")
moves(Opportunity, "site")
moves(Facility, "site", unless=_has_its_own)
