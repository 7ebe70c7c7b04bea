"""Instants are UTC; days belong to a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This instant, in UTC. Doors call it once and pass it on."""
    return datetime.now(UTC)


def day_in(zone: str, day: date) -> tuple[datetime, datetime]:
    """The first instant of a local day and the first of the next, in UTC: 23, 24 or 25 hours apart."""
    return at(zone, day, time.min), at(zone, day + timedelta(days=1), time.min)


def at(zone: str, day: date, clock_time: time) -> datetime:
    """A local wall time as a UTC instant; a time the clocks skip moves forward, one they repeat is the
    first.
    """
    return datetime.combine(day, clock_time, ZoneInfo(zone)).astimezone(UTC)


def local(instant: datetime, zone: str) -> datetime:
    """The instant on a wall clock in the zone."""
    return instant.astimezone(ZoneInfo(zone))


def today_in(zone: str, instant: datetime) -> date:
    """The day it is in the zone."""
    return local(instant, zone).date()
