"""Take a picture of every page, as each role sees it: wide and narrow, light and dark."""

from __future__ import annotations

import threading
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

from fsm.models import User
from fsm.screenshots import NO_BROWSER, Shot, find_chromium, shots

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

NO_PLAYWRIGHT = "Pictures need what the tests need: run `python3 manage.py test` once, then this again."
SIZES = {1440: 900, 390: 844}
TALLEST = 6000  # what sticks to the screen's edges is at the picture's edges
THEMES = ("light", "dark")


class Command(BaseCommand):
    """Looks at the configured database, usually the running demo; nothing in it is changed."""

    help = "Every page, for its role, at 1440 and 390 pixels, light and dark, into the folder screenshots/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", default="", help="pages with this in their name, such as board")
        parser.add_argument("--to", type=Path, default=settings.BASE_DIR / "screenshots", help="the folder")
        parser.add_argument("--all-roles", action="store_true", help="for every role that may see the page")

    def handle(self, *args: Any, **options: Any) -> None:
        browser = find_chromium()
        if browser is None:
            raise CommandError(NO_BROWSER)
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            raise CommandError(
                "Pictures need what the tests need: run `python3 manage.py test` once."
            ) from None
        wanted = shots(only=options["only"], all_roles=options["all_roles"])
        if not wanted:
            raise CommandError(f"No page has “{options['only']}” in its name.")
        if not settings.DEBUG:
            call_command("collectstatic", verbosity=0, interactive=False)
        options["to"].mkdir(parents=True, exist_ok=True)
        camera = Camera(options["to"], self.stdout.write)
        people = [shot.user for shot in wanted]
        with sessions(people) as keys, server() as url, sync_playwright() as playwright:
            running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            camera.take_all(running, url, wanted, keys)
            running.close()
        self.report(camera)

    def report(self, camera: Camera) -> None:
        """What came of it; pages that failed end the command with an error."""
        self.stdout.write(f"\n{camera.taken} pictures in {camera.folder}")
        for heading, lines in (("Nothing to show", camera.empty), ("Wider than the screen", camera.wide)):
            if lines:
                self.stdout.write(f"\n{heading}:\n" + "\n".join(f"  {line}" for line in lines))
        if camera.failed:
            raise CommandError("Failed:\n" + "\n".join(f"  {line}" for line in camera.failed))


class Camera:
    """Takes the pictures and remembers what was wrong."""

    def __init__(self, folder: Path, say: Callable[[str], object]) -> None:
        self.folder, self.say = folder, say
        self.taken = 0
        self.failed: list[str] = []
        self.wide: list[str] = []
        self.empty: list[str] = []

    def take_all(self, browser: Browser, url: str, wanted: list[Shot], keys: dict[int, str]) -> None:
        """Each page in each size and theme; a browser window per person, size and theme."""
        people = {shot.user.pk if shot.user else 0 for shot in wanted}
        self.empty += [f"{shot.page.title} for {shot.who}" for shot in wanted if shot.path is None]
        for person in sorted(people):
            theirs = [s for s in wanted if s.path is not None and (s.user.pk if s.user else 0) == person]
            for width, height in SIZES.items():
                for theme in THEMES:
                    context = browser.new_context(
                        base_url=url,
                        viewport={"width": width, "height": height},
                        color_scheme="dark" if theme == "dark" else "light",
                        reduced_motion="reduce",
                        has_touch=width < 600,
                    )
                    if person:
                        name = settings.SESSION_COOKIE_NAME
                        context.add_cookies([{"name": name, "value": keys[person], "url": url}])
                    for shot in theirs:
                        self.take(context, shot, width, theme)
                    context.close()
            self.say(f"{theirs[0].who if theirs else 'nobody'}: {len(theirs)} pages")

    def take(self, context: BrowserContext, shot: Shot, width: int, theme: str) -> None:
        """One picture; a page that cannot be shown, or that complains, is noted."""
        from playwright.sync_api import Error

        name = f"{shot.page.title}--{shot.who}--{width}--{theme}"
        page, complaints = context.new_page(), list[str]()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        try:
            answer = page.goto(shot.path or "/", wait_until="load")
            page.wait_for_timeout(250)
            if answer is None or answer.status != 200:
                complaints.insert(0, f"answered {answer.status if answer else 'nothing'}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                self.wide.append(name)
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": min(max(tall, SIZES[width]), TALLEST)})
            page.screenshot(path=self.folder / f"{name}.png", animations="disabled")
            self.taken += 1
        except Error as error:
            complaints.append(error.message.splitlines()[0])
        self.failed += [f"{name} ({shot.path}): {complaint}" for complaint in complaints]
        page.close()


@contextmanager
def sessions(people: Iterable[User | None]) -> Iterator[dict[int, str]]:
    """A session for each person, gone afterwards."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    opened = {}
    for user in {person.pk: person for person in people if person}.values():
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.set_expiry(3600)
        session.create()
        opened[user.pk] = session
    try:
        yield {key: session.session_key for key, session in opened.items()}
    finally:
        for session in opened.values():
            session.delete()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the report says what failed."""


@contextmanager
def server() -> Iterator[str]:
    """The house on a free port of this machine, with a live stream that is open and says nothing."""
    house, stopping = get_wsgi_application(), threading.Event()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != settings.LIVE_PATH:
            return house(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return silence()

    def silence() -> Iterator[bytes]:
        while not stopping.wait(1):
            yield b":\n\n"

    httpd: Any = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    httpd.set_app(application)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        stopping.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join(5)
