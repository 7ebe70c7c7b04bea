"""The last things a person opened, kept in their own session: no row, no query of their own."""

from __future__ import annotations

from django.http import HttpRequest

from ..finders import Hit

KEPT = 10
KEY = "opened"


def remember_opened(request: HttpRequest, kind: str, label: str, detail: str, url: str) -> None:
    """Put something first among what the person opened last; what stands first already changes nothing."""
    opened = request.session.get(KEY, [])
    entry = [str(kind), label, detail, url]
    if opened[:1] != [entry]:
        request.session[KEY] = [entry, *(old for old in opened if old[3] != url)][:KEPT]


def recently_opened(request: HttpRequest) -> list[Hit]:
    """What the person opened last, the newest first."""
    return [Hit(*entry) for entry in request.session.get(KEY, [])]
