"""Candidate keys: two records that share one are compared; everything else is never looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from .people import canonical, sound
from .records import Record, is_office_box

MOST_IN_A_GROUP: Final = 60
MOST_OF_A_STREET: Final = 10  # neighbours with a like initial: only where there are few is it a hint
SHARED: Final = ("phone", "email")  # kinds whose crowded groups are worth telling about

Keys = Iterator[str]


def _phone(record: Record) -> Keys:
    yield from record.phones


def _email(record: Record) -> Keys:
    yield from record.emails


def _email_name(record: Record) -> Keys:
    for email in record.emails:
        name = email.partition("@")[0]
        if len(name) >= 6 and not is_office_box(email):
            yield name


def _lasts(record: Record) -> set[str]:
    words = {part for one in record.people for part in (one.last, *one.last.split("-")) if len(part) > 1}
    return words | {firm.split()[0] for firm in record.companies}


def _firsts(record: Record) -> set[str]:
    return {one.first for one in record.people if len(one.first) > 1}


def _spots(record: Record) -> set[tuple[str, str, str, str]]:
    return {(door.number, door.street, door.zip5, door.city) for door in record.doors}


def _number_zip_street_start(record: Record) -> Keys:
    for number, street, zip5, city in _spots(record):
        if number and zip5:
            yield f"{number} {zip5} {street[:4]}"
        elif number and city:
            yield f"{number} {city} {street[:4]}"


def _number_street_start_city(record: Record) -> Keys:
    for number, street, _zip5, city in _spots(record):
        if number and city:
            yield f"{number} {street[:4]} {city[:5]}"


def _last_initial_zip(record: Record) -> Keys:
    zips = {door.zip5 for door in record.doors if door.zip5}
    for one in record.people:
        for zip5 in zips:
            if one.first and one.last:
                yield f"{sound(one.last)} {one.first[0]} {zip5}"
                yield f"{sound(one.first)} {one.last[0]} {zip5}"


def _both_names_city(record: Record) -> Keys:
    cities = {door.city[:4] for door in record.doors if door.city}
    for one in record.people:
        if one.first and one.last:
            pair = " ".join(sorted((sound(canonical(one.first)), sound(one.last))))
            for city in cities:
                yield f"{pair} {city}"


def _both_names_zip(record: Record) -> Keys:
    zips = {door.zip5 for door in record.doors if door.zip5}
    for one in record.people:
        if one.first and one.last:
            for zip5 in zips:
                yield " ".join((*sorted((canonical(one.first), one.last)), zip5))


def _both_names_street(record: Record) -> Keys:
    for one in record.people:
        if one.first and one.last:
            pair = " ".join(sorted((sound(canonical(one.first)), sound(one.last))))
            for _number, street, _zip5, _city in _spots(record):
                if street:
                    yield f"{pair} {street[:3]}"


def _last_number_street_start(record: Record) -> Keys:
    for last in _lasts(record):
        for number, street, _zip5, _city in _spots(record):
            if number and street:
                yield f"{sound(last)} {number} {street[:2]}"


def _first_number_region(record: Record) -> Keys:
    for first in _firsts(record) | _lasts(record):
        for number, _street, zip5, _city in _spots(record):
            if number and zip5:
                yield f"{sound(canonical(first))} {number} {zip5[:3]}"


def _name_street(record: Record) -> Keys:
    for first in _firsts(record) | _lasts(record):
        for _number, street, zip5, city in _spots(record):
            if street and (zip5 or city):
                yield f"{sound(canonical(first))} {street.replace(' ', '')[:6]} {zip5[:2] or city[:3]}"


def _lines(record: Record) -> Iterator[tuple[str, str, str, str]]:
    """Street and place name of each door, run together, with the door's number, ZIP and city."""
    for door in record.doors:
        for text in (door.street, door.place):
            line = text.replace(" ", "")
            if len(line) > 2 and not line.isdigit():
                yield line, door.number, door.zip5, door.city


def _initials(record: Record) -> set[str]:
    return {word[0] for one in record.people for word in (one.first, one.last) if word} | {
        firm[0] for firm in record.companies
    }


def _place_name(record: Record) -> Keys:
    for door in record.doors:
        place = door.place.replace(" ", "")
        if len(place) > 4:
            yield f"{place[:6]} {door.number}"
            yield f"{place[:6]} {door.street.replace(' ', '')[:3]}"
            yield f"{place[:6]} {door.zip5}"
            yield f"{place[-6:]} {door.zip5}"
            yield f"{place[:6]} {door.city[:4]}"


def _street_zip(record: Record) -> Keys:
    initials = _initials(record)
    for line, number, zip5, city in _lines(record):
        for initial in initials:
            yield f"{line[:5]} {zip5} {initial}"
            yield f"{line[:5]} {city[:4]} {initial}"
            if number:
                yield f"{line[-5:]} {number} {initial}"


def _line_number(record: Record) -> Keys:
    for line, number, zip5, city in _lines(record):
        if number:
            yield f"{line[:5]} {number} {''.join(sorted(zip5))}"
            yield f"{line[:5]} {number} {city[:4]}"


def _name_zip(record: Record) -> Keys:
    for word in _firsts(record) | _lasts(record):
        for door in record.doors:
            if door.zip5 and len(word) > 3:
                yield f"{word[:5]} {''.join(sorted(door.zip5))} {door.city[:2]}"


def _company_place(record: Record) -> Keys:
    for firm in record.companies:
        for door in record.doors:
            yield f"{firm} {door.zip5[:3] or door.city}"


def _born(record: Record) -> Keys:
    if record.born:
        for word in _firsts(record) | _lasts(record):
            yield f"{record.born} {word[0]}"
        for door in record.doors:
            if door.zip5:
                yield f"{record.born} {door.zip5[:3]}"
            if door.number:
                yield f"{record.born} {door.number}"


def _tax_id(record: Record) -> Keys:
    if len(record.tax_id) > 3:
        yield record.tax_id


def _born_year_and_names(record: Record) -> Keys:
    if record.born:
        for one in record.people:
            if one.first and one.last:
                yield f"{record.born[:4]} {sound(one.last)} {sound(one.first)}"


KINDS: Final[dict[str, Callable[[Record], Keys]]] = {
    "phone": _phone,
    "email": _email,
    "email name": _email_name,
    "number zip street": _number_zip_street_start,
    "number street city": _number_street_start_city,
    "last initial zip": _last_initial_zip,
    "names city": _both_names_city,
    "names zip": _both_names_zip,
    "names street": _both_names_street,
    "last number street": _last_number_street_start,
    "first number region": _first_number_region,
    "name street": _name_street,
    "street zip": _street_zip,
    "line number": _line_number,
    "name zip": _name_zip,
    "place": _place_name,
    "company": _company_place,
    "born": _born,
    "tax id": _tax_id,
    "born names": _born_year_and_names,
}  # fmt: skip


def keys_of(record: Record) -> list[str]:
    """Every key of a record as text that a column can hold and an index can find, each once."""
    return sorted({f"{kind}:{key}" for kind, keys in KINDS.items() for key in keys(record)})


def candidate_pairs(
    records: Sequence[Record], *, most: int = MOST_IN_A_GROUP
) -> tuple[list[tuple[int, int]], dict[str, list[int]]]:
    """Index pairs that share a key, each once with the smaller index first, and the crowded groups.

    A group of more than `most` records proposes no pairs; crowded numbers and e-mail addresses are handed
    back, because many customers on one number are usually a property manager's.
    """
    count = len(records)
    found: set[int] = set()
    crowded: dict[str, list[int]] = {}
    for kind, keys in KINDS.items():
        groups: dict[str, int | list[int]] = {}
        for at, record in enumerate(records):
            for key in set(keys(record)):
                before = groups.get(key)
                if before is None:
                    groups[key] = at
                elif isinstance(before, int):
                    groups[key] = [before, at]
                else:
                    before.append(at)
        for key, group in groups.items():
            if isinstance(group, int):
                continue
            if len(group) > (min(most, MOST_OF_A_STREET) if kind == "street zip" else most):
                if kind in SHARED:
                    crowded[f"{kind}:{key}"] = group
                continue
            for place, one in enumerate(group):
                family = records[one].family
                for other in group[place + 1 :]:
                    if not family or records[other].family != family:
                        found.add(one * count + other)
    return [divmod(pair, count) for pair in sorted(found)], crowded
