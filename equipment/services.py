"""When somebody was last at a unit or a site; the app that keeps visits says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
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
