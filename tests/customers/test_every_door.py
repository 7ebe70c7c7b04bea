"""The address guard stands behind every door: 49.9 miles pass, 50.1 wait."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from customers.actions import imports
from customers.models import Site, ZipPlace
from fsm.inbox import receive
from fsm.models import Outcome, Review
from tests.api.conftest import Program
from tests.customers.test_address_guard import DEGREE
from tests.customers.test_import_shapes import SERVICETITAN, confirmed, row, run

OLD = {"street": "12 Oak St", "city": "Austin", "state": "TX", "postal_code": "78701"}
NEW = {"street": "9 Elm St", "city": "Waco", "state": "TX", "postal_code": "76701"}


def stand_away(site: Site, miles: float) -> None:
    """Put the site so many miles south of the middle of the new ZIP."""
    place = ZipPlace.objects.get(code=NEW["postal_code"])
    site.latitude = place.latitude - Decimal(miles / DEGREE).quantize(Decimal("0.000001"))
    site.longitude = place.longitude
    site.save()


def by_page(site, casey_client, **_others):
    form = NEW | {"branch": site.branch_id, "is_active": "on", "version": site.version}
    assert casey_client.post(f"/customers/sites/{site.uuid}/edit/", form).status_code == 302


def by_phone(site, make_job, tess, **_others):
    job = make_job(customer=site.customer, site=site, technician=tess)
    body = NEW | {"visit": str(job.visit.uuid), "version": str(site.version)}
    assert receive(tess, uuid.uuid4(), "site.correct", body).outcome == Outcome.APPLIED


def by_api(site, casey, **_others):
    answer = Program(casey).post(f"sites/{site.uuid}/edit/", NEW | {"version": site.version})
    assert answer.status_code == 200, answer.content
    assert answer.json()["address_waits"] == Review.objects.waiting().exists()


def _list(place):
    street, city, state, code = place.values()
    line = f"C1,Ana Ruiz,Residential,false,,,,,,L1,,{street},,{city},{state},{code},512-232-1234,"
    return confirmed(SERVICETITAN, line)


def by_import(site, **_others):
    batch = _list(NEW)
    imports.take_over_row(row(batch, 2).pk)
    run(batch)


@pytest.mark.parametrize("door", [by_page, by_phone, by_api, by_import], ids=lambda door: door.__name__)
@pytest.mark.parametrize(("miles", "waits"), [(49.9, False), (50.1, True)])
def test_49_9_miles_pass_and_50_1_wait(
    door, miles, waits, branch, casey, casey_client, tess, make_job, monkeypatch
):
    monkeypatch.setattr(imports, "enqueue", lambda *args, **kwargs: None)
    run(_list(OLD))
    site = Site.objects.get()
    stand_away(site, miles)
    door(site, casey=casey, casey_client=casey_client, tess=tess, make_job=make_job)
    site.refresh_from_db()
    assert site.city == ("Austin" if waits else "Waco")
    assert Review.objects.waiting().filter(kind="site.address").exists() == waits
