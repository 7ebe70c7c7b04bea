"""What nobody decided in time is passed on: to the data steward, else to the owners."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from .attribution import because
from .company import the_company
from .models import Review, User
from .outbox import post
from .permissions import Role
from .references import Reference

AT_ONCE = 200


@transaction.atomic
def escalate_reviews(*, now: datetime) -> int:
    """Mark every proposal past its limit as passed on and write to whoever answers for the data; returns how
    many. The proposal itself still waits, and its version stays: a decision in the making is not disturbed.
    """
    overdue = Review.objects.waiting().filter(limit_at__lt=now, escalated_at__isnull=True).order_by("pk")
    late = list(overdue.select_for_update(no_key=True, skip_locked=True, of=("self",))[:AT_ONCE])
    if not late:
        return 0
    with because("past its limit"):
        for review in late:
            review.escalated_at = now
            review.save(update_fields=["escalated_at"])
    for person in stewards():
        uuids = [str(review.uuid) for review in late]
        first = Reference("review", late[0].uuid)
        post("steward_email", about=first, payload={"person": person.pk, "reviews": uuids})
    return len(late)


def stewards() -> list[User]:
    """Who answers for the data: the steward the company names, else its active owners."""
    named = the_company().data_steward
    if named is not None and named.is_active:
        return [named]
    return list(User.objects.filter(role=Role.OWNER, is_active=True).order_by("pk"))
