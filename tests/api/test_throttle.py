"""How much one person may ask: counted in the database, exactly, whichever process is asked."""

from __future__ import annotations

import pytest
from django.db import connection

from fsm.models import ApiQuota

from .conftest import Program


@pytest.fixture(autouse=True)
def _few(settings):
    settings.API_RATES = {"read": 5, "write": 3}


def test_the_sixth_look_within_a_minute_has_to_wait(casey):
    program = Program(casey)
    assert [program.get("me/").status_code for _ in range(6)] == [200] * 5 + [429]
    answer = program.get("me/")
    assert 1 <= int(answer.headers["Retry-After"]) <= 13
    assert answer.headers["Retry-After"] in answer.json()["problem"]


def test_what_has_to_wait_changes_nothing_and_is_not_remembered(casey, make_customer):
    program, customer = Program(casey), make_customer()
    for _ in range(3):
        program.post(f"customers/{customer.uuid}/release-credit/")
    refused = program.post(f"customers/{customer.uuid}/hold-credit/", key="later")
    assert refused.status_code == 429
    customer.refresh_from_db()
    assert not customer.credit_hold
    ApiQuota.objects.all().delete()
    assert program.post(f"customers/{customer.uuid}/hold-credit/", key="later").status_code == 200


def test_looking_and_changing_are_counted_apart_and_people_too(casey, dana):
    program = Program(casey)
    for _ in range(6):
        program.get("me/")
    assert program.post("customers/add/", {"kind": "household", "last_name": "Hall"}).status_code == 201
    assert Program(dana).get("me/").status_code == 200


def test_two_tokens_of_one_person_share_what_they_may_ask(casey):
    one, two = Program(casey), Program(casey)
    assert [one.get("me/").status_code for _ in range(5)] == [200] * 5
    assert two.get("me/").status_code == 429


def test_time_gives_it_back(casey):
    program = Program(casey)
    for _ in range(6):
        program.get("me/")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fsm_apiquota SET full_at = full_at - interval '13 seconds'")
    assert [program.get("me/").status_code for _ in range(2)] == [200, 429]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fsm_apiquota SET full_at = full_at - interval '1 hour'")
    assert [program.get("me/").status_code for _ in range(6)] == [200] * 5 + [429]


def test_a_stranger_is_not_counted(company):
    from django.test import Client

    for _ in range(9):
        assert Client().get("/api/me/").status_code == 401
    assert not ApiQuota.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_however_many_ask_at_once_no_more_get_in(casey, at_once):
    program = Program(casey)
    outcomes = at_once(9, lambda: program.get("me/").status_code)
    assert sorted(outcome.result for outcome in outcomes) == [200] * 5 + [429] * 4


@pytest.mark.django_db(transaction=True)
def test_counted_by_reading_and_writing_apart_more_would_get_in(casey, at_once, monkeypatch):
    """The twin: how a cache counts, get then set, with everybody reading before anybody writes."""
    import threading

    from fsm.api import throttle

    read = threading.Barrier(9)

    def by_cache(self, request, view) -> bool:
        full = ApiQuota.objects.filter(bucket="cache").count()
        read.wait(20)
        ApiQuota.objects.get_or_create(bucket="cache", defaults={"full_at": "2026-07-14T12:00:00Z"})
        return full < 5

    monkeypatch.setattr(throttle.PerPerson, "allow_request", by_cache)
    program = Program(casey)
    outcomes = at_once(9, lambda: program.get("me/").status_code)
    assert [outcome.result for outcome in outcomes] == [200] * 9


def test_the_counts_are_not_logged(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'fsm_apiquota'")
        assert cursor.fetchone() == ("u",)
