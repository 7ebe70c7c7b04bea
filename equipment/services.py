"""What apps above know of a unit: when somebody was last there, what is open on it, what repairs cost."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Place = tuple[int, int | None]  # a site, and a unit there; None is the site as a whole


@dataclass(frozen=True)
class Service:
    """The last time: when it began, what it was about, and the page that tells more."""

    at: datetime
    what: str
    url: str


Find = Callable[[list[Any], Any], dict[Place, Service]]
_find: list[Find] = []


def keeps_visits(find: Find) -> Find:
    """Offer `find(sites, user)`: the last service of each of these sites and of each unit there, in as many
    queries for one site as for fifty.
    """
    _find.append(find)
    return find


def last_services(sites: list[Any], user: Any) -> dict[Place, Service]:
    """The last service by place, as far as the person may see it."""
    found: dict[Place, Service] = {}
    for find in _find:
        for place, service in find(sites, user).items():
            if place not in found or found[place].at < service.at:
                found[place] = service
    return found


# Open work -------------------------------------------------------------------------------------------

OpenWork = Callable[[Any], list[str]]
_open_work: list[OpenWork] = []


def plans_work_on_units(find: OpenWork) -> OpenWork:
    """Offer `find(unit)`: the names of what is planned or under way on a unit."""
    _open_work.append(find)
    return find


def open_work_on(unit: Any) -> list[str]:
    """Names of everything that is open on the unit, of every app."""
    return [name for find in _open_work for name in find(unit)]


# What repairs cost -----------------------------------------------------------------------------------

Spend = Callable[[Collection[int], date], dict[int, Decimal]]
_spend: list[Spend] = []


def knows_repair_spend(find: Spend) -> Spend:
    """Offer `find(unit_ids, since)`: what the repairs of each unit have cost its customer since that day, in
    one query for any number of units.
    """
    _spend.append(find)
    return find


def repair_spend(unit_ids: Collection[int], since: date) -> dict[int, Decimal]:
    """What repairs have cost, by unit; units without any are absent."""
    total: dict[int, Decimal] = {}
    for find in _spend:
        for unit_id, amount in find(unit_ids, since).items():
            total[unit_id] = total.get(unit_id, Decimal(0)) + amount
    return total


# A unit on the telephone -----------------------------------------------------------------------------

Address = Callable[[Any, Any], str]
_on_phone: list[Address] = []


def shows_units_on_phone(find: Address) -> Address:
    """Offer `find(unit_uuid, user)`: where somebody who works visits sees the unit on their telephone; ""
    where none of their visits is there.
    """
    _on_phone.append(find)
    return find


def address_on_phone(unit_uuid: Any, user: Any) -> str:
    """The first address that is offered, else nothing."""
    return next((url for find in _on_phone if (url := find(unit_uuid, user))), "")
