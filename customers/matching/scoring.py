"""How alike two records are: points anybody can read, added up, and what forbids an automatic merge."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from .people import Person, nickname_groups
from .records import Door, Record, is_office_box

Band = Literal["auto", "review", ""]
Group = Literal["name", "contact", "address", "identity"]

VERSION: Final = 1
REVIEW_POINTS: Final = 45  # .80: a person should look
AUTO_POINTS: Final = 100  # .99: the same customer
REVIEW, AUTO = 0.80, 0.99

# Weighed on made-up lists and on FEBRL 1 and 2, then rounded by hand. Whoever changes a number raises VERSION
# and looks at what `measure_matching` says before and after.
POINTS: Final[dict[str, int]] = {
    "first name same": 29, "first name close": 24, "first name nickname": 24, "first name initial": 19,
    "first name near": 7, "first name part": 10, "first name other": -31,
    "last name same": 27, "last name close": 26, "last name part": 20, "last name near": 12,
    "last name other": -22,
    "names turned round": -9, "another generation (Jr, Sr)": -40,
    "company same": 40, "company near": 17, "company other": -30, "last name in the company's": 8,
    "phone same": 60, "phone one digit apart": 10, "phone differs": -16,
    "e-mail same": 60, "e-mail close": 8, "e-mail differs": -10, "e-mail of an office same": 4,
    "number same": 22, "number close": 2, "number other": -21,
    "street same": 27, "street close": 25, "street near": 14, "street other": -29, "street word other": -30,
    "zip same": 27, "zip close": 18, "zip other": -9,
    "city same": 13, "city close": 13, "city near": 8, "city other": -3, "state other": -2,
    "unit same": 4, "unit other": -18, "unit on one side": -2,
    "place same": 50, "place close": 48, "place near": 18, "place other": -13,
    "same house, other name": -37, "same number, other name": -60,
    "birth date same": 70, "birth date close": 36, "birth date other": -20,
    "tax id same": 70, "tax id close": 10, "tax id other": -40,
}  # fmt: skip


# What one address alone can come to; names that it could not make up for spare the look at it.
BEST_HOUSE: Final = sum(POINTS[f"{part} same"] for part in ("number", "street", "zip", "city", "unit"))


@dataclass(frozen=True, slots=True)
class Score:
    """What two records have in common, what divides them, and what it comes to between 0 and 1."""

    value: float
    points: int
    reasons: tuple[tuple[str, int], ...]
    vetoes: tuple[str, ...]
    groups: frozenset[str]


def value_of(points: float) -> float:
    """Points as a chance: 45 points are .80, 100 points are .99."""
    low, high = math.log(REVIEW / (1 - REVIEW)), math.log(AUTO / (1 - AUTO))
    slope = (high - low) / (AUTO_POINTS - REVIEW_POINTS)
    return 1 / (1 + math.exp(-max(-700.0, min(700.0, low + (points - REVIEW_POINTS) * slope))))


def band(score: Score) -> Band:
    """What happens to the pair: merged by itself, shown to a person, or nothing."""
    if score.points >= AUTO_POINTS and len(score.groups) >= 2 and not score.vetoes:
        return "auto"
    return "review" if score.points >= REVIEW_POINTS else ""


def score(a: Record, b: Record, *, shared: Collection[str] = ()) -> Score:
    """The same whichever record comes first. `shared` are numbers and e-mails that prove nothing."""
    words: list[str] = []
    vetoes: list[str] = []
    groups: set[str] = set()
    names = _names(a, b, words, vetoes, groups)
    contact = _contact(a, b, shared, words, groups)
    _identity(a, b, words, vetoes, groups)
    house = ""
    if names != "other" or _sum(words) + BEST_HOUSE >= REVIEW_POINTS or _has_place(a, b):
        house = _address(a, b, words, groups)
    if names == "other":
        vetoes.append("another name")
    if names == "other" and "address" in groups:
        words.append("same house, other name")
    if names == "other" and contact == "same":
        words.append("same number, other name")
    if house == "other unit" and contact == "differs":
        vetoes.append("another unit of the building and another phone")
    if "first name initial" in words and not {"contact", "identity"} & groups:
        vetoes.append("only an initial, and no number in common")
    if a.open_contracts and b.open_contracts:
        vetoes.append("both have open contracts")
    if a.ref in b.not_same_as or b.ref in a.not_same_as:
        vetoes.append("marked as not a duplicate")
    reasons = tuple((word, POINTS[word]) for word in words if POINTS.get(word))
    total = sum(number for _word, number in reasons)
    return Score(value_of(total), total, reasons, tuple(vetoes), frozenset(groups))


# Names ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=200_000)
def word_level(a: str, b: str) -> str:
    """How two words compare: same, close (a slip), near (several), other, or missing."""
    if not a or not b:
        return "missing"
    if a == b:
        return "same"
    if a > b:
        a, b = b, a
    slips = DamerauLevenshtein.distance(a, b, score_cutoff=3)
    shorter = min(len(a), len(b))
    if (slips == 1 and shorter >= 3) or (slips == 2 and shorter >= 6):
        return "close"
    alike = JaroWinkler.similarity(a, b)
    if alike >= 0.92 and shorter >= 4:
        return "close"
    if alike >= 0.84 and shorter >= 3:
        return "near"
    return "other"


@lru_cache(maxsize=200_000)
def _first_level(a: str, b: str) -> str:
    level = word_level(a, b)
    if level in ("same", "missing"):
        return level
    if min(len(a), len(b)) == 1:
        return "initial" if a[0] == b[0] else "other"
    if nickname_groups(a) & nickname_groups(b):
        return "nickname"
    return level


@lru_cache(maxsize=200_000)
def _last_level(a: str, b: str) -> str:
    level = word_level(a, b)
    if level not in ("same", "missing") and ("-" in a or "-" in b):
        parts, others = {part for part in a.split("-") if len(part) > 1}, set(b.split("-"))
        if parts & others:
            return "part"
        if any(word_level(one, other) == "close" for one in parts for other in others):
            return "close"
    return level


_GOOD: Final = frozenset({"same", "close", "part", "nickname"})


def _people_words(a: Person, b: Person) -> tuple[str, ...]:
    first, last = _first_level(a.first, b.first), _last_level(a.last, b.last)
    straight: tuple[str, ...] = (f"first name {first}", f"last name {last}")
    best, most = straight, _sum(straight)
    if not (first in _GOOD and last in _GOOD):
        crossed, back = _last_level(a.first, b.last), _last_level(a.last, b.first)
        if (crossed in _GOOD and back in _GOOD | {"missing"}) or (back in _GOOD and crossed == "missing"):
            levels = sorted((crossed, back))
            turned = (f"first name {levels[0]}", f"last name {levels[1]}", "names turned round")
            if _sum(turned) > most:
                best = turned
    return best


def _has_place(a: Record, b: Record) -> bool:
    return any(door.place for door in (*a.doors, *b.doors))


def _sum(words: Iterable[str]) -> int:
    return sum(POINTS.get(word, 0) for word in words)


def _names(a: Record, b: Record, words: list[str], vetoes: list[str], groups: set[str]) -> str:
    """Adds the words of the best pair of people and of the companies; says same, other or unknown."""
    best: tuple[str, ...] = ()
    pair: tuple[Person, Person] | None = None
    for one in a.people:
        for other in b.people:
            found = _people_words(one, other)
            if pair is None or (_sum(found), sorted(found)) > (_sum(best), sorted(best)):
                best, pair = found, (one, other)
    firm = _companies(a, b)
    if firm == "company same" and (pair is None or _sum(best) < POINTS["company same"]):
        best = ()
    words.extend(best)
    if firm:
        words.append(firm)
    if firm == "company other":
        vetoes.append("other company name")
    if pair and pair[0].generation != pair[1].generation and pair[0].generation and pair[1].generation:
        words.append("another generation (Jr, Sr)")
        vetoes.append("another generation (Jr, Sr)")
    if firm == "company same" or _is_one_person(best):
        groups.add("name")
        return "same"
    if any(word in ("first name other", "last name other") for word in best) or firm == "company other":
        return "other"
    return "unknown"


def _is_one_person(words: tuple[str, ...]) -> bool:
    return bool(words) and all(
        word.rsplit(" ", 1)[1] in ("same", "close", "part", "nickname", "initial", "round") for word in words
    )


def _companies(a: Record, b: Record) -> str:
    if a.companies and b.companies:
        levels = {_company_level(*sorted((one, other))) for one in a.companies for other in b.companies}
        return next(f"company {level}" for level in ("same", "near", "other") if level in levels)
    firms, people = (a.companies, b.people) if a.companies else (b.companies, a.people)
    if firms and not (a.people and b.people):
        named = {word for firm in firms for word in firm.split()}
        if any(one.last in named for one in people if len(one.last) > 2):
            return "last name in the company's"
    return ""


@lru_cache(maxsize=50_000)
def _company_level(a: str, b: str) -> str:
    if a == b or DamerauLevenshtein.distance(a, b, score_cutoff=2) <= 1:
        return "same"
    alike = fuzz.token_set_ratio(a, b)
    return "same" if alike >= 95 and min(len(a), len(b)) > 6 else "near" if alike >= 80 else "other"


# Numbers and e-mail ---------------------------------------------------------------------------------


def _contact(a: Record, b: Record, shared: Collection[str], words: list[str], groups: set[str]) -> str:
    phone = ""
    if a.phones and b.phones:
        common = a.phones & b.phones
        phone = "differs"
        if common and any(number not in shared for number in common):
            phone = "same"
            groups.add("contact")
            words.append("phone same")
        elif common:
            words.append("phone shared by many")
            phone = "shared"
        elif any(_one_slip(one, other) for one in a.phones for other in b.phones):
            words.append("phone one digit apart")
        else:
            words.append("phone differs")
    if a.emails and b.emails:
        common = a.emails & b.emails
        if common and any(one not in shared and not is_office_box(one) for one in common):
            groups.add("contact")
            words.append("e-mail same")
            phone = phone or "same"
        elif common:
            words.append("e-mail of an office same")
        elif any(_email_alike(*sorted((one, other))) for one in a.emails for other in b.emails):
            words.append("e-mail close")
        else:
            words.append("e-mail differs")
    return phone


def _one_slip(a: str, b: str) -> bool:
    return len(a) == len(b) and DamerauLevenshtein.distance(a, b, score_cutoff=2) == 1


@lru_cache(maxsize=100_000)
def _email_alike(a: str, b: str) -> bool:
    name, _at, domain = a.partition("@")
    other, _at, other_domain = b.partition("@")
    if is_office_box(a) or is_office_box(b) or min(len(name), len(other)) < 6:
        return False
    if name == other:
        return True
    return domain == other_domain and DamerauLevenshtein.distance(name, other, score_cutoff=2) <= 1


# Addresses ------------------------------------------------------------------------------------------


def _address(a: Record, b: Record, words: list[str], groups: set[str]) -> str:
    best: tuple[str, ...] = ()
    for one in a.doors:
        for other in b.doors:
            found = _door_words(one, other) if one <= other else _door_words(other, one)
            if not best or (_sum(found), found) > (_sum(best), best):
                best = found
    words.extend(best)
    is_house = (
        ("number same" in best and ("street same" in best or "street close" in best))
        or ("number close" in best and "street same" in best)
    ) and ("zip same" in best or "city same" in best)
    if is_house:
        groups.add("address")
        if "unit other" in best:
            return "other unit"
        return "same"
    return "other" if best else ""


@lru_cache(maxsize=200_000)
def _door_words(a: Door, b: Door) -> tuple[str, ...]:
    street = _street_level(a.street, b.street)
    place = _street_level(a.place, b.place)
    if street not in ("same", "close") and (a.place or b.place):
        crossed = [_street_level(one, other) for one, other in ((a.street, b.place), (a.place, b.street))]
        if any(level in ("same", "close") for level in crossed):
            street, place = "close", "missing"
    words = [f"number {_number_level(a.number, b.number)}", f"street {street}"]
    if street == "same" and a.kind and b.kind and a.kind != b.kind:
        words.append("street word other")
    words.append(f"zip {_zip_level(a.zip5, b.zip5)}")
    words.append(f"city {word_level(a.city, b.city)}")
    if a.unit and b.unit:
        words.append("unit same" if a.unit == b.unit else "unit other")
    elif a.unit or b.unit:
        words.append("unit on one side")
    if place != "missing":
        words.append(f"place {place}")
    if a.state and b.state and a.state != b.state:
        words.append("state other")
    return tuple(words)


@lru_cache(maxsize=200_000)
def _street_level(a: str, b: str) -> str:
    if not a or not b:
        return "missing"
    if a == b:
        return "same"
    if a > b:
        a, b = b, a
    one, other = a.replace(" ", ""), b.replace(" ", "")
    shorter = min(len(one), len(other))
    if one.isdigit() or other.isdigit():
        return "same" if one == other else "other"
    slips = DamerauLevenshtein.distance(one, other, score_cutoff=4)
    if slips <= 1 or (slips == 2 and shorter >= 6) or (slips == 3 and shorter >= 10):
        return "close"
    alike = max(JaroWinkler.similarity(one, other) * 100, fuzz.token_sort_ratio(a, b))
    return "close" if alike >= 92 else "near" if alike >= 82 else "other"


@lru_cache(maxsize=100_000)
def _number_level(a: str, b: str) -> str:
    if not a or not b:
        return "missing"
    if a == b:
        return "same"
    if a > b:
        a, b = b, a
    return "close" if DamerauLevenshtein.distance(a, b, score_cutoff=2) == 1 else "other"


@lru_cache(maxsize=100_000)
def _zip_level(a: str, b: str) -> str:
    if not a or not b:
        return "missing"
    if a == b:
        return "same"
    if a > b:
        a, b = b, a
    return "close" if DamerauLevenshtein.distance(a, b, score_cutoff=2) == 1 else "other"


# Dates and numbers of a person ----------------------------------------------------------------------


def _identity(a: Record, b: Record, words: list[str], vetoes: list[str], groups: set[str]) -> None:
    for what, one, other in (("birth date", a.born, b.born), ("tax id", a.tax_id, b.tax_id)):
        if not one or not other:
            continue
        slips = 0 if one == other else DamerauLevenshtein.distance(*sorted((one, other)), score_cutoff=2)
        level = "same" if slips == 0 else "close" if slips == 1 else "other"
        words.append(f"{what} {level}")
        if level == "same":
            groups.add("identity")
        elif level == "other":
            vetoes.append(f"other {what}")
