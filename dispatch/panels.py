"""What work shows on other pages: jobs of a customer, site or unit; today and what waits at home."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from equipment.models import Unit
from equipment.services import Place, Service, keeps_visits, shows_units_on_phone
from fsm.clock import day_in, now, today_in
from fsm.company import the_company
from fsm.panels import panel
from fsm.permissions import May, allowed
from fsm.prepared import prepared

from .job_lines import JobLine, lines
from .models import Job, Priority, Visit
from .states import HOLDING, JOB_UNFINISHED, JobState, VisitState

LAST = 10
OPEN = 12
MOVABLE = {
    VisitState.UNSCHEDULED,
    VisitState.TENTATIVE,
    VisitState.SCHEDULED,
    VisitState.CONFIRMED,
    VisitState.DISPATCHED,
    VisitState.ACKNOWLEDGED,
}
WAITING = 8


@panel(
    "customer",
    key="jobs",
    title=gettext_lazy("Open work and next visits"),
    order=5,
    template="dispatch/_open_work.html",
    may=May.SEE_JOBS,
)
def open_work_of_customer(customer: Any, user: Any) -> dict[str, Any]:
    """What is under way, what comes next first, and the way to all jobs; the past is in the timeline."""
    instant = now()
    under_way = lines(_under_way(user, OPEN + 1, customer=customer.pk), instant)
    shown = sorted(under_way[:OPEN], key=lambda row: (_starts(row) is None, _starts(row) or instant))
    params = {"customer": customer.uuid}
    return {
        "lines": shown,
        "count": len(shown) if len(under_way) <= OPEN else f"{OPEN}+",
        "several_sites": len({row.job.site_id for row in shown}) > 1,
        "movable": {row.job.pk for row in shown if row.visit and row.visit.state in MOVABLE}
        if allowed(user, May.MOVE_VISITS)
        else set(),
        "more_url": f"{reverse('dispatch:jobs')}?{urlencode({'q': customer.name})}",
        "more_label": _("All jobs"),
    } | _book(user, params)


@prepared
def _under_way(user: Any, most: int, *, customer: Any) -> QuerySet[Job]:
    jobs = Job.objects.visible_to(user).filter(customer=customer).under_way()
    return jobs.for_lines().order_by("priority", "created_at")[:most]


def _starts(row: JobLine) -> datetime | None:
    return row.visit.starts_at if row.visit else None


@prepared
def _newest_visits(user: Any, *, customer: Any) -> Any:
    here = {"job__site__customer": customer, "state": VisitState.DONE, "starts_at__isnull": False}
    place = ("job__site_id", "job__units__unit_id")
    newest = Visit.objects.visible_to(user).filter(**here).order_by(*place, "-starts_at", "-pk")
    return newest.distinct(*place).values_list(*place, "starts_at", "job__uuid", "job__job_type__name")


@keeps_visits
def last_services(sites: list[Any], user: Any) -> dict[Place, Service]:
    """When a visit was last done at each of a customer's sites, and at each unit that its job named: one
    query.
    """
    if not sites or not allowed(user, May.SEE_JOBS):
        return {}
    found: dict[Place, Service] = {}
    for site, unit, at, job, what in _newest_visits(user, customer=sites[0].customer_id):
        service = Service(at, what, reverse("dispatch:job", args=[job]))
        for each in {(site, unit), (site, None)}:
            if each not in found or found[each].at < at:
                found[each] = service
    return found


@shows_units_on_phone
def unit_on_phone(unit_uuid: Any, user: Any) -> str:
    """The unit on the phone, in the person's visit there that is not done; the next one first."""
    there = Unit.objects.filter(uuid=unit_uuid).values("site")
    visits = Visit.objects.visible_to(user).filter(job__site__in=there, state__in=HOLDING)
    visit = visits.order_by("starts_at", "pk").values_list("uuid", flat=True).first()
    return reverse("dispatch:phone-unit", args=[visit, unit_uuid]) if visit else ""


@panel(
    "site",
    key="jobs",
    title=gettext_lazy("Jobs"),
    order=30,
    template="dispatch/_customer_jobs.html",
    may=May.SEE_JOBS,
)
def jobs_of_site(site: Any, user: Any) -> dict[str, Any]:
    """Open jobs first, then the last ones, at this address."""
    shown = _jobs(Job.objects.visible_to(user).filter(site=site))
    params = {"customer": site.customer.uuid, "site": site.uuid}
    return shown | _book(user, params) | _all_jobs(site.street, shown["total"])


@panel(
    "unit",
    key="jobs",
    title=gettext_lazy("Jobs"),
    order=30,
    template="dispatch/_customer_jobs.html",
    may=May.SEE_JOBS,
)
def jobs_of_unit(unit: Any, user: Any) -> dict[str, Any]:
    """Open jobs first, then the last ones, that named this unit."""
    site = unit.site
    params = {"customer": site.customer.uuid, "site": site.uuid, "unit": unit.uuid}
    return _jobs(Job.objects.visible_to(user).filter(units__unit=unit)) | _book(user, params)


def _jobs(jobs: Any) -> dict[str, Any]:
    """The open ones and the last ones of a set, with how many there are."""
    instant = now()
    total = jobs.count()
    newest = lines(jobs.for_lines().order_by("-created_at", "-pk")[: LAST * 2], instant)
    under_way = [line for line in newest if line.job.is_unfinished]
    done = [line for line in newest if not line.job.is_unfinished]
    shown = under_way + done[:LAST]
    several_sites = len({line.job.site_id for line in shown}) > 1
    return {"lines": shown, "total": total, "count": total, "several_sites": several_sites}


def _book(user: Any, params: dict[str, Any]) -> dict[str, Any]:
    if not allowed(user, May.BOOK_JOBS):
        return {}
    return {"book_url": f"{reverse('dispatch:book')}?{urlencode(params)}"}


def _all_jobs(words: str, total: int) -> dict[str, Any]:
    if total <= LAST:
        return {}
    return {"more_url": f"{reverse('dispatch:jobs')}?{urlencode({'q': words})}", "more_label": _("All jobs")}


@panel(
    "home",
    key="today",
    title=gettext_lazy("Today"),
    order=10,
    template="dispatch/_home_today.html",
    may=May.SEE_JOBS,
)
def today(_home: Any, user: Any) -> dict[str, Any]:
    """Today's visits by state, those whose window has passed, and the tray."""
    instant = now()
    zone = the_company().time_zone
    start, end = day_in(zone, today_in(zone, instant))
    visits = Visit.objects.visible_to(user)
    waiting = Q(state=VisitState.UNSCHEDULED, job__state__in=JOB_UNFINISHED) & ~Q(job__state=JobState.ON_HOLD)
    unarrived = [state for state in HOLDING if state not in (VisitState.ON_SITE, VisitState.PAUSED)]
    late = Q(window_end__lt=instant) & (Q(state__in=unarrived) | waiting)
    of_today = Q(starts_at__gte=start, starts_at__lt=end)
    counts = visits.aggregate(
        in_all=Count("pk", filter=of_today & ~Q(state__in=[VisitState.CANCELLED, VisitState.UNUSED])),
        done=Count("pk", filter=of_today & Q(state=VisitState.DONE)),
        on_site=Count("pk", filter=of_today & Q(state__in=[VisitState.ON_SITE, VisitState.PAUSED])),
        en_route=Count("pk", filter=of_today & Q(state=VisitState.EN_ROUTE)),
        late=Count("pk", filter=late),
        waiting=Count("pk", filter=waiting),
    )
    counts["to_come"] = counts["in_all"] - counts["done"] - counts["on_site"] - counts["en_route"]
    late_jobs = Job.objects.visible_to(user).filter(pk__in=visits.filter(late).values("job_id")).for_lines()
    overdue = lines(late_jobs.order_by("priority", "created_at")[:WAITING], instant)
    context = {"counts": counts, "overdue": overdue}
    if allowed(user, May.SEE_BOARD):
        context |= {"more_url": reverse("dispatch:board"), "more_label": _("Open the board")}
    return context


@panel(
    "home",
    key="waiting",
    title=gettext_lazy("Waiting for scheduling"),
    order=20,
    template="dispatch/_home_waiting.html",
    may=May.SEE_JOBS,
)
def waiting_for_scheduling(_home: Any, user: Any) -> dict[str, Any]:
    """Calls without a time, the most urgent and the oldest first, and jobs on hold that are due again."""
    instant = now()
    company_day = today_in(the_company().time_zone, instant)
    jobs = Job.objects.visible_to(user)
    in_tray = Visit.objects.filter(state=VisitState.UNSCHEDULED).values("job_id")
    tray = jobs.filter(pk__in=in_tray, state__in=[JobState.BOOKED, JobState.IN_PROGRESS, JobState.SCHEDULED])
    held = jobs.filter(state=JobState.ON_HOLD, follow_up_on__lte=company_day)
    return {
        "waiting": lines(tray.for_lines().order_by("priority", "created_at", "pk")[:WAITING], instant),
        "due": lines(held.for_lines().order_by("follow_up_on", "pk")[:WAITING], instant),
        "count": tray.count(),
        "emergency": Priority.EMERGENCY,
        "more_url": f"{reverse('dispatch:jobs')}?state={JobState.BOOKED}",
        "more_label": _("All to schedule"),
    }
