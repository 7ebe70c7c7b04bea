"""What the matcher knows of the customers on record, and the keys by which copies of them are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import Q

from fsm.querysets import any_of

from .. import matching
from ..likeness import record_of
from ..models import Customer, DuplicatePair, MatchKey
from ..states import PairState

CHUNK = 2000
_INSERT = (  # two arrays instead of a hundred thousand parameters
    "INSERT INTO customers_matchkey (customer_id, key) SELECT * FROM unnest(%s::bigint[], %s::text[])"
    " ON CONFLICT DO NOTHING"
)
COMPARED = (
    "name", "first_name", "last_name", "company_name", "billing_street", "billing_unit", "billing_city",
    "billing_state", "billing_postal_code",
)  # fmt: skip
LONGEST = MatchKey._meta.get_field("key").max_length


@transaction.atomic
def refresh_match_keys(customer_ids: Collection[int]) -> int:
    """Make the keys of these customers anew, set-based; tombstones have none. Returns how many changed."""
    ids = sorted(set(customer_ids))
    changed = 0
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        wanted = {
            (pk, key[:LONGEST])
            for pk, record in records_of(chunk, marks=False).items()
            for key in matching.keys_of(record)
        }
        standing = {
            (pk, key): own
            for own, pk, key in MatchKey.objects.filter(customer__in=any_of(chunk)).values_list(
                "pk", "customer_id", "key"
            )
        }
        gone = [own for at, own in standing.items() if at not in wanted]
        fresh = sorted(wanted - standing.keys())
        if gone:
            MatchKey.objects.filter(pk__in=gone).delete()
        if fresh:
            with connection.cursor() as cursor:
                cursor.execute(_INSERT, [[pk for pk, _key in fresh], [key for _pk, key in fresh]])
        owners = {own: pk for (pk, _key), own in standing.items()}
        changed += len({owners[own] for own in gone} | {pk for pk, _key in fresh})
    return changed


def records_of(customer_ids: Collection[int], *, marks: bool = True) -> dict[int, matching.Record]:
    """The living customers as the matcher compares them; with `marks`, minding who is said not to be whom."""
    rows = list(
        Customer.objects.filter(pk__in=any_of(customer_ids))
        .living()
        .with_likeness()
        .only(*COMPARED)
        .order_by()
    )
    verdicts = not_the_same([row.pk for row in rows]) if marks else {}
    return {row.pk: record_of(row, not_same_as=verdicts.get(row.pk, ())) for row in rows}


def not_the_same(customer_ids: Collection[int]) -> dict[int, set[int]]:
    """Whom somebody said each of these is not, read through what was merged into them since."""
    bodies = {
        pk: into or pk
        for pk, into in Customer.objects.filter(
            Q(pk__in=customer_ids) | Q(merged_into__in=customer_ids)
        ).values_list("pk", "merged_into_id")
    }
    verdicts: dict[int, set[int]] = defaultdict(set)
    pairs = DuplicatePair.objects.filter(
        Q(first__in=list(bodies)) | Q(second__in=list(bodies)), state=PairState.NOT_DUPLICATE
    ).order_by()
    for first, first_into, second, second_into in pairs.values_list(
        "first_id", "first__merged_into_id", "second_id", "second__merged_into_id"
    ):
        one, other = first_into or first, second_into or second
        if one != other:
            verdicts[one].add(other)
            verdicts[other].add(one)
    return verdicts
