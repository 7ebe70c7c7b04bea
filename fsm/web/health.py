"""Whether all is well: for whoever runs the house, and for whoever watches over it from outside."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..clock import now
from ..health import Verdict, examination, readiness, worst
from ..permissions import May, open_to_all, requires
from .cells import moment, zone_of
from .pages import render_page

LOOKS = {
    Verdict.OK: ("green", "check"),
    Verdict.WARN: ("amber", "warning"),
    Verdict.BAD: ("red", "ban"),
}


@require_safe
@never_cache
@open_to_all
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether this process may be sent visitors: database, migrations and cache."""
    found = readiness()
    ready = set(found.values()) == {"ok"}
    return JsonResponse({"ok": ready, **found}, status=200 if ready else 503)


@require_safe
@never_cache
@requires(May.SEE_HOUSE)
def health(request: HttpRequest) -> HttpResponse:
    """Every measure with its verdict, and what to do where it is not well."""
    at = now()
    sections = examination(at)
    context = {
        "sections": [
            (section, LOOKS[section.verdict], [(line, *LOOKS[line.verdict]) for line in section.lines])
            for section in sections
        ],
        "verdict": worst(section.verdict for section in sections),
        "troubles": [line for section in sections for line in section.lines if line.verdict != Verdict.OK],
        "at": moment(at, zone_of(request)),
    }
    return render_page(request, "fsm/health.html", context)
