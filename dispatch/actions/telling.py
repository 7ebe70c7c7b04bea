"""What customers hear of their visits: booked, reminded, on the way, done. Each is safe to run twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from customers.actions import is_said, messaging_rules, send_message, uuid_of_message
from customers.models import Communication, Language, Occasion
from fsm.attribution import rooted
from fsm.clock import local, today_in
from fsm.clock import now as clock_now
from fsm.references import Reference
from fsm.tasks import enqueue

from ..models import Assignment, Job, Visit
from ..states import AssignmentState, VisitState
from ..windows import in_words

# Somebody is planned to come and has not set out.
PLANNED = (VisitState.SCHEDULED, VisitState.CONFIRMED, VisitState.DISPATCHED, VisitState.ACKNOWLEDGED)
# A phone that was offline tells late: after this nobody wants to hear it any more.
OLD_NEWS = {Occasion.ON_MY_WAY: timedelta(hours=1), Occasion.DONE: timedelta(hours=24)}
MOST_AT_ONCE = 500


def tell_of_booking(*, job_id: int) -> Communication | None:
    """Say when we come for a new job, once its first visit has a promised or planned time."""
    first = Visit.objects.filter(job=job_id).order_by("sequence").values_list("pk", flat=True).first()
    return tell_of_visit(visit_id=first) if first else None


def tell_of_visit(*, visit_id: int) -> Communication | None:
    """Say when we come, once a visit, while it is still ahead."""
    visit = _visit(visit_id)
    promised = visit.window_start or visit.starts_at
    if promised is None or visit.state not in (*PLANNED, VisitState.UNSCHEDULED, VisitState.TENTATIVE):
        return None
    ends = visit.window_end or promised
    if ends <= clock_now():
        return None
    return _say(Occasion.BOOKED, visit, key="visit", useful_until=ends)


def remind_of_visits(*, now: datetime) -> int:
    """Have everybody reminded whose visit begins within the house's hours and was booked before; returns how
    many tasks were queued. A visit moved to another day is reminded of again.
    """
    if not is_said(Occasion.REMINDER):
        return 0
    ahead = timedelta(hours=messaging_rules().reminder_hours)
    visits = (
        Visit.objects.filter(state__in=PLANNED)
        .annotate(promised=Coalesce("window_start", "starts_at"))
        .filter(promised__gt=now, promised__lte=now + ahead, job__created_at__lt=F("promised") - ahead)
        .select_related("job__site")
        .order_by("promised", "pk")
    )
    wanted = {_uuid_of_reminder(visit): visit.pk for visit in visits}
    said = set(Communication.objects.filter(uuid__in=wanted).values_list("uuid", flat=True))
    waiting = [pk for unique, pk in wanted.items() if unique not in said][:MOST_AT_ONCE]
    with transaction.atomic():
        for pk in waiting:
            enqueue(tell_reminder, visit_id=pk)
    return len(waiting)


def tell_reminder(*, visit_id: int) -> Communication | None:
    """Remind of a visit, once a day it is planned for."""
    visit = _visit(visit_id)
    promised = visit.window_start or visit.starts_at
    if promised is None or visit.state not in PLANNED or promised <= clock_now():
        return None
    return _say(Occasion.REMINDER, visit, key=_day(visit), useful_until=promised)


def tell_on_my_way(*, visit_id: int) -> Communication | None:
    """Say who is on the way, once a visit, while they are."""
    visit = _visit(visit_id)
    coming = (
        Assignment.objects.filter(visit=visit, state=AssignmentState.EN_ROUTE, en_route_at__isnull=False)
        .select_related("technician__user")
        .order_by("en_route_at")
        .first()
    )
    if coming is None or coming.en_route_at is None or visit.state != VisitState.EN_ROUTE:
        return None
    until = coming.en_route_at + OLD_NEWS[Occasion.ON_MY_WAY]
    if until <= clock_now():
        return None
    name = str(coming.technician).split()
    return _say(
        Occasion.ON_MY_WAY, visit, key="visit", useful_until=until, technician=name[0] if name else ""
    )


def tell_done(*, job_id: int) -> Communication | None:
    """Say that the work of a job is done, once a job."""
    job = Job.objects.select_related("site", "job_type").get(pk=job_id)
    if job.completed_at is None or job.completed_at + OLD_NEWS[Occasion.DONE] <= clock_now():
        return None
    with rooted("job", job.uuid):
        return send_message(
            occasion=Occasion.DONE,
            customer_id=job.customer_id,
            contact_id=job.contact_id,
            about=Reference("job", job.uuid),
            key="job",
            variables=_of_job(job),
            zone=job.site.time_zone,
            now=clock_now(),
        )


def _say(
    occasion: str, visit: Visit, *, key: str, useful_until: datetime, **more: Any
) -> Communication | None:
    job = visit.job
    with rooted("job", job.uuid):
        return send_message(
            occasion=occasion,
            customer_id=job.customer_id,
            contact_id=job.contact_id,
            about=Reference("visit", visit.uuid),
            key=key,
            variables={**_of_job(job), **_of_visit(visit), **more},
            zone=job.site.time_zone,
            now=clock_now(),
            useful_until=useful_until,
        )


def _of_job(job: Job) -> dict[str, Any]:
    return {"job": job.number, "work": job.job_type.name, "address": job.site.one_line}


def _of_visit(visit: Visit) -> dict[str, Any]:
    zone = visit.job.site.time_zone
    begins = visit.window_start or visit.starts_at
    return {
        "visit_date": local(begins, zone).date() if begins else "",
        "visit_time": lambda language: _time_in_words(visit, zone, language),
    }


def _time_in_words(visit: Visit, zone: str, language: str) -> str:
    """The promised window; where none was promised, about when it is planned."""
    if visit.window_start and visit.window_end:
        return in_words(visit.window_start, visit.window_end, zone)
    if visit.starts_at is None:
        return ""
    wall = local(visit.starts_at, zone)
    clock = f"{wall.hour % 12 or 12}:{wall.minute:02d} {'am' if wall.hour < 12 else 'pm'}"
    return f"a eso de las {clock}" if language == Language.SPANISH else f"about {clock}"


def _visit(visit_id: int) -> Visit:
    return Visit.objects.select_related("job__site", "job__job_type").get(pk=visit_id)


def _day(visit: Visit) -> str:
    begins = visit.window_start or visit.starts_at
    return today_in(visit.job.site.time_zone, begins).isoformat() if begins else ""


def _uuid_of_reminder(visit: Visit) -> UUID:
    return uuid_of_message(Occasion.REMINDER, Reference("visit", visit.uuid), _day(visit))
