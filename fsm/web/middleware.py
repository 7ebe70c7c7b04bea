"""What every request passes: who acts through which door, how refusals are answered, how large a body may
be.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from ..attribution import attributed
from ..clock import now as clock_now
from ..lockouts import client_address
from ..sign_ins import SEEN_EVERY, note_seen
from ..states import NotPossible
from .context import prepare
from .pages import refused

GetResponse = Callable[[HttpRequest], HttpResponseBase]
MOST_THROWN_AWAY = 500 * 2**20
DOORS = {"/board/": "board", "/phone/": "technician", "/admin/": "admin", "/api/": "api"}


def attribute_request(get_response: GetResponse) -> GetResponse:
    """Everything a request changes carries its user, its door and one batch."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        source = next((door for prefix, door in DOORS.items() if request.path.startswith(prefix)), "office")
        door = {"source": source, "batch": uuid4(), "reason": "", "root": ""}
        if not request.user.is_authenticated:
            with attributed(user_id=None, actor_name="", **door):
                return get_response(request)
        with translation.override(request.user.language), attributed(user=request.user, **door):
            if request.method == "GET" and not getattr(request, "htmx", False):
                prepare(request)  # before the page's own rows: what changes after them is told live
            return get_response(request)

    return middleware


def renew_session(get_response: GetResponse) -> GetResponse:
    """A session lasts fourteen days from its last hour of use: a phone stays signed in over days off. When it
    was seen last stands in the session itself, so that most requests ask nothing more.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = clock_now()
            renewed = request.session.get("renewed")
            if renewed is None or now - datetime.fromisoformat(renewed) > SEEN_EVERY:
                request.session["renewed"] = now.isoformat()
                if sign_in := request.session.get("sign_in"):
                    key, address = request.session.session_key or "", client_address(request)
                    note_seen(UUID(sign_in), session_key=key, address=address, now=now)
        return get_response(request)

    return middleware


class answer_refusals:
    """NotPossible becomes a 409 with its sentence, a body over the limit a 413, a GET of a button's address
    a page.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse what is too large, else go on."""
        if _length(request) > settings.UPLOAD_LIMIT:
            _throw_away(request)
            if request.path.startswith("/api/"):
                words = _("The request is larger than %(mb)s MB. Nothing was changed.")
                said = {"problem": words % {"mb": settings.UPLOAD_LIMIT // 2**20}}
                return JsonResponse(said, status=413)
            return render(request, "413.html", {"limit_mb": settings.UPLOAD_LIMIT // 2**20}, status=413)
        response = self.get_response(request)
        if response.status_code == 405 and not getattr(response, "content", b""):
            page = render(request, "405.html", status=405)
            page.headers["Allow"] = response.headers["Allow"]
            return page
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal that a view let through."""
        return refused(request, exception) if isinstance(exception, NotPossible) else None


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


def _throw_away(request: HttpRequest) -> None:
    """Read what is being sent without keeping it: a browser shows our answer only when it could finish
    sending.
    """
    left = min(_length(request), MOST_THROWN_AWAY)
    while left > 0 and (chunk := request.read(min(left, 2**16))):
        left -= len(chunk)
