"""What programs do with a unit's record."""

from __future__ import annotations

import uuid
from datetime import timedelta

from equipment import actions
from fsm.clock import now, today_in
from tests.factories import WarrantyFactory


def here_today():
    """The day where the unit stands: late in the evening it is tomorrow in UTC."""
    return today_in("America/Chicago", now())


def test_a_program_measures_claims_moves_and_is_refused_like_a_page(casey_program, make_unit, make_customer):
    unit = make_unit(installed_on=here_today() - timedelta(days=5))
    at = f"units/{unit.uuid}"
    sent = {"uuid": str(uuid.uuid4()), "measured_at": now().isoformat()}
    refused = casey_program.post(
        f"{at}/readings/record/", sent | {"readings": [{"key": "delta_t", "value": "99"}]}
    )
    assert refused.status_code == 409
    assert "cannot be" in refused.content.decode()
    kept = casey_program.post(
        f"{at}/readings/record/", sent | {"readings": [{"key": "delta_t", "value": "9 F"}]}
    )
    assert (kept.status_code, kept.json()["is_flagged"]) == (201, True)
    warranty = WarrantyFactory(unit=unit, starts_on=unit.installed_on, registered_months=120)
    day = here_today().isoformat()
    answer = casey_program.post(f"warranties/{warranty.uuid}/register/", {"on": day, "confirmation": "G-1"})
    assert answer.json()["confirmation"] == "G-1"
    claim = {"failed_part": "Fan", "fault": "Dead", "failed_on": day}
    made = casey_program.post(f"warranties/{warranty.uuid}/claim/", claim)
    assert (made.status_code, made.json()["state"]) == (201, "open")
    there = make_customer().site
    move = casey_program.post(f"{at}/move/", {"to_site": str(there.uuid), "because": "Taken along"})
    assert move.json()["to_site"] == str(there.uuid)
    back = casey_program.post(f"unit-moves/{move.json()['uuid']}/undo/", {"because": "Wrong"})
    assert back.json()["undone_at"]
    actions.raise_opportunity(unit.pk, kind="repair", summary="x", reasons=["Noisy"])
    raised = {"kind": "repair", "summary": "x", "reason": "Louder"}
    assert casey_program.post(f"{at}/opportunities/raise/", raised).json()["times_seen"] == 2
