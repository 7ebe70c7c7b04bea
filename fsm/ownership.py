"""Who owns which fact, and what holds when field and office disagree: one table that the doors ask and that
everybody can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from .permissions import May


class Owner(StrEnum):
    """Whose word holds."""

    OFFICE = "office"
    FIELD = "field"
    LEDGER = "ledger"
    ACCOUNTING = "accounting"


OWNERS = {
    Owner.OFFICE: _("The office"),
    Owner.FIELD: _("The technician on site"),
    Owner.LEDGER: _("The ledger: only its own entries"),
    Owner.ACCOUNTING: _("Accounting, once it is posted"),
}


class Door(StrEnum):
    """Where a change comes in."""

    OFFICE = "office"
    FIELD = "field"
    API = "api"
    IMPORT = "import"


DOORS = {
    Door.OFFICE: _("Office pages"),
    Door.FIELD: _("The technician's phone"),
    Door.API: _("API"),
    Door.IMPORT: _("Import"),
}


class Verdict(StrEnum):
    """What becomes of a change."""

    APPLY = "apply"
    PROPOSE = "propose"
    SHOW_BOTH = "show_both"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Fact:
    """A kind of fact: who owns it, which doors change it and who may, and the rule in a sentence."""

    key: str
    label: Any
    owner: Owner
    doors: tuple[Door, ...]
    may: May
    rule: Any
    group: Any
    order: int = 0


_facts: dict[str, Fact] = {}


def owns(
    key: str,
    *,
    label: Any,
    owner: Owner,
    doors: Sequence[Door],
    may: May,
    rule: Any,
    group: Any,
) -> Fact:
    """Put a fact into the table; an app does so in its `ownership.py`."""
    fact = Fact(key, label, owner, tuple(doors), may, rule, group, len(_facts))
    _facts[key] = fact
    return fact


def facts() -> list[Fact]:
    """The whole table, in the order of registration (bottom floor first)."""
    return sorted(_facts.values(), key=lambda fact: fact.order)


def verdict(key: str, door: Door, *, conflicts: bool) -> Verdict:
    """What becomes of a change to a fact that came through a door; `conflicts` says that somebody changed the
    same fact since the sender read it.

    What the field owns holds even late, because it says what happened on site. A late word on what the
    office owns is proposed where it comes from the field, and shown beside the other where somebody can
    still look: nothing is last-write-wins.
    """
    fact = _facts[key]
    if door not in fact.doors:
        return Verdict.REFUSE
    if not conflicts:
        return Verdict.APPLY
    if door == Door.FIELD:
        return Verdict.APPLY if fact.owner == Owner.FIELD else Verdict.PROPOSE
    return Verdict.SHOW_BOTH
