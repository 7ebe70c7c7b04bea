"""What apps above can prove of a unit: the visits it had, what was found on them, and the photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo as it was received: the hash is of the bytes that came in, `open` gives what is kept."""

    caption: str
    taken_at: datetime | None
    received_at: datetime
    author: str
    sha256: str
    file: Any


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    """A visit that was done on the unit: when, what, by whom, every line of its checklist."""

    at: datetime
    what: str
    number: str
    technicians: Sequence[str]
    outcome: str
    checks: Sequence[tuple[str, str]] = ()
    photos: Sequence[Photo] = ()


Find = Callable[[Any, Any], list[Maintenance]]
_find: list[Find] = []


def proves_visits(find: Find) -> Find:
    """Offer `find(unit, user)`: every visit done on the unit that the person may see, oldest first."""
    _find.append(find)
    return find


def visits_on(unit: Any, user: Any) -> list[Maintenance]:
    """The visits of every app, oldest first."""
    found = [visit for find in _find for visit in find(unit, user)]
    return sorted(found, key=lambda visit: visit.at)
