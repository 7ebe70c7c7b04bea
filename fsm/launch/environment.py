"""The interpreter that has what the lock files name: this one, or a `.venv` made for it."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

from .screen import CannotStart, clear_passing, passing, step

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
RUNNING = "requirements.txt"
TESTING = "requirements-test.txt"
ENTERED = "SIGHTGLASS_ENTERED"  # set once an interpreter was found good, for this process and its children


def enter(requirements: str) -> None:
    """Return only in an interpreter that has what `requirements` locks; else make one and start over."""
    if os.environ.get(ENTERED) == requirements or (os.environ.get(ENTERED) and requirements == RUNNING):
        return
    lock = ROOT / requirements
    if not in_our_venv() and has_everything(lock):
        os.environ[ENTERED] = requirements
        return
    python = VENV / "bin" / "python"
    prepare_venv(lock)
    os.environ[ENTERED] = requirements
    if not in_our_venv():
        os.execv(python, [str(python), *sys.argv])  # noqa: S606


def in_our_venv() -> bool:
    """True when this interpreter is the one in the project's own `.venv`."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def locked(lock: Path) -> dict[str, str]:
    """Name and version of every distribution that the lock file wants on every machine."""
    wanted = {}
    for line in lock.read_text().splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(;?)", line)
        if found and not found[3]:  # a line with a marker is wanted on some machines only
            wanted[found[1]] = found[2]
    return wanted


def has_everything(lock: Path) -> bool:
    """Whether this interpreter can run the project as it is.

    A virtual environment that somebody activated is their choice of versions; any other interpreter
    has to have exactly the locked ones, because a system's Django is rarely ours.
    """
    chosen = sys.prefix != sys.base_prefix
    if importlib.util.find_spec("django") is None:
        return False
    for name, version in locked(lock).items():
        try:
            present = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return False
        if present != version and not chosen:
            return False
    return True


def prepare_venv(lock: Path) -> None:
    """Make `.venv` hold what the lock file names. Costs nothing when it was installed from this very file."""
    with (ROOT / ".venv.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two commands at once: the second waits and finds it done
        if not works(VENV / "bin" / "python"):
            make_venv()
        if is_installed(lock):
            return
        install(VENV / "bin" / "python", lock)
        stamp(lock).write_text(digest(lock))


def is_installed(lock: Path) -> bool:
    """Whether `.venv` was filled from this very lock file, or from the tests', which holds all of it."""
    if not any(VENV.glob("lib/*/site-packages/django")):
        return False
    enough = (file for file in (lock, lock.with_name(TESTING)) if file.exists())
    return any(stamp(file).exists() and stamp(file).read_text() == digest(file) for file in enough)


def stamp(lock: Path) -> Path:
    """The file that remembers which lock file `.venv` was installed from."""
    return VENV / f".installed-{lock.name}"


def digest(lock: Path) -> str:
    """What the lock file said, in short."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def works(python: Path) -> bool:
    """Whether an environment is there and still runs: the machine's Python may have moved."""
    try:
        done = subprocess.run([python, "-c", "import pip"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def make_venv() -> None:
    """Make an empty `.venv`, in place of a broken one."""
    if in_our_venv():
        raise CannotStart(
            f"The environment in {VENV} is damaged. Delete that folder and start again with python3."
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotStart(
            "This Python cannot make virtual environments. Install what is missing, then start again:\n"
            f"  Debian, Ubuntu:  apt-get install python3-venv  (or python{version()}-venv)\n"
            "  Fedora:          dnf install python3\n"
            "  Alpine:          apk add python3 py3-pip"
        )
    step("environment", f"making {VENV.name} with Python {version()}")
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotStart(f"Could not make {VENV}:\n{done.stdout}{done.stderr}".rstrip())


def version() -> str:
    """This interpreter's version as people write it."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def install(python: Path, lock: Path) -> None:
    """Install exactly what the lock file names, each file checked against its hash."""
    total = sum(1 for line in lock.read_text().splitlines() if re.match(r"[A-Za-z0-9].*==", line))
    step("environment", f"installing {total} locked packages (the first time takes a few minutes)")
    process = subprocess.Popen(
        [
            *(str(python), "-m", "pip", "install", "--require-hashes", "-r", str(lock)),
            *("--no-input", "--progress-bar", "off", "--disable-pip-version-check"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    seen = 0
    for line in process.stdout or ():
        said.append(line)
        # pip says Processing, with a path, for a file it need not download.
        found = re.match(r"(?:Collecting|Processing|Requirement already satisfied:) ([^\s=<>!~;\[]+)", line)
        if found:
            seen += 1
            passing("environment", f"{min(seen, total)} of {total}  {Path(found[1]).name}")
            if seen % 20 == 0 and not sys.stderr.isatty():
                step("environment", f"{min(seen, total)} of {total}")
        elif line.startswith("Installing collected packages"):
            passing("environment", "unpacking")
    clear_passing()
    if process.wait():
        raise CannotStart(
            "".join(said[-15:]).rstrip()
            + "\n\nThe packages could not be installed; nothing else was changed. Look at pip's last lines "
            "above (mostly it is the network), then run the same command again."
        )
    step("environment", "installed")
