"""The first page after signing in, and the search over everything."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from ..clock import now, today_in
from ..company import the_company
from ..finders import search as find
from ..panels import panels_for
from ..permissions import May, allowed, requires
from .first_run import first_steps
from .navigation import url_of
from .pages import fragment, render_page
from .recent import recently_opened


@require_safe
@requires(May.SIGN_IN)
def home(request: HttpRequest) -> HttpResponse:
    """What waits for somebody, from every app; a technician's home is their day on the phone."""
    if allowed(request.user, May.WORK_VISITS):
        return redirect("dispatch:phone-today")
    context = {
        "today": today_in(the_company().time_zone, now()),
        "first_steps": first_steps(request),
        "panels": panels_for("home", None, request.user),
        "book_url": url_of("dispatch:book"),
    }
    return render_page(request, "fsm/home.html", context)


@require_safe
@requires(May.SEE_HOME)
def search(request: HttpRequest) -> HttpResponse:
    """Customers, jobs, invoices, units ... by what one types: options for the search box, or a page; before
    anything is typed, what the person opened last.
    """
    query = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    hits = find(query, request.user) if query else recently_opened(request)
    context = {"query": query, "search_query": query, "hits": hits, "recent": not query}
    if getattr(request, "htmx", False):
        return fragment(request, "fsm/_search_results.html", context)
    return render_page(request, "fsm/search.html", context)
