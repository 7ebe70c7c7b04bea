"""Who asks: a program by its token, or a person's own browser by its session."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission

from ..clock import now as clock_now
from ..models import ApiToken, User
from ..permissions import allowed, refusal_sentence
from ..tokens import note_use, token_behind, token_may


class ByToken(BaseAuthentication):
    """`Authorization: Bearer sg_...`"""

    def authenticate(self, request: Any) -> tuple[User, ApiToken] | None:
        """The token's person; another kind of header is left to others, a wrong token is not."""
        kind, _blank, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        now = clock_now()
        token = token_behind(secret.strip(), now=now)
        if token is None:
            raise AuthenticationFailed
        note_use(token, now=now)
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """Makes a missing token a 401."""
        return "Bearer"


class BySession(SessionAuthentication):
    """A signed-in browser; what it changes needs its CSRF token, as on every page."""


class ByCapability(BasePermission):
    """The role must carry one of the view's capabilities, and so must the token's scopes."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Raises with the sentence that says what is lacking."""
        if not request.user.is_authenticated:
            return False
        held = [capability for capability in view.capabilities() if allowed(request.user, capability)]
        if view.capabilities() and not held:
            raise PermissionDenied(refusal_sentence(view.capabilities()[0]))
        token = request.auth
        changes = view.rate == "write"
        if (
            isinstance(token, ApiToken)
            and held
            and not any(token_may(token, one, to_change=changes) for one in held)
        ):
            raise PermissionDenied(_("This token may not %(what)s.") % {"what": _(held[0].value)})
        return True
