"""Rows of an import beside the customers on record: the same, changed since, or likely the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db.models import Prefetch, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from customers import matching
from customers.import_rules import Proposed, ProposedSite, changed_columns, fingerprint
from customers.import_shapes import QUICKBOOKS_DESKTOP
from customers.matching.keys import KINDS
from customers.models import (
    Contact,
    Customer,
    EmailAddress,
    ExternalId,
    ImportBatch,
    ImportRow,
    MatchKey,
    PhoneNumber,
    RowOutcome,
    Site,
)
from customers.models.records import address_lines
from customers.phones import format_us, search_digits

from .import_batches import decision_of, given, hold, meaning_of
from .keys import records_of

STEP: Final = 2000
MOST_ALIKE: Final = 20
NAME_KINDS: Final = {kind: KINDS[kind] for kind in ("names city", "names street") if kind in KINDS}
Change = dict[str, str]


def recognise(rows: Sequence[ImportRow], batch: ImportBatch, meanings: dict[int, Proposed]) -> None:
    """Rows that are here already become unchanged, or held with what differs; rows that look like a customer
    on record are held with whom and why. Nothing is saved. `meanings` is by line.
    """
    for start in range(0, len(rows), STEP):
        some = rows[start : start + STEP]
        _recognise_known(some, batch, meanings)
        _recognise_alike(some, batch, meanings)


def _recognise_known(rows: Sequence[ImportRow], batch: ImportBatch, meanings: dict[int, Proposed]) -> None:
    ready = [row for row in rows if row.outcome == RowOutcome.READY]
    by_id, by_name = _known(ready, batch)
    changed: list[tuple[ImportRow, ExternalId]] = []
    for row in ready:
        known = by_id.get(row.external_id)
        if known is None and decision_of(row) is not None:
            continue
        if known is None and "same_name" not in {problem["code"] for problem in row.problems}:
            known = by_name.get(row.label.lower())
        if known is None:
            continue
        row.site = known.site
        row.customer = _living(known.customer or (known.site.customer if known.site else None))
        if known.external_id == row.external_id:
            if known.fingerprint == fingerprint(given(row.line, row.values, batch).values):
                row.outcome, row.reason = RowOutcome.UNCHANGED, ""
            else:
                changed.append((row, known))
        else:
            details = [["customer", str(row.customer)], ["was", known.external_id], ["now", row.external_id]]
            hold(row, "renumbered", details)
    if changed:
        _hold_changed([row for row, _known_as in changed], batch, meanings)


def _known(
    ready: Sequence[ImportRow], batch: ImportBatch
) -> tuple[dict[str, ExternalId], dict[str, ExternalId]]:
    """What the other system's ids and, where its names are unique, its names stand for here."""
    ids = [row.external_id for row in ready]
    owned = ExternalId.objects.filter(system=batch.system).select_related(
        "customer__merged_into", "site__customer__merged_into"
    )
    by_id = {known.external_id: known for known in owned.filter(external_id__in=ids)}
    by_name: dict[str, ExternalId] = {}
    if batch.system == QUICKBOOKS_DESKTOP:
        named = owned.annotate(plain_name=Lower("name")).filter(
            plain_name__in=[row.label.lower() for row in ready if row.label]
        )
        by_name = {known.name.lower(): known for known in named if known.name}
    return by_id, by_name


def _living(customer: Customer | None) -> Customer | None:
    while customer is not None and customer.merged_into is not None:
        customer = customer.merged_into
    return customer


# Changed since ---------------------------------------------------------------------------------


def _hold_changed(rows: Sequence[ImportRow], batch: ImportBatch, meanings: dict[int, Proposed]) -> None:
    """Hold each changed row with what differs, field by field; a decision that still fits stands."""
    before = _last_values(rows, batch)
    standing = standing_customers([row.customer_id for row in rows if row.customer_id])
    for row in rows:
        was = before.get(row.external_id)
        earlier = None
        if was is not None:
            earlier = meaning_of(ImportRow(line=row.line, values=was), batch)
        customer = standing.get(row.customer_id or 0)
        changes = changes_of(meanings[row.line], earlier, customer, row.site) if customer is not None else []
        decision = decision_of(row)
        if decision is not None and decision["code"] == "decided_take_over":
            seen = {change["field"]: change["ours"] for change in decision.get("changes", [])}
            if all(
                change["field"] not in seen or seen[change["field"]] == change["ours"] for change in changes
            ):
                continue  # nobody changed ours since the person looked
        columns = changed_columns(was or {}, row.values)
        if batch.columns:
            columns = [column for column in columns if batch.columns.get(column)]
        if was is not None and not changes and not columns:
            row.outcome, row.reason = RowOutcome.UNCHANGED, ""
            continue
        details = [["customer", str(row.customer)], ["what", ", ".join(columns[:8])]]
        hold(row, "changed_since", details, changes=changes)


def _last_values(rows: Sequence[ImportRow], batch: ImportBatch) -> dict[str, dict[str, str]]:
    """What each of these ids said when it was last imported."""
    came = ImportRow.objects.filter(
        import_batch__system=batch.system,
        external_id__in=[row.external_id for row in rows],
        outcome__in=[RowOutcome.IMPORTED, RowOutcome.KEPT, RowOutcome.UNCHANGED],
    )
    return dict(came.order_by("pk").values_list("external_id", "values"))


def standing_customers(customer_ids: Iterable[int]) -> dict[int, Customer]:
    """The customers with what an import compares and adds to."""
    people = Contact.objects.filter(is_active=True).prefetch_related("phones", "emails")
    rows = Customer.objects.filter(pk__in=set(customer_ids)).select_related("branch")
    found = rows.prefetch_related(Prefetch("contacts", people), "sites", "notes")
    return {customer.pk: customer for customer in found}


def changes_of(
    theirs: Proposed, earlier: Proposed | None, customer: Customer, site: Site | None
) -> list[Change]:
    """Each field that the list says otherwise than before and otherwise than we do: field, theirs, ours."""
    ours = _ours(customer, site or _only_site(customer))
    now = _said(theirs, customer)
    was = _said(earlier, customer) if earlier is not None else {}
    found: list[Change] = []
    for name, text in now.items():
        standing = ours.get(name, "")
        if (earlier is not None and was.get(name) == text) or text.casefold() == standing.casefold():
            continue
        if not text and name in ADDED:
            continue
        found.append({"field": name, "theirs": text, "ours": standing})
    return found


ADDED: Final = frozenset({"name", "phones", "emails", "note", "tags", "site", "billing"})


def _only_site(customer: Customer) -> Site | None:
    sites = [site for site in customer.sites.all() if site.is_active]
    return sites[0] if len(sites) == 1 else None


def _said(row: Proposed, customer: Customer) -> dict[str, str]:
    """What the row says, as text by field; of numbers and addresses only those we do not have."""
    have_phones = {phone.e164 for contact in customer.contacts.all() for phone in contact.phones.all()}
    have_emails = {email.address for contact in customer.contacts.all() for email in contact.emails.all()}
    phones = [phone.e164 for phone in row.phones if phone.e164 and phone.e164 not in have_phones]
    found = {"phones": ", ".join(format_us(phone) for phone in phones)}
    if row.contact:
        emails = [text for text in (row.contact.email, *row.contact.more_emails) if text]
        found["emails"] = ", ".join(text for text in emails if text not in have_emails)
    if row.site and row.site.address.street:
        found["site"] = _one_line(row.site)
        found["gate_code"] = row.site.gate_code
        found["access_notes"] = row.site.access_notes
    said = row.customer
    if said is None:
        return found
    notes = {note.body for note in customer.notes.all()}
    found |= {
        "name": said.name,
        "kind": said.kind,
        "lead_source": said.lead_source,
        "taxable": "yes" if said.taxable else "no",
        "tax_certificate": said.tax_certificate,
        "do_not_service": said.do_not_service_reason if said.do_not_service else "",
        "tags": ", ".join(tag for tag in said.tags if tag not in customer.tags),
        "note": said.notes if said.notes not in notes else "",
    }
    if said.terms:
        found["terms"] = said.terms
    if row.billing and row.billing.street:
        address = row.billing
        found["billing"] = ", ".join(
            address_lines(address.street, address.unit, address.city, address.state, address.postal_code)
        )
    return found


def _one_line(site: ProposedSite) -> str:
    address = site.address
    return ", ".join(
        address_lines(address.street, address.unit, address.city, address.state, address.postal_code)
    )


def _ours(customer: Customer, site: Site | None) -> dict[str, str]:
    found = {
        "name": customer.name,
        "kind": customer.kind,
        "terms": customer.terms,
        "lead_source": customer.lead_source,
        "taxable": "yes" if customer.is_taxable else "no",
        "tax_certificate": customer.tax_certificate,
        "do_not_service": customer.do_not_service_reason if customer.do_not_service else "",
        "billing": ", ".join(customer.billing_lines),
    }
    if site is not None:
        found |= {"site": site.one_line, "gate_code": site.gate_code, "access_notes": site.access_notes}
    return found


# Likely the same -------------------------------------------------------------------------------


def _recognise_alike(rows: Sequence[ImportRow], batch: ImportBatch, meanings: dict[int, Proposed]) -> None:
    """Hold what looks like a customer who is on record and did not come with this very file."""
    new = [
        row
        for row in rows
        if row.outcome == RowOutcome.READY
        and meanings[row.line].customer is not None
        and decision_of(row) is None
        and not any(problem["code"] in {"like_standing", "same_identity"} for problem in row.problems)
    ]
    if not new or not Customer.objects.exists():
        return
    records = {row.line: record_of(meanings[row.line]) for row in new}
    found = _candidates(new, meanings, records)
    own = set()
    if batch.pk:
        sought = {pk for keys in found.values() for pk in keys}
        own = set(batch.rows.filter(customer__in=sought).values_list("customer_id", flat=True))
    found = {line: [pk for pk in keys if pk not in own][:MOST_ALIKE] for line, keys in found.items()}
    theirs = records_of({pk for keys in found.values() for pk in keys}, marks=False)
    named = Customer.objects.filter(pk__in=theirs).values_list("pk", "name", "uuid")
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
    rows: Sequence[ImportRow], meanings: dict[int, Proposed], records: dict[int, matching.Record]
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
    living = Q(merged_into__isnull=True)
    asked: list[tuple[str, Any]] = [
        (
            "phone",
            PhoneNumber.objects.filter(digits__in=list(wanted["phone"]), contact__customer__merged_into=None)
            .order_by()
            .values_list("digits", "contact__customer_id"),
        ),
        (
            "email",
            EmailAddress.objects.filter(
                address__in=list(wanted["email"]), contact__customer__merged_into=None
            )
            .order_by()
            .values_list("address", "contact__customer_id"),
        ),
        (
            "door",
            Site.objects.filter(match_key__in=list(wanted["door"]), customer__merged_into=None)
            .order_by()
            .values_list("match_key", "customer_id"),
        ),
        (
            "key",
            MatchKey.objects.filter(key__in=list(wanted["key"]), customer__in=Customer.objects.filter(living))
            .order_by()
            .values_list("key", "customer_id"),
        ),
    ]
    found: dict[int, dict[int, None]] = defaultdict(dict)
    for sought, matches in asked:
        if not wanted[sought]:
            continue
        shared: dict[str, list[int]] = defaultdict(list)
        for key, pk in matches:
            shared[key].append(pk)
        for key, owners in shared.items():
            # A name that many have in one town proves little: number, e-mail and door find them.
            if len(owners) <= (8 if sought == "key" else matching.MOST_IN_A_GROUP):
                for line in wanted[sought][key]:
                    found[line].update(dict.fromkeys(owners))
    return {line: list(owners) for line, owners in found.items()}


def choice_words() -> dict[str, str]:
    """The fields that can differ, in words for a person."""
    return {
        "name": _("Name"),
        "kind": _("Kind"),
        "terms": _("Terms"),
        "taxable": _("Pays sales tax"),
        "tax_certificate": _("Exemption certificate"),
        "lead_source": _("Lead source"),
        "do_not_service": _("Do not service"),
        "billing": _("Billing address"),
        "site": _("Address"),
        "gate_code": _("Gate code"),
        "access_notes": _("Access notes"),
        "phones": _("Further numbers"),
        "emails": _("Further e-mail"),
        "tags": _("Further tags"),
        "note": _("Note"),
    }
