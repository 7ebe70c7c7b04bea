"""Inviting people, letting them in again, and letting them go."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fsm import actions, deliveries, invitations
from fsm.history import history_model
from fsm.links import secret_of
from fsm.models import ApiToken, Exchange, Invitation, LinkKind, OutboxRow, SignIn, User
from fsm.permissions import Role
from fsm.states import NotPossible
from fsm.tokens import READ, digest_of, make_token
from tests import factories as make
from tests.factories import PASSWORD
from tests.queue import run_queued_tasks

NEW = "blue-teapot-42"
LINK = re.compile(r"https?://testserver(/link/[\w-]+/)")


def invite(client, **changes):
    values = {"name": "Nora Vance", "email": "Nora@Example.com", "role": Role.DISPATCHER, "language": "en-us"}
    return client.post(reverse("fsm:invite-person"), values | changes)


def link_in(text):
    return LINK.search(text)[1]


def invited(by, now=None):
    return invitations.invite_person(
        by=by,
        name="Nora",
        email="nora@example.com",
        role=Role.OFFICE,
        now=now or timezone.now(),
        site="http://x",
    )


def test_somebody_invited_gets_a_link_chooses_a_password_and_is_in(marcus_client, client, branch):
    shown = link_in(invite(marcus_client).content.decode())
    run_queued_tasks()
    [letter] = mail.outbox
    assert (letter.to, link_in(letter.body)) == (["Nora@example.com"], shown)
    assert client.get(shown).status_code == 200
    answer = client.post(shown, {"name": "Nora V.", "username": "nora", "password": NEW})
    assert answer.url == reverse("fsm:home")
    assert "Welcome, Nora V." in client.get(reverse("fsm:home")).content.decode()
    nora = User.objects.get(username="nora")
    assert (nora.name, nora.role, nora.has_joined) == ("Nora V.", Role.DISPATCHER, True)
    row = history_model(User).objects.filter(id=nora.pk).latest("history_id")
    assert (row.actor_name, row.source, row.history_change_reason) == ("Nora Vance", "office", "joined")
    assert Client().get(shown).status_code == 410  # once


def test_what_the_link_says_is_kept_nowhere(marcus_client, branch):
    secret = link_in(invite(marcus_client).content.decode()).split("/")[2]
    run_queued_tasks()
    kept = [
        str(list(model.objects.values()))
        for model in (OutboxRow, Exchange, Invitation, history_model(Invitation), history_model(User))
    ]
    assert Exchange.objects.filter(operation="deliver").exists()
    assert not any(secret in text for text in kept)
    assert digest_of(secret) == Invitation.objects.get().digest
    assert "digest" not in {field.name for field in history_model(Invitation)._meta.get_fields()}


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"email": ""}, 422, "required"),
        ({"role": Role.OWNER}, 409, "Only an owner makes"),
        ({"email": "casey@example.com"}, 409, "is here already"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_and_nothing_is_sent(
    marcus_client, casey, changes, status, words
):
    casey.username = "casey@example.com"
    casey.save()
    answer = invite(marcus_client, **changes)
    assert (answer.status_code, words in answer.content.decode()) == (status, True)
    assert "Nora Vance" in answer.content.decode()
    assert not OutboxRow.objects.exists()


def test_a_link_is_good_for_seven_days_and_ends_when_another_is_sent_or_it_is_withdrawn(
    marcus, marcus_client, client, branch
):
    old = invited(marcus, timezone.now() - timedelta(days=7, seconds=1))
    nora = old.invitation.user
    assert client.get(reverse("fsm:use-link", args=[old.secret])).status_code == 410
    page = marcus_client.get(reverse("fsm:edit-person", args=[nora.uuid])).content.decode()
    assert "the link is not good any more" in page
    again = link_in(marcus_client.post(reverse("fsm:invite-again", args=[nora.uuid])).content.decode())
    newest = link_in(marcus_client.post(reverse("fsm:invite-again", args=[nora.uuid])).content.decode())
    assert (client.get(again).status_code, client.get(newest).status_code) == (410, 200)
    marcus_client.post(reverse("fsm:withdraw-invitation", args=[nora.uuid]))
    assert client.get(newest).status_code == 410
    nora.refresh_from_db()
    assert not nora.is_active
    run_queued_tasks()
    assert mail.outbox == []  # all three letters were overtaken


def test_somebody_who_has_joined_is_not_invited_again(marcus_client, casey):
    for name in ("fsm:invite-again", "fsm:withdraw-invitation"):
        assert marcus_client.post(reverse(name, args=[casey.uuid])).status_code == 409
    casey.refresh_from_db()
    assert casey.is_active


def test_a_letter_with_another_secret_key_is_not_sent(marcus, branch, settings):
    made = invited(marcus)
    settings.SECRET_KEY = "another"
    with pytest.raises(ValueError, match="another SECRET_KEY"):
        deliveries.deliver_person_email(OutboxRow.objects.get())
    assert secret_of(made.invitation) != made.secret


def test_a_taken_name_or_a_weak_password_keeps_the_link_good(marcus, client, casey):
    url = reverse("fsm:use-link", args=[invited(marcus).secret])
    taken = {"name": "Nora", "username": "casey", "password": NEW}
    assert client.post(url, taken).status_code == 409
    weak = client.post(url, {"name": "Nora", "username": "nora", "password": "noranora1"})
    assert weak.status_code == 422
    assert client.post(url, {"name": "Nora", "username": "nora", "password": NEW}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_who_use_one_invitation_at_once_are_one(at_once, marcus):
    secret = invited(marcus).secret

    def use(number):
        return invitations.use_link(
            secret, name=f"Nora {number}", username=f"nora{number}", password=NEW, now=timezone.now()
        )

    outcomes = at_once(2, use)
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert isinstance(next(one.error for one in outcomes if not one.won), NotPossible)
    won = next(one.result for one in outcomes if one.won)
    assert User.objects.get(pk=won.pk).username == won.username


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_both_would_come_in(at_once, no_locks, monkeypatch, marcus):
    import threading

    secret, both_looked, looked = invited(marcus).secret, threading.Barrier(2), invitations.is_in_force

    def look_and_wait(link, now):
        found = looked(link, now)
        both_looked.wait(10)
        return found

    monkeypatch.setattr(invitations, "is_in_force", look_and_wait)
    outcomes = at_once(2, lambda: invitations.use_link(secret, password=NEW, now=timezone.now()))
    assert all(outcome.won for outcome in outcomes)


# Forgotten ----------------------------------------------------------------------------------------


def ask(client, email):
    return client.post(reverse("fsm:forgot-password"), {"email": email}, follow=True)


def test_a_forgotten_password_is_replaced_by_mail_and_every_session_ends(client, dana, dana_client):
    dana.email = "dana@example.com"
    dana.save()
    ask(client, "DANA@example.com")
    run_queued_tasks()
    url = link_in(mail.outbox[0].body)
    assert "dana" in mail.outbox[0].body
    assert client.post(url, {"password": NEW}).url == reverse("fsm:log-in")
    assert client.login(username="dana", password=NEW)
    assert dana_client.get(reverse("fsm:home")).status_code == 302
    row = history_model(User).objects.filter(id=dana.pk).latest("history_id")
    assert (row.actor_name, row.history_change_reason) == ("Dana Whitfield", "new password")


def test_the_answer_is_the_same_whether_the_address_exists_or_not(client, dana):
    dana.email = "dana@example.com"
    dana.save()
    queries, pages = [], []
    for email in ("dana@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as asked:
            pages.append(ask(Client(), email).content.decode())
        queries.append(len(asked))
    token = re.compile(r'csrf[^>]*value="[^"]*"|content="[^"]{40,}"|X-CSRFToken[^}]*')
    assert token.sub("", pages[0]) == token.sub("", pages[1])
    assert queries[0] == queries[1]
    run_queued_tasks()
    assert [letter.to for letter in mail.outbox] == [["dana@example.com"]]


def test_asking_again_and_again_ends_with_no_and_no_letters(client, dana):
    dana.email = "dana@example.com"
    dana.save()
    statuses = [ask(client, "dana@example.com").status_code for _time in range(11)]
    assert statuses == [200] * 10 + [429]
    run_queued_tasks()
    assert len(mail.outbox) == 1  # three were asked for; each ends the one before, and only the last is sent
    assert Invitation.objects.count() == 3
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert ask(elsewhere, "else@example.com").status_code == 200


def test_somebody_who_left_gets_no_link(client, dana):
    dana.email, dana.is_active = "dana@example.com", False
    dana.save()
    ask(client, "dana@example.com")
    run_queued_tasks()
    assert mail.outbox == []
    assert not Invitation.objects.exists()


def test_a_manager_hands_over_a_link_that_lives_a_day(marcus_client, client, casey, olivia):
    url = link_in(marcus_client.post(reverse("fsm:hand-over-link", args=[casey.uuid])).content.decode())
    made = Invitation.objects.get()
    assert (made.kind, made.expires_at - made.made_at) == (LinkKind.PASSWORD, timedelta(days=1))
    assert mail.outbox == []
    assert client.post(url, {"password": NEW, "username": "boss"}).url == reverse("fsm:log-in")
    casey.refresh_from_db()
    assert (casey.username, casey.check_password(NEW)) == ("casey", True)
    refused = marcus_client.post(reverse("fsm:hand-over-link", args=[olivia.uuid]))
    assert refused.status_code == 409
    assert "Only an owner" in refused.content.decode()


# Leaving ------------------------------------------------------------------------------------------


def test_whoever_is_deactivated_is_out_at_once_everywhere_and_their_name_stays(olivia_client, olivia, tess):
    browser, now = Client(), timezone.now()
    browser.post(reverse("fsm:log-in"), {"username": "tess", "password": PASSWORD})
    made = make_token(user_id=tess.pk, name="Watch", scopes=[READ], now=now)
    link = invitations.hand_over_link(tess.pk, by=olivia, now=now)
    assert browser.get(reverse("dispatch:phone-today")).status_code == 200
    page = olivia_client.get(reverse("fsm:edit-person", args=[tess.uuid])).content.decode()
    assert "Deactivate Tess Ramirez?" in page  # asked before
    answer = olivia_client.post(reverse("fsm:deactivate-person", args=[tess.uuid]), follow=True)
    assert "cannot come in any more" in answer.content.decode()
    assert browser.get(reverse("dispatch:phone-today")).status_code == 302
    api = Client().get("/api/me/", headers={"Authorization": f"Bearer {made.secret}"})
    assert api.status_code == 401
    assert ApiToken.objects.get(pk=made.token.pk).revoked_at is not None
    assert SignIn.objects.get(user=tess).ended_at is not None
    assert Client().get(reverse("fsm:use-link", args=[link.secret])).status_code == 410
    assert "Tess Ramirez" in olivia_client.get(reverse("fsm:people")).content.decode()
    row = history_model(User).objects.filter(id=tess.pk, history_change_reason="deactivated").latest("pk")
    assert (row.actor_name, row.source, row.is_active) == ("Olivia Grant", "office", False)
    olivia_client.post(reverse("fsm:reactivate-person", args=[tess.uuid]))
    assert browser.post(reverse("fsm:log-in"), {"username": "tess", "password": PASSWORD}).status_code == 302
    assert ApiToken.objects.get(pk=made.token.pk).revoked_at is not None  # stays so


def test_nobody_deactivates_themselves_an_owner_or_the_last_owner(
    marcus_client, olivia_client, marcus, olivia
):
    def deactivate(client, person):
        return client.post(reverse("fsm:deactivate-person", args=[person.uuid])).status_code

    assert deactivate(marcus_client, marcus) == 409
    assert deactivate(marcus_client, olivia) == 409
    assert deactivate(olivia_client, olivia) == 409
    second = make.UserFactory(role=Role.OWNER)
    assert deactivate(olivia_client, second) == 302
    with pytest.raises(NotPossible):
        actions.deactivate_person(olivia.pk, by=second)
    assert User.objects.filter(is_active=True, role=Role.OWNER).get() == olivia


def test_the_list_says_who_was_invited_and_who_is_not_active(marcus, marcus_client, casey, olivia):
    invited(marcus)
    actions.deactivate_person(casey.pk, by=olivia)
    page = marcus_client.get(reverse("fsm:people")).content.decode()
    assert "Invited" in page
    assert "Not active" in page
    assert "No longer" not in page


def test_the_history_of_a_person_says_what_was_done_to_their_log_in(olivia_client, olivia, dana):
    browser = Client()
    browser.post(reverse("fsm:log-in"), {"username": "dana", "password": PASSWORD})
    actions.deactivate_person(dana.pk, by=olivia)
    page = olivia_client.get(reverse("fsm:timeline", args=["person", dana.uuid]))
    assert page.status_code == 200
    assert "deactivated" in page.content.decode()
    assert "signed out on one device" in page.content.decode()
    assert olivia_client.get(reverse("fsm:outbox")).status_code == 200
