"""What the demo company does for a living: skills, checklists, job types, and what people say about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

SKILLS = [
    "Cooling",
    "Heating",
    "Heat pumps",
    "Installation",
    "Leak repair",
    "Rooftop units",
    "Refrigeration",
    "Controls",
]
# Each technician's skills, in the order of their rows on the board.
WHO_CAN = [
    ("Cooling", "Heating", "Heat pumps", "Leak repair"),
    ("Cooling", "Heating", "Controls"),
    ("Cooling", "Heating", "Heat pumps"),
    ("Cooling", "Rooftop units", "Refrigeration", "Leak repair"),
    ("Cooling", "Heating"),
    ("Cooling", "Heating", "Leak repair"),
    ("Rooftop units", "Refrigeration", "Controls", "Cooling"),
    ("Cooling", "Heating", "Heat pumps", "Controls"),
    ("Cooling", "Heating"),
    ("Cooling", "Heating", "Leak repair", "Heat pumps"),
    ("Installation", "Cooling", "Heating", "Leak repair"),
    ("Installation", "Cooling", "Heating"),
]


class Item(NamedTuple):
    """A line of a checklist; one with a unit is a reading between `low` and `high`."""

    text: str
    unit: str = ""
    low: float = 0
    high: float = 0
    places: int = 0
    required: bool = True


CHECKLISTS: dict[str, list[Item]] = {
    "Cooling tune-up": [
        Item("Filter checked or changed"),
        Item("Condenser coil clean"),
        Item("Evaporator coil and drain pan clean"),
        Item("Condensate drain clear, float switch tested"),
        Item("Electrical connections tight, contactor good"),
        Item("Capacitor", "µF", 42, 46.5, 1),
        Item("Compressor amps", "A", 9, 17, 1),
        Item("Return to supply difference", "°F", 16, 22),
        Item("Superheat", "°F", 8, 15),
        Item("Subcooling", "°F", 8, 12),
        Item("Total external static", "in w.c.", 0.35, 0.75, 2, required=False),
        Item("Thermostat works in every mode"),
    ],
    "Heating tune-up": [
        Item("Filter checked or changed"),
        Item("Heat exchanger inspected"),
        Item("Burners, ignitor and flame sensor clean"),
        Item("Flame sensor", "µA", 1.5, 5.5, 1),
        Item("Gas manifold pressure", "in w.c.", 3.3, 3.7, 1),
        Item("Temperature rise", "°F", 38, 62),
        Item("CO in the flue, air-free", "ppm", 10, 80),
        Item("CO in the room", "ppm", 0, 4),
        Item("Limit and rollout switches tested"),
        Item("Venting and condensate in order"),
    ],
    "Cooling diagnosis": [
        Item("Thermostat calls and the unit answers"),
        Item("Filter and coils seen"),
        Item("Line voltage", "V", 232, 246),
        Item("Suction pressure", "psig", 112, 132, required=False),
        Item("Liquid pressure", "psig", 320, 400, required=False),
        Item("Return to supply difference", "°F", 15, 21),
        Item("Left in working order or made safe"),
    ],
    "Heating diagnosis": [
        Item("Thermostat calls and the unit answers"),
        Item("Ignition sequence watched"),
        Item("Gas manifold pressure", "in w.c.", 3.3, 3.7, 1, required=False),
        Item("CO in the room", "ppm", 0, 5),
        Item("Left in working order or made safe"),
    ],
    "Change-out": [
        Item("Refrigerant of the old unit recovered"),
        Item("Line set flushed or replaced"),
        Item("Vacuum held below 500 microns", "µm", 280, 480),
        Item("Charge set by subcooling", "°F", 8, 12),
        Item("Breaker and disconnect fit the nameplate"),
        Item("Drain tested with water"),
        Item("Owner shown the filter and the thermostat"),
    ],
    "Leak repair": [
        Item("Leak found and marked"),
        Item("Pressure test with nitrogen", "psig", 250, 400),
        Item("Vacuum held below 500 microns", "µm", 300, 490),
        Item("Checked again under pressure"),
    ],
    "Rooftop unit": [
        Item("Filters changed"),
        Item("Belts and pulleys"),
        Item("Economizer moves"),
        Item("Coils clean"),
        Item("Supply fan amps", "A", 6, 12, 1),
        Item("Return to supply difference", "°F", 16, 21),
        Item("Curb and panels tight"),
    ],
}


@dataclass(frozen=True)
class Kind:
    """One job type, what callers say, and what technicians write when it is done."""

    code: str
    name: str
    minutes: int
    priority: int
    share: int
    checklist: str = ""
    skills: tuple[str, ...] = ()
    needs_certificate: bool = False
    needs_photo: bool = False
    needs_signature: bool = True
    parts: float = 0.0
    says: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


KINDS = [
    Kind(
        "no-cooling",
        "No cooling",
        90,
        2,
        22,
        "Cooling diagnosis",
        ("Cooling",),
        parts=0.7,
        says=(
            "Upstairs will not cool below 80",
            "Unit outside hums but the fan does not turn",
            "Blowing warm air since last night",
            "Ice on the copper line at the air handler",
            "Breaker trips when the air comes on",
            "Water in the pan, system shut itself off",
            "Runs all day and never reaches the setting",
            "Outdoor unit is silent, thermostat is blank",
        ),
        found=(
            "Run capacitor had failed, replaced it. Cooling restored, 18 degrees across the coil.",
            "Contactor points burned. Replaced the contactor, tightened lugs, system runs quietly.",
            "Drain line was blocked with algae. Cleared it, tested the float switch.",
            "Condenser fan motor seized. Replaced motor and capacitor, amps within the nameplate.",
            "Filter was collapsed and the coil frozen. Thawed, changed the filter, explained the interval.",
            "Low-voltage short at the float switch. Repaired the splice and replaced the fuse.",
        ),
    ),
    Kind(
        "no-heating",
        "No heating",
        90,
        2,
        6,
        "Heating diagnosis",
        ("Heating",),
        parts=0.6,
        says=(
            "Furnace clicks and does not light",
            "Heat pump blows cold in the morning",
            "No heat in the back bedrooms",
            "Burning smell when the heat first came on",
        ),
        found=(
            "Flame sensor was dirty. Cleaned it, 3.2 microamps, three clean starts.",
            "Ignitor cracked. Replaced it and checked the gas pressure.",
            "Blower capacitor weak. Replaced it; temperature rise is within the plate.",
        ),
    ),
    Kind(
        "diagnostic",
        "Diagnostic",
        60,
        3,
        12,
        "Cooling diagnosis",
        ("Cooling",),
        parts=0.3,
        says=(
            "Loud rattle at start-up",
            "High electric bill, wants the system looked at",
            "Humid inside although it cools",
            "Short cycling every few minutes",
            "Musty smell from the vents",
            "Second opinion on a quoted replacement",
        ),
        found=(
            "Loose panel screws and a worn isolator. Secured and quiet now.",
            "Oversized for the house; explained staging and options.",
            "Return duct leak in the attic, sealed at the boot. Office to quote the rest.",
            "Thermostat was set to one cycle an hour too many. Adjusted and watched two cycles.",
        ),
    ),
    Kind(
        "cooling-tune-up",
        "Cooling tune-up",
        75,
        4,
        26,
        "Cooling tune-up",
        ("Cooling",),
        parts=0.15,
        says=("Spring maintenance", "Maintenance visit of the plan", "Yearly check before the summer"),
        found=(
            "Cleaned the coil and the drain, readings good. Recommended a new capacitor next visit.",
            "All readings within range. Filter changed, size noted on the unit.",
            "Coil matted with cottonwood, cleaned it. Subcooling back at ten.",
        ),
    ),
    Kind(
        "heating-tune-up",
        "Heating tune-up",
        75,
        4,
        10,
        "Heating tune-up",
        ("Heating",),
        parts=0.1,
        says=("Autumn maintenance", "Maintenance visit of the plan", "Check before the first frost"),
        found=(
            "Burners cleaned, flame signal strong. Heat exchanger looks good.",
            "Vent screen was half blocked by a nest, cleared it. CO readings low.",
        ),
    ),
    Kind(
        "repair-return",
        "Repair with parts",
        120,
        3,
        8,
        "Cooling diagnosis",
        ("Cooling",),
        needs_photo=False,
        parts=0.95,
        says=(
            "Return with the blower motor",
            "Install the board that was ordered",
            "Replace the condenser fan motor",
            "Return with the expansion valve",
        ),
        found=(
            "Installed the ordered part, tested through a full cycle, old part left with the owner.",
            "Replaced the blower motor and belt, static within range.",
        ),
    ),
    Kind(
        "leak-repair",
        "Leak repair",
        150,
        3,
        4,
        "Leak repair",
        ("Leak repair",),
        needs_certificate=True,
        parts=0.4,
        says=("Low on refrigerant, second time this year", "Oil at the flare nut, bubbles seen"),
        found=(
            "Flare at the service valve leaked. Remade it, pressure held, charge set by weight.",
            "Rub-out on the liquid line, brazed a sleeve. Held 350 psig for half an hour.",
        ),
    ),
    Kind(
        "rooftop-service",
        "Rooftop unit service",
        120,
        3,
        6,
        "Rooftop unit",
        ("Rooftop units",),
        parts=0.5,
        says=("Suite on the east side is warm", "Quarterly service of the rooftop units", "RTU-2 in alarm"),
        found=(
            "Belt replaced, economizer linkage freed. Both stages cool.",
            "Filters changed on all units. RTU-2 contactor replaced.",
        ),
    ),
    Kind(
        "change-out",
        "Change-out",
        420,
        4,
        3,
        "Change-out",
        ("Installation",),
        needs_certificate=True,
        needs_photo=True,
        parts=0.0,
        says=("Replace the 3-ton split, accepted estimate", "Replace furnace and coil, accepted estimate"),
        found=("New system set, vacuum held, charge set by subcooling. Owner shown everything.",),
    ),
    Kind(
        "estimate",
        "Estimate",
        60,
        4,
        5,
        needs_signature=False,
        says=(
            "Wants a price for replacing a 2006 system",
            "Addition needs its own unit",
            "Mini-split for the garage",
        ),
        found=("Measured, took photos of the plates, options go out tomorrow.",),
    ),
    Kind(
        "thermostat",
        "Thermostat and controls",
        60,
        3,
        4,
        skills=("Controls",),
        parts=0.5,
        says=("New thermostat does not talk to the unit", "Wi-Fi thermostat keeps dropping out"),
        found=("Common wire added, thermostat set up with the owner.",),
    ),
    Kind(
        "refrigeration",
        "Walk-in service",
        120,
        2,
        3,
        "Leak repair",
        ("Refrigeration",),
        needs_certificate=True,
        parts=0.5,
        says=("Walk-in is at 46 and rising", "Ice on the evaporator of the walk-in freezer"),
        found=("Defrost timer replaced, box pulled down to 36 before leaving.",),
    ),
]

IN_TRAY = [
    ("no-cooling", 1, "No cooling, infant in the house", "Please call when on the way."),
    ("no-cooling", 2, "Outdoor unit is silent since this morning", ""),
    ("no-cooling", 2, "Blowing warm air, thermostat says 84", "Dog in the yard, use the front door."),
    ("refrigeration", 1, "Walk-in is at 44, lunch in two hours", "Ask for the kitchen manager."),
    ("diagnostic", 3, "Humming at night near the return", ""),
    ("diagnostic", 3, "High bill last month, wants a check", "Works nights, mornings are best."),
    ("cooling-tune-up", 4, "Maintenance visit of the plan, both systems", ""),
    ("cooling-tune-up", 4, "Maintenance before guests arrive", ""),
    ("heating-tune-up", 4, "Autumn maintenance", ""),
    ("repair-return", 3, "Return with the blower motor", "Motor is on the shelf, bin 14."),
    ("estimate", 4, "Wants a price for replacing a 2004 heat pump", ""),
    ("rooftop-service", 3, "Second floor is warm after lunch", "Roof key with the front desk."),
    ("thermostat", 3, "Thermostat screen went dark", ""),
]
ON_HOLD = [
    ("repair-return", "Return with the control board", "Waiting for the board, promised for Friday"),
    ("repair-return", "Replace the inducer motor", "Part on back order at the supplier"),
    ("leak-repair", "Evaporator coil leaks", "Owner decides between a coil and a new system"),
    ("rooftop-service", "Compressor 2 locked out", "Property manager has to approve the price"),
]
CANCELLED = [
    ("no-cooling", "Blowing warm air", "Caller found the breaker off, it cools again"),
    ("estimate", "Price for a mini-split", "Went with a relative's company"),
    ("cooling-tune-up", "Maintenance visit", "Moved away, house is for sale"),
]
NO_SIGNATURE = ["Customer was not at home, let in by a neighbor", "Customer on a call, agreed by phone"]
