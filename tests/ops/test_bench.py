"""The instruments themselves: what counts as within a limit, and that every measure still measures."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from fsm import bench
from fsm.bench import Bench, Result, Timing, as_in_production, middle, p95
from fsm.databases import configured
from fsm.management.commands.bench import Command


def test_a_value_binds_by_itself_and_a_ratio_where_there_is_a_floor():
    assert Result("page", 24.9, "ms CPU", limit=25).ok
    assert not Result("page", 25.1, "ms CPU", limit=25).ok
    assert Result("page", 99.0, "ms").ok
    assert Result("insert", 19.0, "µs", limit=2, floor=10.0).ok
    slow = Result("insert", 21.0, "µs", limit=2, floor=10.0)
    assert (slow.ok, slow.ratio) == (False, 2.1)


def test_a_result_has_the_fields_that_programs_read():
    assert Result("insert", 19.0, "µs", limit=2, floor=10.0, beside="not for programs").as_json() == {
        "name": "insert",
        "value": 19.0,
        "unit": "µs",
        "floor": 10.0,
        "ratio": 1.9,
        "limit": 2,
        "ok": True,
    }
    assert Result("page", 1.0, "ms").as_json()["floor"] is None


def test_what_else_the_machine_does_only_adds():
    calm, disturbed = [0.010] * 10, [0.030] * 10
    assert middle([*disturbed, *calm, *disturbed, *disturbed]) == pytest.approx(10)
    assert middle([0.003, 0.001, 0.002]) == pytest.approx(2)


def test_one_in_twenty_exceeds_the_95th_percentile():
    assert p95([n / 1000 for n in range(1, 101)]) == pytest.approx(95)
    assert p95([0.5]) == pytest.approx(500)


def test_the_databases_processor_time_is_seen(db):
    from django.db import connection

    def work(_: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM generate_series(1, 200000)")

    timing: Timing = Bench(quick=True).time(work, repeats=3, warm=0)
    if any(timing.backend):  # only where the server runs on this machine
        assert sum(timing.backend) > sum(timing.cpu)
    assert len(timing.both) == 3


@pytest.mark.django_db(transaction=True)
def test_every_measure_measures():
    """On little data, in the test's own database; whether the limits hold is the command's to say."""
    found = []
    with as_in_production():
        small = Bench(quick=True)
        for name, (_title, take) in bench.measures().items():
            results = list(take(small))
            assert results, name
            found += results
    names = {result.name for result in found}
    assert {"board", "record", "move", "search p95", "insert with history", "update with history"} <= names
    queries = {result.name: result for result in found if result.unit == "queries"}
    assert all(result.ok for result in queries.values()), queries
    assert all(result.value > 0 for result in found)


def test_a_broken_limit_ends_the_command_with_an_error(db, monkeypatch):
    """Everything around the measures is left out: no database is made."""
    from contextlib import nullcontext

    from fsm.management.commands import bench as command

    monkeypatch.setattr(command, "temporary", lambda purpose: nullcontext(configured()))
    monkeypatch.setattr(command, "fill", lambda *args, **kwargs: None)
    monkeypatch.setattr(command, "using", lambda address: nullcontext())
    monkeypatch.setattr(
        command,
        "measures",
        lambda: {
            "good": ("good", lambda b: iter([Result("good", 1, "ms", limit=2)])),
            "bad": ("bad", lambda b: iter([Result("bad", 3, "ms", limit=2)])),
        },
    )
    out = StringIO()
    with pytest.raises(CommandError, match=r"Over the limit: bad\."):
        call_command(Command(), json=True, stdout=out)
    assert [row["ok"] for row in json.loads(out.getvalue())] == [True, False]
    out = StringIO()
    call_command(Command(), "good", stdout=out)
    assert "good" in out.getvalue()
    assert "bad" not in out.getvalue()
    with pytest.raises(CommandError, match="no measure nothing"):
        call_command(Command(), "nothing")
