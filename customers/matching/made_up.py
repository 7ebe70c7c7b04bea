"""Made-up customers in any number, with the doubles and the near misses that real lists have."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .records import Record, door, record

_FIRST_WORDS: Final = """
james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan
joseph jessica thomas sarah christopher karen charles lisa daniel nancy matthew betty anthony sandra
mark margaret donald ashley steven kimberly andrew emily paul donna joshua michelle kenneth carol kevin
amanda brian melissa timothy deborah ronald stephanie jason rebecca edward sharon jeffrey laura ryan
cynthia jacob dorothy gary amy nicholas angela eric jonathan kathleen larry anna justin pamela scott
emma brandon nicole benjamin helen samuel samantha gregory katherine frank christine alexander debra
raymond rachel patrick carolyn jack janet dennis catherine jerry maria tyler heather aaron diane jose
ruth adam julie nathan olivia henry joyce douglas virginia zachary victoria peter kelly kyle lauren
walter christina ethan joan jeremy evelyn harold judith keith megan christian cheryl roger andrea noah
hannah gerald martha carl jacqueline terry frances sean gloria arthur teresa austin kathryn jesse janice
bryan theresa dylan carlos luis marisol rosa ignacio darnell tanisha quentin imani lakshmi arjun mei wei
thuy minh fatima omar
"""
FIRST: Final = _FIRST_WORDS.split()
_COMMON_WORDS: Final = """
smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez
wilson anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez
lewis robinson walker young allen king wright scott torres nguyen hill flores green adams nelson baker
hall rivera campbell mitchell carter roberts gomez phillips evans turner diaz parker cruz edwards
collins reyes stewart morris morales murphy cook rogers gutierrez ortiz morgan cooper peterson bailey
reed kelly howard ramos kim cox ward richardson
"""
COMMON: Final = _COMMON_WORDS.split()
_ONSETS_WORDS: Final = """
b br c ch d f fr g gr h j k kl l m n p r s sch sh st t tr v w z
"""
_ONSETS: Final = _ONSETS_WORDS.split()
_MIDDLES_WORDS: Final = """
a ai e ea ei i o oo ou u
"""
_MIDDLES: Final = _MIDDLES_WORDS.split()
_CODAS_WORDS: Final = """
b ck ld ll m nn nd ng r rt s st tt x z rn lm
"""
_CODAS: Final = _CODAS_WORDS.split()
_ENDS: Final = ["", "er", "son", "man", "ez", "ski", "ley", "wood", "berg", "ino", "ford", "ham"]
_STREETS_WORDS: Final = """
oak elm cedar maple pecan juniper willow lamar congress burnet manor duval speedway trinity lavaca
brazos riverside barton spicewood parmer braker chestnut walnut hickory magnolia dogwood sycamore birch
spruce aspen lake river hill valley ridge meadow forest prairie canyon mesa church mill market bridge
spring garden park sunset washington jefferson lincoln madison jackson monroe adams franklin hamilton
grant sherman houston austin crockett savannah peachtree heritage plantation liberty union patriot eagle
falcon heron quail deer fox bear wolf
"""
_STREETS: Final = _STREETS_WORDS.split()
_TYPES_WORDS: Final = """
St Ave Rd Dr Ln Ct Blvd Way Cir Pl
"""
_TYPES: Final = tuple(_TYPES_WORDS.split())
_LONG_TYPES: Final = {"St": "Street", "Ave": "Avenue", "Rd": "Road", "Dr": "Drive", "Ln": "Lane",
                      "Ct": "Court", "Blvd": "Boulevard", "Way": "Way", "Cir": "Circle",
                      "Pl": "Place"}  # fmt: skip
_TOWNS: Final = (
    ("Austin", "TX", "787"), ("Round Rock", "TX", "786"), ("Houston", "TX", "770"), ("Dallas", "TX", "752"),
    ("San Antonio", "TX", "782"), ("Atlanta", "GA", "303"), ("Macon", "GA", "312"), ("Savannah", "GA", "314"),
    ("Phoenix", "AZ", "850"), ("Tucson", "AZ", "857"), ("Mesa", "AZ", "852"), ("Denver", "CO", "802"),
    ("Tulsa", "OK", "741"), ("Little Rock", "AR", "722"), ("Shreveport", "LA", "711"),
    ("Mobile", "AL", "366"),
)  # fmt: skip
_AREAS_WORDS: Final = """
512 737 713 214 210 404 478 912 602 520 480 303 918 501 318 251
"""
_AREAS: Final = tuple(_AREAS_WORDS.split())
_MAIL: Final = ("gmail.com", "yahoo.com", "hotmail.com", "aol.com", "outlook.com", "comcast.net")
_SHORT_WORDS: Final = """
james:jim robert:bob john:jack michael:mike david:dave william:bill richard:rick joseph:joe thomas:tom
christopher:chris daniel:dan matthew:matt anthony:tony margaret:meg patricia:pat jennifer:jen
elizabeth:beth barbara:barb susan:sue jessica:jess katherine:kate deborah:deb rebecca:becky samantha:sam
nicholas:nick benjamin:ben joshua:josh zachary:zach andrew:drew edward:ed stephanie:steph kimberly:kim
timothy:tim gregory:greg jeffrey:jeff steven:steve
"""
_SHORT: Final = dict(pair.split(":") for pair in _SHORT_WORDS.split())
_FIRMS: Final = (
    "Auto",
    "Dental",
    "Realty",
    "Church",
    "Law Group",
    "Plumbing",
    "Properties",
    "Apartments",
    "Cafe",
)


@dataclass
class _Home:
    number: str
    street: str
    kind: str
    unit: str
    city: str
    state: str
    zip5: str


@dataclass
class _Customer:
    first: str
    last: str
    phone: str
    email: str
    home: _Home
    company: str = ""


def made_up_records(
    count: int, *, seed: int = 1, tidy: Callable[[Record], Record] | None = None
) -> tuple[list[Record], dict[str, int]]:
    """That many records in mixed order, and for each `ref` the number of the customer it stands for.

    Of the customers some stand there several times, spelled anew; others only look alike: who bought the
    house, a neighbour, a relative, a manager's tenants.
    """
    rng = random.Random(seed)  # noqa: S311 (made-up data)
    lasts = [a + b + c + d for a in _ONSETS for b in _MIDDLES for c in _CODAS for d in _ENDS]
    rng.shuffle(lasts)
    made: list[tuple[_Customer, int]] = []
    managers = [(_phone(rng), f"office@pm{at}.com") for at in range(max(3, count // 1500))]
    number = 0
    while len(made) < count:
        number += 1
        base = _customer(rng, lasts)
        roll = rng.random()
        if made and roll < 0.10:
            base = _near_miss(rng, base, rng.choice(made)[0], roll, managers)
        made.append((base, number))
        copies = 0
        while copies < 10 and rng.random() < (0.24 if copies == 0 else 0.32):
            made.append((_copy(rng, base, lasts), number))
            copies += 1
    made = made[:count]
    rng.shuffle(made)
    records, truth = [], {}
    for at, (customer, whose) in enumerate(made):
        one = _record(rng, f"m{at}", customer, at)
        records.append(tidy(one) if tidy else one)
        truth[one.ref] = whose
    return records, truth


def _customer(rng: random.Random, lasts: list[str]) -> _Customer:
    first = rng.choice(FIRST)
    last = (
        rng.choice(COMMON)
        if rng.random() < 0.5
        else lasts[min(int(rng.expovariate(1 / 1500)), len(lasts) - 1)]
    )
    company = f"{last} {rng.choice(_FIRMS)}" if rng.random() < 0.06 else ""
    phone = _phone(rng) if rng.random() < 0.92 else ""
    return _Customer(
        first, last, phone, _email(rng, first, last) if rng.random() < 0.7 else "", _home(rng), company
    )


def _home(rng: random.Random) -> _Home:
    city, state, prefix = rng.choice(_TOWNS)
    street = rng.choice(_STREETS) if rng.random() < 0.85 else f"{rng.randint(1, 40)}"
    if rng.random() < 0.15:
        street = f"{rng.choice(('Old', 'New', 'Saint', 'N', 'SW', 'East'))} {street}"
    unit = rng.choice(("", "", "", "", "", f"Apt {rng.randint(1, 400)}", f"Ste {rng.choice('ABCDEFGH')}"))
    zip5 = f"{prefix}{rng.randint(1, 40):02}"
    return _Home(str(rng.randint(1, 9999)), street, rng.choice(_TYPES), unit, city, state, zip5)


def _phone(rng: random.Random) -> str:
    return f"{rng.choice(_AREAS)}{rng.randint(200, 999)}{rng.randint(1000, 9999)}"


def _email(rng: random.Random, first: str, last: str) -> str:
    number = str(rng.randint(1, 99)) if rng.random() < 0.5 else ""
    return f"{first}{rng.choice(('', '.', '_'))}{last}{number}@{rng.choice(_MAIL)}"


def _near_miss(
    rng: random.Random, fresh: _Customer, other: _Customer, roll: float, managers: list[tuple[str, str]]
) -> _Customer:
    home = _Home(**vars(other.home))
    if roll < 0.04:  # bought the house
        return _Customer(fresh.first, fresh.last, fresh.phone, fresh.email, home, fresh.company)
    if roll < 0.06:  # lives next door
        near = int(home.number) + rng.choice((-4, -2, 2, 4))
        home.number = str(near if near > 0 else near + 10)
        return _Customer(fresh.first, fresh.last, fresh.phone, fresh.email, home)
    if roll < 0.08:  # a relative, sometimes in the same house, sometimes on the same telephone
        first = rng.choice([name for name in FIRST if name[0] != other.first[0]])
        phone = other.phone if rng.random() < 0.3 else fresh.phone
        return _Customer(
            first,
            other.last,
            phone,
            _email(rng, first, other.last),
            home if rng.random() < 0.7 else fresh.home,
        )
    phone, email = rng.choice(managers)
    return _Customer(fresh.first, fresh.last, phone, email, fresh.home)


def _copy(rng: random.Random, base: _Customer, lasts: list[str]) -> _Customer:
    home = _Home(**vars(base.home))
    copy = _Customer(base.first, base.last, base.phone, base.email, home, base.company)
    if rng.random() < 0.15:
        copy.first = _SHORT.get(copy.first, copy.first)
    elif rng.random() < 0.05:
        copy.first = copy.first[0]
    elif rng.random() < 0.08:
        copy.first = _slip(rng, copy.first)
    if rng.random() < 0.08:
        copy.last = _slip(rng, copy.last)
    elif rng.random() < 0.02:
        copy.last = f"{copy.last}-{rng.choice(lasts)}"
    roll = rng.random()
    if roll < 0.14:
        copy.phone = _phone(rng)
    elif roll < 0.28:
        copy.phone = ""
    roll = rng.random()
    if roll < 0.30:
        copy.email = ""
    elif roll < 0.40:
        copy.email = _email(rng, base.first, base.last)
    if rng.random() < 0.15:
        home.unit = ""
    if rng.random() < 0.05 and (copy.phone or copy.email):
        copy.home = _home(rng)
    elif rng.random() < 0.08:
        home.street = _slip(rng, home.street)
    elif rng.random() < 0.03:
        home.number = _slip(rng, home.number)
    if rng.random() < 0.04:
        home.zip5 = ""
    if rng.random() < 0.04:
        home.city = _slip(rng, home.city)
    return copy


def _slip(rng: random.Random, word: str) -> str:
    if len(word) < 3:
        return word
    at = rng.randrange(1, len(word) - 1)
    other = rng.choice("0123456789" if word.isdigit() else "abcdefghijklmnopqrstuvwxyz")
    return rng.choice((
        word[:at] + word[at + 1 :],
        word[:at] + other + word[at:],
        word[:at] + other + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ))  # fmt: skip


def _record(rng: random.Random, ref: str, customer: _Customer, order: int) -> Record:
    home = customer.home
    kind = _LONG_TYPES[home.kind] if rng.random() < 0.4 else home.kind
    name = f"{customer.first} {customer.last}".title()
    roll = rng.random()
    if roll < 0.05:
        name = f"{customer.last}, {customer.first}".upper()
    elif roll < 0.07:
        name = f"{customer.last} {customer.first}".title()
    digits = customer.phone
    written = rng.choice(("{}{}{}", "({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "1-{}-{}-{}", "+1{}{}{}"))
    phones = [written.format(digits[:3], digits[3:6], digits[6:])] if digits else []
    return record(
        ref,
        names=[name],
        companies=[customer.company] if customer.company and rng.random() < 0.7 else [],
        phones=phones,
        emails=[customer.email] if customer.email else [],
        doors=[door(f"{home.number} {home.street} {kind}", home.unit, home.city, home.state, home.zip5)],
        order=order,
    )
