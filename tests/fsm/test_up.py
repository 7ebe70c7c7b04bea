"""`manage.py up` for real: processes, ports, signals. Slow, and worth it: it is what anybody meets first."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from fsm.launch import database, processes, up
from fsm.launch.environment import ROOT
from fsm.launch.postgres import Server
from tests.quick_migrations import TABLES, tables

pytestmark = pytest.mark.slow
PATIENCE = 180


@pytest.fixture
def data():
    """A data folder that does not exist yet, at a short path that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="sg-"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def port():
    """A free port whose neighbour is free as well."""
    while True:
        with socket.socket() as web, socket.socket() as live:
            web.bind(("127.0.0.1", 0))
            number = web.getsockname()[1]
            try:
                live.bind(("127.0.0.1", number + 1))
            except (OSError, OverflowError):
                continue
        return number


def command(data: Path, port: int, *words: str) -> dict:
    """`manage.py up` as somebody without any of our variables would run it."""
    ours = {"DATABASE_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", up.MARK}
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and not name.startswith(("SIGHTGLASS_DATA", "SIGHTGLASS_L", "SIGHTGLASS_TEST"))
    }
    words = ("up", "--no-demo", "--data", str(data), "--port", str(port), *words)
    return {"args": [sys.executable, "manage.py", *words], "cwd": ROOT, "env": environment}


def check(data: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        **command(data, port, "--check"), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def started(data: Path, port: int) -> subprocess.Popen[bytes]:
    """A running `up`, once it said where it is; its words go to `data.log`."""
    log = data.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(**command(data, port), stdout=output, stderr=subprocess.STDOUT)
    wait_for(
        lambda: f"Sightglass is at http://127.0.0.1:{port}" in log.read_text() or process.poll() is not None
    )
    assert process.poll() is None, log.read_text()
    return process


def wait_for(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def record(data: Path) -> dict:
    return json.loads((data / "up.json").read_text())


def test_everything_starts_from_an_empty_folder_survives_and_stops(data, port, db):
    running = started(data, port)
    kept_key = (data / "secrets.env").read_text()
    try:
        with psycopg.connect(Server(data / database.FOLDER).url(database.NAME)) as connection:
            made = [line for (line,) in connection.execute(TABLES).fetchall()]
        assert made == tables()  # what is tested is what is run

        mark, children = record(data)["mark"], record(data)["children"]
        log = data.with_suffix(".log")

        second = check(data, port)
        assert second.returncode == 1
        assert f"process {running.pid}" in second.stderr

        worker = next(int(pid) for pid, line in children.items() if line.endswith(" work"))
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: "was killed by signal 9; starting it again" in log.read_text())
        wait_for(lambda: str(worker) not in record(data)["children"] and len(record(data)["children"]) == 5)

        os.kill(int((data / "postgres/cluster/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        wait_for(lambda: "had died; it runs again" in log.read_text())
        wait_for(lambda: up.asked("127.0.0.1", port, up.HEALTH) == 200)

        running.kill()  # as a crash or an impatient person would
        running.wait()
        after = check(data, port)
        assert after.returncode == 0, after.stderr
        assert "are well" in after.stderr
        assert not (data / "up.json").exists()
        assert not (data / "postgres" / "cluster" / "postmaster.pid").exists()
        assert processes.carrying(mark) == []
    finally:
        running.kill()

    running = started(data, port)
    mark = record(data)["mark"]
    assert processes.carrying(mark)
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=PATIENCE) == 0
    assert processes.carrying(mark) == []
    assert not (data / "postgres" / "cluster" / "postmaster.pid").exists()
    assert (data / "secrets.env").read_text() == kept_key


def test_a_taken_port_stops_the_start_before_anything_runs(data, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 1))
        other.listen()
        done = check(data, port)
    assert done.returncode == 1
    assert f"Port {port + 1} (live updates) is taken" in done.stderr
    assert "--port" in done.stderr
    assert not (data / "postgres").exists()
