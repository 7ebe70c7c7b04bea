from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.aging import Aging, Bucket, aged, bucket_of

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("late", "bucket"),
    [
        (-400, Bucket.CURRENT),
        (0, Bucket.CURRENT),
        (1, Bucket.DAYS_1_30),
        (30, Bucket.DAYS_1_30),
        (31, Bucket.DAYS_31_60),
        (60, Bucket.DAYS_31_60),
        (61, Bucket.DAYS_61_90),
        (90, Bucket.DAYS_61_90),
        (91, Bucket.OVER_90),
        (4000, Bucket.OVER_90),
    ],
)
def test_a_bucket_begins_and_ends_on_its_day(late, bucket):
    assert bucket_of(TODAY - timedelta(days=late), TODAY) is bucket


def test_the_buckets_hold_what_is_owed_and_credits_lower_them():
    due = TODAY - timedelta(days=10)
    aging = aged([(TODAY, D("100.00")), (due, D("50.00")), (due, D("-20.00"))], TODAY)
    assert aging.amounts[Bucket.CURRENT] == D(100)
    assert aging.amounts[Bucket.DAYS_1_30] == D(30)
    assert aging.amounts[Bucket.OVER_90] == D(0)
    assert (aging.total, aging.past_due) == (D(130), D(30))


def test_nothing_owed_is_five_empty_buckets():
    assert list(Aging().amounts) == list(Bucket)
    assert aged([], TODAY).total == 0


money = st.decimals(D("-99999"), D("99999"), places=2)


@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2030, 1, 1)), money)))
def test_no_cent_is_lost_between_the_buckets(owed):
    aging = aged(owed, TODAY)
    assert aging.total == sum((amount for _, amount in owed), D(0))
    assert aging.past_due == sum((amount for due, amount in owed if due < TODAY), D(0))
