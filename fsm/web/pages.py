"""How pages are rendered: everything fetched first, then the template with SQL disabled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ..states import NotPossible, Stale
from .context import prepare


class QueriesDisabled(RuntimeError):
    """A template asked the database: fetch it in the view."""


def _refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    raise QueriesDisabled(f"A template ran a query while rendering: {sql[:300]}")


@contextmanager
def queries_disabled() -> Iterator[None]:
    """Any query inside the block raises QueriesDisabled: an N+1 shows on the first click."""
    with connections["default"].execute_wrapper(_refuse):
        yield


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A whole page; what the frame needs is fetched here, what the page needs must be in the context
    already.
    """
    prepare(request)
    with queries_disabled():
        return render(request, template, context or {}, status=status)


def fragment(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A part of a page for htmx: the same file that the page includes."""
    return render_page(request, template, context, status=status)


def refuse_in_form(form: Any, refusal: NotPossible) -> int:
    """Put the refusal beside the field it names, or above the form; returns the status of the answer."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return 409


def refused(request: HttpRequest, refusal: NotPossible) -> HttpResponse:
    """A 409 that says what was refused, as a fragment for htmx or scripts and as a page otherwise."""
    context = {"sentence": str(refusal), "theirs": refusal.theirs if isinstance(refusal, Stale) else {}}
    small = getattr(request, "htmx", False) or request.headers.get("Accept", "").startswith(
        "application/json"
    )
    return render_page(request, "fsm/_refused.html" if small else "409.html", context, status=409)
