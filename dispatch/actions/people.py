"""Who stands on the board."""

from __future__ import annotations

from datetime import time

from django.db import transaction
from django.db.models import Max

from fsm.company import default_branch
from fsm.models import User
from fsm.permissions import Role

from ..models import Shift, Technician

WORKDAYS = range(5)
USUAL_START, USUAL_END = time(8), time(17)


@transaction.atomic
def keep_technician(user_id: int) -> Technician | None:
    """Give a person with the technician's role a row on the board with the usual shifts.

    A person of another role, or one who left, keeps the row but not its place: it is no longer active.
    """
    user = User.objects.get(pk=user_id)
    works = user.role == Role.TECHNICIAN and user.is_active
    technician = Technician.objects.select_for_update(no_key=True).filter(user=user).first()
    if technician is None:
        return _add_technician(user) if works else None
    if technician.is_active != works:
        technician.is_active = works
        technician.save(update_fields=["is_active"])
    return technician


def _add_technician(user: User) -> Technician:
    last = Technician.objects.aggregate(last=Max("position"))["last"] or 0
    limit = user.branch_limits.order_by("pk").values_list("branch_id", flat=True).first()
    technician = Technician.objects.create(
        user=user, branch_id=limit or default_branch().pk, position=last + 1
    )
    for weekday in WORKDAYS:
        Shift.objects.create(technician=technician, weekday=weekday, starts=USUAL_START, ends=USUAL_END)
    return technician
