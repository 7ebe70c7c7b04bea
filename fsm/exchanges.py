"""Every message to or from an outside system, kept without its secrets; a rollback around loses none."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from .clock import now as clock_now
from .models import Exchange, ExchangeOutcome
from .references import Reference

HIDDEN = "•••"
LONGEST_TEXT = 4_000
MOST_ITEMS = 200
DEEPEST = 12
_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase|code)|token|secret|authori[sz]ation|credential|api.?key|private.?key|cookie"
    r"|session.?id|signature|\b(cvv2?|cvc2?|pin)\b|gate.?code|card.?number",
    re.IGNORECASE,
)
_SECRET_WORDS = re.compile(
    r"\b(?P<kind>bearer|basic)\s+[\w.~+/=-]{6,}"
    r"|(?P<name>\b(?:password|passwd|token|secret|api[_-]?key|access[_-]?key)\b[\"']?\s*[=:]\s*)[\"']?[^\s\"'&,;]+",
    re.IGNORECASE,
)
_DIGIT_RUN = re.compile(r"\d+(?:[ -]\d+)*")


# What may be kept ------------------------------------------------------------------------------------


def redacted(value: Any, *, depth: int = 0) -> Any:
    """The value as JSON that may be kept: secrets hidden by their names, cards shown by their last four."""
    if depth > DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        items = list(value.items())[:MOST_ITEMS]
        return {
            str(key): HIDDEN if held and _SECRET_KEY.search(str(key)) else redacted(held, depth=depth + 1)
            for key, held in items
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(held, depth=depth + 1) for held in list(value)[:MOST_ITEMS]]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return f"({len(value)} bytes)"
    if isinstance(value, int | float):
        text = redacted_text(str(value))
        return value if text == str(value) and value == value and abs(value) != float("inf") else text
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return redacted_text(str(value))


def redacted_text(text: str) -> str:
    """The text without passwords, tokens and whole card numbers, cut where it is very long."""
    text = _DIGIT_RUN.sub(_without_cards, text.replace("\x00", ""))
    text = _SECRET_WORDS.sub(lambda found: f"{found['name'] or found['kind'] + ' '}{HIDDEN}", text)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def _without_cards(run: re.Match[str]) -> str:
    """Groups of digits that together are a card number become its last four."""
    parts = re.split(r"([ -])", run[0])  # group, separator, group ...
    kept, first = "", 0
    while first < len(parts):
        end = next((end for end in range(len(parts), first, -2) if is_card("".join(parts[first:end:2]))), 0)
        if end:
            kept += f"{HIDDEN}{''.join(parts[first:end:2])[-4:]}"
            first = end
        else:
            kept += parts[first]
            first += 1
        if first < len(parts):
            kept += parts[first]
            first += 1
    return kept


def is_card(digits: str) -> bool:
    """Whether the digits have a card's length and check digit (Luhn)."""
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


# Keeping them ----------------------------------------------------------------------------------------


@dataclass
class Talk:
    """One exchange while it runs: what is sent and answered is filled in as it becomes known."""

    system: str
    operation: str
    about: Reference | None = None
    outbox_uuid: UUID | None = None
    is_outgoing: bool = True
    request: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    outside_reference: str = ""
    problem: str = ""
    duration_ms: int = 0
    happened_at: datetime = field(default_factory=clock_now)

    def sent(self, **facts: Any) -> None:
        """Add to what was sent."""
        self.request |= facts

    def answered(self, **facts: Any) -> None:
        """Add to what came back."""
        self.answer |= facts

    def row(self) -> Exchange:
        """The row that is kept, without secrets."""
        return Exchange(
            system=self.system[:40],
            operation=self.operation[:80],
            is_outgoing=self.is_outgoing,
            request=redacted(self.request),
            answer=redacted(self.answer),
            outcome=ExchangeOutcome.FAILED if self.problem else ExchangeOutcome.OK,
            problem=redacted_text(self.problem),
            duration_ms=self.duration_ms,
            outside_reference=redacted_text(self.outside_reference)[:200],
            about_kind=self.about.kind if self.about else "",
            about_uuid=self.about.uuid if self.about else None,
            outbox_uuid=self.outbox_uuid,
            happened_at=self.happened_at,
        )


_talk: ContextVar[Talk | None] = ContextVar("exchange", default=None)
_kept: ContextVar[list[Exchange] | None] = ContextVar("exchanges", default=None)


def current_exchange() -> Talk:
    """The exchange that runs, for whoever knows more of what is said; outside of one, a loose leaf."""
    return _talk.get() or Talk("", "")


@contextmanager
def exchange(
    system: str,
    operation: str,
    *,
    about: Reference | None = None,
    outbox_uuid: UUID | None = None,
    is_outgoing: bool = True,
    request: Mapping[str, Any] | None = None,
) -> Iterator[Talk]:
    """Keep one message with an outside system: what was said, how long it took, how it ended.

    What the block raises goes through, after the row is written. Where the caller's own transaction will be
    rolled back by it, `keeping_exchanges` around that transaction saves the row.
    """
    talk = Talk(system, operation, about, outbox_uuid, is_outgoing, dict(request or {}))
    token, begun = _talk.set(talk), time.monotonic()
    try:
        yield talk
    except Exception as problem:
        talk.problem = f"{type(problem).__name__}: {problem}"
        raise
    finally:
        _talk.reset(token)
        talk.duration_ms = round((time.monotonic() - begun) * 1000)
        waiting = _kept.get()
        if waiting is None:
            talk.row().save()
        else:
            waiting.append(talk.row())


@contextmanager
def keeping_exchanges() -> Iterator[None]:
    """Write the block's exchanges after it, whether it came through or not: a rollback inside loses none."""
    waiting: list[Exchange] = []
    token = _kept.set(waiting)
    try:
        yield
    finally:
        _kept.reset(token)
        for row in waiting:
            row.save()
