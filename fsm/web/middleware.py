"""What every request passes: who acts through which door, how refusals are answered, how large a body may be."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from ..attribution import attributed
from ..states import NotPossible
from .pages import refused

GetResponse = Callable[[HttpRequest], HttpResponse]
DOORS = {"/board/": "board", "/phone/": "technician", "/admin/": "admin", "/api/": "api"}


def attribute_request(get_response: GetResponse) -> GetResponse:
    """Everything a request changes carries its user, its door and one batch."""

    def middleware(request: HttpRequest) -> HttpResponse:
        source = next((door for prefix, door in DOORS.items() if request.path.startswith(prefix)), "office")
        if not request.user.is_authenticated:
            with attributed(source=source):
                return get_response(request)
        with translation.override(request.user.language), attributed(user=request.user, source=source):
            return get_response(request)

    return middleware


class answer_refusals:  # noqa: N801 (a middleware is named like a function in settings)
    """NotPossible becomes a 409 with its sentence; a body over the limit a 413 before it is read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse what is too large, else go on."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_LIMIT:
            return render(request, "413.html", {"limit_mb": settings.UPLOAD_LIMIT // 2**20}, status=413)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal that a view let through."""
        return refused(request, exception) if isinstance(exception, NotPossible) else None
