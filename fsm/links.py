"""Links that let somebody in once: what stands in them is worked out from the house's secret, and only its
digest is kept.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils.crypto import salted_hmac

from .models import Invitation, LinkKind, User
from .tokens import digest_of


@dataclass(frozen=True)
class MadeLink:
    """A new link with its secret, which nobody can read again."""

    invitation: Invitation
    secret: str


def secret_of(invitation: Invitation) -> str:
    """What stands in the link; while the house keeps its secret, that is the same every time."""
    made = salted_hmac("fsm.invitation", str(invitation.uuid), algorithm="sha256")
    return urlsafe_b64encode(made.digest()).decode().rstrip("=")


@transaction.atomic
def make_link(user: User, kind: LinkKind, *, now: datetime, lives: timedelta) -> MadeLink:
    """A link for a person whose row the caller has locked; the one they had ends."""
    withdraw_links_of(user.pk, now=now)
    invitation = Invitation(uuid=uuid4(), user=user, kind=kind, made_at=now, expires_at=now + lives)
    secret = secret_of(invitation)
    invitation.digest = digest_of(secret)
    invitation.save()
    return MadeLink(invitation, secret)


@transaction.atomic
def withdraw_links_of(user_id: int, *, now: datetime) -> int:
    """End every link of a person that was not used; returns how many there were."""
    standing = Invitation.objects.select_for_update(no_key=True).filter(
        user_id=user_id, used_at__isnull=True, withdrawn_at__isnull=True
    )
    links = list(standing.order_by("pk"))
    for link in links:
        link.withdrawn_at = now
        link.save(update_fields=["withdrawn_at"])
    return len(links)


def link_behind(secret: str, *, now: datetime) -> Invitation | None:
    """The link in force with this secret, with its person; None for any other text."""
    if not secret.isascii():
        return None
    link = Invitation.objects.select_related("user").filter(digest=digest_of(secret)).first()
    return link if link is not None and is_in_force(link, now) else None


def is_in_force(link: Invitation, now: datetime) -> bool:
    """Not used, not withdrawn, not too old, and its person may sign in."""
    return (
        link.used_at is None and link.withdrawn_at is None and now < link.expires_at and link.user.is_active
    )
