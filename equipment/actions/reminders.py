"""Who is told of a compliance deadline, and when: each time once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from fsm import outbox
from fsm.clock import today_in
from fsm.company import the_company
from fsm.models import User
from fsm.permissions import Role
from fsm.references import Reference

from ..compliance_rows import the_settings
from ..models import ChronicLeaker, LeakCase, Reminder
from ..states import CaseState

CASE, INSPECTION, CHRONIC = "leak_case", "leak_inspection", "chronic_leaker"
DUE_DAY, OVERDUE = 0, -1
FURTHEST: Final = timedelta(days=366)


def step_for(days_left: int, steps: list[int]) -> int | None:
    """Which reminder is due with so many days left; None where it is too early for any."""
    if days_left < 0:
        return OVERDUE
    return min((step for step in [*steps, DUE_DAY] if days_left <= step), default=None)


@transaction.atomic
def remind_of_deadlines(*, now: datetime) -> list[Reminder]:
    """Write to owners and managers of every compliance deadline that is near, due or overdue.

    Each step of each deadline once; all of a day in one e-mail a person. What was missed while the house
    slept is said with the next.
    """
    company = the_company()
    today = today_in(company.time_zone, now)
    steps = [int(day) for day in the_settings().reminder_days]
    found: list[tuple[str, UUID, date]] = []
    until = today + timedelta(days=max(steps, default=0))
    cases = LeakCase.objects.exclude(state__in=(CaseState.WITHDRAWN, CaseState.SUSPENDED)).filter(
        Q(next_due_on__lte=until) | Q(next_inspection_on__lte=until)
    )
    for uuid, due, inspection in cases.order_by("pk").values_list(
        "uuid", "next_due_on", "next_inspection_on"
    ):
        found += [(CASE, uuid, due)] if due is not None else []
        found += [(INSPECTION, uuid, inspection)] if inspection is not None else []
    reports = ChronicLeaker.objects.filter(
        reported_on=None, withdrawn_at=None, due_on__range=(today - FURTHEST, until)
    )
    found += [(CHRONIC, uuid, due) for uuid, due in reports.values_list("circuit__uuid", "due_on")]
    made = [
        reminder
        for kind, subject, due in found
        if (step := step_for((due - today).days, steps)) is not None
        for reminder in [_once(kind, subject, due, step, now)]
        if reminder is not None
    ]
    if made:
        payload = {kind: sorted({str(row.subject) for row in made if row.kind == kind}) for kind in KINDS}
        for person in told():
            outbox.post(
                "compliance_email",
                about=Reference("company", company.uuid),
                payload={"person": person.pk, **payload},
            )
    return made


KINDS: Final = (CASE, INSPECTION, CHRONIC)


def told() -> list[User]:
    """Owners and managers who can be written to."""
    people = User.objects.filter(role__in=(Role.OWNER, Role.MANAGER), is_active=True).exclude(email="")
    return list(people.order_by("pk"))


def _once(kind: str, subject: UUID, due: date, step: int, now: datetime) -> Reminder | None:
    reminder, is_new = Reminder.objects.get_or_create(
        kind=kind, subject=subject, due_on=due, days_before=step, defaults={"sent_at": now}
    )
    return reminder if is_new else None
