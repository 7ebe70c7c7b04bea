"""Rows locked in the house's order: job, visit, assignments, technicians. This app locks through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from fsm.live import publish
from fsm.references import Reference
from fsm.states import Stale

from ..models import Assignment, Job, Technician, Visit
from ..states import AssignmentState


def locked_job(job_id: int) -> Job:
    """The job, locked until the transaction ends."""
    return Job.objects.select_for_update(no_key=True).get(pk=job_id)


def locked_visit(visit_id: int) -> Visit:
    """The visit with its job, both locked, the job first."""
    job = locked_job(Visit.objects.values_list("job_id", flat=True).get(pk=visit_id))
    visit = Visit.objects.select_for_update(no_key=True).get(pk=visit_id)
    visit.job = job
    return visit


def locked_assignments(visit: Visit) -> list[Assignment]:
    """The assignments that were not released, locked; lead first."""
    rows = Assignment.objects.select_for_update(no_key=True, of=("self",)).filter(visit=visit)
    standing = rows.exclude(state=AssignmentState.RELEASED).select_related("technician__user").order_by("pk")
    return sorted(standing, key=lambda row: row.role != "lead")


def take_turns(technician_ids: Iterable[int]) -> None:
    """Whoever writes these technicians' times next waits until this transaction ends.

    The constraint alone keeps them from being in two places; but two who write at once would each wait
    for the other's row, and the database would end one of them with an error instead of an answer.
    """
    turn = Technician.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=set(technician_ids))
    list(turn.order_by("pk").values_list("pk", flat=True))


def check_version(row: Any, version: int | None, theirs: Mapping[str, Any]) -> None:
    """Raise Stale where the asker read an older version; None means the asker did not read any."""
    if version is None or row.version == version:
        return
    last = row.history.order_by("-history_id").first()
    who = (last.actor_name if last else "") or _("Somebody")
    raise Stale(
        _("%(who)s changed this in the meantime. Your change was not saved; what stands now is shown.")
        % {"who": who},
        theirs=theirs,
        who=who,
    )


def tell_boards(visit: Visit) -> None:
    """Every open board and phone hears that the visit changed."""
    publish("board", Reference("visit", visit.uuid), visit.version)
