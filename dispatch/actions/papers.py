"""What the customer is handed when work on refrigerant is done."""

from __future__ import annotations

from django.db import transaction

from equipment.actions import calls_for_papers, hand_over_documents
from equipment.models import ComplianceDocument
from fsm.attribution import rooted
from fsm.clock import now as clock_now
from fsm.references import Reference

from ..models import Job, Visit


def works_of(job_id: int) -> list[Reference]:
    """The visits of a job, as what was recorded in them names them."""
    visits = Visit.objects.filter(job=job_id).order_by("sequence")
    return [Reference("visit", unique) for unique in visits.values_list("uuid", flat=True)]


def job_calls_for_papers(job_id: int) -> bool:
    """Whether refrigerant was handled, or a leak looked for or tested, in any visit of the job."""
    return calls_for_papers(works_of(job_id))


@transaction.atomic
def hand_over_papers(*, job_id: int) -> list[ComplianceDocument]:
    """Make the papers of a job's visits and e-mail them to its customer; what was sent is not sent again."""
    job = Job.objects.get(pk=job_id)
    with rooted("job", job.uuid):
        return hand_over_documents(
            works_of(job_id),
            customer_id=job.customer_id,
            about=Reference("job", job.uuid),
            job=job.number,
            now=clock_now(),
        )
