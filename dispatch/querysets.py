"""Named questions about work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models

from fsm.permissions import May, allowed
from fsm.querysets import OfficeQuerySet

from .states import JOB_STATES, JOB_UNFINISHED, AssignmentState

if TYPE_CHECKING:
    from .models import Assignment, Job, JobPhoto, Technician, Visit  # noqa: F401 (named in strings below)


class JobQuerySet(OfficeQuerySet["Job"]):
    """Why we come. A technician sees the jobs that have a visit of theirs."""

    capability = May.SEE_JOBS

    def visible_to(self, user: Any) -> Self:
        if allowed(user, May.WORK_VISITS):
            return self.filter(visits__assignments__technician__user=user).distinct()
        return super().visible_to(user)

    def open(self) -> Self:
        """Jobs that something may still happen to."""
        return self.filter(state__in=JOB_STATES.open())

    def under_way(self) -> Self:
        """Jobs whose work is not done: booked, scheduled, in progress or on hold."""
        return self.filter(state__in=JOB_UNFINISHED)

    def for_lines(self) -> Self:
        """What a line in a list shows: customer, site, type, and the visits with who goes."""
        from .models import Assignment, Visit

        assigned = Assignment.objects.exclude(state=AssignmentState.RELEASED).order_by("-role", "pk")
        visits = Visit.objects.order_by("sequence").prefetch_related(
            models.Prefetch("assignments", assigned.select_related("technician__user"), to_attr="people")
        )
        return self.select_related("customer", "site", "job_type").prefetch_related(
            models.Prefetch("visits", visits, to_attr="ordered_visits")
        )

    def matching(self, query: str) -> Self:
        """Jobs by number, PO number, customer, address or what is wrong."""
        from customers.models import Customer, Site

        words = query.split()
        names = Customer.objects.filter(*(models.Q(name__icontains=word) for word in words))
        streets = Site.objects.filter(
            *(models.Q(street__icontains=word) | models.Q(city__icontains=word) for word in words)
        )
        return self.filter(
            models.Q(number__istartswith=query)
            | models.Q(po_number__istartswith=query)
            | models.Q(summary__icontains=query)
            | models.Q(customer__in=names.order_by().values("pk"))
            | models.Q(site__in=streets.order_by().values("pk"))
        )


class VisitQuerySet(OfficeQuerySet["Visit"]):
    """When we come. A technician sees their own."""

    capability = May.SEE_JOBS
    branch_path = "job__branch"

    def visible_to(self, user: Any) -> Self:
        if allowed(user, May.WORK_VISITS):
            return self.filter(assignments__technician__user=user).distinct()
        return super().visible_to(user)


class TechnicianQuerySet(OfficeQuerySet["Technician"]):
    """Who comes."""

    capability = May.SEE_JOBS

    def active(self) -> Self:
        """Technicians who are still with us."""
        return self.filter(is_active=True, user__is_active=True)


M = TypeVar("M", bound=models.Model)


class OfJobQuerySet(models.QuerySet[M]):
    """Things that hang on a job: seen by whoever sees the job."""

    def visible_to(self, user: Any) -> Self:
        from .models import Job

        return self.filter(job__in=Job.objects.visible_to(user).values("pk"))
