"""What the matcher knows of the customers on record, and the keys by which copies of them are found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db import transaction
from django.db.models import Q

from .. import matching
from ..models import Contact, Customer, DuplicatePair, EmailAddress, MatchKey, PhoneNumber, Site
from ..states import PairState

CHUNK = 2000
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
            for own, pk, key in MatchKey.objects.filter(customer__in=chunk).values_list(
                "pk", "customer_id", "key"
            )
        }
        gone = [own for at, own in standing.items() if at not in wanted]
        fresh = [MatchKey(customer_id=pk, key=key) for pk, key in sorted(wanted - standing.keys())]
        if gone:
            MatchKey.objects.filter(pk__in=gone).delete()
        MatchKey.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=5000)
        changed += len(
            {pk for (pk, _key), own in standing.items() if own in set(gone)}
            | {row.customer_id for row in fresh}
        )
    return changed


def records_of(customer_ids: Collection[int], *, marks: bool = True) -> dict[int, matching.Record]:
    """The living customers as the matcher compares them: names, numbers and doors of everything active.

    Five queries, however many customers; with `marks`, what was said not to be the same counts as well.
    """
    rows = {
        row["pk"]: row
        for row in Customer.objects.filter(pk__in=customer_ids, merged_into__isnull=True)
        .order_by()
        .values(
            "pk", "name", "first_name", "last_name", "company_name",
            "billing_street", "billing_unit", "billing_city", "billing_state", "billing_postal_code",
        )
    }  # fmt: skip
    names: dict[int, list[str]] = defaultdict(list)
    phones: dict[int, list[str]] = defaultdict(list)
    emails: dict[int, list[str]] = defaultdict(list)
    doors: dict[int, list[matching.Door]] = defaultdict(list)
    people = Contact.objects.filter(customer__in=rows, is_active=True).order_by("-is_primary", "pk")
    for pk, name in people.values_list("customer_id", "name"):
        names[pk].append(name)
    numbers = PhoneNumber.objects.filter(contact__customer__in=rows, contact__is_active=True).order_by("pk")
    for pk, number in numbers.values_list("contact__customer_id", "e164"):
        phones[pk].append(number)
    addresses = EmailAddress.objects.filter(contact__customer__in=rows, contact__is_active=True)
    for pk, address in addresses.order_by("pk").values_list("contact__customer_id", "address"):
        emails[pk].append(address)
    places = Site.objects.filter(customer__in=rows, is_active=True).order_by("pk")
    for pk, *address in places.values_list("customer_id", "street", "unit", "city", "state", "postal_code"):
        doors[pk].append(matching.door(*address))
    verdicts = not_the_same(rows) if marks else {}
    return {
        pk: matching.record(
            str(pk),
            names=[row["name"], *names[pk]],
            first_name=row["first_name"],
            last_name=row["last_name"],
            companies=[row["company_name"]],
            phones=phones[pk],
            emails=emails[pk],
            doors=doors[pk] or _billing(row),
            not_same_as=[str(other) for other in verdicts.get(pk, ())],
            order=pk,
        )
        for pk, row in rows.items()
    }


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


def _billing(row: dict[str, str]) -> list[matching.Door]:
    if not (row["billing_street"] or row["billing_city"]):
        return []
    return [
        matching.door(
            row["billing_street"],
            row["billing_unit"],
            row["billing_city"],
            row["billing_state"],
            row["billing_postal_code"],
        )
    ]
