"""Named questions about work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from fsm.permissions import May, allowed
from fsm.querysets import OfficeQuerySet

from .states import JOB_STATES

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


class OfJobQuerySet(models.QuerySet[Any]):
    """Things that hang on a job: seen by whoever sees the job."""

    def visible_to(self, user: Any) -> Self:
        from .models import Job

        return self.filter(job__in=Job.objects.visible_to(user).values("pk"))
