"""Duplicates of a whole list: pairs, and clusters in which every member looks like the survivor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .keys import MOST_IN_A_GROUP, candidate_pairs
from .records import Record
from .scoring import REVIEW_POINTS, Band, Score, band, score

MOST_IN_A_CLUSTER = 6


@dataclass(frozen=True)
class Pair:
    """Two records of the list, by index, the earlier first. `through` is the survivor that links two records
    which by themselves would not have been named."""

    a: int
    b: int
    score: Score
    band: Band
    through: int | None = None


@dataclass(frozen=True)
class Cluster:
    """Records of one customer: who survives, and the others. `band` is review where a person must look."""

    survivor: int
    others: tuple[int, ...]
    band: Band


@dataclass(frozen=True)
class Duplicates:
    """What was found: pairs in the list's order, clusters, and numbers that many customers share."""

    pairs: list[Pair]
    clusters: list[Cluster]
    shared: dict[str, tuple[int, ...]] = field(default_factory=dict)
    compared: int = 0


def find_duplicates(records: Sequence[Record], *, most: int = MOST_IN_A_GROUP) -> Duplicates:
    """Every pair worth a look and the clusters they make; nothing is joined only because a third joins it."""
    candidates, crowded = candidate_pairs(records, most=most)
    shared = frozenset(key.partition(":")[2] for key in crowded)
    named: dict[tuple[int, int], Score] = {}
    for a, b in candidates:
        found = score(records[a], records[b], shared=shared)
        if found.points >= REVIEW_POINTS:
            named[a, b] = found
    groups = _groups(records, named, shared)
    whose = {one: survivor for survivor, members in groups.items() for one in (survivor, *members)}

    def safe_band(a: int, b: int, found: Score) -> Band:
        """Automatic only inside one cluster, and not where the cluster is suspiciously large."""
        by_itself = band(found)
        survivor = whose.get(a)
        together = survivor is not None and survivor == whose.get(b)
        if by_itself == "auto" and (not together or len(groups[survivor or 0]) >= MOST_IN_A_CLUSTER):
            return "review"
        return by_itself

    pairs = [Pair(a, b, found, safe_band(a, b, found)) for (a, b), found in named.items()]
    pairs.extend(_linked(records, named, groups, shared))
    pairs.sort(key=lambda pair: (pair.a, pair.b))
    bands = {(pair.a, pair.b): pair.band for pair in pairs}
    clusters = [_cluster(survivor, members, bands) for survivor, members in sorted(groups.items())]
    return Duplicates(
        pairs, clusters, {key: tuple(group) for key, group in sorted(crowded.items())}, len(candidates)
    )


def likely_duplicates(record: Record, candidates: Sequence[Record]) -> list[tuple[Record, Score]]:
    """Of some records, those that a person should see before this one is added; the likeliest first."""
    scored = [
        (other, score(record, other))
        for other in candidates
        if other.ref != record.ref and not (record.family and other.family == record.family)
    ]
    return sorted(
        ((other, found) for other, found in scored if band(found)),
        key=lambda pair: (-pair[1].points, pair[0].order, pair[0].ref),
    )


def _survives(record: Record) -> tuple[int, int, str]:
    return (-record.weight, record.order, record.ref)


def _groups(
    records: Sequence[Record], named: dict[tuple[int, int], Score], shared: frozenset[str]
) -> dict[int, list[int]]:
    """Members by survivor. Two groups join only where everybody in both looks like the new survivor."""
    survivor_of: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    known: dict[tuple[int, int], bool] = {}

    def alike(one: int, other: int) -> bool:
        key = (one, other) if one < other else (other, one)
        if key in named:
            return not _is_marked(named[key])
        if key not in known:
            found = score(records[key[0]], records[key[1]], shared=shared)
            known[key] = found.points >= REVIEW_POINTS and not _is_marked(found)
        return known[key]

    for (a, b), found in sorted(named.items(), key=lambda item: (-item[1].points, item[0])):
        if _is_marked(found):
            continue
        first, second = survivor_of.get(a, a), survivor_of.get(b, b)
        if first == second:
            continue
        if _survives(records[second]) < _survives(records[first]):
            first, second = second, first
        joining = [second, *members.get(second, ())]
        if all(alike(first, one) for one in joining):
            members.setdefault(first, []).extend(joining)
            members.pop(second, None)
            for one in joining:
                survivor_of[one] = first
            survivor_of[first] = first
    return members


def _is_marked(found: Score) -> bool:
    return "marked as not a duplicate" in found.vetoes


def _linked(
    records: Sequence[Record],
    named: dict[tuple[int, int], Score],
    groups: dict[int, list[int]],
    shared: frozenset[str],
) -> list[Pair]:
    """Members of one cluster that were not named as a pair: to be looked at together with the survivor."""
    found = []
    for survivor, members in groups.items():
        for at, one in enumerate(members):
            for other in members[at + 1 :]:
                a, b = (one, other) if one < other else (other, one)
                if (a, b) in named:
                    continue
                by_itself = score(records[a], records[b], shared=shared)
                if by_itself.points > 0 and set(by_itself.vetoes) <= {"another name"}:
                    found.append(Pair(a, b, by_itself, "review", survivor))
    return found


def _cluster(survivor: int, members: list[int], bands: dict[tuple[int, int], Band]) -> Cluster:
    others = tuple(sorted(members))
    sure = len(others) < MOST_IN_A_CLUSTER and all(
        bands.get((min(survivor, one), max(survivor, one))) == "auto" for one in others
    )
    return Cluster(survivor, others, "auto" if sure else "review")
