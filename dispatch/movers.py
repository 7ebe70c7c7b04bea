"""Jobs go over when their customer is merged into another; open ones stand in the way of selling a site."""

from __future__ import annotations

from typing import Any

from customers.movers import moves, stays
from customers.selling import plans_work
from equipment.services import plans_work_on_units

from .models import Job
from .states import JOB_UNFINISHED

moves(Job, "customer")
moves(Job, "bill_to")
moves(Job, "site")
stays(Job, "contact", because="contacts move whole, with what hangs on them")


@plans_work
def open_jobs(site: Any) -> list[str]:
    """Jobs at a site whose work is not done: where it is sold, they stay with who ordered them."""
    rows = Job.objects.filter(site=site, state__in=JOB_UNFINISHED).order_by("created_at", "pk")
    return list(rows.values_list("number", flat=True)[:10])


@plans_work_on_units
def open_jobs_on(unit: Any) -> list[str]:
    """Jobs about a unit whose work is not done: where it moves, they stay at the site they are for."""
    rows = Job.objects.filter(units__unit=unit, state__in=JOB_UNFINISHED).order_by("created_at", "pk")
    return list(rows.values_list("number", flat=True)[:10])
