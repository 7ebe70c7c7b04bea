"""Two phones, one circuit, the same second."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from equipment.actions import refrigerant
from equipment.models import LeakCase, LeakRate, RefrigerantRecord
from tests.equipment.conftest import on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two_additions(chiller, add):
    """Each over the trigger by itself; the circuit was charged in spring."""
    circuit = chiller()
    add(circuit, on(3, 1), "1")

    def one():
        return add(circuit, on(5, 30), "4")

    return one


def test_two_additions_at_once_are_one_rate_and_one_case(at_once, two_additions):
    assert [outcome.error for outcome in at_once(2, two_additions)] == [None, None]
    assert RefrigerantRecord.objects.filter(happened_at__date=date(2026, 5, 30)).count() == 2
    rate = LeakRate.objects.get(day=date(2026, 5, 30), superseded_at__isnull=True)
    assert rate.net_oz == 128
    assert LeakCase.objects.count() == 1


def test_without_the_circuits_lock_each_sees_its_own_addition_only(at_once, two_additions, monkeypatch):
    both_read, read = threading.Barrier(2), refrigerant.load_book

    def read_together(*args, **kwargs):
        book = read(*args, **kwargs)
        both_read.wait(20)
        return book

    monkeypatch.setattr(refrigerant, "load_book", read_together)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_how: rows)
    errors = [outcome.error for outcome in at_once(2, two_additions)]
    assert sorted(isinstance(error, IntegrityError) for error in errors) == [False, True]
