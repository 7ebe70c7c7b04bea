"""Numbers for people: company-wide, at most eleven characters, without gaps where the taker commits."""

from __future__ import annotations

from django.db import transaction

from .models import Counter

# QuickBooks allows a document number eleven characters; every kind keeps to that.
LONGEST = 11
KINDS = {
    "customer": ("C", 1001),
    "job": ("J", 1001),
    "invoice": ("", 10001),
    "credit_memo": ("CM", 1001),
    "payment": ("P", 1001),
    "quickbooks_batch": ("QB", 1),
}


def take(kind: str, *, count: int = 1) -> list[str]:
    """The next `count` numbers of a kind. The row stays locked until the transaction ends; a roll-back
    returns them.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Numbers are taken inside a transaction.")
    prefix, first = KINDS[kind]
    counter = Counter.objects.select_for_update(no_key=True).filter(name=kind).first()
    if counter is None:
        Counter.objects.get_or_create(name=kind, defaults={"prefix": prefix, "next_number": first})
        counter = Counter.objects.select_for_update(no_key=True).get(name=kind)
    numbers = [f"{counter.prefix}{counter.next_number + step}" for step in range(count)]
    if len(numbers[-1]) > LONGEST:
        raise RuntimeError(f"The {kind} counter has run past {LONGEST} characters.")
    counter.next_number += count
    counter.save_without_historical_record(update_fields=["next_number"])  # type: ignore[attr-defined]
    return numbers


def take_one(kind: str) -> str:
    """The next number of a kind; see `take`."""
    return take(kind)[0]
