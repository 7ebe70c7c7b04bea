"""A customer's timeline: everything that happened, of every app, newest first, a page at a time.

Each app offers its part in `timelines.py`. A part answers at most `asked.limit + 1` rows of each kind, older
than where the last page ended, so that the page costs the same however long the past is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from .clock import now as clock_now
from .permissions import May, allowed
from .prepared import Prepared, prepared


class Kind(TextChoices):
    """What sort of thing happened; a filter of the timeline."""

    VISIT = "visit", _("Visits")
    CALL = "call", _("Calls")
    MESSAGE = "message", _("Messages")
    NOTE = "note", _("Notes")
    INVOICE = "invoice", _("Invoices")
    PAYMENT = "payment", _("Payments")
    FILE = "file", _("Files")
    CHANGE = "change", _("Changes")


SIGNS = {
    Kind.VISIT: "truck",
    Kind.CALL: "phone",
    Kind.MESSAGE: "message",
    Kind.NOTE: "note",
    Kind.INVOICE: "invoice",
    Kind.PAYMENT: "money",
    Kind.FILE: "image",
    Kind.CHANGE: "history",
}


@dataclass(frozen=True, order=True)
class Place:
    """Where in the timeline something stands: by time, and where times are equal by source and key."""

    at: datetime
    source: str
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}|{self.source}|{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """The place a page's end named; None for anything else."""
        try:
            at, source, pk = text.split("|")
            place = cls(datetime.fromisoformat(at), source, int(pk))
        except ValueError:
            return None
        return place if place.at.tzinfo and -(2**62) < place.pk < 2**62 else None


@dataclass(frozen=True)
class Entry:
    """One thing that happened. What is `hidden` keeps its place but is not shown."""

    place: Place
    kind: Kind
    title: str
    detail: str = ""
    url: str = ""
    who: str = ""
    state: str = ""
    state_words: str = ""
    hidden: bool = False

    @property
    def sign(self) -> str:
        """The drawing of its kind."""
        return SIGNS[self.kind]


M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Asked:
    """What a page of the timeline wants of each part."""

    user: Any
    limit: int
    now: datetime
    before: Place | None = None
    kind: str = ""
    unit: UUID | None = None
    technician: UUID | None = None

    def wants(self, *kinds: Kind) -> bool:
        """Whether one of the kinds is asked for."""
        return not self.kind or self.kind in kinds

    @property
    def is_about_work(self) -> bool:
        """Whether only what a unit or a technician had to do with is asked for."""
        return bool(self.unit or self.technician)

    def cut(self, rows: QuerySet[M], source: str, at: str) -> QuerySet[M]:
        """The rows of one source that may stand on this page: past, before the last page's end, newest
        first.
        """
        found = rows.filter(**{f"{at}__lte": self.now})
        if self.before is not None:
            earlier = Q(**{f"{at}__lt": self.before.at})
            if source < self.before.source:
                earlier |= Q(**{at: self.before.at})
            elif source == self.before.source:
                earlier |= Q(**{at: self.before.at, "pk__lt": self.before.pk})
            found = found.filter(earlier)
        return found.order_by(f"-{at}", "-pk")[: self.limit + 1]

    def fetch(self, statement: Ask, customer: Any) -> Iterable[Any]:
        """The rows of a part's statement. The first page, which stands on the record, has its text kept."""
        if self.before is not None or self.is_about_work:
            return statement(customer.pk, self)
        first = _first_pages(statement)
        return first(self.user, self.limit, self.kind, customer=customer.pk, now=self.now)


Ask = Callable[[Any, Asked], QuerySet[Any, Any]]


@cache
def _first_pages(statement: Ask) -> Prepared[Any]:
    def first(user: Any, limit: int, kind: str, *, customer: Any, now: Any) -> QuerySet[Any, Any]:
        return statement(customer, Asked(user, limit, now, kind=kind))

    return prepared(first)


Rows = Callable[[Any, Asked], Iterable[Entry]]
Choices = Callable[[Any, Any], Sequence[tuple[str, str]]]
_parts: dict[str, tuple[May, frozenset[Kind], Rows]] = {}
_choices: dict[str, tuple[May, Any, Choices]] = {}


def timeline(key: str, *, kinds: Iterable[Kind], may: May) -> Callable[[Rows], Rows]:
    """Offer a part of a customer's timeline: `rows(customer, asked)` in one or two queries."""

    def register(rows: Rows) -> Rows:
        _parts[key] = (may, frozenset(kinds), rows)
        return rows

    return register


def narrowed_by(name: str, *, label: Any, may: May) -> Callable[[Choices], Choices]:
    """Offer the choices of the timeline's filter `unit` or `technician`: `choices(customer, user)`."""

    def register(choices: Choices) -> Choices:
        _choices[name] = (may, label, choices)
        return choices

    return register


@dataclass(frozen=True)
class Page:
    """A page of a timeline; `older` is where the next one goes on, if there is one."""

    entries: list[Entry]
    older: Place | None


@dataclass(frozen=True)
class Filter:
    """A choice that narrows the timeline."""

    name: str
    label: Any
    choices: Sequence[tuple[str, str]]


def timeline_of(
    customer: Any,
    user: Any,
    *,
    limit: int = 20,
    before: Place | None = None,
    kind: str = "",
    unit: UUID | None = None,
    technician: UUID | None = None,
) -> Page:
    """What happened with a customer, as far as this person may see it."""
    asked = Asked(user, limit, clock_now(), before, kind if kind in Kind else "", unit, technician)
    entries = [
        entry
        for may, kinds, rows in _parts.values()
        if allowed(user, may) and asked.wants(*kinds)
        for entry in rows(customer, asked)
    ]
    entries.sort(key=lambda entry: entry.place, reverse=True)
    shown = entries[:limit]
    older = shown[-1].place if len(entries) > limit else None
    return Page([entry for entry in shown if not entry.hidden], older)


def filters_of(customer: Any, user: Any) -> list[Filter]:
    """What this customer's timeline may be narrowed by; filters without a choice stay away."""
    filters = [
        Filter(name, label, choices(customer, user))
        for name, (may, label, choices) in _choices.items()
        if allowed(user, may)
    ]
    return [found for found in filters if found.choices]
