"""Where people are signed in: listed for them, seen at most hourly, ended by deleting the session behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .attribution import because
from .models import SignIn, User
from .permissions import refuse_above

SEEN_EVERY = timedelta(hours=1)
KEPT = timedelta(days=90)


def note_sign_in(
    user_id: int, *, session_key: str, device: str, address: str | None, now: datetime
) -> SignIn:
    """Remember that somebody signed in."""
    return SignIn.objects.create(
        user_id=user_id,
        session_key=session_key,
        device=device[:200],
        address=address,
        started_at=now,
        seen_at=now,
    )


def note_seen(unique: UUID, *, session_key: str, address: str | None, now: datetime) -> None:
    """Remember that a session is in use; its key may have changed since."""
    SignIn.objects.filter(uuid=unique, ended_at__isnull=True).update(
        seen_at=now, session_key=session_key, address=address
    )


@transaction.atomic
def note_sign_out(unique: UUID, *, now: datetime) -> None:
    """Remember that somebody signed out by themselves."""
    SignIn.objects.filter(uuid=unique, ended_at__isnull=True).update(ended_at=now)


@transaction.atomic
def end_sign_in(sign_in_id: int, *, by: User, now: datetime) -> SignIn:
    """End a session at once, and say so in the history of its person; ending it again changes nothing."""
    user_id = SignIn.objects.values_list("user_id", flat=True).get(pk=sign_in_id)
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if user.pk != by.pk:
        refuse_above(by, user.role)
    sign_in = SignIn.objects.select_for_update(no_key=True).get(pk=sign_in_id)
    if sign_in.ended_at is None:
        _end([sign_in], now)
        _say(user_id, _("signed out: %(device)s") % {"device": sign_in})
    return sign_in


@transaction.atomic
def end_sign_ins(user_id: int, *, now: datetime, keep: UUID | None = None) -> int:
    """End every session of a person but the one to keep; returns how many there were."""
    User.objects.select_for_update(no_key=True).get(pk=user_id)
    standing = SignIn.objects.select_for_update(no_key=True).filter(user_id=user_id, ended_at__isnull=True)
    ended = [sign_in for sign_in in standing.order_by("pk") if sign_in.uuid != keep]
    if ended:
        _end(ended, now)
        words = ngettext("signed out on one device", "signed out on %(n)s devices", len(ended))
        _say(user_id, words % {"n": len(ended)})
    return len(ended)


def forget_old_sign_ins(now: datetime) -> None:
    """Forget sessions that nobody has used for long."""
    SignIn.objects.filter(seen_at__lt=now - KEPT).delete()


def _end(sign_ins: list[SignIn], now: datetime) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for sign_in in sign_ins:
        store(sign_in.session_key).delete()
        sign_in.ended_at = now
        sign_in.save(update_fields=["ended_at"])


def _say(user_id: int, reason: str) -> None:
    """A version of the person that changes nothing and says what was done."""
    user = User.objects.get(pk=user_id)
    with because(reason):
        user.save(update_fields=["is_active"])
