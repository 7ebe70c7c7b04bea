"""What customers do by the clock."""

from __future__ import annotations

from datetime import timedelta

from customers.actions import duplicates, imports, locating, merging
from customers.geocoding import the_geocoder
from customers.quality import count_quality
from fsm import clock
from fsm.company import the_company
from fsm.tasks import recurring

TWO_NIGHTS = timedelta(days=2)  # a night that was missed is made up for
SUNDAY = 6


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


@recurring("15 3 * * *", tier="analytical")
def find_duplicates_of_the_night() -> None:
    """Copies among the customers that changed; once a week among all of them."""
    now = clock.now()
    merging.bring_stragglers()
    everybody = clock.today_in(the_company().time_zone, now).weekday() == SUNDAY
    duplicates.find_duplicate_pairs(now=now, changed_since=None if everybody else now - TWO_NIGHTS)


@recurring("30 4 * * *", tier="analytical")
def count_quality_of_the_day() -> None:
    """How clean the customer data is today, kept for the trend."""
    count_quality(clock.today_in(the_company().time_zone, clock.now()))
