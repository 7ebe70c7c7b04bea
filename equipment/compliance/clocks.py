"""What must happen after an exceedance, and by when (40 CFR 82.157(d) to (i), 84.106(d) to (i)).

A case is what its dated events make of it: `fold` plays them, `refusal` says why one may not come now,
`deadlines` names what is open on a day. Nothing is stored here and no clock is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from .applicability import HFC_RULE, ODS_RULE
from .dates import months_after
from .words import Refused, Sentence, _

FOLLOW_UP_DAYS: Final = 10  # (e)
PLAN_DAYS: Final = 30  # (h)
AFTER_PARTS_DAYS: Final = 30  # (f)
PARTS_LIMIT: Final = {False: 180, True: 270}  # (f): by whether an industrial process shutdown is required
RELIEF_DAYS: Final = 180  # (h)
PLAN_REQUEST_MONTHS: Final = 7  # (i)
EPA_OBJECTS_DAYS: Final = 60  # (i)


class Step(StrEnum):
    """What may happen in a case."""

    OPENED = "opened"  # refrigerant was added and the rate is over the trigger: day 0
    INSPECTION = "inspection"
    REPAIRED = "repaired"
    RECHARGED = "recharged"  # refrigerant added back after a repair
    INITIAL_PASSED = "initial_passed"
    INITIAL_FAILED = "initial_failed"
    NORMAL_OPERATION = "normal_operation"
    FOLLOW_UP_PASSED = "follow_up_passed"
    FOLLOW_UP_FAILED = "follow_up_failed"
    SHUTDOWN_REQUIRED = "shutdown_required"  # of an industrial process
    EXTENSION_REQUESTED = "extension_requested"
    EXTENSION_DENIED = "extension_denied"
    EXTENDED = "extended"
    PARTS_RECEIVED = "parts_received"
    PLAN_REQUIRED = "plan_required"
    PLAN_MADE = "plan_made"
    PLAN_EXTENSION_REQUESTED = "plan_extension_requested"
    PLAN_EXTENSION_DENIED = "plan_extension_denied"
    PLAN_EXTENDED = "plan_extended"
    PLAN_COMPLETED = "plan_completed"
    RELIEVED = "relieved"
    MOTHBALLED = "mothballed"  # evacuated to at most atmospheric pressure and shut down
    RESUMED = "resumed"  # refrigerant was added again


class Phase(StrEnum):
    """Where a case stands. Mothballing suspends any of them; overdue is a matter of the day."""

    NONE = "none"
    OPEN = "open"
    REPAIRED = "repaired"
    FOLLOW_UP_DUE = "follow_up"
    PLAN_REQUIRED = "plan_required"
    PLAN_ACTIVE = "plan_active"
    CLOSED = "closed"
    RETROFITTED = "retrofitted"
    RETIRED = "retired"
    RELIEVED = "relieved"


OVER: Final = frozenset({Phase.CLOSED, Phase.RETROFITTED, Phase.RETIRED, Phase.RELIEVED})
REPAIRING: Final = frozenset({Phase.OPEN, Phase.REPAIRED, Phase.FOLLOW_UP_DUE})
PLANNING: Final = frozenset({Phase.PLAN_REQUIRED, Phase.PLAN_ACTIVE})
WITHOUT_REFRIGERANT: Final = frozenset(
    {Step.RECHARGED, Step.NORMAL_OPERATION, Step.FOLLOW_UP_PASSED, Step.FOLLOW_UP_FAILED}
)
GROUNDS: Final = ("parts", "radiological", "regulations")
PLAN_REASONS: Final = ("not_repairing", "no_action", "still_leaking")
ENDS: Final = {"retrofitted": Phase.RETROFITTED, "retired": Phase.RETIRED}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rules that are exceeded give: from their rows of data."""

    codes: tuple[str, ...]
    repair_days: int = 30
    shutdown_days: int = 120


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened in a case, on a day of the site. Only the fields of its step say anything."""

    step: Step
    day: date
    was_evacuated: bool = False  # repaired: the appliance or component was evacuated for it
    ground: str = ""  # extension_requested, extended: one of GROUNDS
    until: date | None = None  # extensions: the day asked for or granted
    why: str = ""  # plan_required: one of PLAN_REASONS
    how: str = ""  # plan_made, plan_completed: retrofitted or retired
    exempt_substitute: bool = False  # plan_made: the replacement's refrigerant is exempt
    federal: bool = False  # plan_made: equipment that the federal government owns


@dataclass(frozen=True, slots=True)
class Case:
    """What the events so far make of a case."""

    terms: Terms
    phase: Phase = Phase.NONE
    events: tuple[CaseEvent, ...] = ()
    opened_on: date | None = None
    joined: tuple[date, ...] = ()  # I12: later exceedances
    shutdown_on: date | None = None
    inspected_on: date | None = None
    repaired_on: date | None = None
    was_evacuated: bool = False
    recharged_on: date | None = None  # since the last repair
    initial_passed_on: date | None = None
    normal_since: date | None = None
    followed_up_on: date | None = None
    extension: CaseEvent | None = None
    parts_received_on: date | None = None
    plan_trigger: date | None = None  # the day from which the plan's 30 days run
    plan: CaseEvent | None = None
    plan_extension: CaseEvent | None = None
    over_on: date | None = None
    mothballed_on: date | None = None
    suspensions: tuple[tuple[date, date], ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more is due."""
        return self.phase in OVER

    @property
    def state(self) -> str:
        """Its phase, or "suspended" while mothballed, or "extended" while an extension gives more time."""
        if self.is_suspended and not self.is_over:
            return "suspended"
        return "extended" if self.phase is Phase.OPEN and self.extension else str(self.phase)

    @property
    def is_suspended(self) -> bool:
        """Whether mothballing stops its clocks."""
        return self.mothballed_on is not None

    def suspended_days(self, since: date, on: date) -> int:
        """The days from `since` on which the appliance was mothballed: every deadline moves by them."""
        spans = list(self.suspensions)
        if self.mothballed_on is not None and self.mothballed_on < on:
            spans.append((self.mothballed_on, on))
        return sum(max((end - max(start, since)).days, 0) for start, end in spans)


class NotNow(Refused):
    """The event may not come at this point of the case."""


def fold(terms: Terms, events: Iterable[CaseEvent]) -> Case:
    """The case after all its events, in the order in which they were recorded."""
    case = Case(terms)
    for event in events:
        case = after(case, event)
    return case


def after(case: Case, event: CaseEvent) -> Case:
    """The case after one more event, or `NotNow` with the reason."""
    if (sentence := refusal(case, event)) is not None:
        raise NotNow(sentence)
    changed = joined(case, event) if _joins(case, event) else _CHANGES[event.step](case, event)
    return replace(changed, events=(*case.events, event))


# Dates ----------------------------------------------------------------------------------------------


def due_in(case: Case, since: date, days: int, on: date) -> date:
    """I11: calendar days from a day, moved by the days of mothballing since; overdue from the day after."""
    return moved(case, since, since + timedelta(days=days), on)


def moved(case: Case, since: date, due: date, on: date) -> date:
    """A deadline that runs since a day, moved by the days of mothballing."""
    return due + timedelta(days=case.suspended_days(since, on))


def repair_due(case: Case, on: date) -> date:
    """30 days, 120 with a shutdown, or what an extension gives: (d) and (f)."""
    opened = _opened(case)
    needs_shutdown = case.shutdown_on is not None
    due = due_in(case, opened, case.terms.shutdown_days if needs_shutdown else case.terms.repair_days, on)
    if case.extension is None or case.extension.until is None:
        return due
    extended = moved(case, case.extension.day, case.extension.until, on)
    if case.extension.ground == "parts":
        if case.parts_received_on is not None:
            extended = due_in(case, case.parts_received_on, AFTER_PARTS_DAYS, on)
        extended = min(extended, due_in(case, opened, PARTS_LIMIT[needs_shutdown], on))
    return max(due, extended)


def follow_up_due(case: Case, on: date) -> date | None:
    """10 days from the initial test; evacuated: from normal operation, None until that is reached. (e)."""
    since = case.normal_since if case.was_evacuated else case.initial_passed_on
    return None if since is None else due_in(case, since, FOLLOW_UP_DAYS, on)


def plan_due(case: Case, on: date) -> date:
    """30 days from the exceedance, or from the test that showed it still leaks: (h)."""
    return due_in(case, case.plan_trigger or _opened(case), PLAN_DAYS, on)


def plan_completion_due(case: Case, code: str, on: date) -> date | None:
    """A year from the plan; under 82.157 at most 13 months from what required it: (h) and (i)."""
    if case.plan is None:
        return None
    made = case.plan.day
    granted = case.plan_extension
    if granted is not None and granted.until is not None:
        answered = granted.step is Step.PLAN_EXTENDED
        if answered or on > granted.day + timedelta(days=EPA_OBJECTS_DAYS):
            return moved(case, granted.day, granted.until, on)
    if code != ODS_RULE:
        return moved(case, made, months_after(made, 12), on)
    federal = 12 if case.plan.federal else 0
    if case.plan.exempt_substitute and case.plan.how == "retired":
        return moved(case, made, months_after(made, 18 + federal), on)
    trigger = case.plan_trigger or _opened(case)
    return min(
        moved(case, made, months_after(made, 12 + federal), on),
        moved(case, trigger, months_after(trigger, 13 + federal), on),
    )


def presumed_repaired_on(case: Case, code: str) -> date | None:
    """When the leak is presumed repaired if nothing is added: (d). 82.157 counts 12 months from the repair,
    84.106 from the passed follow-up test.
    """
    since = case.followed_up_on if code == HFC_RULE else case.repaired_on
    return None if since is None or case.followed_up_on is None else months_after(since, 12)


# What is open ---------------------------------------------------------------------------------------


class What(StrEnum):
    """What a deadline asks for."""

    INSPECTION = "inspection"
    REPAIR = "repair"
    INITIAL_TEST = "initial_test"
    FOLLOW_UP_TEST = "follow_up_test"
    PLAN = "plan"
    PLAN_COMPLETION = "plan_completion"


_ASKS: Final = {
    What.INSPECTION: _("Inspect for leaks, by a certified technician."),
    What.REPAIR: _("Repair the leaks so that the rate is no longer exceeded."),
    What.INITIAL_TEST: _("Pass the initial verification test, before refrigerant is added back."),
    What.FOLLOW_UP_TEST: _("Pass the follow-up verification test."),
    What.PLAN: _("Write and sign a retrofit or retirement plan."),
    What.PLAN_COMPLETION: _("Complete the retrofit or retirement."),
}
_PARAGRAPHS: Final = {
    What.INSPECTION: "(d)",
    What.REPAIR: "(d)",
    What.INITIAL_TEST: "(e)",
    What.FOLLOW_UP_TEST: "(e)",
    What.PLAN: "(h)",
    What.PLAN_COMPLETION: "(h), (i)",
}


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something open: `due` is None while it waits for normal operation."""

    what: What
    due: date | None
    codes: tuple[str, ...]
    citation: str
    sentence: Sentence
    days_left: int | None
    is_overdue: bool
    suspended_days: int


def deadlines(case: Case, on: date) -> tuple[Deadline, ...]:
    """All that is open on a day, the soonest first. While mothballed they keep their distance."""
    found: list[Deadline] = []
    if case.phase in (Phase.OPEN, Phase.REPAIRED):
        due = repair_due(case, on)
        missing = [What.INITIAL_TEST]
        if case.phase is Phase.OPEN:
            missing.insert(0, What.REPAIR)
        if case.inspected_on is None:
            missing.insert(0, What.INSPECTION)
        found = [_deadline(case, what, due, case.terms.codes, _opened(case), on) for what in missing]
        if on > due and case.inspected_on is None and case.repaired_on is None:
            found.append(_deadline(case, What.PLAN, plan_due(case, on), case.terms.codes, _opened(case), on))
    elif case.phase is Phase.FOLLOW_UP_DUE:
        since = (case.normal_since if case.was_evacuated else case.initial_passed_on) or on
        due_on = follow_up_due(case, on)
        found = [_deadline(case, What.FOLLOW_UP_TEST, due_on, case.terms.codes, since, on)]
    elif case.phase is Phase.PLAN_REQUIRED:
        since = case.plan_trigger or _opened(case)
        found = [_deadline(case, What.PLAN, plan_due(case, on), case.terms.codes, since, on)]
    elif case.phase is Phase.PLAN_ACTIVE and case.plan is not None:
        by_day: dict[date | None, tuple[str, ...]] = {}
        for code in case.terms.codes:
            day = plan_completion_due(case, code, on)
            by_day[day] = (*by_day.get(day, ()), code)
        found = [
            _deadline(case, What.PLAN_COMPLETION, day, codes, case.plan.day, on)
            for day, codes in by_day.items()
        ]
    return tuple(sorted(found, key=lambda deadline: deadline.due or date.max))


def next_deadline(case: Case, on: date) -> Deadline | None:
    """The soonest one."""
    return next(iter(deadlines(case, on)), None)


def is_overdue(case: Case, on: date) -> bool:
    """Whether anything is late on that day."""
    return any(deadline.is_overdue for deadline in deadlines(case, on))


def _deadline(
    case: Case, what: What, due: date | None, codes: tuple[str, ...], since: date, on: date
) -> Deadline:
    waits = _("Pass the follow-up verification test within 10 days of normal operation.")
    return Deadline(
        what=what,
        due=due,
        codes=codes,
        citation="; ".join(f"40 CFR {code}{_PARAGRAPHS[what]}" for code in codes),
        sentence=_ASKS[what] if due is not None else waits,
        days_left=None if due is None else (due - on).days,
        is_overdue=due is not None and on > due,
        suspended_days=case.suspended_days(since, on),
    )


# What may come now ----------------------------------------------------------------------------------


def may_come(case: Case, on: date) -> tuple[Step, ...]:
    """The steps that may be recorded on a day, for the buttons of a page."""
    sample = CaseEvent(
        Step.OPENED, on, ground=GROUNDS[0], until=on, why=PLAN_REASONS[0], how=next(iter(ENDS))
    )
    return tuple(step for step in Step if refusal(case, replace(sample, step=step)) is None)


def refusal(case: Case, event: CaseEvent) -> Sentence | None:
    """Why the event may not come now, or None when it may."""
    if case.phase is Phase.NONE:
        return None if event.step is Step.OPENED else _("There is no case yet.")
    if case.over_on is not None:
        return _("The case ended on %(day)s; another exceedance opens another.", day=case.over_on)
    last = case.events[-1].day if case.events else event.day
    if event.day < last:
        return _("It is dated before the last step of the case, on %(day)s.", day=last)
    if case.is_suspended and event.step in WITHOUT_REFRIGERANT:
        return _("The appliance is mothballed; record first that refrigerant was added again.")
    check = _CHECKS.get(event.step)
    return check(case, event) if check else None


def _may_test(case: Case, event: CaseEvent) -> Sentence | None:
    if case.repaired_on is None:
        return _("An initial test follows a repair; none is recorded.")
    if case.initial_passed_on is not None:
        return _("The initial test was passed on %(day)s.", day=case.initial_passed_on)
    if case.recharged_on is not None:
        return _(
            "Refrigerant was added back on %(day)s; the initial test comes before that. Record a new repair.",
            day=case.recharged_on,
        )
    return None


def _may_follow_up(case: Case, event: CaseEvent) -> Sentence | None:
    if case.initial_passed_on is None:
        return _("A follow-up test comes after a passed initial test.")
    if case.was_evacuated and case.normal_since is None:
        return _("It was evacuated for the repair: normal operation comes before the follow-up test.")
    return None


def _may_be_normal(case: Case, event: CaseEvent) -> Sentence | None:
    if case.initial_passed_on is None:
        return _("Normal operation is reached after a passed initial test.")
    return None


def _may_repair(case: Case, event: CaseEvent) -> Sentence | None:
    if case.phase is Phase.FOLLOW_UP_DUE:
        return _("The repair was verified on %(day)s; what is next is the follow-up.", day=_initial(case))
    return None


def _may_extend(case: Case, event: CaseEvent) -> Sentence | None:
    if case.phase not in REPAIRING:
        return _("The time to repair can only be extended while the repair is open.")
    if event.ground not in GROUNDS:
        return _("An extension needs a ground: parts, radiological or other regulations.")
    if event.until is None:
        return _("An extension needs the day by which the repair will be complete.")
    due = repair_due(case, event.day)
    if event.step is Step.EXTENSION_REQUESTED and event.day > due:
        return _("An extension is requested within the time to repair, which ended on %(due)s.", due=due)
    return None


def _has_extension(case: Case, event: CaseEvent) -> Sentence | None:
    return _("No extension is on record.") if case.extension is None else None


def _may_receive_parts(case: Case, event: CaseEvent) -> Sentence | None:
    if case.extension is None or case.extension.ground != "parts":
        return _("No extension for parts is on record.")
    return None


def _may_shut_down(case: Case, event: CaseEvent) -> Sentence | None:
    if case.shutdown_on is not None:
        return _("That a shutdown is required was recorded on %(day)s.", day=case.shutdown_on)
    return None if case.phase in REPAIRING else _("The time to repair is over for this case.")


def _may_require_plan(case: Case, event: CaseEvent) -> Sentence | None:
    if case.phase in PLANNING:
        return _("A plan is required already.")
    if event.why not in PLAN_REASONS:
        return _("Say why a plan is required: not repairing, no action, or still leaking.")
    return None


def _may_plan(case: Case, event: CaseEvent) -> Sentence | None:
    if case.plan is not None:
        return _("The plan of %(day)s is in force.", day=case.plan.day)
    return None if event.how in ENDS else _("A plan says whether the appliance is retrofitted or retired.")


def _plan_runs(case: Case, event: CaseEvent) -> Sentence | None:
    return _("There is no plan yet.") if case.plan is None else None


def _may_extend_plan(case: Case, event: CaseEvent) -> Sentence | None:
    if (sentence := _plan_runs(case, event)) is not None:
        return sentence
    if event.until is None:
        return _("An extension of the plan needs its new day of completion.")
    opened = _opened(case)
    latest = moved(case, opened, months_after(opened, PLAN_REQUEST_MONTHS), event.day)
    if event.step is Step.PLAN_EXTENSION_REQUESTED and event.day > latest:
        return _("It had to be requested within 7 months of the exceedance, by %(day)s.", day=latest)
    return None


def _has_plan_extension(case: Case, event: CaseEvent) -> Sentence | None:
    return _("No extension of the plan is on record.") if case.plan_extension is None else None


def _may_complete(case: Case, event: CaseEvent) -> Sentence | None:
    if (sentence := _plan_runs(case, event)) is not None:
        return sentence
    return None if event.how in ENDS else _("Say whether the appliance was retrofitted or retired.")


def _may_be_relieved(case: Case, event: CaseEvent) -> Sentence | None:
    if case.plan is None:
        return _("There is no plan yet.")
    latest = due_in(case, case.plan.day, RELIEF_DAYS, event.day)
    if event.day > latest:
        return _("Relief had to be shown within 180 days of the plan, by %(day)s.", day=latest)
    return None


def _may_mothball(case: Case, event: CaseEvent) -> Sentence | None:
    if case.mothballed_on is not None:
        return _("It is mothballed since %(day)s.", day=case.mothballed_on)
    return None


def _may_resume(case: Case, event: CaseEvent) -> Sentence | None:
    return None if case.is_suspended else _("It is not mothballed.")


_CHECKS: Final[dict[Step, Callable[[Case, CaseEvent], Sentence | None]]] = {
    Step.REPAIRED: _may_repair,
    Step.INITIAL_PASSED: _may_test,
    Step.INITIAL_FAILED: _may_test,
    Step.NORMAL_OPERATION: _may_be_normal,
    Step.FOLLOW_UP_PASSED: _may_follow_up,
    Step.FOLLOW_UP_FAILED: _may_follow_up,
    Step.SHUTDOWN_REQUIRED: _may_shut_down,
    Step.EXTENSION_REQUESTED: _may_extend,
    Step.EXTENDED: _may_extend,
    Step.EXTENSION_DENIED: _has_extension,
    Step.PARTS_RECEIVED: _may_receive_parts,
    Step.PLAN_REQUIRED: _may_require_plan,
    Step.PLAN_MADE: _may_plan,
    Step.PLAN_EXTENSION_REQUESTED: _may_extend_plan,
    Step.PLAN_EXTENDED: _may_extend_plan,
    Step.PLAN_EXTENSION_DENIED: _has_plan_extension,
    Step.PLAN_COMPLETED: _may_complete,
    Step.RELIEVED: _may_be_relieved,
    Step.MOTHBALLED: _may_mothball,
    Step.RESUMED: _may_resume,
}


# What an event changes ------------------------------------------------------------------------------


def joined(case: Case, event: CaseEvent) -> Case:
    """I12: a second exceedance joins the open case; no deadline moves."""
    return replace(case, joined=(*case.joined, event.day))


def _joins(case: Case, event: CaseEvent) -> bool:
    return event.step is Step.OPENED and case.phase is not Phase.NONE


def _phase(case: Case, phase: Phase) -> Phase:
    """Once a plan is required, repairs and tests are noted but lead back to no other phase."""
    return case.phase if case.phase in PLANNING else phase


def _again(case: Case, event: CaseEvent) -> Case:
    """A failed test: the leak is open once more."""
    case = replace(
        case,
        phase=_phase(case, Phase.OPEN),
        repaired_on=None,
        recharged_on=None,
        initial_passed_on=None,
        normal_since=None,
        was_evacuated=False,
    )
    if (
        event.step is Step.FOLLOW_UP_FAILED
        and case.phase is Phase.OPEN
        and event.day > repair_due(case, event.day)
    ):
        return replace(case, phase=Phase.PLAN_REQUIRED, plan_trigger=event.day)
    return case


def _recharged(case: Case, event: CaseEvent) -> Case:
    waits_for_test = case.repaired_on is not None and case.initial_passed_on is None
    return replace(case, recharged_on=event.day) if waits_for_test else case


def _follow_up_passed(case: Case, event: CaseEvent) -> Case:
    phase = _phase(case, Phase.CLOSED)
    over_on = event.day if phase is Phase.CLOSED else None
    return replace(case, phase=phase, followed_up_on=event.day, over_on=over_on)


def _plan_required(case: Case, event: CaseEvent) -> Case:
    trigger = event.day if event.why == "still_leaking" else case.opened_on
    return replace(case, phase=Phase.PLAN_REQUIRED, plan_trigger=trigger)


def _resumed(case: Case, event: CaseEvent) -> Case:
    start = case.mothballed_on or event.day
    case = replace(case, mothballed_on=None, suspensions=(*case.suspensions, (start, event.day)))
    return _recharged(case, event)


_CHANGES: Final[dict[Step, Callable[[Case, CaseEvent], Case]]] = {
    Step.OPENED: lambda case, event: replace(case, phase=Phase.OPEN, opened_on=event.day),
    Step.INSPECTION: lambda case, event: replace(case, inspected_on=event.day),
    Step.REPAIRED: lambda case, event: replace(
        case,
        phase=_phase(case, Phase.REPAIRED),
        repaired_on=event.day,
        was_evacuated=event.was_evacuated,
        recharged_on=None,
        initial_passed_on=None,
        normal_since=None,
    ),
    Step.RECHARGED: _recharged,
    Step.INITIAL_PASSED: lambda case, event: replace(
        case,
        phase=_phase(case, Phase.FOLLOW_UP_DUE),
        initial_passed_on=event.day,
        was_evacuated=case.was_evacuated or event.was_evacuated or case.is_suspended,
    ),
    Step.INITIAL_FAILED: _again,
    Step.NORMAL_OPERATION: lambda case, event: replace(case, normal_since=event.day),
    Step.FOLLOW_UP_PASSED: _follow_up_passed,
    Step.FOLLOW_UP_FAILED: _again,
    Step.SHUTDOWN_REQUIRED: lambda case, event: replace(case, shutdown_on=event.day),
    Step.EXTENSION_REQUESTED: lambda case, event: replace(case, extension=event),
    Step.EXTENDED: lambda case, event: replace(case, extension=event),
    Step.EXTENSION_DENIED: lambda case, event: replace(case, extension=None, parts_received_on=None),
    Step.PARTS_RECEIVED: lambda case, event: replace(case, parts_received_on=event.day),
    Step.PLAN_REQUIRED: _plan_required,
    Step.PLAN_MADE: lambda case, event: replace(
        case, phase=Phase.PLAN_ACTIVE, plan=event, plan_trigger=case.plan_trigger or case.opened_on
    ),
    Step.PLAN_EXTENSION_REQUESTED: lambda case, event: replace(case, plan_extension=event),
    Step.PLAN_EXTENDED: lambda case, event: replace(case, plan_extension=event),
    Step.PLAN_EXTENSION_DENIED: lambda case, event: replace(case, plan_extension=None),
    Step.PLAN_COMPLETED: lambda case, event: replace(case, phase=ENDS[event.how], over_on=event.day),
    Step.RELIEVED: lambda case, event: replace(case, phase=Phase.RELIEVED, over_on=event.day),
    Step.MOTHBALLED: lambda case, event: replace(case, mothballed_on=event.day),
    Step.RESUMED: _resumed,
}


def _opened(case: Case) -> date:
    if case.opened_on is None:
        raise NotNow(_("There is no case yet."))
    return case.opened_on


def _initial(case: Case) -> date:
    return case.initial_passed_on or _opened(case)
