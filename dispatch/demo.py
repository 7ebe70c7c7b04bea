"""The demo company's work: two weeks behind, a full today, half of the next week, a tray.

What is past is inserted in sets; today goes through the actions that the office and the phones use.
"""

from __future__ import annotations

import uuid as uuids
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random
from typing import Any

from django.db import transaction
from PIL import Image, ImageDraw

from customers.models import Contact, CustomerKind, Site
from equipment import actions as equipment
from equipment.models import Category, Circuit, Unit, UnitStatus
from equipment.readings import READINGS
from fsm.attribution import attributed, rooted
from fsm.clock import at, local
from fsm.counters import take
from fsm.demo import DemoWorld, demo_part
from fsm.history import insert_with_history
from fsm.models import User
from fsm.permissions import Role
from fsm.references import Reference
from inventory import actions as stock
from inventory.models import Part, PlaceKind, StockLevel, StockPlace

from . import actions
from .actions.setting_up import load_tune_up_checklists
from .demo_catalog import (
    CANCELLED,
    CHECKLISTS,
    IN_TRAY,
    KINDS,
    NO_SIGNATURE,
    ON_HOLD,
    SKILLS,
    WHO_CAN,
    Item,
    Kind,
)
from .models import (
    Assignment,
    CheckAnswer,
    CheckKind,
    ChecklistItem,
    ChecklistTemplate,
    Job,
    JobNote,
    JobType,
    JobTypeSkill,
    JobUnit,
    PartUse,
    Shift,
    Skill,
    Technician,
    TechnicianSkill,
    Visit,
    VisitCheck,
)
from .states import AssignmentState, JobState, VisitOutcome, VisitState
from .windows import HOURS

DAYS_BEHIND, DAYS_AHEAD = 14, 7
FIRST_CALL, LAST_END = time(8, 0), time(17, 15)
SUNDAY, SATURDAY = 6, 5

COOLING = {Category.AIR_CONDITIONER, Category.HEAT_PUMP, Category.MINI_SPLIT, Category.ROOFTOP}
FITTING: dict[str, set[str]] = {
    "no-heating": {Category.FURNACE, Category.HEAT_PUMP, Category.BOILER},
    "heating-tune-up": {Category.FURNACE, Category.HEAT_PUMP, Category.BOILER},
    "rooftop-service": {Category.ROOFTOP, Category.CHILLER},
    "refrigeration": {Category.WALK_IN, Category.ICE_MACHINE},
    "thermostat": {Category.THERMOSTAT, Category.AIR_CONDITIONER, Category.HEAT_PUMP},
}
PART_WORDS: dict[str, tuple[str, ...]] = {
    "no-cooling": ("capacitor", "contactor", "fuse", "float", "motor"),
    "no-heating": ("ignit", "flame", "capacitor", "fuse"),
    "diagnostic": ("filter", "fuse", "contactor"),
    "cooling-tune-up": ("filter", "capacitor"),
    "heating-tune-up": ("filter", "flame"),
    "repair-return": ("motor", "board", "contactor", "valve"),
    "leak-repair": ("drier", "valve", "schrader"),
    "rooftop-service": ("belt", "filter", "contactor"),
    "thermostat": ("thermostat",),
}
MOST_PARTS_PER_VISIT = 2
KEYS = {kind.label: key for key, kind in READINGS.items()}  # a line named like a reading is that reading


@dataclass(frozen=True)
class Slot:
    """One stop of a route: what kind of work, when, where and on which unit."""

    kind: Kind
    starts_at: datetime
    ends_at: datetime
    site: Site
    unit: Unit | None


@dataclass
class Cast:
    """Everything the parts of this demo share."""

    world: DemoWorld
    random: Random
    office: User
    dispatcher: User
    job_types: dict[str, JobType]
    technicians: list[Technician]
    sites: dict[str, dict[str, list[Site]]]
    units: dict[int, list[Unit]]
    contacts: dict[int, int]
    on_truck: dict[int, list[StockLevel]] = field(default_factory=dict)

    @property
    def cities(self) -> list[str]:
        """Towns with somebody to visit, the larger ones more often."""
        everywhere = self.sites["any"]
        return [city for city, sites in everywhere.items() for _ in range(len(sites))]

    def uuid(self) -> uuids.UUID:
        """The seed's next identity."""
        return uuids.UUID(int=self.random.getrandbits(128), version=4)

    def acting(self, user: User, source: str) -> AbstractContextManager[Any]:
        """What follows was done by this person through this door, in a batch of its own."""
        return attributed(user=user, source=source, batch=uuids.uuid4())


@demo_part("dispatch")
@transaction.atomic
def build(world: DemoWorld) -> None:
    """Skills, job types, technicians; past, today, next week, tray. Leaves technicians and job types."""
    skills = {skill.name: skill for skill in insert_with_history([Skill(name=name) for name in SKILLS])}
    job_types = _job_types(skills)
    cast = Cast(
        world=world,
        random=world.random,
        office=_person(Role.OFFICE),
        dispatcher=_person(Role.DISPATCHER),
        job_types=job_types,
        technicians=_technicians(world, skills),
        sites=_sites(),
        units=_units(),
        contacts=dict(Contact.objects.filter(is_primary=True).values_list("customer_id", "pk")),
    )
    cast.on_truck = _on_truck(cast)
    world.say("past jobs")
    _past(cast)
    world.say("today's jobs")
    _today(cast)
    world.say("next week's jobs")
    _next_week(cast)
    _tray(cast)
    world.made["board_technicians"] = cast.technicians
    world.made["job_types"] = job_types


# People and kinds of work ---------------------------------------------------------------------------


def _person(role: Role) -> User:
    found: User = User.objects.filter(role=role, is_active=True).order_by("pk")[0]
    return found


def _job_types(skills: dict[str, Skill]) -> dict[str, JobType]:
    templates = {
        row.name: row for row in insert_with_history([ChecklistTemplate(name=name) for name in CHECKLISTS])
    }
    insert_with_history(
        [
            ChecklistItem(
                template=templates[name],
                position=position,
                text=item.text,
                kind=CheckKind.READING if item.unit else CheckKind.CHECK,
                unit=item.unit,
                reading_key=KEYS.get(item.text, ""),
                is_required=item.required,
            )
            for name, items in CHECKLISTS.items()
            for position, item in enumerate(items, start=1)
        ]
    )
    load_tune_up_checklists()
    types = insert_with_history(
        [
            JobType(
                name=kind.name,
                code=kind.code,
                minutes=kind.minutes,
                default_priority=kind.priority,
                checklist=templates.get(kind.checklist),
                needs_certificate=kind.needs_certificate,
                needs_photo=kind.needs_photo,
                needs_signature=kind.needs_signature,
                position=position,
            )
            for position, kind in enumerate(KINDS, start=1)
        ]
    )
    by_code = {job_type.code: job_type for job_type in types}
    insert_with_history(
        [
            JobTypeSkill(job_type=by_code[kind.code], skill=skills[name])
            for kind in KINDS
            for name in kind.skills
        ]
    )
    return by_code


def _technicians(world: DemoWorld, skills: dict[str, Skill]) -> list[Technician]:
    people = list(world.made.get("technicians") or User.objects.filter(role=Role.TECHNICIAN).order_by("pk"))
    trucks = list(world.made.get("trucks") or StockPlace.objects.filter(kind=PlaceKind.TRUCK).order_by("pk"))
    branch = trucks[0].branch
    rows = insert_with_history(
        [
            Technician(
                user=user,
                branch=trucks[number].branch if number < len(trucks) else branch,
                truck=trucks[number] if number < len(trucks) else None,
                position=number + 1,
            )
            for number, user in enumerate(people)
        ]
    )
    insert_with_history(
        [
            TechnicianSkill(technician=row, skill=skills[name])
            for row, names in zip(rows, WHO_CAN, strict=False)
            for name in names
        ]
    )
    insert_with_history(
        [
            Shift(technician=row, weekday=weekday, starts=_shift_start(number), ends=_shift_end(number))
            for number, row in enumerate(rows)
            for weekday in range(7)
            if _works(number, weekday) or weekday == world.today.weekday()
        ]
    )
    return rows


def _works(number: int, weekday: int) -> bool:
    """Monday to Friday; every other technician on Saturdays too."""
    return weekday < SATURDAY or (weekday == SATURDAY and number % 2 == 0)


def _shift_start(number: int) -> time:
    return time(7, 0) if number % 4 == 3 else time(8, 0)


def _shift_end(number: int) -> time:
    return time(16, 30) if number % 4 == 3 else time(17, 30)


def _sites() -> dict[str, dict[str, list[Site]]]:
    """Sites by what fits there and by town: for each kind of work, and for any."""
    sites = list(
        Site.objects.filter(is_active=True, customer__is_active=True, customer__do_not_service=False)
        .select_related("customer")
        .order_by("pk")
    )
    categories: dict[int, set[str]] = defaultdict(set)
    for site_id, category in Unit.objects.exclude(status=UnitStatus.RETIRED).values_list(
        "site_id", "category"
    ):
        categories[site_id].add(category)
    index: dict[str, dict[str, list[Site]]] = {"any": defaultdict(list)}
    for kind in KINDS:
        fits = FITTING.get(kind.code, COOLING)
        towns: dict[str, list[Site]] = defaultdict(list)
        for site in sites:
            if categories[site.pk] & fits:
                towns[site.city].append(site)
        index[kind.code] = towns
    for site in sites:
        if site.customer.kind == CustomerKind.HOUSEHOLD:
            index["any"][site.city].append(site)
    return index


def _units() -> dict[int, list[Unit]]:
    units: dict[int, list[Unit]] = defaultdict(list)
    for unit in Unit.objects.exclude(status=UnitStatus.RETIRED).order_by("pk"):
        units[unit.site_id].append(unit)
    return units


def _on_truck(cast: Cast) -> dict[int, list[StockLevel]]:
    levels: dict[int, list[StockLevel]] = defaultdict(list)
    trucks = [row.truck_id for row in cast.technicians if row.truck_id]
    for level in StockLevel.objects.filter(place__in=trucks, on_hand__gte=1).select_related("part"):
        if level.part.unit == Part._meta.get_field("unit").default:
            levels[level.place_id].append(level)
    return levels


# Routes ---------------------------------------------------------------------------------------------


def _route(cast: Cast, number: int, day: date, *, gaps: float = 0.0, most: int = 5) -> Iterator[Slot]:
    """One technician's stops of a day in one town: work they can do, with drives and a lunch between."""
    random, zone = cast.random, cast.world.zone
    city = random.choice(cast.cities)
    starts = at(zone, day, max(FIRST_CALL, _shift_start(number)))
    ends_by = min(at(zone, day, LAST_END), at(zone, day, _shift_end(number)))
    had_lunch, stops = False, 0
    while stops < most:
        kind = _kind_for(cast, number, is_first=stops == 0)
        length = timedelta(minutes=kind.minutes + random.choice((-15, 0, 0, 15)))
        if starts + length > ends_by:
            break
        if random.random() >= gaps:
            site, unit = _place(cast, kind, city)
            yield Slot(kind, starts, starts + length, site, unit)
            stops += 1
        starts += length + timedelta(minutes=random.choice((15, 15, 30)))
        if not had_lunch and local(starts, zone).time() >= time(11, 30):
            starts, had_lunch = starts + timedelta(minutes=30), True


def _kind_for(cast: Cast, number: int, *, is_first: bool) -> Kind:
    can = set(WHO_CAN[number % len(WHO_CAN)])
    fitting = [
        kind
        for kind in KINDS
        if set(kind.skills) <= can and (kind.code != "change-out" or is_first) and cast.sites[kind.code]
    ]
    return cast.random.choices(fitting, [kind.share for kind in fitting])[0]


def _place(cast: Cast, kind: Kind, city: str) -> tuple[Site, Unit | None]:
    """A site of the town where this work fits, else of another town; and the unit it is about."""
    towns = cast.sites[kind.code]
    sites = towns.get(city) or towns[cast.random.choice(list(towns))]
    site = cast.random.choice(sites)
    units = [unit for unit in cast.units[site.pk] if unit.category in FITTING.get(kind.code, COOLING)]
    return site, cast.random.choice(units) if units else None


def _window(slot: Slot, zone: str) -> tuple[datetime, datetime]:
    """The promised window that holds the planned start."""
    start = local(slot.starts_at, zone)
    opens, closes = next((hours for hours in HOURS if hours[0] <= start.hour < hours[1]), HOURS[-1])
    if start.hour < HOURS[0][0]:
        opens, closes = HOURS[0]
    return at(zone, start.date(), time(opens)), at(zone, start.date(), time(closes))


# Two weeks behind, half a week ahead: in sets -------------------------------------------------------


@dataclass
class Planned:
    """A slot with its technician and the moment of the call."""

    slot: Slot
    technician: Technician
    called_at: datetime
    job: Job = field(default_factory=Job)
    visit: Visit = field(default_factory=Visit)


def _workdays(cast: Cast, first: int, last: int) -> Iterator[tuple[date, int, Technician]]:
    for offset in range(first, last):
        day = cast.world.today + timedelta(days=offset)
        for number, technician in enumerate(cast.technicians):
            if _works(number, day.weekday()):
                yield day, number, technician


def _past(cast: Cast) -> None:
    plans = []
    for day, number, technician in _workdays(cast, -DAYS_BEHIND, 0):
        for slot in _route(cast, number, day):
            plans.append(Planned(slot, technician, _called(cast, slot)))
    plans.sort(key=lambda plan: plan.called_at)
    fresh = cast.world.now - timedelta(days=2)
    for plan in plans:
        done = plan.slot.ends_at + timedelta(minutes=cast.random.randint(-15, 15))
        reviewed = done < fresh or cast.random.random() < 0.4
        plan.job = _job(cast, plan, JobState.CLOSED if reviewed else JobState.WORK_COMPLETE)
        plan.job.completed_at = done
    _insert_jobs(cast, plans)
    for plan in plans:
        plan.visit = _visit(cast, plan, VisitState.DONE)
        plan.visit.outcome = VisitOutcome.COMPLETE
        plan.visit.outcome_note = cast.random.choice(plan.slot.kind.found)[:300]
        plan.visit.parts_confirmed = True
        if plan.slot.kind.needs_signature:
            plan.visit.no_signature_because = "Signed on paper"
    _keep([plan.visit for plan in plans])
    _keep([_past_assignment(cast, plan) for plan in plans])
    _keep([check for plan in plans for check in _past_checks(cast, plan)])
    _keep([_past_note(plan) for plan in plans])
    for plan in plans:
        _past_parts(cast, plan)
        _past_refrigerant(cast, plan)


def _next_week(cast: Cast) -> None:
    plans = []
    for day, number, technician in _workdays(cast, 1, DAYS_AHEAD + 1):
        for slot in _route(cast, number, day, gaps=0.45, most=3):
            called = cast.world.now - timedelta(minutes=cast.random.randint(30, 5 * 24 * 60))
            plans.append(Planned(slot, technician, called))
    plans.sort(key=lambda plan: plan.called_at)
    for plan in plans:
        plan.job = _job(cast, plan, JobState.SCHEDULED)
    _insert_jobs(cast, plans)
    for plan in plans:
        confirmed = cast.random.random() < 0.4
        plan.visit = _visit(cast, plan, VisitState.CONFIRMED if confirmed else VisitState.SCHEDULED)
    _keep([plan.visit for plan in plans])
    _keep(
        [
            Assignment(
                visit=plan.visit,
                technician=plan.technician,
                starts_at=plan.slot.starts_at,
                ends_at=plan.slot.ends_at,
            )
            for plan in plans
        ]
    )
    _keep([check for plan in plans for check in _open_checks(plan)])


def _keep(rows: list[Any]) -> None:
    """Insert rows of many jobs, each in the chain of its own."""
    jobs = [
        row if isinstance(row, Job) else row.visit.job if hasattr(row, "visit") else row.job for row in rows
    ]
    insert_with_history(rows, roots=[f"job:{job.uuid}" for job in jobs])


def _called(cast: Cast, slot: Slot) -> datetime:
    """Urgent work was asked for hours before, planned work days before."""
    if slot.kind.priority <= 2:
        return slot.starts_at - timedelta(minutes=cast.random.randint(60, 26 * 60))
    return slot.starts_at - timedelta(minutes=cast.random.randint(20 * 60, 9 * 24 * 60))


def _job(cast: Cast, plan: Planned, state: JobState) -> Job:
    slot, customer = plan.slot, plan.slot.site.customer
    return Job(
        uuid=cast.uuid(),
        customer=customer,
        site=slot.site,
        bill_to_id=customer.bill_to_id or customer.pk,
        contact_id=cast.contacts.get(customer.pk),
        branch_id=slot.site.branch_id,
        job_type=cast.job_types[slot.kind.code],
        priority=slot.kind.priority,
        state=state,
        summary=cast.random.choice(slot.kind.says),
        po_number=_po_number(cast, slot.site),
        created_at=plan.called_at,
    )


def _po_number(cast: Cast, site: Site) -> str:
    if site.customer.kind == CustomerKind.HOUSEHOLD or cast.random.random() < 0.4:
        return ""
    return str(cast.random.randint(450_000, 459_999))


def _insert_jobs(cast: Cast, plans: list[Planned]) -> None:
    for plan, number in zip(plans, take("job", count=len(plans)), strict=True):
        plan.job.number = number
    _keep([plan.job for plan in plans])
    _keep([JobUnit(job=plan.job, unit=plan.slot.unit) for plan in plans if plan.slot.unit])


def _visit(cast: Cast, plan: Planned, state: VisitState) -> Visit:
    slot = plan.slot
    opens, closes = _window(slot, cast.world.zone)
    return Visit(
        uuid=cast.uuid(),
        job=plan.job,
        state=state,
        window_start=opens,
        window_end=closes,
        minutes=int((slot.ends_at - slot.starts_at).total_seconds() // 60),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
    )


def _past_assignment(cast: Cast, plan: Planned) -> Assignment:
    slot, random = plan.slot, cast.random
    arrived = slot.starts_at + timedelta(minutes=random.randint(-8, 14))
    return Assignment(
        visit=plan.visit,
        technician=plan.technician,
        state=AssignmentState.DONE,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        en_route_at=arrived - timedelta(minutes=random.randint(9, 28)),
        arrived_at=arrived,
        done_at=plan.job.completed_at,
    )


def _items(plan: Planned) -> list[Item]:
    return CHECKLISTS.get(plan.slot.kind.checklist, [])


def _open_checks(plan: Planned) -> list[VisitCheck]:
    return [
        VisitCheck(
            visit=plan.visit,
            position=position,
            text=item.text,
            kind=CheckKind.READING if item.unit else CheckKind.CHECK,
            unit=item.unit,
            reading_key=KEYS.get(item.text, ""),
            is_required=item.required,
        )
        for position, item in enumerate(_items(plan), start=1)
    ]


def _past_checks(cast: Cast, plan: Planned) -> list[VisitCheck]:
    checks = _open_checks(plan)
    for check, item in zip(checks, _items(plan), strict=True):
        check.answer, check.reading = _answer(cast.random, item)
        check.answered_at = plan.job.completed_at
    return checks


def _answer(random: Random, item: Item) -> tuple[str, Decimal | None]:
    """A reading within its range, or a check that is nearly always good."""
    if item.unit:
        step = Decimal(10) ** -item.places
        return "", Decimal(str(random.uniform(item.low, item.high))).quantize(step)
    return (CheckAnswer.ATTENTION if random.random() < 0.06 else CheckAnswer.GOOD), None


def _past_note(plan: Planned) -> JobNote:
    user = plan.technician.user
    return JobNote(
        job=plan.job,
        visit=plan.visit,
        body=plan.visit.outcome_note,
        author=user,
        author_name=str(user),
        written_at=plan.job.completed_at or plan.slot.ends_at,
    )


def _picked(cast: Cast, kind: Kind, truck_id: int | None) -> list[Part]:
    """Parts for this kind of work that are on the truck; each taken leaves one less to take."""
    if truck_id is None or cast.random.random() >= kind.parts:
        return []
    words = PART_WORDS.get(kind.code, ())
    here = [level for level in cast.on_truck[truck_id] if level.on_hand >= 1]
    fitting = [level for level in here if any(word in level.part.name.lower() for word in words)] or here
    picked = cast.random.sample(fitting, min(len(fitting), cast.random.choice((1, 1, MOST_PARTS_PER_VISIT))))
    for level in picked:
        level.on_hand -= 1
    return [level.part for level in picked]


def _past_parts(cast: Cast, plan: Planned) -> None:
    done = plan.job.completed_at
    place = plan.technician.truck_id
    if done is None or place is None:
        return
    parts = _picked(cast, plan.slot.kind, place)
    if not parts:
        return
    cause = Reference("visit", plan.visit.uuid)
    with rooted("job", plan.job.uuid), cast.acting(plan.technician.user, "technician"):
        for part in parts:
            key = cast.uuid()
            reserved = stock.reserve(
                uuid=key, place_id=place, part_id=part.pk, quantity=Decimal(1), cause=cause
            )
            PartUse.objects.create(
                uuid=key,
                job=plan.job,
                visit=plan.visit,
                part=part,
                place_id=place,
                quantity=Decimal(1),
                reservation=reserved.reservation,
                was_short=reserved.short_by > 0,
                said_at=done,
            )
        stock.use_reserved(cause, now=done)


def _past_refrigerant(cast: Cast, plan: Planned) -> None:
    done, unit = plan.job.completed_at, plan.slot.unit
    if plan.slot.kind.code not in ("leak-repair", "no-cooling") or unit is None or cast.random.random() < 0.6:
        return
    circuit = Circuit.objects.filter(unit=unit).first()
    if circuit is None or done is None:
        return
    with rooted("job", plan.job.uuid), cast.acting(plan.technician.user, "technician"):
        equipment.record_refrigerant(
            uuid=cast.uuid(),
            circuit_id=circuit.pk,
            kind="added",
            ounces=Decimal(cast.random.choice((6, 8, 12, 16, 20))),
            technician_id=plan.technician.user_id,
            happened_at=done,
            work=Reference("visit", plan.visit.uuid),
            leak_found=plan.slot.kind.code == "leak-repair",
            note="",
            now=done,
        )


# Today, through the actions -------------------------------------------------------------------------


def _today(cast: Cast) -> None:
    installers = len(cast.technicians) >= 12
    crew = cast.technicians[-2:] if installers else []
    for number, technician in enumerate(cast.technicians):
        if technician not in crew:
            for order, slot in enumerate(_route(cast, number, cast.world.today)):
                _live(cast, technician, slot, runs_late=number == 4 and order > 0)
    if crew:
        _change_out(cast, crew)


def _change_out(cast: Cast, crew: list[Technician]) -> None:
    """Two installers on one system until three, then a stop each."""
    zone, today = cast.world.zone, cast.world.today
    kinds = {kind.code: kind for kind in KINDS}
    lead, helper = crew
    city = cast.random.choice(cast.cities)
    starts, ends = at(zone, today, FIRST_CALL), at(zone, today, time(15, 0))
    slot = Slot(kinds["change-out"], starts, ends, *_place(cast, kinds["change-out"], city))
    _live(cast, lead, slot, helper=helper)
    for technician, code in ((lead, "estimate"), (helper, "diagnostic")):
        site, unit = _place(cast, kinds[code], city)
        after = at(zone, today, time(15, 30))
        _live(cast, technician, Slot(kinds[code], after, after + timedelta(minutes=60), site, unit))


def _live(
    cast: Cast,
    technician: Technician,
    slot: Slot,
    *,
    runs_late: bool = False,
    helper: Technician | None = None,
) -> None:
    """Book and place a visit of today and bring it as far as it would be by now."""
    called = min(_called(cast, slot), cast.world.now)
    job = _booked(cast, slot, called, window=_window(slot, cast.world.zone))
    visit = job.visits.get()
    with cast.acting(cast.dispatcher, "board"):
        visit = actions.place_visit(
            visit.pk,
            technician_id=technician.pk,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            version=None,
            now=called,
        ).visit
        if helper:
            actions.add_technician(visit.pk, technician_id=helper.pk, version=None, now=called)
    now, delay = cast.world.now, timedelta(minutes=45 if runs_late else 0)
    team = [technician, *([helper] if helper else [])]
    for member in team:
        if slot.starts_at - timedelta(minutes=20) + delay <= now:
            with cast.acting(member.user, "technician"):
                left = slot.starts_at - timedelta(minutes=20) + delay
                actions.go_en_route(visit.pk, technician_id=member.pk, now=left)
        if slot.starts_at + delay <= now:
            with cast.acting(member.user, "technician"):
                actions.arrive(visit.pk, technician_id=member.pk, now=slot.starts_at + delay)
    if slot.ends_at + delay <= now:
        _finish(cast, visit, team, slot, slot.ends_at + delay)
    elif slot.starts_at + delay + timedelta(minutes=20) <= now:
        with cast.acting(technician.user, "technician"):
            _answer_some(cast, visit, slot, slot.starts_at + delay + timedelta(minutes=20), share=0.5)


def _booked(
    cast: Cast,
    slot: Slot,
    called: datetime,
    *,
    window: tuple[datetime, datetime] | None = None,
    summary: str = "",
    instructions: str = "",
    priority: int | None = None,
) -> Job:
    customer = slot.site.customer
    with cast.acting(cast.office, "office"):
        return actions.book_job(
            uuid=cast.uuid(),
            customer_id=customer.pk,
            site_id=slot.site.pk,
            job_type_id=cast.job_types[slot.kind.code].pk,
            summary=summary or cast.random.choice(slot.kind.says),
            instructions=instructions,
            priority=priority,
            contact_id=cast.contacts.get(customer.pk),
            unit_ids=[slot.unit.pk] if slot.unit else [],
            window=window,
            po_number=_po_number(cast, slot.site),
            now=called,
        )


def _answer_some(cast: Cast, visit: Visit, slot: Slot, when: datetime, *, share: float = 1.0) -> None:
    items = {item.text: item for item in CHECKLISTS.get(slot.kind.checklist, [])}
    checks = list(visit.checks.all())
    for check in checks[: round(len(checks) * share)]:
        answer, reading = _answer(cast.random, items[check.text])
        actions.answer_check(check.uuid, visit_id=visit.pk, answer=answer, reading=reading, now=when)


def _finish(cast: Cast, visit: Visit, team: list[Technician], slot: Slot, when: datetime) -> None:
    lead = team[0]
    with cast.acting(lead.user, "technician"):
        _answer_some(cast, visit, slot, when)
        parts = _picked(cast, slot.kind, lead.truck_id)
        for part in parts:
            actions.use_part(
                visit.pk,
                uuid=cast.uuid(),
                part_id=part.pk,
                quantity=Decimal(1),
                technician_id=lead.pk,
                now=when,
            )
        if slot.kind.needs_photo or cast.random.random() < 0.3:
            actions.add_photo(
                visit.pk,
                uuid=cast.uuid(),
                data=_nameplate(slot.unit),
                caption="Nameplate",
                taken_at=when,
                now=when,
            )
        signed = slot.kind.needs_signature and cast.random.random() < 0.8
        if signed:
            signer = slot.site.customer.name
            actions.sign(visit.pk, uuid=cast.uuid(), signer=signer, png=_scribble(cast.random), now=when)
    for member in reversed(team):
        is_last = member is lead
        with cast.acting(member.user, "technician"):
            actions.complete_visit(
                visit.pk,
                technician_id=member.pk,
                now=when,
                note=cast.random.choice(slot.kind.found) if is_last else "",
                no_signature_because="" if signed else cast.random.choice(NO_SIGNATURE),
                parts_confirmed=True,
            )


def _nameplate(unit: Unit | None) -> bytes:
    """A picture of a plate with the unit's model and serial."""
    picture = Image.new("RGB", (960, 720), (96, 108, 112))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((110, 130, 850, 590), 18, fill=(206, 211, 210), outline=(60, 66, 68), width=5)
    rows = [
        ("MODEL", unit.model_number if unit else ""),
        ("SERIAL", unit.serial if unit else ""),
        ("VOLTS / PH / HZ", "208-230 / 1 / 60"),
        ("MAX FUSE", "35 A"),
    ]
    for row, (label, value) in enumerate(rows):
        draw.text((160, 180 + row * 96), label, fill=(70, 76, 78), font_size=26)
        draw.text((160, 212 + row * 96), value or "-", fill=(24, 28, 30), font_size=44)
    file = BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()


def _scribble(random: Random) -> bytes:
    """Something like a signature."""
    picture = Image.new("RGBA", (480, 160), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    points, x = [], 30
    while x < 440:
        points.append((x, 80 + random.randint(-42, 42)))
        x += random.randint(14, 34)
    draw.line(points, fill=(18, 32, 58, 255), width=4, joint="curve")
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


# What waits -----------------------------------------------------------------------------------------


def _tray(cast: Cast) -> None:
    kinds = {kind.code: kind for kind in KINDS}
    zone, today = cast.world.zone, cast.world.today
    for number, (code, priority, summary, instructions) in enumerate(IN_TRAY):
        slot = _somewhere(cast, kinds[code])
        day = today + timedelta(days=0 if priority <= 2 else 1 + number % 3)
        opens, closes = HOURS[number % len(HOURS)]
        window = at(zone, day, time(opens)), at(zone, day, time(closes))
        called = cast.world.now - timedelta(minutes=cast.random.randint(10, 90 if priority <= 2 else 3000))
        promised = number % 3 != 2 and window[1] > cast.world.now
        _booked(
            cast,
            slot,
            called,
            window=window if promised else None,
            summary=summary,
            instructions=instructions,
            priority=priority,
        )
    for number, (code, summary, why) in enumerate(ON_HOLD):
        called = cast.world.now - timedelta(days=4 + number)
        job = _booked(cast, _somewhere(cast, kinds[code]), called, summary=summary)
        with cast.acting(cast.dispatcher, "office"):
            due = today + timedelta(days=number * 2)
            actions.hold_job(job.pk, because=why, follow_up_on=due, now=called)
    for code, summary, why in CANCELLED:
        called = cast.world.now - timedelta(days=2)
        job = _booked(cast, _somewhere(cast, kinds[code]), called, summary=summary)
        with cast.acting(cast.office, "office"):
            actions.cancel_job(job.pk, because=why, now=called + timedelta(hours=3))


def _somewhere(cast: Cast, kind: Kind) -> Slot:
    """A site for a call that has no time yet."""
    site, unit = _place(cast, kind, cast.random.choice(cast.cities))
    return Slot(kind, cast.world.now, cast.world.now + timedelta(minutes=kind.minutes), site, unit)
