"""The description of the API: every operation, what it takes and answers; and the page drawn from it."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from django.conf import settings
from django.test import Client
from django.urls import resolve, reverse

from fsm.api.pages import MOST, USUAL
from fsm.api.schema import WORDS, description, operation_id
from fsm.api.views import Deed
from fsm.permissions import May
from tests.conftest import client_of

from .conftest import Program
from .test_permissions import ALL, EXPECTED

OPERATIONS = {
    operation["operationId"]: (path, method, operation)
    for path, methods in description()["paths"].items()
    for method, operation in methods.items()
}
DESCRIBED = {name: view for name, (_, view) in ALL.items() if view.is_described}


def test_every_operation_is_described_once_with_its_capabilities():
    assert {operation_id(view) for view in DESCRIBED.values()} == OPERATIONS.keys()
    assert len(DESCRIBED) == len(OPERATIONS)
    for name, view in DESCRIBED.items():
        _path, method, operation = OPERATIONS[operation_id(view)]
        assert operation["x-capabilities"] == [capability.key for capability in EXPECTED[name]]
        assert method == ("post" if issubclass(view, Deed) else "get")
        assert operation["summary"], name


def test_every_change_asks_for_a_key_and_says_every_way_in_which_it_may_fail():
    for name, view in DESCRIBED.items():
        path, _method, operation = OPERATIONS[operation_id(view)]
        statuses = set(operation["responses"])
        assert {"400", "401", "429"} <= statuses
        assert ("404" in statuses) == ("{" in path), name
        assert ("403" in statuses) == bool(EXPECTED[name] or issubclass(view, Deed)), name
        headers = {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}
        assert headers == ({"Idempotency-Key"} if issubclass(view, Deed) else set())
        assert ({"409", "413", "415", "422"} <= statuses) == issubclass(view, Deed)


def test_objects_have_no_fields_beside_those_described():
    for name, shape in description()["components"]["schemas"].items():
        assert shape.get("additionalProperties") is not None, name
        if name.endswith(("Output", "Whole", "Brief")):
            assert set(shape["required"]) == set(shape["properties"]), name


def test_no_description_speaks_of_what_must_not_come_out():
    text = str(description()["components"]["schemas"])
    shown = {
        name: shape["properties"]
        for name, shape in description()["components"]["schemas"].items()
        if not name.endswith("Input")
    }
    for secret in ("gate_code", "access_notes", "password", "digest", "pk", "id"):
        assert not [name for name, properties in shown.items() if secret in properties], secret
    assert "secret" not in text.lower()


def test_the_description_is_for_those_who_are_known(company, tess):
    assert Client().get("/api/schema/").status_code == 401
    answer = Program(tess).get("schema/")
    assert answer.json()["openapi"] == "3.1.0"
    assert answer.headers["Content-Type"].startswith("application/vnd.oai.openapi+json")


def test_the_page_shows_every_operation(casey):
    page = client_of(casey).get(reverse("api:page"))
    text = page.content.decode()
    assert page.status_code == 200
    for path, method, operation in OPERATIONS.values():
        assert f'id="op-{operation["operationId"]}"' in text
        assert path in text
        assert method.upper() in text
    assert "Idempotency-Key" in text
    assert "<script" not in text.split("</head>")[1].replace('<script type="module" src=', "")


def test_the_page_is_for_those_who_signed_in(company):
    answer = Client().get("/api/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("fsm:log-in"))


def test_the_page_for_callers_names_addresses_that_there_are():
    text = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    named = set(re.findall(r"/api/[\w/-]*", text))
    assert len(named) > 12
    for address in named:
        found = resolve(re.sub(r"[A-Z]+-UUID", str(uuid.uuid4()), address))
        assert found.url_name != "nowhere", address


def test_the_page_for_callers_says_what_holds():
    text = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    assert f"{USUAL} unless you ask for 1 to {MOST}" in text
    rates = settings.API_RATES
    assert f"look {rates['read']} times and change {rates['write']} times a minute" in text
    assert all(f"`{word}`" in text for word in ("Idempotency-Replayed: true", "Retry-After", "read"))
    assert {"book_jobs", "take_payments"} <= {may.key for may in May}
    for status in WORDS:
        assert f"`{status}`" in text, status
