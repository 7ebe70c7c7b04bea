"""What the technician's pages show: the day, one visit, and each part of its work, fetched whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Contact, PhoneNumber, Site
from customers.phones import format_us
from equipment.models import LeakCase, RefrigerantRecord, Unit, UnitStatus
from fsm.clock import day_in, local, today_in
from fsm.money import QuantityField
from inventory.models import Part, Reservation, ReservationState, StockLevel

from .actions.field import missing_sentence, visit_facts
from .models import Assignment, Job, JobNote, JobPhoto, PartUse, Signature, Technician, Visit, VisitCheck
from .readiness import Missing, what_is_missing
from .states import (
    ASSIGNMENT_HOLDING,
    VISIT_STATES,
    AssignmentState,
    VisitOutcome,
    VisitState,
)
from .windows import in_words

DAYS_AHEAD = 6
LAST_VISITS = 5
PARTS_SHOWN = 30
OWN_STATES = (AssignmentState.EN_ROUTE, AssignmentState.ON_SITE, AssignmentState.PAUSED, AssignmentState.DONE)
# The page where each missing thing is mended; parts and signature also on the completion page itself.
MENDED_AT = {
    "arrival": "dispatch:phone-visit",
    "check": "dispatch:phone-checklist",
    "photo": "dispatch:phone-photos",
    "recovery": "dispatch:phone-refrigerant",
    "parts": "dispatch:phone-parts",
    "signature": "dispatch:phone-signature",
}


# The day --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """One visit as a line of the day: its times in words, on the site's clock."""

    visit: Visit
    state: str
    label: str
    starts: str
    half: str
    window: str
    day: str
    is_over: bool
    is_next: bool

    @property
    def where(self) -> str:
        """The town, with the street where there is none."""
        return self.visit.job.site.city or self.visit.job.site.street


@dataclass(frozen=True)
class DayPlan:
    """A technician's day in the planned order, with what is still open from before and what comes."""

    day: date
    earlier: list[Stop]
    today: list[Stop]
    tomorrow: list[Stop]
    later: list[Stop]

    @property
    def left(self) -> int:
        """How many of today's visits are still to be done."""
        return sum(not stop.is_over for stop in self.today)


def technician_of(user: Any) -> Technician | None:
    """The person's row on the board, with truck and branch; None for somebody the office has not set up."""
    return Technician.objects.filter(user=user).select_related("user", "branch", "truck").first()


def read_day(technician: Technician, now: datetime) -> DayPlan:
    """The technician's visits: those of today, the open ones of earlier days, and the next days."""
    zone = technician.branch.time_zone
    today = today_in(zone, now)
    start, end = day_in(zone, today)
    next_end = day_in(zone, today + timedelta(days=1))[1]
    rows = list(_planned(technician, start, day_in(zone, today + timedelta(days=DAYS_AHEAD))[1]))
    coming = next((row.pk for row in _by_urgency(rows, start, end)), None)
    stops = [(row, _stop(row, is_next=row.pk == coming)) for row in rows]
    return DayPlan(
        day=today,
        earlier=[stop for row, stop in stops if row.starts_at < start],
        today=[stop for row, stop in stops if start <= row.starts_at < end],
        tomorrow=[stop for row, stop in stops if end <= row.starts_at < next_end],
        later=[stop for row, stop in stops if row.starts_at >= next_end],
    )


def next_stop(technician: Technician, now: datetime, *, after: Visit) -> Stop | None:
    """Where the technician goes next today, the visit they are at aside."""
    zone = technician.branch.time_zone
    start, end = day_in(zone, today_in(zone, now))
    rows = [row for row in _planned(technician, start, end) if row.visit_id != after.pk]
    return next((_stop(row, is_next=True) for row in _by_urgency(rows, start, end)), None)


def _planned(technician: Technician, start: datetime, until: datetime) -> QuerySet[Assignment]:
    """Assignments from `start` until `until`, and earlier ones that still hold; a closed door is kept."""
    went_in_vain = Q(visit__state=VisitState.NO_SHOW) & (
        Q(en_route_at__isnull=False) | Q(arrived_at__isnull=False)
    )
    holds = Q(state__in=ASSIGNMENT_HOLDING, visit__state__in=VISIT_STATES.open())
    return (
        Assignment.objects.filter(technician=technician, starts_at__lt=until)
        .filter(~Q(state=AssignmentState.RELEASED) | went_in_vain)
        .filter(Q(starts_at__gte=start) | holds)
        .select_related("visit__job__customer", "visit__job__site", "visit__job__job_type")
        .order_by("starts_at", "pk")
    )


def _by_urgency(rows: Iterable[Assignment], start: datetime, end: datetime) -> list[Assignment]:
    """What is under way first, then today's in order, then what was left from earlier days."""
    still_open = [row for row in rows if row.state in ASSIGNMENT_HOLDING and row.starts_at < end]
    return sorted(
        still_open,
        key=lambda row: (row.state == AssignmentState.ASSIGNED, row.starts_at < start, row.starts_at),
    )


def _stop(row: Assignment, *, is_next: bool) -> Stop:
    visit, zone = row.visit, row.visit.job.site.time_zone
    state, label = own_state(row, visit)
    start = local(row.starts_at, zone)
    return Stop(
        visit=visit,
        state=state,
        label=label,
        starts=f"{start.hour % 12 or 12}:{start.minute:02d}",
        half="am" if start.hour < 12 else "pm",
        window=_window(visit, zone),
        day=date_format(start, "D, M j"),
        is_over=row.state not in ASSIGNMENT_HOLDING or visit.state not in VISIT_STATES.open(),
        is_next=is_next,
    )


def own_state(row: Assignment | None, visit: Visit) -> tuple[str, str]:
    """How far this technician is, as a state with its word: of several people each has their own."""
    if visit.outcome == VisitOutcome.RETURN_NEEDED:
        return visit.outcome, visit.get_outcome_display()
    if row is not None and row.state in OWN_STATES:
        return row.state, row.get_state_display()
    return visit.state, visit.get_state_display()


def _window(visit: Visit, zone: str) -> str:
    if visit.window_start is None or visit.window_end is None:
        return ""
    return in_words(visit.window_start, visit.window_end, zone)


# One visit ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """A visit with this technician's own part in it; what every page of the visit begins with."""

    visit: Visit
    technician: Technician
    mine: Assignment | None
    others: list[Assignment]
    now: datetime

    @property
    def job(self) -> Job:
        """Why we come."""
        return self.visit.job

    @property
    def site(self) -> Site:
        """Where to."""
        return self.visit.job.site

    @property
    def zone(self) -> str:
        """The site's wall clock."""
        return self.site.time_zone

    @property
    def state(self) -> str:
        """How far this technician is."""
        return own_state(self.mine, self.visit)[0]

    @property
    def state_label(self) -> str:
        """The word for it."""
        return own_state(self.mine, self.visit)[1]

    @property
    def is_open(self) -> bool:
        """Whether this technician may still do something here."""
        return (
            self.mine is not None
            and self.mine.state in ASSIGNMENT_HOLDING
            and self.visit.state in VISIT_STATES.open()
        )

    @property
    def is_at_work(self) -> bool:
        """Whether this technician is there, at work or pausing: then the work comes first on the page."""
        at_work = (AssignmentState.ON_SITE, AssignmentState.PAUSED)
        return self.is_open and self.mine is not None and self.mine.state in at_work

    @property
    def is_done(self) -> bool:
        """Whether this technician has completed their part."""
        return self.mine is not None and self.mine.state == AssignmentState.DONE

    @property
    def lost_because(self) -> str:
        """Why a visit that was this technician's is not any more; "" while it is."""
        if self.visit.state == VisitState.NO_SHOW:
            return _("Nobody let you in. The office books a new visit.")
        if self.visit.state == VisitState.CANCELLED:
            return _("This visit was cancelled. %(why)s") % {"why": self.visit.cancelled_because}
        if self.visit.state == VisitState.UNUSED:
            return _("This visit is not needed any more: the job was finished before.")
        if self.mine is not None:
            return ""
        if self.visit.state == VisitState.UNSCHEDULED:
            return _("The office took this visit off your day.")
        return _("This visit was given to somebody else.")

    @property
    def still_at_work(self) -> list[Assignment]:
        """Others who are not done yet."""
        return [row for row in self.others if row.state in OWN_STATES and row.state != AssignmentState.DONE]

    @property
    def shows_access(self) -> bool:
        """Whether gate code and access notes may be on this phone: see `may_see_access`."""
        return self.is_open and may_see_access(self.visit.starts_at, self.zone, self.now)

    @property
    def when(self) -> str:
        """The planned day and time in words."""
        visit = self.visit
        if visit.starts_at is None or visit.ends_at is None:
            return ""
        start = local(visit.starts_at, self.zone)
        times = in_words(visit.starts_at, visit.ends_at, self.zone)
        if start.date() == today_in(self.zone, self.now):
            return times
        return f"{date_format(start, 'D, M j')}, {times}"

    @property
    def window(self) -> str:
        """What the customer was promised, in words."""
        return _window(self.visit, self.zone)


def may_see_access(starts_at: datetime | None, zone: str, now: datetime) -> bool:
    """Gate codes and access notes: for visits planned today and tomorrow, on the site's clock, only."""
    if starts_at is None:
        return False
    return local(starts_at, zone).date() - today_in(zone, now) in (timedelta(0), timedelta(days=1))


def read_work(user: Any, visit_uuid: UUID, now: datetime) -> Work:
    """The visit with this technician's part in it; raises Visit.DoesNotExist for one that is not theirs."""
    visit = (
        Visit.objects.visible_to(user)
        .select_related("job__customer", "job__site", "job__job_type", "job__contact")
        .get(uuid=visit_uuid)
    )
    technician = technician_of(user)
    if technician is None:
        raise Visit.DoesNotExist
    rows = list(
        Assignment.objects.filter(visit=visit)
        .exclude(state=AssignmentState.RELEASED)
        .select_related("technician__user")
        .order_by("-role", "pk")
    )
    return Work(
        visit=visit,
        technician=technician,
        mine=next((row for row in rows if row.technician_id == technician.pk), None),
        others=[row for row in rows if row.technician_id != technician.pk],
        now=now,
    )


def read_former(user: Any, visit_uuid: UUID) -> Visit | None:
    """A visit that was this technician's before the office gave it to somebody else; None for any other."""
    technician = technician_of(user)
    if technician is None:
        return None
    theirs = Assignment.history.filter(visit__uuid=visit_uuid, technician_id=technician.pk)
    if not theirs.exists():
        return None
    return Visit.objects.select_related("job__customer").filter(uuid=visit_uuid).first()


@dataclass(frozen=True)
class Reach:
    """A number to tap."""

    name: str
    label: str
    href: str
    text: str


@dataclass(frozen=True)
class Task:
    """One part of the work: how far it is and where it is done."""

    key: str
    sign: str
    title: str
    detail: str
    is_done: bool
    url_name: str


@dataclass(frozen=True)
class PastVisit:
    """A visit that is over, in a line or two."""

    visit: Visit
    day: str
    who: str
    note: str


@dataclass(frozen=True)
class Overview:
    """What the visit's first page shows beside the visit itself."""

    phones: list[Reach]
    tasks: list[Task]
    units: list[Unit]
    about: set[int]
    last_visits: list[PastVisit]
    leaks: list[LeakCase]


def read_overview(work: Work) -> Overview:
    """Whom to call, what is to be done, what is installed here and what was done before."""
    n, signer = _counted(work.visit)
    return Overview(
        phones=_phones(work.job),
        tasks=_tasks(work, n, signer),
        units=list(
            Unit.objects.at_site(work.site.pk).exclude(status=UnitStatus.RETIRED).select_related("maker")
        ),
        about=set(work.job.units.values_list("unit_id", flat=True)),
        last_visits=past_visits(
            Visit.objects.filter(job__site=work.site).exclude(pk=work.visit.pk), work.zone
        ),
        leaks=_leaks(work.site) if n["leaks"] else [],
    )


def _leaks(site: Site) -> list[LeakCase]:
    """The open leaks of the site, what is due first on top."""
    rows = LeakCase.objects.open().filter(circuit__unit__site=site).select_related("circuit__unit")
    return list(rows.order_by("next_due_on", "pk")[:5])


def _phones(job: Job) -> list[Reach]:
    """The job's contact, else the customer's people, first to call first."""
    numbers = PhoneNumber.objects.select_related("contact")
    numbers = (
        numbers.filter(contact=job.contact_id)
        if job.contact_id
        else numbers.filter(contact__customer=job.customer_id, contact__is_active=True)
    )
    return [
        Reach(
            name=row.contact.name,
            label=row.label,
            href=f"tel:{row.e164}" + (f";ext={row.extension}" if row.extension else ""),
            text=format_us(row.e164) + (f" x{row.extension}" if row.extension else ""),
        )
        for row in numbers.order_by("-contact__is_primary", "-is_primary", "pk")[:3]
    ]


def whom_to_call(job: Job) -> tuple[Contact | None, list[tuple[str, str]]]:
    """The job's contact, else the customer's first to call, with the numbers and how they are written."""
    people = Contact.objects.filter(customer=job.customer_id, is_active=True)
    contact = job.contact or people.order_by("-is_primary", "name", "pk").first()
    if contact is None:
        return None, []
    numbers = PhoneNumber.objects.filter(contact=contact).values_list("e164", flat=True)
    return contact, [(e164, format_us(e164)) for e164 in numbers]


def _tasks(work: Work, n: dict[str, int], signer: str) -> list[Task]:
    """The parts of the work with how far each is, as counted."""
    needs = work.job.job_type
    parts = _("None were used") if work.visit.parts_confirmed and not n["parts"] else _amount(n["parts"])
    signed = signer or work.visit.no_signature_because
    unsigned = _("Needed") if needs.needs_signature else _("None yet")
    answered = _("%(n)s of %(all)s answered") % {"n": n["answered"], "all": n["checks"]}
    tasks = [
        _task("photos", "camera", _("Photos"), _amount(n["photos"], needs.needs_photo), n["photos"] > 0),
        _task("notes", "note", _("Notes"), _amount(n["notes"]), n["notes"] > 0),
        _task("parts", "box", _("Parts"), parts, n["parts"] > 0 or work.visit.parts_confirmed),
        _task("refrigerant", "drop", _("Refrigerant"), _amount(n["refrigerant"]), n["refrigerant"] > 0),
        _task("signature", "signature", _("Signature"), signed or unsigned, bool(signer)),
    ]
    if n["leaks"]:
        open_now = ngettext("%(n)s open", "%(n)s open", n["leaks"]) % {"n": n["leaks"]}
        tasks.insert(0, _task("leaks", "warning", _("Leaks"), open_now, False))
    if n["checks"]:
        done = n["answered"] == n["checks"]
        tasks.insert(0, _task("checklist", "checklist", _("Checklist"), answered, done))
    return tasks


def _task(key: str, sign: str, title: str, detail: str, is_done: bool) -> Task:
    return Task(key, sign, title, detail, is_done, f"dispatch:phone-{key}")


def _counted(visit: Visit) -> tuple[dict[str, int], str]:
    """How many of each there are on the visit, and who signed."""
    sets: dict[str, QuerySet[Any]] = {
        "notes": JobNote.objects.all(),
        "photos": JobPhoto.objects.all(),
        "parts": PartUse.objects.filter(is_removed=False),
        "checks": VisitCheck.objects.all(),
        "answered": VisitCheck.objects.filter(~Q(answer="") | Q(reading__isnull=False)),
    }
    counts = {name: _count(rows.filter(visit=OuterRef("pk")), "visit") for name, rows in sets.items()}
    records = RefrigerantRecord.objects.in_force().filter(work_kind="visit", work_uuid=OuterRef("uuid"))
    counts["refrigerant"] = _count(records, "work_uuid")
    leaks = LeakCase.objects.open().filter(circuit__unit__site=OuterRef("job__site"))
    counts["leaks"] = _count(leaks, "circuit__unit__site")
    signer = Subquery(Signature.objects.filter(visit=OuterRef("pk")).values("signer")[:1])
    annotated = Visit.objects.annotate(
        **{f"n_{name}": count for name, count in counts.items()}, signer=signer
    )
    row = annotated.values(*(f"n_{name}" for name in counts), "signer").get(pk=visit.pk)
    return {name: row[f"n_{name}"] for name in counts}, row["signer"] or ""


def _count(rows: QuerySet[Any], group: str) -> Any:
    counted = rows.order_by().values(group).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _amount(count: int, is_needed: bool = False) -> str:
    if count:
        return ngettext("%(n)s entered", "%(n)s entered", count) % {"n": count}
    return _("Needed") if is_needed else _("None yet")


def past_visits(visits: QuerySet[Visit], zone: str, limit: int = LAST_VISITS) -> list[PastVisit]:
    """The last visits that were done, each with who went and the last thing that was written."""
    last_note = JobNote.objects.filter(visit=OuterRef("pk")).order_by("-written_at", "-pk")
    lead = Assignment.objects.filter(visit=OuterRef("pk"), state=AssignmentState.DONE).order_by("-role", "pk")
    rows: Any = (
        visits.filter(state=VisitState.DONE)
        .select_related("job__job_type")
        .annotate(
            last_note=Subquery(last_note.values("body")[:1]),
            who=Subquery(lead.values("technician__user__name")[:1]),
        )
        .order_by("-starts_at", "-pk")[:limit]
    )
    return [
        PastVisit(
            visit=row,
            day=date_format(local(row.starts_at, zone), "M j, Y") if row.starts_at else "",
            who=row.who or "",
            note=row.outcome_note or row.last_note or "",
        )
        for row in rows
    ]


# The parts of the work ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Offered:
    """A part and how many of it are free on the technician's truck."""

    part: Part
    free: Decimal

    @property
    def is_on_truck(self) -> bool:
        """Whether at least some of it is there."""
        return self.free > 0


def offered_parts(
    technician: Technician, *, query: str = "", part_uuid: UUID | None = None, limit: int = PARTS_SHOWN
) -> list[Offered]:
    """Parts by name, number or barcode, those on the truck first; asked for nothing, what is on the truck."""
    level = StockLevel.objects.filter(place=technician.truck_id, part=OuterRef("pk"))
    held = (
        Reservation.objects.filter(
            place=technician.truck_id, part=OuterRef("pk"), state=ReservationState.HELD
        )
        .order_by()
        .values("part")
        .annotate(total=Sum("quantity"))
    )
    nothing = Value(Decimal(0), output_field=QuantityField())
    parts: Any = Part.objects.filter(is_active=True).annotate(
        free=Coalesce(Subquery(level.values("on_hand")[:1], output_field=QuantityField()), nothing)
        - Coalesce(Subquery(held.values("total"), output_field=QuantityField()), nothing)
    )
    if part_uuid is not None:
        parts = parts.filter(uuid=part_uuid)
    elif query.strip():
        words = Q(number__istartswith=query.strip()) | Q(barcode=query.strip())
        parts = parts.filter(words | Q(*(("name__icontains", word) for word in query.split())))
    else:
        parts = parts.filter(free__gt=0)
    there_first = Case(When(free__gt=0, then=0), default=1, output_field=IntegerField())
    return [Offered(part, part.free) for part in parts.order_by(there_first, "name", "number")[:limit]]


def parts_of(work: Work) -> list[PartUse]:
    """The parts said so far, in order."""
    return list(work.visit.part_uses.filter(is_removed=False).select_related("part", "place"))


def records_of(work: Work) -> list[RefrigerantRecord]:
    """The refrigerant of this visit, in order; what was struck out stays readable."""
    return list(
        RefrigerantRecord.objects.filter(work_kind="visit", work_uuid=work.visit.uuid)
        .select_related("circuit__unit", "circuit__refrigerant")
        .order_by("happened_at", "pk")
    )


def signature_of(work: Work) -> Signature | None:
    """The customer's signature, where there is one."""
    return Signature.objects.filter(visit=work.visit).first()


@dataclass(frozen=True)
class Step:
    """One thing that completion asks for, with the page that mends it."""

    key: str
    sentence: str
    url_name: str


def missing_steps(work: Work) -> list[Step]:
    """What still keeps the visit from being complete, each with where it is mended; equal lines once."""
    missing: Sequence[Missing] = what_is_missing(visit_facts(work.visit))
    checks = [item for item in missing if item.key == "check"]
    steps = []
    for item in missing:
        if item.key == "check" and len(checks) > 1:
            if item is not checks[0]:
                continue
            sentence = ngettext(
                "%(n)s line of the checklist is open.", "%(n)s lines of the checklist are open.", len(checks)
            ) % {"n": len(checks)}
        else:
            sentence = missing_sentence(item.key, item.detail)
        steps.append(Step(item.key, sentence, MENDED_AT[item.key]))
    return steps


@dataclass(frozen=True)
class Summary:
    """What was done, for the page after completion."""

    arrived: datetime | None
    done: datetime | None
    parts: list[PartUse]
    records: list[RefrigerantRecord]
    signature: Signature | None
    photos: int
    notes: list[JobNote]


def read_summary(work: Work) -> Summary:
    """What this visit came to."""
    mine = work.mine
    return Summary(
        arrived=mine.arrived_at if mine else None,
        done=mine.done_at if mine else None,
        parts=parts_of(work),
        records=records_of(work),
        signature=signature_of(work),
        photos=work.visit.photos.count(),
        notes=list(work.visit.notes.order_by("written_at", "pk")),
    )
