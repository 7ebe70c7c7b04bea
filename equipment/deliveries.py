"""What equipment writes to the office."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fsm.company import the_company
from fsm.exchanges import current_exchange
from fsm.models import OutboxRow, User
from fsm.outbox import delivers
from fsm.permissions import Role

from .models import Warranty


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
