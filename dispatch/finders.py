"""Jobs in the search over everything."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from fsm.finders import Hit, finder
from fsm.permissions import May
from fsm.querysets import by_number

from .models import Job


@finder(order=30, may=May.SEE_JOBS)
def find_jobs(query: str, user: Any, limit: int) -> list[Hit]:
    """Jobs by number, with or without its letter, or by PO number; the newest first."""
    wanted = Q(number__startswith=query.upper())  # an index answers; numbers are in capitals
    if any(letter.isdigit() for letter in query):
        wanted |= Q(po_number__istartswith=query) & ~Q(po_number="")
    found = by_number(Job.objects.visible_to(user), [query.upper(), f"J{query}"], wanted)
    jobs = found.select_related("customer", "site", "job_type")
    return [
        Hit(
            _("Job"),
            f"{job.number} {job.customer.name}",
            f"{job.get_state_display()} · {job.job_type.name} · {job.site.one_line}",
            reverse("dispatch:job", args=[job.uuid]),
        )
        for job in jobs.order_by("-created_at")[:limit]
    ]
