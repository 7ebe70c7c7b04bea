"""A chiller over its trigger rate, for the tests of compliance."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

import pytest

from equipment import actions
from equipment.actions import cases
from equipment.models import CaseEvent, ChargeRevision, Circuit, LeakCase, Refrigerant, RefrigerantRecord
from tests import factories as make
from tests.factories import instant

NOW = instant(day=date(2026, 12, 1))


def on(month: int, day: int, hour: int = 10, year: int = 2026):
    return instant(hour, day=date(year, month, day))


@pytest.fixture
def chiller(make_customer):
    """An R-134a chiller of 40 lb, not exempt, whose clock starts with a calculated addition in January."""

    def made(name: str = "R-134a", pounds: int = 40, **fields) -> Circuit:
        unit = make.UnitFactory(site=make_customer().site, category="chiller", installed_on=date(2020, 5, 1))
        refrigerant = Refrigerant.objects.get(designation=name)
        values = {
            "unit": unit,
            "refrigerant": refrigerant,
            "full_charge_oz": Decimal(pounds * 16),
            "exempt": "no",
            "category": "comfort",
            "started_on": date(2020, 5, 1),
        }
        circuit = make.CircuitFactory(**(values | fields))
        ChargeRevision.objects.create(
            circuit=circuit,
            effective_on=date(2020, 5, 1),
            refrigerant=refrigerant,
            full_charge_oz=circuit.full_charge_oz,
            method="manufacturer",
        )
        return circuit

    return made


@pytest.fixture
def add(tess):
    def added(circuit: Circuit, when, pounds: str | Decimal, **fields) -> RefrigerantRecord:
        values = {
            "uuid": uuid.uuid4(),
            "circuit_id": circuit.pk,
            "kind": "added",
            "ounces": Decimal(pounds) * 16,
            "technician_id": tess.pk,
            "happened_at": when,
            "now": max(when, NOW),
        }
        return actions.record_refrigerant(**(values | fields))

    return added


@pytest.fixture
def step(tess):
    def noted(case: LeakCase, what: str, day: date, **fields) -> CaseEvent:
        values = {
            "technician_id": tess.pk if what in cases.BY_TECHNICIAN else None,
            "method": "Electronic detector" if what in cases.BY_METHOD else "",
            "all_parts_inspected": True if what == "inspection" else None,
            "now": NOW,
        }
        return cases.log_case_event(case.pk, step=what, happened_on=day, **(values | fields))

    return noted


@pytest.fixture
def case(chiller, add):
    """Exceeded on March 2: due April 1."""
    circuit = chiller()
    add(circuit, on(1, 10), "1")
    add(circuit, on(3, 2), "4")
    return LeakCase.objects.get()
