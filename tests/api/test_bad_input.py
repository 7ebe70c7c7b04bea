"""Bodies that no program should send: a clear answer to each, and nothing half-written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from fsm.api.fields import Input
from fsm.api.once import ApiRequest
from fsm.api.views import Deed
from fsm.models import ApiQuota, Review
from fsm.reviews import kinds

from .conftest import Program
from .test_permissions import ALL, path_of
from .world import build

DEEDS = sorted(name for name, (_, view) in ALL.items() if issubclass(view, Deed))
BROKEN = {
    "no JSON": "{",
    "text": "hello",
    "half a word": b'{"a": "\xff"}',
    "a NaN": '{"a": NaN}',
    "an infinity": '{"a": -Infinity}',
    "a NUL": '{"a": "\\u0000"}',
    "a NUL in a name": '{"a\\u0000": 1}',
    "half a surrogate": '{"a": "\\ud800"}',
    "a bottomless nest": "[" * 100_000,
    "a number without end": '{"a": ' + "9" * 50_000 + "}",
    "two documents": "{}{}",
}


@pytest.fixture
def world(branch, olivia, marcus, casey, dana, tess, tom, bea, settings):
    """A house with something of everything; nobody is told to wait."""
    settings.API_RATES = {"read": 10**9, "write": 10**9}
    people = {person.username: person for person in (olivia, marcus, casey, dana, tess, tom, bea)}
    return build(people=people, here=branch)


def standing() -> dict[str, int]:
    """How many rows every table of ours holds."""
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model not in (ApiRequest, ApiQuota)
    }


def of(world: Any, route: str) -> str:
    """An address of things that there are."""
    things = {f"{name}_uuid": uuids[0] for name, uuids in world.uuids.items() if uuids}
    return path_of(route, things)


@pytest.mark.parametrize("why", BROKEN)
def test_a_body_that_is_no_document_changes_nothing(olivia, why):
    before = standing()
    answer = Program(olivia).post("customers/add/", BROKEN[why])
    assert answer.status_code == 400, answer.content
    assert "Nothing was changed" in answer.json()["problem"]
    assert {**standing(), "fsm.ApiToken": 0} == {**before, "fsm.ApiToken": 0, "fsm.HistoricalApiToken": 1}


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "7", "true", "[1, 2]"])
def test_a_document_that_is_no_object_is_refused(olivia, body):
    answer = Program(olivia).post("customers/add/", body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_another_kind_of_body_is_refused(olivia):
    program = Program(olivia)
    for kind in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "x",
    ):
        answer = program.client.post(
            "/api/customers/add/", b"kind=household", content_type=kind, headers={"Idempotency-Key": "k"}
        )
        assert answer.status_code == 415, kind
        assert "application/json" in answer.json()["problem"]


def test_a_body_that_is_too_large_is_not_read(olivia):
    answer = Program(olivia).post("customers/add/", json.dumps({"note": "x" * (16 * 2**20)}))
    assert answer.status_code == 413
    assert "15 MB" in answer.json()["problem"]


def test_more_than_the_house_takes_is_refused_in_json_too(olivia, settings):
    settings.UPLOAD_LIMIT = 100
    answer = Program(olivia).post("customers/add/", json.dumps({"note": "x" * 200}))
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused_in_json(olivia, method):
    answer = getattr(Program(olivia).client, method)("/api/customers/")
    assert answer.status_code == 405
    assert answer.json()["problem"]
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["nothing/", "customers", "customers/x/", "jobs/1/", "trace/job/x/", "%00/", "..//"]
)
def test_an_address_that_does_not_exist_is_answered_in_json(olivia, path):
    answer = Program(olivia).get(path)
    assert answer.status_code == 404
    assert answer.json()["problem"]


def test_a_trace_of_an_unknown_kind_is_not_found(olivia):
    assert Program(olivia).get("trace/nonsense/00000000-0000-0000-0000-000000000404/").status_code == 404


# Every field of every operation ---------------------------------------------------------------------

WRONG = [None, "", -1, 10**30, True, [[]], {"a": 1}, "x" * 20_000, "\u202e\ufffd\U0001f6e0"]


def fields_of(view: type[Deed]) -> dict[str, Any]:
    shape: Input = view.InputSerializer()
    return dict(shape.fields)


def test_every_operation_refuses_a_field_that_it_does_not_know(world, olivia):
    program, wrong = Program(olivia), []
    for name in DEEDS:
        route, _view = ALL[name]
        answer = program.post(of(world, route), {"zzz": 1})
        if answer.status_code not in (403, 404, 422) or (
            answer.status_code == 422 and "zzz" not in answer.json()["errors"]
        ):
            wrong.append((name, answer.status_code))
    assert wrong == []


def test_every_operation_names_what_is_missing(world, olivia):
    program, wrong = Program(olivia), []
    for name in DEEDS:
        route, view = ALL[name]
        needed = {field for field, one in fields_of(view).items() if one.required}
        answer = program.post(of(world, route), {})
        if (
            needed
            and answer.status_code not in (403, 404)
            and answer.json().get("errors", {}).keys() != needed
        ):
            wrong.append((name, answer.status_code, answer.content))
    assert wrong == []


@pytest.mark.slow
def test_every_field_of_every_operation_stands_anything_and_nothing_is_half_written(world, olivia):
    """Each field in turn gets a third of the wrong values, the others are left out: never a row more."""
    program, wrong = Program(olivia), []
    before = standing()
    for name in DEEDS:
        route, view = ALL[name]
        path = of(world, route)
        for number, field in enumerate(fields_of(view)):
            for value in WRONG[number % 3 :: 3]:
                with transaction.atomic():
                    answer = program.post(path, {field: value})
                    if answer.status_code in (200, 201):  # what was not wrong after all
                        transaction.set_rollback(True)
                    elif answer.status_code not in (403, 404, 409, 422):
                        wrong.append((name, field, str(value)[:40], answer.status_code))
    assert wrong == []
    assert standing() == before


def test_a_proposal_of_an_unknown_kind_is_refused_and_can_be_rejected(world, program, olivia):
    """After a roll back a kind may be unknown; approving it says so, and the queue can still be cleared."""
    review, owner = Review.objects.exclude(kind__in=kinds()).get(), program(olivia)
    refused = owner.post(f"reviews/{review.uuid}/approve/", {"version": review.version})
    assert refused.status_code == 409
    assert "This version cannot do" in refused.content.decode()
    given = {"version": review.version, "because": "By hand"}
    assert owner.post(f"reviews/{review.uuid}/reject/", given).status_code == 200
