"""Live updates, through a real server and a real LISTEN connection."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import socket
import threading
import time
import uuid
from datetime import timedelta

import pytest
import uvicorn
from django.conf import settings
from django.db import connection, transaction

from fsm import asgi, clock, hub, live
from fsm.live import publish
from fsm.models import LiveEvent
from fsm.references import Reference
from fsm.schedules import prune_live_events
from tests.conftest import client_of

pytestmark = pytest.mark.django_db(transaction=True)


class Stream:
    """A browser's event stream, read in a thread."""

    def __init__(self, port, cookie, path="/live/?topics=board", **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        sent = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"} if cookie else {}
        self.connection.request("GET", path, headers=sent | headers)
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.raw = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        block = []
        try:
            while line := self.response.readline():
                text = line.decode().rstrip("\n")
                if text:
                    block.append(text)
                elif block:
                    self.raw.put(block)
                    block = []
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            pass
        self.raw.put(None)

    def next(self, patience=10):
        """The next event as (name, id, data), without comments and settings; None when the stream has
        ended.
        """
        while True:
            block = self.raw.get(timeout=patience)
            if block is None:
                return None
            found = dict(line.split(": ", 1) for line in block if ": " in line and not line.startswith(":"))
            if "data" in found:
                return found["event"], int(found["id"]), json.loads(found["data"])

    def is_silent(self, seconds=0.7):
        try:
            self.next(patience=seconds)
        except queue.Empty:
            return True
        return False

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server(transactional_db, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
    asgi.hub.__init__()
    config = uvicorn.Config(
        asgi.application, port=0, log_level="error", timeout_graceful_shutdown=1, lifespan="on"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    wait_until(lambda: running.started and asgi.hub.listening)
    yield running.servers[0].sockets[0].getsockname()[1]
    running.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def cookie(dana):
    return client_of(dana).cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def listen(server, cookie):
    streams = []

    def open_stream(path="/live/?topics=board", signed_in=True, **headers):
        watching = len(asgi.hub.watchers)
        streams.append(Stream(server, cookie if signed_in else "", path, **headers))
        if streams[-1].status == 200:
            wait_until(lambda: len(asgi.hub.watchers) > watching)
            time.sleep(0.2)
        return streams[-1]

    yield open_stream
    for stream in streams:
        stream.close()


def wait_until(true, patience=10):
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


@transaction.atomic
def tell(version=1, topic="board", kind="visit"):
    unique = uuid.uuid4()
    publish(topic, Reference(kind, unique), version)
    return str(unique)


def get(port, path, **headers):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", path, headers=headers)
    answer = link.getresponse()
    return answer.status, answer.headers, answer.read()


def test_a_change_reaches_whoever_watches_its_topic(listen):
    stream, other = listen(), listen("/live/?topics=stock")
    unique = tell(version=7)
    name, _position, data = stream.next()
    assert (name, data) == ("live", {"topic": "board", "kind": "visit", "uuid": unique, "version": 7})
    assert other.is_silent()


def test_a_change_is_told_within_a_second(listen):
    stream = listen()
    began = time.monotonic()
    tell()
    stream.next()
    assert time.monotonic() - began < 1


def test_nothing_is_told_of_what_was_rolled_back(listen):
    stream = listen()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish("board", Reference("visit", uuid.uuid4()), 1)
        1 / 0  # noqa: B018
    assert stream.is_silent()


def test_a_live_event_outside_a_transaction_is_a_mistake_of_ours():
    with pytest.raises(RuntimeError):
        publish("board", Reference("visit", uuid.uuid4()), 1)


def test_a_client_that_comes_back_is_told_what_it_missed_once_and_in_order(listen, server):
    stream = listen()
    tell(version=1)
    _, position, _ = stream.next()
    stream.close()
    missed = [tell(version=n) for n in range(2, 7)]
    tell(topic="stock")
    back = listen(**{"Last-Event-ID": str(position)})
    heard = [back.next() for _ in missed]
    assert [data["uuid"] for _, _, data in heard] == missed
    assert [name for name, _, _ in heard] == ["live"] * 5
    positions = [position for _, position, _ in heard]
    assert positions == sorted(set(positions))
    assert back.is_silent()


def test_a_page_hears_what_happened_since_it_was_drawn(listen, dana):
    tell()
    page = client_of(dana).get("/search/").content.decode()
    after = page.split('data-live-after="')[1].split('"')[0]
    unique = tell()
    assert listen(f"/live/?topics=board&after={after}").next()[2]["uuid"] == unique


def test_a_client_that_was_away_too_long_is_told_to_reload(listen):
    for _ in range(3):
        tell()
    LiveEvent.objects.update(created_at=clock.now() - timedelta(days=3))
    tell()
    prune_live_events()
    assert LiveEvent.objects.count() == 1
    name, position, _ = listen(**{"Last-Event-ID": "1"}).next()
    assert name == "reload"
    again = listen(**{"Last-Event-ID": str(position)})
    assert again.is_silent()


def test_a_client_that_knows_more_than_the_database_is_told_to_reload(listen):
    assert listen(**{"Last-Event-ID": "99999999"}).next()[0] == "reload"


def test_a_client_that_missed_very_much_is_told_to_reload(listen, monkeypatch):
    tell()
    first = LiveEvent.objects.get().position
    monkeypatch.setattr(hub, "MOST_WAITING", 3)
    for _ in range(5):
        tell()
    assert listen(**{"Last-Event-ID": str(first)}).next()[0] == "reload"


def test_a_client_that_reads_too_slowly_is_told_to_reload(listen):
    stream = listen()
    watcher = next(iter(asgi.hub.watchers))
    watcher.fell_behind = True
    tell()
    assert stream.next()[0] == "reload"
    unique = tell()
    assert stream.next()[2]["uuid"] == unique


def test_a_full_queue_never_stops_the_hub():
    watcher = hub.Watcher(frozenset())
    event = hub.Happened(1, "board", "visit", uuid.uuid4(), 1)
    for _ in range(hub.MOST_WAITING + 5):
        watcher.tell(event)
    assert watcher.fell_behind


def test_positions_rise_in_the_order_of_the_commits(listen, at_once):
    """The transaction that begins first and commits last is told last."""
    stream = listen()
    began, other_done = threading.Event(), threading.Event()

    def slow_or_fast(number):
        with transaction.atomic():
            if number == 0:
                publish("board", Reference("visit", uuid.UUID(int=0)), 0)
                began.set()
                assert other_done.wait(10)
            else:
                assert began.wait(10)
                publish("board", Reference("visit", uuid.UUID(int=1)), 1)
        if number == 1:
            other_done.set()

    assert all(outcome.won for outcome in at_once(2, slow_or_fast))
    heard = [stream.next(), stream.next()]
    assert [data["version"] for _, _, data in heard] == [1, 0]
    assert heard[0][1] < heard[1][1]


def test_many_writers_at_once_are_all_heard_in_order(listen, at_once):
    stream = listen()

    def write(number):
        for n in range(10):
            tell(version=number * 100 + n)

    assert all(outcome.won for outcome in at_once(4, write))
    heard = [stream.next() for _ in range(40)]
    positions = [position for _, position, _ in heard]
    assert positions == sorted(set(positions))
    versions = [data["version"] for _, _, data in heard]
    for number in range(4):
        own = [version for version in versions if version // 100 == number]
        assert own == sorted(own)
        assert len(own) == 10


def test_a_broken_line_to_the_database_is_mended_and_nothing_is_lost(listen):
    stream = listen()
    tell(version=1)
    assert stream.next()[2]["version"] == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'sightglass live' AND datname = current_database()"
        )
        assert cursor.fetchall() == [(True,)]
    for n in range(2, 5):
        tell(version=n)
    assert [stream.next()[2]["version"] for _ in range(3)] == [2, 3, 4]


def test_open_streams_hold_no_connection(listen):
    for _ in range(12):
        listen()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert cursor.fetchone()[0] <= 4  # ours, the hub's, and one look-up


def test_a_quiet_stream_shows_that_it_lives(listen, monkeypatch):
    monkeypatch.setattr(asgi, "HEARTBEAT", 0.2)
    stream = listen()
    assert stream.raw.get(timeout=5) == [f"retry: {asgi.RETRY}"]
    assert stream.raw.get(timeout=5) == [":"]


def test_somebody_signed_out_hears_nothing(listen, server):
    assert listen(signed_in=False).status == 401
    assert get(server, "/live/", Cookie=f"{settings.SESSION_COOKIE_NAME}=nonsense")[0] == 401


def test_a_stream_ends_soon_after_its_person_was_deactivated(listen, dana, monkeypatch):
    monkeypatch.setattr(asgi, "HEARTBEAT", 0.1)
    monkeypatch.setattr(asgi, "RECHECK", 0.3)
    stream = listen()
    dana.is_active = False
    dana.save()
    assert stream.next() is None


def test_a_page_on_another_port_of_the_same_host_may_listen_and_another_site_may_not(listen, server):
    near = listen(Origin="http://127.0.0.1:8000")
    assert near.response.headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:8000"
    assert near.response.headers["Access-Control-Allow-Credentials"] == "true"
    assert listen(Origin="https://evil.example").status == 403
    assert listen(Host="evil.example").status == 403


def test_only_the_live_path_is_served(server):
    assert get(server, "/")[0] == 404
    assert get(server, "/people/")[0] == 404
    status, _, body = get(server, "/live/health")
    assert (status, json.loads(body)) == (200, {"ok": True, "streams": 0})
    assert get(server, "/live/healthz")[0] == 200


@pytest.mark.parametrize("nonsense", ["-1", "abc", "9" * 40, "1e3", "%00"])
def test_a_nonsense_position_is_as_good_as_none(listen, nonsense):
    stream = listen(f"/live/?topics=board&after={nonsense}")
    unique = tell()
    assert stream.next()[2]["uuid"] == unique


def test_the_channel_is_the_one_that_the_trigger_speaks_on():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'fsm_live_take_position'")
        assert f"pg_notify('{live.CHANNEL}'" in cursor.fetchone()[0]
