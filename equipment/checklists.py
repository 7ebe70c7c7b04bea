"""The tune-up checklists by season and category of equipment, and the readings they ask for.

Plain data: `dispatch` makes its templates from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from .sentences import gettext_noop as _

Season = Literal["cooling", "heating"]


@dataclass(frozen=True, slots=True)
class Item:
    """One line: something to look at, or a reading (a key of `readings.READINGS`)."""

    text: str
    reading: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Checklist:
    """The lines for some categories in a season, in the order of the work."""

    name: str
    season: Season
    categories: frozenset[str]
    items: tuple[Item, ...]


def checklist_for(category: str, season: Season) -> Checklist | None:
    """The checklist of the category in that season; None where it has no tune-up then."""
    return next((each for each in CHECKLISTS if each.season == season and category in each.categories), None)


def where_asked(reading: str) -> list[Checklist]:
    """The checklists that ask for the reading."""
    return [each for each in CHECKLISTS if any(item.reading == reading for item in each.items)]


# Parts that several lists share ----------------------------------------------------------------------

FILTER = Item(_("Filter checked or changed"))
THERMOSTAT = Item(_("Thermostat works in every mode"))
POWER = (
    Item(_("Disconnect in order, connections tight, contactor good")),
    Item(_("Line voltage"), "line_voltage"),
    Item(_("Control voltage"), "control_voltage", required=False),
)
OUTDOOR_UNIT = (
    Item(_("Condenser coil clean")),
    Item(_("Insulation of the suction line sound")),
    Item(_("Run capacitor"), "capacitor"),
    Item(_("Compressor amps"), "compressor_amps"),
    Item(_("Fan amps"), "fan_amps", required=False),
)
# Many companies keep their gauges off a sealed system that cools as it should: none of these is required.
CHARGE = (
    Item(_("Suction pressure"), "suction_pressure", required=False),
    Item(_("Liquid pressure"), "liquid_pressure", required=False),
    Item(_("Superheat"), "superheat", required=False),
    Item(_("Subcooling"), "subcooling", required=False),
)
INDOOR_UNIT = (
    Item(_("Evaporator coil clean")),
    Item(_("Condensate drain clear, pan dry, float switch tested")),
    Item(_("Blower wheel clean, belt and bearings good")),
)
AIR = (
    Item(_("Total external static"), "total_static"),
    Item(_("Outdoor temperature"), "outdoor_temperature"),
    Item(_("Return to supply difference"), "delta_t"),
)
SAFETIES = Item(_("Pressure and safety switches tested"))
LEAK_SENSOR = Item(_("Leak sensor tested, where the refrigerant is flammable (A2L)"), required=False)
COOLING = (FILTER, *OUTDOOR_UNIT, *INDOOR_UNIT, *POWER, *CHARGE, *AIR, SAFETIES, LEAK_SENSOR, THERMOSTAT)

BURNING = (
    Item(_("Heat exchanger inspected")),
    Item(_("Burners and ignitor clean")),
    Item(_("Flame sensor"), "flame_sensor"),
    Item(_("Gas inlet pressure"), "gas_inlet"),
    Item(_("Gas manifold pressure"), "gas_manifold"),
    Item(_("CO in the flue, air-free"), "co_flue"),
    Item(_("CO in the room"), "co_ambient"),
    Item(_("Venting sound and clear")),
    Item(_("Condensate drain and trap clear (90 percent and better)"), required=False),
    Item(_("Limit and rollout switches tested")),
)
WARM_AIR = (
    Item(_("Temperature rise"), "temperature_rise"),
    Item(_("Total external static"), "total_static"),
    Item(_("Blower amps"), "fan_amps", required=False),
)
HEAT_STRIPS = Item(_("Heat strip amps"), "heat_strip_amps", required=False)

CHECKLISTS: Final = (
    Checklist(
        _("Cooling tune-up: split system"),
        "cooling",
        frozenset({"air_conditioner", "air_handler", "coil", "geothermal"}),
        COOLING,
    ),
    Checklist(
        _("Cooling tune-up: heat pump"),
        "cooling",
        frozenset({"heat_pump"}),
        (*COOLING, Item(_("Reversing valve switches"))),
    ),
    Checklist(
        _("Cooling tune-up: mini-split and VRF"),
        "cooling",
        frozenset({"mini_split", "vrf", "ptac"}),
        (
            Item(_("Filters of every indoor unit clean")),
            Item(_("Indoor coils and blower wheels clean")),
            Item(_("Condensate drains and pumps clear")),
            Item(_("Condenser coil clean")),
            *POWER,
            Item(_("Compressor amps"), "compressor_amps", required=False),
            Item(_("Outdoor temperature"), "outdoor_temperature"),
            Item(_("Return to supply difference"), "delta_t"),
            LEAK_SENSOR,
            Item(_("Remote controls and error history read")),
        ),
    ),
    Checklist(
        _("Cooling tune-up: rooftop unit"),
        "cooling",
        frozenset({"rooftop", "make_up_air", "erv"}),
        (
            Item(_("Filters changed")),
            Item(_("Belts and pulleys")),
            Item(_("Economizer moves and closes")),
            *OUTDOOR_UNIT,
            *INDOOR_UNIT,
            *POWER,
            Item(_("Phase imbalance"), "voltage_imbalance", required=False),
            *CHARGE,
            *AIR,
            SAFETIES,
            LEAK_SENSOR,
            Item(_("Cabinet, roof curb and panels tight")),
        ),
    ),
    Checklist(
        _("Cooling tune-up: chiller"),
        "cooling",
        frozenset({"chiller", "centrifugal_chiller", "process_chiller", "cooling_tower"}),
        (
            Item(_("Water flow, strainers and pumps")),
            Item(_("Oil level and sample")),
            Item(_("Condenser coil or tubes clean")),
            *POWER,
            Item(_("Phase imbalance"), "voltage_imbalance"),
            Item(_("Compressor amps"), "compressor_amps"),
            *CHARGE,
            SAFETIES,
            Item(_("Leak inspection of joints, valves and seals")),
        ),
    ),
    Checklist(
        _("Tune-up: refrigeration"),
        "cooling",
        frozenset({"walk_in", "reach_in", "rack", "ice_machine"}),
        (
            Item(_("Condenser coil clean")),
            Item(_("Evaporator free of ice, fans run")),
            Item(_("Defrost runs and ends")),
            Item(_("Drain line and its heater")),
            Item(_("Door gaskets and closers")),
            *POWER,
            Item(_("Compressor amps"), "compressor_amps"),
            *CHARGE,
            Item(_("Box holds its temperature")),
            SAFETIES,
        ),
    ),
    Checklist(
        _("Heating tune-up: furnace"),
        "heating",
        frozenset({"furnace", "unit_heater", "make_up_air"}),
        (FILTER, *BURNING, *WARM_AIR, THERMOSTAT),
    ),
    Checklist(
        _("Heating tune-up: rooftop unit"),
        "heating",
        frozenset({"rooftop"}),
        (
            Item(_("Filters changed")),
            Item(_("Belts and pulleys")),
            *POWER,
            *BURNING,
            *WARM_AIR,
            Item(_("Economizer moves and closes")),
        ),
    ),
    Checklist(
        _("Heating tune-up: heat pump"),
        "heating",
        frozenset({"heat_pump", "mini_split", "vrf", "geothermal"}),
        (
            FILTER,
            *OUTDOOR_UNIT,
            *POWER,
            Item(_("Reversing valve switches")),
            Item(_("Defrost starts and ends")),
            Item(_("Balance point and lockouts set")),
            HEAT_STRIPS,
            Item(_("Outdoor temperature"), "outdoor_temperature"),
            Item(_("Temperature rise"), "temperature_rise"),
            Item(_("Total external static"), "total_static", required=False),
            LEAK_SENSOR,
            THERMOSTAT,
        ),
    ),
    Checklist(
        _("Heating tune-up: electric air handler"),
        "heating",
        frozenset({"air_handler"}),
        (FILTER, *POWER, HEAT_STRIPS, Item(_("Limit switches tested")), *WARM_AIR, THERMOSTAT),
    ),
    Checklist(
        _("Heating tune-up: boiler"),
        "heating",
        frozenset({"boiler", "water_heater"}),
        (
            Item(_("Pressure, expansion tank and relief valve")),
            Item(_("Low-water cutoff tested")),
            Item(_("Circulators and zone valves")),
            *BURNING,
        ),
    ),
)
