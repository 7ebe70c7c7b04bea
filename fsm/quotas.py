"""How often something may be asked, counted in the database so that every process counts the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac

# The bucket is full at an instant ahead of us; every request moves it on, as long as that is within the span.
TAKE = """
    INSERT INTO fsm_apiquota AS quota (bucket, full_at)
    VALUES (%(bucket)s, clock_timestamp() + %(each)s)
    ON CONFLICT (bucket) DO UPDATE SET full_at = greatest(quota.full_at, clock_timestamp()) + %(each)s
    WHERE greatest(quota.full_at, clock_timestamp()) + %(each)s <= clock_timestamp() + %(span)s
    RETURNING 0
"""


def take_one(what: str, whose: str, *, most: int, span: timedelta) -> bool:
    """Whether somebody may do something once more; `whose` is kept as a digest only."""
    bucket = f"{what}:{salted_hmac('fsm.quotas', whose, algorithm='sha256').hexdigest()[: 39 - len(what)]}"
    with connection.cursor() as cursor:
        facts: dict[str, Any] = {"bucket": bucket, "each": span / most, "span": span}
        cursor.execute(TAKE, facts)
        return cursor.fetchone() is not None
