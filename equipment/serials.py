"""When a unit was made, read from its serial number: candidates with a confidence, never a fact.

One row of PATTERNS per way of numbering; the family of a maker stands in `data/makers.csv`. Sources:
the lists of hauckbrothers.com, pickhvac.com, InterNACHI's forum, fixlehome.com, studylib.net (ICP, Amana)
and building-center.org (York).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from .makers import facts_of
from .sentences import Sentence, gettext_noop

OLDEST_YEAR: Final = 1960
WATER_HEATER: Final = "water_heater"
LENNOX_MONTHS: Final = "ABCDEFGHJKLM"  # without I
YORK_MONTHS: Final = "ABCDEFGHKLMN"
YORK_YEARS: Final = "ABCDEFGHJKLMNPRSTVWXY"  # 21 letters, A is 1971, 1992 and 2013
YORK_CHANGED: Final = date(2004, 10, 1)
TRANE_YEARS: Final = "WXYSBCDEFGHJKLMNPRZ"  # W is 1983, Z is 2001
AMANA_DIGITS: Final = "EBLACKHORS"  # BLACKHORSE: B is 1, S is 9, E is 0


class Precision(StrEnum):
    """What the day stands for."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Confidence(StrEnum):
    """How far to trust it."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


LESS: Final = {
    Confidence.HIGH: Confidence.MEDIUM,
    Confidence.MEDIUM: Confidence.LOW,
    Confidence.LOW: Confidence.LOW,
}
ORDER: Final = list(Confidence)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A day on which the week, month or year of manufacture starts."""

    starts_on: date
    precision: Precision
    confidence: Confidence
    pattern: str
    sentence: Sentence


Days = list[date | None]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way of numbering: who uses it, how it looks, what it means. `sisters` use it with less certainty."""

    key: str
    makers: frozenset[str]
    looks: re.Pattern[str]
    precision: Precision
    confidence: Confidence
    read: Callable[[re.Match[str], date], Days]
    sisters: frozenset[str] = frozenset()
    water_heaters: Confidence | None = None  # its confidence on a water heater, where that differs
    only_water_heaters: bool = False


def decode(maker_name: str, serial: str, *, category: str = "", today: date) -> list[Candidate]:
    """The days the serial may stand for, likeliest first; empty where the maker's numbers cannot be read.

    For a maker outside our table every family is tried and nothing is better than low. Candidates that
    contradict each other lose one step of confidence. Nothing in the future is ever offered.
    """
    plain = re.sub(r"[\s./-]", "", serial).upper()
    maker = facts_of(maker_name)
    found = [
        Candidate(day, pattern.precision, confidence, pattern.key, _sentence(pattern, plain, day))
        for pattern in PATTERNS
        if (confidence := _confidence(pattern, maker.serial_family if maker else None, category))
        and (match := pattern.looks.fullmatch(plain))
        for day in pattern.read(match, today)
        if day and day.year >= OLDEST_YEAR and day <= today
    ]
    if len({candidate.starts_on for candidate in found}) > 1:
        found = [replace(candidate, confidence=LESS[candidate.confidence]) for candidate in found]
    # A stable sort: where the confidence is the same, the order of the table and of `read` stays.
    return sorted(found, key=lambda candidate: ORDER.index(candidate.confidence))


def _confidence(pattern: Pattern, family: str | None, category: str) -> Confidence | None:
    """How far the pattern is trusted for this maker and category; None where it is not theirs."""
    if pattern.only_water_heaters and category not in ("", WATER_HEATER):
        return None
    if family is None:
        return Confidence.LOW
    if family not in pattern.makers | pattern.sisters:
        return None
    if pattern.water_heaters and category == WATER_HEATER:
        return pattern.water_heaters
    return LESS[pattern.confidence] if family in pattern.sisters else pattern.confidence


def _sentence(pattern: Pattern, serial: str, day: date) -> Sentence:
    words = {"serial": serial, "how": Sentence(HOW[pattern.key]), "year": f"{day:%Y}", "month": f"{day:%m}"}
    if pattern.precision is Precision.WEEK:
        return Sentence(
            gettext_noop("%(serial)s, read as %(how)s, was made in the week of %(day)s."), **words, day=day
        )
    if pattern.precision is Precision.MONTH:
        return Sentence(gettext_noop("%(serial)s, read as %(how)s, was made in %(month)s/%(year)s."), **words)
    return Sentence(gettext_noop("%(serial)s, read as %(how)s, was made in %(year)s."), **words)


# Reading ---------------------------------------------------------------------------------------------


def _full_year(two_digits: int, today: date) -> int:
    """The newest year with these two digits that is not in the future."""
    return today.year - (today.year - two_digits) % 100


def _week(year: int, week: int) -> date | None:
    """The Monday of the (ISO) week; None for week 0 and beyond 53. Where a year has no 53rd, it runs on."""
    if not 1 <= week <= 53:
        return None
    return date.fromisocalendar(year, 1, 1) + timedelta(weeks=week - 1)


def _month(year: int, month: int) -> date | None:
    return date(year, month, 1) if 1 <= month <= 12 else None


def _week_year(match: re.Match[str], today: date) -> Days:
    return [_week(_full_year(int(match["year"]), today), int(match["week"]))]


def _month_year(match: re.Match[str], today: date) -> Days:
    return [_month(_full_year(int(match["year"]), today), int(match["month"]))]


def _trane_from_2010(match: re.Match[str], today: date) -> Days:
    year = 2000 + int(match["year"])
    return [_week(year, int(match["week"]))] if year >= 2010 else []


def _trane_2002_to_2009(match: re.Match[str], today: date) -> Days:
    return [_week(2000 + int(match["year"]), int(match["week"]))]


def _trane_1983_to_2001(match: re.Match[str], today: date) -> Days:
    return [_week(1983 + TRANE_YEARS.index(match["year"]), int(match["week"]))]


def _lennox(match: re.Match[str], today: date) -> Days:
    return [_month(_full_year(int(match["year"]), today), LENNOX_MONTHS.index(match["month"]) + 1)]


def _york_from_2004(match: re.Match[str], today: date) -> Days:
    year = 2000 + 10 * int(match["decade"]) + int(match["year"])
    day = date(year, YORK_MONTHS.index(match["month"]) + 1, 1)
    return [day] if day >= YORK_CHANGED else []


def _york_to_2004(match: re.Match[str], today: date) -> Days:
    """Newest first: the cycle of 21 letters comes round."""
    month, place = YORK_MONTHS.index(match["month"]) + 1, YORK_YEARS.index(match["year"])
    days = [date(first + place, month, 1) for first in (1992, 1971)]
    return [day for day in days if day <= YORK_CHANGED]


def _amana_letter(match: re.Match[str], today: date) -> Days:
    """B is 1971 or 1981: the decade is anybody's guess."""
    digit = AMANA_DIGITS.index(match["year"])
    return [date(first + (digit or 10), 1, 1) for first in (1980, 1970)]


# The table -------------------------------------------------------------------------------------------

W, M, Y = Precision.WEEK, Precision.MONTH, Precision.YEAR
HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
WWYY, YYWW = r"(?P<week>\d\d)(?P<year>\d\d)", r"(?P<year>\d\d)(?P<week>\d\d)"
MMYY, YYMM = r"(?P<month>\d\d)(?P<year>\d\d)", r"(?P<year>\d\d)(?P<month>\d\d)"


def _pattern(
    key: str,
    makers: str,
    looks: str,
    precision: Precision,
    confidence: Confidence,
    read: Callable[[re.Match[str], date], Days],
    *,
    sisters: str = "",
    water_heaters: Confidence | None = None,
    only_water_heaters: bool = False,
) -> Pattern:
    return Pattern(
        key, frozenset(makers.split()), re.compile(looks), precision, confidence, read,
        frozenset(sisters.split()), water_heaters, only_water_heaters,
    )  # fmt: skip


PATTERNS: Final = (
    # 1104B12345: week 11 of 2004.
    _pattern("carrier-wwyy", "carrier", WWYY + r"[A-Z]\d{5}", W, HIGH, _week_year, sisters="icp"),
    # 3188...: the first four digits alone.
    _pattern("carrier-first-four", "carrier", WWYY + r"(?![A-Z]\d{5}$)[A-Z0-9]{2,8}", W, MEDIUM, _week_year),
    # R883512345: week 35 of 1988.
    _pattern("icp-yyww", "icp", r"[A-Z]" + YYWW + r"\d{5}", W, HIGH, _week_year, sisters="carrier"),
    # 11241KADBB: week 24 of 2011.
    _pattern("trane-2010", "trane", YYWW + r"[A-Z0-9]{6}", W, HIGH, _trane_from_2010),
    # 81422S41G: week 14 of 2008.
    _pattern(
        "trane-2002", "trane", r"(?P<year>[2-9])(?P<week>\d\d)[A-Z0-9]{6}", W, HIGH, _trane_2002_to_2009
    ),
    # M12...: week 12 of 1997.
    _pattern(
        "trane-1983", "trane", rf"(?P<year>[{TRANE_YEARS}])(?P<week>\d\d)[A-Z0-9]{{4,7}}", W, MEDIUM,
        _trane_1983_to_2001,
    ),
    # 5898G07568: plant 58, July 1998.
    _pattern("lennox", "lennox", rf"\d\d(?P<year>\d\d)(?P<month>[{LENNOX_MONTHS}])\d{{5}}", M, HIGH, _lennox),
    # 1404123456: April 2014.
    _pattern("goodman-yymm", "goodman amana", YYMM + r"\d{6}", M, HIGH, _month_year),
    # B...: 1971 or 1981.
    _pattern("amana-letter", "amana", r"(?P<year>[BLACKHORSE])[A-Z0-9]{5,11}", Y, LOW, _amana_letter),
    # 122112345: December 2021 on a water heater, says one source.
    _pattern(
        "rheem-mmyy", "rheem", r"[A-Z]?" + MMYY + r"[A-Z0-9]{4,8}", M, MEDIUM, _month_year,
        water_heaters=HIGH, only_water_heaters=True,
    ),
    # W401712345: week 40 of 2017.
    _pattern(
        "rheem-letter-wwyy", "rheem", r"[A-Z]" + WWYY + r"\d{4,6}", W, HIGH, _week_year, water_heaters=MEDIUM
    ),
    # 4017...: the same without the letter.
    _pattern("rheem-wwyy", "rheem", WWYY + r"[A-Z0-9]{4,8}", W, MEDIUM, _week_year),
    # N1L5123456: plant N (Norman), October 2015.
    _pattern(
        "york-2004", "york", rf"[A-Z](?P<decade>\d)(?P<month>[{YORK_MONTHS}])(?P<year>\d)\d{{6}}", M, HIGH,
        _york_from_2004,
    ),
    # WCMM...: March 2003, or 1982.
    _pattern(
        "york-1971", "york", rf"[A-Z](?P<month>[{YORK_MONTHS}])(?P<year>[{YORK_YEARS}])[A-Z]\d{{3,8}}", M,
        HIGH, _york_to_2004,
    ),
)  # fmt: skip

HOW: Final = {
    "carrier-wwyy": gettext_noop("Carrier's week and year"),
    "carrier-first-four": gettext_noop("Carrier's week and year, the rest unlike the usual form"),
    "icp-yyww": gettext_noop("the ICP brands' year and week after a letter"),
    "trane-2010": gettext_noop("Trane's year and week since 2010"),
    "trane-2002": gettext_noop("Trane's one-digit year and week of 2002 to 2009"),
    "trane-1983": gettext_noop("Trane's letter for the year, and week, of 1983 to 2001"),
    "lennox": gettext_noop("Lennox's plant, year and letter for the month"),
    "goodman-yymm": gettext_noop("Goodman's year and month"),
    "amana-letter": gettext_noop("Amana's old letter for the year, which leaves the decade open"),
    "rheem-mmyy": gettext_noop("Rheem's month and year on older water heaters"),
    "rheem-letter-wwyy": gettext_noop("Rheem's week and year after a letter"),
    "rheem-wwyy": gettext_noop("Rheem's week and year"),
    "york-2004": gettext_noop("York's decade, letter for the month, and year since October 2004"),
    "york-1971": gettext_noop("York's letters for month and year before October 2004, which come round"),
}
