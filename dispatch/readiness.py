"""What is missing before a visit may be completed. Plain Python: the phone and the action ask the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VisitFacts:
    """What is known about a visit when somebody wants to complete it."""

    has_arrived: bool
    open_checks: tuple[str, ...]
    needs_photo: bool
    photos: int
    needs_signature: bool
    is_signed: bool
    no_signature_because: str
    parts: int
    parts_confirmed: bool
    open_recoveries: tuple[str, ...] = ()  # circuits that are taken out and not yet accounted for


@dataclass(frozen=True)
class Missing:
    """One thing that is missing: a key that a page turns into a place to tap, and how many or which."""

    key: str
    detail: str = ""


def what_is_missing(facts: VisitFacts) -> list[Missing]:
    """Everything in the order in which it is asked for; empty when the visit may be completed."""
    missing = []
    if not facts.has_arrived:
        missing.append(Missing("arrival"))
    missing.extend(Missing("check", text) for text in facts.open_checks)
    if facts.needs_photo and facts.photos == 0:
        missing.append(Missing("photo"))
    missing.extend(Missing("recovery", circuit) for circuit in facts.open_recoveries)
    if facts.parts == 0 and not facts.parts_confirmed:
        missing.append(Missing("parts"))
    if facts.needs_signature and not facts.is_signed and not facts.no_signature_because.strip():
        missing.append(Missing("signature"))
    return missing
