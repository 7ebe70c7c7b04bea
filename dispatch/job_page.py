"""One job whole: its visits with who, when and what was found, in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from customers.approvers import who_approves
from customers.phones import format_us
from equipment.models import RefrigerantRecord, Unit
from fsm.clock import local, today_in

from .job_lines import is_overdue, when
from .models import Assignment, CheckAnswer, Job, JobNote, JobPhoto, PartUse, Signature, Visit, VisitCheck
from .states import (
    ASSIGNMENT_HOLDING,
    JOB_STATES,
    VISIT_STATES,
    AssignmentState,
    JobState,
    VisitState,
)


@dataclass(frozen=True)
class Person:
    """One technician on a visit, with their own times on the site's clock."""

    assignment: Assignment
    en_route: datetime | None
    arrived: datetime | None
    done: datetime | None


@dataclass
class VisitPart:
    """One visit as its section shows it."""

    visit: Visit
    when: str
    is_overdue: bool
    people: list[Person]
    checks: list[VisitCheck]
    parts: list[PartUse]
    refrigerant: list[RefrigerantRecord]
    signature: Signature | None
    may_change_window: bool
    may_complete: bool

    @property
    def attention(self) -> int:
        """How many lines of the checklist need attention."""
        return sum(check.answer == CheckAnswer.ATTENTION for check in self.checks)

    @property
    def answered(self) -> int:
        """How many lines of the checklist have an answer."""
        return sum(check.is_answered for check in self.checks)


@dataclass(frozen=True)
class Steps:
    """What the state table allows next; a button that it forbids is not shown."""

    edit: bool
    add_visit: bool
    hold: bool
    resume: bool
    cancel: bool
    close: bool
    reopen: bool


@dataclass(frozen=True)
class JobPart:
    """The whole page's facts."""

    job: Job
    zone: str
    steps: Steps
    visits: list[VisitPart]
    units: list[Unit]
    notes: list[JobNote]
    photos: list[JobPhoto]
    contact_phones: list[tuple[str, str, str]] = field(default_factory=list)
    approvers: list[str] = field(default_factory=list)


def steps_of(job: Job, visits: list[Visit]) -> Steps:
    """What may follow for a job with these visits; the actions ask again."""
    some_open = any(VisitState(visit.state) in VISIT_STATES.open() for visit in visits)
    under_way = any(visit.is_under_way for visit in visits)
    return Steps(
        edit=JobState(job.state) in JOB_STATES.open(),
        add_visit=job.is_unfinished,
        hold=JOB_STATES.allows(job.state, JobState.ON_HOLD),
        resume=job.state == JobState.ON_HOLD,
        cancel=JOB_STATES.allows(job.state, JobState.CANCELLED) and not under_way,
        close=JOB_STATES.allows(job.state, JobState.CLOSED) and not some_open,
        reopen=job.state in (JobState.WORK_COMPLETE, JobState.CLOSED),
    )


def job_whole(job: Job, now: datetime) -> JobPart:
    """Everything about a job that was fetched with customer, site, contact, bill_to, branch and job_type."""
    zone = job.site.time_zone
    rows = list(job.visits.order_by("sequence").prefetch_related(*_prefetches()))
    for visit in rows:
        visit.job = job
    refrigerant: dict[Any, list[RefrigerantRecord]] = {}
    records = RefrigerantRecord.objects.filter(
        work_kind="visit", work_uuid__in=[visit.uuid for visit in rows]
    )
    for record in records.select_related("circuit__unit", "circuit__refrigerant").order_by("happened_at"):
        refrigerant.setdefault(record.work_uuid, []).append(record)
    return JobPart(
        job=job,
        zone=zone,
        steps=steps_of(job, rows),
        visits=[_visit_part(visit, zone, refrigerant.get(visit.uuid, []), now) for visit in rows],
        units=[link.unit for link in job.units.select_related("unit__maker").order_by("pk")],
        notes=list(job.notes.order_by("-written_at", "-pk")),
        photos=list(job.photos.order_by("received_at", "pk")),
        contact_phones=[
            (phone.e164, format_us(phone.e164), phone.label)
            for phone in (job.contact.phones.all() if job.contact else [])
        ],
        approvers=who_approves(job.site_id, on=today_in(zone, now)),
    )


def _prefetches() -> list[Any]:
    assigned = Assignment.objects.exclude(state=AssignmentState.RELEASED).select_related("technician__user")
    return [
        Prefetch("assignments", assigned.order_by("-role", "pk"), to_attr="people"),
        Prefetch("checks", VisitCheck.objects.all(), to_attr="all_checks"),
        Prefetch(
            "part_uses",
            PartUse.objects.filter(is_removed=False).select_related("part", "place"),
            to_attr="uses",
        ),
        Prefetch("signature", Signature.objects.all()),
    ]


def _visit_part(visit: Any, zone: str, refrigerant: list[RefrigerantRecord], now: datetime) -> VisitPart:
    still_open = VisitState(visit.state) in VISIT_STATES.open()
    holding = any(row.state in ASSIGNMENT_HOLDING for row in visit.people)
    return VisitPart(
        visit=visit,
        when=when(visit, zone, now),
        is_overdue=is_overdue(visit, now),
        people=[_person(row, zone) for row in visit.people],
        checks=visit.all_checks,
        parts=visit.uses,
        refrigerant=refrigerant,
        signature=getattr(visit, "signature", None),
        may_change_window=still_open and not visit.is_under_way,
        may_complete=still_open and holding and visit.job.state != JobState.ON_HOLD,
    )


def _person(row: Assignment, zone: str) -> Person:
    times = [local(at, zone) if at else None for at in (row.en_route_at, row.arrived_at, row.done_at)]
    return Person(row, *times)
