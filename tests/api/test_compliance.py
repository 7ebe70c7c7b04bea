"""Refrigerant compliance as programs see it: the same refusals as at every door."""

from __future__ import annotations

import uuid

import pytest

from equipment.models import CaseEvent, LeakCase, RefrigerantRecord
from tests.equipment.conftest import add, case, chiller  # noqa: F401 (fixtures)

from .conftest import Program


@pytest.fixture
def program(casey):
    return Program(casey)


def test_a_program_records_voids_and_is_told_what_changed(case, program, tess):  # noqa: F811
    path = f"circuits/{case.circuit.uuid}/refrigerant/record/"
    said = {
        "uuid": str(uuid.uuid4()), "kind": "added", "ounces": "16", "technician": str(tess.uuid),
        "happened_at": "2026-04-01T15:00:00Z", "parts_worked_on": "Valve", "work_done": "Repacked",
    }  # fmt: skip
    for wrong, field in (
        ({"refrigerant": "R-22"}, "refrigerant"),
        ({"returned_oz": "17"}, "returned_oz"),
        ({"happened_at": "2026-02-01T15:00:00Z"}, "happened_at"),
    ):
        refused = program.post(path, said | wrong)
        assert refused.status_code == 409
        assert field in refused.content.decode()
    made = program.post(path, said)
    assert made.status_code == 201
    assert any("joins" in words for words in made.json()["changes"])
    key = made.json()["uuid"]
    struck = program.post(f"refrigerant-records/{key}/void/", {"because": "Twice"})
    assert any("no longer calculated" in words for words in struck.json()["changes"])
    again = program.post(path, said | {"uuid": str(uuid.uuid4()), "replaces": key})
    assert again.json()["replaces"] == key
    assert RefrigerantRecord.objects.get(uuid=again.json()["uuid"]).work_done == "Repacked"


def test_a_program_logs_a_case_s_steps_as_the_rules_let_them_come(case, program, tess):  # noqa: F811
    path = f"leak-cases/{case.uuid}/log/"
    said = {
        "step": "initial_passed",
        "happened_on": "2026-03-20",
        "technician": str(tess.uuid),
        "method": "N2",
    }
    refused = program.post(path, said)
    assert refused.status_code == 409
    assert "follows a repair" in refused.content.decode()
    done = program.post(path, said | {"step": "repaired"})
    assert (done.status_code, done.json()["state"]) == (201, "repaired")
    event = CaseEvent.objects.get()
    voided = program.post(f"case-events/{event.uuid}/void/", {"because": "Other circuit"})
    assert voided.json()["state"] == "open"
    program.post(f"circuits/{case.circuit.uuid}/exemption/", {"exempt": "yes", "because": "A house"})
    assert LeakCase.objects.get().state == "withdrawn"
