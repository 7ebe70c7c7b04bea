"""Where an address is: a port with the middle of the ZIP as the offline answer, and a provider if one is set.

Nothing here runs in a request: `customers/schedules.py` asks for what has no place on the map yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import httpx
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from fsm.exchanges import exchange
from fsm.references import Reference

from .models import CoordinatesQuality

TIMEOUT_SECONDS = 10.0
SIX_PLACES = Decimal("0.000001")


class GeocoderFailed(Exception):
    """The provider did not answer, or with something else than it promises; asked again later."""


@dataclass(frozen=True)
class Located:
    """Degrees north and east with six places, how exact they are, and who said so."""

    latitude: Decimal
    longitude: Decimal
    quality: CoordinatesQuality
    provider: str


class Geocoder(Protocol):
    """Whoever can say where an address is."""

    name: str

    def locate(self, address: str, about: Reference) -> Located | None:
        """Where a one-line address is; None where it is not known. Raises GeocoderFailed."""


class CensusGeocoder:
    """The geocoder of the US Census Bureau: free, without a key, of streets interpolated by house number."""

    name = "census"
    path = "/geocoder/locations/onelineaddress"

    def __init__(self, base: str, transport: httpx.BaseTransport | None = None) -> None:
        self._base, self._transport = base.rstrip("/"), transport

    def locate(self, address: str, about: Reference) -> Located | None:
        """Ask for the best match of the address."""
        query = {"address": address, "benchmark": "Public_AR_Current", "format": "json"}
        answer = _ask(self.name, self._base + self.path, query, about, self._transport)
        try:
            matches = answer["result"]["addressMatches"]
            if not matches:
                return None
            point = matches[0]["coordinates"]
            return _located(point["y"], point["x"], CoordinatesQuality.STREET, self.name)
        except (KeyError, TypeError, IndexError, ArithmeticError) as problem:
            raise GeocoderFailed(f"unexpected answer: {problem!r}") from problem


class NominatimGeocoder:
    """A Nominatim server of one's own: OpenStreetMap's places."""

    name = "nominatim"
    path = "/search"

    def __init__(self, base: str, transport: httpx.BaseTransport | None = None) -> None:
        self._base, self._transport = base.rstrip("/"), transport

    def locate(self, address: str, about: Reference) -> Located | None:
        """Ask for the best match of the address."""
        query = {"q": address, "format": "jsonv2", "limit": "1", "countrycodes": "us"}
        answer = _ask(self.name, self._base + self.path, query, about, self._transport)
        try:
            if not answer:
                return None
            found = answer[0]
            of_house = found.get("addresstype") in {"building", "house"} or found.get("type") == "house"
            quality = CoordinatesQuality.ROOFTOP if of_house else CoordinatesQuality.STREET
            return _located(found["lat"], found["lon"], quality, self.name)
        except (KeyError, TypeError, IndexError, AttributeError, ArithmeticError) as problem:
            raise GeocoderFailed(f"unexpected answer: {problem!r}") from problem


PROVIDERS: dict[str, tuple[type[CensusGeocoder] | type[NominatimGeocoder], str]] = {
    "census": (CensusGeocoder, "https://geocoding.geo.census.gov"),
    "nominatim": (NominatimGeocoder, ""),
}


def the_geocoder() -> Geocoder | None:
    """The provider that the settings name, or None: then the middle of the ZIP is all that is said."""
    name = settings.GEOCODER
    if not name:
        return None
    if name not in PROVIDERS:
        raise ImproperlyConfigured(f"GEOCODER is one of: {', '.join(sorted(PROVIDERS))}.")
    provider, usual = PROVIDERS[name]
    return provider(settings.GEOCODER_URL or usual)


def _ask(
    system: str, url: str, query: dict[str, str], about: Reference, transport: httpx.BaseTransport | None
) -> Any:
    try:
        with (
            exchange(system, "locate", about=about, request=query) as talk,
            httpx.Client(transport=transport, timeout=TIMEOUT_SECONDS) as client,
        ):
            reply = client.get(url, params=query, headers={"User-Agent": "Sightglass"})
            talk.answered(status=reply.status_code, body=reply.text[:2000])
            reply.raise_for_status()
            return reply.json()
    except (httpx.HTTPError, ValueError) as problem:
        raise GeocoderFailed(str(problem)) from problem


def _located(latitude: Any, longitude: Any, quality: CoordinatesQuality, provider: str) -> Located:
    north, east = (Decimal(str(value)).quantize(SIX_PLACES) for value in (latitude, longitude))
    if abs(north) > 90 or abs(east) > 180:
        raise GeocoderFailed("coordinates outside the earth")
    return Located(north, east, quality, provider)
