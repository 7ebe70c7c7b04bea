"""What an inspector may ask for: each app offers its reports here, and the pages show them all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from fsm.clock import day_in
from fsm.permissions import May, allowed

from .models import Unit


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for: by whom, which days (both in), branch and circuit, and the days' zone."""

    user: Any
    today: date
    zone: str
    first: date | None = None
    last: date | None = None
    branch: int | None = None
    circuit: Any = None

    def days(self, path: str) -> dict[str, date]:
        """The period as filters on a field of days."""
        found = {}
        if self.first:
            found[f"{path}__gte"] = self.first
        if self.last:
            found[f"{path}__lte"] = self.last
        return found


@dataclass(frozen=True)
class Head:
    """One column; numbers stand at the right."""

    label: Any
    is_number: bool = False


Cells = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report.

    `rows(asked)` is a queryset (asked a page at a time, or streamed) or a finished list; `cells(row, asked)`
    turns a row into words without asking the database again.
    """

    key: str
    title: Any
    says: Any
    citation: str
    heads: Sequence[Head]
    rows: Callable[[Asked], Any]
    cells: Callable[[Any, Asked], Cells]
    url: Callable[[Any], str] | None = None
    empty: Any = ""
    may: May = May.SEE_EQUIPMENT
    order: int = 50
    filters: frozenset[str] = field(default_factory=lambda: frozenset({"first", "last", "branch"}))


_reports: dict[str, Report] = {}


def offers_report(report: Report) -> Report:
    """Offer a report; the same key again takes the place of the one before."""
    _reports[report.key] = report
    return report


def reports_for(user: Any) -> list[Report]:
    """Every report this person may see, in their order."""
    shown = [report for report in _reports.values() if allowed(user, report.may)]
    return sorted(shown, key=lambda report: (report.order, report.key))


def report_for(key: str, user: Any) -> Report | None:
    """The report where it is known and the person may see it, else None."""
    report = _reports.get(key)
    return report if report and allowed(user, report.may) else None


def all_cells(report: Report, asked: Asked) -> Iterator[Cells]:
    """Every row as words, one query however many there are."""
    rows = report.rows(asked)
    stream = rows.iterator(chunk_size=2000) if hasattr(rows, "iterator") else rows
    return (report.cells(row, asked) for row in stream)


def units_of(asked: Asked) -> QuerySet[Unit]:
    """The units the person may see, of the branch that was asked for."""
    units = Unit.objects.visible_to(asked.user)
    return units.filter(site__branch=asked.branch) if asked.branch else units


def moments(asked: Asked, path: str) -> dict[str, Any]:
    """The period as filters on a moment, by the clock of the house."""
    found: dict[str, Any] = {}
    if asked.first:
        found[f"{path}__gte"] = day_in(asked.zone, asked.first)[0]
    if asked.last:
        found[f"{path}__lt"] = day_in(asked.zone, asked.last)[1]
    return found
