"""A database that is away is never the sender's fault."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError

from fsm.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    store = SessionStore()
    store["theme"] = "dark"
    store.create()
    return store


def test_a_session_that_cannot_be_saved_because_the_database_is_away_says_that(session, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("terminating connection due to unexpected postmaster exit")

    monkeypatch.setattr(Session, "save", away)
    with pytest.raises(OperationalError, match="postmaster"):
        session.save()


def test_a_session_that_was_ended_elsewhere_is_still_told_so(session):
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()


def test_a_request_during_a_restart_of_the_database_is_answered_500(dana_client, monkeypatch):
    """Phones send again what was answered 500; a 400 they would take for their own mistake."""

    def away(*args, **kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    dana_client.raise_request_exception = False  # her first request of the day renews her session
    monkeypatch.setattr(Session, "save", away)
    assert dana_client.get("/password/").status_code == 500
