"""What comes after `manage.py`: our own verbs, and Django's with everything they need around them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from . import database, environment, up
from .environment import RUNNING, TESTING
from .screen import CannotStart
from .secret_values import load_secrets

SETTINGS = "fsm.settings"


def run(argv: Sequence[str]) -> int:
    """Do what the command line says; returns the exit status."""
    verb, words = (argv[1], argv[2:]) if len(argv) > 1 else ("help", [])
    try:
        if verb == "up":
            options = up.arguments(words)
            environment.enter(RUNNING)
            return up.run(options, data_folder(options.data))
        if verb == "test":
            environment.enter(TESTING)
            return test(words)
        if verb == "python":
            environment.enter(TESTING)
            return python(words)
        environment.enter(TESTING if verb == "screenshots" else RUNNING)
        return django(argv)
    except CannotStart as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def data_folder(given: Path | None = None) -> Path:
    """The data folder, made if need be: the one given, SIGHTGLASS_DATA's, or `data` in the checkout."""
    wanted = given or Path(os.environ.get("SIGHTGLASS_DATA") or environment.ROOT / "data")
    data = wanted.expanduser().resolve()
    if not data.exists():
        try:
            data.mkdir(parents=True)
        except OSError as error:
            raise CannotStart(
                f"The data folder {data} cannot be made: {error.strerror}. See --data."
            ) from None
        data.chmod(0o711 if os.geteuid() == 0 else 0o700)  # root's server runs as somebody else
    elif not data.is_dir() or not os.access(data, os.W_OK):
        raise CannotStart(f"{data} is not a folder that you can write to. See --data.")
    os.environ["SIGHTGLASS_DATA"] = str(data)
    return data


def test(words: Sequence[str]) -> int:
    """Run pytest on a database server of its own; without words everything runs, on two processes."""
    return _with_test_database(["-m", "pytest", *(words or ["-n", "2", "--dist", "worksteal"])])


def python(words: Sequence[str]) -> int:
    """Run the project's own interpreter with what the tests have: for checkers, and for trying things."""
    return _with_test_database(words)


def _with_test_database(words: Sequence[str]) -> int:
    data = data_folder()
    load_secrets(data)
    with database.for_tests(data) as ready:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=environment.ROOT,
            env={**os.environ, "DATABASE_URL": ready.url, "SIGHTGLASS_LOCAL": "1"},
        )
        # Ctrl-C reaches pytest as well, being in our group: it says goodbye, and we wait for that.
        signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def _named_folder(argv: Sequence[str]) -> Path | None:
    """The data folder that `restore --data DIR` names: its own server has to run before the command does."""
    if argv[1:2] != ["restore"]:
        return None
    for number, word in enumerate(argv):
        if word == "--data" and number + 1 < len(argv):
            return Path(argv[number + 1])
        if word.startswith("--data="):
            return Path(word.removeprefix("--data="))
    return None


def django(argv: Sequence[str]) -> int:
    """Run one of Django's commands, or one of ours, on the data folder's database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    data = data_folder(_named_folder(argv))
    if "SECRET_KEY" not in os.environ:
        os.environ.setdefault("SIGHTGLASS_LOCAL", "1")  # whose secrets were made here is no public site
    load_secrets(data)
    with database.in_use(data) as ready:
        os.environ["DATABASE_URL"] = ready.url
        from django.core.management import execute_from_command_line

        execute_from_command_line(list(argv))
    return 0
