"""United States addresses out of free-text lines: taken apart, written one way, and keyed for matching.

What comes out is standardised, never verified: nothing here knows whether the house exists.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

LONGEST_LINE: Final = 300

STATES: Final = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "PR": "Puerto Rico", "VI": "Virgin Islands",
    "GU": "Guam",
}  # fmt: skip
_STATE_BY_NAME = {name.casefold(): code for code, name in STATES.items()}

# The first three digits of a ZIP and the state they lie in.
_ZIP_RANGES: Final = {
    "AL": "350-369", "AK": "995-999", "AZ": "850-865", "AR": "716-729", "CA": "900-961", "CO": "800-816",
    "CT": "060-069", "DE": "197-199", "DC": "200-205 569-569", "FL": "320-349", "GA": "300-319 398-399",
    "HI": "967-968", "ID": "832-838", "IL": "600-629", "IN": "460-479", "IA": "500-528", "KS": "660-679",
    "KY": "400-427", "LA": "700-714", "ME": "039-049", "MD": "206-219", "MA": "010-027 055-055",
    "MI": "480-499", "MN": "550-567", "MS": "386-397", "MO": "630-658", "MT": "590-599", "NE": "680-693",
    "NV": "889-898", "NH": "030-038", "NJ": "070-089", "NM": "870-884", "NY": "005-005 063-063 100-149",
    "NC": "270-289", "ND": "580-588", "OH": "430-459", "OK": "730-749", "OR": "970-979", "PA": "150-196",
    "RI": "028-029", "SC": "290-299", "SD": "570-577", "TN": "370-385", "TX": "733-733 750-799 885-885",
    "UT": "840-847", "VT": "050-059", "VA": "201-201 220-246", "WA": "980-994", "WV": "247-268",
    "WI": "530-549", "WY": "820-831", "PR": "006-009", "VI": "008-008", "GU": "969-969",
}  # fmt: skip

# The zone most of a state keeps, and the ZIP prefixes that keep another.
_ZONES: Final = {
    "America/New_York": "CT DE DC FL GA IN KY ME MD MA MI NH NJ NY NC OH PA RI SC VT VA WV",
    "America/Chicago": "AL AR IL IA KS LA MN MS MO NE ND OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
}
_ZONE_BY_STATE = {state: zone for zone, states in _ZONES.items() for state in states.split()}
_ZONE_BY_PREFIX: Final = {
    **dict.fromkeys(("324", "325", "420", "421", "422", "463", "464", "476", "477"), "America/Chicago"),
    **dict.fromkeys(("373", "374", "376", "377", "378", "379"), "America/New_York"),
    **dict.fromkeys(("798", "799", "885", "577", "693", "979"), "America/Denver"),
    **dict.fromkeys(("835", "838"), "America/Los_Angeles"),
}

_SUFFIXES: Final = {
    "avenue": "Ave", "av": "Ave", "boulevard": "Blvd", "blv": "Blvd", "circle": "Cir", "circ": "Cir",
    "court": "Ct", "cove": "Cv", "crossing": "Xing", "drive": "Dr", "drv": "Dr", "expressway": "Expy",
    "freeway": "Fwy", "heights": "Hts", "highway": "Hwy", "hiway": "Hwy", "lane": "Ln", "loop": "Loop",
    "parkway": "Pkwy", "pkway": "Pkwy", "place": "Pl", "plaza": "Plz", "point": "Pt", "ridge": "Rdg",
    "road": "Rd", "run": "Run", "square": "Sq", "street": "St", "str": "St", "terrace": "Ter", "terr": "Ter",
    "trail": "Trl", "trails": "Trl", "tr": "Trl", "view": "Vw", "village": "Vlg", "way": "Way",
    "ave": "Ave", "blvd": "Blvd", "cir": "Cir", "ct": "Ct", "cv": "Cv", "dr": "Dr", "expy": "Expy",
    "fwy": "Fwy", "hwy": "Hwy", "ln": "Ln", "pkwy": "Pkwy", "pl": "Pl", "plz": "Plz", "pt": "Pt",
    "rd": "Rd", "sq": "Sq", "st": "St", "ter": "Ter", "trl": "Trl", "xing": "Xing",
}  # fmt: skip
_DIRECTIONS: Final = {
    "north": "N", "south": "S", "east": "E", "west": "W", "northeast": "NE", "northwest": "NW",
    "southeast": "SE", "southwest": "SW", "n": "N", "s": "S", "e": "E", "w": "W", "ne": "NE", "nw": "NW",
    "se": "SE", "sw": "SW",
}  # fmt: skip
_UNIT_CLASSES: Final = {
    "apartment": "Apt", "apt": "Apt", "unit": "Unit", "suite": "Ste", "ste": "Ste", "room": "Rm", "rm": "Rm",
    "building": "Bldg", "bldg": "Bldg", "floor": "Fl", "fl": "Fl", "lot": "Lot", "space": "Spc", "spc": "Spc",
    "trailer": "Trlr", "trlr": "Trlr", "#": "#", "no": "#", "number": "#",
}  # fmt: skip
_ORDINALS: Final = {
    "first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7",
    "eighth": "8", "ninth": "9", "tenth": "10", "eleventh": "11", "twelfth": "12", "thirteenth": "13",
    "fourteenth": "14", "fifteenth": "15", "sixteenth": "16", "seventeenth": "17", "eighteenth": "18",
    "nineteenth": "19", "twentieth": "20", "thirtieth": "30", "fortieth": "40", "fiftieth": "50",
}  # fmt: skip
_SHORT_SUFFIXES: Final = frozenset(suffix.casefold() for suffix in _SUFFIXES.values())
_TENS: Final = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
}
_KEPT_LOUD: Final = frozenset(
    {"CR", "FM", "RM", "RR", "US", "SH", "IH", "PO", "NE", "NW", "SE", "SW", "II", "III"}
)

_CITY_LINE = re.compile(
    r"^(?P<city>[^\d,]*?)[\s,]+(?P<state>[A-Za-z]{2}|[A-Za-z][A-Za-z ]{3,19}?)\.?"
    r"(?:[\s,]+(?P<zip>\d{3,5}(?:\.0)?)(?:-?(?P<plus>\d{4}))?)?[\s,]*"
    r"(?:,?\s*(?:USA|U\.S\.A\.|United States))?$",
    re.IGNORECASE,
)
_ZIP_ONLY = re.compile(r"^(\d{5})(?:-\d{4})?$")
_PO_BOX = re.compile(r"\bp(?:ost)?\.?\s*o(?:ffice)?\.?\s*box\s*#?\s*([\w-]+)", re.IGNORECASE)
_UNIT = re.compile(
    r"(?:,\s*|\s+|^)(?:(?P<class>apartment|apt|unit|suite|ste|room|rm|building|bldg|floor|fl|lot|space|spc|trailer|trlr"
    r"|number|no)\b\.?\s*(?:\#\s*)?|\#\s*)(?P<id>[A-Za-z]?\d+[A-Za-z]?(?:-\w+)?|[A-Za-z]{1,2})(?=$|[\s,])",
    re.IGNORECASE,
)
_ROADS: Final = (
    (re.compile(r"\b(?:county|co|cnty) (?:road|rd)\b"), "cr"),
    (re.compile(r"\b(?:farm to market|farm market|farm to mkt|f m)(?: road| rd)?\b"), "fm"),
    (re.compile(r"\bfm (?:road|rd)\b"), "fm"),
    (re.compile(r"\branch to market(?: road| rd)?\b"), "rm"),
    (re.compile(r"\branch (?:road|rd)\b"), "rr"),
    (re.compile(r"\brural (?:route|rt)\b"), "rr"),
    (re.compile(r"\b(?:(?:us|u s|united states|state|st|sh|sr) )?(?:highway|hwy|hiway)\b"), "hwy"),
    (re.compile(r"\b(?:sh|state (?:road|rd|route|rt)|sr|us) (?=\d)"), "hwy "),
    (re.compile(r"\b(?:interstate|ih|i)(?: hwy)? (?=\d)"), "ih "),
    (
        re.compile(r"\b(?:dr |rev )?(?:martin luther king|m l king|ml king|m l k|mlk)(?: (?:jr|junior))?\b"),
        "mlk",
    ),
)
_WORDS: Final = {"saint": "st", "mount": "mt", "fort": "ft", "junior": "jr", "and": "&", "half": "1/2"}


@dataclass(frozen=True)
class ParsedAddress:
    """An address in parts. `problems` holds codes, worst first; an empty `match_key` matches nothing."""

    street: str = ""
    unit: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    problems: tuple[str, ...] = ()
    match_key: str = ""


def parse_address(lines: Iterable[str]) -> ParsedAddress:
    """The parts of an address written over some lines, as exports and forms hold it; never raises."""
    texts = [text for line in lines if (text := _tidy(line))]
    if not texts:
        return ParsedAddress(problems=("no_address",))
    problems: list[str] = []
    street_lines, city, state, postal_code = _take_city(texts, problems)
    street, unit = _street_and_unit(street_lines, problems)
    if not street:
        problems.append("no_street")
    if not city:
        problems.append("no_city")
    if not state:
        problems.append("no_state")
    if not postal_code:
        problems.append("no_zip")
    elif state and not zip_fits_state(postal_code, state):
        problems.append("zip_not_in_state")
    key = match_key(street, unit=unit, city=city, state=state, postal_code=postal_code)
    return ParsedAddress(street, unit, city, state, postal_code, tuple(problems), key)


def match_key(street: str, *, unit: str = "", city: str = "", state: str = "", postal_code: str = "") -> str:
    """The same text for spellings of the same door: `number street|unit|place`, or nothing without a street.

    Directionals and the word before a unit's number are left out, so a key proposes and a person decides.
    """
    core, inner_unit = _key_street(street)
    if not core:
        return ""
    unit_id = _unit_id(unit) or inner_unit
    place = postal_code.strip()[:5] or " ".join(_key_words(f"{city} {state}"))
    return f"{core}|{unit_id}|{place}"


@dataclass(frozen=True, slots=True)
class StreetParts:
    """A street line as the matcher compares it: `kind` is the street word (st, ave), `unit` only its id."""

    number: str = ""
    name: str = ""
    kind: str = ""
    unit: str = ""


@lru_cache(maxsize=100_000)
def street_parts(street: str, unit: str = "") -> StreetParts:
    """The parts of the match key of a street line: spellings of the same door have equal parts."""
    core, inner_unit = _key_street(street)
    words = core.split()
    number = words.pop(0) if words and words[0][:1].isdigit() and len(words) > 1 else ""
    if words and words[0] == "1/2":
        number += " " + words.pop(0)
    kind = words.pop() if len(words) > 1 and words[-1] in _SHORT_SUFFIXES else ""
    return StreetParts(number, " ".join(words), kind, _unit_id(unit) or inner_unit)


def standardised(address: ParsedAddress) -> str:
    """The address as the post office would print it, on one line; standardised, not verified.

    The postal tables are asked first; where they fail or name another door, our own short forms stand.
    """
    last = f"{address.city}, {address.state} {address.postal_code}".strip(" ,")
    own = ", ".join(part for part in (f"{address.street} {address.unit}".strip(), last) if part).upper()
    if not (address.match_key and address.city and address.state and address.postal_code):
        return own
    try:
        found = _scourgify()(f"{address.street} {address.unit}, {last}".replace(" ,", ","))
    except (_scourgify_error(), _parser().RepeatedLabelError, ValueError, IndexError):
        return own  # no address that the tables can read
    street, unit = found["address_line_1"] or "", found["address_line_2"] or ""
    place = (found["city"] or "", found["state"] or "", (found["postal_code"] or "")[:5])
    key = match_key(street, unit=unit, city=place[0], state=place[1], postal_code=place[2])
    if key != address.match_key:
        return own
    return f"{street} {unit}".strip() + f", {place[0]}, {place[1]} {place[2]}"


def zip_fits_state(postal_code: str, state: str) -> bool:
    """Whether the ZIP's first three digits belong to the state; a state that is not one fits nothing."""
    prefix = postal_code[:3]
    return any(low <= prefix <= high for low, high in _ranges(state.upper()))


def time_zone_of(state: str, postal_code: str) -> str:
    """The time zone of most addresses with that state and ZIP; empty where the state is not known."""
    if state not in _ZONE_BY_STATE:
        return ""
    return _ZONE_BY_PREFIX.get(postal_code[:3], _ZONE_BY_STATE[state])


def short_street_word(word: str) -> str:
    """A street word in its postal short form (avenue: ave), any other word as it is; in lower case."""
    word = word.casefold().strip(".,")
    return (_SUFFIXES.get(word) or _DIRECTIONS.get(word) or word).casefold()


def standard_case(text: str) -> str:
    """LOUD or quiet text as Words; text that mixes cases already is left as it was typed."""
    if text != text.upper() and text != text.lower():
        return text
    return re.sub(r"[^\W\d_]+(?:'s\b)?", _capital, text)


def _capital(match: re.Match[str]) -> str:
    word = match.group().lower()
    before = match.string[: match.start()]
    if word in {"st", "nd", "rd", "th"} and before[-1:].isdigit():
        return word
    if word.upper() in _KEPT_LOUD:
        return word.upper()
    if word.startswith("mc") and len(word) > 4:
        return "Mc" + word[2:].capitalize()
    return word.capitalize()


@cache
def _ranges(state: str) -> tuple[tuple[str, str], ...]:
    return tuple((part[:3], part[4:]) for part in _ZIP_RANGES.get(state, "").split())


def _tidy(line: str) -> str:
    return " ".join(unicodedata.normalize("NFC", line[:LONGEST_LINE]).split()).strip(" ,")


def _take_city(texts: list[str], problems: list[str]) -> tuple[list[str], str, str, str]:
    """Peel city, state and ZIP off the end; what is left is the street."""
    rest = list(texts)
    postal_code = ""
    if len(rest) > 1 and re.fullmatch(r"(?i)u\.?s\.?a?\.?|united states(?: of america)?", rest[-1]):
        rest.pop()
    if len(rest) > 1 and (alone := _ZIP_ONLY.match(rest[-1])):
        postal_code = alone.group(1)
        rest.pop()
    before, last = rest[:-1], rest[-1]
    cuts = [0] if before else []  # a last line of its own; else what follows one of its commas
    cuts += [at + 1 for at in reversed(range(len(last))) if last[at] == ","]
    for cut in cuts or [0]:
        found = _CITY_LINE.match(last[cut:].strip())
        code = _state_code(found.group("state")) if found else ""
        if not found or not code or (cut and not found.group("city").strip(" ,")):
            continue
        if found.group("zip"):
            postal_code = _zip(found.group("zip"), problems)
        street = [*before, last[:cut].rstrip(" ,")] if cut else before
        return street, standard_case(found.group("city").strip(" ,")), code, postal_code
    return _take_city_by_model(rest, postal_code, problems)


def _take_city_by_model(
    rest: list[str], postal_code: str, problems: list[str]
) -> tuple[list[str], str, str, str]:
    """The whole address on one line, or a last line of no usual shape: ask the parser's model."""
    tagged = _tagged(", ".join(rest))
    if tagged is None:
        problems.append("unclear")
        return rest, "", "", postal_code
    place, state, zip_text = (tagged.get(name, "") for name in ("PlaceName", "StateName", "ZipCode"))
    code = _state_code(state)
    if state and not code:
        problems.append("unknown_state")
    if zip_text:
        postal_code = _zip(zip_text[:5], problems)
    if not (place or state or zip_text):
        return rest, "", "", postal_code
    street = ", ".join(rest)
    for part in (zip_text, state, place):
        cut = street.rfind(part) if part else -1
        if cut >= 0:
            street = street[:cut].rstrip(" ,")
    return ([street] if street else []), standard_case(place.strip(" ,")), code, postal_code


def _state_code(text: str) -> str:
    text = text.strip(" .")
    return text.upper() if text.upper() in STATES else _STATE_BY_NAME.get(text.casefold(), "")


def _zip(text: str, problems: list[str]) -> str:
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit()):
        problems.append("zip_spoilt")
        return ""
    if len(digits) == 4:
        problems.append("zip_lost_zero")
        return "0" + digits
    if len(digits) < 4:
        problems.append("zip_spoilt")
        return ""
    return digits[:5]


def _street_and_unit(lines: list[str], problems: list[str]) -> tuple[str, str]:
    text = ", ".join(lines)
    if not text:
        return "", ""
    if box := _PO_BOX.search(text):
        problems.append("po_box")
        return f"PO Box {box.group(1).upper()}", ""
    unit = ""
    if (found := _last_unit(text)) and found.start() > 0:
        name = _UNIT_CLASSES[(found.group("class") or "#").lower()]
        unit_id = found.group("id").upper()
        unit = f"#{unit_id}" if name == "#" else f"{name} {unit_id}"
        text = (text[: found.start()] + " " + text[found.end() :]).strip(" ,")
    number = text.split(" ", 1)[0]
    if re.search(r"\d", number) and re.fullmatch(r"\d+[A-Za-z]{1,2}\d+|\d+[A-Za-z]", number):
        problems.append("odd_number")
    elif not re.match(r"\d", number):
        problems.append("no_number")
    return _standard_street(text), unit


def _last_unit(text: str) -> re.Match[str] | None:
    matches = list(_UNIT.finditer(text))
    return matches[-1] if matches else None


def _standard_street(text: str) -> str:
    """Directionals and the last street word in their postal short forms; names stay as they are."""
    words = standard_case(text).split(" ")
    named = [at for at, word in enumerate(words) if at and not re.search(r"\d", word)]
    if len(words) > 2 and named:
        last = words[-1].strip(".,").lower()
        tail = len(words) - 1
        if last in _DIRECTIONS and tail > 2:
            words[tail] = _DIRECTIONS[last]
            tail -= 1
            last = words[tail].strip(".,").lower()
        if last in _SUFFIXES and tail > 1:
            words[tail] = _SUFFIXES[last]
        first = words[1].strip(".,").lower()
        if first in _DIRECTIONS and tail > 2:
            words[1] = _DIRECTIONS[first]
    return " ".join(words)


def _key_words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    return re.sub(r"[^\w/&#]+", " ", plain.replace("'", "")).split()


def _unit_id(unit: str) -> str:
    words = [word for word in _key_words(unit.replace("#", " ")) if word not in _UNIT_CLASSES]
    return "".join(words)


@lru_cache(maxsize=100_000)
def _key_street(street: str) -> tuple[str, str]:
    if box := _PO_BOX.search(street):
        return f"pobox {box.group(1).casefold()}", ""
    unit = ""
    if (found := _last_unit(street)) and found.start() > 0:
        unit = found.group("id").casefold()
        street = street[: found.start()] + " " + street[found.end() :]
    text = " ".join(_key_words(street))
    for pattern, short in _ROADS:
        text = pattern.sub(short, text)
    words = [_WORDS.get(word, word) for word in _ordinals(text.split())]
    words = [_SUFFIXES[word].casefold() if word in _SUFFIXES else word for word in words]
    kept = [word for word in words if word not in _DIRECTIONS]
    return " ".join(kept if len(kept) > 1 else words), unit


def _ordinals(words: list[str]) -> Iterable[str]:
    tens = 0
    for word in words:
        if word in _TENS:
            if tens:
                yield str(tens)
            tens = _TENS[word]
            continue
        digit = _ORDINALS.get(word)
        if digit is not None:
            yield str(tens + int(digit))
        else:
            if tens:
                yield str(tens)
            yield re.sub(r"^(\d+)(?:st|nd|rd|th)$", r"\1", word)
        tens = 0
    if tens:
        yield str(tens)


def _tagged(text: str) -> dict[str, str] | None:
    try:
        tagged: Any = _parser().tag(text)[0]
    except (_parser().RepeatedLabelError, ValueError, IndexError):
        return None
    return dict(tagged)


@cache
def _parser() -> Any:
    import usaddress  # loads a trained model: only where an address has no usual shape

    return usaddress


@cache
def _scourgify() -> Any:
    from scourgify import normalize_address_record

    return normalize_address_record


@cache
def _scourgify_error() -> type[Exception]:
    from scourgify.exceptions import AddressNormalizationError

    kind: type[Exception] = AddressNormalizationError
    return kind
