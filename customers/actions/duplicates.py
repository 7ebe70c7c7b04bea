"""Which customers on record may be one: searched by keys, judged by points, settled by people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _

from fsm import clock
from fsm.history import history_model, insert_with_history, update_each_with_history, update_with_history
from fsm.models import User
from fsm.states import NotPossible, Stale

from .. import matching
from ..models import Contact, Customer, DuplicatePair, EmailAddress, MatchKey, PhoneNumber, Site
from ..states import PairState
from .keys import records_of, refresh_match_keys
from .merging import decide_pair

PAIRS_AT_ONCE = 4000
SCORING = str(matching.VERSION)

Pair = tuple[int, int]


@dataclass(frozen=True)
class Search:
    """What a search for duplicates did."""

    compared: int
    waiting: int
    fresh: int
    gone: int


def find_duplicate_pairs(*, now: datetime, changed_since: datetime | None = None) -> Search:
    """Compare customers that share a key and keep what is worth a look; with `changed_since` only those pairs
    of which one changed since then. Pairs that somebody decided stay decided. Safe to run twice.
    """
    _make_missing_keys()
    scope = None if changed_since is None else changed_customers(changed_since)
    _settle_tombstones(now)
    shared = shared_numbers()
    compared = fresh = gone = 0
    for pairs in _chunks(_candidates(scope), PAIRS_AT_ONCE):
        found = _judge(pairs, shared)
        compared += len(pairs)
        made, dropped = _keep(pairs, found, now)
        fresh, gone = fresh + made, gone + dropped
    waiting = DuplicatePair.objects.filter(state=PairState.WAITING).count()
    return Search(compared, waiting, fresh, gone)


def search_all() -> None:
    """The whole search, for a worker."""
    find_duplicate_pairs(now=clock.now())


def judged(one_id: int, other_id: int) -> list[list[Any]]:
    """What speaks for and against two customers' being one, whatever anybody said of them."""
    records = records_of([one_id, other_id], marks=False)
    if len(records) < 2:
        return []
    return reasons_of(matching.score(records[one_id], records[other_id]))


def changed_customers(since: datetime) -> set[int]:
    """Whose names, numbers or addresses got a new version since then."""
    ids = set(_history(Customer, since).values_list("id", flat=True))
    for model in (Contact, Site):
        ids |= set(_history(model, since).values_list("customer_id", flat=True))
    contacts: set[int] = set()
    for part in (PhoneNumber, EmailAddress):
        contacts |= set(_history(part, since).values_list("contact_id", flat=True))
    ids |= set(Contact.objects.filter(pk__in=contacts).values_list("customer_id", flat=True))
    return ids


def shared_numbers() -> frozenset[str]:
    """Numbers and addresses that so many customers have that they prove nothing: a property manager's."""
    kinds = [Q(key__startswith=f"{kind}:") for kind in ("phone", "email")]
    crowded = (
        MatchKey.objects.filter(kinds[0] | kinds[1])
        .order_by()
        .values("key")
        .annotate(n=Count("pk"))
        .filter(n__gt=matching.MOST_IN_A_GROUP)
    )
    return frozenset(key.partition(":")[2] for key in crowded.values_list("key", flat=True))


# Decisions -------------------------------------------------------------------------------------------


@transaction.atomic
def keep_apart(
    pair_id: int, *, version: int, now: datetime, by: User | None = None, because: str = ""
) -> DuplicatePair:
    """Say that two customers are not the same; no search proposes them again."""
    pair = _locked(pair_id, version)
    decide_pair(pair, PairState.NOT_DUPLICATE, by=by, because=because, now=now)
    return pair


@transaction.atomic
def look_again(pair_id: int, *, version: int, now: datetime, by: User | None = None) -> DuplicatePair:
    """Take back that two customers are not the same: the question is open again."""
    pair = _locked(pair_id, version)
    if pair.state != PairState.NOT_DUPLICATE:
        raise NotPossible(_("Nobody said that these two are not the same."))
    del by, now
    pair.state = PairState.WAITING
    pair.decided_at = pair.decided_by = None
    pair.decided_because = ""
    pair.version += 1
    pair.save()
    return pair


@transaction.atomic
def say_not_the_same(
    one_id: int, other_id: int, *, now: datetime, by: User | None = None, because: str = ""
) -> DuplicatePair:
    """The same for two customers whom no search has proposed."""
    first, second = sorted((one_id, other_id))
    list(Customer.objects.filter(pk__in=[first, second]).select_for_update(no_key=True).order_by("pk"))
    pair = DuplicatePair.objects.filter(first=first, second=second).first()
    if pair is None:
        found = _judge([(first, second)], frozenset()).get((first, second))
        pair = DuplicatePair.objects.create(
            first_id=first,
            second_id=second,
            score=_value(found) if found else Decimal(0),
            band="review",
            reasons=reasons_of(found) if found else [],
            scoring=SCORING,
            found_at=now,
        )
    return keep_apart(pair.pk, version=pair.version, now=now, by=by, because=because)


def reasons_of(score: matching.Score) -> list[list[Any]]:
    """A score's reasons with their points, and its vetoes with none, as they are kept."""
    return [[word, points] for word, points in score.reasons] + [[veto, None] for veto in score.vetoes]


# Searching -------------------------------------------------------------------------------------------


def _candidates(scope: Collection[int] | None) -> Iterator[Pair]:
    """Pairs that share a key of which not too many customers have, and pairs that wait already."""
    keys = narrowed = waiting = ""
    if scope is not None:
        theirs = "SELECT key FROM customers_matchkey WHERE customer_id = ANY(%(scope)s)"
        keys = f" WHERE key IN ({theirs})"
        narrowed = " AND (a.customer_id = ANY(%(scope)s) OR b.customer_id = ANY(%(scope)s))"
        waiting = " AND (first_id = ANY(%(scope)s) OR second_id = ANY(%(scope)s))"
    statement = (
        f"WITH few AS (SELECT key FROM customers_matchkey{keys} GROUP BY key"  # noqa: S608 (our own words)
        " HAVING count(*) BETWEEN 2 AND %(most)s)"
        " SELECT a.customer_id, b.customer_id FROM few JOIN customers_matchkey a USING (key)"
        f" JOIN customers_matchkey b USING (key) WHERE a.customer_id < b.customer_id{narrowed}"
        f" UNION SELECT first_id, second_id FROM customers_duplicatepair WHERE state = 'waiting'{waiting}"
        " ORDER BY 1, 2"
    )
    params: dict[str, Any] = {"most": matching.MOST_IN_A_GROUP, "scope": sorted(scope or ())}
    with connection.cursor() as cursor:
        if scope is None:  # many keys may be new, and the database has not counted them yet
            cursor.execute("ANALYZE customers_matchkey")
        cursor.execute(statement, params)
        while rows := cursor.fetchmany(10_000):
            yield from rows


def _judge(pairs: Collection[Pair], shared: frozenset[str]) -> dict[Pair, matching.Score]:
    """The pairs that are worth a look; what somebody said not to be the same is not."""
    records = records_of({pk for pair in pairs for pk in pair})
    found = {}
    for first, second in pairs:
        one, other = records.get(first), records.get(second)
        if one is None or other is None or str(second) in one.not_same_as:
            continue
        score = matching.score(one, other, shared=shared)
        if matching.band(score):
            found[first, second] = score
    return found


@transaction.atomic
def _keep(pairs: Collection[Pair], found: dict[Pair, matching.Score], now: datetime) -> tuple[int, int]:
    """Write what was found: new questions, other scores, questions that have answered themselves."""
    standing = {
        (row.first_id, row.second_id): row
        for row in DuplicatePair.objects.filter(
            first__in={first for first, _second in pairs}, second__in={second for _first, second in pairs}
        )
        .select_for_update(of=("self",))
        .order_by("pk")
    }
    fresh, other, gone = [], [], []
    for pair in pairs:
        score, row = found.get(pair), standing.get(pair)
        if score is None:
            if row is not None and row.state == PairState.WAITING:
                row.state, row.decided_at = PairState.GONE, now
                row.decided_because = _("They do not look alike any more.")
                row.version += 1
                gone.append(row)
            continue
        said = {
            "score": _value(score),
            "band": matching.band(score),
            "reasons": reasons_of(score),
            "scoring": SCORING,
        }
        if row is None:
            fresh.append(DuplicatePair(first_id=pair[0], second_id=pair[1], found_at=now, **said))
        elif row.state == PairState.GONE or (
            row.state == PairState.WAITING
            and any(getattr(row, name) != value for name, value in said.items())
        ):
            for name, value in said.items():
                setattr(row, name, value)
            if row.state == PairState.GONE:
                row.state, row.found_at = PairState.WAITING, now
                row.decided_at, row.decided_by, row.decided_because = None, None, ""
            row.version += 1
            other.append(row)
    insert_with_history(fresh)
    fields = ["score", "band", "reasons", "scoring", "state", "found_at", "decided_at", "decided_by"]
    update_each_with_history([*other, *gone], [*fields, "decided_because", "version"])
    return len(fresh), len(gone)


def _make_missing_keys() -> None:
    """Customers that came in without keys get theirs."""
    without = Customer.objects.living().filter(~Exists(MatchKey.objects.filter(customer=OuterRef("pk"))))
    refresh_match_keys(list(without.values_list("pk", flat=True)))


def _settle_tombstones(now: datetime) -> None:
    waiting = DuplicatePair.objects.filter(state=PairState.WAITING)
    with transaction.atomic():
        update_with_history(
            waiting.filter(Q(first__merged_into__isnull=False) | Q(second__merged_into__isnull=False)),
            state=PairState.GONE,
            decided_at=now,
            decided_because=_("One of them was merged."),
        )


def _history(model: Any, since: datetime) -> Any:
    return history_model(model)._default_manager.filter(history_date__gte=since).order_by()


def _locked(pair_id: int, version: int) -> DuplicatePair:
    pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair_id)
    if pair.version != version:
        raise Stale(
            _("Somebody decided about this pair while you were looking. Look at it again."),
            theirs={"state": str(pair.get_state_display())},
        )
    return pair


def _value(score: matching.Score) -> Decimal:
    return Decimal(f"{score.value:.4f}")


def _chunks(pairs: Iterable[Pair], size: int) -> Iterator[list[Pair]]:
    chunk: list[Pair] = []
    for pair in pairs:
        chunk.append(pair)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
