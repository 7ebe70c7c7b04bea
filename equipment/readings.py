"""What technicians measure: the kinds of readings, what cannot be, what is good, superheat, subcooling.

Outside the hard limits a value is refused, outside the good range it is flagged. READINGS names every kind
with its limits; GOOD says what is good for it; `_advice` what to do where it is far off.
Saturation: `data/pt.csv`, computed with CoolProp 8.0 (HEOS) for every 2 °F from -40 to 150 °F; R-454B with
the mixture model of Bell, J. Phys. Chem. Ref. Data 2023, interpolated in the four places where the solver
finds no root (134 and 136 °F bubble, 144 and 146 °F dew).
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, Literal

from .makers import facts_of
from .sentences import Sentence, gettext_noop

PT_TABLE: Final = Path(__file__).resolve().parent / "data" / "pt.csv"
MOST_PLACES: Final = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """A kind of reading: how it is shown, its hard limits, who says what is good."""

    key: str
    label: str
    unit: str
    places: int
    low: Decimal
    high: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the unit and the circumstances; the more, the better the judgement."""

    rated: Decimal | None = None  # µF on the capacitor
    rla: Decimal | None = None  # compressor
    fla: Decimal | None = None  # fan or blower
    plate_low: Decimal | None = None  # the range on the nameplate
    plate_high: Decimal | None = None
    target: Decimal | None = None  # superheat or subcooling by nameplate or chart
    nominal_volts: Decimal | None = None
    metering: Literal["", "txv", "eev", "piston"] = ""
    fuel: Literal["", "natural_gas", "propane"] = ""
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """From low to high, both good; with `below`, high itself is not good any more."""

    low: Decimal | None = None
    high: Decimal | None = None
    below: bool = False


class Outcome(StrEnum):
    """What came of judging."""

    REFUSED = "refused"
    FLAGGED = "flagged"
    GOOD = "good"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome and the sentence that says it with its numbers."""

    outcome: Outcome
    sentence: Sentence


class Unreadable(ValueError):
    """A value that cannot be taken; its text is the sentence for the technician."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoTable(Unreadable):
    """There is no saturation table for this refrigerant."""


class OutsideTable(Unreadable):
    """The pressure lies outside the saturation table."""


TRADE: Final = "general practice of the trade"
GOODMAN: Final = "Goodman service manual, p. 35, and charging book; nameplate; general practice of the trade"
DRY_BULB: Final = "dallascoolair.com (16-21 °F), gojaric.com (20 °F)"


def _kind(key: str, label: str, unit: str, places: int, low: str, high: str, source: str = TRADE) -> Reading:
    return Reading(key, label, unit, places, Decimal(low), Decimal(high), source)


_ = gettext_noop
READINGS: Final[Mapping[str, Reading]] = {
    reading.key: reading
    for reading in (
        _kind("suction_pressure", _("Suction pressure"), "psig", 0, "0", "600"),
        _kind("liquid_pressure", _("Liquid pressure"), "psig", 0, "50", "700"),
        _kind("suction_line", _("Suction line"), "°F", 0, "-40", "140"),
        _kind("liquid_line", _("Liquid line"), "°F", 0, "-40", "200"),
        _kind("superheat", _("Superheat"), "°F", 0, "-5", "60", GOODMAN),
        _kind("subcooling", _("Subcooling"), "°F", 0, "-5", "40", GOODMAN),
        _kind("delta_t", _("Return to supply difference"), "°F", 0, "0", "40", DRY_BULB),
        _kind("temperature_rise", _("Temperature rise"), "°F", 0, "10", "110"),
        _kind("total_static", _("Total external static"), "in w.c.", 2, "0", "3"),
        _kind("return_static", _("Return static"), "in w.c.", 2, "-2", "2"),
        _kind("supply_static", _("Supply static"), "in w.c.", 2, "-2", "2"),
        _kind("capacitor", _("Capacitor"), "µF", 1, "0", "200"),
        _kind("compressor_amps", _("Compressor amps"), "A", 1, "0", "300"),
        _kind("fan_amps", _("Fan or blower amps"), "A", 1, "0", "60"),
        _kind("heat_strip_amps", _("Heat strip amps"), "A", 1, "0", "300"),
        _kind("line_voltage", _("Line voltage"), "V", 0, "90", "640"),
        _kind("voltage_imbalance", _("Phase imbalance"), "%", 1, "0", "100"),
        _kind("control_voltage", _("Control voltage"), "V", 1, "0", "40"),
        _kind("gas_manifold", _("Gas manifold pressure"), "in w.c.", 1, "0", "15"),
        _kind("gas_inlet", _("Gas inlet pressure"), "in w.c.", 1, "0", "20"),
        _kind("flame_sensor", _("Flame sensor"), "µA", 1, "0", "20"),
        _kind("co_flue", _("CO in the flue, air-free"), "ppm", 0, "0", "5000"),
        _kind("co_ambient", _("CO in the room"), "ppm", 0, "0", "1000"),
        _kind("outdoor_temperature", _("Outdoor temperature"), "°F", 0, "-40", "140"),
        _kind("indoor_temperature", _("Indoor temperature"), "°F", 0, "-40", "140"),
        _kind("indoor_wet_bulb", _("Indoor wet bulb"), "°F", 0, "-40", "140"),
        _kind("indoor_humidity", _("Indoor humidity"), "%", 0, "0", "100"),
        _kind("vacuum", _("Vacuum"), "µm", 0, "0", "760000"),
    )
}


# What is good ----------------------------------------------------------------------------------------


def _between(low: str, high: str) -> Callable[[Context], Range]:
    return lambda context: Range(Decimal(low), Decimal(high))


def _up_to(high: str, *, below: bool = False) -> Callable[[Context], Range]:
    return lambda context: Range(None, Decimal(high), below)


def _percent_around(middle: Decimal | None, percent: int) -> Range | None:
    if not middle:
        return None
    return Range(middle * (100 - percent) / 100, middle * (100 + percent) / 100)


def _plate(context: Context) -> Range | None:
    if context.plate_low is None and context.plate_high is None:
        return None
    return Range(context.plate_low, context.plate_high)


def _is_goodman(context: Context) -> bool:
    facts = facts_of(context.maker)
    return facts is not None and facts.serial_family in {"goodman", "amana"}


def _superheat(context: Context) -> Range | None:
    if context.target is not None:
        return Range(context.target - 2, context.target + 2)
    if context.metering == "piston":
        return Range(
            Decimal(5), Decimal(25)
        )  # by chart, with the indoor wet bulb and the outdoor temperature
    if context.metering in ("txv", "eev"):
        return Range(Decimal(15), Decimal(18)) if _is_goodman(context) else Range(Decimal(8), Decimal(14))
    return None


def _subcooling(context: Context) -> Range | None:
    target = context.target
    if target is None and context.metering in ("txv", "eev") and _is_goodman(context):
        target = Decimal(10)
    return None if target is None else Range(target - 2, target + 2)


def _by_fuel(natural_gas: tuple[str, str], propane: tuple[str, str]) -> Callable[[Context], Range | None]:
    ranges = {"natural_gas": natural_gas, "propane": propane}

    def good(context: Context) -> Range | None:
        if plate := _plate(context):
            return plate
        if not context.fuel:
            return None
        low, high = ranges[context.fuel]
        return Range(Decimal(low), Decimal(high))

    return good


GOOD: Final[Mapping[str, Callable[[Context], Range | None]]] = {
    "superheat": _superheat,
    "subcooling": _subcooling,
    "delta_t": _between("16", "22"),  # dry bulb, at about half humidity
    "temperature_rise": _plate,
    "total_static": lambda context: Range(None, context.plate_high or Decimal("0.5")),
    "capacitor": lambda context: _percent_around(context.rated, 6),
    "compressor_amps": lambda context: Range(None, context.rla) if context.rla else None,
    "fan_amps": lambda context: Range(None, context.fla) if context.fla else None,
    "heat_strip_amps": _plate,
    "line_voltage": lambda context: _percent_around(context.nominal_volts, 10),
    "voltage_imbalance": _up_to("2"),
    "control_voltage": _between("22", "28"),
    "gas_manifold": _by_fuel(("3.2", "3.8"), ("10", "11")),
    "gas_inlet": _by_fuel(("5", "10.5"), ("11", "13")),
    "flame_sensor": _between("1", "6"),
    "co_flue": _up_to("100", below=True),
    "co_ambient": _up_to("9"),
    "vacuum": _up_to("500"),
}

# What has to be known before the kind can be judged.
MISSING: Final[Mapping[str, str]] = {
    "superheat": _("Enter the metering device or the target superheat to judge it."),
    "subcooling": _("Enter the subcooling of the nameplate to judge it."),
    "temperature_rise": _("Enter the range of the nameplate to judge it."),
    "heat_strip_amps": _("Enter the range of the nameplate to judge it."),
    "capacitor": _("Enter the rating of the capacitor to judge it."),
    "compressor_amps": _("Enter the RLA of the nameplate to judge it."),
    "fan_amps": _("Enter the FLA of the nameplate to judge it."),
    "line_voltage": _("Enter the voltage of the nameplate to judge it."),
    "gas_manifold": _("Enter the fuel to judge it."),
    "gas_inlet": _("Enter the fuel to judge it."),
}


def _advice(kind: str, value: Decimal, context: Context) -> str:
    """What to do where a flagged value is far off."""
    if kind == "capacitor" and context.rated and value < context.rated * 90 / 100:
        return _("More than 10 percent under its rating: replace it.")
    if kind == "total_static" and value > Decimal("0.8"):
        return _("Far too high: look at filter, coil and ducts.")
    if kind == "flame_sensor" and value < 1:
        return _("Clean the flame sensor.")
    if kind == "co_flue" and value > 400:
        return _("Shut the appliance down.")
    if kind == "co_ambient" and value >= 70:
        return _("Evacuate the building.")
    if kind == "co_ambient" and value >= 35:
        return _("Ventilate and find the source now.")
    return ""


def good_range(kind: str, context: Context = Context()) -> Range | None:
    """What is good here; None where there is no rule or too little is known."""
    rule = GOOD.get(kind)
    return rule(context) if rule else None


def judge(kind: str, value: Decimal, context: Context = Context()) -> Verdict:
    """The verdict on a value of a known kind."""
    reading = READINGS[kind]
    words: dict[str, object] = {
        "label": Sentence(reading.label),
        "value": plain(value),
        "unit": reading.unit,
    }
    if not reading.low <= value <= reading.high:
        limits = {"low": plain(reading.low), "high": plain(reading.high)}
        refused = _("%(label)s %(value)s %(unit)s cannot be: it lies between %(low)s and %(high)s.")
        return Verdict(Outcome.REFUSED, Sentence(refused, **words, **limits))
    good = good_range(kind, context)
    if good is None:
        told = Sentence(_("%(label)s %(value)s %(unit)s."), **words)
        return Verdict(Outcome.UNKNOWN, _both(told, MISSING.get(kind, "")))
    words |= {"low": plain(good.low), "high": plain(good.high)}
    if good.low is not None and value < good.low:
        finding = Sentence(_("%(label)s %(value)s %(unit)s is under %(low)s %(unit)s."), **words)
    elif good.high is not None and (value > good.high or (good.below and value == good.high)):
        finding = Sentence(_("%(label)s %(value)s %(unit)s is over the good %(high)s %(unit)s."), **words)
    else:
        return Verdict(Outcome.GOOD, Sentence(_("%(label)s %(value)s %(unit)s is good."), **words))
    return Verdict(Outcome.FLAGGED, _both(finding, _advice(kind, value, context)))


def _both(first: Sentence, then: str) -> Sentence:
    if not then:
        return first
    return Sentence(_("%(first)s %(then)s"), first=first, then=Sentence(then))


# What a technician types -----------------------------------------------------------------------------

UNIT_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "psig": frozenset({"psig", "psi", "lb", "lbs", "#"}),
    "°F": frozenset({"°f", "f", "°", "deg", "degf", "degrees"}),
    "in w.c.": frozenset(
        {"inw.c.", "inwc", "in", "wc", "w.c.", "iwc", "inch", "inches", '"', "''", "″", "”"}
    ),
    "µF": frozenset({"µf", "uf", "mfd", "mf"}),
    "A": frozenset({"a", "amp", "amps"}),
    "V": frozenset({"v", "vac", "volt", "volts"}),
    "%": frozenset({"%", "percent"}),
    "µA": frozenset({"µa", "ua", "microamps"}),
    "ppm": frozenset({"ppm"}),
    "µm": frozenset({"µm", "um", "micron", "microns"}),
}
TYPED_SIGNS: Final = str.maketrans({"\u2212": "-", "\u2013": "-", "\u03bc": "µ"})  # minus, dash, Greek mu
NUMBER: Final = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?)\s*(\D*)", re.ASCII)


def parse(kind: str, typed: str) -> Decimal:
    """The number somebody typed, with or without its unit; Unreadable says what to type instead."""
    reading = READINGS[kind]
    words = {"label": Sentence(reading.label), "typed": typed.strip()[:30], "unit": reading.unit}
    text = typed.strip().translate(TYPED_SIGNS)
    if re.fullmatch(r"[+-]?\d+,\d{1,2}\D*", text):
        raise Unreadable(
            Sentence(_("%(label)s: write a point for the decimals, 12.5 and not 12,5."), **words)
        )
    match = NUMBER.fullmatch(text)
    if not match or not any(character.isdigit() for character in match[1]):
        raise Unreadable(
            Sentence(_("%(label)s: “%(typed)s” is not a number. Type the number in %(unit)s."), **words)
        )
    unit = re.sub(r"\s", "", match[2]).lower()
    if unit and unit not in UNIT_WORDS[reading.unit]:
        raise Unreadable(Sentence(_("%(label)s is entered in %(unit)s, not as “%(typed)s”."), **words))
    value = Decimal(match[1].replace(",", ""))
    if -int(value.as_tuple().exponent) > MOST_PLACES:
        raise Unreadable(Sentence(_("%(label)s: at most three decimals, not “%(typed)s”."), **words))
    verdict = judge(kind, value)
    if verdict.outcome is Outcome.REFUSED:
        raise Unreadable(verdict.sentence)
    return value


def plain(value: Decimal | None) -> str:
    """A number as a person writes it: 0.5, 118, 42.3; at most three decimals."""
    if value is None:
        return ""
    rounded = value.quantize(Decimal("0.001"), ROUND_HALF_UP).normalize()
    return f"{rounded + 0:f}" if rounded else "0"


# Saturation ------------------------------------------------------------------------------------------

Saturation = Literal["dew", "bubble"]


def sat_temperature(refrigerant: str, psig: Decimal, kind: Saturation) -> Decimal:
    """Where it boils (dew, for superheat) or condenses (bubble, for subcooling), to 0.1 °F."""
    table = _tables().get((refrigerant, kind))
    if table is None:
        raise NoTable(
            Sentence(_("There is no saturation table for %(refrigerant)s."), refrigerant=refrigerant)
        )
    pressures, temperatures = table
    if not pressures[0] <= psig <= pressures[-1]:
        raise OutsideTable(
            Sentence(
                _("%(value)s psig lies outside the table of %(refrigerant)s (%(low)s to %(high)s psig)."),
                value=plain(psig),
                refrigerant=refrigerant,
                low=plain(pressures[0]),
                high=plain(pressures[-1]),
            )
        )
    above = min(bisect_right(pressures, psig), len(pressures) - 1)
    low, high = pressures[above - 1], pressures[above]
    share = (psig - low) / (high - low)
    between = temperatures[above - 1] + share * (temperatures[above] - temperatures[above - 1])
    return _tenth(between)


def superheat(refrigerant: str, *, suction_psig: Decimal, line_f: Decimal) -> Decimal:
    """How much warmer the suction line is than the boiling refrigerant, to 0.1 °F."""
    return _tenth(line_f - sat_temperature(refrigerant, suction_psig, "dew"))


def subcooling(refrigerant: str, *, liquid_psig: Decimal, line_f: Decimal) -> Decimal:
    """How much colder the liquid line is than the condensing refrigerant, to 0.1 °F."""
    return _tenth(sat_temperature(refrigerant, liquid_psig, "bubble") - line_f)


def pt_refrigerants() -> tuple[str, ...]:
    """The refrigerants with a saturation table."""
    return tuple(sorted({refrigerant for refrigerant, _kind_of in _tables()}))


@cache
def _tables() -> Mapping[tuple[str, str], tuple[list[Decimal], list[Decimal]]]:
    tables: dict[tuple[str, str], tuple[list[Decimal], list[Decimal]]] = {}
    with PT_TABLE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for kind in ("dew", "bubble"):
                pressures, temperatures = tables.setdefault((row["refrigerant"], kind), ([], []))
                pressures.append(Decimal(row[f"{kind}_psig"]))
                temperatures.append(Decimal(row["temperature_f"]))
    return tables


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_UP)
