"""How clean the customer data is, and the records that want something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fsm.clock import now, today_in
from fsm.company import the_company
from fsm.permissions import May, requires
from fsm.web.pages import render_page
from fsm.web.tables import Column, Table

from ..import_wording import system_words
from ..models import Customer
from ..quality import BY_HAND, BY_KEY, measured, trends, with_origin
from .customers import COLUMNS, for_list

WIDTH, HEIGHT = 160, 28


@dataclass(frozen=True)
class Line:
    """A trend as a drawing: the points of a polyline in a box, and the same in words."""

    points: str
    words: str


def line_of(counts: list[tuple[date, int]]) -> Line | None:
    """The trend of some days; nothing while there are fewer than two."""
    if len(counts) < 2:
        return None
    first, last = counts[0][0], counts[-1][0]
    most = max(count for _day, count in counts) or 1
    span = (last - first).days
    points = " ".join(
        f"{(day - first).days / span * WIDTH:.1f},{HEIGHT - 2 - count / most * (HEIGHT - 4):.1f}"
        for day, count in counts
    )
    words = _("%(before)s on %(first)s, %(after)s on %(last)s") % {
        "before": counts[0][1],
        "first": date_format(first, "M j"),
        "after": counts[-1][1],
        "last": date_format(last, "M j"),
    }
    return Line(points, words)


def origin_name(origin: str) -> str:
    """Where records came from, as people say it."""
    return _("entered here") if origin == BY_HAND else system_words(origin)


@require_safe
@requires(May.EDIT_CUSTOMERS)
def quality(request: HttpRequest) -> HttpResponse:
    """Every measure with its count, where the records came from, and its trend."""
    past = trends(until=today_in(the_company().time_zone, now()))
    rows = [
        {
            "found": found,
            "url": reverse("customers:quality-of", args=[found.measure.key]),
            "origins": [(origin_name(origin), count) for origin, count in found.by_origin.items()],
            "line": line_of(past.get(found.measure.key, [])),
        }
        for found in measured(Customer.objects.visible_to(request.user).filter(is_active=True))
    ]
    context = {"rows": rows, "width": WIDTH, "height": HEIGHT}
    return render_page(request, "customers/quality.html", context)


@require_safe
@requires(May.EDIT_CUSTOMERS)
def quality_of(request: HttpRequest, measure: str) -> HttpResponse:
    """The records that want one thing, each a click from being mended."""
    if measure not in BY_KEY:
        raise Http404
    wanted = BY_KEY[measure]
    rows = wanted.wanting(Customer.objects.visible_to(request.user).filter(is_active=True))
    origin = Column("origin", gettext_lazy("Came from"), _origin_cell, ("origin", "name"))
    table = Table(
        request,
        with_origin(for_list(rows)),
        [*COLUMNS[:4], origin],
        url=lambda customer: reverse("customers:customer", args=[customer.uuid]),
        default_sort="name",
        empty_title=_("Nothing to mend here"),
        empty_text=_("Every record has what this measure asks for."),
    )
    return render_page(request, "customers/quality_of.html", {"table": table, "measure": wanted})


def _origin_cell(customer: Any) -> str:
    return origin_name(customer.origin)
