"""Bringing people in, and back in: invitations, and links for a new password."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from .actions import add_person, change_person
from .attribution import attributed, because
from .clock import now as clock_now
from .events import PersonChanged, announce
from .links import MadeLink, is_in_force, make_link, withdraw_links_of
from .lockouts import unlock_person
from .models import Invitation, LinkKind, User
from .outbox import post
from .permissions import refuse_above
from .references import Reference, refers
from .sign_ins import end_sign_ins
from .states import NotPossible
from .tokens import digest_of

refers("person", User, url=lambda row: reverse("fsm:edit-person", args=[row.uuid]))
INVITATION_LIVES = timedelta(days=7)
HANDED_OVER_LIVES = timedelta(days=1)
RESET_LIVES = timedelta(hours=1)


@transaction.atomic
def invite_person(
    *,
    by: User,
    name: str,
    email: str,
    role: str,
    now: datetime,
    site: str,
    branch_ids: Iterable[int] = (),
    **fields: Any,
) -> MadeLink:
    """A person without a password yet, and an e-mail with a link by which they choose one."""
    username = email.lower()
    if len(username) > 60:
        username = username.partition("@")[0][:60]
    if User.objects.filter(username=username).exists():
        raise NotPossible(
            _("Somebody with this address is here already. Look for them in the list of people."),
            field="email",
        )
    user = add_person(
        by=by,
        username=username,
        name=name,
        role=role,
        password=None,
        branch_ids=branch_ids,
        email=email,
        **fields,
    )
    return _send(make_link(user, LinkKind.INVITATION, now=now, lives=INVITATION_LIVES), site)


@transaction.atomic
def invite_again(user_id: int, *, by: User, now: datetime, site: str) -> MadeLink:
    """A new invitation for somebody who has not joined yet; the earlier link ends."""
    user = _person(user_id, by)
    if user.has_joined:
        raise NotPossible(_("%(name)s has joined already and has a password.") % {"name": user})
    return _send(make_link(user, LinkKind.INVITATION, now=now, lives=INVITATION_LIVES), site)


@transaction.atomic
def withdraw_invitation(user_id: int, *, by: User) -> User:
    """Take an invitation back: the link ends, and the person is not active."""
    user: User = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.has_joined:
        raise NotPossible(_("%(name)s has joined already. Deactivate them instead.") % {"name": user})
    with because(_("invitation withdrawn")):
        return change_person(user_id, by=by, is_active=False)


@transaction.atomic
def hand_over_link(user_id: int, *, by: User, now: datetime) -> MadeLink:
    """A link to a new password for somebody, to be handed over by whoever asked for it."""
    user = _person(user_id, by)
    if not user.has_joined:
        return make_link(user, LinkKind.INVITATION, now=now, lives=INVITATION_LIVES)
    return make_link(user, LinkKind.PASSWORD, now=now, lives=HANDED_OVER_LIVES)


@transaction.atomic
def offer_reset(*, email: str, site: str) -> None:
    """Send a link to everybody with the address, if there is anybody. Run later: whoever asks waits the same
    time for every address.
    """
    now = clock_now()
    found = User.objects.active().filter(email__iexact=email).order_by("pk")
    for user in found.select_for_update(no_key=True):
        kind = LinkKind.PASSWORD if user.has_joined else LinkKind.INVITATION
        with attributed(actor_name=user.name, reason=_("forgot the password")):
            _send(make_link(user, kind, now=now, lives=RESET_LIVES), site)


@transaction.atomic
def use_link(secret: str, *, password: str, now: datetime, name: str = "", username: str = "") -> User:
    """Set the password, and for an invitation the names, of whoever the link was made for. It serves once."""
    user_id = Invitation.objects.values_list("user_id", flat=True).filter(digest=digest_of(secret)).first()
    if user_id is None:
        raise _dead()
    user: User = User.objects.select_for_update(no_key=True).get(pk=user_id)
    link = Invitation.objects.select_for_update(no_key=True, of=("self",)).get(digest=digest_of(secret))
    link.user = user
    if not is_in_force(link, now):
        raise _dead()
    with attributed(user=user):
        link.used_at = now
        link.save(update_fields=["used_at"])
        withdraw_links_of(user.pk, now=now)
        user.set_password(password)
        if link.kind == LinkKind.INVITATION:
            _name(user, name=name, username=username)
        reason = _("joined") if link.kind == LinkKind.INVITATION else _("new password")
        with because(reason):
            user.save(update_fields=["password", "name", "username"])
        end_sign_ins(user.pk, now=now)
        unlock_person(user.pk)
        announce(PersonChanged(user_id=user.pk))
    return user


def standing_link(user: User) -> Invitation | None:
    """The link that the person was last given, unless it was used or withdrawn."""
    links = Invitation.objects.filter(user=user, used_at__isnull=True, withdrawn_at__isnull=True)
    return links.order_by("-pk").first()


def _person(user_id: int, by: User) -> User:
    user: User = User.objects.select_for_update(no_key=True).get(pk=user_id)
    refuse_above(by, user.role)
    if not user.is_active:
        raise NotPossible(_("%(name)s is not active. Reactivate them first.") % {"name": user})
    return user


def _name(user: User, *, name: str, username: str) -> None:
    user.name = name.strip() or user.name
    wanted = username.strip().lower() or user.username
    if User.objects.filter(username=wanted).exclude(pk=user.pk).exists():
        raise NotPossible(
            _("Somebody already signs in as %(name)s. Choose another user name.") % {"name": wanted},
            field="username",
        )
    user.username = wanted


def _send(link: MadeLink, site: str) -> MadeLink:
    """Ask for the e-mail. The outbox says which link; what stands in it is worked out when it leaves."""
    if link.invitation.user.email:
        about = Reference("person", link.invitation.user.uuid)
        post("person_email", about=about, payload={"link": str(link.invitation.uuid), "site": site})
    return link


def _dead() -> NotPossible:
    return NotPossible(
        _("This link has been used or is too old. Ask whoever manages people in your company for another.")
    )
