"""Arrival windows: the quick picks of a phone call, and how a window is written and read. Plain rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from fsm.clock import at, local, today_in

# The hours the office promises; the technician arrives within them.
HOURS = ((8, 10), (10, 12), (12, 14), (14, 16), (16, 18))
LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class Window:
    """From when until when somebody arrives, as UTC instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Pick:
    """One quick pick: `value` travels in the form; one whose end has passed cannot be chosen."""

    value: str
    label: str
    window: Window
    is_past: bool


@dataclass(frozen=True)
class PickDay:
    """The quick picks of one local day."""

    day: date
    picks: list[Pick]


def quick_picks(zone: str, now: datetime, *, days: int = 3) -> list[PickDay]:
    """The usual windows of today and the days that follow, on the zone's wall clock."""
    first = today_in(zone, now)
    return [
        PickDay(day, list(_picks(zone, day, now))) for day in (first + timedelta(days=n) for n in range(days))
    ]


def _picks(zone: str, day: date, now: datetime) -> Iterator[Pick]:
    for opens, closes in HOURS:
        window = Window(at(zone, day, time(opens)), at(zone, day, time(closes)))
        yield Pick(
            value=f"{day.isoformat()} {opens:02d}-{closes:02d}",
            label=f"{_hour(opens)}–{_hour(closes)}",  # noqa: RUF001 (a range is written with an en dash)
            window=window,
            is_past=window.end <= now,
        )


def read_pick(value: str, zone: str) -> Window:
    """The window behind a quick pick's value; raises ValueError on anything a page of ours did not offer."""
    day_text, _, hours = value.partition(" ")
    opens, closes = (int(part) for part in hours.split("-"))
    if (opens, closes) not in HOURS:
        raise ValueError(value)
    day = date.fromisoformat(day_text)
    return Window(at(zone, day, time(opens)), at(zone, day, time(closes)))


def between(zone: str, day: date, starts: time, ends: time) -> Window:
    """A window on one local day; raises ValueError unless it ends after it starts."""
    window = Window(at(zone, day, starts), at(zone, day, ends))
    if window.end <= window.start:
        raise ValueError("ends before it starts")
    return window


def in_words(start: datetime, end: datetime, zone: str) -> str:
    """Both ends on the zone's wall clock: 8-10 am, 10 am-12 pm, 1:30-3 pm."""
    first, last = local(start, zone), local(end, zone)
    same_half = (first.hour < 12) == (last.hour < 12)
    opening = _wall(first) + ("" if same_half else _half(first))
    return f"{opening}–{_wall(last)}{_half(last)}"  # noqa: RUF001


def _wall(moment: datetime) -> str:
    hour = moment.hour % 12 or 12
    return f"{hour}:{moment.minute:02d}" if moment.minute else f"{hour}"


def _half(moment: datetime) -> str:
    return " am" if moment.hour < 12 else " pm"


def _hour(hour: int) -> str:
    return str(hour % 12 or 12)
