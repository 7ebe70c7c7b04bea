"""Facts that apps announce upward. The announcer never knows who listens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past tense, made of ids."""


E = TypeVar("E", bound=Event)
_subscribers: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def on(event_type: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Subscribe a function; it runs inside the announcer's transaction and may undo it by raising."""

    def register(subscriber: Callable[[E], None]) -> Callable[[E], None]:
        if subscriber not in _subscribers[event_type]:
            _subscribers[event_type].append(subscriber)
        return subscriber

    return register


def announce(event: Event) -> None:
    """Tell every subscriber, inside the announcer's transaction; any failure undoes both."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{type(event).__name__} announced outside a transaction")
    for subscriber in _subscribers[type(event)]:
        subscriber(event)


def event_types() -> list[type[Event]]:
    """Every event of the house, by module and name."""
    return sorted(Event.__subclasses__(), key=lambda event: (event.__module__, event.__name__))


def subscribers() -> Mapping[type[Event], list[Callable[[Any], None]]]:
    """Event -> those who listen."""
    return {event: list(_subscribers[event]) for event in event_types()}


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    """Somebody was added, or their role, name or activity changed."""

    user_id: int
