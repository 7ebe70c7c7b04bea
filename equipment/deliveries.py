"""What equipment writes to the office."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fsm.company import the_company
from fsm.exchanges import current_exchange
from fsm.models import OutboxRow, User
from fsm.outbox import delivers
from fsm.permissions import Role

from .models import ChronicLeaker, LeakCase, Warranty


def office_addresses() -> list[str]:
    """Where the office reads: the company's address, else its owners'."""
    company = the_company()
    if company.email:
        return [company.email]
    owners = User.objects.filter(role=Role.OWNER, is_active=True).exclude(email="")
    return list(owners.order_by("pk").values_list("email", flat=True))


@delivers("warranty_email")
def deliver_warranty_email(row: OutboxRow) -> str:
    """Tell the office which warranties must be registered by when; those done meanwhile are left out."""
    waiting = (
        Warranty.objects.filter(uuid__in=row.payload["warranties"], registered_on=None, ended_on=None)
        .select_related("unit__site__customer")
        .order_by("registration_deadline", "pk")
    )
    lines = [
        f"- {date_format(one.registration_deadline)}: {one.unit} {one.unit.serial}, {one}, "
        f"{one.unit.site.customer.name}, {one.unit.site.one_line}"
        for one in waiting
        if one.registration_deadline
    ]
    to = office_addresses()
    if not lines or not to:
        current_exchange().sent(not_sent="registered meanwhile, or nobody to write to")
        return ""
    message_id = f"<{row.uuid}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"
    subject = _("Warranties to register: %(n)d") % {"n": len(lines)}
    body = _(
        "These warranties last longer if they are registered with their maker in time:\n\n%(list)s\n\n"
        "Once registered, enter the confirmation number on the page “Warranties to register”.\n"
    ) % {"list": "\n".join(lines)}
    current_exchange().sent(to=", ".join(to), subject=subject, message_id=message_id)
    EmailMessage(subject=subject, body=body, to=to, headers={"Message-ID": message_id}).send(
        fail_silently=False
    )
    return message_id


@delivers("compliance_email")
def deliver_compliance_email(row: OutboxRow) -> str:
    """Tell an owner or manager which compliance deadlines are near or overdue; what was done meanwhile is
    left out.
    """
    person = User.objects.get(pk=row.payload["person"])
    said_of = row.payload
    cases = LeakCase.objects.filter(uuid__in=[*said_of["leak_case"], *said_of["leak_inspection"]])
    reports = ChronicLeaker.objects.filter(
        circuit__uuid__in=said_of["chronic_leaker"], reported_on=None, withdrawn_at=None
    )
    of = "circuit__unit__site__customer"
    with translation.override(person.language):
        lines = [
            f"- {date_format(due)}: {what}, {_of(one)}"
            for one in cases.select_related(of, "circuit__refrigerant").order_by("next_due_on", "pk")
            for due, what in (
                (one.next_due_on, _("leak case of %(day)s") % {"day": date_format(one.opened_on)}),
                (one.next_inspection_on, _("leak inspection")),
            )
            if due is not None
        ]
        lines += [
            f"- {date_format(one.due_on)}: "
            + _("report to EPA for %(year)s") % {"year": one.year}
            + f", {_of(one)}"
            for one in reports.select_related(of, "circuit__refrigerant")
        ]
        subject = _("Refrigerant deadlines: %(n)d") % {"n": len(lines)}
        body = _(
            "Hello %(name)s,\n\nthese deadlines of 40 CFR 82.157 and 84.106 are near or past:\n\n%(list)s\n\n"
            "What was done meanwhile is noted on the page Compliance. The owner or operator of the equipment"
            " makes the final determination.\n"
        ) % {"name": person.name, "list": "\n".join(lines)}
    if not (lines and person.is_active and person.email):
        current_exchange().sent(not_sent="done meanwhile, or nobody to write to")
        return ""
    message_id = f"<{row.uuid}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"
    current_exchange().sent(to=person.email, subject=subject, message_id=message_id)
    EmailMessage(subject=subject, body=body, to=[person.email], headers={"Message-ID": message_id}).send(
        fail_silently=False
    )
    return message_id


def _of(row: LeakCase | ChronicLeaker) -> str:
    unit = row.circuit.unit
    return f"{unit} ({row.circuit.refrigerant}), {unit.site.customer.name}, {unit.site.one_line}"
