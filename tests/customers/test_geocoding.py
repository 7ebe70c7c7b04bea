"""Where sites are: by ZIP at once, better by a provider, never in a request and never twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from customers.actions.locating import locate_sites, place_by_zip
from customers.geocoding import CensusGeocoder, GeocoderFailed, NominatimGeocoder, the_geocoder
from customers.models import CoordinatesQuality, GeocodedAddress, Site
from fsm.models import Exchange
from fsm.references import ref_of
from tests import factories as make
from tests.factories import instant

NOW = instant()
MATCH = {"result": {"addressMatches": [{"coordinates": {"x": -97.7412345678, "y": 30.3051}}]}}
NOTHING = {"result": {"addressMatches": []}}


class Provider:
    """An outside service that counts what it is asked."""

    def __init__(self, answer=MATCH, status=200):
        self.answer, self.status, self.asked = answer, status, []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(dict(request.url.params))
        if isinstance(self.answer, Exception):
            raise self.answer
        return httpx.Response(self.status, json=self.answer)


def census(provider):
    return CensusGeocoder("https://geo.example", httpx.MockTransport(provider))


@pytest.fixture
def site(db):
    return make.SiteFactory(street="1 Oak St", city="Austin", state="TX", postal_code="78701-1234",
                            match_key="1 oak|78701", latitude=None, longitude=None)  # fmt: skip


def test_a_site_gets_the_middle_of_its_zip_and_says_so(site):
    assert place_by_zip() == 1
    site.refresh_from_db()
    assert (round(site.latitude, 1), site.coordinates_quality) == (Decimal("30.3"), "zip")
    assert site.history.latest().history_change_reason == "placed at the middle of its ZIP"
    assert place_by_zip() == 0


def test_an_unknown_zip_stays_off_the_map(db):
    make.SiteFactory(postal_code="00000", latitude=None, longitude=None)
    assert place_by_zip() == 0


def test_a_provider_places_it_better_and_is_asked_once(site):
    place_by_zip()
    provider = Provider()
    assert locate_sites(census(provider), now=NOW) == 1
    site.refresh_from_db()
    assert (site.latitude, site.longitude) == (Decimal("30.305100"), Decimal("-97.741235"))
    assert site.coordinates_quality == CoordinatesQuality.STREET
    twin = make.SiteFactory(match_key=site.match_key, latitude=1, longitude=1, coordinates_quality="zip")
    assert locate_sites(census(provider), now=NOW) == 1
    twin.refresh_from_db()
    assert twin.latitude == site.latitude
    assert [query["address"] for query in provider.asked] == ["1 Oak St, Austin, TX 78701-1234"]
    assert Exchange.objects.get(system="census").about_uuid == site.uuid


def test_what_the_provider_does_not_know_is_asked_again_after_a_month(site):
    place_by_zip()
    provider = Provider(NOTHING)
    for _ in range(2):
        assert locate_sites(census(provider), now=NOW) == 0
    assert len(provider.asked) == 1
    locate_sites(census(provider), now=NOW + timedelta(days=31))
    assert len(provider.asked) == 2
    site.refresh_from_db()
    assert site.coordinates_quality == CoordinatesQuality.ZIP


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({}, 200),
        ({"result": {"addressMatches": [{"coordinates": {"x": "east", "y": 1}}]}}, 200),
        ({"result": {"addressMatches": [{"coordinates": {"x": 1, "y": 999}}]}}, 200),
        ({}, 503),
        (httpx.ConnectTimeout("slow"), 200),
    ],
)
def test_a_provider_in_trouble_changes_nothing_and_is_on_record(site, answer, status):
    place_by_zip()
    with pytest.raises(GeocoderFailed):
        census(Provider(answer, status)).locate("1 Oak St", ref_of(site))
    assert locate_sites(census(Provider(answer, status)), now=NOW) == 0
    assert not GeocodedAddress.objects.exists()
    assert Exchange.objects.filter(system="census").count() == 2


def test_an_address_that_changed_while_the_provider_thought_is_left_alone(site):
    place_by_zip()

    def change_meanwhile(request):
        moved = Site.objects.get(pk=site.pk)
        moved.match_key = "2 elm|78701"
        moved.save()
        return httpx.Response(200, json=MATCH)

    assert locate_sites(census(change_meanwhile), now=NOW) == 0
    site.refresh_from_db()
    assert site.coordinates_quality == CoordinatesQuality.ZIP


def test_nominatim_tells_a_building_from_a_street(site):
    answers = [{"lat": "30.3", "lon": "-97.7", "addresstype": "building"}]
    geocoder = NominatimGeocoder("https://osm.example", httpx.MockTransport(Provider(answers)))
    assert geocoder.locate("1 Oak St", ref_of(site)).quality == CoordinatesQuality.ROOFTOP
    geocoder = NominatimGeocoder("https://osm.example", httpx.MockTransport(Provider([])))
    assert geocoder.locate("1 Oak St", ref_of(site)) is None


def test_without_a_setting_nobody_outside_is_asked(settings):
    assert the_geocoder() is None
    settings.GEOCODER = "census"
    assert the_geocoder().name == "census"
