"""Records of the demo company that are there twice, as such records come about: a nickname, a new number, a
second call. Some wait to be judged, one was merged, one merge was taken back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from fsm.attribution import attributed
from fsm.demo import DemoWorld

from .actions import SiteFields, add_customer, merge_customers, undo_merge
from .actions.duplicates import find_duplicate_pairs
from .models import Customer, CustomerKind

COPIES: Final = 16
SHORT: Final = {
    "James": "Jim", "Robert": "Bob", "Kimberly": "Kim", "Patricia": "Pat", "Stephen": "Steve",
    "Nathan": "Nate", "Leonard": "Len", "Victor": "Vic", "Sandra": "Sandy", "Emily": "Em",
}  # fmt: skip
WORDS: Final = (("Street", "St"), ("Avenue", "Ave"), ("Drive", "Dr"), ("Lane", "Ln"), ("Road", "Rd"))


def add_copies(world: DemoWorld) -> None:
    """A few customers once more, slightly different; nothing of it is in `world.made`."""
    casey = world.made["people"]["casey"]
    households = (
        Customer.objects.filter(kind=CustomerKind.HOUSEHOLD, contacts__emails__isnull=False)
        .with_likeness()
        .order_by("pk")
        .distinct()
    )
    with attributed(user=casey):
        pairs = [
            (customer, _copy(customer, at, world)) for at, customer in enumerate(households[3 : 3 + COPIES])
        ]
        for (survivor, loser), ago in zip(pairs[:2], (5, 2), strict=True):
            then = world.now - timedelta(days=ago)
            merge = merge_customers(survivor.pk, loser.pk, now=then, by=casey, because="The same number")
        undo_merge(
            merge.pk, now=world.now - timedelta(days=1), by=casey, because="Father and son, same house"
        )
        found = find_duplicate_pairs(now=world.now)
    world.say(f"{found.waiting} pairs of customers who may be one")


def _copy(customer: Any, at: int, world: DemoWorld) -> Customer:
    place = customer.places[0]
    site = SiteFields(
        street=place["street"],
        unit=place["unit"],
        city=place["city"],
        state=place["state"],
        postal_code=place["postal_code"],
    )
    first = SHORT.get(customer.first_name, customer.first_name)
    if at % 3 == 1:
        first = first[:1]
    if at % 3 == 2:
        for long, short in WORDS:
            site["street"] = site["street"].replace(f" {short}", f" {long}")
    return add_customer(
        kind=customer.kind,
        first_name=first,
        last_name=customer.last_name,
        phones=customer.numbers[:1] if at % 2 else [],
        emails=customer.addresses[:1] if at % 4 != 3 else [],
        site=site,
        lead_source="Web form",
        note="Wrote through the web form." if at % 2 else "",
        now=world.now,
    )
