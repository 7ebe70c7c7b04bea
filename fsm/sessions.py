"""Sessions in the database, which say so when the database was away."""

from __future__ import annotations

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.db import InterfaceError, OperationalError


class SessionStore(DatabaseSessionStore):
    """A database that restarts while a session is saved is a server's error, to be tried again.

    Django takes any failure to save for a session that was ended elsewhere, and answers 400: a phone would
    believe that what it sent was wrong, and not send it again.
    """

    def save(self, must_create: bool = False) -> None:
        """Write it; an unreachable database raises its own error."""
        try:
            super().save(must_create)
        except UpdateError as problem:
            if isinstance(problem.__context__, OperationalError | InterfaceError):
                raise problem.__context__ from None
            raise
