"""Data quality: what is wanting, where it came from, how it went over time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from customers import actions
from customers.models import Customer, QualityCount
from customers.quality import BY_KEY, MEASURES, count_quality, measured, trends
from customers.web.quality import line_of
from tests import factories as make
from tests.factories import instant

DAY = date(2026, 7, 14)
CLEAN = {"city": "Austin", "state": "TX", "postal_code": "78701", "latitude": 30, "longitude": -97,
         "coordinates_quality": "street", "address_standing": "standardised"}  # fmt: skip


@pytest.fixture
def clean(make_customer):
    made = make_customer(
        kind="household",
        first_name="Lisa",
        last_name="Hall",
        phone="5125550142",
        email="l@x.example",
        site=CLEAN,
    )
    made.phone.doubt = ""
    made.phone.verified_at = instant()
    made.phone.save()
    return made


def wanting(key):
    return BY_KEY[key].wanting(Customer.objects.filter(is_active=True))


def test_a_clean_record_wants_nothing(clean):
    assert [found.measure.key for found in measured(Customer.objects.all()) if found.count] == []


@pytest.mark.parametrize("measure", [measure.key for measure in MEASURES])
def test_each_measure_finds_what_lacks_it_and_only_that(clean, make_customer, measure):
    other = make_customer(kind="household", first_name="Ann", last_name="Bee", phone="5125550143", site=CLEAN)
    other.phone.doubt = ""
    other.phone.verified_at = instant()
    other.phone.save()
    site, phone = other.site, other.phone
    if measure == "duplicates":
        make.DuplicatePairFactory(first=other, second=make.CustomerFactory(is_active=False))
    elif measure == "unreachable":
        phone.delete()
        other.email.delete()
    elif measure == "unverified_phones":
        phone.verified_at = None
        phone.save()
    elif measure == "doubtful_phones":
        phone.doubt = "made_up"
        phone.save()
    elif measure == "no_site":
        site.is_active = False
        site.save()
    elif measure == "incomplete":
        other.first_name = ""
        other.save()
    else:
        changes = {
            "unknown_zip": {"postal_code": "00000"},
            "no_coordinates": {"latitude": None, "longitude": None, "coordinates_quality": ""},
            "coarse_coordinates": {"coordinates_quality": "zip"},
            "as_given": {"address_standing": "as_given"},
        }[measure]
        for name, value in changes.items():
            setattr(site, name, value)
        site.save()
    assert list(wanting(measure)) == [other]


def test_counts_are_kept_by_day_and_origin_and_counted_again_replace(clean):
    bought = make.CustomerFactory(last_name="", first_name="")
    make.ExternalIdFactory(customer=bought, system="housecall")
    count_quality(DAY)
    count_quality(DAY)
    row = QualityCount.objects.get(measure="incomplete")
    assert (row.origin, row.count, row.total) == ("housecall", 1, 2)
    bought.first_name, bought.last_name = "Ann", "Bee"
    bought.save()
    count_quality(DAY + timedelta(days=1))
    assert trends(until=DAY + timedelta(days=1))["incomplete"] == [(DAY, 1), (DAY + timedelta(days=1), 0)]


def test_a_trend_needs_two_days_and_stays_in_its_box():
    assert line_of([(DAY, 4)]) is None
    line = line_of([(DAY, 4), (DAY + timedelta(days=1), 2), (DAY + timedelta(days=9), 0)])
    xs, ys = zip(*(map(float, point.split(",")) for point in line.points.split()), strict=True)
    assert (min(xs), max(xs)) == (0, 160)
    assert all(0 <= y <= 28 for y in ys)


def test_the_pages_show_counts_and_lead_to_the_records(clean, make_customer, casey_client):
    other = make_customer(name="No Reach", first_name="", last_name="")
    page = casey_client.get("/customers/quality/")
    assert page.status_code == 200
    assert "/customers/quality/incomplete/" in page.content.decode()
    listed = casey_client.get("/customers/quality/incomplete/").content.decode()
    assert str(other.uuid) in listed
    assert str(clean.uuid) not in listed
    assert casey_client.get("/customers/quality/nonsense/").status_code == 404


@pytest.mark.parametrize("n", [1, 20])
def test_the_page_costs_the_same_for_1_or_20_records(
    n, make_customer, casey_client, django_assert_max_num_queries
):
    for _ in range(n):
        make_customer()
    with django_assert_max_num_queries(len(MEASURES) + 10):
        casey_client.get("/customers/quality/")


def test_property_managers_need_a_billing_address(branch):
    made = actions.add_customer(kind="property_manager", company_name="Oak Realty", now=instant())
    assert list(wanting("incomplete")) == [made]
