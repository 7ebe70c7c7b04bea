"""How good the matcher is on lists whose truth is known: precision, recall, F1 and the time it took."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .records import Record, door, record

Pair = tuple[str, str]


@dataclass(frozen=True)
class Quality:
    """Of the pairs that were named, how many are true; of the true ones, how many were named."""

    named: int
    right: int
    true: int
    seconds: float = 0.0

    @property
    def precision(self) -> float:
        return self.right / self.named if self.named else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def pair(a: str, b: str) -> Pair:
    """Two references in one order."""
    return (a, b) if a <= b else (b, a)


def true_pairs(truth: Mapping[str, object]) -> set[Pair]:
    """Every pair of references that stand for the same customer."""
    groups: dict[object, list[str]] = defaultdict(list)
    for ref, whose in truth.items():
        groups[whose].append(ref)
    return {
        pair(one, other)
        for group in groups.values()
        for at, one in enumerate(group)
        for other in group[at + 1 :]
    }


def quality(named: Iterable[Pair], true: set[Pair], seconds: float = 0.0) -> Quality:
    """How the named pairs compare with the true ones."""
    pairs = {pair(*one) for one in named}
    return Quality(len(pairs), len(pairs & true), len(true), seconds)


def febrl_records(rows: Iterable[tuple[str, Mapping[str, Any]]], *, with_birth: bool) -> list[Record]:
    """Records of a FEBRL table, without its social security number; references as in the table."""
    made = []
    for at, (ref, row) in enumerate(rows):
        cells = {name: str(value) if isinstance(value, str) else "" for name, value in row.items()}
        made.append(
            record(
                ref,
                first_name=cells["given_name"],
                last_name=cells["surname"],
                doors=[
                    door(
                        f"{cells['street_number']} {cells['address_1']}",
                        cells["address_2"],
                        cells["suburb"],
                        cells["state"],
                        cells["postcode"],
                    )
                ],
                born=cells["date_of_birth"] if with_birth else "",
                order=at,
            )
        )
    return made


def febrl_truth(refs: Iterable[str]) -> dict[str, str]:
    """Whom each FEBRL reference stands for: `rec-12-org` and `rec-12-dup-0` are the same."""
    return {ref: ref.split("-")[1] for ref in refs}


def timed(
    call: Callable[[Sequence[Record]], Iterable[Pair]], records: Sequence[Record], true: set[Pair]
) -> Quality:
    """The quality of a matcher over records, with its time."""
    started = time.perf_counter()
    named = list(call(records))
    return quality(named, true, time.perf_counter() - started)
