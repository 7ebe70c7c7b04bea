"""What waits for a decision, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import django_filters as filters
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from ..clock import now
from ..health import span
from ..models import Review, ReviewState
from ..permissions import May, allowed, requires, signed_in
from ..references import Reference, Resolved, resolve_many
from ..reviews import approve_review, kinds, others_who_may, reject_review, withdraw_review
from ..states import NotPossible, Stale
from .cells import moment, zone_of
from .pages import render_page
from .tables import Table

PER_PAGE = 25


class ReviewFilter(filters.FilterSet):  # type: ignore[misc]
    """Which kind, how it stands, one's own, those past their limit."""

    kind = filters.ChoiceFilter(label=gettext_lazy("Kind"), empty_label=gettext_lazy("Any"))
    state = filters.ChoiceFilter(
        label=gettext_lazy("State"), choices=ReviewState.choices, empty_label=gettext_lazy("Any")
    )
    mine = filters.BooleanFilter(
        label=gettext_lazy("Asked by me"), method="own", widget=forms.CheckboxInput()
    )
    overdue = filters.BooleanFilter(
        label=gettext_lazy("Overdue"), method="late", widget=forms.CheckboxInput()
    )

    class Meta:
        model = Review
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = [(kind.kind, kind.label) for kind in kinds().values()]

    def own(self, rows: QuerySet[Review], name: str, value: Any) -> QuerySet[Review]:
        """What the person asked for."""
        return rows.filter(asked_by=self.request.user) if value else rows

    def late(self, rows: QuerySet[Review], name: str, value: Any) -> QuerySet[Review]:
        """What waits past its limit."""
        return rows.filter(state=ReviewState.WAITING, limit_at__lt=now()) if value else rows


@dataclass(frozen=True)
class Shown:
    """One review as the page shows it."""

    review: Review
    label: Any
    subject: Resolved | None
    values: list[tuple[str, Any, Any]]
    asked: str
    age: str
    limit: str
    decided: str
    overdue: bool
    may_decide: bool
    is_own: bool
    refusal: NotPossible | None = None
    typed: str = ""


def _values(review: Review) -> list[tuple[str, Any, Any]]:
    names = [*review.before, *(name for name in review.after if name not in review.before)]
    return [(name, review.before.get(name, ""), review.after.get(name, "")) for name in names]


def _page(
    request: HttpRequest, *, refused: UUID | None = None, refusal: NotPossible | None = None
) -> HttpResponse:
    user, at, zone = signed_in(request), now(), zone_of(request)
    rows = Review.objects.visible_to(user).select_related("asked_by", "decided_by")
    chosen = request.GET.get("state", "")
    if request.GET.keys() <= {"page"}:
        rows, chosen = rows.waiting(), str(ReviewState.WAITING)
    if refused is not None:
        rows = rows.filter(uuid=refused)
    table = Table(
        request,
        rows.order_by("limit_at", "pk")
        if chosen == ReviewState.WAITING
        else rows.order_by("-asked_at", "-pk"),
        [],
        filterset=ReviewFilter,
        per_page=PER_PAGE,
    )
    found: list[Review] = [row.object for row in table.rows]
    subjects = {Reference(review.subject_kind, review.subject_uuid) for review in found}
    known = resolve_many(subjects, user)
    own = {review.may for review in found if review.asked_by_id == user.pk and allowed(user, May(review.may))}
    alone = {may for may in own if not others_who_may(May(may), user).exists()}
    shown = []
    for review in found:
        kind = kinds().get(review.kind)
        is_own, waits = review.asked_by_id == user.pk, review.state == ReviewState.WAITING
        may_decide = waits and allowed(user, May(review.may)) and (not is_own or review.may in alone)
        hit = review.uuid == refused
        shown.append(
            Shown(
                review=review,
                label=kind.label if kind else review.kind,
                subject=known.get(Reference(review.subject_kind, review.subject_uuid)),
                values=_values(review),
                asked=moment(review.asked_at, zone),
                age=span(at - review.asked_at),
                limit=moment(review.limit_at, zone),
                decided=moment(review.decided_at, zone) if review.decided_at else "",
                overdue=waits and review.limit_at < at,
                may_decide=may_decide,
                is_own=waits and is_own,
                refusal=refusal if hit else None,
                typed=request.POST.get("because", "")[:300] if hit else "",
            )
        )
    tabs = [(ReviewState.WAITING, _("Waiting")), (ReviewState.APPROVED, _("Approved")),
            (ReviewState.REJECTED, _("Rejected")), ("", _("All"))]  # fmt: skip
    context = {
        "table": table,
        "shown": shown,
        "tabs": [(value, label, chosen == value) for value, label in tabs],
        "theirs": refusal.theirs if isinstance(refusal, Stale) else {},
    }
    return render_page(request, "fsm/reviews.html", context, status=409 if refusal else 200)


@require_safe
@requires(May.SEE_HOME)
def reviews(request: HttpRequest) -> HttpResponse:
    """What one may decide and what one asked for; those that wait first, the most urgent on top."""
    return _page(request)


def _decide(
    request: HttpRequest, unique: UUID, do: Callable[..., Review], done: str, **more: Any
) -> HttpResponse:
    user = signed_in(request)
    review = get_object_or_404(Review.objects.visible_to(user), uuid=unique)
    text = request.POST.get("version", "")
    version = int(text) if text.isdecimal() and len(text) < 9 else 0
    try:
        do(review.pk, by=user, version=version, now=now(), **more)
    except NotPossible as refusal:
        return _page(request, refused=review.uuid, refusal=refusal)
    messages.success(request, done % {"what": review.title})
    return redirect("fsm:reviews")


def _because(request: HttpRequest) -> str:
    return request.POST.get("because", "").replace("\x00", "")[:300]


@require_POST
@requires(May.SEE_HOME)
def approve(request: HttpRequest, review_uuid: UUID) -> HttpResponse:
    """Do what is proposed."""
    return _decide(request, review_uuid, approve_review, _("Approved: %(what)s"), because=_because(request))


@require_POST
@requires(May.SEE_HOME)
def reject(request: HttpRequest, review_uuid: UUID) -> HttpResponse:
    """Leave it as it is, and say why."""
    return _decide(request, review_uuid, reject_review, _("Rejected: %(what)s"), because=_because(request))


@require_POST
@requires(May.SEE_HOME)
def withdraw(request: HttpRequest, review_uuid: UUID) -> HttpResponse:
    """Take back what one asked for."""
    return _decide(request, review_uuid, withdraw_review, _("Taken back: %(what)s"))
