"""How much one person may ask: counted in the database, so that every process counts the same.

One statement a request, on a table that is not logged. Counting through a cache in the database would take
a read and a write that do not know of each other, and would let two requests at once count as one.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.throttling import BaseThrottle

# The bucket is full at an instant ahead of us; every request moves it on, as long as that is within a minute.
TAKE = """
    INSERT INTO fsm_apiquota AS quota (bucket, full_at)
    VALUES (%(bucket)s, clock_timestamp() + %(each)s * interval '1 second')
    ON CONFLICT (bucket) DO UPDATE
    SET full_at = greatest(quota.full_at, clock_timestamp()) + %(each)s * interval '1 second'
    WHERE greatest(quota.full_at, clock_timestamp()) + %(each)s * interval '1 second'
          <= clock_timestamp() + interval '1 minute'
    RETURNING 0
"""
WAIT = """
    SELECT extract(
        epoch FROM full_at + %(each)s * interval '1 second' - interval '1 minute' - clock_timestamp()
    )
    FROM fsm_apiquota WHERE bucket = %(bucket)s
"""


class PerPerson(BaseThrottle):
    """So many requests a minute a person, reading and changing counted apart (settings.API_RATES)."""

    seconds: float | None = None

    def allow_request(self, request: Any, view: Any) -> bool:
        """Take one from the person's bucket."""
        facts: dict[str, str | float] = {
            "bucket": f"{view.rate}:{request.user.pk}",
            "each": 60 / settings.API_RATES[view.rate],
        }
        with connection.cursor() as cursor:
            cursor.execute(TAKE, facts)
            if cursor.fetchone() is not None:
                return True
            cursor.execute(WAIT, facts)
            row = cursor.fetchone()
        self.seconds = max(0.0, float(row[0])) if row else 0.0
        return False

    def wait(self) -> float | None:
        """Seconds until the next one is free."""
        return self.seconds
