"""How the house works: what triggers what, why something is as it is, and whether all is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..company import the_company
from ..events import subscribers
from ..inbox import operations
from ..outbox import deliverers
from ..permissions import May, open_to_all, requires
from ..references import Reference, Resolved, fetch, resolve_many
from ..tasks import schedules
from ..trace import Step, root_of, story
from .pages import render_page


@dataclass(frozen=True)
class Line:
    """One function of the map: the app it belongs to, its name, and its own first sentence."""

    app: str
    name: str
    says: str


def line_of(function: Callable[..., Any] | type) -> Line:
    """What a function or class says about itself."""
    sentence = " ".join((function.__doc__ or "").strip().split("\n\n")[0].split())
    return Line(function.__module__.partition(".")[0], function.__name__, sentence)


@require_safe
@requires(May.SEE_HOUSE)
def events(request: HttpRequest) -> HttpResponse:
    """What triggers what: events and who listens, what runs on a clock, what phones may ask, what leaves."""
    context = {
        "events": [
            (line_of(event), [line_of(listener) for listener in listeners])
            for event, listeners in subscribers().items()
        ],
        "schedules": [
            (schedule.cron, schedule.tier, line_of(schedule.callable)) for schedule in schedules().values()
        ],
        "operations": [
            (kind, _(known.may.value), line_of(known.handler)) for kind, known in sorted(operations().items())
        ],
        "deliverers": [(kind, line_of(deliver)) for kind, deliver in sorted(deliverers().items())],
    }
    return render_page(request, "fsm/events.html", context)


@dataclass(frozen=True)
class Happening:
    """Steps that one request or one task made together."""

    first: Step
    steps: list[tuple[Step, Resolved | None]]


@require_safe
@requires(May.SEE_TRACE)
def trace(request: HttpRequest, kind: str, unique: UUID) -> HttpResponse:
    """Every step of the chain that a thing belongs to, across the apps, oldest first."""
    thing = fetch(Reference(kind, unique), request.user)
    if thing is None:
        raise Http404
    root = root_of(thing)
    steps = story(thing)
    wanted = {step.reference for step in steps if step.reference} | {Reference(kind, unique), root}
    known = resolve_many(wanted, request.user)
    happenings = [
        Happening(
            together[0], [(step, known.get(step.reference) if step.reference else None) for step in together]
        )
        for _key, group in groupby(steps, key=lambda step: (step.batch, step.source, step.who))
        if (together := list(group))
    ]
    context = {
        "thing": known.get(Reference(kind, unique)),
        "root": known.get(root) if root != Reference(kind, unique) else None,
        "happenings": happenings,
        "zone": the_company().time_zone,
        "count": len(steps),
    }
    return render_page(request, "fsm/trace.html", context)


@require_safe
@never_cache
@open_to_all
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether this process and the database answer; for whoever watches over the installation."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"ok": False, "database": "does not answer"}, status=503)
    return JsonResponse({"ok": True, "database": "answers"})
