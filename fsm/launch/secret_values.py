"""Secrets of a local installation: made once, kept in one private file; the environment comes first."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

MADE_HERE = {"SECRET_KEY": lambda: secrets.token_urlsafe(50)}


def load_secrets(data: Path) -> None:
    """Put every secret into the environment: what is set there stays, then the file, then a new one."""
    file = data / "secrets.env"
    kept = read(file)
    missing = [name for name in MADE_HERE if name not in os.environ and name not in kept]
    if missing:
        kept.update({name: MADE_HERE[name]() for name in missing})
        write(file, kept)
    elif file.exists():
        file.chmod(0o600)
    for name, value in kept.items():
        os.environ.setdefault(name, value)


def read(file: Path) -> dict[str, str]:
    """NAME=value lines; blank lines and lines that start with # are skipped."""
    if not file.exists():
        return {}
    lines = (line.strip() for line in file.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def write(file: Path, values: dict[str, str]) -> None:
    """Replace the file as a whole; nobody but its owner can read it at any moment."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(
            "# Secrets of this installation. Whoever has them can sign in as anybody: keep them private.\n"
        )
        out.writelines(f"{name}={value}\n" for name, value in values.items())
    new.replace(file)
