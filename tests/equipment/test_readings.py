from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipment.readings import (
    READINGS,
    Context,
    NoTable,
    OutsideTable,
    Unreadable,
    good_range,
    judge,
    parse,
    pt_refrigerants,
    sat_temperature,
    subcooling,
    superheat,
)


@pytest.mark.parametrize(
    ("kind", "context", "good", "flagged"),
    [
        ("superheat", Context(metering="txv"), ["8", "14"], ["7.9", "14.1"]),
        ("superheat", Context(metering="txv", maker="Amana"), ["15", "18"], ["14.9", "18.1"]),
        ("superheat", Context(metering="piston"), ["5", "25"], ["4.9", "25.1"]),
        ("superheat", Context(metering="piston", target=D(12)), ["10", "14"], ["9.9", "14.1"]),
        ("subcooling", Context(target=D(9)), ["7", "11"], ["6.9", "11.1"]),
        ("subcooling", Context(metering="txv", maker="Goodman"), ["8", "12"], ["7.9", "12.1"]),
        ("delta_t", Context(), ["16", "22"], ["15.9", "22.1"]),
        ("temperature_rise", Context(plate_low=D(35), plate_high=D(65)), ["35", "65"], ["34.9", "65.1"]),
        ("total_static", Context(), ["0", "0.5"], ["0.51"]),
        ("total_static", Context(plate_high=D("0.8")), ["0.8"], ["0.81"]),
        ("capacitor", Context(rated=D(45)), ["42.3", "47.7"], ["42.2", "47.8"]),
        ("compressor_amps", Context(rla=D("16.7")), ["0", "16.7"], ["16.8"]),
        ("fan_amps", Context(fla=D("4.3")), ["4.3"], ["4.4"]),
        ("line_voltage", Context(nominal_volts=D(240)), ["216", "264"], ["215", "265"]),
        ("voltage_imbalance", Context(), ["2"], ["2.1"]),
        ("control_voltage", Context(), ["22", "28"], ["21.9", "28.1"]),
        ("gas_manifold", Context(fuel="natural_gas"), ["3.2", "3.8"], ["3.1", "3.9"]),
        ("gas_manifold", Context(fuel="propane"), ["10", "11"], ["9.9", "11.1"]),
        ("gas_manifold", Context(fuel="propane", plate_low=D(9), plate_high=D(12)), ["9", "12"], ["8", "13"]),
        ("gas_inlet", Context(fuel="natural_gas"), ["5", "10.5"], ["4.9", "10.6"]),
        ("gas_inlet", Context(fuel="propane"), ["11", "13"], ["10.9", "13.1"]),
        ("flame_sensor", Context(), ["1", "6"], ["0.9", "6.1"]),
        ("co_flue", Context(), ["99"], ["100"]),
        ("co_ambient", Context(), ["9"], ["10"]),
        ("vacuum", Context(), ["500"], ["501"]),
    ],
)
def test_good_ends_where_the_table_says(kind, context, good, flagged):
    assert [judge(kind, D(value), context).outcome for value in good] == ["good"] * len(good)
    assert [judge(kind, D(value), context).outcome for value in flagged] == ["flagged"] * len(flagged)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("suction_pressure", "0", "600"), ("liquid_pressure", "50", "700"), ("superheat", "-5", "60"),
        ("subcooling", "-5", "40"), ("delta_t", "0", "40"), ("temperature_rise", "10", "110"),
        ("total_static", "0", "3"), ("return_static", "-2", "2"), ("capacitor", "0", "200"),
        ("compressor_amps", "0", "300"), ("fan_amps", "0", "60"), ("line_voltage", "90", "640"),
        ("control_voltage", "0", "40"), ("gas_manifold", "0", "15"), ("gas_inlet", "0", "20"),
        ("flame_sensor", "0", "20"), ("co_flue", "0", "5000"), ("co_ambient", "0", "1000"),
        ("outdoor_temperature", "-40", "140"), ("indoor_humidity", "0", "100"), ("vacuum", "0", "760000"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(kind, low, high):
    assert judge(kind, D(low)).outcome != "refused"
    assert judge(kind, D(high)).outcome != "refused"
    for value in (D(low) - D("0.001"), D(high) + D("0.001")):
        assert judge(kind, value).outcome == "refused"
        with pytest.raises(Unreadable, match="cannot be"):
            parse(kind, str(value))


@pytest.mark.parametrize(
    ("kind", "value", "context", "advice"),
    [
        ("capacitor", "40.4", Context(rated=D(45)), "replace it"),
        ("total_static", "0.81", Context(), "ducts"),
        ("flame_sensor", "0.9", Context(), "Clean"),
        ("co_flue", "401", Context(), "Shut"),
        ("co_ambient", "35", Context(), "Ventilate"),
        ("co_ambient", "70", Context(), "Evacuate"),
    ],
)
def test_what_is_far_off_says_what_to_do(kind, value, context, advice):
    assert advice in judge(kind, D(value), context).sentence


@pytest.mark.parametrize(
    ("kind", "value", "context"),
    [
        ("capacitor", "40.5", Context(rated=D(45))),
        ("total_static", "0.8", Context()),
        ("co_flue", "400", Context()),
        ("co_ambient", "34", Context()),
    ],
)
def test_what_is_only_a_little_off_is_just_flagged(kind, value, context):
    verdict = judge(kind, D(value), context)
    assert (verdict.outcome, "then" in verdict.sentence.values) == ("flagged", False)


def test_without_a_target_the_verdict_asks_for_it():
    verdict = judge("capacitor", D("44.10"))
    assert verdict.outcome == "unknown"
    assert verdict.sentence == "Capacitor 44.1 µF. Enter the rating of the capacitor to judge it."
    assert judge("capacitor", D(38), Context(rated=D(45))).sentence == (
        "Capacitor 38 µF is under 42.3 µF. More than 10 percent under its rating: replace it."
    )
    for kind in READINGS:
        if good_range(kind) is None and kind in {"superheat", "subcooling", "gas_inlet", "line_voltage"}:
            assert "Enter" in judge(kind, READINGS[kind].high).sentence


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("suction_pressure", "118", "118"),
        ("suction_pressure", " 118 psi ", "118"),
        ("total_static", '0.5"', "0.5"),
        ("total_static", ".5 in w.c.", "0.5"),
        ("return_static", "\u22120.25", "-0.25"),
        ("capacitor", "44.5 mfd", "44.5"),
        ("capacitor", "44.5\u03bcF", "44.5"),
        ("co_flue", "1,200 ppm", "1200"),
        ("vacuum", "12,500", "12500"),
        ("superheat", "+12°F", "12"),
        ("delta_t", "18.", "18"),
    ],
)
def test_what_technicians_type_is_read(kind, typed, value):
    assert parse(kind, typed) == D(value)


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("superheat", "12,5", "write a point"),
        ("superheat", "12,5 F", "write a point"),
        ("superheat", "", "is not a number"),
        ("superheat", "ok", "is not a number"),
        ("superheat", "1/2", "is not a number"),
        ("superheat", "12 C", "entered in °F"),
        ("suction_pressure", "800 kPa", "entered in psig"),
        ("superheat", "NaN", "is not a number"),
        ("superheat", "1e1", "is not a number"),
        ("superheat", "12-14", "is not a number"),
        ("superheat", "1.2.3", "is not a number"),
        ("superheat", "12.1234", "three decimals"),
        ("superheat", "-", "is not a number"),
        ("superheat", "١٢", "is not a number"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_way_out(kind, typed, says):
    with pytest.raises(Unreadable, match=says) as refused:
        parse(kind, typed)
    assert str(refused.value).startswith("Superheat" if kind == "superheat" else "Suction")


@given(kind=st.sampled_from(sorted(READINGS)), typed=st.text(max_size=12))
def test_anything_typed_is_read_or_refused(kind, typed):
    try:
        value = parse(kind, typed)
    except Unreadable:
        value = READINGS[kind].low
    assert READINGS[kind].low <= value <= READINGS[kind].high


@given(kind=st.sampled_from(sorted(READINGS)), data=st.data())
def test_what_is_true_can_be_typed_and_its_verdict_fits_its_column(kind, data):
    reading = READINGS[kind]
    value = data.draw(st.decimals(reading.low, reading.high, places=reading.places))
    assert parse(kind, str(value)) == value
    assert len(judge(kind, value).sentence) <= 200


# Saturation ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("psig", "kind", "fahrenheit"),
    [(118, "dew", 40), (375, "bubble", 112), (405, "bubble", 118), (325, "bubble", 101)],
)
def test_r410a_agrees_with_the_published_points(psig, kind, fahrenheit):
    assert abs(sat_temperature("R-410A", D(psig), kind) - fahrenheit) <= 1


def test_superheat_and_subcooling_of_the_worked_examples():
    assert round(superheat("R-410A", suction_psig=D(118), line_f=D(52))) == 12
    assert round(subcooling("R-410A", liquid_psig=D(375), line_f=D(102))) == 10


def test_blends_with_glide_boil_and_condense_apart():
    def glide(refrigerant, psig):
        dew, bubble = (sat_temperature(refrigerant, D(psig), kind) for kind in ("dew", "bubble"))
        return dew - bubble

    assert 8 < glide("R-407C", 70) < 13
    assert 1 < glide("R-454B", 110) < 4
    dew, bubble = (sat_temperature("R-407C", D(70), kind) for kind in ("dew", "bubble"))
    assert superheat("R-407C", suction_psig=D(70), line_f=D(60)) == 60 - dew
    assert subcooling("R-407C", liquid_psig=D(70), line_f=D(20)) == bubble - 20
    assert glide("R-410A", 118) < D("0.5")
    assert glide("R-22", 68) == glide("R-32", 120) == glide("R-134a", 35) == 0


def test_no_table_and_no_guess_beyond_it():
    assert pt_refrigerants() == ("R-134a", "R-22", "R-32", "R-404A", "R-407C", "R-410A", "R-454B")
    with pytest.raises(NoTable, match="no saturation table for R-123"):
        sat_temperature("R-123", D(5), "dew")
    with pytest.raises(OutsideTable, match="700 psig lies outside the table of R-410A"):
        sat_temperature("R-410A", D(700), "bubble")


@given(
    refrigerant=st.sampled_from(pt_refrigerants()),
    kind=st.sampled_from(["dew", "bubble"]),
    pressures=st.tuples(st.integers(15, 250), st.integers(15, 250)),
)
def test_more_pressure_never_boils_colder(refrigerant, kind, pressures):
    low, high = (sat_temperature(refrigerant, D(pressure), kind) for pressure in sorted(pressures))
    assert low <= high
