"""Inspections, leak detection, disposal, evacuation, retention, and what a record may not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from equipment.compliance import entries
from equipment.compliance.applicability import Answer, RefrigerantFacts
from equipment.compliance.disposal import DisposalRow, TransferRow, missing, monthly, needs_record
from equipment.compliance.evacuation import Scale, UnknownPressureClass, required_level
from equipment.compliance.inspections import Every, alarm_lb, leak_detection, schedule
from equipment.compliance.judging import Charge, Event, History, Kind, Retrofit
from equipment.compliance.retention import RecordClass, keep_until
from equipment.compliance.words import pounds

EXCEEDED, TESTED = date(2026, 2, 10), date(2026, 3, 20)


def inspections(code, category="commercial", charge=100, inspected=(), on=date(2026, 4, 1), **facts):
    return schedule(
        code=code,
        category=category,
        full_charge_lb=charge,
        exceeded_on=facts.pop("exceeded_on", [EXCEEDED]),
        follow_up_passed_on=facts.pop("tested", TESTED),
        inspected_on=inspected,
        on=on,
        **facts,
    )


@pytest.mark.parametrize(
    ("code", "category", "charge", "inspected", "every", "due"),
    [
        ("82.157", "ipr", 500, [], Every.QUARTER, date(2026, 5, 10)),
        ("84.106", "commercial", 500, [], Every.QUARTER, date(2026, 6, 20)),
        ("84.106", "commercial", 500, [date(2026, 3, 30)], Every.QUARTER, date(2026, 6, 30)),
        ("82.157", "commercial", 499, [], Every.CALENDAR_YEAR, date(2026, 12, 31)),
        ("82.157", "commercial", 499, [date(2026, 3, 1)], Every.CALENDAR_YEAR, date(2027, 12, 31)),
        ("84.106", "commercial", 499, [], Every.YEAR, date(2027, 3, 20)),
        ("84.106", "commercial", 499, [date(2026, 3, 30)], Every.YEAR, date(2028, 3, 20)),
        ("84.106", "comfort", 2000, [], Every.YEAR, date(2027, 3, 20)),
        ("82.157", "comfort", 2000, [], Every.CALENDAR_YEAR, date(2026, 12, 31)),
    ],
)
def test_inspections_by_rule_category_and_charge(code, category, charge, inspected, every, due):
    told = inspections(code, category, charge, inspected)
    assert (told.is_required, told.every, told.next_due) == (True, every, due)
    assert told.citation == f"40 CFR {code}(g)"


def test_inspections_begin_with_the_exceedance_or_the_follow_up_test_and_stop_when_clean():
    assert not inspections("82.157", exceeded_on=[]).is_required
    assert not inspections("82.157", is_monitored=True).is_required
    waiting = inspections("84.106", tested=None)
    assert (waiting.is_required, waiting.next_due) == (True, None)
    assert inspections("84.106", exceeded_on=[EXCEEDED, date(2026, 3, 25)]).next_due is None
    assert inspections("84.106", on=date(2027, 3, 19)).is_required
    inspected = [date(2026, 9, 1)]
    assert not inspections("84.106", inspected=inspected, on=date(2027, 3, 20)).is_required
    owed = inspections("84.106", on=date(2027, 3, 21))
    assert (owed.is_required, owed.is_overdue) == (True, True)
    done = [date(2026, 5, 1), date(2026, 8, 1), date(2026, 11, 1), date(2027, 1, 20)]
    quarterly = inspections("82.157", "ipr", 500, done, on=date(2027, 3, 31))
    assert (quarterly.is_required, quarterly.is_overdue, quarterly.stops_on) == (
        True,
        False,
        date(2027, 4, 1),
    )
    assert not inspections("82.157", "ipr", 500, done, on=date(2027, 4, 1)).is_required
    assert inspections("82.157", "ipr", 500, done[:2], on=date(2027, 4, 1)).is_overdue
    again = inspections("82.157", exceeded_on=[EXCEEDED, date(2026, 12, 1)], on=date(2027, 2, 10))
    assert again.is_required


@pytest.mark.parametrize(
    ("category", "charge", "installed", "answer", "due"),
    [
        ("commercial", 1500, date(2026, 1, 1), "yes", date(2026, 1, 31)),
        ("ipr", 1500, date(2025, 12, 31), "yes", date(2027, 1, 1)),
        ("ipr", 1500, date(2017, 1, 1), "yes", date(2027, 1, 1)),
        ("ipr", 1500, date(2016, 12, 31), "no", None),
        ("commercial", "1499.9", date(2026, 1, 1), "no", None),
        ("comfort", 3000, date(2026, 1, 1), "no", None),
        ("commercial", 1500, None, "unsure", None),
    ],
)
def test_large_refrigeration_needs_leak_detection(category, charge, installed, answer, due):
    told = leak_detection(is_covered=True, category=category, full_charge_lb=charge, installed_on=installed)
    assert (told.answer, told.due) == (Answer(answer), due)
    uncovered = leak_detection(
        is_covered=False, category=category, full_charge_lb=charge, installed_on=installed
    )
    assert uncovered.answer is Answer.NO


def test_an_indirect_system_alarms_at_50_lb_or_a_tenth():
    assert [alarm_lb(charge) for charge in (400, 500, 2000)] == [40, 50, 50]


def disposed(pounds_recovered, refrigerant="R-22", day=date(2026, 5, 4), **row):
    ounces = None if pounds_recovered is None else Decimal(str(pounds_recovered)) * 16
    told = {"appliance": "Split AC", "company": "Able Air", "location": "1 Elm St", "cylinder": "C-7", **row}
    return DisposalRow(recovered_on=day, refrigerant=refrigerant, recovered_oz=ounces, **told)


def test_disposal_is_recorded_strictly_between_5_and_50_lb():
    assert [needs_record(Decimal(text) * 16) for text in ("5.0", "5.1", "8", "49.9", "50")] == [
        False,
        True,
        True,
        True,
        False,
    ]  # W-D1, W-D2


def test_a_disposal_record_names_what_it_misses():
    assert missing(disposed(8)) == {}
    assert set(missing(disposed(0))) == {"nothing_because"}
    assert missing(disposed(0, nothing_because="system empty on arrival", cylinder="")) == {}
    assert set(missing(disposed(8, cylinder=" "))) == {"cylinder"}
    assert set(missing(disposed(None, refrigerant="", day=None, location=""))) == {
        "location",
        "recovered_on",
        "refrigerant",
        "recovered_oz",
    }


def test_a_month_is_totalled_by_refrigerant():
    rows = [disposed(8), disposed("6.5"), disposed(0, nothing_because="empty"), disposed("7.2", "R-410A")]
    sent = TransferRow(date(2026, 5, 30), "R-22", 640, "Reclaim Co")
    totals = monthly([*rows, disposed(3, day=date(2026, 6, 1))], [sent])  # W-D3
    assert [
        (told.month, told.refrigerant, told.appliances, told.recovered_lb, told.sent_lb) for told in totals
    ] == [
        (5, "R-22", 3, Fraction("14.5"), 40),
        (5, "R-410A", 1, Fraction("7.2"), 0),
        (6, "R-22", 1, 3, 0),
    ]


@settings(max_examples=30)
@given(some.lists(some.integers(0, 8000), max_size=10), some.randoms())
def test_a_month_adds_up_to_the_ounce_in_any_order(ounces, order):
    rows = [disposed(Decimal(amount) / 16, nothing_because="empty") for amount in ounces]
    order.shuffle(rows)
    assert sum((told.recovered_lb * 16 for told in monthly(rows)), Fraction(0)) == sum(ounces)


@pytest.mark.parametrize(
    ("pressure", "charge", "old", "new"),
    [
        ("very high", 500, 0, 0),
        ("high", "199.9", 0, 0),
        ("high", 200, 4, 10),
        ("medium", "199.9", 4, 10),
        ("medium", 200, 4, 15),
    ],
)
def test_evacuation_levels_by_pressure_charge_and_machine(pressure, charge, old, new):
    assert required_level(pressure, charge, date(1993, 11, 14)).number == old
    assert required_level(pressure, charge, date(1993, 11, 15)).number == new
    assert required_level(pressure, charge).number == new


def test_low_pressure_small_appliances_and_unknown_classes():
    low = required_level("low", 900, date(1990, 1, 1))
    assert (low.scale, low.number) == (Scale.ABSOLUTE, 25)
    assert "80 %" in str(required_level("high", 2, is_small_appliance=True).sentence)
    with pytest.raises(UnknownPressureClass, match="“”"):
        required_level("", 20)


def test_retention_by_class():
    made, later = date(2026, 3, 1), date(2040, 6, 1)
    assert keep_until("service", made).day is None  # the equipment still stands
    assert str(keep_until("service", made).sentence) == "For the life of the equipment and 3 years."
    assert keep_until("service", made, retired_on=later).day == date(2043, 6, 1)
    assert keep_until(RecordClass.PROFILE, made, retired_on=date(2026, 4, 1)).day == date(2033, 3, 1)
    assert keep_until("disposal", made).day == date(2033, 3, 1)
    assert keep_until("certificate", made).day is None
    assert keep_until("certificate", made, left_on=later).day == date(2043, 6, 1)
    assert keep_until("warranty", made, expires_on=later).day == date(2044, 6, 1)
    assert not keep_until("disposal", made).may_go(date(2033, 2, 28))
    assert keep_until("disposal", made).may_go(date(2033, 3, 1))
    assert not keep_until("disposal", made, legal_hold=True).may_go(date(2090, 1, 1))


@given(some.sampled_from(RecordClass), some.dates(), some.dates(date(2020, 1, 1), date(2060, 1, 1)))
def test_nothing_goes_before_the_law_lets_it(record, made, anchor):
    made = made.replace(year=2020 + made.year % 30, day=min(made.day, 28))
    kept = keep_until(record, made, retired_on=anchor, left_on=anchor, expires_on=anchor).day
    assert kept >= made.replace(year=made.year + 7)


R22 = RefrigerantFacts("R-22", True, False, 1810)
R407C = RefrigerantFacts("R-407C", False, True, 1774)
TODAY = date(2026, 6, 1)


def entry(pounds_of=2, kind=Kind.ADDED, day=TODAY, ref="new", **event):
    return Event(ref, day, kind, Decimal(str(pounds_of)) * 16, **event)


HISTORY = History(
    R22,
    "comfort",
    (Charge(date(2020, 1, 1), 160),),
    (
        entry(5, Kind.RECOVERED, date(2026, 5, 1), "out"),
        entry(3, day=date(2026, 5, 2), ref="back", returned_oz=48),
    ),
    installed_on=date(2020, 1, 1),
)


@pytest.mark.parametrize(
    ("event", "changes", "error"),
    [
        (entry(-1), {}, entries.NotPositive),
        (entry(0), {}, entries.NotPositive),
        (entry(2, returned_oz=33), {}, entries.ReturnedTooMuch),
        (entry(2, Kind.RECOVERED, returned_oz=1), {}, entries.ReturnedTooMuch),
        (entry(3, returned_oz=33), {}, entries.NotHeld),  # 2 lb are still held
        (entry(day=date(2026, 6, 2)), {}, entries.InFuture),
        (entry(day=date(2019, 12, 31)), {}, entries.BeforeInstallation),
        (entry(day=date(2026, 4, 30)), {}, entries.BeforeLastAddition),
        (entry(), {"retired_on": TODAY}, entries.AlreadyRetired),
        (entry(), {"charges": ()}, entries.NoCharge),
        (entry(), {"charges": (Charge(date(2020, 1, 1), 0),)}, entries.NoCharge),
        (entry(), {"refrigerant": R407C}, entries.OtherRefrigerant),
    ],
)
def test_a_bad_record_is_refused_by_name(event, changes, error):
    with pytest.raises(entries.BadEntry) as refused:
        entries.check_entry(event, replace(HISTORY, **changes), today=TODAY, refrigerant="R-22")
    assert type(refused.value) is error
    assert refused.value.field


def test_a_good_record_passes_and_a_retrofit_changes_what_may_go_in():
    entries.check_entry(entry(2, returned_oz=32), HISTORY, today=TODAY, refrigerant="R-22")
    entries.check_entry(entry(2, Kind.RECOVERED, date(2026, 4, 1)), HISTORY, today=TODAY)
    retrofitted = replace(HISTORY, retrofits=(Retrofit(date(2026, 5, 20), R407C),))
    entries.check_entry(entry(), retrofitted, today=TODAY, refrigerant="R-407C")
    with pytest.raises(entries.OtherRefrigerant, match="a change of refrigerant is a retrofit"):
        entries.check_entry(entry(), retrofitted, today=TODAY, refrigerant="R-22")
    with pytest.raises(TypeError):
        entries.check_entry(replace(entry(), ounces=2.5), HISTORY, today=TODAY)


def test_pounds_are_written_without_idle_zeros():
    assert [pounds(Fraction(text)) for text in ("2.5", "40", "0", "37.0625", "1/3", "100")] == [
        "2.5",
        "40",
        "0",
        "37.0625",
        "0.3333",
        "100",
    ]
