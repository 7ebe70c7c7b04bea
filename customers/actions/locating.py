"""Giving sites their place on the map: the middle of the ZIP for all, better where a provider is set."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Left

from fsm.attribution import because
from fsm.history import update_each_with_history
from fsm.references import ref_of

from ..geocoding import Geocoder, GeocoderFailed, Located
from ..models import CoordinatesQuality, GeocodedAddress, Site, ZipPlace

AT_ONCE = 500
ASKED_AT_ONCE = 50
ASK_AGAIN_AFTER = timedelta(days=30)


@transaction.atomic
def place_by_zip(*, limit: int = AT_ONCE) -> int:
    """Give sites without coordinates the middle of their ZIP, a batch at a time; returns how many.

    Sites whose ZIP is unknown are left as they are: the page of data quality names them.
    """
    waiting = (
        Site.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(latitude__isnull=True, is_active=True)
        .exclude(postal_code="")
        .annotate(zip5=Left("postal_code", 5))
        .filter(zip5__in=ZipPlace.objects.values("code"))
        .order_by("pk")[:limit]
    )
    sites = list(waiting)
    codes = {site.postal_code[:5] for site in sites}
    places = {place.code: place for place in ZipPlace.objects.filter(code__in=codes)}
    for site in sites:
        place = places[site.postal_code[:5]]
        site.latitude, site.longitude = place.latitude, place.longitude
        site.coordinates_quality = CoordinatesQuality.ZIP
    with because("placed at the middle of its ZIP"):
        return update_each_with_history(sites, ["latitude", "longitude", "coordinates_quality"])


def locate_sites(geocoder: Geocoder, *, now: datetime, limit: int = ASKED_AT_ONCE) -> int:
    """Ask the provider for sites that stand at the middle of their ZIP; returns how many are placed better.

    No row is locked while the provider is asked; an address is asked once and its answer kept. What the
    provider does not know is asked again after a month.
    """
    asked_lately = GeocodedAddress.objects.filter(
        quality=CoordinatesQuality.ZIP, found_at__gt=now - ASK_AGAIN_AFTER
    )
    waiting = (
        Site.objects.filter(coordinates_quality=CoordinatesQuality.ZIP, is_active=True)
        .exclude(Q(match_key="") | Q(match_key__in=asked_lately.values("match_key")))
        .order_by("-pk")[:limit]
    )
    placed = 0
    for site in waiting:
        known = GeocodedAddress.objects.filter(match_key=site.match_key).first()
        if known and known.quality != CoordinatesQuality.ZIP:
            found: Located | None = Located(
                known.latitude, known.longitude, CoordinatesQuality(known.quality), known.provider
            )
        else:
            try:
                found = geocoder.locate(site.one_line, ref_of(site))
            except GeocoderFailed:
                break  # it has trouble of its own: the rest waits for the next turn
        placed += _keep(site, found, geocoder.name, now)
    return placed


@transaction.atomic
def _keep(site: Site, found: Located | None, provider: str, now: datetime) -> int:
    """Write the answer into the cache and onto the site, unless its address changed meanwhile."""
    standing = Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    if standing.match_key != site.match_key or standing.latitude is None or standing.longitude is None:
        return 0
    GeocodedAddress.objects.update_or_create(
        match_key=site.match_key,
        defaults={
            "latitude": found.latitude if found else standing.latitude,
            "longitude": found.longitude if found else standing.longitude,
            "quality": found.quality if found else CoordinatesQuality.ZIP,
            "provider": found.provider if found else provider,
            "found_at": now,
        },
    )
    if found is None:
        return 0
    standing.latitude, standing.longitude = found.latitude, found.longitude
    standing.coordinates_quality = found.quality
    with because(f"located by {found.provider}"):
        standing.save(update_fields=["latitude", "longitude", "coordinates_quality"])
    return 1
