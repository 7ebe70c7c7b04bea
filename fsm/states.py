"""State tables: the only way a status changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext as _


class NotPossible(Exception):
    """A rule refused. The message is a sentence for whoever asked; `field` names the input at fault."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class Stale(NotPossible):
    """Somebody changed the row since the asker read it; `theirs` holds what stands there now."""

    def __init__(self, sentence: str, *, theirs: Mapping[str, Any], who: str = "") -> None:
        super().__init__(sentence)
        self.theirs = dict(theirs)
        self.who = who


S = TypeVar("S", bound=TextChoices)


@dataclass(frozen=True)
class StateTable(Generic[S]):
    """What may follow what, for one kind of thing; `noun` is its name in a sentence."""

    noun: str
    next: Mapping[S, frozenset[S]]

    def check(self, current: str, target: S) -> None:
        """Raise NotPossible unless `target` may follow `current`."""
        state = type(target)(current)
        if target not in self.next[state]:
            raise NotPossible(
                _("A %(noun)s that is %(now)s cannot become %(then)s.")
                % {"noun": self.noun, "now": str(state.label).lower(), "then": str(target.label).lower()}
            )

    def allows(self, current: str, target: S) -> bool:
        """Whether `target` may follow `current`."""
        return target in self.next[type(target)(current)]

    def final(self) -> frozenset[S]:
        """The states nothing follows."""
        return frozenset(state for state, onward in self.next.items() if not onward)

    def open(self) -> frozenset[S]:
        """The states something follows."""
        return frozenset(self.next) - self.final()
