"""The demo company: made by code with a fixed seed, each app contributing its part, bottom floor first."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings

from .permissions import Role

COMPANY_NAME = "Lone Star Comfort Air"
PASSWORD = "sightglass-demo"  # noqa: S105 (printed on purpose: the demo company is nobody's)
LOGINS: list[tuple[str, str, Role]] = [
    ("olivia", "Olivia Grant", Role.OWNER),
    ("marcus", "Marcus Webb", Role.MANAGER),
    ("casey", "Casey Nolan", Role.OFFICE),
    ("dana", "Dana Whitfield", Role.DISPATCHER),
    ("tess", "Tess Ramirez", Role.TECHNICIAN),
    ("bea", "Bea Lindqvist", Role.BOOKKEEPER),
]


@dataclass
class DemoWorld:
    """What the parts share: the seed's random numbers, the current instant and day, and what earlier parts
    made.
    """

    random: random.Random
    now: datetime
    today: date
    zone: str
    made: dict[str, Any] = field(default_factory=dict)
    say: Callable[[str], None] = lambda _: None


Build = Callable[[DemoWorld], None]
_parts: dict[str, Build] = {}


def demo_part(app: str) -> Callable[[Build], Build]:
    """Contribute an app's part; it may use what lower floors left in `world.made`."""

    def register(build: Build) -> Build:
        _parts[app] = build
        return build

    return register


def build(world: DemoWorld) -> None:
    """Every part, bottom floor first."""
    for app in settings.APPS:
        if app in _parts:
            _parts[app](world)
