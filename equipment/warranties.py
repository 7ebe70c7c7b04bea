"""What a unit's warranties cover on a day, until when, and by when they must be registered.

A term lasts its registered months once it was registered in time, or where the state lets no warranty
depend on registration; else its base months. The day it expires is the first day without cover.
Sources: the makers' certificates (Goodman and Amana, Lennox, Trane GW-658), Florida Statutes 559.956.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from .makers import MakerFacts, StartRule
from .sentences import Sentence, gettext_noop

LIFETIME: Final = 1200  # months
REMIND_DAYS_BEFORE: Final = (30, 14, 7, 1)
DAYS_FROM_MANUFACTURE: Final = 60  # Trane, where nobody can show when it was installed
REPLACEMENT_PART_DAYS: Final = 90
COMPRESSOR_MONTHS: Final = (60, 120)

# Where no warranty may depend on registration, and for terms that start from which day on.
EXEMPT_STATES: Final[dict[str, date | None]] = {"CA": None, "QC": None, "FL": date(2024, 7, 1)}
# Where warranties go over to whoever buys the home, and for sales from which day on.
TRANSFERS_BY_LAW: Final = {"FL": date(2024, 7, 1)}


class Kind(StrEnum):
    """What a term is about."""

    PARTS = "parts"
    COMPRESSOR = "compressor"
    HEAT_EXCHANGER = "heat_exchanger"
    LABOR = "labor"
    EXTENDED_LABOR = "extended_labor"
    WORKMANSHIP = "workmanship"
    REFRIGERANT = "refrigerant"


class Component(StrEnum):
    """What failed, or what is to be paid."""

    PARTS = "parts"
    COMPRESSOR = "compressor"
    HEAT_EXCHANGER = "heat_exchanger"
    LABOR = "labor"
    REFRIGERANT = "refrigerant"


# Which terms pay for what: a compressor is also a part; a maker's parts never pay for labor.
PAID_BY: Final = {
    Component.PARTS: {Kind.PARTS},
    Component.COMPRESSOR: {Kind.COMPRESSOR, Kind.PARTS},
    Component.HEAT_EXCHANGER: {Kind.HEAT_EXCHANGER, Kind.PARTS},
    Component.LABOR: {Kind.LABOR, Kind.EXTENDED_LABOR, Kind.WORKMANSHIP},
    Component.REFRIGERANT: {Kind.REFRIGERANT},
}
WORDS: Final[dict[str, str]] = {
    "parts": gettext_noop("parts"),
    "compressor": gettext_noop("compressor"),
    "heat_exchanger": gettext_noop("heat exchanger"),
    "labor": gettext_noop("labor"),
    "extended_labor": gettext_noop("extended labor"),
    "workmanship": gettext_noop("workmanship"),
    "refrigerant": gettext_noop("refrigerant"),
}


class Covered(StrEnum):
    """The answer."""

    YES = "yes"
    UNSURE = "unsure"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Term:
    """One promise. Without a deadline a registration counts whenever it was made."""

    kind: Kind
    provider: str
    starts_on: date | None
    base_months: int
    registered_months: int | None = None
    registration_deadline: date | None = None
    registered_on: date | None = None
    transferable: bool | None = None
    owner_occupied_only: bool = False
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What matters about the place: its state, who lives there, the last change of owner."""

    state: str = ""
    owner_occupied: bool | None = None
    sold_on: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it is covered, why, and the first day it will not be (or was not any more)."""

    covered: Covered
    reason: Sentence
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The day a warranty starts and how we know; None where nothing is known."""

    on: date | None
    reason: Sentence


# Days ------------------------------------------------------------------------------------------------


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months on; the month's last day where it is shorter.

    Count from the first day each time, never from the last result, and January 31 stays the 31st.
    """
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def start_of(
    rule: StartRule,
    *,
    installed_on: date | None = None,
    bought_from_builder_on: date | None = None,
    made_on: date | None = None,
) -> Start:
    """The purchase of a new home from its builder, else the installation, else the maker's own rule."""
    if bought_from_builder_on:
        return Start(
            bought_from_builder_on,
            Sentence(gettext_noop("Starts when the home was bought from its builder.")),
        )
    if installed_on:
        return Start(installed_on, Sentence(gettext_noop("Starts with the installation.")))
    if rule is StartRule.INSTALL_OR_MADE and made_on:
        reason = Sentence(
            gettext_noop("No proof of installation: starts %(days)s days after the manufacture on %(day)s."),
            days=DAYS_FROM_MANUFACTURE,
            day=made_on,
        )
        return Start(made_on + timedelta(days=DAYS_FROM_MANUFACTURE), reason)
    return Start(None, Sentence(gettext_noop("The day of installation is not known.")))


def registration_deadline(counted_from: date, days: int) -> date:
    """The last day to register."""
    return counted_from + timedelta(days=days)


def is_exempt(state: str, starts_on: date) -> bool:
    """Whether the state gives the registered months to everybody."""
    if state.upper() not in EXEMPT_STATES:
        return False
    since = EXEMPT_STATES[state.upper()]
    return since is None or starts_on >= since


def is_registered_in_time(term: Term) -> bool:
    """Whether it was registered by the deadline."""
    if term.registered_on is None:
        return False
    return term.registration_deadline is None or term.registered_on <= term.registration_deadline


def expires(term: Term, state: str = "") -> date | None:
    """The first day without cover; None where the start is not known."""
    if term.starts_on is None:
        return None
    longer = is_registered_in_time(term) or is_exempt(state, term.starts_on)
    months = term.registered_months if longer and term.registered_months else term.base_months
    last = add_months(term.starts_on, months)
    return min(last, term.ended_on) if term.ended_on else last


def replacement_part_until(
    *, replaced_on: date, original_until: date | None, own_days: int = REPLACEMENT_PART_DAYS
) -> date:
    """A part put in under warranty keeps the rest of the original's time, or its own if that is longer."""
    own = replaced_on + timedelta(days=own_days)
    return max(own, original_until) if original_until else own


# Registration ----------------------------------------------------------------------------------------


def can_still_register(term: Term, *, on: date, state: str = "") -> bool:
    """Whether registering it on the day would make it longer."""
    return term.registration_deadline is not None and _gains(term, state) and on <= term.registration_deadline


def reminder_days(term: Term, state: str = "") -> list[date]:
    """The days to remind of the registration, first to last; none where it changes nothing."""
    if term.registration_deadline is None or not _gains(term, state):
        return []
    return [term.registration_deadline - timedelta(days=days) for days in REMIND_DAYS_BEFORE]


def _gains(term: Term, state: str) -> bool:
    """Whether a registration would make the term longer."""
    return (
        (term.registered_months or 0) > term.base_months
        and term.registered_on is None
        and term.ended_on is None
        and not (term.starts_on and is_exempt(state, term.starts_on))
    )


# Cover -----------------------------------------------------------------------------------------------


def covered(term: Term, *, on: date, component: Component, site: Site = Site()) -> Answer:
    """Whether this term pays for the component on the day."""
    words = {"provider": term.provider, "kind": Sentence(WORDS[term.kind])}
    if term.kind not in PAID_BY[component]:
        return Answer(
            Covered.NO,
            Sentence(
                gettext_noop("%(provider)s: the %(kind)s warranty does not pay for %(component)s."),
                **words,
                component=Sentence(WORDS[component]),
            ),
        )
    until = expires(term, site.state)
    if term.starts_on is None or until is None:
        reason = gettext_noop("%(provider)s, %(kind)s: not known when the warranty started.")
        return Answer(Covered.UNSURE, Sentence(reason, **words))
    if on < term.starts_on:
        reason = gettext_noop("%(provider)s, %(kind)s: the warranty starts on %(day)s.")
        return Answer(Covered.NO, Sentence(reason, **words, day=term.starts_on), until)
    if on >= until:
        return _expired(term, on, site, until, words)
    return _doubt(term, site, until, words) or _yes(term, site, until, words)


def standing(terms: Iterable[Term], *, on: date, site: Site = Site()) -> dict[Component, Answer]:
    """The best answer for each component: the longest that covers, else unsure, else the last that ended."""
    terms = list(terms)
    if not terms:
        unknown = Answer(Covered.UNSURE, Sentence(gettext_noop("No warranty is on record for this unit.")))
        return dict.fromkeys(Component, unknown)
    return {component: _best(terms, on, component, site) for component in Component}


def usual_terms(maker: MakerFacts, category: str, *, starts_on: date | None) -> list[Term]:
    """What this maker usually promises for a new unit of the category: a proposal for a person to confirm."""
    if maker.base_months is None or maker.registration_days is None:
        return []
    deadline = registration_deadline(starts_on, maker.registration_days) if starts_on else None
    registered = maker.mini_split_registered_months if category == "mini_split" else maker.registered_months
    months = {Kind.PARTS: (maker.base_months, registered)}
    if category in {"air_conditioner", "heat_pump", "mini_split"}:
        months[Kind.COMPRESSOR] = (COMPRESSOR_MONTHS[0], max(COMPRESSOR_MONTHS[1], registered or 0))
    if category == "furnace" and maker.heat_exchanger_months:
        months[Kind.HEAT_EXCHANGER] = (maker.heat_exchanger_months, None)
    return [
        Term(
            kind,
            maker.name,
            starts_on,
            base,
            longer,
            registration_deadline=deadline if longer else None,
            owner_occupied_only=True,
        )
        for kind, (base, longer) in months.items()
    ]


def _best(terms: list[Term], on: date, component: Component, site: Site) -> Answer:
    answers = [
        covered(term, on=on, component=component, site=site)
        for term in terms
        if term.kind in PAID_BY[component]
    ]
    if not answers:
        reason = gettext_noop("No %(component)s warranty is on record.")
        return Answer(Covered.NO, Sentence(reason, component=Sentence(WORDS[component])))
    order = list(Covered)
    return max(answers, key=lambda answer: (-order.index(answer.covered), answer.until or date.min))


def _yes(term: Term, site: Site, until: date, words: Mapping[str, str]) -> Answer:
    if term.base_months >= LIFETIME:
        return Answer(
            Covered.YES, Sentence(gettext_noop("%(provider)s, %(kind)s: for life."), **words), until
        )
    reason = gettext_noop("%(provider)s, %(kind)s: covered until %(day)s.")
    if term.registered_months and term.registered_on and is_registered_in_time(term):
        reason = gettext_noop("%(provider)s, %(kind)s: registered on %(registered)s, covered until %(day)s.")
    elif term.registered_months and term.starts_on and is_exempt(site.state, term.starts_on):
        reason = gettext_noop("%(provider)s, %(kind)s: %(state)s asks for no registration, until %(day)s.")
    elif term.registered_months:
        reason = gettext_noop("%(provider)s, %(kind)s: not registered in time, covered until %(day)s only.")
        if term.registered_on is None:
            reason = gettext_noop("%(provider)s, %(kind)s: no registration on record, until %(day)s.")
    return Answer(
        Covered.YES,
        Sentence(reason, **words, day=until, registered=term.registered_on, state=site.state.upper()),
        until,
    )


def _expired(term: Term, on: date, site: Site, until: date, words: Mapping[str, str]) -> Answer:
    longer = add_months(term.starts_on or until, term.registered_months or term.base_months)
    missed = on < longer and not term.ended_on  # it would still run, had it been registered
    if missed and site.state.upper() in EXEMPT_STATES:
        reason = gettext_noop(
            "%(provider)s, %(kind)s: ended on %(day)s unless the law of %(state)s reaches back to it."
        )
        return Answer(Covered.UNSURE, Sentence(reason, **words, day=until, state=site.state.upper()), until)
    reason = gettext_noop("%(provider)s, %(kind)s: ended on %(day)s.")
    if missed and term.registered_on:
        reason = gettext_noop(
            "%(provider)s, %(kind)s: ended on %(day)s; the registration of %(registered)s came too late."
        )
    elif missed:
        reason = gettext_noop("%(provider)s, %(kind)s: ended on %(day)s, as it was not registered.")
    return Answer(Covered.NO, Sentence(reason, **words, day=until, registered=term.registered_on), until)


def _doubt(term: Term, site: Site, until: date, words: Mapping[str, str]) -> Answer | None:
    """Why a term that still runs may not be this owner's."""
    sold_on = site.sold_on if site.sold_on and term.starts_on and site.sold_on > term.starts_on else None
    by_law = TRANSFERS_BY_LAW.get(site.state.upper())
    if sold_on and not term.transferable and not (by_law and sold_on >= by_law):
        if term.transferable is None:
            reason = gettext_noop("%(provider)s, %(kind)s: not known if it went over when sold on %(day)s.")
            return Answer(Covered.UNSURE, Sentence(reason, **words, day=sold_on), until)
        reason = gettext_noop("%(provider)s, %(kind)s: ended when the home was sold on %(day)s.")
        return Answer(Covered.NO, Sentence(reason, **words, day=sold_on), sold_on)
    if term.owner_occupied_only and site.owner_occupied is False:
        reason = gettext_noop(
            "%(provider)s, %(kind)s: for homes their owner lives in; elsewhere the time is shorter."
        )
        return Answer(Covered.UNSURE, Sentence(reason, **words), until)
    return None
