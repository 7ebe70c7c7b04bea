"""Rows of an import beside the customers on record: the same, or changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import Prefetch
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from customers.import_meaning import Proposed, ProposedSite, changed_columns, fingerprint
from customers.import_shapes import QUICKBOOKS_DESKTOP
from customers.matching.keys import KINDS
from customers.models import (
    Contact,
    Customer,
    ExternalId,
    ImportBatch,
    ImportRow,
    RowOutcome,
    Site,
)
from customers.models.records import address_lines
from customers.phones import format_us
from fsm.querysets import any_of

from .import_alike import Meanings, Since, recognise_alike
from .import_batches import decision_of, hold, meaning_of
from .import_doubles import recall_doubles

STEP: Final = 2000
MOST_ALIKE: Final = 20
NAME_KINDS: Final = {kind: KINDS[kind] for kind in ("names city", "names street") if kind in KINDS}
Change = dict[str, str]


def recognise(
    rows: Sequence[ImportRow], batch: ImportBatch, meanings: Meanings, *, since: Since | None = None
) -> None:
    """Rows that are here already become unchanged, or held with what differs; rows that look like a customer
    on record are held with whom and why. Nothing is saved. `meanings` is by line; `since` is when the rows
    were compared before.
    """
    for start in range(0, len(rows), STEP):
        some = rows[start : start + STEP]
        recall_doubles(some, batch)
        _recognise_known(some, batch, meanings)
        recognise_alike(some, batch, meanings, since=since)


def _recognise_known(rows: Sequence[ImportRow], batch: ImportBatch, meanings: Meanings) -> None:
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
            if known.fingerprint == fingerprint(meanings[row.line].said):
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
    by_id = {known.external_id: known for known in owned.filter(external_id__in=any_of(ids, "text"))}
    by_name: dict[str, ExternalId] = {}
    if batch.system == QUICKBOOKS_DESKTOP:
        named = owned.annotate(plain_name=Lower("name")).filter(
            plain_name__in=any_of([row.label.lower() for row in ready if row.label], "text")
        )
        by_name = {known.name.lower(): known for known in named if known.name}
    return by_id, by_name


def _living(customer: Customer | None) -> Customer | None:
    while customer is not None and customer.merged_into is not None:
        customer = customer.merged_into
    return customer


# Changed since ---------------------------------------------------------------------------------


def _hold_changed(rows: Sequence[ImportRow], batch: ImportBatch, meanings: Meanings) -> None:
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
    rows = Customer.objects.filter(pk__in=any_of(set(customer_ids))).select_related("branch")
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
