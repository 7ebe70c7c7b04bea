"""Bringing in somebody else's customer list: previewed, run in the background, run again, taken back."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.files.base import ContentFile
from django.db import DataError, IntegrityError, models, transaction
from django.db.models import Count, Max, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.addresses import ParsedAddress, time_zone_of
from customers.import_rules import (
    DECIDABLE,
    Problem,
    Proposed,
    ProposedCustomer,
    changed_columns,
    fingerprint,
    interpret,
    interpret_all,
)
from customers.import_wording import doubt, refusal, sentence
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
from customers.quickbooks_file import IifFile, SourceRow, WrongFile, read_iif_customers
from customers.states import IMPORT_STATES, ImportState
from fsm.attribution import Attribution, attributed, current
from fsm.company import default_branch, the_company
from fsm.counters import take
from fsm.history import (
    AttributedRow,
    delete_with_history,
    history_model,
    insert_with_history,
    update_each_with_history,
    update_with_history,
)
from fsm.models import Branch
from fsm.states import NotPossible
from fsm.tasks import enqueue

SYSTEM: Final = "quickbooks_desktop"
CHUNK: Final = 200
STALLED_AFTER: Final = timedelta(minutes=3)
_OUTCOMES: Final = {"import": RowOutcome.READY, "hold": RowOutcome.HELD, "skip": RowOutcome.SKIPPED}
# What an import makes, those that hang on others first.
_MADE: Final[tuple[type[models.Model], ...]] = (
    ExternalId,
    CustomerNote,
    EmailAddress,
    PhoneNumber,
    Contact,
    Site,
    Customer,
)


# Reading ---------------------------------------------------------------------------------------


@transaction.atomic
def read_import(data: bytes, *, file_name: str) -> ImportBatch:
    """Keep the file and say of each row what would become of it; changes no customer.

    Refuses a file that cannot be trusted as a whole, with the reason.
    """
    try:
        read = read_iif_customers(data, file_name)
    except WrongFile as wrong:
        raise NotPossible(refusal(wrong.code, wrong.details), field="file") from wrong
    batch = ImportBatch(
        system=SYSTEM,
        file_name=file_name[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        encoding=read.encoding,
        row_count=len(read.rows),
        problem=_about_file(read),
        author_name=current().actor_name,
    )
    with _as_import(batch):
        rows = [
            _row(source, proposed)
            for source, proposed in zip(read.rows, interpret_all(read.rows), strict=True)
        ]
        _recognise(rows)
        batch.file.save(f"{batch.uuid}.iif", ContentFile(data), save=False)
        batch.save()
        for row in rows:
            row.import_batch = batch
        insert_with_history(rows)
    return batch


def _row(source: SourceRow, proposed: Proposed) -> ImportRow:
    row = ImportRow(
        line=source.line,
        external_id=proposed.external_id[:120],
        label=proposed.source_name[:200],
        values=dict(source.values),
        problems=[_stored(problem) for problem in proposed.problems],
        outcome=_OUTCOMES[proposed.outcome],
    )
    row.reason = _why(row)
    return row


def _stored(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "field": problem.field,
        "code": problem.code,
        "details": [list(pair) for pair in problem.details],
    }


def _why(row: ImportRow) -> str:
    """The sentences that hold or skip the row; empty for a row that neither stops."""
    wanted = {RowOutcome.HELD: "hold", RowOutcome.SKIPPED: "skip"}.get(RowOutcome(row.outcome))
    stops = [p for p in row.problems if p["severity"] == wanted]
    return " ".join(sentence(problem["code"], problem["details"]) for problem in stops)


def _about_file(read: IifFile) -> str:
    said = []
    if read.other_rows:
        counted = ", ".join(f"{count} {tag}" for tag, count in sorted(read.other_rows.items()))
        said.append(_("Other lists in the file are left out: %(lists)s.") % {"lists": counted})
    if read.unused_columns:
        columns = ", ".join(read.unused_columns)
        said.append(_("Columns that are not taken over: %(columns)s.") % {"columns": columns})
    return " ".join(said)


def _recognise(rows: Sequence[ImportRow]) -> None:
    """Rows that are here already become unchanged, or held with what differs; nothing is saved."""
    ready = [row for row in rows if row.outcome == RowOutcome.READY]
    standing = (
        ExternalId.objects.filter(system=SYSTEM)
        .annotate(plain_name=Lower("name"))
        .filter(
            Q(external_id__in=[row.external_id for row in ready])
            | Q(plain_name__in=[row.label.lower() for row in ready])
        )
        .select_related("customer", "site__customer")
    )
    by_id = {known.external_id: known for known in standing}
    by_name = {known.name.lower(): known for known in standing if known.name}
    before = _last_values([row for row in ready if row.external_id in by_id])
    for row in ready:
        known = by_id.get(row.external_id)
        if known is None and "same_name" not in {problem["code"] for problem in row.problems}:
            known = by_name.get(row.label.lower())
        if known is None:
            continue
        row.site = known.site
        row.customer = known.customer or (known.site.customer if known.site else None)
        if known.external_id == row.external_id and known.fingerprint == fingerprint(row.values):
            row.outcome, row.reason = RowOutcome.UNCHANGED, ""
            continue
        details = [["customer", str(row.customer)]]
        if known.external_id == row.external_id:
            columns = changed_columns(before.get(row.external_id, {}), row.values)
            details.append(["what", ", ".join(columns[:8])])
            code = "changed_since"
        else:
            details += [["was", known.external_id], ["now", row.external_id]]
            code = "renumbered"
        _hold(row, code, details)


def _last_values(rows: Sequence[ImportRow]) -> dict[str, dict[str, str]]:
    """What each of these ids said when it was last imported."""
    came = ImportRow.objects.filter(
        import_batch__system=SYSTEM,
        external_id__in=[row.external_id for row in rows],
        outcome__in=[RowOutcome.IMPORTED, RowOutcome.KEPT],
    )
    return dict(came.order_by("pk").values_list("external_id", "values"))


def _hold(row: ImportRow, code: str, details: list[list[str]]) -> None:
    kept = [problem for problem in row.problems if problem["code"] != code]
    row.problems = [*kept, {"severity": "hold", "field": "", "code": code, "details": details}]
    row.outcome = RowOutcome.HELD
    row.reason = _why(row)


# Running ---------------------------------------------------------------------------------------


@transaction.atomic
def start_import(batch_id: int) -> ImportBatch:
    """Bring in the rows that are ready, in the background. Starting an import that stalled continues it."""
    batch = _locked(batch_id)
    with _as_import(batch):
        if batch.state == ImportState.RUNNING:
            enqueue(run_import, tier="analytical", batch_id=batch.pk)
            return batch
        IMPORT_STATES.check(batch.state, ImportState.RUNNING)
        if batch.state == ImportState.ROLLED_BACK:
            again = batch.rows.filter(outcome=RowOutcome.TAKEN_BACK)
            update_with_history(again, outcome=RowOutcome.READY, reason="")
        if not batch.rows.filter(outcome=RowOutcome.READY).exists():
            raise NotPossible(_("No row of this file is ready to be imported."))
        batch.state = ImportState.RUNNING
        batch.save(update_fields=["state"])
        enqueue(run_import, tier="analytical", batch_id=batch.pk)
    return batch


def run_import(*, batch_id: int) -> None:
    """Bring in everything that is ready, some rows at a time. Safe to run twice and to be killed anywhere."""
    try:
        while True:
            try:
                if not import_next_rows(batch_id):
                    return
            except (DataError, IntegrityError, NotPossible):
                _import_one_by_one(batch_id)
    except Exception as broken:
        _fail(batch_id, type(broken).__name__)
        raise


@transaction.atomic
def import_next_rows(batch_id: int, *, limit: int = CHUNK) -> int:
    """Bring in the next rows that are ready, all or none of them; 0 when there are none or it was stopped."""
    batch = _locked(batch_id)
    if batch.state != ImportState.RUNNING:
        return 0
    with _as_import(batch):
        rows = list(_next_rows(batch)[:limit])
        if not rows:
            batch.state = ImportState.DONE
            batch.save(update_fields=["state"])
            return 0
        _bring_in(rows)
        update_each_with_history(rows, ["customer", "site", "outcome", "reason", "problems"])
    return len(rows)


def _next_rows(batch: ImportBatch) -> models.QuerySet[ImportRow]:
    """Customers in the file's order, then their jobs."""
    is_job = models.Case(models.When(label__contains=":", then=1), default=0)
    ready = batch.rows.filter(outcome=RowOutcome.READY)
    return ready.select_for_update(no_key=True).order_by(is_job, "line")


def _import_one_by_one(batch_id: int) -> None:
    """One of the next rows cannot be stored: find it, hold it, and bring in the others."""
    for _number in range(CHUNK):
        try:
            if not import_next_rows(batch_id, limit=1):
                return
        except (DataError, IntegrityError, NotPossible) as refused:
            _hold_next(batch_id, str(refused).splitlines()[0][:200])


@transaction.atomic
def _hold_next(batch_id: int, said: str) -> None:
    batch = _locked(batch_id)
    with _as_import(batch):
        row = _next_rows(batch).first()
        if row is not None:
            _hold(row, "refused", [["sentence", said]])
            row.save(update_fields=["problems", "outcome", "reason"])


@transaction.atomic
def _fail(batch_id: int, what: str) -> None:
    batch = _locked(batch_id)
    if batch.state != ImportState.RUNNING:
        return
    with _as_import(batch):
        batch.state = ImportState.FAILED
        batch.problem = _(
            "The import stopped (%(what)s). The rows that were brought in are kept; start it again to go on."
        ) % {"what": what}
        batch.save(update_fields=["state", "problem"])


@transaction.atomic
def resume_stalled_imports(*, now: datetime) -> int:
    """Queue again what has not moved for minutes, as after a lost worker; returns how many."""
    row_history = history_model(ImportRow)
    count = 0
    for batch in (
        ImportBatch.objects.select_for_update(no_key=True).filter(state=ImportState.RUNNING).order_by("pk")
    ):
        moves = [
            row_history._default_manager.filter(import_batch_id=batch.pk).aggregate(at=Max("history_date"))[
                "at"
            ],
            batch.history.aggregate(at=Max("history_date"))["at"],
        ]
        if max(filter(None, moves)) < now - STALLED_AFTER:
            with _as_import(batch):
                enqueue(run_import, tier="analytical", batch_id=batch.pk)
            count += 1
    return count


# One set of rows -------------------------------------------------------------------------------


class _Made:
    """The rows that a set of source rows turns into, collected for one insert a model."""

    def __init__(self) -> None:
        self.contacts: list[Contact] = []
        self.phones: list[PhoneNumber] = []
        self.emails: list[EmailAddress] = []
        self.sites: list[Site] = []
        self.notes: list[CustomerNote] = []
        self.ids: list[ExternalId] = []

    def insert(self) -> None:
        for objects in (self.contacts, self.phones, self.emails, self.sites, self.notes):
            insert_with_history(objects)
        insert_with_history(self.ids)


def _bring_in(rows: list[ImportRow]) -> None:
    """Turn ready rows into customers and sites; set on each row what became of it."""
    _recognise(rows)
    proposals = [
        (row, interpret(SourceRow(row.line, row.values))) for row in rows if row.outcome == RowOutcome.READY
    ]
    branch = default_branch()
    _bring_in_customers([(row, p) for row, p in proposals if not p.is_job], branch)
    _bring_in_jobs([(row, p) for row, p in proposals if p.is_job], branch)


def _bring_in_customers(proposals: list[tuple[ImportRow, Proposed]], branch: Branch) -> None:
    if not proposals:
        return
    usual_terms = the_company().default_terms
    customers = [
        _customer(number, proposed, branch, usual_terms)
        for number, (_row, proposed) in zip(take("customer", count=len(proposals)), proposals, strict=True)
    ]
    insert_with_history(customers)
    made = _Made()
    for customer, (row, proposed) in zip(customers, proposals, strict=True):
        _add_contact(made, customer, proposed)
        site = _site(customer, proposed, branch)
        if site is not None:
            made.sites.append(site)
        if proposed.customer and proposed.customer.notes:
            _add_note(made, customer, proposed.customer.notes)
        made.ids.append(_external_id(row, customer=customer))
        row.customer, row.site = customer, site
        row.outcome, row.reason = RowOutcome.IMPORTED, ""
    made.insert()


def _bring_in_jobs(proposals: list[tuple[ImportRow, Proposed]], branch: Branch) -> None:
    """A job is a further site of its customer; what it says beyond that is kept as a note or a number."""
    parents = {
        known.plain_name: known.customer
        for known in ExternalId.objects.filter(system=SYSTEM, customer__isnull=False)
        .annotate(plain_name=Lower("name"))
        .filter(plain_name__in=[proposed.parent_name.lower() for _row, proposed in proposals])
        .select_related("customer")
        .prefetch_related("customer__contacts__phones", "customer__notes")
    }
    made = _Made()
    for row, proposed in proposals:
        parent = parents.get(proposed.parent_name.lower())
        if parent is None:
            _hold(row, "parent_missing", [["parent", proposed.parent_name]])
            continue
        site = _site(parent, proposed, branch)
        if site is None:
            _hold(row, "job_without_address", [["job", proposed.source_name]])
            continue
        made.sites.append(site)
        _add_new_phones(made, parent, proposed)
        said = proposed.site.notes if proposed.site else ""
        if proposed.refuses_service and not parent.do_not_service:
            said = "\n".join(filter(None, (row.values.get("NOTEPAD", ""), said)))
        if said and said not in {note.body for note in parent.notes.all()}:
            _add_note(made, parent, f"{site.name}: {said}")
        made.ids.append(_external_id(row, site=site))
        row.customer, row.site = parent, site
        row.outcome, row.reason = RowOutcome.IMPORTED, ""
    made.insert()


def _customer(number: str, proposed: Proposed, branch: Branch, usual_terms: str) -> Customer:
    said = proposed.customer or ProposedCustomer("household", proposed.source_name)
    is_company = said.kind == "company"
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
        do_not_service=said.do_not_service,
        do_not_service_reason=said.do_not_service_reason,
    )


def _site(customer: Customer, proposed: Proposed, branch: Branch) -> Site | None:
    said = proposed.site
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


def _add_contact(made: _Made, customer: Customer, proposed: Proposed) -> None:
    said = proposed.contact
    if said is None and not proposed.phones:
        return
    contact = Contact(customer=customer, name=(said.name if said else "") or customer.name, is_primary=True)
    made.contacts.append(contact)
    for phone in proposed.phones:
        _add_phone(made, contact, phone)
    if said and said.email:
        made.emails.append(EmailAddress(contact=contact, address=said.email.lower(), is_primary=True))


def _add_phone(made: _Made, contact: Contact, phone: FoundPhone, label: str = "") -> None:
    if not phone.e164:
        text = _("Telephone as given: %(phone)s") % {"phone": phone.raw}
        _add_note(made, contact.customer, text)
        return
    is_first = phone.usable and not any(p.contact is contact and p.is_primary for p in made.phones)
    made.phones.append(
        PhoneNumber(
            contact=contact,
            e164=phone.e164,
            extension=phone.extension[:8],
            digits=search_digits(phone.e164),
            label=(phone.label or label)[:20],
            as_given=phone.raw[:60],
            doubt=doubt(phone.flag),
            is_primary=is_first and contact.pk is None,
        )
    )


def _add_new_phones(made: _Made, customer: Customer, proposed: Proposed) -> None:
    """The numbers of a job row that its customer does not have yet."""
    contacts = list(customer.contacts.all())
    have = {phone.e164 for contact in contacts for phone in contact.phones.all()}
    have |= {phone.e164 for phone in made.phones if phone.contact in contacts}
    new = [phone for phone in proposed.phones if phone.e164 and phone.e164 not in have]
    if new and not contacts:
        contacts = [Contact(customer=customer, name=customer.name, is_primary=True)]
        made.contacts.append(contacts[0])
    for phone in new:
        _add_phone(made, contacts[0], phone, label=proposed.site.label if proposed.site else "")


def _add_note(made: _Made, customer: Customer, body: str) -> None:
    made.notes.append(CustomerNote(customer=customer, body=body, author_name="QuickBooks"))


def _external_id(row: ImportRow, *, customer: Customer | None = None, site: Site | None = None) -> ExternalId:
    return ExternalId(
        system=SYSTEM,
        external_id=row.external_id,
        name=row.label,
        customer=customer,
        site=site,
        fingerprint=fingerprint(row.values),
    )


# A person's decisions --------------------------------------------------------------------------


def why_not_release(row: ImportRow) -> str | None:
    """Why a held row cannot be imported as it is, or nothing where a person may say so."""
    if row.outcome != RowOutcome.HELD:
        return _("Only a held row can be decided.")
    stops = {problem["code"] for problem in row.problems if problem["severity"] == "hold"}
    if stops - DECIDABLE:
        return row.reason
    return None


@transaction.atomic
def release_row(row_id: int) -> ImportRow:
    """A person looked: import the held row all the same, with the next start."""
    row = (
        ImportRow.objects.select_for_update(no_key=True, of=("self",))
        .select_related("import_batch")
        .get(pk=row_id)
    )
    if refusal_sentence := why_not_release(row):
        raise NotPossible(refusal_sentence)
    row.problems = [
        {**problem, "severity": "warn" if problem["severity"] == "hold" else problem["severity"]}
        for problem in row.problems
    ]
    row.outcome, row.reason = RowOutcome.READY, ""
    with _as_import(row.import_batch):
        row.save(update_fields=["problems", "outcome", "reason"])
    return row


@transaction.atomic
def skip_row(row_id: int, *, because: str) -> ImportRow:
    """A person looked: leave the row out, for the reason given."""
    row = (
        ImportRow.objects.select_for_update(no_key=True, of=("self",))
        .select_related("import_batch")
        .get(pk=row_id)
    )
    if row.outcome not in {RowOutcome.HELD, RowOutcome.READY}:
        raise NotPossible(_("Only a row that waits can be left out."))
    row.outcome = RowOutcome.SKIPPED
    row.reason = because or _("Left out by %(who)s.") % {"who": current().actor_name or _("a person")}
    with _as_import(row.import_batch):
        row.save(update_fields=["outcome", "reason"])
    return row


# Taking back -----------------------------------------------------------------------------------


@transaction.atomic
def take_back_import(batch_id: int) -> ImportBatch:
    """Delete what the import made, except where somebody has since changed it or hung something on it.

    What is kept is listed on its row with the reason; everything else is as if the file had never come.
    """
    batch = _locked(batch_id)
    IMPORT_STATES.check(batch.state, ImportState.ROLLED_BACK)
    with _as_import(batch, _("Import of %(file)s taken back") % {"file": batch.file_name}):
        made = {model: _made_by(batch, model) for model in _MADE}
        # A full lock: nobody can hang anything new on these rows until we are through.
        list(
            Customer.objects.select_for_update()
            .filter(pk__in=made[Customer])
            .order_by("pk")
            .values_list("pk")
        )
        list(Site.objects.select_for_update().filter(pk__in=made[Site]).order_by("pk").values_list("pk"))
        kept_customers, kept_sites = _to_keep(batch, made)
        _delete(made, kept_customers, kept_sites)
        rows = list(batch.rows.filter(outcome=RowOutcome.IMPORTED).order_by("line"))
        for row in rows:
            is_job = ":" in row.label
            reasons = kept_sites.get(row.site_id or 0) if is_job else kept_customers.get(row.customer_id or 0)
            if reasons:
                row.outcome, row.reason = RowOutcome.KEPT, " ".join(dict.fromkeys(reasons))
            else:
                row.outcome, row.customer, row.site = RowOutcome.TAKEN_BACK, None, None
        update_each_with_history(rows, ["outcome", "reason", "customer", "site"])
        batch.state = ImportState.ROLLED_BACK
        batch.save(update_fields=["state"])
    return batch


Reasons = dict[int, list[str]]


def _made_by(batch: ImportBatch, model: type[models.Model]) -> set[int]:
    """The rows of a model that this import made and that are still there."""
    past = history_model(model)._default_manager.filter(batch=batch.uuid, history_type="+")
    keys = past.values_list("id", flat=True)
    return set(model._base_manager.filter(pk__in=list(keys)).values_list("pk", flat=True))


def _to_keep(batch: ImportBatch, made: dict[type[models.Model], set[int]]) -> tuple[Reasons, Reasons]:
    """Which customers and sites stay, and why."""
    sites: Reasons = defaultdict(list)
    customers: Reasons = defaultdict(list)
    for model, target in ((Site, sites), (Customer, customers)):
        for key, reason in (*_changed(batch, model, made[model]), *_hanging(model, made)):
            target[key].append(reason)
    owner_of: dict[type[models.Model], str] = {
        Contact: "customer_id",
        CustomerNote: "customer_id",
        PhoneNumber: "contact__customer_id",
        EmailAddress: "contact__customer_id",
    }
    for part, path in owner_of.items():
        owners = dict(part._base_manager.filter(pk__in=made[part]).values_list("pk", path))
        for key, reason in (*_changed(batch, part, made[part]), *_hanging(part, made)):
            if owners[key] in made[Customer]:
                customers[owners[key]].append(reason)
    jobs = set(
        ExternalId.objects.filter(pk__in=made[ExternalId], site__isnull=False).values_list(
            "site_id", flat=True
        )
    )
    for site_id, customer_id in Site.objects.filter(pk__in=made[Site]).values_list("pk", "customer_id"):
        if site_id in sites and customer_id in made[Customer]:
            customers[customer_id] += sites[site_id]
    for site_id, customer_id in Site.objects.filter(pk__in=made[Site]).values_list("pk", "customer_id"):
        if customer_id in customers and site_id not in jobs:
            sites[site_id] += customers[customer_id]
    return dict(customers), dict(sites)


def _changed(batch: ImportBatch, model: type[models.Model], keys: set[int]) -> Iterable[tuple[int, str]]:
    """Rows that something else than this import has changed since."""
    past = history_model(model)._default_manager.filter(id__in=keys).exclude(batch=batch.uuid)
    for key, who in past.order_by("id", "history_date").values_list("id", "actor_name"):
        yield key, _("Changed since by %(who)s.") % {"who": who or _("the system")}


def _hanging(
    model: type[models.Model], made: dict[type[models.Model], set[int]]
) -> Iterable[tuple[int, str]]:
    """Rows that something which this import did not make refers to, whichever app it belongs to."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        other: Any = relation.related_model
        if issubclass(other, AttributedRow) or other is ImportRow:
            continue
        column = relation.field.attname  # type: ignore[union-attr]
        theirs = other._base_manager.filter(**{f"{column}__in": made[model]}).exclude(
            pk__in=made.get(other, ())
        )
        for key, count in theirs.order_by().values_list(column).annotate(Count("pk")):
            words = {"count": count, "one": other._meta.verbose_name, "many": other._meta.verbose_name_plural}
            yield (
                key,
                ngettext("%(count)d %(one)s depends on it.", "%(count)d %(many)s depend on it.", count)
                % words,
            )


def _delete(made: dict[type[models.Model], set[int]], customers: Reasons, sites: Reasons) -> None:
    """Delete what nobody keeps, those that hang on others first, and narrow `made` to what was deleted."""
    contact_owner = Q(contact__customer_id__in=customers)
    kept: dict[type[models.Model], Q] = {
        ExternalId: Q(customer_id__in=customers) | Q(site_id__in=sites),
        CustomerNote: Q(customer_id__in=customers),
        EmailAddress: contact_owner,
        PhoneNumber: contact_owner,
        Contact: Q(customer_id__in=customers),
        Site: Q(pk__in=sites),
        Customer: Q(pk__in=customers),
    }
    for model in _MADE:
        leave = set(model._base_manager.filter(kept[model], pk__in=made[model]).values_list("pk", flat=True))
        made[model] -= leave
    # Rows of this and later imports that point at what goes.
    update_with_history(ImportRow.objects.filter(customer__in=made[Customer]), customer=None)
    update_with_history(ImportRow.objects.filter(site__in=made[Site]), site=None)
    for model in _MADE:
        delete_with_history(model._base_manager.filter(pk__in=made[model]))


# Shared ----------------------------------------------------------------------------------------


def _locked(batch_id: int) -> ImportBatch:
    """The batch, locked, and with it every running import from the same system: their rows take turns."""
    batches = ImportBatch.objects.select_for_update(no_key=True).filter(
        Q(pk=batch_id) | Q(system=SYSTEM, state=ImportState.RUNNING)
    )
    return next(batch for batch in batches.order_by("pk") if batch.pk == batch_id)


def _as_import(batch: ImportBatch, reason: str = "") -> AbstractContextManager[Attribution]:
    said = reason or _("Import of %(file)s") % {"file": batch.file_name}
    return attributed(source="import", batch=batch.uuid, reason=said)
