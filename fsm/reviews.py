"""What waits for a second person: asked where it is proposed, applied when somebody approves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from .attribution import attributed, current
from .clock import now as clock_now
from .live import publish
from .models import Review, ReviewState, User, UserBranch
from .permissions import May, allowed, refusal_sentence, roles_with
from .references import Reference, refers
from .states import NotPossible, Stale
from .tasks import recurring

TOPIC = "reviews"
GRACE = timedelta(days=7)  # after its limit a review is overdue; after this it lapses

Decide = Callable[[Review], None]


@dataclass(frozen=True)
class Reviewable:
    """A kind of proposal: its name, who decides, what approving and (if anything) rejecting does, and how
    what it is about is locked.
    """

    kind: str
    label: Any
    decide: May
    apply: Decide
    reject: Decide | None = None
    lock: Decide | None = None


_kinds: dict[str, Reviewable] = {}


def reviewable(
    kind: str, *, label: Any, decide: May, reject: Decide | None = None, lock: Decide | None = None
) -> Callable[[Decide], Decide]:
    """Register what approving a kind does: `apply(review)` runs in the approval's transaction, locks its rows
    itself, and raises Stale or NotPossible where what it was about has changed.

    Whoever drops proposals of the kind while holding its subject's row gives `lock`: it locks that row before
    the proposal is locked, so that the two cannot wait for each other.
    """

    def register(apply: Decide) -> Decide:
        _kinds[kind] = Reviewable(kind, label, decide, apply, reject, lock)
        return apply

    return register


def kinds() -> dict[str, Reviewable]:
    """Every kind that can wait for a decision."""
    return dict(_kinds)


refers(
    "review",
    Review,
    url=lambda review: f"{reverse('fsm:reviews')}?state={review.state}#review-{review.uuid}",
    label=lambda review: review.title,
)


# Questions -------------------------------------------------------------------------------------------


def to_decide(user: Any) -> QuerySet[Review]:
    """What waits for this person: theirs to decide, and asked by somebody else. Costs no query of its own."""
    mine = [may.value for may in {kind.decide for kind in _kinds.values()} if allowed(user, may)]
    if not mine:
        return Review.objects.none()
    branches = UserBranch.objects.filter(user_id=user.pk)
    here = (
        Q(branch__isnull=True) | ~Exists(branches) | Exists(branches.filter(branch_id=OuterRef("branch_id")))
    )
    others = Q(asked_by__isnull=True) | ~Q(asked_by_id=user.pk)
    return Review.objects.waiting().filter(others, here, may__in=mine)


def waiting_about(subject: Reference, kind: str = "") -> QuerySet[Review]:
    """What waits about a thing."""
    found = Review.objects.waiting().filter(subject_kind=subject.kind, subject_uuid=subject.uuid)
    return found.filter(kind=kind) if kind else found


def others_who_may(may: May, user: Any) -> QuerySet[User]:
    """The other active people whose role carries the capability."""
    found: QuerySet[User] = User.objects.filter(is_active=True, role__in=roles_with(may)).exclude(pk=user.pk)
    return found


# Asking and deciding ---------------------------------------------------------------------------------


def ask_for_review(
    *,
    kind: str,
    subject: Reference,
    subject_label: str,
    title: str,
    before: dict[str, str],
    after: dict[str, str],
    payload: dict[str, Any],
    limit: timedelta,
    now: datetime,
    because: str = "",
    branch_id: int | None = None,
    key: str = "",
) -> Review:
    """Propose something, in the caller's transaction; the same key cannot wait twice."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A review is asked for inside the transaction that proposes it.")
    if key and Review.objects.waiting().filter(key=key).exists():
        raise NotPossible(_("A proposal about this waits for a decision already."))
    who = current()
    review = Review.objects.create(
        kind=kind,
        subject_kind=subject.kind,
        subject_uuid=subject.uuid,
        subject_label=subject_label[:200],
        title=title[:200],
        before=before,
        after=after,
        payload=payload,
        may=_kinds[kind].decide.value,
        branch_id=branch_id,
        asked_by_id=who.user_id,
        asked_by_name=who.actor_name,
        asked_because=because.strip()[:300],
        asked_at=now,
        limit_at=now + limit,
        key=key,
    )
    publish(TOPIC, Reference("review", review.uuid), review.version)
    return review


@transaction.atomic
def approve_review(review_id: int, *, by: User, version: int, now: datetime, because: str = "") -> Review:
    """Do what is proposed, under the approver's name. Nobody approves what they asked for, except where
    nobody else could: then the review says so.
    """
    review = _locked(review_id, version, subject_first=True)
    _check_decider(review, by)
    if review.asked_by_id == by.pk:
        if others_who_may(May(review.may), by).exists():
            raise NotPossible(_("You asked for this: somebody else decides it."))
        review.decided_alone = True
    known = _kinds.get(review.kind)
    if known is None:  # asked for by a version that was rolled back
        raise NotPossible(_("This version cannot do what is proposed. Reject it and do it by hand."))
    with attributed(user=by, reason=because.strip() or review.title, root=""):
        # Decided before it is done, so that what is done does not find it waiting.
        _decide(review, ReviewState.APPROVED, by=by, because=because, now=now)
        known.apply(review)
        return _tell(review)


@transaction.atomic
def reject_review(review_id: int, *, by: User, version: int, because: str, now: datetime) -> Review:
    """Refuse what is proposed and say why; what stands stays as it is."""
    review = _locked(review_id, version)
    _check_decider(review, by)
    if not because.strip():
        raise NotPossible(_("Say why it is rejected: whoever asked reads it."), field="because")
    with attributed(user=by, reason=because.strip(), root=""):
        return _settle(review, ReviewState.REJECTED, by=by, because=because, now=now)


@transaction.atomic
def withdraw_review(review_id: int, *, by: User, version: int, now: datetime) -> Review:
    """Take back what one asked for oneself."""
    review = _locked(review_id, version)
    if review.asked_by_id != by.pk:
        raise NotPossible(_("Only who asked for it can take it back."))
    return _settle(review, ReviewState.WITHDRAWN, by=by, because="", now=now)


def drop_reviews(
    subject: Reference, *, because: str, now: datetime, kind: str = "", key: str = ""
) -> list[Review]:
    """Withdraw what waits about a thing (of one kind, or the one with this key), in the caller's transaction:
    the house says why it cannot be decided any more. Nobody is named as who decided.
    """
    found = waiting_about(subject, kind)
    if key:
        found = found.filter(key=key)
    return [
        _settle(review, ReviewState.WITHDRAWN, by=None, because=because, now=now)
        for review in found.select_for_update(no_key=True, of=("self",)).order_by("pk")
    ]


@recurring("*/5 * * * *", tier="standard")
def expire_reviews() -> None:
    """Let proposals lapse that nobody decided a week after their limit."""
    now = clock_now()
    with transaction.atomic():
        lapsed = Review.objects.waiting().filter(limit_at__lt=now - GRACE).order_by("pk")
        for review in lapsed.select_for_update(no_key=True, skip_locked=True, of=("self",))[:200]:
            _settle(review, ReviewState.EXPIRED, by=None, because=_("Nobody decided in time."), now=now)


def _locked(review_id: int, version: int, *, subject_first: bool = False) -> Review:
    if subject_first:
        seen = Review.objects.get(pk=review_id)
        kind = _kinds.get(seen.kind)
        if kind is not None and kind.lock is not None and seen.state == ReviewState.WAITING:
            kind.lock(seen)
    review = Review.objects.select_for_update(no_key=True, of=("self",)).get(pk=review_id)
    if review.state != ReviewState.WAITING:
        words = _("This was decided already: %(state)s.")
        raise NotPossible(
            f"{words % {'state': str(review.get_state_display()).lower()}} {review.decided_because}".strip()
        )
    if review.version != version:
        theirs = {"title": review.title, "version": review.version}
        raise Stale(_("This proposal has changed since you read it. Look at it again."), theirs=theirs)
    return review


def _check_decider(review: Review, by: User) -> None:
    may = May(review.may)
    if not allowed(by, may):
        raise NotPossible(refusal_sentence(may))


def _settle(review: Review, state: ReviewState, *, by: User | None, because: str, now: datetime) -> Review:
    _decide(review, state, by=by, because=because, now=now)
    reject = _kinds[review.kind].reject if review.kind in _kinds else None
    if reject is not None:
        reject(review)
    return _tell(review)


def _decide(review: Review, state: ReviewState, *, by: User | None, because: str, now: datetime) -> None:
    review.state, review.decided_by, review.decided_at = state, by, now
    review.decided_because = because.strip()[:300]
    review.version += 1
    review.save(
        update_fields=["state", "decided_by", "decided_at", "decided_because", "decided_alone", "version"]
    )


def _tell(review: Review) -> Review:
    publish(TOPIC, Reference("review", UUID(str(review.uuid))), review.version)
    return review
