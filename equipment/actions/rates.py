"""Leak rates: found anew after whatever they rest on has changed, with the cases and years they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.clock import today_in
from fsm.events import announce
from fsm.history import insert_with_history, update_each_with_history

from ..compliance import chronic, judging
from ..compliance_rows import (
    Book,
    Law,
    codes_of,
    decimal_of,
    judged_from,
    load_books,
    open_or_inspected,
    refresh,
    the_law,
)
from ..events import CaseMoved, CaseOpened
from ..models import (
    OUNCES_IN_POUND,
    CaseEvent,
    CaseEventKind,
    ChronicLeaker,
    Circuit,
    LeakCase,
    LeakRate,
    RefrigerantRecord,
)
from ..states import CASE_CLOSED, CaseState
from ..wording import said

AT_ONCE: Final = 1000  # circuits that are reckoned in one transaction
COMPARED: Final = (
    "record_id", "rules", "category", "method", "net_oz", "days_used", "days_basis", "full_charge_oz",
    "numerator", "denominator", "percent", "trigger_percent", "exceeds", "strict_percent", "engine",
)  # fmt: skip
CASE_FIELDS: Final = (
    "opened_by", "opened_on", "rules", "percent", "state", "needs_shutdown", "next_due_on", "next_due_what",
    "next_inspection_on", "closed_on", "withdrawn_because",
)  # fmt: skip


@dataclass
class Findings:
    """What a pass over circuits found to be written."""

    now: datetime
    because: str
    tells: bool = True  # whether anybody reads what changed
    superseded: list[LeakRate] = field(default_factory=list)
    rates: list[LeakRate] = field(default_factory=list)
    opened: list[LeakCase] = field(default_factory=list)
    moved: dict[int, LeakCase] = field(default_factory=dict)
    noted: list[CaseEvent] = field(default_factory=list)
    unnoted: list[CaseEvent] = field(default_factory=list)
    chronic: list[ChronicLeaker] = field(default_factory=list)
    chronic_changed: list[ChronicLeaker] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)

    def move(self, case: LeakCase) -> None:
        """The case is to be saved, once."""
        if case.pk is not None:
            self.moved[case.pk] = case


@transaction.atomic
def recompute_circuit(circuit_id: int, *, now: datetime, because: str = "") -> list[str]:
    """Find the circuit's rates, cases and chronic years anew, and write only what became different.

    Superseded rates stay readable. Returns what changed, a sentence each, for whoever caused it.
    """
    list(Circuit.objects.select_for_update(no_key=True).filter(pk=circuit_id))
    return _recompute([circuit_id], the_law(), now=now, because=because).sentences


def recompute_all(
    *, now: datetime, because: str = "", site_id: int | None = None, circuit_ids: Sequence[int] | None = None
) -> int:
    """As `recompute_circuit` for every circuit with records (of a site), a thousand in a transaction.

    Returns how many rates became different.
    """
    found = RefrigerantRecord.objects.order_by("circuit").distinct().values_list("circuit", flat=True)
    if site_id is not None:
        found = found.filter(circuit__unit__site=site_id)
    keys = list(found) if circuit_ids is None else sorted(circuit_ids)
    law, changed = the_law(), 0
    for start in range(0, len(keys), AT_ONCE):
        with transaction.atomic():
            some = keys[start : start + AT_ONCE]
            list(
                Circuit.objects.select_for_update(no_key=True)
                .filter(pk__in=some)
                .order_by("pk")
                .values_list("pk", flat=True)
            )
            findings = _recompute(some, law, now=now, because=because, tells=False)
            changed += len(findings.rates) + len(findings.superseded)
    return changed


def recompute_site(site_id: int, because: str, now: str) -> None:
    """For a worker: everything of a site, after its method changed."""
    recompute_all(now=datetime.fromisoformat(now), because=because, site_id=site_id)


def recompute_house(because: str, now: str) -> None:
    """For a worker: everything, after a choice or a rule changed."""
    recompute_all(now=datetime.fromisoformat(now), because=because)


def refresh_deadlines(*, now: datetime) -> int:
    """Bring what is due in each case, and its next inspection, up to the day; returns how many changed."""
    keys = list(
        LeakCase.objects.exclude(state=CaseState.WITHDRAWN)
        .filter(open_or_inspected())
        .order_by("circuit")
        .values_list("circuit", flat=True)
        .distinct()
    )
    law, count = the_law(), 0
    for start in range(0, len(keys), AT_ONCE):
        with transaction.atomic(), with_reason(_("Another day")):
            some = keys[start : start + AT_ONCE]
            list(Circuit.objects.select_for_update(no_key=True).filter(pk__in=some).order_by("pk"))
            changed = [
                case for book in load_books(some) for case in refresh(book, law, on=today_in(book.zone, now))
            ]
            update_each_with_history(changed, CASE_FIELDS)
            count += len(changed)
    return count


def _recompute(keys: Sequence[int], law: Law, *, now: datetime, because: str, tells: bool = True) -> Findings:
    because = because[:200] or _("Reckoned anew")
    findings = Findings(now, because, tells)
    for book in load_books(keys):
        on = today_in(book.zone, now)
        judged = judging.judge(book.history, method=book.method, rules=law.rules, choices=law.choices)
        _rates(book, judged, findings)
        _cases(book, judged, findings, on)
        for case in refresh(book, law, on=on):
            findings.move(case)
        _years(book, law, findings, on)
    _write(findings)
    return findings


# Rates ------------------------------------------------------------------------------------------------


def _rates(book: Book, judged: Sequence[judging.Judgement], findings: Findings) -> None:
    standing = {rate.day: rate for rate in book.rates}
    wanted = {
        judgement.day: rate_row(book, judgement, findings.now)
        for judgement in judged
        if judgement.rate is not None
    }
    stale = [rate for day, rate in standing.items() if day not in wanted or _differs(rate, wanted[day])]
    fresh = [rate for day, rate in wanted.items() if day not in standing or _differs(standing[day], rate)]
    if not stale and not fresh:
        return
    findings.superseded += stale
    findings.rates += fresh
    gone = {rate.day for rate in stale}
    if findings.tells:
        findings.sentences += [
            said(change.sentence)
            for change in judging.changed(map(judged_from, stale), map(judged_from, fresh))
        ]
    book.rates = [rate for rate in book.rates if rate.day not in gone] + fresh


def rate_row(book: Book, judgement: judging.Judgement, found_at: datetime) -> LeakRate:
    """A judgement as it is kept."""
    rate, charge = judgement.rate or Fraction(0), judgement.full_charge_lb or Fraction(1)
    verdict = judgement.verdict
    return LeakRate(
        circuit=book.circuit,
        day=judgement.day,
        record_id=_record(judgement),
        rules=",".join(judgement.codes),
        category=book.circuit.category,
        method=judgement.method,
        net_oz=decimal_of(judgement.lb * OUNCES_IN_POUND, 3),
        days_used=judgement.days,
        days_basis=str(judgement.days_basis),
        full_charge_oz=decimal_of(charge * OUNCES_IN_POUND, 3),
        numerator=rate.numerator,
        denominator=rate.denominator,
        percent=decimal_of(rate, 6),
        trigger_percent=None if judgement.trigger is None else decimal_of(judgement.trigger, 3),
        exceeds=None if verdict is judging.Verdict.ADVISORY else judgement.exceeds,
        strict_percent=None if judgement.stricter is None else decimal_of(judgement.stricter, 6),
        engine=judgement.engine,
        found_at=found_at,
    )


def _record(judgement: judging.Judgement) -> Any:
    """The key of the day's last record."""
    return judgement.refs[-1]


def _differs(one: LeakRate, other: LeakRate) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in COMPARED)


# Cases ------------------------------------------------------------------------------------------------


def _cases(book: Book, judged: Sequence[judging.Judgement], findings: Findings, on: date) -> None:
    """One case for every day over the trigger, or that day as an event of the case that is open then."""
    over = {judgement.day: judgement for judgement in judged if judgement.exceeds}
    if not over and not book.cases:
        return
    covered: set[date] = set()
    for case in [case for case in book.cases if case.state != CaseState.WITHDRAWN]:
        covered |= _keep(book, case, over, findings, on)
    for day in sorted(over.keys() - covered):
        _cover(book, over[day], findings)


def _keep(
    book: Book, case: LeakCase, over: dict[date, judging.Judgement], findings: Findings, on: date
) -> set[date]:
    """What a standing case covers now; without any day over the trigger it is withdrawn."""
    again: dict[date, CaseEvent] = {}
    for event in [e for e in book.events[case.uuid] if e.kind == CaseEventKind.EXCEEDED_AGAIN]:
        if event.happened_on in over and event.happened_on != case.opened_on:
            again[event.happened_on] = event
        else:
            _unnote(book, case, event, findings)
    if case.opened_on not in over:
        if not again:
            case.state, case.withdrawn_because = CaseState.WITHDRAWN, findings.because
            case.next_due_on, case.next_due_what, case.next_inspection_on = None, "", None
            case.closed_on = max(on, case.opened_on)
            findings.move(case)
            findings.sentences.append(
                _("The leak case of %(day)s is withdrawn: the rate is not over the trigger any more.")
                % {"day": said(case.opened_on)}
            )
            return set()
        first = min(again)
        _unnote(book, case, again.pop(first), findings)
        case.opened_on = first
    _set_opening(case, over[case.opened_on], findings)
    return {case.opened_on, *again}


def _set_opening(case: LeakCase, judgement: judging.Judgement, findings: Findings) -> None:
    rules, percent = ",".join(exceeded(judgement)), decimal_of(judgement.rate or Fraction(0), 6)
    record: Any = case.opened_by_id if case.opened_by_id in judgement.refs else _record(judgement)
    if (case.rules, case.percent, case.opened_by_id, case.opened_on) != (
        rules,
        percent,
        record,
        judgement.day,
    ):
        case.rules, case.percent, case.opened_by_id = rules, percent, record
        case.opened_on = judgement.day
    findings.move(case)


def exceeded(judgement: judging.Judgement) -> tuple[str, ...]:
    """The rules whose trigger it is over for certain."""
    return tuple(figure.code for figure in judgement.figures if figure.is_certain and figure.exceeds)


def _cover(book: Book, judgement: judging.Judgement, findings: Findings) -> None:
    """A day over the trigger that no case covers: it joins one, brings one back, or opens one."""
    day = judgement.day
    standing = [case for case in book.cases if case.state != CaseState.WITHDRAWN]
    around = next(
        (
            case
            for case in standing
            if case.opened_on <= day and (case.state not in CASE_CLOSED or day < (case.closed_on or day))
        ),
        None,
    )
    if around is not None:
        _note(book, around, day, judgement, findings)
        return
    if (later := next((case for case in standing if case.state not in CASE_CLOSED), None)) is not None:
        joined = later.opened_on
        later.opened_on = day
        _set_opening(later, judgement, findings)
        _note(book, later, joined, judgement, findings)
        return
    if (case := _withdrawn_for(book, judgement)) is not None:
        case.state, case.withdrawn_because, case.closed_on = CaseState.OPEN, "", None
        case.opened_on = day
        _set_opening(case, judgement, findings)
        findings.sentences.append(_("The leak case of %(day)s stands again.") % {"day": said(case.opened_on)})
        return
    _open(book, judgement, findings)


def _withdrawn_for(book: Book, judgement: judging.Judgement) -> LeakCase | None:
    """A case that was withdrawn for this day's record, or for the one that it was logged again for."""
    records: set[Any] = set(judgement.refs)
    for record in list(records):
        while record in book.replaced:
            record = book.replaced[record]
            records.add(record)
    withdrawn = [case for case in book.cases if case.state == CaseState.WITHDRAWN]
    return next(
        (case for case in withdrawn if case.opened_on == judgement.day or case.opened_by_id in records), None
    )


def _open(book: Book, judgement: judging.Judgement, findings: Findings) -> None:
    case = LeakCase(
        uuid=uuid4(),
        circuit=book.circuit,
        opened_by_id=_record(judgement),
        rules=",".join(exceeded(judgement)),
        opened_on=judgement.day,
        percent=decimal_of(judgement.rate or Fraction(0), 6),
        created_at=findings.now,
    )
    book.cases = sorted([*book.cases, case], key=lambda row: row.opened_on)
    book.events[case.uuid] = []
    findings.opened.append(case)
    findings.sentences.append(
        _("A leak case is open since %(day)s under 40 CFR %(rules)s.")
        % {"day": said(judgement.day), "rules": ", ".join(codes_of(case.rules))}
    )


def _note(book: Book, case: LeakCase, day: date, judgement: judging.Judgement, findings: Findings) -> None:
    event = CaseEvent(
        uuid=uuid4(), case=case, kind=CaseEventKind.EXCEEDED_AGAIN, happened_on=day, created_at=findings.now
    )
    book.events[case.uuid].append(event)
    book.events[case.uuid].sort(key=lambda row: row.happened_on)
    findings.noted.append(event)
    findings.move(case)
    findings.sentences.append(
        _("%(day)s joins the leak case of %(opened)s.") % {"day": said(day), "opened": said(case.opened_on)}
    )


def _unnote(book: Book, case: LeakCase, event: CaseEvent, findings: Findings) -> None:
    book.events[case.uuid].remove(event)
    event.voided_at, event.voided_because = findings.now, findings.because
    findings.unnoted.append(event)


# Calendar years ---------------------------------------------------------------------------------------


def _years(book: Book, law: Law, findings: Findings, on: date) -> None:
    lost = {
        year.year: year
        for year in chronic.years(book.history, rules=law.rules, on=on, choices=law.choices)
        if year.is_chronic
    }
    for year, row in book.chronic.items():
        if year not in lost and row.withdrawn_at is None:
            row.withdrawn_at = findings.now
            findings.chronic_changed.append(row)
            findings.sentences.append(
                _("It no longer lost 125 %% of its charge in %(year)s.") % {"year": year}
            )
    for year, found in lost.items():
        values = {
            "lost_oz": decimal_of(found.lost_lb * OUNCES_IN_POUND, 3),
            "percent": decimal_of(found.percent or Fraction(0), 6),
            "due_on": found.report_due or chronic.report_due(year),
        }
        standing = book.chronic.get(year)
        if standing is None:
            findings.chronic.append(ChronicLeaker(circuit=book.circuit, year=year, **values))
        elif standing.withdrawn_at or any(getattr(standing, key) != now for key, now in values.items()):
            standing.withdrawn_at = None
            for key, value in values.items():
                setattr(standing, key, value)
            findings.chronic_changed.append(standing)
            continue
        else:
            continue
        findings.sentences.append(said(found.sentence))


# Writing ----------------------------------------------------------------------------------------------


def _write(findings: Findings) -> None:
    """Old rows out of the way first, new ones after them; then whoever listens is told."""
    with with_reason(findings.because):
        if findings.superseded:
            LeakRate.objects.filter(pk__in=[rate.pk for rate in findings.superseded]).update(
                superseded_at=findings.now, superseded_because=findings.because
            )
        LeakRate.objects.bulk_create(findings.rates, batch_size=1000)
        moved = _really_moved(findings.moved.values())
        # A case that closes or is withdrawn makes room for another one that opens.
        for some in (
            [case for case in moved if case.state in CASE_CLOSED],
            [case for case in moved if case.state not in CASE_CLOSED],
        ):
            update_each_with_history(some, CASE_FIELDS)
        insert_with_history(findings.opened)
        for event in findings.noted:
            event.case = event.case  # its key is known now
        insert_with_history(findings.noted)
        kept = [event for event in findings.unnoted if event.pk is not None]
        update_each_with_history(kept, ("voided_at", "voided_because"))
        insert_with_history(findings.chronic)
        update_each_with_history(findings.chronic_changed, ("lost_oz", "percent", "due_on", "withdrawn_at"))
    for case in findings.opened:
        announce(CaseOpened(case_id=case.pk))
    for case in moved:
        announce(CaseMoved(case_id=case.pk))


def _really_moved(cases: Iterable[LeakCase]) -> list[LeakCase]:
    """Those whose columns differ from what is kept."""
    rows = list(cases)
    names = [str(getattr(LeakCase._meta.get_field(name), "attname", name)) for name in CASE_FIELDS]
    kept: dict[Any, tuple[Any, ...]] = (
        {
            row[0]: tuple(row[1:])
            for row in LeakCase.objects.filter(pk__in=[case.pk for case in rows]).values_list("pk", *names)
        }
        if rows
        else {}
    )
    return [case for case in rows if kept[case.pk] != tuple(getattr(case, name) for name in names)]
