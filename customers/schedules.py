"""What customers do by the clock."""

from __future__ import annotations

from customers.actions import imports, locating
from customers.geocoding import the_geocoder
from customers.quality import count_quality
from fsm import clock
from fsm.company import the_company
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


@recurring("30 4 * * *", tier="analytical")
def count_quality_of_the_day() -> None:
    """How clean the customer data is today, kept for the trend."""
    count_quality(clock.today_in(the_company().time_zone, clock.now()))
