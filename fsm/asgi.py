"""The live process: server-sent events at /live/ and nothing else; pages come from the web process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fsm.settings")
django.setup()

from asgiref.sync import sync_to_async  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user  # noqa: E402
from django.db import connections  # noqa: E402
from django.http import HttpRequest, parse_cookie  # noqa: E402
from django.http.request import split_domain_port, validate_host  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from fsm.hub import Happened, Hub, Watcher, last_position, missed  # noqa: E402
from fsm.permissions import May, allowed  # noqa: E402

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

HEARTBEAT = 15.0
RECHECK = 120.0  # seconds after which a stream asks again whether its person is still signed in
RETRY = 2000  # milliseconds after which a browser reconnects
HEALTH = ("/live/health", "/live/healthz")
hub = Hub()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the live path and its health; anything else is not here."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        hub.start()
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, {"error": "method not allowed"})
        elif scope["path"] in HEALTH:
            await _answer(
                send, 200 if hub.listening else 503, {"ok": hub.listening, "streams": len(hub.watchers)}
            )
        elif scope["path"] == settings.LIVE_PATH:
            await _live(scope, receive, send)
        else:
            await _answer(send, 404, {"error": "not found"})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _live(scope: Scope, receive: Receive, send: Send) -> None:
    """One stream: who is it, what did they miss, then whatever comes."""
    given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = given.get("host", "")
    cross = cross_origin(given.get("origin", ""), host)
    if cross is None or not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        await _answer(send, 403, {"error": "another site"})
        return
    key = parse_cookie(given.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
    if not await _in_thread(signed_in, key):
        await _answer(send, 401, {"error": "signed out"}, cross)
        return
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    topics = frozenset(topic for text in asked.get("topics", []) for topic in text.split(",") if topic)
    after = asked_position([given.get("last-event-id", ""), *asked.get("after", [])])
    watcher = Watcher(topics)
    hub.watchers.add(watcher)  # before looking back, so that nothing falls between
    try:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                    *cross,
                ],
            }
        )
        await _say(send, f"retry: {RETRY}\n\n")
        told = await _replay(send, after, topics)
        await _stream(watcher, told, key, receive, send)
    except (OSError, asyncio.CancelledError):
        pass  # the browser went away while we were speaking, or the server stops
    finally:
        hub.watchers.discard(watcher)


async def _replay(send: Send, after: int | None, topics: frozenset[str]) -> int:
    """Tell what was missed, or to reload; returns the position up to which the client knows everything."""
    if after is None:
        known: int = await _in_thread(last_position)
        return known
    found = await _in_thread(missed, after, topics)
    if found is None:
        newest: int = await _in_thread(last_position)
        await _say(send, reload_text(newest))
        return newest
    events, last = found
    await _say(send, "".join(map(event_text, events)))
    return int(max(last, *(event.position for event in events), 0))


async def _stream(watcher: Watcher, told: int, key: str, receive: Receive, send: Send) -> None:
    """Tell each event once, in order, until the client or its session ends."""
    gone = asyncio.create_task(_until_gone(receive))
    recheck_at = asyncio.get_running_loop().time() + RECHECK
    try:
        while not gone.done():
            news = asyncio.create_task(watcher.queue.get())
            await asyncio.wait({gone, news}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
            if watcher.fell_behind:
                news.cancel()
                while not watcher.queue.empty():
                    watcher.queue.get_nowait()
                watcher.fell_behind = False
                told = int(await _in_thread(last_position))
                await _say(send, reload_text(told))
            elif news.done():
                event = news.result()
                if event.position > told:
                    told = event.position
                    await _say(send, event_text(event))
            else:
                news.cancel()
                await _say(send, ":\n\n")
            if asyncio.get_running_loop().time() > recheck_at:
                recheck_at += RECHECK
                if not await _in_thread(signed_in, key):
                    return
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone
        with contextlib.suppress(OSError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def signed_in(session_key: str) -> bool:
    """Whether the session belongs to somebody who may sign in."""
    if not session_key:
        return False
    request = HttpRequest()
    request.session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(session_key)
    return allowed(get_user(request), May.SIGN_IN)


def cross_origin(origin: str, host: str) -> Headers | None:
    """The headers that let a page of the same host on another port listen; None for other sites."""
    if not origin:
        return []
    try:
        same = urlsplit(origin).hostname == urlsplit(f"//{host}").hostname
    except ValueError:
        return None
    if not same:
        return None
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


def asked_position(texts: Iterable[str]) -> int | None:
    """The newest position that the client says it knows; None when it says nothing we understand."""
    return max((int(text) for text in texts if text.isdecimal() and len(text) < 19), default=None)


def event_text(event: Happened) -> str:
    """An event on the wire."""
    data = {
        "topic": event.topic,
        "kind": event.kind,
        "uuid": str(event.uuid),
        "version": event.version,
    }
    return f"id: {event.position}\nevent: live\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def reload_text(position: int) -> str:
    """Tell the client that it missed more than we kept."""
    return f"id: {position}\nevent: reload\ndata: {{}}\n\n"


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call something that asks the database, and give its connection back: an open stream keeps none."""

    def call() -> Any:
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await sync_to_async(call)()


async def _say(send: Send, text: str) -> None:
    if text:
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _answer(
    send: Send, status: int, body: dict[str, Any], headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    start = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
