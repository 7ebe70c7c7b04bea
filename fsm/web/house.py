"""How the house works: what triggers what, and whether this process answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..events import subscribers
from ..inbox import operations
from ..outbox import deliverers
from ..ownership import DOORS, OWNERS, facts
from ..permissions import ROLES, May, Role, open_to_all, requires
from ..tasks import schedules
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


@require_safe
@requires(May.SIGN_IN)
def ownership(request: HttpRequest) -> HttpResponse:
    """Who owns which fact, through which doors it is changed, and what holds when two disagree."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for fact in facts():
        groups.setdefault(str(fact.group), []).append(
            {
                "label": fact.label,
                "owner": OWNERS[fact.owner],
                "doors": [DOORS[door] for door in fact.doors],
                "roles": [role.label for role in Role if fact.may in ROLES[role]],
                "rule": fact.rule,
            }
        )
    return render_page(request, "fsm/ownership.html", {"groups": list(groups.items())})


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
