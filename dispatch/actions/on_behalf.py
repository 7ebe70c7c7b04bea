"""What the office does for a technician without a phone: the same field actions, in the office's name."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.states import NotPossible

from ..models import Visit
from ..states import AssignmentState, VisitOutcome
from .checks import answer_check
from .field import add_photo, arrive, complete_visit
from .locks import locked_assignments, locked_visit


@dataclass(frozen=True)
class Answer:
    """One answered line of a visit's checklist."""

    uuid: uuids.UUID
    answer: str = ""
    reading: Decimal | None = None


@transaction.atomic
def complete_on_behalf(
    visit_id: int,
    *,
    now: datetime,
    outcome: str = VisitOutcome.COMPLETE,
    note: str = "",
    no_signature_because: str = "",
    parts_confirmed: bool = False,
    answers: Iterable[Answer] = (),
    photo: bytes | None = None,
) -> Visit:
    """Complete a visit for everybody on it: whoever had not arrived arrives now, then all are done.

    The rules of the phone hold: what is missing is refused by name, and then nothing is kept.
    """
    visit = locked_visit(visit_id)
    assignments = [row for row in locked_assignments(visit) if row.state != AssignmentState.DONE]
    if not assignments:
        raise NotPossible(_("Nobody is on this visit. Place it on the board first."))
    for row in assignments:
        if row.arrived_at is None:
            arrive(visit_id, technician_id=row.technician_id, now=now)
    for given in answers:
        answer_check(given.uuid, visit_id=visit_id, answer=given.answer, reading=given.reading, now=now)
    if photo:
        add_photo(visit_id, uuid=uuids.uuid4(), data=photo, now=now)
    for number, row in enumerate(assignments, start=1):
        visit = complete_visit(
            visit_id,
            technician_id=row.technician_id,
            now=now,
            outcome=outcome,
            note=note if number == len(assignments) else "",
            no_signature_because=no_signature_because,
            parts_confirmed=parts_confirmed,
        )
    return visit
