"""The demo company: made by code with a fixed seed, each app contributing its part, bottom floor first."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection

from . import actions
from .attribution import attributed
from .clock import today_in
from .company import the_company
from .history import insert_with_history
from .models import Branch, User
from .permissions import Role
from .tokens import READ, make_token

SEED = 20261
ZONE = "America/Chicago"
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
# Technicians beside Tess; with her they are twelve.
TECHNICIANS: list[tuple[str, str]] = [
    ("marco", "Marco Ruiz"),
    ("dwayne", "Dwayne Coleman"),
    ("ana", "Ana Flores"),
    ("tyler", "Tyler Boggs"),
    ("hung", "Hung Nguyen"),
    ("reggie", "Reggie Tate"),
    ("luis", "Luis Cantu"),
    ("brandi", "Brandi Kessler"),
    ("omar", "Omar Haddad"),
    ("cody", "Cody Stahl"),
    ("jerome", "Jerome Battle"),
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
    """Every part, bottom floor first; each finds a database that knows what the others have written."""
    for app in settings.APPS:
        if app in _parts:
            _parts[app](world)
            take_stock(app)


def take_stock(app: str) -> None:
    """Let the database count an app's tables: with thousands of new rows it would plan as for empty ones."""
    models = apps.get_app_config(app).get_models()
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


def world_at(now: datetime, *, say: Callable[[str], None] = lambda _: None) -> DemoWorld:
    """The world around an instant: the same numbers every time, the days around today."""
    return DemoWorld(random.Random(SEED), now, today_in(ZONE, now), ZONE, say=say)  # noqa: S311


@demo_part("fsm")
def company_and_people(world: DemoWorld) -> None:
    """The company, its one branch and everybody who signs in.

    Leaves in `made`: company, branch, people (user name -> User), technicians (twelve Users, Tess first).
    """
    the_company()
    world.made["company"] = actions.change_company(
        name=COMPANY_NAME,
        legal_name="Lone Star Comfort Air, LLC",
        license_number="TACLA 00012345E",
        phone="(512) 555-0100",
        email="office@lonestarcomfort.example",
        website="lonestarcomfort.example",
        street="2208 Industrial Oaks Blvd",
        city="Austin",
        state="TX",
        postal_code="78735",
        time_zone=ZONE,
        default_terms="Due on receipt",
        invoice_note="Thank you for your business. Regulated by the Texas Department of Licensing"
        " and Regulation.",
    )
    actions.put_away_first_steps(now=world.now)
    branch = Branch.objects.order_by("pk").first() or actions.add_branch(name="Austin")
    world.made["branch"] = actions.change_branch(
        branch.pk,
        name="Austin",
        time_zone=ZONE,
        street="2208 Industrial Oaks Blvd",
        city="Austin",
        state="TX",
        postal_code="78735",
    )
    hashed = make_password(PASSWORD)  # once: a good hash takes its time
    people = [*LOGINS, *((username, name, Role.TECHNICIAN) for username, name in TECHNICIANS)]
    made = insert_with_history(
        [
            User(
                username=username,
                name=name,
                role=role,
                email=f"{username}@lonestarcomfort.example",
                phone=f"(512) 555-01{number:02d}",
                password=hashed,
                created_at=world.now,
            )
            for number, (username, name, role) in enumerate(people, start=1)
        ]
    )
    world.made["people"] = {user.username: user for user in made}
    world.made["technicians"] = [user for user in made if user.role == Role.TECHNICIAN]
    _token(world, made[0])


def _token(world: DemoWorld, owner: User) -> None:
    """A program that only reads, and whose secret nobody knows."""
    with attributed(user=owner, source="office"):
        make_token(user_id=owner.pk, name="Company website", scopes=[READ], now=world.now)
