"""From a call to a job in the tray."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from customers.actions import hold_customer
from customers.models import Contact, Customer, Site
from equipment.models import Unit
from fsm.attribution import rooted
from fsm.counters import take_one
from fsm.events import announce
from fsm.history import insert_with_history
from fsm.states import NotPossible

from ..events import JobBooked
from ..models import Job, JobType, JobUnit, Priority, Visit, VisitCheck
from ..states import JOB_STATES, JobState, VisitState
from .locks import check_version, locked_job, locked_visit, tell_boards

Window = tuple[datetime, datetime]
EDITABLE = ("summary", "instructions", "priority", "po_number", "contact_id")


@transaction.atomic
def book_job(
    *,
    uuid: uuids.UUID,
    customer_id: int,
    site_id: int,
    job_type_id: int,
    summary: str,
    now: datetime,
    priority: int | None = None,
    instructions: str = "",
    contact_id: int | None = None,
    bill_to_id: int | None = None,
    unit_ids: Iterable[int] = (),
    window: Window | None = None,
    minutes: int | None = None,
    po_number: str = "",
) -> Job:
    """A numbered job with its first visit in the tray, its checklist attached; the same uuid is the same job.

    Refuses a customer we do not serve, a site or unit that is not theirs, a window that ends too early.
    """
    customer = hold_customer(customer_id)
    standing = Job.objects.filter(uuid=uuid).first()
    if standing is not None:
        return standing
    site = Site.objects.get(pk=site_id)
    _refuse_booking(customer, site, window)
    job_type = JobType.objects.get(pk=job_type_id)
    units = list(Unit.objects.filter(pk__in=set(unit_ids)))
    if any(unit.site_id != site.pk for unit in units):
        raise NotPossible(
            _("One of the units stands at another address. Choose units of this site."), field="units"
        )
    if contact_id and not Contact.objects.filter(pk=contact_id, customer=customer).exists():
        raise NotPossible(_("This contact belongs to another customer."), field="contact")
    with rooted("job", uuid):
        job = Job.objects.create(
            uuid=uuid,
            number=take_one("job"),
            customer=customer,
            site=site,
            bill_to_id=bill_to_id or customer.bill_to_id or customer.pk,
            contact_id=contact_id,
            branch_id=site.branch_id,
            job_type=job_type,
            priority=Priority(priority or job_type.default_priority),
            summary=summary,
            instructions=instructions,
            po_number=po_number,
            created_at=now,
        )
        insert_with_history([JobUnit(job=job, unit=unit) for unit in units])
        visit = _make_visit(job, sequence=1, window=window, minutes=minutes)
        announce(JobBooked(job_id=job.pk))
        tell_boards(visit)
    return job


@transaction.atomic
def add_visit(
    job_id: int,
    *,
    now: datetime,
    window: Window | None = None,
    minutes: int | None = None,
    uuid: uuids.UUID | None = None,
) -> Visit:
    """One more visit on an open job, in the tray; the same uuid is the same visit."""
    del now
    job = locked_job(job_id)
    standing = job.visits.filter(uuid=uuid).first() if uuid else None
    if standing is not None:
        return standing
    if job.state not in JOB_STATES.open() - {JobState.WORK_COMPLETE, JobState.CLOSED}:
        raise NotPossible(
            _("Job %(job)s is %(state)s; reopen it before adding a visit.")
            % {"job": job.number, "state": job.get_state_display().lower()}
        )
    _refuse_window(window)
    with rooted("job", job.uuid):
        last = job.visits.aggregate(last=Max("sequence"))["last"] or 0
        visit = _make_visit(job, sequence=last + 1, window=window, minutes=minutes, uuid=uuid)
        tell_boards(visit)
    return visit


@transaction.atomic
def change_window(visit_id: int, *, window: Window | None, version: int, now: datetime) -> Visit:
    """Promise the customer another arrival window; the planned time stays."""
    del now
    visit = locked_visit(visit_id)
    check_version(visit, version, {"window_start": visit.window_start, "window_end": visit.window_end})
    _refuse_window(window)
    visit.window_start, visit.window_end = window or (None, None)
    with rooted("job", visit.job.uuid):
        visit.version += 1
        visit.save(update_fields=["window_start", "window_end", "version"])
        tell_boards(visit)
    return visit


@transaction.atomic
def edit_job(job_id: int, *, version: int, now: datetime, **changes: Any) -> Job:
    """Change what was noted at booking: summary, instructions, priority, po_number, contact_id."""
    del now
    job = locked_job(job_id)
    check_version(job, version, {name: getattr(job, name) for name in EDITABLE})
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise TypeError(f"edit_job does not change {', '.join(sorted(unknown))}")
    if job.state in JOB_STATES.final():
        raise NotPossible(_("Job %(job)s is over and stays as it was.") % {"job": job.number})
    for name, value in changes.items():
        setattr(job, name, value)
    with rooted("job", job.uuid):
        job.version += 1
        job.save(update_fields=[*changes, "version"])
        for visit in job.visits.filter(state__in=[VisitState.UNSCHEDULED, VisitState.SCHEDULED]):
            tell_boards(visit)
    return job


def _refuse_booking(customer: Customer, site: Site, window: Window | None) -> None:
    if customer.do_not_service:
        raise NotPossible(
            _("We do not serve %(name)s: %(why)s")
            % {"name": customer.name, "why": customer.do_not_service_reason}
        )
    if not customer.is_active:
        raise NotPossible(_("%(name)s is not active any more.") % {"name": customer.name})
    if site.customer_id != customer.pk:
        raise NotPossible(_("This address belongs to another customer."), field="site")
    _refuse_window(window)


def _refuse_window(window: Window | None) -> None:
    if window and window[1] <= window[0]:
        raise NotPossible(_("The arrival window must end after it starts."), field="window")


def _make_visit(
    job: Job,
    *,
    sequence: int,
    window: Window | None,
    minutes: int | None,
    uuid: uuids.UUID | None = None,
) -> Visit:
    start, end = window or (None, None)
    visit = Visit.objects.create(
        uuid=uuid or uuids.uuid4(),
        job=job,
        sequence=sequence,
        window_start=start,
        window_end=end,
        minutes=minutes or job.job_type.minutes,
    )
    checklist = job.job_type.checklist
    if checklist:
        insert_with_history(
            [
                VisitCheck(
                    visit=visit,
                    position=item.position,
                    text=item.text,
                    kind=item.kind,
                    unit=item.unit,
                    reading_key=item.reading_key,
                    is_required=item.is_required,
                )
                for item in checklist.items.all()
            ]
        )
    return visit
