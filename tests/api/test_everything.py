"""Whatever is sent to whatever address by whomever: an answer as described, and nothing that is not theirs.

Schemathesis makes the requests from the description, both such as fit it and such as break it.
SCHEMATHESIS_EXAMPLES says how many of each for every operation and role.
"""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi

from fsm.api.schema import TAGS
from fsm.models import ApiToken
from fsm.permissions import Role

from .conftest import Program
from .world import COLLEAGUE, ELSEWHERE, GATE_CODE, build

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
AS_DESCRIBED = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]
WHO = {
    Role.OWNER: "olivia",
    Role.MANAGER: "marcus",
    Role.OFFICE: "casey",
    Role.DISPATCHER: "dana",
    Role.TECHNICIAN: "tess",
    Role.BOOKKEEPER: "bea",
}
QUIETLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def _keep_the_connection() -> Iterator[None]:
    """A bare WSGI application would close the connection that the test's transaction lives on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def world(
    _keep_the_connection, company, branch, olivia, marcus, casey, dana, tess, tom, bea, settings, caplog
):
    """The house with everybody in it; nobody is told to wait."""
    caplog.set_level("CRITICAL")
    settings.API_RATES = {"read": 10**9, "write": 10**9}
    people = {person.username: person for person in (olivia, marcus, casey, dana, tess, tom, bea)}
    made = build(people=people, here=branch)
    made.people = people
    return made


def told(failure: BaseException) -> str:
    """What failed, with all that is in the group."""
    inner = getattr(failure, "exceptions", ())
    return f"{failure}"[:1500] + "".join(f"\n  - {told(one)}" for one in inner)


def real(world: Any, draw: Any, name: str, value: Any) -> Any:
    """Values that a program would know: uuids of things there are, the version that stands, known codes."""
    if isinstance(value, list):
        return [real(world, draw, name, inner) for inner in value]
    if isinstance(value, dict):
        return {key: real(world, draw, key, inner) for key, inner in value.items()}
    if name == "job_type" and isinstance(value, str):
        return draw(st.sampled_from([world.story.job.job_type.code, value]))
    known = world.uuids.get(name.removesuffix("_uuid"))
    if known and isinstance(value, str) and UUID.fullmatch(value):
        return draw(st.sampled_from(known))
    return value


@pytest.mark.slow
@pytest.mark.parametrize("tag", TAGS.values())
def test_whatever_is_sent_is_answered_as_described_and_shows_nothing_foreign(world, tag):
    programs = {role: Program(world.people[name]) for role, name in WHO.items()}
    digests = list(ApiToken.objects.values_list("digest", flat=True))
    headers = {role: {"Authorization": f"Bearer {program.secret}"} for role, program in programs.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        application = get_wsgi_application()
        schema = schemathesis.openapi.from_wsgi("/api/schema/", application, headers=headers[Role.OWNER])
    seen: dict[str, Counter[str]] = {}
    wrong: list[str] = []

    def send(case: Any, role: Role, checks: list[Any]) -> None:
        with transaction.atomic():
            response = case.call(headers=headers[role])
            transaction.set_rollback(True)
        seen.setdefault(case.operation.label, Counter())[f"{role} {response.status_code}"] += 1
        case.validate_response(response, checks=checks, headers=headers[role])
        forbidden = [ELSEWHERE, GATE_CODE, *digests, *([COLLEAGUE] if role == Role.TECHNICIAN else [])]
        text = response.content.decode("utf-8", "replace").lower()
        shown = [word for word in forbidden if word.lower() in text]
        assert not shown, f"{role} is shown {shown}: {text[:500]}"

    def ask(operation: Any, mode: GenerationMode, checks: list[Any]) -> None:
        @QUIETLY
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def everybody(case: Any, data: Any) -> None:
            case.path_parameters = real(world, data.draw, "", dict(case.path_parameters))
            if "kind" in case.path_parameters and mode is GenerationMode.POSITIVE:
                kind = data.draw(st.sampled_from(["job", "customer", "invoice", "unit", "payment"]))
                unique = data.draw(st.sampled_from(world.uuids[kind]))
                case.path_parameters = {"kind": kind, "unique": unique}
            if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
                body = real(world, data.draw, "", case.body)
                if "version" in body:
                    standing = [world.versions.get(str(value)) for value in case.path_parameters.values()]
                    body["version"] = next(filter(None, standing), 1)
                case.body = body
            for role in WHO:
                send(case, role, checks)

        try:
            everybody()
        except (AssertionError, BaseExceptionGroup) as failure:
            wrong.append(f"{operation.label} ({mode.value}): {told(failure)}")

    for found in schema.include(tag=tag).get_all_operations():
        operation = found.ok()
        ask(operation, GenerationMode.POSITIVE, AS_DESCRIBED)
        ask(operation, GenerationMode.NEGATIVE, [*AS_DESCRIBED, openapi.negative_data_rejection])
    if report := os.environ.get("SCHEMATHESIS_REPORT"):
        lines = [f"{label} {dict(sorted(statuses.items()))}" for label, statuses in sorted(seen.items())]
        Path(f"{report}.{tag}").write_text("\n".join(lines))
    assert not wrong, "\n\n".join(wrong)
    assert len(seen) > 5
