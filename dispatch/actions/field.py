"""What a technician does: field facts, each once."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import current, rooted
from fsm.events import announce
from fsm.files import reencode_image
from fsm.references import Reference
from fsm.states import NotPossible
from inventory import actions as stock
from inventory.models import Part, PlaceKind, StockPlace

from ..events import JobCompleted, VisitCompleted, VisitProgressed
from ..models import (
    Assignment,
    JobPhoto,
    PartUse,
    Signature,
    Technician,
    Visit,
)
from ..readiness import VisitFacts, what_is_missing
from ..states import (
    ASSIGNMENT_STATES,
    JOB_STATES,
    UNDER_WAY,
    VISIT_STATES,
    AssignmentState,
    JobState,
    VisitOutcome,
    VisitState,
)
from .booking import _make_visit
from .changeouts import open_recoveries, take_out
from .jobs import end_visit, write_note
from .locks import locked_assignments, locked_visit, tell_boards


@transaction.atomic
def go_en_route(visit_id: int, *, technician_id: int, now: datetime) -> Visit:
    """The technician drives off; the first one sets the visit's state and puts the job in progress."""
    visit, assignment = _locked(visit_id, technician_id)
    ASSIGNMENT_STATES.check(assignment.state, AssignmentState.EN_ROUTE)
    with rooted("job", visit.job.uuid):
        assignment.state, assignment.en_route_at = AssignmentState.EN_ROUTE, now
        assignment.save(update_fields=["state", "en_route_at"])
        _progress(visit, VisitState.EN_ROUTE)
    return visit


@transaction.atomic
def arrive(visit_id: int, *, technician_id: int, now: datetime) -> Visit:
    """The technician is on site."""
    visit, assignment = _locked(visit_id, technician_id)
    ASSIGNMENT_STATES.check(assignment.state, AssignmentState.ON_SITE)
    with rooted("job", visit.job.uuid):
        assignment.state, assignment.arrived_at = AssignmentState.ON_SITE, now
        assignment.save(update_fields=["state", "arrived_at"])
        _progress(visit, VisitState.ON_SITE)
    return visit


@transaction.atomic
def pause(visit_id: int, *, technician_id: int, now: datetime) -> Visit:
    """The technician stops for a while; with others still at work the visit goes on."""
    del now
    visit, assignment = _locked(visit_id, technician_id)
    ASSIGNMENT_STATES.check(assignment.state, AssignmentState.PAUSED)
    with rooted("job", visit.job.uuid):
        assignment.state = AssignmentState.PAUSED
        assignment.save(update_fields=["state"])
        if not visit.assignments.filter(state=AssignmentState.ON_SITE).exists():
            _progress(visit, VisitState.PAUSED)
    return visit


@transaction.atomic
def resume(visit_id: int, *, technician_id: int, now: datetime) -> Visit:
    """The technician goes on after a pause."""
    del now
    visit, assignment = _locked(visit_id, technician_id)
    if assignment.state != AssignmentState.PAUSED:
        raise NotPossible(_("Your work on this visit is not paused."))
    with rooted("job", visit.job.uuid):
        assignment.state = AssignmentState.ON_SITE
        assignment.save(update_fields=["state"])
        _progress(visit, VisitState.ON_SITE)
    return visit


@transaction.atomic
def add_photo(
    visit_id: int,
    *,
    uuid: uuids.UUID,
    data: bytes,
    now: datetime,
    caption: str = "",
    taken_at: datetime | None = None,
) -> JobPhoto:
    """Keep a photo: the received bytes hashed, the picture re-encoded. Refuses what is not a photo."""
    visit = locked_visit(visit_id)
    standing = JobPhoto.objects.filter(uuid=uuid).first()
    if standing is not None:
        return standing
    picture = reencode_image(data)
    who = current()
    with rooted("job", visit.job.uuid):
        photo = JobPhoto(
            uuid=uuid,
            job=visit.job,
            visit=visit,
            received_sha256=picture.sha256_received,
            caption=caption.strip()[:200],
            author_id=who.user_id,
            author_name=who.actor_name,
            taken_at=taken_at,
            received_at=now,
        )
        photo.file.save(f"{uuids.uuid4().hex}.{picture.extension}", ContentFile(picture.data), save=False)
        photo.width, photo.height = picture.width, picture.height
        photo.save()
    return photo


@transaction.atomic
def use_part(
    visit_id: int,
    *,
    uuid: uuids.UUID,
    part_id: int,
    quantity: Decimal,
    technician_id: int,
    now: datetime,
    place_id: int | None = None,
) -> PartUse:
    """Say that a part was used: set aside now, it leaves at completion. One not on the truck is flagged."""
    visit, assignment = _locked(visit_id, technician_id)
    standing = PartUse.objects.filter(uuid=uuid).first()
    if standing is not None:
        return standing
    _refuse_unless_open(visit)
    part = Part.objects.filter(pk=part_id).first()
    if part is None:
        raise NotPossible(_("There is no such part."), field="part")
    from_place = place_id or place_of_parts(assignment.technician)
    if from_place is None:
        raise NotPossible(
            _("%(name)s has no truck, and there is no warehouse to take parts from.")
            % {"name": assignment.technician}
        )
    with rooted("job", visit.job.uuid):
        reserved = stock.reserve(
            uuid=uuid,
            place_id=from_place,
            part_id=part.pk,
            quantity=quantity,
            cause=Reference("visit", visit.uuid),
        )
        return PartUse.objects.create(
            uuid=uuid,
            job=visit.job,
            visit=visit,
            part=part,
            place_id=from_place,
            quantity=quantity,
            reservation=reserved.reservation,
            was_short=reserved.short_by > 0,
            said_at=now,
        )


@transaction.atomic
def take_back_part(use_uuid: uuids.UUID, *, visit_id: int, now: datetime) -> PartUse:
    """The part was not used after all; possible until the visit is complete."""
    del now
    visit = locked_visit(visit_id)
    _refuse_unless_open(visit)
    use = visit.part_uses.select_for_update(no_key=True).filter(uuid=use_uuid).first()
    if use is None:
        raise NotPossible(_("This part is not on the visit."))
    with rooted("job", visit.job.uuid):
        stock.release(use.reservation_id)
        use.is_removed = True
        use.save(update_fields=["is_removed"])
    return use


@transaction.atomic
def sign(visit_id: int, *, uuid: uuids.UUID, signer: str, png: bytes, now: datetime) -> Signature:
    """Keep the customer's signature; a second one replaces nothing and is refused."""
    visit = locked_visit(visit_id)
    standing = Signature.objects.filter(visit=visit).first()
    if standing is not None:
        if standing.uuid == uuid:
            return standing
        raise NotPossible(_("%(name)s has already signed for this visit.") % {"name": standing.signer})
    _refuse_unless_open(visit)
    if not signer.strip():
        raise NotPossible(_("Enter the name of the person who signed."), field="signer")
    picture = reencode_image(png, longest=1200, keep_png=True)
    with rooted("job", visit.job.uuid):
        signature = Signature(
            uuid=uuid,
            job=visit.job,
            visit=visit,
            signer=signer.strip()[:120],
            received_sha256=picture.sha256_received,
            signed_at=now,
        )
        signature.file.save(f"{uuids.uuid4().hex}.png", ContentFile(picture.data), save=False)
        signature.save()
    return signature


@transaction.atomic
def complete_visit(
    visit_id: int,
    *,
    technician_id: int,
    now: datetime,
    outcome: str = VisitOutcome.COMPLETE,
    note: str = "",
    no_signature_because: str = "",
    parts_confirmed: bool = False,
    taken_out: Mapping[uuids.UUID, str] | None = None,
) -> Visit:
    """The technician is done. The last one out ends the visit; its parts leave the stock with it, once.

    `complete` completes the job when no other visit is open; `return_needed` puts a follow-up visit on the
    same job into the tray. Refuses while something is missing, naming it. `taken_out` tells what became of
    the units of a change-out, see `take_out`.
    """
    visit, assignment = _locked(visit_id, technician_id)
    if visit.state == VisitState.DONE:
        raise NotPossible(_("This visit is already complete."))
    ASSIGNMENT_STATES.check(assignment.state, AssignmentState.DONE)
    with rooted("job", visit.job.uuid):
        visit.no_signature_because = no_signature_because.strip()[:200] or visit.no_signature_because
        visit.parts_confirmed = parts_confirmed or visit.parts_confirmed
        others_at_work = visit.assignments.filter(
            state__in=[AssignmentState.EN_ROUTE, AssignmentState.ON_SITE, AssignmentState.PAUSED]
        ).exclude(pk=assignment.pk)
        if not others_at_work.exists():
            _refuse_unless_ready(visit, VisitOutcome(outcome))
        if note.strip():
            write_note(visit.job_id, body=note, now=now, visit_id=visit.pk)
        assignment.state, assignment.done_at = AssignmentState.DONE, now
        assignment.save(update_fields=["state", "done_at"])
        if others_at_work.exists():
            visit.version += 1
            visit.save(update_fields=["no_signature_because", "parts_confirmed", "version"])
            tell_boards(visit)
        else:
            if taken_out and outcome == VisitOutcome.COMPLETE:
                take_out(visit.job, taken_out, now=now)
            _end_work(visit, VisitOutcome(outcome), note, now)
    return visit


@transaction.atomic
def report_no_access(visit_id: int, *, technician_id: int, because: str, now: datetime) -> Visit:
    """Nobody let the technician in: the visit ends, a new one waits in the tray, parts are released."""
    visit, _assignment = _locked(visit_id, technician_id)
    if not because.strip():
        raise NotPossible(_("Say what happened at the door."), field="because")
    with rooted("job", visit.job.uuid):
        visit.outcome_note = because.strip()[:300]
        visit.save(update_fields=["outcome_note"])
        end_visit(visit, VisitState.NO_SHOW)
        write_note(visit.job_id, body=because, now=now, visit_id=visit.pk)
        _follow_up(visit)
        announce(VisitProgressed(visit_id=visit.pk, state=visit.state))
    return visit


def place_of_parts(technician: Technician) -> int | None:
    """Where a technician's parts come from: the truck, else the branch's warehouse."""
    if technician.truck_id:
        return technician.truck_id
    warehouses = StockPlace.objects.filter(kind=PlaceKind.WAREHOUSE, is_active=True).order_by("pk")
    ours = warehouses.filter(branch=technician.branch_id).values_list("pk", flat=True).first()
    return ours or warehouses.values_list("pk", flat=True).first()


def visit_facts(visit: Visit) -> VisitFacts:
    """What the completion rule asks about a visit."""
    job_type = visit.job.job_type
    return VisitFacts(
        has_arrived=visit.assignments.filter(arrived_at__isnull=False).exists(),
        open_checks=tuple(
            check.text for check in visit.checks.all() if check.is_required and not check.is_answered
        ),
        needs_photo=job_type.needs_photo,
        photos=visit.photos.count(),
        needs_signature=job_type.needs_signature,
        is_signed=Signature.objects.filter(visit=visit).exists(),
        no_signature_because=visit.no_signature_because,
        parts=visit.part_uses.filter(is_removed=False).count(),
        parts_confirmed=visit.parts_confirmed,
        open_recoveries=open_recoveries(visit.job),
    )


def missing_sentence(key: str, detail: str = "") -> str:
    """What a technician reads about one missing thing."""
    return {
        "arrival": _("Tap “On site” first."),
        "check": _("Answer “%(text)s”.") % {"text": detail},
        "photo": _("Take at least one photo."),
        "recovery": _("Record what was recovered from %(circuit)s for disposal, or why nothing came.")
        % {"circuit": detail or _("the unit that is taken out")},
        "parts": _("Add the parts used, or confirm that none were."),
        "signature": _("Get a signature, or say why there is none."),
    }[key]


def _locked(visit_id: int, technician_id: int) -> tuple[Visit, Assignment]:
    """The visit and the technician's own assignment on it, locked."""
    visit = locked_visit(visit_id)
    for assignment in locked_assignments(visit):
        if assignment.technician_id == technician_id:
            return visit, assignment
    raise NotPossible(_("This visit was given to somebody else. What you did is kept here; call the office."))


def _refuse_unless_open(visit: Visit) -> None:
    if visit.state not in VISIT_STATES.open():
        raise NotPossible(
            _("This visit is %(state)s; nothing more can be added.")
            % {"state": visit.get_state_display().lower()}
        )


def _refuse_unless_ready(visit: Visit, outcome: VisitOutcome) -> None:
    missing = what_is_missing(visit_facts(visit))
    if outcome == VisitOutcome.RETURN_NEEDED:  # the rest is done next time
        missing = [item for item in missing if item.key == "arrival"]
    if missing:
        raise NotPossible(" ".join(missing_sentence(item.key, item.detail) for item in missing[:3]))


def _progress(visit: Visit, state: VisitState) -> None:
    """Set the visit's state where it moves on, put the job in progress, tell everybody."""
    if visit.state != state and VISIT_STATES.allows(visit.state, state):
        visit.state = state
    visit.version += 1
    visit.save(update_fields=["state", "version"])
    job = visit.job
    if job.state in (JobState.BOOKED, JobState.SCHEDULED, JobState.ON_HOLD):
        JOB_STATES.check(job.state, JobState.IN_PROGRESS)
        job.state, job.hold_reason, job.follow_up_on = JobState.IN_PROGRESS, "", None
        job.version += 1
        job.save(update_fields=["state", "hold_reason", "follow_up_on", "version"])
    announce(VisitProgressed(visit_id=visit.pk, state=visit.state))
    tell_boards(visit)


def _end_work(visit: Visit, outcome: VisitOutcome, note: str, now: datetime) -> None:
    VISIT_STATES.check(visit.state, VisitState.DONE)
    visit.state, visit.outcome, visit.outcome_note = VisitState.DONE, outcome, note.strip()[:300]
    visit.version += 1
    visit.save(
        update_fields=[
            "state",
            "outcome",
            "outcome_note",
            "no_signature_because",
            "parts_confirmed",
            "version",
        ]
    )
    for left_behind in visit.assignments.filter(state=AssignmentState.ASSIGNED):
        left_behind.state = AssignmentState.RELEASED
        left_behind.save(update_fields=["state"])
    stock.use_reserved(Reference("visit", visit.uuid), now=now)
    announce(VisitCompleted(visit_id=visit.pk))
    if outcome == VisitOutcome.RETURN_NEEDED:
        _follow_up(visit)
    else:
        _complete_job(visit, now)
    tell_boards(visit)


def _follow_up(visit: Visit) -> None:
    """A visit to be scheduled on the same job, and the job back among those to schedule."""
    job = visit.job
    last = job.visits.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    following = _make_visit(job, sequence=last + 1, window=None, minutes=None)
    if job.state in (JobState.IN_PROGRESS, JobState.SCHEDULED):
        job.state = JobState.BOOKED
        job.version += 1
        job.save(update_fields=["state", "version"])
    tell_boards(following)


def _complete_job(visit: Visit, now: datetime) -> None:
    """Complete the job unless another visit is under way; visits that were only planned are unused."""
    job = visit.job
    open_visits = list(
        job.visits.select_for_update(no_key=True).filter(state__in=VISIT_STATES.open()).order_by("pk")
    )
    if any(other.state in UNDER_WAY for other in open_visits):
        return
    for other in open_visits:
        end_visit(other, VisitState.UNUSED)
    JOB_STATES.check(job.state, JobState.WORK_COMPLETE)
    job.state, job.completed_at = JobState.WORK_COMPLETE, now
    job.version += 1
    job.save(update_fields=["state", "completed_at", "version"])
    announce(JobCompleted(job_id=job.pk))
