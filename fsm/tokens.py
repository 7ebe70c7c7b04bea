"""Keys for programs: made once, shown once, kept as a digest, narrower than the person they act as."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from .models import ApiToken, User
from .permissions import ROLES, May, allowed
from .states import NotPossible

BEGINS = "sg_"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LENGTH = 43  # letters after the beginning: 256 bits
SHOWN = 8  # characters by which a person recognises a token
READ = "read"  # the scope that stands for everything the role may see
MOST_TOKENS = 50
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class MadeToken:
    """A new token with its secret, which nobody can read again."""

    token: ApiToken
    secret: str


@transaction.atomic
def make_token(
    *, user_id: int, name: str, scopes: Iterable[str], now: datetime, expires_at: datetime | None = None
) -> MadeToken:
    """A key that acts as the person within scopes of their role; the secret is in the answer only."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    wanted = list(dict.fromkeys(scopes))
    if not name.strip():
        raise NotPossible(_("Give the token a name, so that it is known later."), field="name")
    if not wanted:
        raise NotPossible(_("Choose at least one thing that the token may do."), field="scopes")
    if unknown := set(wanted) - {READ} - {capability.key for capability in ROLES.get(user.role, ())}:
        raise NotPossible(
            _("Your role does not hold: %(scopes)s.") % {"scopes": ", ".join(sorted(unknown))}, field="scopes"
        )
    if expires_at is not None and expires_at <= now:
        raise NotPossible(_("Choose a day that is still to come."), field="expires_on")
    standing = ApiToken.objects.filter(user=user, revoked_at__isnull=True)
    if standing.count() >= MOST_TOKENS:
        raise NotPossible(_("You have %(n)s tokens already. Revoke one first.") % {"n": MOST_TOKENS})
    secret = BEGINS + "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))
    token = ApiToken.objects.create(
        user=user,
        name=name.strip()[:60],
        prefix=secret[:SHOWN],
        digest=digest_of(secret),
        scopes=wanted,
        created_at=now,
        expires_at=expires_at,
    )
    return MadeToken(token, secret)


@transaction.atomic
def revoke_token(token_id: int, *, now: datetime) -> ApiToken:
    """End a token for good; revoking it again changes nothing."""
    token = ApiToken.objects.select_for_update(no_key=True).get(pk=token_id)
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
    return token


@transaction.atomic
def revoke_tokens_of(user_id: int, *, now: datetime) -> int:
    """End every token that acts as the person; returns how many there were."""
    standing = ApiToken.objects.filter(user=user_id, revoked_at__isnull=True).order_by("pk")
    return len([revoke_token(token_id, now=now) for token_id in standing.values_list("pk", flat=True)])


def token_behind(secret: str, *, now: datetime) -> ApiToken | None:
    """The token in force whose secret this is, with its person; None for any other text."""
    if not secret.startswith(BEGINS) or len(secret) != len(BEGINS) + LENGTH or not secret.isascii():
        return None
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(secret)).first()
    if token is None or token.revoked_at is not None or not token.user.is_active:
        return None
    if token.expires_at is not None and token.expires_at <= now:
        return None
    return token


def note_use(token: ApiToken, *, now: datetime) -> None:
    """Remember that the token is in use, at most once a minute."""
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        token.last_used_at = now
        token.save_without_historical_record(update_fields=["last_used_at"])  # type: ignore[attr-defined]


def token_may(token: ApiToken, capability: May, *, to_change: bool = False) -> bool:
    """Whether both the person's role and the token's scopes carry the capability."""
    return allowed(token.user, capability) and scopes_hold(token.scopes, capability, to_change=to_change)


def scopes_hold(scopes: Iterable[str], capability: May, *, to_change: bool = False) -> bool:
    """Whether the scopes name the capability; "read" stands for all that only look, where one only looks."""
    held = set(scopes)
    if READ in held and capability.name.startswith("SEE_") and not to_change:
        return True
    return capability.key in held


def narrowed(token: ApiToken) -> User:
    """The token's person as actions should see them that ask what the person may: no more than the token."""
    person = copy(token.user)
    person.narrowed_to = lambda capability: scopes_hold(token.scopes, capability)  # type: ignore[attr-defined]
    return person


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
