"""What the person at the terminal reads while things start."""

from __future__ import annotations

import sys

NAME_WIDTH = 20


class CannotStart(Exception):
    """A sentence for the person at the terminal: what is wrong and what to do next."""


def step(name: str, what: str) -> None:
    """One line of progress. It goes to stderr, so that a command's own output stays clean."""
    print(f"  {name:<{NAME_WIDTH}}{what}", file=sys.stderr, flush=True)


def passing(name: str, what: str) -> None:
    """Progress that the next line may replace; shown only where a line can be replaced."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K  {name:<{NAME_WIDTH}}{what}", end="", file=sys.stderr, flush=True)


def clear_passing() -> None:
    """Remove the replaceable line."""
    if sys.stderr.isatty():
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
