"""Whether something may be said to a customer, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.sending import (
    Answer,
    HoldBack,
    QuietHours,
    Send,
    Wait,
    Why,
    answer_of,
    decide,
    parts_of_text,
    plainer,
)
from fsm.clock import at, local

CHICAGO = "America/Chicago"
FIRST, LAST = datetime(2026, 1, 1), datetime(2027, 12, 31)  # noqa: DTZ001 (hypothesis adds the zone)
NIGHT = QuietHours(time(20), time(8), CHICAGO)
NOON = at(CHICAGO, date(2026, 7, 14), time(12))
LATE = at(CHICAGO, date(2026, 7, 14), time(22))


def judged(channel="text", **facts):
    usual = {"occasion": "booked", "consent": "", "opted_out": False, "now": NOON, "quiet": NIGHT}
    return decide(channel, **(usual | facts))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, Send()),
        ({"now": LATE}, Wait(at(CHICAGO, date(2026, 7, 15), time(8)))),
        ({"now": LATE, "channel": "email"}, Send()),
        ({"now": LATE, "occasion": "on_my_way"}, Send()),
        ({"now": LATE, "by_hand": True}, Wait(at(CHICAGO, date(2026, 7, 15), time(8)))),
        ({"now": LATE, "useful_until": LATE + timedelta(hours=9)}, HoldBack(Why.TOO_LATE)),
        ({"now": LATE, "useful_until": LATE + timedelta(hours=11)}, Wait(LATE + timedelta(hours=10))),
        ({"useful_until": NOON}, HoldBack(Why.TOO_LATE)),
        ({"consent": "no"}, HoldBack(Why.REFUSED)),
        ({"consent": "no", "by_hand": True}, HoldBack(Why.REFUSED)),
        ({"consent": "no", "by_hand": True, "channel": "email"}, HoldBack(Why.REFUSED)),
        ({"consent": "no", "channel": "email", "occasion": "invoice"}, HoldBack(Why.REFUSED)),
        ({"consent": "no", "by_hand": True, "channel": "email", "occasion": "invoice"}, Send()),
        ({"consent": "no", "by_hand": True, "occasion": "invoice"}, HoldBack(Why.REFUSED)),
        ({"opted_out": True}, HoldBack(Why.OPTED_OUT)),
        ({"opted_out": True, "consent": "yes"}, HoldBack(Why.OPTED_OUT)),
        (
            {"opted_out": True, "by_hand": True, "channel": "email", "occasion": "invoice"},
            HoldBack(Why.OPTED_OUT),
        ),
        ({"occasion": "plan_due"}, HoldBack(Why.NEVER_ASKED)),
        ({"occasion": "plan_due", "channel": "email"}, Send()),
        ({"occasion": "plan_due", "consent": "yes"}, Send()),
        ({"occasion": "plan_due", "consent": "yes", "preferred": "call"}, HoldBack(Why.OTHER_CHANNEL)),
        ({"preferred": "call"}, Send()),
        ({"served": False}, HoldBack(Why.NOT_SERVED)),
        ({"served": False, "occasion": "payment"}, Send()),
        ({"served": False, "by_hand": True}, Send()),
    ],
)
def test_what_becomes_of_a_message(facts, expected):
    assert judged(**facts) == expected


moments = st.datetimes(timezones=st.just(UTC), min_value=FIRST, max_value=LAST)
near_a_change = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes),
    st.sampled_from([datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)]),
    st.integers(0, 36 * 60),
)
walls = st.times().map(lambda wall: wall.replace(second=0, microsecond=0))
zones = st.sampled_from([CHICAGO, "America/New_York", "America/Phoenix", "Pacific/Honolulu"])


@given(st.one_of(moments, near_a_change), walls, walls, zones)
@settings(max_examples=300)
def test_quiet_hours_end_when_the_wall_clock_says_so_and_never_later_than_a_day(now, begin, end, zone):
    quiet = QuietHours(begin, end, zone)
    until = quiet.end_of(now)
    wall = local(now, zone).time()
    inside = begin <= wall < end if begin < end else (wall >= begin or wall < end) and begin != end
    assert (until is not None) == inside
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
        if until - now > timedelta(hours=1):  # half way there it is as quiet, and ends at the same time
            half = now + (until - now) / 2
            changes = local(now, zone).utcoffset() != local(until, zone).utcoffset()
            assert changes or quiet.end_of(half) == until
        shown = local(until, zone).time()
        skipped = local(until - timedelta(hours=1), zone).utcoffset() != local(until, zone).utcoffset()
        assert shown == end or skipped


@given(
    st.sampled_from(["email", "text"]),
    st.sampled_from(["booked", "reminder", "on_my_way", "done", "invoice", "payment", "plan_due", ""]),
    st.sampled_from(["", "yes", "no"]),
    st.booleans(),
    st.sampled_from(["", "email", "text", "call", "letter"]),
    moments,
    st.booleans(),
)
def test_nothing_ever_reaches_who_asked_us_to_stop_and_no_text_who_said_no(
    channel, occasion, consent, opted_out, preferred, now, by_hand
):
    decision = decide(
        channel,
        occasion=occasion,
        consent=consent,
        opted_out=opted_out,
        preferred=preferred,
        quiet=NIGHT,
        now=now,
        by_hand=by_hand,
    )
    if opted_out or (consent == "no" and channel == "text"):
        assert isinstance(decision, HoldBack)
    if isinstance(decision, Send) and channel == "text" and occasion != "on_my_way":
        assert time(8) <= local(now, CHICAGO).time() < time(20)
    if isinstance(decision, Wait):
        assert channel == "text"
        assert judged(channel, occasion=occasion, consent=consent, now=decision.until, by_hand=by_hand) == (
            Send()
        )


def test_in_a_repeated_hour_quiet_ends_the_second_time_the_clock_shows_it():
    quiet = QuietHours(time(20), time(1, 30), CHICAGO)
    second = datetime(2026, 11, 1, 7, 15, tzinfo=UTC)  # 1:15 am again
    assert quiet.end_of(second) == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        *(
            (word, Answer.STOP)
            for word in ("STOP", " stop. ", "Stop!", "UNSUBSCRIBE", "cancel", "End", "QUIT")
        ),
        *((word, Answer.STOP) for word in ("ALTO", "Parar", "stop all", "STOPALL")),
        ("Start", Answer.START),
        ("UNSTOP", Answer.START),
        ("help", Answer.HELP),
        ("¿Ayuda?", Answer.HELP),
        ("Please stop by at noon", None),
        ("cancel my appointment", None),
        ("", None),
        ("👍", None),
    ],
)
def test_a_single_word_is_obeyed_and_a_sentence_is_for_people(body, answer):
    assert answer_of(body) == answer


def test_what_a_text_costs():
    assert [parts_of_text(text) for text in ("", "a" * 160, "a" * 161, "a" * 306, "a" * 307)] == [
        0,
        1,
        2,
        2,
        3,
    ]
    assert [parts_of_text("í" * 70), parts_of_text("í" * 71)] == [1, 2]
    assert parts_of_text("€" * 80) == 1
    assert parts_of_text(plainer("8–10 am… “soon”")) == 1  # noqa: RUF001
