"""What every test may ask for: people and their browsers, things to work on, races, and no real world
outside.
"""

from __future__ import annotations

import contextlib
import contextvars
import importlib
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connections, transaction
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models import QuerySet
from django.test import Client, override_settings
from simple_history.signals import pre_create_historical_record

from fsm import history
from fsm.attribution import UNATTRIBUTED, attributed, current
from fsm.permissions import Role

from . import factories as make
from .factories import instant
from .quick_migrations import quick_migrations

PEOPLE = {
    "olivia": ("Olivia Grant", Role.OWNER),
    "marcus": ("Marcus Webb", Role.MANAGER),
    "casey": ("Casey Nolan", Role.OFFICE),
    "dana": ("Dana Whitfield", Role.DISPATCHER),
    "tess": ("Tess Ramirez", Role.TECHNICIAN),
    "tom": ("Tom Okafor", Role.TECHNICIAN),
    "bea": ("Bea Lindqvist", Role.BOOKKEEPER),
}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Names every test that did not pass at its first run: what is unreliable is seen, not hidden."""
    again: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("rerun", ()):
        crash = getattr(report.longrepr, "reprcrash", None)
        again.setdefault(report.nodeid, []).append(crash.message.partition("\n")[0] if crash else report.when)
    if again:
        terminalreporter.section("needed another run")
    for test, reasons in again.items():
        terminalreporter.write_line(f"{test}, after: {'; '.join(reasons)}")


@pytest.fixture(autouse=True)
def _attributed() -> Iterator[None]:
    """What a test itself changes says so; a history row without a source is a bug in the house."""
    with attributed(source="test", actor_name="Test"):
        yield


def _says_its_source(**facts: Any) -> None:
    assert current().source != UNATTRIBUTED, f"an unattributed version of {facts.get('history_instance')}"


pre_create_historical_record.connect(_says_its_source, dispatch_uid="tests")
_copy_into_history = history._copy_into_history


def _copy_attributed(*arguments: Any) -> None:
    _says_its_source(history_instance=arguments[0])
    _copy_into_history(*arguments)


history._copy_into_history = _copy_attributed


@pytest.fixture(autouse=True)
def _cheap_and_private(settings: Any, tmp_path: Any) -> None:
    """Quick passwords, files in the test's own folder, static files as they are, nobody counts failures."""
    settings.AXES_ENABLED = False  # the tests of signing in turn it on
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def _put_back_facts() -> None:
    """What migrations filled in, when a test that really commits has emptied the tables."""
    from equipment.models import ComplianceRule, Refrigerant

    if not ComplianceRule.objects.exists():
        importlib.import_module("equipment.migrations.0004_rules_and_charges").fill(apps, None)
    if not Refrigerant.objects.exists():
        facts = importlib.import_module("equipment.migrations.0002_refrigerants_and_makers")
        facts.fill(apps, None)


def _quick_flush(operations: Any, style: Any, tables: list[str], **how: Any) -> list[str]:
    """Empty what holds rows and nothing else: truncating every table takes seconds a test."""
    connection, quote = operations.connection, operations.quote_name
    tables = sorted(set(tables) - {"django_content_type", "auth_permission", "customers_zipplace"})
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        if cursor.fetchone()[0] != "on":
            return TRUNCATE(operations, style, tables, **how)
        looks = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {quote(table)})" for table in tables)
        cursor.execute(" UNION ALL ".join(looks))
        full = [table for (table,) in cursor.fetchall()]
    deletes = [f"DELETE FROM {quote(table)}" for table in full]
    return ["SET session_replication_role = replica", *deletes, "SET session_replication_role = DEFAULT"]


@contextlib.contextmanager
def for_the_module(blocker: Any, **changed: Any) -> Iterator[None]:
    """What a fixture of a module makes in here is there for all its tests, and gone after the last.

    Call `connection.check_constraints()` once it is made, or every test does it anew for all of it.
    """
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        blocker.unblock(),
        override_settings(PASSWORD_HASHERS=hashers, **changed),
        attributed(source="test", actor_name="Test"),
        transaction.atomic(),
    ):
        yield
        transaction.set_rollback(True)


WHILE_IT_IS_MADE = contextlib.ExitStack()
TRUNCATE = DatabaseOperations.sql_flush
DatabaseOperations.sql_flush = _quick_flush


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Asked for right before the database is made."""
    WHILE_IT_IS_MADE.enter_context(quick_migrations())


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """A database kept from an earlier run has its facts again; whoever still holds one that goes is named."""
    WHILE_IT_IS_MADE.close()
    with django_db_blocker.unblock():
        _put_back_facts()
    yield
    if request.config.getvalue("reuse_db"):
        return
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT query, pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        for query, _ in cursor.fetchall():
            warnings.warn(f"A connection was left open after: {query[:200]}", stacklevel=1)


@pytest.fixture(autouse=True)
def _facts(request: pytest.FixtureRequest) -> None:
    """Tests that really commit begin with the facts as well."""
    marker = request.node.get_closest_marker("django_db")
    if {"transactional_db", "live_server"} & set(request.fixturenames) or (
        marker and marker.kwargs.get("transaction")
    ):
        request.getfixturevalue("transactional_db")
        _put_back_facts()


# The company and its people -------------------------------------------------------------------------


@pytest.fixture
def company(db: None) -> Any:
    """The company, in Texas."""
    return make.CompanyFactory(
        name="Lone Star Comfort",
        phone="(512) 555-0100",
        city="Austin",
        state="TX",
        time_zone="America/Chicago",
    )


@pytest.fixture
def branch(company: Any) -> Any:
    """Its one branch."""
    from fsm.company import default_branch

    return default_branch()


def _person(name: str) -> Any:
    full_name, role = PEOPLE[name]
    return make.UserFactory(username=name, name=full_name, role=role)


def _technician(name: str, position: int) -> Any:
    user = _person(name)
    make.TechnicianCertificateFactory(technician=user)
    technician = make.TechnicianFactory(user=user, position=position, truck__name=f"Truck of {name}")
    user.technician = technician  # a shortcut for tests only
    return user


@pytest.fixture
def olivia(branch: Any) -> Any:
    """The owner."""
    return _person("olivia")


@pytest.fixture
def marcus(branch: Any) -> Any:
    """The manager."""
    return _person("marcus")


@pytest.fixture
def casey(branch: Any) -> Any:
    """Takes calls in the office."""
    return _person("casey")


@pytest.fixture
def dana(branch: Any) -> Any:
    """The dispatcher."""
    return _person("dana")


@pytest.fixture
def tess(branch: Any) -> Any:
    """A technician with a universal certificate; `tess.technician` is her row on the board, with a truck."""
    return _technician("tess", 1)


@pytest.fixture
def tom(branch: Any) -> Any:
    """A second technician, like tess."""
    return _technician("tom", 2)


@pytest.fixture
def bea(branch: Any) -> Any:
    """The bookkeeper."""
    return _person("bea")


def client_of(user: Any) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def olivia_client(olivia: Any) -> Client:
    return client_of(olivia)


@pytest.fixture
def marcus_client(marcus: Any) -> Client:
    return client_of(marcus)


@pytest.fixture
def casey_client(casey: Any) -> Client:
    return client_of(casey)


@pytest.fixture
def dana_client(dana: Any) -> Client:
    return client_of(dana)


@pytest.fixture
def tess_client(tess: Any) -> Client:
    return client_of(tess)


@pytest.fixture
def tom_client(tom: Any) -> Client:
    return client_of(tom)


@pytest.fixture
def bea_client(bea: Any) -> Client:
    return client_of(bea)


# Things to work on ----------------------------------------------------------------------------------


@pytest.fixture
def make_customer(branch: Any) -> Callable[..., Any]:
    """`make_customer(name=..., street=..., phone="5125550142", email=...)`: with a site, a contact and a
    phone.

    The customer carries `.site`, `.contact` and `.phone` for the test's convenience.
    """

    def customer(
        *, street: str = "", phone: str = "", email: str = "", site: dict[str, Any] | None = None, **fields
    ):
        made = make.CustomerFactory(**fields)
        made.site = make.SiteFactory(customer=made, **(site or {}), **({"street": street} if street else {}))
        made.contact = make.ContactFactory(customer=made, name=fields.get("contact_name", made.name))
        made.phone = make.PhoneNumberFactory(contact=made.contact, **({"digits": phone} if phone else {}))
        made.email = make.EmailAddressFactory(contact=made.contact, **({"address": email} if email else {}))
        return made

    return customer


@pytest.fixture
def make_unit(make_customer: Callable[..., Any]) -> Callable[..., Any]:
    """`make_unit(site=..., **fields)`: an air conditioner with one R-410A circuit, on `.circuit`."""

    def unit(**fields: Any) -> Any:
        if "site" not in fields:
            fields["site"] = make_customer().site
        made = make.UnitFactory(**fields)
        made.circuit = make.CircuitFactory(unit=made)
        return made

    return unit


@pytest.fixture
def make_part(branch: Any) -> Callable[..., Any]:
    """`make_part(on={place: quantity}, **fields)`: a part, received into the places named."""

    def part(*, on: dict[Any, Any] | None = None, **fields: Any) -> Any:
        from inventory.actions import receive_stock

        made = make.PartFactory(**fields)
        for place, quantity in (on or {}).items():
            receive_stock(
                place_id=place.pk,
                part_id=made.pk,
                quantity=quantity,
                unit_cost=made.cost,
                key=str(uuid.uuid4()),
                now=instant(12),
            )
        return made

    return part


@pytest.fixture
def make_job(make_customer: Callable[..., Any]) -> Callable[..., Any]:
    """`make_job(customer=..., technician=user_or_technician, starts_at=..., minutes=..., now=...,
    **book_job's)`.

    Booked by the action, and placed on the board where a technician is named; `.visit` is its first visit.
    """

    def job(
        *,
        customer: Any = None,
        technician: Any = None,
        starts_at: Any = None,
        minutes: int = 60,
        now: Any = None,
        job_type: Any = None,
        **fields: Any,
    ) -> Any:
        from dispatch import actions

        customer = customer or make_customer()
        site = fields.pop("site", None) or customer.site
        job_type = job_type or make.JobTypeFactory()
        made = actions.book_job(
            uuid=fields.pop("uuid", None) or uuid.uuid4(),
            customer_id=customer.pk,
            site_id=site.pk,
            job_type_id=job_type.pk,
            summary=fields.pop("summary", "No cooling upstairs"),
            now=now or instant(13),
            minutes=minutes,
            **fields,
        )
        visit = made.visits.order_by("sequence").first()
        if technician is not None:
            starts_at = starts_at or instant(15)
            technician = getattr(technician, "technician", technician)
            visit = actions.place_visit(
                visit.pk,
                technician_id=technician.pk,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=minutes),
                version=visit.version,
                now=now or instant(13),
            ).visit
            made.refresh_from_db()
        made.visit = visit
        return made

    return job


# Races ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What one of several did: its result, or the exception it ended with."""

    result: Any = None
    error: BaseException | None = None

    @property
    def won(self) -> bool:
        """Whether it came through."""
        return self.error is None


@pytest.fixture
def at_once() -> Callable[..., list[Outcome]]:
    """`at_once(n, function)` calls it n times at the same instant, each on its own connection.

    The function may take the number of its call (0..n-1). Needs `django_db(transaction=True)`.
    """

    def race(n: int, function: Callable[..., Any], *, patience: float = 30) -> list[Outcome]:
        takes_number = function.__code__.co_argcount > 0 if hasattr(function, "__code__") else False
        barrier = threading.Barrier(n)
        outcomes: list[Outcome] = [Outcome(error=TimeoutError("still running"))] * n

        def one(number: int) -> None:
            try:
                connections["default"].ensure_connection()
                barrier.wait(patience)
                outcomes[number] = Outcome(result=function(number) if takes_number else function())
            except BaseException as error:
                outcomes[number] = Outcome(error=error)
            finally:
                connections.close_all()

        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(one, number), daemon=True)
            for number in range(n)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(patience)
        return outcomes

    return race


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row locks patched out: the twin of a race test shows that without them both would get in."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *args, **kwargs: self._chain())
