"""Backups that are proved: one snapshot of the database with the files it names, compared after every copy.

A backup is a folder:

    manifest.json   versions, every table's rows and checksum, every file's size and SHA-256
    database/       the database in pg_dump's directory format
    files/          what people uploaded and we made, or only its listing where a bucket keeps it

The rows are counted in the very snapshot that is dumped, and the files are copied after it was taken: a file
is written before the row that names it is committed, so whatever the snapshot names is there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import django
import psycopg
from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.db import connection as configured_connection
from django.db import models
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from .clock import now as clock_now
from .databases import Address, configured, programs_for, run, server_major, temporary, using
from .models import SafekeepingRun

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database"
FILES = "files"
UNFINISHED = ".unfinished-"
BLOCK = 1024 * 1024

Say = Callable[[str], None]


class Unsafe(Exception):
    """A sentence: why a backup cannot be trusted, or why nothing was restored."""


@dataclass(frozen=True)
class Table:
    """What a table held: its rows, and a checksum over all of them in any order."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class Kept:
    """A file: its bytes, and their SHA-256 ("" where only the listing was kept)."""

    size: int
    sha256: str = ""


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself."""

    made_at: str
    database: str
    server: int
    django: str
    migrations: list[str]
    tables: dict[str, Table]
    files: dict[str, Kept]
    files_copied: bool
    dump: dict[str, Kept]
    missing_files: list[str] = field(default_factory=list)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(table.rows for table in self.tables.values())

    @property
    def size(self) -> int:
        """Bytes of the backup."""
        copied = self.files.values() if self.files_copied else ()
        return sum(kept.size for kept in [*self.dump.values(), *copied])

    def summary(self) -> dict[str, Any]:
        """For the record of the run."""
        return {
            "made_at": self.made_at,
            "server": self.server,
            "tables": len(self.tables),
            "rows": self.rows,
            "files": len(self.files),
            "files_copied": self.files_copied,
            "missing_files": self.missing_files[:50],
        }


@dataclass(frozen=True)
class Backup:
    """A whole, checked backup."""

    folder: Path
    manifest: Manifest


# Making ---------------------------------------------------------------------------------------------


def backups_folder() -> Path:
    """Where backups go unless somebody says otherwise."""
    return Path(settings.DATA_DIR) / "backups"


def back_up(
    into: Path, *, now: datetime, copy_files: bool | None = None, say: Say = lambda _: None
) -> Backup:
    """Make a backup in a new folder of `into`, read it back, and record the run, whether it went well or not.

    Files of the data folder are copied; of a bucket only the listing is kept unless `copy_files` says True.
    """
    final = into / f"sightglass-{now:%Y%m%d-%H%M%S}"
    unfinished = into / f"{UNFINISHED}{final.name}"
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    if final.exists():
        raise Unsafe(f"{final} is already there. Wait a second and start again.")
    with recorded("backup", final) as report:
        unfinished.mkdir(mode=0o700)
        try:
            manifest = _write(unfinished, now, copy_files, say)
            report.update(manifest.summary(), size=manifest.size)
            say("reading it back")
            check(unfinished)
            unfinished.rename(final)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    return Backup(final, manifest)


def _write(folder: Path, now: datetime, copy_files: bool | None, say: Say) -> Manifest:
    address, dump = configured(), folder / DUMP
    major = server_major(address)
    program = programs_for(major) / "pg_dump"
    if copy_files is None:
        copy_files = isinstance(default_storage, FileSystemStorage)
    with address.connect(autocommit=False) as source:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        (snapshot,) = _first(source, sql.SQL("SELECT pg_export_snapshot()"))
        say(f"database {address.name}")
        options = ["-Fd", "-j2", "--no-owner", "--no-privileges", "--no-comments", f"--snapshot={snapshot}"]
        run([program, *options, "-f", dump], address)
        tables, named = weigh(source), sorted(files_named(source))
    say("files")
    files = dict(keep(default_storage, folder / FILES) if copy_files else listing(default_storage))
    manifest = Manifest(
        made_at=now.isoformat(),
        database=address.name,
        server=major,
        django=django.get_version(),
        migrations=migrations_of(address),
        tables=tables,
        files=files,
        files_copied=copy_files,
        dump={path.name: Kept(path.stat().st_size, sha256(path)) for path in sorted(dump.iterdir())},
        missing_files=[name for name in named if name not in files],
    )
    for path in [dump, *dump.iterdir()]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    written = folder / MANIFEST
    written.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True))
    written.chmod(0o600)
    return manifest


SAME_WORDS = (  # a row's text must not depend on who asks
    "SET TimeZone = 'UTC'",
    "SET DateStyle = 'ISO, MDY'",
    "SET IntervalStyle = 'postgres'",
    "SET extra_float_digits = 1",
)


def weigh(connection: psycopg.Connection[Any]) -> dict[str, Table]:
    """Every table's rows and checksum, as the connection sees them. The order of rows does not matter."""
    for setting in SAME_WORDS:
        connection.execute(setting)
    weighed = {}
    for name in table_names(connection):
        # Sixty bits of each row's digest, added up: any change of any row changes the sum.
        query = sql.SQL(
            "SELECT count(*), coalesce(sum(('x' || left(md5(_row::text), 15))::bit(60)::bigint), 0)::text"
            " FROM {} AS _row"
        ).format(sql.Identifier(name))
        rows, checksum = _first(connection, query)
        weighed[name] = Table(rows, checksum)
    return weighed


def table_names(connection: psycopg.Connection[Any]) -> list[str]:
    """Every table of the database that no extension brought."""
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT EXISTS (SELECT FROM pg_depend d"
        " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"
    )
    return [name for (name,) in rows]


def files_named(connection: psycopg.Connection[Any]) -> set[str]:
    """Every file that a row of ours names."""
    named: set[str] = set()
    for app in settings.APPS:
        for model in apps.get_app_config(app).get_models():
            for column in model._meta.concrete_fields:
                if isinstance(column, models.FileField):
                    query = sql.SQL("SELECT DISTINCT {0} FROM {1} WHERE {0} <> ''").format(
                        sql.Identifier(str(column.column)), sql.Identifier(model._meta.db_table)
                    )
                    named |= {name for (name,) in connection.execute(query)}
    return named


def migrations_of(address: Address) -> list[str]:
    """Which migrations a database has been through."""
    with address.connect() as connection:
        rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [name for (name,) in rows]


def walk(storage: Storage, folder: str = "") -> Iterator[str]:
    """Every file's name in a store, whatever kind of store it is."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield str(PurePosixPath(folder, name))
    for name in sorted(folders):
        if name:
            yield from walk(storage, str(PurePosixPath(folder, name)))


def listing(storage: Storage) -> Iterator[tuple[str, Kept]]:
    """Names and sizes only."""
    for name in walk(storage):
        yield name, Kept(storage.size(name))


def keep(storage: Storage, into: Path) -> Iterator[tuple[str, Kept]]:
    """Copy every file of a store into a folder."""
    into.mkdir(mode=0o700)
    for name in walk(storage):
        target = inside(into, name)
        for folder in reversed([parent for parent in target.parents if into in parent.parents]):
            folder.mkdir(mode=0o700, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with storage.open(name) as source, target.open("xb") as copy:
            for block in source.chunks(BLOCK):
                digest.update(block)
                size += len(block)
                copy.write(block)
        target.chmod(0o600)
        yield name, Kept(size, digest.hexdigest())


# Checking -------------------------------------------------------------------------------------------


def read(folder: Path) -> Manifest:
    """What a backup says about itself; raises Unsafe where there is none that this version understands."""
    try:
        found = json.loads((folder / MANIFEST).read_text())
    except OSError:
        raise Unsafe(f"{folder} is no backup: it has no {MANIFEST}.") from None
    except ValueError:
        raise Unsafe(f"{folder / MANIFEST} is damaged. Take another backup.") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise Unsafe(f"{folder} was made in a way that this version does not read.")
    found["tables"] = {name: Table(**table) for name, table in found["tables"].items()}
    for part in ("files", "dump"):
        found[part] = {name: Kept(**kept) for name, kept in found[part].items()}
    return Manifest(**found)


def check(folder: Path) -> Manifest:
    """Read everything a backup holds and compare it with its manifest; raises Unsafe naming what is wrong."""
    manifest = read(folder)
    expected = {str(PurePosixPath(DUMP, name)): kept for name, kept in manifest.dump.items()}
    if manifest.files_copied:
        expected |= {str(PurePosixPath(FILES, name)): kept for name, kept in manifest.files.items()}
    for name, kept in expected.items():
        path = inside(folder, name)
        if not path.is_file():
            raise Unsafe(f"{folder}: {name} is missing. Nothing was done; take another backup.")
        if path.stat().st_size != kept.size or sha256(path) != kept.sha256:
            raise Unsafe(f"{folder}: {name} is not as it was written. Nothing was done; take another backup.")
    run([programs_for(manifest.server) / "pg_restore", "--list", folder / DUMP], configured())
    return manifest


def differences(wanted: dict[str, Table], found: dict[str, Table]) -> list[str]:
    """Tables that are not as they should be, each with a sentence."""
    wrong = []
    for name in sorted({*wanted, *found}):
        before, after = wanted.get(name), found.get(name)
        if before is None or after is None:
            wrong.append(f"{name}: {'missing' if after is None else 'was not in the backup'}")
        elif before.rows != after.rows:
            wrong.append(f"{name}: {after.rows} rows instead of {before.rows}")
        elif before.checksum != after.checksum:
            wrong.append(f"{name}: {after.rows} rows, and not the same ones")
    return wrong


def sha256(path: Path) -> str:
    """The digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inside(folder: Path, name: str) -> Path:
    """A path below the folder; raises Unsafe for a name that leads out of it."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Unsafe(f"{name} leads out of {folder}.")
    return path


# Restoring ------------------------------------------------------------------------------------------


def restore(
    folder: Path, target: Address, store: Storage, *, now: datetime, say: Say = lambda _: None
) -> Manifest:
    """Put a checked backup into an empty database and an empty file store, and compare what came out.

    Refuses, before it touches anything, a damaged backup and a place where there is something already.
    """
    say("checking the backup")
    manifest = check(folder)
    refuse_unless_empty(target)
    if manifest.files_copied and next(walk(store), None) is not None:
        raise Unsafe("There are files in the file store already. Nothing was restored; choose an empty one.")
    say(f"database {target.name}")
    _fill(folder, manifest, target)
    if wrong := differences(manifest.tables, weighed(target)):
        raise Unsafe(f"The database {target.name} is not what was backed up:\n" + "\n".join(wrong))
    say("files")
    _put_back(folder, manifest, store)
    with using(target):
        if not pending_migrations():
            record("restore", folder, now, is_good=True, report=manifest.summary())
    return manifest


def refuse_unless_empty(target: Address) -> None:
    """Raise Unsafe where a database holds any table: nothing is ever restored over something."""
    with target.connect() as connection:
        if tables := table_names(connection):
            raise Unsafe(
                f"The database {target.name} is not empty: it has {len(tables)} tables. "
                "Nothing was restored; choose an empty database."
            )


def _fill(folder: Path, manifest: Manifest, target: Address) -> None:
    major = server_major(target)
    if major < manifest.server:
        raise Unsafe(
            f"The backup is of PostgreSQL {manifest.server} and this server is PostgreSQL {major}. "
            "Nothing was restored; use a server that is at least as new."
        )
    program = programs_for(major) / "pg_restore"
    options = ["-j2", "--no-owner", "--no-privileges", "--exit-on-error", "-d", target.name]
    run([program, *options, folder / DUMP], target)
    with target.connect() as connection:
        connection.execute("ANALYZE")


def _put_back(folder: Path, manifest: Manifest, store: Storage) -> None:
    for name, kept in manifest.files.items():
        if manifest.files_copied:
            with inside(folder / FILES, name).open("rb") as file:
                stored = store.save(name, File(file))
            if stored != name:
                raise Unsafe(f"{name} was stored as {stored}. The file store was not empty.")
        elif not store.exists(name) or store.size(name) != kept.size:
            raise Unsafe(
                f"The file store does not have {name} as the backup lists it; the database is restored."
            )


def weighed(address: Address) -> dict[str, Table]:
    """What a database holds now."""
    with address.connect() as connection:
        return weigh(connection)


def pending_migrations() -> list[str]:
    """What this version would migrate in the configured database."""
    loader = MigrationLoader(configured_connection)
    applied = set(loader.applied_migrations)
    return [f"{app}.{name}" for app, name in loader.graph.nodes if (app, name) not in applied]


# Drills ---------------------------------------------------------------------------------------------


def drill(folder: Path, *, say: Say = lambda _: None) -> Manifest:
    """Restore a backup into a new database beside ours, compare every table, drop it again, and record it."""
    with recorded("drill", folder) as report:
        say(f"checking {folder}")
        manifest = check(folder)
        report.update(manifest.summary(), size=manifest.size)
        with temporary("drill") as target:
            say(f"restoring into {target.name}")
            report["database"] = target.name
            _fill(folder, manifest, target)
            say("comparing")
            report["differences"] = wrong = differences(manifest.tables, weighed(target))
        if wrong:
            raise Unsafe("What came out of the backup is not what went in:\n" + "\n".join(wrong))
    return manifest


def latest(folder: Path) -> Path | None:
    """The newest whole backup in a folder."""
    found = whole(folder)
    return found[-1] if found else None


def whole(folder: Path) -> list[Path]:
    """Every finished backup in a folder, oldest first."""
    return sorted(path.parent for path in folder.glob(f"sightglass-*/{MANIFEST}"))


def prune(folder: Path, *, keep: int) -> list[Path]:
    """Remove all but the newest `keep` finished backups, and what earlier runs left unfinished."""
    if keep < 1:
        raise Unsafe("At least one backup is kept.")
    gone = [*whole(folder)[:-keep], *folder.glob(f"{UNFINISHED}*")]
    for path in gone:
        shutil.rmtree(path)
    return gone


# The record -----------------------------------------------------------------------------------------


def record(
    kind: str, where: Path, started: datetime, *, is_good: bool, report: dict[str, Any], size: int = 0
) -> SafekeepingRun:
    """Write down a run; nobody can change it afterwards."""
    return SafekeepingRun.objects.create(
        kind=kind,
        started_at=started,
        ended_at=clock_now(),
        is_good=is_good,
        where=str(where)[:300],
        size=size,
        report=report,
    )


@contextmanager
def recorded(kind: str, where: Path) -> Iterator[dict[str, Any]]:
    """Record a run with the report that the block fills; one that fails says why and fails on."""
    started, report = clock_now(), dict[str, Any]()
    try:
        yield report
    except Exception as problem:
        record(kind, where, started, is_good=False, report={**report, "problem": str(problem)[:2000]}, size=0)
        raise
    record(kind, where, started, is_good=True, report=report, size=report.pop("size", 0))


def _first(connection: psycopg.Connection[Any], query: sql.SQL | sql.Composed) -> Any:
    row = connection.execute(query).fetchone()
    assert row is not None  # noqa: S101 (an aggregate has one row)
    return row
