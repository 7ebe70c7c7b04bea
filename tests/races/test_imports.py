from __future__ import annotations

from typing import Any

import pytest

from customers.actions import imports
from customers.models import Customer, ExternalId, RowOutcome, Site
from customers.states import ImportState
from tests.customers.test_quickbooks_customers_file import iif, row

ROWS = [
    row(NAME=f"A{n} B", REFNUM=str(n), FIRSTNAME=f"A{n}", LASTNAME="B", SADDR1=f"{n} Oak St")
    for n in range(40)
]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch, branch: Any) -> None:
    """Few rows a transaction, so that two workers meet often; nothing is queued."""
    monkeypatch.setattr(imports, "CHUNK", 3)
    monkeypatch.setattr(imports.import_next_rows.__wrapped__, "__kwdefaults__", {"limit": 3})
    monkeypatch.setattr(imports, "enqueue", lambda *args, **kwargs: None)


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_import_bring_every_row_in_once(at_once):
    batch = imports.read_import(iif(*ROWS), file_name="list.iif")
    imports.start_import(batch.pk)
    outcomes = at_once(2, lambda: imports.run_import(batch_id=batch.pk))
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert set(batch.rows.values_list("outcome", flat=True)) == {RowOutcome.IMPORTED}
    assert Customer.objects.count() == Site.objects.count() == ExternalId.objects.count() == len(ROWS)


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_the_same_time_bring_every_row_in_once(at_once):
    batches = [imports.read_import(iif(*ROWS), file_name=f"{number}.iif") for number in range(2)]
    for batch in batches:
        imports.start_import(batch.pk)
    outcomes = at_once(2, lambda number: imports.run_import(batch_id=batches[number].pk))
    assert [outcome.error for outcome in outcomes] == [None, None]
    for batch in batches:
        batch.refresh_from_db()
        assert batch.state == ImportState.DONE
        assert set(batch.rows.values_list("outcome", flat=True)) <= {
            RowOutcome.IMPORTED,
            RowOutcome.UNCHANGED,
        }
    assert Customer.objects.count() == len(ROWS)
