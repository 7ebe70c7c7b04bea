"""The ZIP codes of the United States: a table that the house fills for itself from a library's list."""

from __future__ import annotations

from typing import Any

import zipcodes
from django.db import connection

COLUMNS = ("code", "city", "state", "cities", "latitude", "longitude")


def fill_zip_places() -> int:
    """Write the table anew from the library's list, in this transaction; returns how many places it holds.

    Codes without coordinates (they belong to no place on the map) are left out.
    """
    listed: list[dict[str, Any]] = zipcodes.list_all()  # type: ignore[no-untyped-call]
    rows = [
        (place["zip_code"], place["city"], place["state"], _cities(place), place["lat"], place["long"])
        for place in listed
        if float(place["lat"] or 0) and float(place["long"] or 0)
    ]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers_zipplace")
        with cursor.copy(f"COPY customers_zipplace ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    return len(rows)


def _cities(place: dict[str, object]) -> list[str]:
    """Every name of a city that is right there, the usual one first."""
    accepted = place["acceptable_cities"]
    others = accepted if isinstance(accepted, list) else []
    return [str(place["city"]), *(str(city) for city in others)]
