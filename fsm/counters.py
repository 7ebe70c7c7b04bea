"""Numbers for people: company-wide, at most eleven characters, without gaps where the taker commits."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .attribution import because
from .models import Counter
from .states import NotPossible

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

LABELS = {
    "customer": gettext_lazy("Customers"),
    "job": gettext_lazy("Jobs"),
    "invoice": gettext_lazy("Invoices"),
    "credit_memo": gettext_lazy("Credit memos"),
    "payment": gettext_lazy("Payments"),
    "quickbooks_batch": gettext_lazy("Files for QuickBooks"),
}


@dataclass(frozen=True)
class Numbering:
    """How one kind of document is numbered, as a page shows it."""

    kind: str
    label: str
    prefix: str
    next_number: int


def numbering() -> list[Numbering]:
    """Every kind with the number it takes next."""
    standing = {counter.name: counter for counter in Counter.objects.all()}
    return [
        Numbering(
            kind,
            str(LABELS[kind]),
            standing[kind].prefix if kind in standing else prefix,
            standing[kind].next_number if kind in standing else first,
        )
        for kind, (prefix, first) in KINDS.items()
    ]


@transaction.atomic
def continue_from(kind: str, *, next_number: int) -> Counter:
    """Go on from further on, as where an old system ended; never from further back."""
    counter = _locked(kind)
    if next_number < counter.next_number:
        raise NotPossible(
            _("Numbers up to %(last)s may be in use already. Choose %(next)s or more.")
            % {"last": counter.next_number - 1, "next": counter.next_number},
            field="next_number",
        )
    if len(f"{counter.prefix}{next_number}") > LONGEST:
        raise NotPossible(
            _("A number has at most %(most)s characters.") % {"most": LONGEST}, field="next_number"
        )
    counter.next_number = next_number
    # The running number is not in the history, so the reason says where it was set.
    with because(_("Next number set to %(number)s") % {"number": next_number}):
        counter.save(update_fields=["next_number"])
    return counter


def take(kind: str, *, count: int = 1) -> list[str]:
    """The next `count` numbers of a kind. The row stays locked until the transaction ends; a roll-back
    returns them.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Numbers are taken inside a transaction.")
    counter = _locked(kind)
    numbers = [f"{counter.prefix}{counter.next_number + step}" for step in range(count)]
    if len(numbers[-1]) > LONGEST:
        raise RuntimeError(f"The {kind} counter has run past {LONGEST} characters.")
    counter.next_number += count
    counter.save_without_historical_record(update_fields=["next_number"])  # type: ignore[attr-defined]
    return numbers


def take_one(kind: str) -> str:
    """The next number of a kind; see `take`."""
    return take(kind)[0]


def _locked(kind: str) -> Counter:
    """The kind's counter, made where missing, locked until the transaction ends."""
    prefix, first = KINDS[kind]
    counter = Counter.objects.select_for_update(no_key=True).filter(name=kind).first()
    if counter is None:
        # Whoever comes second waits for the first to commit, and finds theirs.
        Counter.objects.get_or_create(name=kind, defaults={"prefix": prefix, "next_number": first})
        counter = Counter.objects.select_for_update(no_key=True).get(name=kind)
    return counter
