"""What every template knows: the company, who may what, the navigation, where the live stream is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Count, IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.urls import reverse

from ..models import Branch, Company, LiveEvent
from ..permissions import ROLES, May
from ..prepared import prepared
from .navigation import COUNTS, Section, sections_for


@dataclass(frozen=True)
class Frame:
    """What the frame of a page needs from the database, in one query."""

    company: Company | None
    several_branches: bool
    live_position: int
    counts: dict[str, int] = field(default_factory=dict)


def prepare(request: HttpRequest) -> Frame:
    """Fetch the frame once a request."""
    frame: Frame | None = getattr(request, "_frame", None)
    if frame is None:
        user = getattr(request, "user", None)
        signed_in = user and user.is_authenticated
        rows: list[Any] = _signed_in(user) if signed_in else list(_house({})[:1])
        company = rows[0] if rows else None
        frame = Frame(
            company,
            bool(company and company.branch_count > 1),
            company.live_position if company else 0,
            {name: getattr(company, f"count_{number}") for number, name in enumerate(COUNTS)}
            if company and signed_in
            else {},
        )
        request._frame = frame  # type: ignore[attr-defined]
    return frame


@prepared(by_branch=False)
def _signed_in(user: Any) -> QuerySet[Company]:
    return _house({f"count_{number}": _count(rows(user)) for number, rows in enumerate(COUNTS.values())})[:1]


def _house(counts: dict[str, Any]) -> QuerySet[Company]:
    branches = Branch.objects.filter(is_active=True).order_by().values("is_active").annotate(n=Count("pk"))
    newest = LiveEvent.objects.filter(position__isnull=False).order_by("-position")
    return Company.objects.order_by("pk").annotate(
        branch_count=Coalesce(Subquery(branches.values("n"), output_field=IntegerField()), 0),
        live_position=Coalesce(Subquery(newest.values("position")[:1]), 0),
        **counts,
    )


def _count(rows: QuerySet[Any]) -> Any:
    """How many rows, as a part of another query."""
    if rows.query.is_empty():
        return Value(0)
    counted = rows.order_by().annotate(_all=Value(1)).values("_all").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class Mays:
    """`may.move_visits` in a template: whether this person's role carries the capability."""

    def __init__(self, user: Any) -> None:
        self._held = ROLES.get(getattr(user, "role", ""), frozenset())

    def __getattr__(self, key: str) -> bool:
        try:
            return May[key.upper()] in self._held
        except KeyError:
            raise AttributeError(key) from None


def house(request: HttpRequest) -> dict[str, Any]:
    """The context processor."""
    user = getattr(request, "user", None)
    frame = prepare(request)
    signed_in = bool(user and user.is_authenticated)
    sections: list[Section] = sections_for(user, request.path, frame.counts) if user and signed_in else []
    return {
        "company": frame.company,
        "several_branches": frame.several_branches,
        "may": Mays(user),
        "nav": sections,
        "theme": user.theme if user and signed_in else "auto",
        "live_after": frame.live_position,
        "live_url": live_url(request) if signed_in else "",
        "search_url": reverse("fsm:search"),
    }


def live_url(request: HttpRequest) -> str:
    """Where this browser finds the live stream: our own path, or the port beside ours on a local
    installation.
    """
    if not settings.LIVE_PORT:
        return settings.LIVE_PATH
    host, _ = split_domain_port(request.get_host())
    return f"{request.scheme}://{host}:{settings.LIVE_PORT}{settings.LIVE_PATH}"
