"""Every change once: repeats are answered, other bodies refused, refusals remembered, races won once."""

from __future__ import annotations

import uuid

import pytest

from customers.models import Customer
from dispatch.models import Job
from fsm.api import once as once_module
from fsm.models import ApiRequest
from inventory.models import StockMovement
from tests import factories as make
from tests.factories import instant

from .conftest import Program

KEY = "order-2026-0042"
HOUSEHOLD = {"kind": "household", "last_name": "Hall"}


def test_a_change_without_a_key_is_not_made(casey_program):
    for key in ("", "x" * 81, "with blank", "ümlaut"):
        answer = casey_program.client.post(
            "/api/customers/add/",
            HOUSEHOLD,
            content_type="application/json",
            headers={"Idempotency-Key": key} if key else {},
        )
        assert answer.status_code == 400
        assert "Idempotency-Key" in answer.json()["problem"]
    assert not Customer.objects.exists()


def test_the_same_again_is_answered_and_not_done(casey_program):
    first = casey_program.post("customers/add/", HOUSEHOLD, key=KEY)
    again = casey_program.post("customers/add/", HOUSEHOLD, key=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Customer.objects.count() == 1


def test_it_is_the_same_however_the_json_is_written(casey_program):
    casey_program.post("customers/add/", '{"kind": "household", "last_name": "Hall"}', key=KEY)
    again = casey_program.post("customers/add/", '{"last_name":"H\\u0061ll",\n "kind":"household"}', key=KEY)
    assert again.status_code == 201
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("customers/add/", {"kind": "household", "last_name": "Hill"}),
        ("customers/add/", {**HOUSEHOLD, "note": ""}),
        ("parts/add/", HOUSEHOLD),
    ],
)
def test_the_key_with_another_body_or_address_is_refused(olivia_program, path, body):
    olivia_program.post("customers/add/", HOUSEHOLD, key=KEY)
    answer = olivia_program.post(path, body, key=KEY)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["errors"]
    assert Customer.objects.count() == 1


def test_keys_are_ones_own(casey_program, dana_program):
    assert casey_program.post("customers/add/", HOUSEHOLD, key=KEY).status_code == 201
    other = dana_program.post("customers/add/", {"kind": "household", "last_name": "Hill"}, key=KEY)
    assert other.status_code == 201
    assert Customer.objects.count() == 2


def test_a_refusal_is_remembered_and_its_effect_is_not(casey_program, make_job):
    job = make_job()
    on_hold = {"because": "Waiting for a coil", "follow_up_on": "2026-01-01"}
    first = casey_program.post(f"jobs/{job.uuid}/hold/", on_hold, key=KEY)
    assert (first.status_code, first.json()["field"]) == (409, "follow_up_on")
    again = casey_program.post(f"jobs/{job.uuid}/hold/", on_hold, key=KEY)
    assert (again.status_code, again.json()) == (409, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert ApiRequest.objects.get().status == 409


def test_a_refusal_half_way_leaves_nothing_half_written(casey_program):
    """The name and the first number are written before the second number is refused."""
    body = {**HOUSEHOLD, "phones": ["(512) 555-0142", "not a number"]}
    answer = casey_program.post("customers/add/", body, key=KEY)
    assert (answer.status_code, answer.json()["field"]) == (409, "phones")
    assert not Customer.objects.exists()
    assert ApiRequest.objects.count() == 1


def test_a_corrected_body_may_use_the_key_that_was_not_understood(casey_program):
    assert casey_program.post("customers/add/", {"kind": "castle"}, key=KEY).status_code == 422
    assert casey_program.post("customers/add/", "{", key=KEY).status_code == 400
    assert casey_program.post("customers/add/", HOUSEHOLD, key=KEY).status_code == 201


def test_what_breaks_leaves_the_key_free(casey_program, monkeypatch):
    def broken(**_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("customers.actions.add_customer", broken)
        with pytest.raises(ZeroDivisionError):
            casey_program.post("customers/add/", HOUSEHOLD, key=KEY)
    assert not ApiRequest.objects.exists()
    assert casey_program.post("customers/add/", HOUSEHOLD, key=KEY).status_code == 201


def test_a_repeat_is_answered_as_before_whatever_happened_in_between(casey_program, make_job):
    job = make_job()
    done = casey_program.post(f"jobs/{job.uuid}/notes/write/", {"body": "Dog in the yard"}, key=KEY)
    casey_program.post(f"jobs/{job.uuid}/cancel/", {"because": "They moved"})
    again = casey_program.post(f"jobs/{job.uuid}/notes/write/", {"body": "Dog in the yard"}, key=KEY)
    assert (again.status_code, again.json()) == (201, done.json())
    assert job.notes.count() == 1


def test_the_senders_own_uuid_names_the_same_thing_under_another_key(casey_program):
    body = {**HOUSEHOLD, "uuid": str(uuid.uuid4())}
    first, second = (casey_program.post("customers/add/", body) for _ in range(2))
    assert first.json()["uuid"] == second.json()["uuid"] == body["uuid"]
    assert Customer.objects.count() == 1


def test_a_uuid_of_something_else_shows_nothing_of_it(casey, casey_program, make_customer, branch):
    elsewhere = make_customer(name="Hidden Homes", branch=make.BranchFactory(name="Waco"))
    here = make_customer()
    make.UserBranchFactory(user=casey, branch=branch)
    taken = casey_program.post("customers/add/", {**HOUSEHOLD, "uuid": str(elsewhere.uuid)})
    assert (taken.status_code, taken.json()["field"]) == (409, "uuid")
    assert b"Hidden" not in taken.content
    contact = casey_program.post(
        f"customers/{here.uuid}/contacts/add/", {"name": "Ann", "uuid": str(elsewhere.contact.uuid)}
    )
    assert (contact.status_code, contact.json()["field"]) == (409, "uuid")


# Races ----------------------------------------------------------------------------------------------


def stocked():
    place = make.StockPlaceFactory()
    part = make.PartFactory()
    return {"place": str(place.uuid), "part": str(part.uuid), "quantity": "3"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_the_same_at_the_same_instant_is_done_once_and_answered_twice(olivia, at_once, attempt):
    program, body = Program(olivia), stocked()
    outcomes = at_once(4, lambda: program.post("stock/receive/", body, key=KEY))
    answers = [outcome.result for outcome in outcomes]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["uuid"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    assert StockMovement.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_claim_all_of_them_get_through(casey, at_once, monkeypatch, make_job):
    """The twin: nobody waits for anybody, and the note is there as often as it was sent."""
    job, program = make_job(now=instant(13)), Program(casey)
    monkeypatch.setattr(once_module, "_claim", lambda *_: 0)
    outcomes = at_once(3, lambda: program.post(f"jobs/{job.uuid}/notes/write/", {"body": "Hi"}, key=KEY))
    assert [outcome.result.status_code for outcome in outcomes] == [201] * 3
    assert Job.objects.get(pk=job.pk).notes.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_bodies_under_one_key_at_the_same_instant_have_one_winner(casey, at_once):
    program = Program(casey)
    names = ["Hall", "Hill"]

    def send(number: int):
        return program.post("customers/add/", {"kind": "household", "last_name": names[number]}, key=KEY)

    statuses = sorted(outcome.result.status_code for outcome in at_once(2, send))
    assert statuses == [201, 422]
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_uuid_under_two_keys_at_the_same_instant_makes_one(casey, at_once):
    program, unique = Program(casey), str(uuid.uuid4())
    outcomes = at_once(2, lambda: program.post("customers/add/", {**HOUSEHOLD, "uuid": unique}))
    assert {outcome.result.status_code for outcome in outcomes} <= {201, 409}
    assert Customer.objects.count() == 1
