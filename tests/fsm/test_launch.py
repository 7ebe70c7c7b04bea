"""Before anything is installed: interpreter, lock files, secrets, data folder, ports."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys

import pytest

from fsm.launch import environment, secret_values, up, verbs
from fsm.launch.screen import CannotStart

LOCKS = [environment.RUNNING, environment.TESTING]


@pytest.fixture
def venv(tmp_path, monkeypatch):
    """A project folder of its own, whose `.venv` does not exist yet."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.delenv(environment.ENTERED, raising=False)
    return tmp_path / ".venv"


@pytest.fixture
def no_secrets(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "remembered, to be put back")
    monkeypatch.delenv("SECRET_KEY")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes_and_no_file_names_a_host(lock):
    text = (environment.ROOT / lock).read_text()
    assert not re.search(r"https?:|file:|index-url|find-links|@ ", text)
    requirements = re.sub(r"\\\n", " ", text).splitlines()
    unhashed = [line for line in requirements if line and not line.startswith("#") and "--hash=" not in line]
    assert unhashed == []


def test_the_tests_lock_the_same_versions_as_the_run():
    running = environment.locked(environment.ROOT / environment.RUNNING)
    testing = environment.locked(environment.ROOT / environment.TESTING)
    assert running
    assert running.items() <= testing.items()


def test_the_launcher_needs_nothing_but_the_standard_library():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "import fsm.launch.verbs;"
        "from pathlib import Path;"
        "print([m for m, n in sys.modules.items() if 'site-packages' in str(getattr(n, '__file__', ''))])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, environment.ROOT], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_python_that_lacks_venv_is_told_what_to_install(venv, monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CannotStart, match="apt-get install python3-venv"):
        environment.make_venv()
    assert not venv.exists()


def test_a_changed_lock_file_or_a_lost_django_is_installed_again_and_nothing_else_is(venv, monkeypatch):
    lock = venv.parent / "requirements.txt"
    django = venv / "lib" / "python3.11" / "site-packages" / "django"
    installed = []

    def install(python, file):
        installed.append(file.read_text())
        django.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(environment, "works", lambda python: venv.exists())
    monkeypatch.setattr(environment, "make_venv", venv.mkdir)
    monkeypatch.setattr(environment, "install", install)
    for text in ["one", "one", "two", "two"]:
        lock.write_text(text)
        environment.prepare_venv(lock)
    assert installed == ["one", "two"]
    django.rmdir()
    environment.prepare_venv(lock)
    assert installed == ["one", "two", "two"]


def test_what_the_tests_installed_serves_the_run_as_well_but_not_the_other_way_round(venv):
    running, testing = (venv.parent / name for name in LOCKS)
    running.write_text("one")
    testing.write_text("one and more")
    (venv / "lib" / "python3.11" / "site-packages" / "django").mkdir(parents=True)
    environment.stamp(running).write_text(environment.digest(running))
    assert environment.is_installed(running)
    assert not environment.is_installed(testing)
    environment.stamp(running).unlink()
    environment.stamp(testing).write_text(environment.digest(testing))
    assert environment.is_installed(running)
    assert environment.is_installed(testing)


def test_an_installation_that_failed_is_tried_again(venv, monkeypatch):
    lock = venv.parent / "requirements.txt"
    lock.write_text("one")
    monkeypatch.setattr(environment, "works", lambda python: venv.exists())
    monkeypatch.setattr(environment, "make_venv", venv.mkdir)

    def fail(python, file):
        raise CannotStart("no network")

    monkeypatch.setattr(environment, "install", fail)
    with pytest.raises(CannotStart):
        environment.prepare_venv(lock)
    assert not environment.stamp(lock).exists()


def test_a_missing_or_a_system_package_of_another_version_is_not_everything(tmp_path, monkeypatch):
    lock = tmp_path / "requirements.txt"
    lock.write_text("django==0.1 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert not environment.has_everything(lock)
    monkeypatch.setattr(sys, "prefix", "/somebody/activated/this")
    assert environment.has_everything(lock)
    lock.write_text("no-such-package==1 \\\n    --hash=sha256:00\n")
    assert not environment.has_everything(lock)


def test_a_package_that_only_some_machines_need_is_not_missed(tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text("colorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:00\nDjango==5.2.1 \\\n")
    assert environment.locked(lock) == {"Django": "5.2.1"}


def test_secrets_are_made_once_into_a_private_file(tmp_path, no_secrets, monkeypatch):
    secret_values.load_secrets(tmp_path)
    made = os.environ["SECRET_KEY"]
    file = tmp_path / "secrets.env"
    assert len(made) >= 50
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    file.chmod(0o644)
    monkeypatch.delenv("SECRET_KEY")
    secret_values.load_secrets(tmp_path)
    assert os.environ["SECRET_KEY"] == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_secret_from_the_environment_comes_first_and_no_file_is_made(tmp_path, no_secrets, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "given")
    secret_values.load_secrets(tmp_path)
    assert os.environ["SECRET_KEY"] == "given"
    assert not (tmp_path / "secrets.env").exists()


def test_a_taken_port_is_named_together_with_the_option_that_changes_it():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} \(web\) is taken.*--port"):
            up.require_port("127.0.0.1", port, "web")
    up.require_port("127.0.0.1", port, "web")


@pytest.mark.parametrize("word", ["0", "65535", "99999", "web"])
def test_a_port_that_does_not_exist_is_refused(word, capsys):
    with pytest.raises(SystemExit):
        up.arguments(["--port", word])
    assert "--port" in capsys.readouterr().err


def test_an_address_that_is_not_this_machines_is_refused_with_a_sentence():
    with pytest.raises(CannotStart, match="--host"):
        up.require_port("192.0.2.1", 8000, "web")


def test_a_data_folder_that_is_a_file_is_refused_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTGLASS_DATA", "put back")
    (tmp_path / "data").write_text("a file")
    with pytest.raises(CannotStart, match="--data"):
        verbs.data_folder(tmp_path / "data")


def test_a_second_start_on_the_same_data_is_told_who_runs_there(tmp_path):
    with up.only_one(tmp_path) as record:
        record.write(pid=1234, mark="m", address="http://127.0.0.1:8000", children={})
        refusal = r"already runs.*127\.0\.0\.1:8000 \(process 1234\)"
        with pytest.raises(CannotStart, match=refusal), up.only_one(tmp_path):
            pass
    with up.only_one(tmp_path):
        pass


def test_what_a_killed_start_left_running_is_stopped_and_nothing_else(tmp_path):
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    left = subprocess.Popen(sleep, env={**os.environ, up.MARK: "mark-of-the-killed-one"})
    stranger = subprocess.Popen(sleep)
    try:
        children = {str(left.pid): " ".join(sleep)}
        up.Record(tmp_path / "up.json").write(pid=1, mark="mark-of-the-killed-one", children=children)
        with up.only_one(tmp_path):
            assert left.wait(timeout=5) < 0
            assert stranger.poll() is None
    finally:
        left.kill()
        stranger.kill()


def test_a_record_cut_short_by_a_crash_stops_nobody_from_starting(tmp_path):
    (tmp_path / "up.json").write_text('{"pid": 12')
    with up.only_one(tmp_path):
        pass
