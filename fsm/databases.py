"""Databases beside the configured one: reached, made, filled and dropped by commands that need their own."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from .launch.postgres import clean_environment, machine_folders, wheel
from .settings import database as of_url

# How libpq's programs are told what a connection string would say; a password is never on a command line.
VARIABLES = {
    "dbname": "PGDATABASE",
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


class Unreachable(Exception):
    """A sentence for whoever runs a command: which database or program is missing."""


@dataclass(frozen=True)
class Address:
    """Where a database is, and as whom we come."""

    name: str
    host: str = ""
    port: str = ""
    user: str = ""
    password: str = ""
    more: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Address:
        """The address in one of Django's DATABASES."""
        more = {name: str(value) for name, value in settings["OPTIONS"].items() if name in VARIABLES}
        name, host, port, user, password = (
            str(settings[key] or "") for key in ("NAME", "HOST", "PORT", "USER", "PASSWORD")
        )
        return cls(name, host, port, user, password, tuple(more.items()))

    @classmethod
    def parse(cls, url: str) -> Address:
        """The address that a postgresql:// URL names."""
        return cls.of(of_url(url))

    def beside(self, name: str) -> Address:
        """Another database of the same server."""
        return replace(self, name=name)

    @property
    def parameters(self) -> dict[str, str]:
        """What the driver is told."""
        own = {
            "dbname": self.name,
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
        }
        return {name: value for name, value in {**own, **dict(self.more)}.items() if value}

    @property
    def url(self) -> str:
        """The same as DATABASE_URL; holds the password, so it goes into environments only."""
        rest = {key: value for key, value in self.parameters.items() if key != "dbname"}
        return f"postgresql:///{quote(self.name, safe='')}?{urlencode(rest)}"

    def environment(self) -> dict[str, str]:
        """For PostgreSQL's own programs."""
        told = {VARIABLES[name]: value for name, value in self.parameters.items()}
        return {**clean_environment(), **told}

    def connect(self, **how: Any) -> psycopg.Connection[Any]:
        """A plain connection, in UTC; raises Unreachable with a sentence."""
        how.setdefault("autocommit", True)
        try:
            return psycopg.connect(**self.parameters, application_name="sightglass", **how)  # type: ignore[arg-type]
        except psycopg.OperationalError as problem:
            raise Unreachable(f"The database {self.name} does not answer: {problem}") from problem


def configured() -> Address:
    """The database that the settings name."""
    return Address.of(connections["default"].settings_dict)


def exists(address: Address) -> bool:
    """Whether the server has a database of that name."""
    with address.beside("postgres").connect() as server:
        return (
            server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [address.name]).fetchone()
            is not None
        )


def create(address: Address) -> None:
    """Make an empty database."""
    with address.beside("postgres").connect() as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(address.name)
            )
        )


def drop(address: Address) -> None:
    """Drop a database that we made, whoever is still connected."""
    with address.beside("postgres").connect() as server:
        server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(address.name))
        )


@contextmanager
def temporary(purpose: str) -> Iterator[Address]:
    """An empty database on the configured server for the length of the block; it is dropped whatever
    happens.
    """
    address = configured().beside(f"sightglass_{purpose}_{secrets.token_hex(4)}")
    create(address)
    try:
        yield address
    finally:
        drop(address)


@contextmanager
def using(address: Address) -> Iterator[None]:
    """Django's own connections, in every thread started inside the block, lead to this database."""
    connection = connections["default"]
    before = {key: connection.settings_dict[key] for key in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
    _point_to(
        {
            "NAME": address.name,
            "HOST": address.host,
            "PORT": address.port,
            "USER": address.user,
            "PASSWORD": address.password,
        }
    )
    try:
        yield
    finally:
        _point_to(before)


def _point_to(values: Mapping[str, Any]) -> None:
    connection = connections["default"]
    connections.close_all()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    connection.settings_dict.update(values)  # the dictionary that connections of new threads are made from


def fill(address: Address, *, like: Address | None = None) -> None:
    """Give an empty database this version's tables: by migrating, or quicker, from a migrated empty one."""
    if like is None:
        with using(address):
            call_command("migrate", verbosity=0, interactive=False)
        return
    programs = programs_for(server_major(address))
    dump = run([programs / "pg_dump", "-Fc", "-Z0", "--no-owner", "--no-comments"], like)
    run([programs / "pg_restore", "--exit-on-error", "--no-owner", "-d", address.name], address, given=dump)


def server_major(address: Address) -> int:
    """The server's major version."""
    with address.connect() as connection:
        return connection.info.server_version // 10000


def programs_for(major: int) -> Path:
    """The folder with pg_dump and pg_restore of the server's own version; others write what it refuses."""
    folders = [folder for folder in [wheel()] if folder] + machine_folders()
    if on_path := shutil.which("pg_dump"):
        folders.append(Path(on_path).resolve().parent)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = set()
    for folder in dict.fromkeys(folders):
        if (folder / "pg_restore").exists() and (version := _version(folder / "pg_dump")):
            if version == major:
                return folder
            found.add(version)
    have = ", ".join(str(version) for version in sorted(found)) or "none"
    raise Unreachable(
        f"The server is PostgreSQL {major}, and this machine has no such pg_dump (it has: {have}).\n"
        f"Install its client programs, for example: apt-get install postgresql-client-{major}"
    )


def _version(program: Path) -> int | None:
    try:
        said = subprocess.run(  # noqa: S603 (a program that we found where PostgreSQL keeps them)
            [program, "--version"], capture_output=True, text=True, check=True, env=clean_environment()
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"(\d+)", said)
    return int(version[1]) if version else None


def run(command: Sequence[str | Path], address: Address, *, given: bytes | None = None) -> bytes:
    """Run one of PostgreSQL's programs on a database; raises Unreachable with its last words."""
    done = subprocess.run(  # noqa: S603 (PostgreSQL's own programs, no shell)
        command, env=address.environment(), input=given, capture_output=True, check=False
    )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines()[-8:]
        raise Unreachable(f"{Path(command[0]).name} failed:\n" + "\n".join(words))
    return done.stdout


def child_environment(address: Address, **more: str) -> dict[str, str]:
    """For a process of ours that is to work on this database."""
    return {**os.environ, "DATABASE_URL": address.url, **more}
