"""Work for later: queued in the caller's transaction, run by a worker under the caller's attribution."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.utils.module_loading import import_string
from django_q.tasks import async_task

from .attribution import attributed, current

Tier = Literal["critical", "standard", "analytical"]


def enqueue(function: Callable[..., Any], *, tier: Tier = "standard", **kwargs: Any) -> None:
    """Call `function(**kwargs)` later. The queue row joins the caller's transaction: both or neither.

    The function must be importable by name and safe to run twice.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"{name_of(function)} enqueued outside a transaction")
    who = current()
    async_task(
        "fsm.tasks.run",
        name_of(function),
        {
            "user_id": who.user_id,
            "actor_name": who.actor_name,
            "reason": who.reason,
            "batch": str(who.batch),
            "root": who.root,
        },
        kwargs,
        cluster=tier,
        task_name=name_of(function),
    )


def run(name: str, carried: dict[str, Any], kwargs: dict[str, Any]) -> None:
    """What a worker does: the named function, attributed to whoever asked for it."""
    function = import_string(name)
    carried = {**carried, "batch": uuid.UUID(carried["batch"])} if "batch" in carried else carried
    with attributed(source=f"task:{name}", **carried):
        function(**kwargs)


def name_of(function: Callable[..., Any]) -> str:
    """The dotted name under which a worker finds the function."""
    return f"{function.__module__}.{function.__qualname__}"


@dataclass(frozen=True)
class Recurring:
    """An action on a clock, as declared in an app's schedules.py."""

    function: str
    cron: str
    tier: Tier

    @property
    def callable(self) -> Callable[[], None]:
        """The function itself."""
        found: Callable[[], None] = import_string(self.function)
        return found


_recurring: dict[str, Recurring] = {}


def recurring(cron: str, *, tier: Tier = "standard") -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare that a function without arguments runs by `cron` (minute hour day month weekday, UTC)."""

    def register(function: Callable[[], None]) -> Callable[[], None]:
        _recurring[name_of(function)] = Recurring(name_of(function), cron, tier)
        return function

    return register


def schedules() -> dict[str, Recurring]:
    """Every declared schedule by its function's name."""
    return dict(_recurring)


def sync_schedules() -> tuple[list[str], list[str]]:
    """Make the queue's schedules equal to the declared ones; returns (added or changed, removed) names."""
    from django_q.models import Schedule

    changed: list[str] = []
    with transaction.atomic():
        standing = {row.name: row for row in Schedule.objects.select_for_update().order_by("pk")}
        for name, wanted in _recurring.items():
            values = {
                "func": "fsm.tasks.run",
                "args": repr((name, {}, {})),
                "schedule_type": Schedule.CRON,
                "cron": wanted.cron,
                "cluster": wanted.tier,
                "repeats": -1,
            }
            row = standing.pop(name, None)
            if row is None or any(getattr(row, key) != value for key, value in values.items()):
                Schedule.objects.update_or_create(name=name, defaults=values)
                changed.append(name)
        removed = sorted(standing)
        Schedule.objects.filter(name__in=removed).delete()
    return changed, removed
