"""What happened to work that others may care about."""

from __future__ import annotations

from dataclasses import dataclass

from fsm.events import Event


@dataclass(frozen=True, kw_only=True)
class JobBooked(Event):
    """Somebody asked for work."""

    job_id: int


@dataclass(frozen=True, kw_only=True)
class VisitPlaced(Event):
    """A visit has a technician and a time, for the first time or again."""

    visit_id: int


@dataclass(frozen=True, kw_only=True)
class VisitUnscheduled(Event):
    """A visit went back to the tray."""

    visit_id: int


@dataclass(frozen=True, kw_only=True)
class VisitProgressed(Event):
    """A technician moved on: en route, on site, paused, or could not get in."""

    visit_id: int
    state: str


@dataclass(frozen=True, kw_only=True)
class VisitCompleted(Event):
    """The last technician finished a visit; its parts have left the stock."""

    visit_id: int


@dataclass(frozen=True, kw_only=True)
class JobCompleted(Event):
    """The work of a job is complete."""

    job_id: int


@dataclass(frozen=True, kw_only=True)
class JobClosed(Event):
    """Nothing more happens to a job."""

    job_id: int


@dataclass(frozen=True, kw_only=True)
class JobReopened(Event):
    """More work is needed on a job that was complete."""

    job_id: int


@dataclass(frozen=True, kw_only=True)
class JobCancelled(Event):
    """A job will not be done."""

    job_id: int
