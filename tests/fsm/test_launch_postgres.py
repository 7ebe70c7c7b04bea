"""Our own small PostgreSQL server: it survives what machines do to it, and never harms a database."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from fsm.launch import database, postgres
from fsm.launch.postgres import Installation, Server
from fsm.launch.screen import CannotStart


@pytest.fixture
def folder():
    """A short path that every user may enter, as a data folder has one."""
    made = Path(tempfile.mkdtemp(prefix="sg-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def no_url(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)


def run(url: str, statement: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def kill(server: Server) -> None:
    os.kill(server.main_process(), signal.SIGKILL)
    deadline = time.monotonic() + 5
    while server.is_running() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_killed_server_comes_back_with_every_committed_row(folder):
    server = Server(folder / "pg")
    with server.in_use():
        url = server.url("postgres")
        run(url, "create table kept (number int)")
        for number in range(1, 4):
            run(url, f"insert into kept values ({number})")
            kill(server)
            assert server.recover()
            assert run(url, "select count(*) from kept") == [(number,)]
        assert not server.recover()
    assert not server.is_running()


def test_a_server_killed_unseen_starts_again_the_next_time(folder):
    server = Server(folder / "pg")
    with server.in_use():
        run(server.url("postgres"), "create table kept as select 7 as number")
        os.kill(server.main_process(), signal.SIGKILL)
    with Server(folder / "pg").in_use():
        assert run(server.url("postgres"), "select number from kept") == [(7,)]


def test_a_lock_file_whose_number_now_belongs_to_a_stranger_stops_nobody(folder):
    server = Server(folder / "pg", database.DISPOSABLE)
    with server.in_use():
        kill(server)
        left = (server.cluster / "postmaster.pid").read_text().split("\n", 1)
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{left[1]}")
    assert not server.is_running()
    with server.in_use():
        assert run(server.url("postgres"), "select 1") == [(1,)]


def test_nobody_gets_in_but_through_the_private_socket(folder):
    server = Server(folder / "pg", database.DISPOSABLE)
    with server.in_use():
        assert run(server.url("postgres"), "show listen_addresses") == [("",)]
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert not server.socket.is_relative_to(server.cluster)
        assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_hands_the_server_to_an_ordinary_user(folder):
    server = Server(folder / "pg", database.DISPOSABLE)
    with server.in_use():
        assert Path(f"/proc/{server.main_process()}").stat().st_uid == server.user.uid != 0


def test_a_path_too_long_for_a_socket_still_gets_a_server(folder):
    home = folder / ("long and with spaces " * 4).strip() / "pg"
    home.parent.mkdir(mode=0o711)
    server = Server(home, database.DISPOSABLE)
    with server.in_use():
        assert not server.socket.is_relative_to(home)
        assert run(server.url("postgres"), "select 1") == [(1,)]
    server.socket.rmdir()


def test_a_socket_folder_that_somebody_else_put_there_is_refused(folder):
    trap = folder / "socket"
    trap.symlink_to("/tmp")
    with pytest.raises(CannotStart, match="belongs to somebody else"):
        postgres.private_folder(trap, None)


def test_the_server_stops_with_its_last_user(folder):
    one, other = (Server(folder / "pg", database.DISPOSABLE) for _ in range(2))
    with one.in_use():
        with other.in_use():
            assert one.main_process() == other.main_process()
        assert one.is_running()
    assert not one.is_running()


def test_an_interrupted_initdb_leaves_nothing_that_looks_like_a_cluster(folder):
    half = folder / "pg" / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = Server(folder / "pg", database.DISPOSABLE)
    with server.in_use():
        assert run(server.url("postgres"), "select 1") == [(1,)]
    assert not half.exists()


def test_a_cluster_of_another_major_version_is_left_alone_with_a_sentence(folder):
    cluster = folder / "pg" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 9.*left as it is"):
        Server(folder / "pg")
    assert [entry.name for entry in cluster.iterdir()] == ["PG_VERSION"]


def test_the_version_that_made_a_cluster_is_preferred_over_a_newer_one(folder, monkeypatch):
    old, new = (Installation(folder, major, "") for major in (15, 18))
    monkeypatch.setattr(postgres, "installations", lambda: [new, old])
    assert postgres.choose(folder / "cluster") is new
    (folder / "cluster").mkdir()
    (folder / "cluster" / "PG_VERSION").write_text("15\n")
    assert postgres.choose(folder / "cluster") is old


def test_the_wheel_comes_before_the_machines_own_and_the_machines_newest_before_older(monkeypatch):
    majors = {"wheel": 18, "sixteen": 16, "seventeen": 17, "fourteen": 14}
    monkeypatch.setattr(postgres, "wheel", lambda: Path("wheel"))
    monkeypatch.setattr(
        postgres, "machine_folders", lambda: [Path("fourteen"), Path("sixteen"), Path("seventeen")]
    )
    monkeypatch.setattr(postgres, "look_at", lambda bin, kind: Installation(bin, majors[bin.name], kind))
    assert [one.major for one in postgres.installations()] == [18, 17, 16]


def test_a_machine_without_any_postgresql_is_told_what_to_do(folder, no_url, monkeypatch):
    monkeypatch.setattr(postgres, "installations", list)
    instruction = r"(?s)install PostgreSQL 15.*DATABASE_URL"
    with pytest.raises(CannotStart, match=instruction), database.in_use(folder):
        pass


def test_database_url_comes_before_every_server_of_our_own(folder, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/fsm")
    with database.in_use(folder) as ready:
        assert ready.url == "postgresql://db.example/fsm"
        assert not ready.recover()
    assert list(folder.iterdir()) == []


def test_a_test_server_that_broke_is_made_anew(folder, no_url):
    with database.for_tests(folder) as ready:
        control = ready.server.cluster / "global" / "pg_control"
    control.write_bytes(b"garbage")
    with database.for_tests(folder) as ready:
        assert run(ready.url, "select 1") == [(1,)]


def test_a_broken_server_with_real_data_is_never_made_anew(folder, no_url):
    with database.in_use(folder) as ready:
        server = ready.server
    control = server.cluster / "global" / "pg_control"
    control.write_bytes(b"garbage")
    with pytest.raises(CannotStart, match="does not start"), database.in_use(folder):
        pass
    assert control.read_bytes() == b"garbage"
