"""What the matcher knows of a customer: names, numbers and doors in the form in which they are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..addresses import parse_address, street_parts
from ..phones import find_phones
from .people import Names, Person, company_core, person, plain, read_names

_NOT_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_OFFICE_BOXES_WORDS: Final = """
office info sales admin service contact mail hello support billing accounts accounting ap ar manager
management frontdesk reception help team customerservice noreply no-reply
"""
_OFFICE_BOXES: Final = frozenset(_OFFICE_BOXES_WORDS.split())


@dataclass(frozen=True, slots=True, order=True)
class Door:
    """An address in comparable parts. `place` is a second line that names a house or a property."""

    number: str = ""
    street: str = ""
    kind: str = ""
    unit: str = ""
    place: str = ""
    city: str = ""
    state: str = ""
    zip5: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One customer. `family` is shared by rows that are known to be one customer; `weight` is how much
    history hangs on it (the heavier survives, then the smaller `order`)."""

    ref: str
    people: tuple[Person, ...] = ()
    companies: tuple[str, ...] = ()
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    doors: tuple[Door, ...] = ()
    born: str = ""
    tax_id: str = ""
    open_contracts: bool = False
    not_same_as: frozenset[str] = frozenset()
    family: str = ""
    weight: int = 0
    order: int = 0


def door(street: str = "", unit: str = "", city: str = "", state: str = "", postal_code: str = "") -> Door:
    """An address as its cells hold it. Addresses of other countries come through as plain words."""
    parts = street_parts(
        " ".join(street.split()), unit if any(c.isdigit() for c in unit) or len(unit) < 9 else ""
    )
    place = ""
    if len(unit) > 4 and not parts.unit:
        place = _words(unit)
    unit_id, city_key = parts.unit, _city(city)
    if (unit and len(unit_id) > 5) or (len(unit_id) > 2 and not any(c.isdigit() for c in unit_id)):
        place, unit_id = _words(unit), ""
    number, name = parts.number, parts.name
    if not number and name.isdigit():
        number, name = name, ""  # a house number that lost its street
    return Door(
        number=number,
        street=name,
        kind=parts.kind,
        unit=unit_id,
        place=place,
        city=city_key,
        state=plain(state.strip(" .")),
        zip5=zip5(postal_code),
    )


def door_of_lines(lines: Iterable[str]) -> Door:
    """An address written over some lines of free text."""
    parsed = parse_address(lines)
    return door(parsed.street, parsed.unit, parsed.city, parsed.state, parsed.postal_code)


@lru_cache(maxsize=50_000)
def zip5(text: str) -> str:
    """A ZIP as five digits where it can be: 2134 and 2134.0 had lost a zero; others as they are."""
    text = text.strip()
    if text.endswith(".0"):
        text = text[:-2]
    head = text.split("-")[0].strip()
    if head.isdigit() and len(head) == 9:
        return head[:5]
    if head.isdigit() and len(head) in (7, 8):
        return head.zfill(9)[:5]
    if head.isdigit() and len(head) == 3:
        return head.zfill(5)
    return head[:10].casefold()


def emails_of(texts: Iterable[str]) -> frozenset[str]:
    """The e-mail addresses in some cells, in lower case."""
    found = set()
    for text in texts:
        if "@" in text:
            for part in re.split(r"[\s,;/<>|]+", text.casefold()):
                name, at, domain = part.partition("@")
                if at and name and "." in domain:
                    found.add(part.strip("."))
    return frozenset(found)


def is_office_box(email: str) -> bool:
    """Whether an e-mail address belongs to a desk, not to a person."""
    return email.partition("@")[0].rstrip("0123456789") in _OFFICE_BOXES


def phones_of(texts: Iterable[str]) -> frozenset[str]:
    """The usable numbers in some cells, as E.164 without extension."""
    return frozenset(
        phone.e164
        for text in texts
        if text
        for phone in find_phones(text).phones
        if phone.usable and phone.e164
    )


def record(
    ref: str,
    *,
    names: Iterable[str] = (),
    first_name: str = "",
    last_name: str = "",
    companies: Iterable[str] = (),
    phones: Iterable[str] = (),
    emails: Iterable[str] = (),
    doors: Iterable[Door] = (),
    born: str = "",
    tax_id: str = "",
    open_contracts: bool = False,
    not_same_as: Iterable[str] = (),
    family: str = "",
    weight: int = 0,
    order: int = 0,
) -> Record:
    """A record out of text as it was typed; never raises, whatever the text."""
    people: dict[Person, None] = {}
    firms: dict[str, None] = {}
    if first_name.strip() or last_name.strip():
        people.update(dict.fromkeys(person(first_name, last_name)))
    for name in names:
        read = read_names(name) if name.strip() else Names()
        if read.company:
            firms[read.company] = None
        fresh = [one for one in read.people if not _known(one, people)]
        people.update(dict.fromkeys(fresh))
    for company in companies:
        if company.strip():
            firms[company_core(company)] = None
    return Record(
        ref=ref,
        people=tuple(people)[:4],
        companies=tuple(firm for firm in firms if firm)[:4],
        phones=phones_of(phones),
        emails=emails_of(emails),
        doors=tuple(dict.fromkeys(one for one in doors if one.street or one.place or one.city or one.zip5))[
            :6
        ],
        born=_date(born),
        tax_id=_NOT_LETTERS.sub("", tax_id.casefold()),
        open_contracts=open_contracts,
        not_same_as=frozenset(not_same_as),
        family=family,
        weight=weight,
        order=order,
    )


def _known(one: Person, people: Iterable[Person]) -> bool:
    return any(
        {one.first, one.last} == {other.first, other.last}
        or (one.last == other.last and one.first[:1] == other.first[:1] and len(one.first) == 1)
        for other in people
    )


@lru_cache(maxsize=20_000)
def _city(city: str) -> str:
    words = _NOT_LETTERS.sub(" ", plain(city)).split()
    short = {"saint": "st", "mount": "mt", "fort": "ft", "north": "n", "south": "s", "east": "e", "west": "w"}
    return " ".join(short.get(word, word) for word in words)


def _words(text: str) -> str:
    return _NOT_LETTERS.sub(" ", plain(text)).strip()


def _date(text: str) -> str:
    """A date as eight digits, year first, where its order is plain."""
    text = text.strip().removesuffix(".0")
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", text):
        return f"{found[1]}{int(found[2]):02}{int(found[3]):02}"
    if found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text):
        return f"{found[3]}{int(found[1]):02}{int(found[2]):02}"
    return text if re.fullmatch(r"\d{8}", text) else ""
