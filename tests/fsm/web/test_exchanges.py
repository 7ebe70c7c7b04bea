"""The pages of what was said with the outside, and of what still waits to leave."""

from __future__ import annotations

import uuid

import pytest
from django.db import transaction
from django.urls import reverse

from fsm.exchanges import exchange
from fsm.models import Exchange, OutboxRow, OutboxState
from fsm.outbox import post
from fsm.references import Reference


@transaction.atomic
def waiting(n=1, **fields):
    rows = [post("letter", about=Reference("customer", uuid.uuid4()), payload={}) for _ in range(n)]
    OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).update(**{"attempts": 2, **fields})
    return rows[0]


def talks(n=1, *, to="ann@example.com", problem=""):
    for _ in range(n):
        try:
            with exchange("email", "deliver", request={"to": to}):
                if problem:
                    raise ConnectionError(problem)
        except ConnectionError:
            pass
    return Exchange.objects.first()


@pytest.mark.parametrize("n", [1, 20])
def test_the_lists_cost_the_same_for_one_row_or_twenty(marcus_client, django_assert_num_queries, n):
    talks(n)
    waiting(n)
    marcus_client.get(reverse("fsm:exchanges"))  # renews the session
    with django_assert_num_queries(7):  # session, user, frame, systems, count, rows, failed
        assert marcus_client.get(reverse("fsm:exchanges")).status_code == 200
    with django_assert_num_queries(7):  # session, user, frame, kinds, count, rows, counts
        assert marcus_client.get(reverse("fsm:outbox")).status_code == 200


def test_exchanges_are_found_by_what_was_said_and_by_how_they_ended(marcus_client):
    talks(to="ann@example.com")
    talks(to="bob@example.com", problem="mailbox is full")
    list_url = reverse("fsm:exchanges")
    assert b"bob@example.com" not in marcus_client.get(list_url, {"q": "ann@"}).content
    failed = marcus_client.get(list_url, {"outcome": "failed"}).content
    assert b"mailbox is full" in failed
    assert b"ann@example.com" not in failed


@pytest.mark.parametrize(
    "query", ["?page=x&sort=-nothing", "?system=%00&outcome=x", "?first=2026-99-99&last=x", "?q=%00%25"]
)
def test_hostile_filters_are_harmless(marcus_client, query):
    talks()
    assert marcus_client.get(reverse("fsm:exchanges") + query).status_code == 200
    assert marcus_client.get(reverse("fsm:outbox") + query).status_code == 200


def test_an_exchange_shows_what_was_sent_without_secrets(marcus_client):
    with exchange("payments", "charge", request={"card": "4111 1111 1111 1111", "token": "s3cret"}):
        pass
    page = marcus_client.get(reverse("fsm:exchange", args=[Exchange.objects.get().uuid])).content.decode()
    assert "•••1111" in page
    assert "s3cret" not in page


def test_a_waiting_row_is_retried_by_hand(marcus_client):
    row = waiting(last_error="ConnectionError: too windy")
    page = reverse("fsm:outbox-row", args=[row.uuid])
    assert b"too windy" in marcus_client.get(page).content
    answer = marcus_client.post(reverse("fsm:retry-outbox-row", args=[row.uuid]))
    assert (answer.status_code, answer["Location"]) == (302, page)
    row.refresh_from_db()
    assert (row.state, row.not_before, row.attempts) == (OutboxState.WAITING, None, 0)


def test_giving_up_asks_why_and_then_says_who(marcus_client):
    row = waiting()
    url = reverse("fsm:give-up-outbox-row", args=[row.uuid])
    assert marcus_client.post(url, {"because": " "}).status_code == 422
    assert marcus_client.post(url, {"because": "They moved"}).status_code == 302
    row.refresh_from_db()
    assert row.last_error == "Given up by Marcus Webb: They moved"
    assert marcus_client.post(url, {"because": "Again"}).status_code == 409


def test_the_office_neither_sees_nor_runs_it(casey_client):
    row = waiting()
    assert casey_client.get(reverse("fsm:exchanges")).status_code == 403
    assert casey_client.post(reverse("fsm:retry-outbox-row", args=[row.uuid])).status_code == 403
