"""A real house for a real browser: the web server, the live process, people signed in, Chromium."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from django.conf import settings as house_settings
from django.contrib.staticfiles.handlers import StaticFilesHandlerMixin
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from fsm.screenshots import NO_BROWSER, find_chromium
from tests.conftest import client_of

AXE_RUN = """(rules) => axe.run({resultTypes: ["violations"], ...(rules && {runOnly: rules})})
  .then(({violations}) => violations)"""

# What moves or fades would be measured half-way.
SETTLED = """async () => {
  await document.fonts.ready;
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  for (const animation of document.getAnimations()) animation.cancel();
  await new Promise(requestAnimationFrame);
}"""

# Playwright keeps an event loop in this thread; the tests' own queries are synchronous and alone in it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def settle(page: Page) -> None:
    """Returns once the page is drawn as it will stay: fonts are there, nothing fades or slides any more."""
    page.evaluate(SETTLED)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives Chromium, and may be run again: docs/decisions/browser-tests.md."""
    for item in items:
        if "tests/browser/" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests."""
    found = find_chromium()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def live_port(transactional_db: None, settings: Any) -> Iterator[int]:
    """The live process, on a port of its own that the pages know of."""
    from fsm import asgi

    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    asgi.hub.__init__()
    config = uvicorn.Config(
        asgi.application, port=0, log_level="error", timeout_graceful_shutdown=1, lifespan="on"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    patience = time.monotonic() + 10
    while not server.started or not asgi.hub.listening:
        if time.monotonic() > patience:
            pytest.fail("The live process did not start.")
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    settings.LIVE_PORT = port
    directives = house_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {
        "DIRECTIVES": directives | {"connect-src": [*directives["connect-src"], f"http://*:{port}"]}
    }
    yield port
    server.should_exit = True
    thread.join(10)


@dataclass
class House:
    """Opens pages for people; what the browser complained of is kept in `complaints`."""

    url: str
    chromium: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(
        self,
        user: Any,
        path: str = "/",
        *,
        width: int = 1440,
        height: int = 900,
        theme: str = "light",
        bypass_csp: bool = False,
        **options: Any,
    ) -> Page:
        """A page in a browser of the person's own, loaded and settled."""
        context = self.chromium.new_context(
            base_url=self.url,
            viewport={"width": width, "height": height},
            color_scheme=theme,
            bypass_csp=bypass_csp,
            **options,
        )
        self.contexts.append(context)
        if user is not None:
            key = client_of(user).cookies[house_settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": house_settings.SESSION_COOKIE_NAME, "value": key, "url": self.url}])
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        page.goto(path)
        return page

    def _heard(self, message: Any) -> None:
        refused_on_purpose = "status of 409" in message.text or "status of 422" in message.text
        if message.type == "error" and not refused_on_purpose:
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")


@pytest.fixture(autouse=True)
def _static_files_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser asks for a script or a style once, as it does where the files carry their version."""
    serve = StaticFilesHandlerMixin.serve

    def served(handler: Any, request: Any) -> Any:
        response = serve(handler, request)
        response.headers["Cache-Control"] = "max-age=3600, immutable"
        return response

    monkeypatch.setattr(StaticFilesHandlerMixin, "serve", served)


@pytest.fixture
def house(live_port: int, live_server: Any, chromium: Browser) -> Iterator[House]:
    """`house.open(dana, "/board/", width=390, theme="dark")`; an error of a script fails the test."""
    opened = House(live_server.url, chromium)
    yield opened
    complaints = list(opened.complaints)  # scripts of a page that is being torn down may stumble
    for context in opened.contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """`axe(page)`: what axe finds wrong, a line each; `only` names the rules to ask. Open the page with
    `bypass_csp=True`.
    """
    from axe_playwright_python.base import AXE_SCRIPT

    def run(page: Page, only: list[str] | None = None) -> list[str]:
        if not page.evaluate("'axe' in window"):  # once a document is enough: it is half a megabyte
            page.evaluate(AXE_SCRIPT)
        found = page.evaluate(AXE_RUN, only)
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return run
