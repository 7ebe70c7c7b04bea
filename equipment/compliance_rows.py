"""A circuit's rows as the plain facts that the leak rules take; many circuits in as many queries as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from .compliance import applicability, clocks, inspections, judging
from .compliance.choices import Choices
from .compliance.words import Sentence
from .models import (
    OUNCES_IN_POUND,
    CaseEvent,
    CaseEventKind,
    ChargeRevision,
    ChronicLeaker,
    Circuit,
    ComplianceRule,
    ComplianceSettings,
    Facility,
    LeakCase,
    LeakRate,
    RateMethod,
    Refrigerant,
    RefrigerantRecord,
)
from .states import CaseState

Step = clocks.Step
FIRST_DAY: Final = date(1900, 1, 1)  # of a charge that nobody dated
DETECTOR_DAYS: Final = 366  # an audited leak detector stands for inspections that long


def decimal_of(number: Fraction, places: int) -> Decimal:
    """A fraction as a decimal, half up, exactly where it has that many places."""
    scale = 10**places
    units = (2 * abs(number.numerator) * scale + number.denominator) // (2 * number.denominator)
    return Decimal(units if number >= 0 else -units).scaleb(-places)


# The house's rules and choices ------------------------------------------------------------------------


def the_settings() -> ComplianceSettings:
    """The house's compliance settings; as recommended where nobody has saved any."""
    return ComplianceSettings.objects.filter(pk=1).first() or ComplianceSettings(
        pk=1, reminder_days=[30, 14, 7, 1]
    )


def rules_in_data() -> tuple[applicability.Rule, ...]:
    """Every dated rule that the house keeps."""
    return tuple(
        applicability.Rule(
            code=row.code,
            jurisdiction=row.jurisdiction,
            category=row.category,
            minimum_charge_lb=row.minimum_charge_lb,
            trigger_percent=row.trigger_percent,
            repair_days=row.repair_days,
            shutdown_days=row.shutdown_days,
            effective_from=row.effective_from,
            effective_to=row.effective_to,
            citation=row.citation,
        )
        for row in ComplianceRule.objects.all()
    )


@dataclass(frozen=True, slots=True)
class Law:
    """The rules and how the house reads them."""

    rules: tuple[applicability.Rule, ...]
    choices: Choices

    def terms(self, codes: Sequence[str], category: str, on: date) -> clocks.Terms:
        """The shortest times that the named rules give."""
        rows = [
            rule
            for rule in self.rules
            if rule.code in codes and rule.category in (None, category) and rule.holds(on)
        ]
        if not rows:
            return clocks.Terms(tuple(codes))
        return clocks.Terms(
            tuple(codes), min(row.repair_days for row in rows), min(row.shutdown_days for row in rows)
        )


def the_law() -> Law:
    """What is in force, and the house's choices."""
    return Law(rules_in_data(), Choices.of(the_settings().choices))


# Circuits ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Book:
    """A circuit with all that judging it takes, and what was found of it so far."""

    circuit: Circuit
    zone: str
    method: str
    history: judging.History
    replaced: dict[int, int]  # record -> the voided one it was logged again for
    rates: list[LeakRate] = field(default_factory=list)
    cases: list[LeakCase] = field(default_factory=list)
    events: dict[Any, list[CaseEvent]] = field(default_factory=dict)  # by the case's uuid
    chronic: dict[int, ChronicLeaker] = field(default_factory=dict)

    @property
    def inspected_on(self) -> list[date]:
        """The days of its leak inspections."""
        return sorted(
            event.happened_on
            for events in self.events.values()
            for event in events
            if event.kind == CaseEventKind.INSPECTION
        )


CIRCUIT_FIELDS = (
    "pk", "uuid", "label", "refrigerant", "full_charge_oz", "category", "exempt", "exempt_because",
    "started_on", "retired_on", "leak_detection_audited_on", "is_factory_sealed", "unit__uuid",
    "unit__category", "unit__name", "unit__installed_on", "unit__status", "unit__site__uuid",
    "unit__site__state", "unit__site__time_zone", "unit__site__customer",
)  # fmt: skip
RECORD_FIELDS = (
    "pk", "circuit_id", "kind", "purpose", "ounces", "returned_oz", "continues_id", "replaces_id",
    "happened_at", "voided_at",
)  # fmt: skip


def facts_of(refrigerant: Refrigerant) -> applicability.RefrigerantFacts:
    """What the rules ask of a refrigerant."""
    return applicability.RefrigerantFacts(
        designation=refrigerant.designation,
        is_ozone_depleting=refrigerant.is_ozone_depleting,
        has_regulated_hfc=refrigerant.has_regulated_hfc,
        gwp=refrigerant.gwp,
        pressure_class=refrigerant.pressure_class,
    )


def load_books(circuit_ids: Sequence[int], *, whole: bool = True) -> list[Book]:
    """The circuits by their keys, each as a book. Not `whole`: without rates, cases and years."""
    refrigerants = {row.pk: facts_of(row) for row in Refrigerant.objects.all()}
    circuits = list(
        Circuit.objects.filter(pk__in=circuit_ids)
        .select_related("unit__site")
        .only(*CIRCUIT_FIELDS)
        .order_by("pk")
    )
    keys = [circuit.pk for circuit in circuits]
    records = _by_circuit(
        RefrigerantRecord.objects.filter(circuit__in=keys)
        .order_by("happened_at", "pk")
        .values_list(*RECORD_FIELDS, named=True)
    )
    revisions = _by_circuit(ChargeRevision.objects.filter(circuit__in=keys).order_by("effective_on", "pk"))
    methods = dict(
        Facility.objects.filter(site__in={circuit.unit.site_id for circuit in circuits}).values_list(
            "site_id", "method"
        )
    )
    events: dict[int, list[CaseEvent]] = defaultdict(list)
    standing = CaseEvent.objects.filter(case__circuit__in=keys, voided_at__isnull=True)
    for event in standing.select_related("case", "certificate").order_by("happened_on", "pk"):
        events[event.case.circuit_id].append(event)
    books = []
    for circuit in circuits:
        zone = circuit.unit.site.time_zone
        books.append(
            Book(
                circuit=circuit,
                zone=zone,
                method=methods.get(circuit.unit.site_id, RateMethod.ANNUALIZING),
                history=_history(
                    circuit,
                    records[circuit.pk],
                    revisions[circuit.pk],
                    events[circuit.pk],
                    refrigerants,
                    ZoneInfo(zone),
                ),
                replaced={row.pk: row.replaces_id for row in records[circuit.pk] if row.replaces_id},
            )
        )
    if whole:
        _add_findings(books, keys, events)
    return books


def load_book(circuit_id: int, *, whole: bool = True) -> Book:
    """One circuit's book."""
    return load_books([circuit_id], whole=whole)[0]


def _by_circuit(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.circuit_id].append(row)
    return found


def _add_findings(books: list[Book], keys: Sequence[int], events: dict[int, list[CaseEvent]]) -> None:
    rates = _by_circuit(LeakRate.objects.filter(circuit__in=keys, superseded_at__isnull=True))
    cases = _by_circuit(LeakCase.objects.filter(circuit__in=keys).order_by("opened_on", "pk"))
    chronic = _by_circuit(ChronicLeaker.objects.filter(circuit__in=keys))
    for book in books:
        key = book.circuit.pk
        book.rates, book.cases = rates[key], cases[key]
        book.chronic = {row.year: row for row in chronic[key]}
        book.events = {case.uuid: [] for case in book.cases}
        uuids = {case.pk: case.uuid for case in book.cases}
        for event in events[key]:
            book.events[uuids[event.case_id]].append(event)


def _history(
    circuit: Circuit,
    records: Sequence[Any],
    revisions: Sequence[ChargeRevision],
    events: Sequence[CaseEvent],
    refrigerants: dict[int, applicability.RefrigerantFacts],
    zone: ZoneInfo,
) -> judging.History:
    """What the rules take. The last correction before the first retrofit says what it was charged with."""
    first = circuit.refrigerant_id
    for revision in revisions:
        if revision.is_retrofit:
            break
        first = revision.refrigerant_id
    charges = [judging.Charge(row.effective_on, row.full_charge_oz) for row in revisions]
    if circuit.full_charge_oz is None:
        charges = []
    elif not charges:
        charges = [judging.Charge(circuit.started_on or FIRST_DAY, circuit.full_charge_oz)]
    return judging.History(
        refrigerant=refrigerants[first],
        category=circuit.category or None,
        charges=charges,
        events=[_event(row, zone) for row in records],
        exemption=applicability.Exemption(circuit.exempt),
        exemption_reason=circuit.exempt_because,
        installed_on=circuit.started_on or circuit.unit.installed_on,
        retired_on=circuit.retired_on,
        retrofits=[
            judging.Retrofit(row.effective_on, refrigerants[row.refrigerant_id])
            for row in revisions
            if row.is_retrofit
        ],
        passed_tests=[
            judging.PassedTest(event.happened_on, _time(event.happened_at, zone))
            for event in events
            if event.kind == CaseEventKind.FOLLOW_UP_TEST and event.passed
        ],
        state=circuit.unit.site.state,
    )


def _time(instant: datetime | None, zone: ZoneInfo) -> time | None:
    return None if instant is None else instant.astimezone(zone).time()


def _event(row: Any, zone: ZoneInfo) -> judging.Event:
    local = row.happened_at.astimezone(zone)
    return judging.Event(
        ref=row.pk,
        day=local.date(),
        kind=judging.kind_of(row.kind, row.purpose),
        ounces=row.ounces,
        returned_oz=row.returned_oz,
        at=local.time(),
        continues=row.continues_id,
        replaces=row.replaces_id,
        is_voided=row.voided_at is not None,
    )


# Rates ------------------------------------------------------------------------------------------------


def judged_from(rate: LeakRate) -> judging.Judgement:
    """What a row said when it was found, to be compared with what would be found now."""
    number = Fraction(int(rate.numerator), int(rate.denominator))
    verdict = judging.Verdict.ADVISORY
    if rate.exceeds is not None:
        verdict = judging.Verdict.EXCEEDS if rate.exceeds else judging.Verdict.WITHIN
    return judging.Judgement(
        day=rate.day,
        refs=(rate.record_id,),
        method=rate.method,
        lb=Fraction(rate.net_oz) / OUNCES_IN_POUND,
        days=rate.days_used,
        days_basis=judging.DaysBasis(rate.days_basis),
        full_charge_lb=Fraction(rate.full_charge_oz) / OUNCES_IN_POUND,
        rate=number,
        trigger=None if rate.trigger_percent is None else Fraction(rate.trigger_percent),
        codes=codes_of(rate.rules),
        verdict=verdict,
        figures=(),
        stricter=None if rate.strict_percent is None else Fraction(rate.strict_percent),
        citation="",
        sentence=Sentence(""),
        engine=rate.engine,
    )


def codes_of(rules: str) -> tuple[str, ...]:
    """The rules of a row: "82.157,84.106"."""
    return tuple(code for code in rules.split(",") if code)


# Cases ------------------------------------------------------------------------------------------------

# How a step is kept: the kind of its row, whether it was passed, and the outcomes that tell it from others.
KEPT: Final[dict[clocks.Step, tuple[str, bool | None, tuple[str, ...]]]] = {
    Step.INSPECTION: (CaseEventKind.INSPECTION, None, ()),
    Step.REPAIRED: (CaseEventKind.REPAIR, None, ()),
    Step.INITIAL_PASSED: (CaseEventKind.INITIAL_TEST, True, ()),
    Step.INITIAL_FAILED: (CaseEventKind.INITIAL_TEST, False, ()),
    Step.NORMAL_OPERATION: (CaseEventKind.NORMAL_OPERATION, None, ()),
    Step.FOLLOW_UP_PASSED: (CaseEventKind.FOLLOW_UP_TEST, True, ()),
    Step.FOLLOW_UP_FAILED: (CaseEventKind.FOLLOW_UP_TEST, False, ()),
    Step.SHUTDOWN_REQUIRED: (CaseEventKind.SHUTDOWN, None, ()),
    Step.EXTENSION_REQUESTED: (CaseEventKind.EXTENSION, None, clocks.GROUNDS),
    Step.EXTENDED: (CaseEventKind.EXTENSION, None, ("granted",)),
    Step.PARTS_RECEIVED: (CaseEventKind.EXTENSION, None, ("parts_received",)),
    Step.EXTENSION_DENIED: (CaseEventKind.EXTENSION_REFUSED, None, ()),
    Step.PLAN_REQUIRED: (CaseEventKind.PLAN, None, clocks.PLAN_REASONS),
    Step.PLAN_MADE: (CaseEventKind.PLAN, None, tuple(clocks.ENDS)),
    Step.PLAN_EXTENSION_REQUESTED: (CaseEventKind.EXTENSION, None, ("plan_requested",)),
    Step.PLAN_EXTENDED: (CaseEventKind.EXTENSION, None, ("plan_granted",)),
    Step.PLAN_EXTENSION_DENIED: (CaseEventKind.EXTENSION_REFUSED, None, ("plan_refused",)),
    Step.PLAN_COMPLETED: (CaseEventKind.PLAN_COMPLETED, None, tuple(clocks.ENDS)),
    Step.RELIEVED: (CaseEventKind.RELIEF, None, ()),
    Step.MOTHBALLED: (CaseEventKind.MOTHBALLED, None, ()),
    Step.RESUMED: (CaseEventKind.RESUMED, None, ()),
    Step.OPENED: (CaseEventKind.EXCEEDED_AGAIN, None, ()),
}


def step_of(event: CaseEvent) -> clocks.Step | None:
    """The step that a row keeps; None where it is only a note (a report)."""
    fitting = [
        (step, outcomes)
        for step, (kind, passed, outcomes) in KEPT.items()
        if kind == event.kind and passed == (event.passed if kind in TESTS else None)
    ]
    for step, outcomes in fitting:
        if event.outcome in outcomes:
            return step
    return next((step for step, outcomes in fitting if not outcomes), None)


TESTS: Final = frozenset({CaseEventKind.INITIAL_TEST, CaseEventKind.FOLLOW_UP_TEST})


@dataclass(frozen=True, slots=True)
class Placed:
    """A step at its place in time. Without a row it follows from an addition of refrigerant."""

    step: clocks.CaseEvent
    row: CaseEvent | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A case after its steps. `refused` fit no longer, because something before them was voided."""

    case: clocks.Case
    steps: tuple[Placed, ...]
    refused: tuple[tuple[Placed, Sentence], ...]


def play(book: Book, case: LeakCase, law: Law, *, more: CaseEvent | None = None) -> Played:
    """The case as its rows and the circuit's additions make it; `more` is a row that is not kept yet."""
    rows = [*book.events.get(case.uuid, ()), *([more] if more is not None else ())]
    codes = codes_of(case.rules)
    folded = clocks.after(
        clocks.Case(law.terms(codes, book.circuit.category, case.opened_on)),
        clocks.CaseEvent(Step.OPENED, case.opened_on),
    )
    steps, refused = [], []
    for placed in _timeline(book, case, rows):
        step = placed.step
        if placed.row is None:
            step = _of_addition(folded, step)
        elif step.step is Step.EXTENDED and folded.extension is not None:
            step = clocks.CaseEvent(step.step, step.day, ground=folded.extension.ground, until=step.until)
        if folded.is_over and (placed.row is None or step.step in (Step.INSPECTION, Step.OPENED)):
            continue
        sentence = clocks.refusal(folded, step)
        if sentence is not None:
            refused.append((placed, sentence))
            continue
        folded = clocks.after(folded, step)
        steps.append(Placed(step, placed.row))
    return Played(folded, tuple(steps), tuple(refused))


def _of_addition(folded: clocks.Case, step: clocks.CaseEvent) -> clocks.CaseEvent:
    if folded.is_suspended:
        return clocks.CaseEvent(Step.RESUMED, step.day)
    return step


def _timeline(book: Book, case: LeakCase, rows: Sequence[CaseEvent]) -> list[Placed]:
    """Rows by day, and within a day by time where all have one, else as they were entered; an addition stands
    before what was entered for a later hour, and before normal operation and the follow-up test.
    """
    days: dict[date, list[Placed]] = defaultdict(list)
    for row in rows:
        step = step_of(row)
        if step is not None:
            days[row.happened_on].append(Placed(_step(step, row), row))
    zone = ZoneInfo(book.zone)
    for placed in days.values():
        if all(one.row is not None and one.row.happened_at for one in placed):
            placed.sort(key=lambda one: one.row.happened_at)  # type: ignore[union-attr, arg-type, return-value]
    for event in sorted(book.history.events, key=lambda one: (one.day, one.at or time.min)):
        if event.is_voided or event.kind not in judging.ADDITIONS or event.day <= case.opened_on:
            continue
        day = days[event.day]
        day.insert(_place(day, event.at, zone), Placed(clocks.CaseEvent(Step.RECHARGED, event.day)))
    return [placed for day in sorted(days) for placed in days[day]]


AFTER_CHARGING: Final = frozenset(
    {Step.NORMAL_OPERATION, Step.FOLLOW_UP_PASSED, Step.FOLLOW_UP_FAILED, Step.PLAN_COMPLETED}
)


def _place(day: list[Placed], at: time | None, zone: ZoneInfo) -> int:
    for place, placed in enumerate(day):
        if placed.row is None:
            continue
        timed = _time(placed.row.happened_at, zone)
        if timed is not None and at is not None:
            if timed > at:
                return place
        elif placed.step.step in AFTER_CHARGING:
            return place
    return len(day)


def _step(step: clocks.Step, row: CaseEvent) -> clocks.CaseEvent:
    return clocks.CaseEvent(
        step,
        row.happened_on,
        was_evacuated=bool(row.was_evacuated),
        ground=row.outcome if step is Step.EXTENSION_REQUESTED else "",
        until=row.until,
        why=row.outcome if step is Step.PLAN_REQUIRED else "",
        how=row.outcome if step in (Step.PLAN_MADE, Step.PLAN_COMPLETED) else "",
    )


def schedules_of(book: Book, on: date) -> list[inspections.Schedule]:
    """The leak inspections that each exceeded rule asks for, from the rates and cases as they stand."""
    cases = [case for case in book.cases if case.state != CaseState.WITHDRAWN]
    charge = book.history.full_charge_oz(on)
    if not cases or charge is None:
        return []
    audited = book.circuit.leak_detection_audited_on
    passed = [test.day for test in book.history.passed_tests]
    return [
        inspections.schedule(
            code=code,
            category=book.circuit.category,
            full_charge_lb=Fraction(charge) / OUNCES_IN_POUND,
            exceeded_on=[rate.day for rate in book.rates if rate.exceeds],
            follow_up_passed_on=max(passed, default=None),
            inspected_on=book.inspected_on,
            on=on,
            is_monitored=audited is not None and (on - audited).days <= DETECTOR_DAYS,
        )
        for code in codes_of(cases[-1].rules)
    ]


STATE_FIELDS: Final = (
    "state", "needs_shutdown", "next_due_on", "next_due_what", "next_inspection_on", "closed_on",
)  # fmt: skip


def refresh(book: Book, law: Law, *, on: date) -> list[LeakCase]:
    """Write what its steps make of each case into its columns; returns the cases that changed, unsaved."""
    changed = []
    standing = [case for case in book.cases if case.state != CaseState.WITHDRAWN]
    due = [row.next_due for row in schedules_of(book, on) if row.next_due is not None]
    for case in standing:
        before = [getattr(case, name) for name in STATE_FIELDS]
        played = play(book, case, law).case
        deadline = clocks.next_deadline(played, on)
        case.state = played.state
        case.needs_shutdown = played.shutdown_on is not None
        case.next_due_on = deadline.due if deadline else None
        case.next_due_what = str(deadline.what) if deadline else ""
        case.closed_on = played.over_on
        case.next_inspection_on = min(due, default=None) if case is standing[-1] else None
        if before != [getattr(case, name) for name in STATE_FIELDS]:
            changed.append(case)
    return changed


def open_or_inspected() -> Q:
    """Cases whose columns may change from one day to the next."""
    return Q(closed_on__isnull=True) | Q(next_inspection_on__isnull=False)


def pounds(ounces: Decimal) -> Fraction:
    """Ounces as exact pounds."""
    return Fraction(ounces) / OUNCES_IN_POUND
