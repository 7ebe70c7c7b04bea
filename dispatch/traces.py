"""What a job's chain stands on, and which chain a visit or photo belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Model

from fsm.trace import origins, roots

from .models import Job


@origins("job")
def origins_of(job_uuid: UUID) -> Iterable[Model]:
    """The customer, site and contact as they were made, and the units the job is about."""
    job = Job.objects.select_related("customer", "site", "contact", "bill_to").filter(uuid=job_uuid).first()
    if job is None:
        return []
    things: list[Model] = [job.customer, job.site]
    if job.bill_to_id != job.customer_id:
        things.append(job.bill_to)
    if job.contact is not None:
        things.append(job.contact)
    return [*things, *(link.unit for link in job.units.select_related("unit").order_by("pk"))]


@roots("visit")
def root_of_visit(visit: Any) -> str:
    """A visit belongs to its job's chain."""
    return f"job:{visit.job.uuid}"


@roots("photo")
def root_of_photo(photo: Any) -> str:
    """A photo belongs to its job's chain."""
    return f"job:{photo.job.uuid}"
