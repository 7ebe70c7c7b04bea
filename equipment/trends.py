"""How a reading went over the years, as the corners of a small drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

WIDTH: Final = 240
HEIGHT: Final = 56
EDGE: Final = 5


@dataclass(frozen=True, slots=True)
class Dot:
    """One value in the drawing."""

    x: str
    y: str
    is_flagged: bool


@dataclass(frozen=True, slots=True)
class Band:
    """What is good, as a strip across the drawing."""

    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Trend:
    """The line, its dots, and the good range behind them."""

    points: str
    dots: tuple[Dot, ...]
    band: Band | None
    width: int = WIDTH
    height: int = HEIGHT


def trend_of(
    values: Sequence[tuple[datetime, Decimal, bool]],
    *,
    low: Decimal | None = None,
    high: Decimal | None = None,
) -> Trend | None:
    """The drawing of (when, value, flagged), oldest first; None for fewer than two values."""
    if len(values) < 2:
        return None
    first, last = values[0][0], values[-1][0]
    seconds = Decimal((last - first).total_seconds()) or Decimal(1)
    bounds = [value for _at, value, _flag in values]
    bounds += [edge for edge in (low, high) if edge is not None]
    bottom, top = min(bounds), max(bounds)
    if bottom == top:
        bottom, top = bottom - 1, top + 1

    def across(at: datetime) -> Decimal:
        share = Decimal((at - first).total_seconds()) / seconds
        return EDGE + share * (WIDTH - 2 * EDGE)

    def down(value: Decimal) -> Decimal:
        return EDGE + (top - value) / (top - bottom) * (HEIGHT - 2 * EDGE)

    dots = tuple(Dot(_short(across(at)), _short(down(value)), flag) for at, value, flag in values)
    band = None
    if low is not None or high is not None:
        upper = down(high) if high is not None else Decimal(0)
        lower = down(low) if low is not None else Decimal(HEIGHT)
        band = Band(_short(upper), _short(max(lower - upper, Decimal(1))))
    return Trend(" ".join(f"{dot.x},{dot.y}" for dot in dots), dots, band)


def _short(number: Decimal) -> str:
    return f"{number:.1f}"
