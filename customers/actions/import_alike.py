"""Rows of an import that look like a customer on record who did not come with this very file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection
from django.db.models import Max

from customers import matching
from customers.import_meaning import Proposed
from customers.import_rules import DECIDABLE
from customers.matching.keys import KINDS
from customers.models import (
    Contact,
    Customer,
    EmailAddress,
    ExternalId,
    ImportBatch,
    ImportRow,
    PhoneNumber,
    RowOutcome,
    Site,
)
from customers.phones import search_digits
from customers.states import ImportState
from fsm.history import history_model
from fsm.querysets import any_of

from .import_batches import decision_of, hold
from .keys import records_of

MOST_ALIKE: Final = 20
MOST_OF_A_NAME: Final = 8  # a name that many have in one town proves little: number, e-mail and door do
NAME_KINDS: Final = {kind: KINDS[kind] for kind in ("names city", "names street") if kind in KINDS}
OPEN_AT_MOST: Final = timedelta(minutes=2)  # a change may be dated so long before others can see it
_TABLES: Final = tuple(
    history_model(model)._meta.db_table for model in (Customer, Contact, Site, PhoneNumber, EmailAddress)
)
_OWNERS: Final = {
    "phone": "SELECT p.digits, c.id FROM customers_phonenumber p JOIN customers_contact k"
    " ON k.id = p.contact_id JOIN customers_customer c ON c.id = k.customer_id"
    " WHERE c.merged_into_id IS NULL AND p.digits = ANY(%(keys)s)",
    "email": "SELECT e.address, c.id FROM customers_emailaddress e JOIN customers_contact k"
    " ON k.id = e.contact_id JOIN customers_customer c ON c.id = k.customer_id"
    " WHERE c.merged_into_id IS NULL AND e.address = ANY(%(keys)s)",
    "door": "SELECT s.match_key, c.id FROM customers_site s JOIN customers_customer c"
    " ON c.id = s.customer_id WHERE c.merged_into_id IS NULL AND s.match_key = ANY(%(keys)s)",
    "key": "SELECT m.key, c.id FROM customers_matchkey m JOIN customers_customer c"
    " ON c.id = m.customer_id WHERE c.merged_into_id IS NULL AND m.key = ANY(%(keys)s)",
}

Meanings = Mapping[int, Proposed]


@dataclass(frozen=True)
class Since:
    """A moment, as the last version of each table of `_TABLES` before it."""

    versions: tuple[int, ...]


def since_read(batch: ImportBatch) -> Since:
    """The moment before which the file's rows were not yet compared with anybody."""
    unread = batch.history.filter(state__in=[ImportState.MAPPING, ImportState.PREPARING])
    at = unread.aggregate(at=Max("history_date"))["at"] or batch.created_at
    parts = ", ".join(
        f"COALESCE((SELECT history_id FROM {table} WHERE history_date < %(at)s"  # noqa: S608 (our own tables)
        " ORDER BY history_id DESC LIMIT 1), 0)"
        for table in _TABLES
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {parts}", {"at": at - OPEN_AT_MOST})
        return Since(tuple(cursor.fetchone()))


def changed_after(since: Since, batch: ImportBatch) -> set[int]:
    """The customers who came, or whose name, people, numbers or sites changed, by anything but this file."""
    customer, contact, site, phone, email = _TABLES
    new = "h.history_id > %s AND h.batch <> %s"
    sql = (
        f"SELECT h.id FROM {customer} h WHERE {new}"  # noqa: S608 (our own tables)
        f" UNION SELECT h.customer_id FROM {contact} h WHERE {new}"
        f" UNION SELECT h.customer_id FROM {site} h WHERE {new}"
        f" UNION SELECT k.customer_id FROM {phone} h JOIN customers_contact k ON k.id = h.contact_id"
        f" WHERE {new}"
        f" UNION SELECT k.customer_id FROM {email} h JOIN customers_contact k ON k.id = h.contact_id"
        f" WHERE {new}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [one for version in since.versions for one in (version, batch.uuid)])
        return {pk for (pk,) in cursor.fetchall() if pk}


def recognise_alike(
    rows: Sequence[ImportRow], batch: ImportBatch, meanings: Meanings, *, since: Since | None = None
) -> None:
    """Hold what looks like a customer who is on record and did not come with this very file. With `since`,
    rows that were compared when the file was read are only compared with who came or changed after it.
    """
    new = [
        row
        for row in rows
        if row.outcome == RowOutcome.READY
        and meanings[row.line].customer is not None
        and decision_of(row) is None
        and not any(problem["code"] in {"like_standing", "same_identity"} for problem in row.problems)
    ]
    if since is None:
        _compare(new, batch, meanings)
        return
    # What held a row when it was read also kept it from being compared.
    first = [row for row in new if any(problem["code"] in DECIDABLE for problem in row.problems)]
    _compare(first, batch, meanings)
    seen = {row.line for row in first}
    _compare([row for row in new if row.line not in seen], batch, meanings, among=changed_after(since, batch))


def _compare(
    new: Sequence[ImportRow], batch: ImportBatch, meanings: Meanings, *, among: Collection[int] | None = None
) -> None:
    if not new or (among is not None and not among) or not Customer.objects.exists():
        return
    records = {row.line: record_of(meanings[row.line]) for row in new}
    found = _candidates(new, meanings, records, among)
    own = set()
    if batch.pk:
        sought = {pk for keys in found.values() for pk in keys}
        mine = batch.rows.filter(customer__in=any_of(sought)).order_by()
        own = set(mine.values_list("customer_id", flat=True))
    found = {line: [pk for pk in keys if pk not in own][:MOST_ALIKE] for line, keys in found.items()}
    theirs = records_of({pk for keys in found.values() for pk in keys}, marks=False)
    named = Customer.objects.filter(pk__in=any_of(theirs)).order_by().values_list("pk", "name", "uuid")
    names = {pk: name for pk, name, _uuid in named}
    uuids = {pk: str(uuid) for pk, _name, uuid in named}
    for row in new:
        judged = [
            (matching.score(records[row.line], theirs[pk]), pk)
            for pk in found.get(row.line, ())
            if pk in theirs
        ]
        likely = [(score, pk) for score, pk in judged if matching.band(score)]
        if not likely or _is_known_owner(meanings[row.line], batch):
            continue
        score, best = max(likely, key=lambda one: (one[0].points, -one[1]))
        alike = [
            {
                "pk": pk,
                "name": names[pk],
                "uuid": uuids[pk],
                "score": round(min(one.value, 0.9999), 4),
                "band": matching.band(one),
            }
            for one, pk in sorted(likely, key=lambda one: (-one[0].points, one[1]))[:3]
        ]
        reasons = ", ".join(word for word, points in score.reasons if points > 0)
        hold(row, "like_standing", [["customer", names[best]], ["why", reasons]], alike=alike)


def _is_known_owner(meaning: Proposed, batch: ImportBatch) -> bool:
    """Whether the customer of this location is here already: then the row adds a site to them."""
    if not meaning.owner_id:
        return False
    return ExternalId.objects.filter(
        system=batch.system, external_id=meaning.owner_id, customer__isnull=False
    ).exists()


def record_of(meaning: Proposed) -> matching.Record:
    """The row as the matcher compares it."""
    said, person = meaning.customer, meaning.contact
    sites = [site for site in (meaning.site, *meaning.more_sites) if site]
    addresses = [site.address for site in sites] or [address for address in (meaning.billing,) if address]
    return matching.record(
        str(meaning.line),
        names=[said.name] if said else [],
        first_name=person.first_name if person else "",
        last_name=person.last_name if person else "",
        companies=[said.name] if said and said.kind != "household" else [],
        phones=[phone.e164 for phone in meaning.phones if phone.usable],
        emails=[text for text in (person.email, *person.more_emails) if text] if person else [],
        doors=[
            matching.door(one.street, one.unit, one.city, one.state, one.postal_code) for one in addresses
        ],
        order=meaning.line,
    )


def _candidates(
    rows: Sequence[ImportRow],
    meanings: Meanings,
    records: dict[int, matching.Record],
    among: Collection[int] | None,
) -> dict[int, list[int]]:
    """Customers who share a number, an e-mail address, a door, or name and ZIP with each row, by line."""
    wanted: dict[str, dict[str, list[int]]] = {
        kind: defaultdict(list) for kind in ("phone", "email", "door", "key")
    }
    for row in rows:
        meaning, record = meanings[row.line], records[row.line]
        for number in record.phones:
            wanted["phone"][search_digits(number)].append(row.line)
        for email in record.emails:
            wanted["email"][email].append(row.line)
        for site in (meaning.site, *meaning.more_sites):
            if site and site.address.match_key:
                wanted["door"][site.address.match_key[:120]].append(row.line)
        for kind, keys in NAME_KINDS.items():
            for key in keys(record):
                wanted["key"][f"{kind}:{key}"[:80]].append(row.line)
    found: dict[int, dict[int, None]] = defaultdict(dict)
    for sought, by_key in wanted.items():
        shared: dict[str, list[int]] = defaultdict(list)
        for key, pk in _owners(sought, list(by_key), among):
            shared[key].append(pk)
        most = MOST_OF_A_NAME if sought == "key" else matching.MOST_IN_A_GROUP
        for key, owners in shared.items():
            if len(owners) <= most:
                for line in by_key[key]:
                    found[line].update(dict.fromkeys(owners))
    return {line: list(owners) for line, owners in found.items()}


def _owners(sought: str, keys: list[str], among: Collection[int] | None) -> list[tuple[str, int]]:
    """Which living customers have which of these keys. A list travels as one parameter, not as thousands."""
    if not keys:
        return []
    sql = _OWNERS[sought] + (" AND c.id = ANY(%(among)s)" if among is not None else "")
    with connection.cursor() as cursor:
        cursor.execute(sql, {"keys": keys, "among": list(among or ())})
        return cursor.fetchall()  # type: ignore[no-any-return]
