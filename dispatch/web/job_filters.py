"""What the list of jobs can be narrowed to."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.clock import day_in
from fsm.company import the_company
from fsm.models import Branch

from ..models import Job, JobType, Priority, Technician, Visit
from ..states import JOB_UNFINISHED, JobState
from .job_forms import DayInput

UNFINISHED = "open"


class JobFilter(filters.FilterSet):  # type: ignore[misc]
    """State, type, priority, technician, days and, where there are several, branch."""

    state = filters.ChoiceFilter(
        label=gettext_lazy("State"), method="in_state", empty_label=gettext_lazy("Any")
    )
    type = filters.ChoiceFilter(
        label=gettext_lazy("Type"), field_name="job_type__code", empty_label=gettext_lazy("Any")
    )
    priority = filters.ChoiceFilter(
        label=gettext_lazy("How soon"), choices=Priority.choices, empty_label=gettext_lazy("Any")
    )
    technician = filters.ChoiceFilter(
        label=gettext_lazy("Technician"), method="of_technician", empty_label=gettext_lazy("Any")
    )
    first = filters.DateFilter(label=gettext_lazy("Visit from"), method="visited_from", widget=DayInput())
    last = filters.DateFilter(label=gettext_lazy("Visit until"), method="visited_until", widget=DayInput())
    branch = filters.ChoiceFilter(
        label=gettext_lazy("Branch"), field_name="branch__uuid", empty_label=gettext_lazy("All")
    )

    class Meta:
        model = Job
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.request.user
        self.zone = the_company().time_zone
        self._offer("state", [(UNFINISHED, _("All open")), *JobState.choices])
        self._offer("type", JobType.objects.values_list("code", "name"))
        self._offer(
            "technician",
            [
                (str(row.uuid), str(row))
                for row in Technician.objects.visible_to(user).active().select_related("user")
            ],
        )
        branches = list(Branch.objects.filter(is_active=True).visible_to(user).values_list("uuid", "name"))
        if len(branches) > 1:
            self._offer("branch", [(str(uuid), name) for uuid, name in branches])
        else:
            del self.filters["branch"]

    def _offer(self, name: str, choices: Any) -> None:
        """Choices as a list, fetched now: rendering asks the database nothing."""
        self.filters[name].extra["choices"] = list(choices)

    def in_state(self, jobs: QuerySet[Job], name: str, value: str) -> QuerySet[Job]:
        """One state, or everything that is not done."""
        return jobs.filter(state__in=JOB_UNFINISHED) if value == UNFINISHED else jobs.filter(state=value)

    def of_technician(self, jobs: QuerySet[Job], name: str, value: str) -> QuerySet[Job]:
        """Jobs with a visit of one technician."""
        return jobs.filter(pk__in=self._visits(assignments__technician__uuid=value))

    def visited_from(self, jobs: QuerySet[Job], name: str, value: date) -> QuerySet[Job]:
        """Jobs with a visit planned on this day or later."""
        return jobs.filter(pk__in=self._visits(starts_at__gte=day_in(self.zone, value)[0]))

    def visited_until(self, jobs: QuerySet[Job], name: str, value: date) -> QuerySet[Job]:
        """Jobs with a visit planned on this day or earlier."""
        return jobs.filter(pk__in=self._visits(starts_at__lt=day_in(self.zone, value)[1]))

    def _visits(self, **which: Any) -> Any:
        return Visit.objects.filter(**which).values("job_id")
