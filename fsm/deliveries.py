"""How the kernel's own e-mail leaves the house: links for people who sign in."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .clock import local
from .clock import now as clock_now
from .company import the_company
from .exchanges import current_exchange
from .links import is_in_force, secret_of
from .models import Invitation, LinkKind, OutboxRow, Review, User
from .outbox import delivers
from .tokens import digest_of


@delivers("person_email")
def deliver_person_email(row: OutboxRow) -> str:
    """Send the link that the row names, if it is still good for anything."""
    link = Invitation.objects.select_related("user").get(uuid=row.payload["link"])
    if not is_in_force(link, clock_now()):
        current_exchange().sent(not_sent="the link was used, withdrawn or too old")
        return ""
    secret = secret_of(link)
    if digest_of(secret) != link.digest:
        raise ValueError("The link was made with another SECRET_KEY. Send it again from the person's page.")
    message_id = f"<{row.uuid}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"
    company = the_company()
    with translation.override(link.user.language):
        subject, body = _words(link, f"{row.payload['site']}{reverse('fsm:use-link', args=[secret])}")
    current_exchange().sent(to=link.user.email, subject=subject, message_id=message_id)
    EmailMessage(
        subject=subject,
        body=body,
        to=[link.user.email],
        reply_to=[company.email] if company.email else None,
        headers={"Message-ID": message_id},
    ).send(fail_silently=False)
    return message_id


@delivers("steward_email")
def deliver_steward_email(row: OutboxRow) -> str:
    """Tell a data steward which proposals nobody decided in time; those decided meanwhile are left out."""
    person = User.objects.get(pk=row.payload["person"])
    late = list(Review.objects.waiting().filter(uuid__in=row.payload["reviews"]).order_by("limit_at"))
    if not (person.is_active and person.email and late):
        current_exchange().sent(not_sent="decided meanwhile, or nobody to write to")
        return ""
    message_id = f"<{row.uuid}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].rstrip('>')}>"
    zone = the_company().time_zone
    with translation.override(person.language):
        lines = [
            f"- {review.title} ({review.subject_label}), "
            + _("until %(at)s") % {"at": date_format(local(review.limit_at, zone), "M j, P")}
            for review in late
        ]
        subject = _("Waiting past its limit: %(n)d proposals") % {"n": len(late)}
        body = _(
            "Hello %(name)s,\n\nnobody has decided these in time:\n\n%(list)s\n\n"
            "What stands stays as it is until somebody does, on the page Reviews.\n"
        ) % {"name": person.name, "list": "\n".join(lines)}
    current_exchange().sent(to=person.email, subject=subject, message_id=message_id)
    EmailMessage(subject=subject, body=body, to=[person.email], headers={"Message-ID": message_id}).send(
        fail_silently=False
    )
    return message_id


def _words(link: Invitation, address: str) -> tuple[str, str]:
    company = the_company()
    facts = {
        "name": link.user.name,
        "username": link.user.username,
        "company": company.name,
        "address": address,
        "until": date_format(local(link.expires_at, company.time_zone), "l, F j, P"),
    }
    if link.kind == LinkKind.INVITATION:
        subject = _("Your log-in at %(company)s")
        body = _(
            "Hello %(name)s,\n\n%(company)s has invited you to Sightglass, where its jobs, visits and"
            " invoices are. Choose your password here:\n\n%(address)s\n\nThe link is good until"
            " %(until)s, and only once. If you did not expect it, do nothing.\n"
        )
    else:
        subject = _("A new password at %(company)s")
        body = _(
            "Hello %(name)s,\n\nsomebody, probably you, asked for a new password for the user name"
            " %(username)s at %(company)s. Choose it here:\n\n%(address)s\n\nThe link is good until"
            " %(until)s, and only once. If it was not you, do nothing: your password stays as it is.\n"
        )
    return subject % facts, body % facts
