"""A changed address that may be a slip waits, and the old one stays in force."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers import actions
from customers.address_guard import Doubt, Place, Point, judge, miles_between
from fsm.attribution import attributed
from fsm.models import Review
from fsm.reviews import approve_review, reject_review
from fsm.states import Stale
from tests.factories import instant

NOW = instant()
AUSTIN = Point(30.2672, -97.7431)
DEGREE = 69.0934  # miles of a degree of latitude on the sphere of the rule


def places():
    return st.builds(Point, st.floats(-89, 89), st.floats(-179, 179))


def judged(miles: float, *, limit: str = "50", cities=("Round Rock",), city="Round Rock", state="TX"):
    there = Point(AUSTIN.latitude + miles / DEGREE, AUSTIN.longitude)
    return judge(
        before=AUSTIN,
        after=there,
        place=Place("TX", cities, there),
        city=city,
        state=state,
        postal_code="78664",
        same_town=False,
        limit_miles=Decimal(limit),
    )


# The rule --------------------------------------------------------------------------------------------


def test_49_9_miles_pass_and_50_1_wait():
    assert judged(49.9).doubts == ()
    assert judged(50.1).doubts == (Doubt.FAR,)


@given(miles=st.floats(0, 500), limit=st.decimals(0, 400, places=1))
def test_a_move_waits_exactly_when_it_is_farther_than_the_limit(miles, limit):
    found = judged(miles, limit=str(limit))
    assert (Doubt.FAR in found.doubts) == (found.miles > limit)


@given(places(), places())
def test_a_distance_is_the_same_both_ways_and_never_more_than_half_around(one, other):
    there = miles_between(one, other)
    assert there == pytest.approx(miles_between(other, one), abs=1e-6)
    assert 0 <= there <= 12_440
    assert miles_between(one, one) == 0


def test_a_measured_distance_between_the_middles_of_two_zips(db):
    from customers.models import ZipPlace

    one, other = (
        Point(float(place.latitude), float(place.longitude))
        for place in ZipPlace.objects.filter(code__in=["30309", "30601"])
    )
    assert miles_between(one, other) == pytest.approx(60.1, abs=0.2)


def test_a_city_that_does_not_lie_in_its_zip_waits():
    assert judged(1, city="Dallas").doubts == (Doubt.OTHER_CITY,)
    assert judged(1, city="round rock").doubts == ()
    assert judged(1, cities=("Saint Paul",), city="St. Paul").doubts == ()
    assert judged(1, state="OK").doubts == (Doubt.OTHER_STATE,)


def test_what_cannot_be_measured_waits():
    unknown = {"city": "Austin", "state": "TX", "same_town": False, "limit_miles": Decimal(50)}
    found = judge(before=AUSTIN, after=None, place=None, postal_code="00000", **unknown)
    assert found.doubts == (Doubt.UNKNOWN_ZIP,)
    found = judge(before=None, after=None, place=None, postal_code="", **unknown)
    assert found.doubts == (Doubt.UNKNOWN_DISTANCE,)


# The action ------------------------------------------------------------------------------------------


@pytest.fixture
def site(make_customer):
    return make_customer(site={"city": "Austin", "state": "TX", "postal_code": "78701"}).site


def moved(site, **fields):
    site.refresh_from_db()
    return actions.edit_site(site.pk, version=site.version, now=NOW, **fields)


def test_a_near_address_holds_at_once(db, site):
    done = moved(site, street="2 Oak St", city="Round Rock", postal_code="78664")
    assert done.waits is None
    assert (done.site.city, done.site.latitude) == ("Round Rock", None)


def test_a_far_address_waits_while_the_rest_is_saved(db, site, casey):
    with attributed(user=casey):
        done = moved(site, city="Dallas", postal_code="75201", gate_code="4471")
    site.refresh_from_db()
    assert (site.city, site.postal_code, site.gate_code) == ("Austin", "78701", "4471")
    assert "miles" in done.waits.asked_because
    assert done.waits.after["Address"].endswith("Dallas, TX 75201")
    assert done.waits.asked_by_id == casey.pk


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"postal_code": "78000"}, "not known"),
        ({"city": "Round Rock"}, "does not lie in the ZIP"),
    ],
)
def test_a_slip_of_the_pen_waits(db, site, fields, words):
    assert words in moved(site, **fields).waits.asked_because


def test_another_house_in_the_same_town_is_not_asked_about(db, make_customer):
    odd = make_customer(site={"city": "Nowhere", "state": "TX", "postal_code": "00000"}).site
    assert moved(odd, street="77 Lake Austin Boulevard").waits is None


def test_approving_moves_the_site_and_rejecting_leaves_it(db, site, casey, marcus):
    with attributed(user=casey):
        first = moved(site, city="Dallas", postal_code="75201").waits
    approve_review(first.pk, by=marcus, version=first.version, now=NOW)
    site.refresh_from_db()
    assert site.city == "Dallas"
    with attributed(user=casey):
        second = moved(site, city="El Paso", state="TX", postal_code="79901").waits
    reject_review(second.pk, by=marcus, version=second.version, because="They did not move.", now=NOW)
    site.refresh_from_db()
    assert site.city == "Dallas"


def test_an_address_changed_meanwhile_drops_the_proposal_or_makes_it_stale(db, site, casey, marcus):
    with attributed(user=casey):
        waits = moved(site, city="Dallas", postal_code="75201").waits
    moved(site, street="9 Elm St")
    waits.refresh_from_db()
    assert waits.state == "withdrawn"
    with attributed(user=casey):
        again = moved(site, city="Dallas", postal_code="75201").waits
    site.refresh_from_db()
    site.street = "10 Elm St"
    site.save()
    with pytest.raises(Stale, match="10 Elm"):
        approve_review(again.pk, by=marcus, version=again.version, now=NOW)


def test_only_the_last_proposal_waits(db, site):
    moved(site, city="Dallas", postal_code="75201")
    moved(site, city="El Paso", postal_code="79901")
    assert [review.payload["address"]["city"] for review in Review.objects.waiting()] == ["El Paso"]


def test_the_page_says_that_it_waits_and_what_holds(site, casey_client):
    form = {
        "street": site.street, "city": "Dallas", "state": "TX", "postal_code": "75201",
        "branch": site.branch_id, "is_active": "on", "version": site.version,
    }  # fmt: skip
    page = casey_client.post(f"/customers/sites/{site.uuid}/edit/", form, follow=True)
    assert page.status_code == 200
    said = page.content.decode()
    assert "waits for a decision" in said
    assert "stays in force" in said
