"""What rows of an import turn into: customers, contacts, sites and notes, inserted a set at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from customers.addresses import ParsedAddress, time_zone_of
from customers.import_meaning import Proposed, ProposedContact, ProposedCustomer, ProposedSite, fingerprint
from customers.import_wording import doubt, system_words
from customers.models import (
    Contact,
    Customer,
    CustomerNote,
    EmailAddress,
    ExternalId,
    ImportBatch,
    ImportRow,
    PhoneNumber,
    RowOutcome,
    Site,
)
from customers.phones import FoundPhone, search_digits
from fsm import clock
from fsm.company import default_branch, the_company
from fsm.counters import take
from fsm.history import insert_with_history
from fsm.models import Branch
from fsm.states import NotPossible

from .import_alike import Since, since_read
from .import_batches import decision_of, given, hold, meaning_of, problem_of
from .import_standing import recognise, standing_customers
from .records import add_email, add_note, add_phone, edit_customer, set_do_not_service
from .sites import edit_site

Pairs = list[tuple[ImportRow, Proposed]]
# Fields of a customer that a row can change, by the words of `import_standing`.
SIMPLE: Final = {"terms": "terms", "lead_source": "lead_source", "tax_certificate": "tax_certificate"}


class _Made:
    """The rows that a set of source rows turns into, collected for one insert a model."""

    def __init__(self, batch: ImportBatch) -> None:
        self.batch = batch
        self.author = system_words(batch.system)
        self.contacts: list[Contact] = []
        self.phones: list[PhoneNumber] = []
        self.emails: list[EmailAddress] = []
        self.sites: list[Site] = []
        self.notes: list[CustomerNote] = []
        self.ids: list[ExternalId] = []
        self.have_primary: set[int] = set()

    def insert(self) -> None:
        for objects in (self.contacts, self.phones, self.emails, self.sites, self.notes):
            insert_with_history(objects)
        insert_with_history(self.ids)

    def note(self, customer: Customer, body: str) -> None:
        self.notes.append(CustomerNote(customer=customer, body=body, author_name=self.author))

    def external_id(
        self,
        row: ImportRow,
        proposed: Proposed,
        *,
        customer: Customer | None = None,
        site: Site | None = None,
    ) -> None:
        self.ids.append(
            ExternalId(
                system=self.batch.system,
                external_id=row.external_id,
                name=row.label,
                customer=customer,
                site=site,
                fingerprint=fingerprint(proposed.said),
            )
        )

    def owner_id(self, row: ImportRow, owner_id: str, customer: Customer) -> None:
        """The customer's own id, where rows are locations of customers."""
        self.ids.append(
            ExternalId(
                system=self.batch.system, external_id=owner_id[:120], name=row.label, customer=customer
            )
        )


def bring_in(rows: list[ImportRow], batch: ImportBatch, *, since: Since | None = None) -> None:
    """Turn ready rows into customers and sites; set on each row what became of it. With `since`, they were
    compared before that moment.
    """
    meanings = {row.line: meaning_of(row, batch) for row in rows}
    recognise(rows, batch, meanings, since=since or since_read(batch))
    ready = [(row, meanings[row.line]) for row in rows if row.outcome == RowOutcome.READY]
    branch = default_branch()
    plain: Pairs = []
    for row, proposed in ready:
        decision = decision_of(row)
        if decision is None or decision["code"] == "decided_new":
            plain.append((row, proposed))
        elif decision["code"] == "decided_take_over":
            _take_over(row, proposed, decision)
    _link([(row, proposed) for row, proposed in ready if _is_link(row)], batch, branch)
    fresh, locations = _owned([(row, one) for row, one in plain if not one.is_job], batch)
    _bring_in_customers(fresh, batch, branch)
    _bring_in_jobs(locations, batch, branch)
    _bring_in_jobs([(row, one) for row, one in plain if one.is_job], batch, branch)


def _is_link(row: ImportRow) -> bool:
    decision = decision_of(row)
    return decision is not None and decision["code"] == "decided_link"


def _owned(proposals: Pairs, batch: ImportBatch) -> tuple[Pairs, Pairs]:
    """Rows that bring a customer, and rows that are one more location of a customer who is or comes here."""
    owners = {one.owner_id for _row, one in proposals if one.owner_id}
    known = set()
    if owners:
        standing = ExternalId.objects.filter(
            system=batch.system, external_id__in=owners, customer__isnull=False
        )
        known = set(standing.values_list("external_id", flat=True))
    fresh: Pairs = []
    locations: Pairs = []
    for row, one in proposals:
        if one.owner_id in known:
            locations.append((row, one))
        elif one.customer is None or not one.customer.name:
            hold(row, "parent_missing", [["parent", one.owner_id or one.source_name]])
        else:
            fresh.append((row, one))
            if one.owner_id:
                known.add(one.owner_id)
    return fresh, locations


def _bring_in_customers(proposals: Pairs, batch: ImportBatch, branch: Branch) -> None:
    if not proposals:
        return
    usual_terms = the_company().default_terms
    customers = [
        _customer(number, proposed, branch, usual_terms)
        for number, (_row, proposed) in zip(take("customer", count=len(proposals)), proposals, strict=True)
    ]
    insert_with_history(customers)
    made = _Made(batch)
    for customer, (row, proposed) in zip(customers, proposals, strict=True):
        _add_contacts(made, customer, proposed)
        site = _site(customer, proposed.site, branch)
        more = [_site(customer, said, branch) for said in proposed.more_sites]
        made.sites += [one for one in (site, *more) if one is not None]
        if proposed.customer and proposed.customer.notes:
            made.note(customer, proposed.customer.notes)
        if proposed.owner_id:
            made.owner_id(row, proposed.owner_id, customer)
        if proposed.owner_id and site is not None:
            made.external_id(row, proposed, site=site)
        else:
            made.external_id(row, proposed, customer=customer)
        row.customer, row.site = customer, site
        row.outcome, row.reason = RowOutcome.IMPORTED, ""
    made.insert()


def _bring_in_jobs(proposals: Pairs, batch: ImportBatch, branch: Branch) -> None:
    """A job or location is a further site of its customer; what else it says becomes a note or a number."""
    if not proposals:
        return
    by_name, by_id = _parents(proposals, batch)
    made = _Made(batch)
    for row, proposed in proposals:
        parent = (
            by_id.get(proposed.owner_id) if proposed.owner_id else by_name.get(proposed.parent_name.lower())
        )
        if parent is None:
            hold(row, "parent_missing", [["parent", proposed.parent_name or proposed.owner_id]])
            continue
        site = _site(parent, proposed.site, branch)
        if site is None:
            hold(row, "job_without_address", [["job", proposed.source_name]])
            continue
        made.sites.append(site)
        _add_new_phones(made, parent, proposed)
        said = proposed.site.notes if proposed.site else ""
        if proposed.refuses_service and not parent.do_not_service:
            whole = proposed.said.get("NOTEPAD", "").strip()
            said = "\n".join(filter(None, (whole, said)))
        if said and said not in {note.body for note in parent.notes.all()}:
            made.note(parent, f"{site.name}: {said}" if site.name else said)
        made.external_id(row, proposed, site=site)
        row.customer, row.site = parent, site
        row.outcome, row.reason = RowOutcome.IMPORTED, ""
    made.insert()


def _parents(proposals: Pairs, batch: ImportBatch) -> tuple[dict[str, Customer], dict[str, Customer]]:
    """The customers of these jobs by what the other system calls them, and of these locations by its id."""
    standing = (
        ExternalId.objects.filter(system=batch.system, customer__isnull=False)
        .select_related("customer")
        .prefetch_related("customer__contacts__phones", "customer__notes")
    )
    by_name: dict[str, Customer] = {}
    by_id: dict[str, Customer] = {}
    names = {one.parent_name.lower() for _row, one in proposals if one.parent_name}
    if names:
        for named in standing.annotate(plain_name=Lower("name")).filter(plain_name__in=names):
            if named.customer is not None:
                by_name.setdefault(named.name.lower(), named.customer)
    owners = {one.owner_id for _row, one in proposals if one.owner_id}
    if owners:
        people: dict[int, Customer] = {}
        for known in standing.filter(external_id__in=owners):
            if known.customer is not None:
                by_id[known.external_id] = people.setdefault(known.customer.pk, known.customer)
    return by_name, by_id


# Parts -----------------------------------------------------------------------------------------


def _customer(number: str, proposed: Proposed, branch: Branch, usual_terms: str) -> Customer:
    said = proposed.customer or ProposedCustomer("household", proposed.source_name)
    is_company = said.kind != "household"
    billing = proposed.billing or (proposed.site.address if proposed.site else ParsedAddress())
    return Customer(
        number=number,
        kind=said.kind,
        name=said.name,
        first_name=proposed.contact.first_name if proposed.contact and not is_company else "",
        last_name=proposed.contact.last_name if proposed.contact and not is_company else "",
        company_name=said.name if is_company else "",
        branch=branch,
        billing_street=billing.street[:120],
        billing_unit=billing.unit[:40],
        billing_city=billing.city[:60],
        billing_state=billing.state,
        billing_postal_code=billing.postal_code,
        terms=said.terms or usual_terms,
        is_taxable=said.taxable,
        tax_certificate=said.tax_certificate,
        do_not_service=said.do_not_service,
        do_not_service_reason=said.do_not_service_reason,
        lead_source=said.lead_source,
        tags=list(said.tags),
    )


def _site(customer: Customer, said: ProposedSite | None, branch: Branch) -> Site | None:
    if said is None or not said.address.street:
        return None
    address = said.address
    return Site(
        customer=customer,
        branch=branch,
        name=said.label,
        street=address.street,
        unit=address.unit,
        city=address.city,
        state=address.state,
        postal_code=address.postal_code,
        match_key=address.match_key[:120],
        time_zone=time_zone_of(address.state, address.postal_code) or branch.time_zone,
        access_notes=said.access_notes,
        gate_code=said.gate_code,
    )


def _emails(said: ProposedContact | None) -> list[str]:
    return [text.lower() for text in (said.email, *said.more_emails) if text] if said else []


def _add_contacts(made: _Made, customer: Customer, proposed: Proposed) -> None:
    said = proposed.contact
    if said is None and not proposed.phones:
        return
    contact = Contact(customer=customer, name=(said.name if said else "") or customer.name, is_primary=True)
    made.contacts.append(contact)
    made.contacts += [Contact(customer=customer, name=other.name) for other in proposed.others if other.name]
    for phone in proposed.phones:
        _add_phone(made, contact, phone)
    for at, email in enumerate(dict.fromkeys(_emails(said))):
        made.emails.append(EmailAddress(contact=contact, address=email, is_primary=not at))


def _add_phone(made: _Made, contact: Contact, phone: FoundPhone, label: str = "") -> None:
    if not phone.e164:
        made.note(contact.customer, _("Telephone as given: %(phone)s") % {"phone": phone.raw})
        return
    is_first = phone.usable and contact.pk is None and id(contact) not in made.have_primary
    if is_first:
        made.have_primary.add(id(contact))
    made.phones.append(
        PhoneNumber(
            contact=contact,
            e164=phone.e164,
            extension=phone.extension[:8],
            digits=search_digits(phone.e164),
            label=(phone.label or label)[:20],
            as_given=phone.raw[:60],
            doubt=doubt(phone.flag),
            is_primary=is_first,
        )
    )


def _add_new_phones(
    made: _Made, customer: Customer, proposed: Proposed, *, label: str = ""
) -> Contact | None:
    """The numbers of a row that its customer does not have yet; returns the contact they went to."""
    contacts = list(customer.contacts.all())
    have = {phone.e164 for contact in contacts for phone in contact.phones.all()}
    have |= {phone.e164 for phone in made.phones if phone.contact.customer_id == customer.pk}
    new = [phone for phone in proposed.phones if phone.e164 and phone.e164 not in have]
    contacts = contacts or [one for one in made.contacts if one.customer_id == customer.pk]
    if new and not contacts:
        contacts = [Contact(customer=customer, name=customer.name, is_primary=True)]
        made.contacts.append(contacts[0])
    for phone in new:
        _add_phone(made, contacts[0], phone, label=label or (proposed.site.label if proposed.site else ""))
    return contacts[0] if contacts else None


# What a person decided --------------------------------------------------------------------------


def _link(proposals: Pairs, batch: ImportBatch, branch: Branch) -> None:
    """The row is a customer on record: what it knows beyond them is added, nothing of theirs is changed."""
    if not proposals:
        return
    wanted = {row.pk: int(dict((decision_of(row) or {}).get("details", ()))["pk"]) for row, _one in proposals}
    living = _survivors(wanted.values())
    list(
        Customer.objects.select_for_update(no_key=True)
        .filter(pk__in=set(living.values()))
        .order_by("pk")
        .values_list("pk")
    )
    standing = standing_customers(living.values())
    made = _Made(batch)
    for row, proposed in proposals:
        customer = standing.get(living.get(wanted[row.pk], 0))
        if customer is None:
            hold(row, "link_gone", [])
            continue
        _add_new_phones(made, customer, proposed)
        _add_new_emails(made, customer, proposed)
        row.customer, row.site = customer, _add_new_sites(made, customer, proposed, branch)
        note = proposed.customer.notes if proposed.customer else ""
        if note and note not in {one.body for one in customer.notes.all()}:
            made.note(customer, note)
        if proposed.owner_id:
            made.owner_id(row, proposed.owner_id, customer)
        made.external_id(row, proposed, customer=customer)
        if proposed.refuses_service and proposed.customer and not customer.do_not_service:
            customer.do_not_service = True
            set_do_not_service(customer.pk, on=True, reason=proposed.customer.do_not_service_reason)
        row.outcome = RowOutcome.IMPORTED
        row.reason = _("Linked with %(customer)s.") % {"customer": customer.name}
    made.insert()


def _survivors(customer_ids: Iterable[int]) -> dict[int, int]:
    """Where each id leads, through merges."""
    leads = {pk: pk for pk in customer_ids}
    while True:
        merged: dict[int, int | None] = dict(
            Customer.objects.filter(pk__in=leads.values(), merged_into__isnull=False).values_list(
                "pk", "merged_into"
            )
        )
        if not merged:
            return leads
        leads = {pk: merged.get(to) or to for pk, to in leads.items()}


def _add_new_emails(made: _Made, customer: Customer, proposed: Proposed) -> None:
    contacts = list(customer.contacts.all())
    have = {email.address for contact in contacts for email in contact.emails.all()}
    have |= {email.address for email in made.emails if email.contact.customer_id == customer.pk}
    new = [text for text in dict.fromkeys(_emails(proposed.contact)) if text not in have]
    contacts = contacts or [one for one in made.contacts if one.customer_id == customer.pk]
    if new and not contacts:
        contacts = [Contact(customer=customer, name=customer.name, is_primary=True)]
        made.contacts.append(contacts[0])
    made.emails += [EmailAddress(contact=contacts[0], address=text) for text in new]


def _add_new_sites(made: _Made, customer: Customer, proposed: Proposed, branch: Branch) -> Site | None:
    """Sites for doors that the customer does not have; returns the one that the row's address is."""
    doors = {site.match_key: site for site in (*customer.sites.all(), *made.sites) if site.match_key
             and site.customer_id == customer.pk}  # fmt: skip
    first: Site | None = None
    for said in (proposed.site, *proposed.more_sites):
        if said is None or not said.address.street:
            continue
        site = doors.get(said.address.match_key[:120])
        if site is None and (fresh := _site(customer, said, branch)) is not None:
            made.sites.append(fresh)
            doors[fresh.match_key] = site = fresh
        first = first or site
    return first


def _take_over(row: ImportRow, proposed: Proposed, decision: dict[str, Any]) -> None:
    """Write what the list says into the fields that a person chose, through the actions every door uses."""
    changes = {
        change["field"]: change for change in (problem_of(row, "changed_since") or {}).get("changes", ())
    }
    fields = [name for name in str(dict(decision["details"])["fields"]).split(",") if name in changes]
    customer = standing_customers([row.customer_id or 0]).get(row.customer_id or 0)
    if customer is None:
        hold(row, "link_gone", [])
        return
    said = proposed.customer
    wanted: dict[str, Any] = {}
    if said is not None:
        wanted |= {name: getattr(said, name) for name in SIMPLE if name in fields}
        if "taxable" in fields:
            wanted["is_taxable"] = said.taxable
        if "tags" in fields:
            wanted["tags"] = [*customer.tags, *(tag for tag in said.tags if tag not in customer.tags)]
        if "name" in fields or "kind" in fields:
            wanted |= _naming(proposed, said)
    if "billing" in fields and (billing := proposed.billing) is not None:
        wanted |= {
            "billing_street": billing.street,
            "billing_unit": billing.unit,
            "billing_city": billing.city,
            "billing_state": billing.state,
            "billing_postal_code": billing.postal_code,
        }
    if wanted:
        edit_customer(customer.pk, version=customer.version, **wanted)
    if "do_not_service" in fields and said is not None:
        set_do_not_service(customer.pk, on=said.do_not_service, reason=said.do_not_service_reason)
    waits = _take_over_site(row, customer, proposed, fields)
    _take_over_ways(customer, proposed, fields)
    if "note" in fields and said is not None and said.notes:
        add_note(customer.pk, body=said.notes)
    _settle(row, proposed, taken=fields)
    row.reason = _("The new address waits in the review queue; the old one stays in force.") if waits else ""


def _naming(proposed: Proposed, said: ProposedCustomer) -> dict[str, str]:
    person = proposed.contact
    if said.kind == "household" and person is not None:
        return {
            "kind": said.kind,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "company_name": "",
        }
    return {"kind": said.kind, "company_name": said.name}


def _take_over_site(row: ImportRow, customer: Customer, proposed: Proposed, fields: Sequence[str]) -> bool:
    """The site's new address, gate code and access notes; says whether the address waits for a review."""
    if proposed.site is None or not {"site", "gate_code", "access_notes"} & set(fields):
        return False
    sites = [one for one in customer.sites.all() if one.is_active]
    site = next((one for one in sites if one.pk == row.site_id), sites[0] if len(sites) == 1 else None)
    if site is None:
        raise NotPossible(
            _("%(customer)s has no single site that this row could be; change it on the record.")
            % {"customer": customer.name}
        )
    wanted = {name: getattr(proposed.site, name) for name in ("gate_code", "access_notes") if name in fields}
    if "site" in fields:
        address = proposed.site.address
        wanted |= {
            "street": address.street,
            "unit": address.unit,
            "city": address.city,
            "state": address.state,
            "postal_code": address.postal_code,
        }
    return edit_site(site.pk, version=site.version, now=clock.now(), **wanted).waits is not None


def _take_over_ways(customer: Customer, proposed: Proposed, fields: Sequence[str]) -> None:
    contacts = list(customer.contacts.all())
    if not {"phones", "emails"} & set(fields):
        return
    contact = contacts[0] if contacts else Contact.objects.create(
        customer=customer, name=customer.name, is_primary=True
    )  # fmt: skip
    if "phones" in fields:
        have = {phone.e164 for one in contacts for phone in one.phones.all()}
        for phone in proposed.phones:
            if phone.e164 and phone.e164 not in have:
                add_phone(contact.pk, number=phone.raw, label=phone.label)
    if "emails" in fields:
        known = {email.address for one in contacts for email in one.emails.all()}
        for text in dict.fromkeys(_emails(proposed.contact)):
            if text not in known:
                add_email(contact.pk, address=text)


def _settle(row: ImportRow, proposed: Proposed, *, taken: Sequence[str]) -> None:
    """The row was looked at: the same row again is no news."""
    batch = row.import_batch
    for known in ExternalId.objects.filter(system=batch.system, external_id=row.external_id):
        known.fingerprint = fingerprint(proposed.said)
        known.save(update_fields=["fingerprint"])
    row.outcome = RowOutcome.IMPORTED
    kept = [
        problem for problem in row.problems if problem["code"] not in {"changed_since", "decided_take_over"}
    ]
    fields = ", ".join(taken)
    row.problems = [
        *kept,
        {"severity": "warn", "field": "", "code": "took_over", "details": [["fields", fields]]},
    ]


def keep_ours(row: ImportRow, said: str) -> None:
    """A person looked at what changed in the list and keeps what stands here; the same again is no news."""
    batch = row.import_batch
    for known in ExternalId.objects.filter(system=batch.system, external_id=row.external_id):
        known.fingerprint = fingerprint(given(row.line, row.values, batch).values)
        known.save(update_fields=["fingerprint"])
    row.problems = [
        {**problem, "severity": "warn"} if problem["code"] == "changed_since" else problem
        for problem in row.problems
    ]
    row.outcome, row.reason = RowOutcome.UNCHANGED, said
