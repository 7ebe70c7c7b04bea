"""Processes by their number: what they are, starting one that does not outlive us, stopping a whole group."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1


def command_line(pid: int) -> str:
    """The words a process was started with; empty when it is gone or only waits to be reaped."""
    if LINUX:
        try:
            return (
                Path(f"/proc/{pid}/cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode(errors="replace")
                .strip()
            )
        except OSError:
            return ""
    done = subprocess.run(
        ["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def spawn(
    command: Sequence[str | Path], environment: Mapping[str, str], output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start a process as leader of its own group. On Linux it is told to end when we die, however we die."""
    return subprocess.Popen(
        [str(word) for word in command],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
        preexec_fn=_die_with(os.getpid()) if LINUX else None,
    )


def _die_with(parent: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None)

    def in_the_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # we died before the line above
            os._exit(1)

    return in_the_child


def group_members(leader: int) -> list[int]:
    """The living processes of a group; those that ended and only wait to be reaped do not count."""
    if not LINUX:
        try:
            os.killpg(leader, 0)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of dead processes
            return []
        return [leader]
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
                if int(group) == leader and state not in "ZX":
                    members.append(int(entry.name))
    return members


def carrying(token: str) -> list[int]:
    """Every process that was started with this mark in its environment, whoever its parent is now (Linux)."""
    found = []
    for entry in Path("/proc").iterdir() if LINUX else ():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if f"={token}\0".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
    return found


def stop_groups(leaders: Iterable[int], *, patience: Callable[[], float]) -> None:
    """End process groups: the leaders are asked, and whoever is left after `patience()` seconds is killed.

    The patience is asked again and again, so that a second Ctrl-C can end it.
    """
    leaders = list(leaders)
    for leader in leaders:
        members = group_members(leader)
        send(members if leader not in members else [leader], signal.SIGTERM)
    _wait_until_gone(lambda: [pid for leader in leaders for pid in group_members(leader)], patience)


def stop_all(find: Callable[[], list[int]], *, patience: Callable[[], float]) -> None:
    """End every process that `find` names, now and while we wait: asked first, then killed."""
    send(find(), signal.SIGTERM)
    _wait_until_gone(find, patience)


def _wait_until_gone(find: Callable[[], list[int]], patience: Callable[[], float]) -> None:
    began = time.monotonic()
    while (left := find()) and time.monotonic() - began < patience():
        time.sleep(0.05)
    send(left, signal.SIGKILL)


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal these processes; those that have just gone are no matter."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
