"""The papers an owner is handed upon conclusion of a service, and that they were handed over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid5

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from customers.actions import queue_message
from customers.models import Channel, Customer, EmailAddress
from fsm.company import the_company
from fsm.references import Reference
from fsm.states import NotPossible

from ..models import CaseEvent, Circuit, ComplianceDocument, RefrigerantRecord
from ..papers import paper_pdf
from ..papers.service import OF_EVENTS, kinds_of, service_paper


def calls_for_papers(works: Sequence[Reference]) -> bool:
    """Whether anything was done in this work that the owner is handed a paper about."""
    done = _done_in(works)
    return (
        RefrigerantRecord.objects.filter(done, voided_at=None).exists()
        or CaseEvent.objects.filter(done, voided_at=None, kind__in=OF_EVENTS).exists()
    )


def _done_in(works: Sequence[Reference]) -> Q:
    found = Q(pk__in=[])
    for work in works:
        found |= Q(work_kind=work.kind, work_uuid=work.uuid)
    return found


@transaction.atomic
def make_service_documents(work: Reference, *, now: datetime) -> list[ComplianceDocument]:
    """The papers about this work, one for each circuit and kind, in the language of the customer; those that
    were made before stay as they were handed over.
    """
    records = list(
        RefrigerantRecord.objects.in_force()
        .filter(work_kind=work.kind, work_uuid=work.uuid)
        .select_related("refrigerant", "certificate")
        .order_by("happened_at", "pk")
    )
    events = list(
        CaseEvent.objects.filter(work_kind=work.kind, work_uuid=work.uuid, voided_at=None)
        .select_related("case", "certificate")
        .order_by("happened_on", "pk")
    )
    keys = {row.circuit_id for row in records} | {row.case.circuit_id for row in events}
    circuits = (
        Circuit.objects.select_for_update(no_key=True, of=("self",))
        .select_related("unit__site__customer", "unit__maker", "refrigerant")
        .filter(pk__in=keys)
        .order_by("pk")
    )
    made = []
    for circuit in circuits:
        its_records = [row for row in records if row.circuit_id == circuit.pk]
        its_events = [row for row in events if row.case.circuit_id == circuit.pk]
        standing = {row.kind: row for row in circuit.documents.filter(work_uuid=work.uuid)}
        for kind in kinds_of(its_records, its_events):
            made.append(standing.get(kind) or _make(circuit, kind, work, its_records, its_events, now=now))
    return made


def _make(
    circuit: Circuit,
    kind: str,
    work: Reference,
    records: Sequence[RefrigerantRecord],
    events: Sequence[CaseEvent],
    *,
    now: datetime,
) -> ComplianceDocument:
    unique = uuid5(work.uuid, f"{circuit.uuid}:{kind}")
    number = f"{now:%Y%m%d}-{unique.hex[:6].upper()}"
    with override(circuit.unit.site.customer.language):
        content = paper_pdf(
            service_paper(kind, circuit, number=number, records=records, events=events, now=now)
        )
    row = ComplianceDocument(
        uuid=unique,
        circuit=circuit,
        kind=kind,
        number=number,
        sha256=hashlib.sha256(content).hexdigest(),
        made_at=now,
        work_kind=work.kind,
        work_uuid=work.uuid,
    )
    row.file.save(f"{unique.hex}.pdf", ContentFile(content), save=False)
    row.save(force_insert=True)
    return row


@transaction.atomic
def hand_over_documents(
    works: Sequence[Reference], *, customer_id: int, about: Reference, job: str, now: datetime
) -> list[ComplianceDocument]:
    """Make the papers about these works and e-mail those that were not sent yet, all in one message.

    Without an address, or where the customer wants no e-mail, they are kept unsent; the circuit's page says
    so.
    """
    papers = [paper for work in works for paper in make_service_documents(work, now=now)]
    unsent = [paper for paper in papers if paper.sent_at is None]
    customer = Customer.objects.get(pk=customer_id)
    to = _address_of(customer)
    if unsent and to:
        try:
            with transaction.atomic():
                _send(unsent, customer, to=to, about=about, job=job, now=now)
        except NotPossible:  # they wrote that they want no e-mail: what stands unsent is handed over on paper
            return papers
    return papers


@transaction.atomic
def send_document(document_id: int, *, to: str, now: datetime) -> ComplianceDocument:
    """E-mail one paper by hand, to any address that did not ask us to stop."""
    row = ComplianceDocument.objects.select_for_update(no_key=True).get(pk=document_id)
    customer = row.circuit.unit.site.customer
    about = Reference(row.work_kind, row.work_uuid) if row.work_kind and row.work_uuid else None
    _send([row], customer, to=to, about=about, job="", now=now)
    return row


def _address_of(customer: Customer) -> str | None:
    """The first address of the first to call."""
    addresses = EmailAddress.objects.filter(contact__customer=customer, contact__is_active=True)
    found = addresses.order_by("-contact__is_primary", "-is_primary", "pk")
    return found.values_list("address", flat=True).first()


def _send(
    rows: Sequence[ComplianceDocument],
    customer: Customer,
    *,
    to: str,
    about: Reference | None,
    job: str,
    now: datetime,
) -> None:
    company = the_company()
    with override(customer.language):
        subject = _("Refrigerant service documents, job %(job)s") % {"job": job}
        body = _(
            "Dear %(name)s,\n\nattached are the refrigerant service documents that you, as owner or operator"
            " of the equipment, are to keep for at least three years (40 CFR 82.157(b) and (l), 84.106(b) and"
            " (l)):\n\n%(papers)s\n\n%(company)s\n%(phone)s"
        ) % {
            "name": customer.name,
            "papers": "\n".join(f"- {row.get_kind_display()} {row.number}" for row in rows),
            "company": company.name,
            "phone": company.phone,
        }
        attachments = [
            {"name": f"{row.get_kind_display()} {row.number}.pdf", "path": str(row.file.name)} for row in rows
        ]
        subject = subject if job else f"{rows[0].get_kind_display()} {rows[0].number}"
    queue_message(
        customer_id=customer.pk,
        channel=Channel.EMAIL,
        to=to,
        subject=subject,
        body=body,
        template="service_documents",
        about=about,
        attachments=attachments,  # type: ignore[arg-type]
        uuid=uuid5(rows[0].uuid, f"{to}:{now.isoformat()}:{len(rows)}"),
        now=now,
    )
    for row in rows:
        row.sent_to, row.sent_at = to, now
        row.save(update_fields=["sent_to", "sent_at"])
