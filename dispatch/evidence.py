"""What visits prove of a unit."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from equipment.evidence import Maintenance, Photo, proves_visits
from fsm.permissions import May, allowed

from .models import Assignment, JobPhoto, Visit, VisitCheck
from .states import VisitState


@proves_visits
def visits_on_unit(unit: Any, user: Any) -> list[Maintenance]:
    """Visits done in jobs that name the unit, with checklist, technicians and photos: four queries. Lines
    and photos of a visit to several units are those of the visit, unless a line names another unit.
    """
    if not allowed(user, May.SEE_JOBS):
        return []
    done = Visit.objects.visible_to(user).filter(job__units__unit=unit.pk, state=VisitState.DONE)
    visits = list(
        done.select_related("job__job_type").filter(starts_at__isnull=False).order_by("starts_at", "pk")
    )
    keys = [visit.pk for visit in visits]
    people: dict[int, list[str]] = defaultdict(list)
    worked = Assignment.objects.filter(visit__in=keys, done_at__isnull=False)
    for visit_id, name in worked.order_by("pk").values_list("visit_id", "technician__user__name"):
        people[visit_id].append(name)
    checks: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for check in VisitCheck.objects.filter(visit__in=keys).order_by("position", "pk"):
        if check.is_answered and check.equipment_id in (None, unit.pk):
            checks[check.visit_id].append((check.text, _answer(check)))
    photos: dict[int, list[Photo]] = defaultdict(list)
    for photo in JobPhoto.objects.filter(visit__in=keys).order_by("received_at", "pk"):
        photos[photo.visit_id or 0].append(
            Photo(
                caption=photo.caption,
                taken_at=photo.taken_at,
                received_at=photo.received_at,
                author=photo.author_name,
                sha256=photo.received_sha256,
                file=photo.file,
            )
        )
    return [
        Maintenance(
            at=visit.starts_at,
            what=visit.job.job_type.name,
            number=visit.job.number,
            technicians=people[visit.pk],
            outcome=str(visit.get_outcome_display()),
            checks=checks[visit.pk],
            photos=photos[visit.pk],
        )
        for visit in visits
        if visit.starts_at is not None
    ]


def _answer(check: VisitCheck) -> str:
    said = str(check.get_answer_display()) if check.answer else ""
    reading = f"{check.reading.normalize():f} {check.unit}".strip() if check.reading is not None else ""
    return " · ".join(part for part in (reading, said, check.note) if part)
