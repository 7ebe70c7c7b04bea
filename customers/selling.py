"""What stands in the way of a site changing hands; apps that plan work there say what is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Open = Callable[[Any], list[str]]
_open: list[Open] = []


def plans_work(find: Open) -> Open:
    """Offer `find(site)`: the names of what is planned or under way at a site."""
    _open.append(find)
    return find


def open_at(site: Any) -> list[str]:
    """Names of everything that is open at the site, of every app."""
    return [name for find in _open for name in find(site)]
