"""Global search: each app offers a finder, the search page asks all that the person may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .permissions import May, allowed


@dataclass(frozen=True)
class Hit:
    """One line of search results; `kind` is a word for the person."""

    kind: str
    label: str
    detail: str
    url: str


Find = Callable[[str, Any, int], list[Hit]]
_finders: list[tuple[int, May, Find]] = []


def finder(*, order: int, may: May) -> Callable[[Find], Find]:
    """Offer `find(query, user, limit)`; queries shorter than two characters are never asked."""

    def register(find: Find) -> Find:
        _finders.append((order, may, find))
        _finders.sort(key=lambda entry: entry[0])
        return find

    return register


def search(query: str, user: Any, *, limit: int = 8) -> list[Hit]:
    """Hits of every finder the person may use, in the finders' order, at most `limit` each."""
    query = " ".join(query.split())
    if len(query) < 2:
        return []
    return [hit for _, may, find in _finders if allowed(user, may) for hit in find(query, user, limit)]
