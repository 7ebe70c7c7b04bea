"""When a changed address must be looked at before it holds: too far, or city and ZIP do not agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_MILES = 3958.7613  # the mean radius of the IUGG


@dataclass(frozen=True)
class Point:
    """Degrees north and east."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Place:
    """What is known of a ZIP: its state, the city names that are right there, and its middle."""

    state: str
    cities: tuple[str, ...]
    middle: Point


class Doubt(StrEnum):
    """Why a changed address waits."""

    FAR = "far"
    UNKNOWN_ZIP = "unknown_zip"
    OTHER_CITY = "other_city"
    OTHER_STATE = "other_state"
    UNKNOWN_DISTANCE = "unknown_distance"


@dataclass(frozen=True)
class Judgement:
    """The doubts about a change, and how far it moves the site in miles where both ends are known."""

    doubts: tuple[Doubt, ...]
    miles: float | None = None


def judge(
    *,
    before: Point | None,
    after: Point | None,
    place: Place | None,
    city: str,
    state: str,
    postal_code: str,
    same_town: bool,
    limit_miles: Decimal,
) -> Judgement:
    """What speaks against taking a changed address at once.

    `place` is what the new ZIP stands for; `before` and `after` are where the old and the new address lie.
    Within the same town (city, state and ZIP unchanged) nothing is asked. A distance equal to the limit
    passes.
    """
    if same_town:
        return Judgement(())
    doubts: list[Doubt] = []
    if postal_code and place is None:
        doubts.append(Doubt.UNKNOWN_ZIP)
    elif place is not None:
        if place.state != state.upper():
            doubts.append(Doubt.OTHER_STATE)
        elif not is_named(city, place.cities):
            doubts.append(Doubt.OTHER_CITY)
    miles = miles_between(before, after) if before and after else None
    if miles is None:
        if Doubt.UNKNOWN_ZIP not in doubts:
            doubts.append(Doubt.UNKNOWN_DISTANCE)
    elif miles > limit_miles:
        doubts.append(Doubt.FAR)
    return Judgement(tuple(doubts), miles)


def miles_between(one: Point, other: Point) -> float:
    """The great-circle distance in miles (haversine)."""
    north, south = radians(one.latitude), radians(other.latitude)
    half_lat, half_long = (south - north) / 2, radians(other.longitude - one.longitude) / 2
    chord = sin(half_lat) ** 2 + cos(north) * cos(south) * sin(half_long) ** 2
    return 2 * EARTH_RADIUS_MILES * asin(min(1.0, sqrt(chord)))


def is_named(city: str, names: Sequence[str]) -> bool:
    """Whether a city's name is one of the names, whatever its case, dots and short words."""
    return _plain(city) in {_plain(name) for name in names}


SHORT = {"saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt", "north": "n", "south": "s",
         "east": "e", "west": "w", "heights": "hts", "springs": "spgs", "village": "vlg"}  # fmt: skip


def _plain(city: str) -> str:
    words = city.lower().replace(".", " ").replace("-", " ").replace("'", "").split()
    return " ".join(SHORT.get(word, word) for word in words)
