"""What customers do by the clock."""

from __future__ import annotations

from customers.actions import imports, locating
from customers.geocoding import the_geocoder
from fsm import clock
from fsm.tasks import recurring


@recurring("*/5 * * * *")
def continue_stalled_imports() -> None:
    """An import whose worker was lost goes on by itself."""
    imports.resume_stalled_imports(now=clock.now())


@recurring("*/10 * * * *")
def place_sites() -> None:
    """Sites without a place on the map get the middle of their ZIP, and a better one from the provider."""
    locating.place_by_zip()
    if geocoder := the_geocoder():
        locating.locate_sites(geocoder, now=clock.now())
