"""The whole square of every state table."""

import pytest

from dispatch.states import ASSIGNMENT_STATES, HOLDING, JOB_STATES, VISIT_STATES
from fsm.states import NotPossible

SQUARES = [
    pytest.param(table, current, target, id=f"{table.noun}: {current} -> {target}")
    for table in (JOB_STATES, VISIT_STATES, ASSIGNMENT_STATES)
    for current in table.next
    for target in table.next
]


@pytest.mark.parametrize(("table", "current", "target"), SQUARES)
def test_a_state_follows_only_where_the_table_says_so(table, current, target):
    if target in table.next[current]:
        table.check(current, target)
    else:
        with pytest.raises(NotPossible, match=table.noun):
            table.check(current, target)


@pytest.mark.parametrize("table", [JOB_STATES, VISIT_STATES, ASSIGNMENT_STATES])
def test_every_state_stands_in_its_table(table):
    kind = type(next(iter(table.next)))
    assert set(table.next) == set(kind)


def test_what_holds_a_place_on_the_board_is_never_final():
    assert not set(HOLDING) & VISIT_STATES.final()


def test_a_cancelled_job_stays_cancelled():
    assert JOB_STATES.final() == {"cancelled"}
