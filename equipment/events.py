"""What equipment announces to the apps above."""

from __future__ import annotations

from dataclasses import dataclass

from fsm.events import Event


@dataclass(frozen=True, kw_only=True)
class RefrigerantRecorded(Event):
    """Refrigerant was added or recovered."""

    record_id: int


@dataclass(frozen=True, kw_only=True)
class RefrigerantVoided(Event):
    """A refrigerant record was struck out and counts no more."""

    record_id: int


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Event):
    """A circuit is over its trigger rate, and a clock runs."""

    case_id: int


@dataclass(frozen=True, kw_only=True)
class CaseMoved(Event):
    """Something happened in a case."""

    case_id: int
