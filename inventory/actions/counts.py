"""What a count finds waits for a manager; the ledger moves when somebody approves it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.clock import now as clock_now
from fsm.models import Review, ReviewState, User
from fsm.permissions import May, allowed
from fsm.references import ref_of
from fsm.reviews import approve_review, ask_for_review, others_who_may, reviewable
from fsm.states import NotPossible, Stale

from .. import words
from ..models import Part, StockLevel, StockPlace
from .levels import MOST, locked_levels
from .movements import count_stock

COUNT_REVIEW = "stock_count"
COUNT_LIMIT = timedelta(days=2)
COUNT_DECIDE = May.EDIT_PARTS  # managers and owners
MINUS = "\N{MINUS SIGN}"


@transaction.atomic
def propose_count(
    *,
    place_id: int,
    part_id: int,
    counted: Decimal,
    expected: Decimal,
    key: str,
    now: datetime,
    by: User,
    note: str = "",
) -> Review | None:
    """What somebody counted, as a proposal that a manager decides; None where the ledger was right.

    `expected` is what the counter was shown: Stale when stock has moved since. One key proposes once, and a
    level waits for one decision at a time. Where nobody but the counter may decide, it is approved alone.
    """
    if counted < 0 or counted > MOST:
        raise NotPossible(_("Count what lies there: zero or more. Nothing was saved."), field="counted")
    part, place = Part.objects.get(pk=part_id), StockPlace.objects.get(pk=place_id)
    level = locked_levels([(place_id, part_id)])[place_id, part_id]
    standing = Review.objects.filter(
        kind=COUNT_REVIEW, subject_kind="part", subject_uuid=part.uuid, payload__key=key
    ).first()
    if standing is not None:
        return standing
    if level.on_hand != expected:
        raise Stale(
            _("Stock moved while you were counting. Nothing was saved: look at the numbers and count again."),
            theirs={_("On hand"): words.quantity(level.on_hand)},
        )
    if counted == level.on_hand:
        return None
    review = _ask(level, part, place, counted, key, now, note)
    if allowed(by, COUNT_DECIDE) and not others_who_may(COUNT_DECIDE, by).exists():
        review = approve_review(review.pk, by=by, version=review.version, now=now)
    return review


def _ask(
    level: StockLevel, part: Part, place: StockPlace, counted: Decimal, key: str, now: datetime, note: str
) -> Review:
    difference = counted - level.on_hand
    facts = {
        "part": part.number,
        "place": place.name,
        "difference": f"{'+' if difference > 0 else MINUS}{words.quantity(abs(difference))}",
    }
    return ask_for_review(
        kind=COUNT_REVIEW,
        subject=ref_of(part),
        subject_label=str(part),
        title=_("%(difference)s %(part)s in %(place)s by count") % facts,
        before={_("On hand"): words.quantity(level.on_hand)},
        after={_("On hand"): words.quantity(counted)},
        payload={
            "place_id": place.pk,
            "part_id": part.pk,
            "counted": str(counted),
            "expected": str(level.on_hand),
            "note": note,
            "key": key,
        },
        limit=COUNT_LIMIT,
        now=now,
        because=note,
        branch_id=place.branch_id,
        key=f"{COUNT_REVIEW}:{place.pk}:{part.pk}",
    )


def lock_counted_level(review: Review) -> None:
    """Lock the level that a count is about."""
    locked_levels([(review.payload["place_id"], review.payload["part_id"])])


@reviewable(
    COUNT_REVIEW, label=gettext_lazy("Count difference"), decide=COUNT_DECIDE, lock=lock_counted_level
)
def apply_count(review: Review) -> None:
    """Post the difference to the ledger, once; Stale where stock has moved since it was counted."""
    counted = review.payload
    place_id, part_id, expected = counted["place_id"], counted["part_id"], Decimal(counted["expected"])
    there = locked_levels([(place_id, part_id)])[place_id, part_id].on_hand
    if there != expected:
        raise Stale(
            _("Stock has moved since this was counted. Reject it and have it counted again."),
            theirs={
                _("On hand when counted"): words.quantity(expected),
                _("On hand now"): words.quantity(there),
            },
        )
    count_stock(
        place_id=place_id,
        part_id=part_id,
        counted=Decimal(counted["counted"]),
        expected=expected,
        key=counted["key"],
        now=clock_now(),
        note=counted["note"],
    )


def counts_waiting(*, place_id: int | None = None, part: Part | None = None) -> list[Review]:
    """The counts that wait for a decision, of a place, a part, or a part in a place; the oldest first."""
    found = Review.objects.filter(kind=COUNT_REVIEW, state=ReviewState.WAITING)
    if place_id is not None:
        found = found.filter(payload__place_id=place_id)
    if part is not None:
        found = found.filter(subject_kind="part", subject_uuid=part.uuid)
    return list(found.order_by("asked_at", "pk"))
