"""What the columns of somebody's customer list mean, and a row of it in the words that `import_rules` reads.

A mapping is `{column: meaning}`; a column that is left out has no meaning. Suggestions come from the headings
of the systems we know, then from the common reader's words and contents, then from headings that are nearly
ours. A person confirms them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from customers.addresses import street_parts
from customers.phones import find_phones, search_digits
from customers.quickbooks_file import SourceRow
from customers.reading.columns import guess_columns, heading
from customers.reading.tables import TableRow

ADDRESSES: Final = ("billing", "service", "service2", "service3", "service4")
PARTS: Final = ("street", "street2", "city", "state", "zip", "lines")
PHONES: Final = {"phone": "", "phone.cell": "cell", "phone.home": "home", "phone.work": "work",
                 "phone.other": "other", "phone.fax": "fax"}  # fmt: skip
# The meanings that go straight into one word of `import_rules`.
PLAIN: Final = {
    "external_id": "REFNUM", "first_name": "FIRSTNAME", "middle_name": "MIDINIT", "last_name": "LASTNAME",
    "title": "SALUTATION", "company": "COMPANYNAME", "contact": "CONT1", "kind": "CTYPE", "terms": "TERMS",
    "tax_certificate": "RESALENUM", "lead_source": "LEADSOURCE", "gate_code": "GATECODE",
    "access_notes": "ACCESS", "location_id": "LOCATION", "location_name": "SITENAME",
}  # fmt: skip
MANY: Final = frozenset({*PHONES, "email", "notes", "tags", *(f"{address}.lines" for address in ADDRESSES)})
MEANINGS: Final = (
    "name", "parent", *PLAIN, *PHONES, "email",
    *(f"{address}.{part}" for address in ADDRESSES for part in PARTS),
    "taxable", "do_not_service", "do_not_service_reason", "notes", "tags", "active", "archived",
)  # fmt: skip
NAMING: Final = frozenset({"name", "first_name", "last_name", "company"})
YES: Final = frozenset(
    {"true", "yes", "y", "1", "1.0", "x", "t", "on", "archived", "inactive", "hidden", "deleted"}
)
NO: Final = frozenset({"", "false", "no", "n", "0", "0.0", "f", "off", "none", "never"})
NOT_ACTIVE: Final = frozenset({"inactive", "not-active", "not active", "archived", "deleted", *NO} - {""})
UNTAXED: Final = frozenset(
    {"n", "no", "false", "0", "non", "nontaxable", "non-taxable", "exempt", "tax exempt"}
)

QUICKBOOKS_DESKTOP: Final = "quickbooks_desktop"
OTHER: Final = "other"
NEARLY: Final = 88
_TOTALS: Final = re.compile(r"^(?:grand|report|sub)?[\s-]*totals?\b|^\d+ (?:customers|records|rows)$", re.I)


@dataclass(frozen=True)
class Shape:
    """A system's export: the headings that give it away, and what its columns mean."""

    system: str
    signs: frozenset[str]
    columns: Mapping[str, str]


def _address(prefix: str, to: str, **names: str) -> dict[str, str]:
    return {f"{prefix} {name}".strip(): f"{to}.{part}" for part, name in names.items()}


def _numbered(count: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, to in zip(range(1, count + 1), ADDRESSES[1:], strict=False):
        words = {
            "street": "street line 1",
            "street2": "street line 2",
            "city": "city",
            "state": "state",
            "zip": "zip",
        }
        found |= _address(f"address {number}", to, **words)
    return found


_STREET12: Final = {
    "street": "street 1",
    "street2": "street 2",
    "city": "city",
    "state": "state",
    "zip": "zip",
}
_UNITED: Final = {"street": "street", "street2": "unit", "city": "city", "state": "state", "zip": "zip"}
SHAPES: Final = (
    Shape(
        "housecall_pro",
        frozenset({"display name", "mobile number", "do not service"}),
        {
            "id": "external_id", "customer id": "external_id", "display name": "name",
            "first name": "first_name",
            "last name": "last_name", "company": "company", "email": "email", "mobile number": "phone.cell",
            "home number": "phone.home", "work number": "phone.work", **_numbered(4), "notes": "notes",
            "tags": "tags", "do not service": "do_not_service", "lead source": "lead_source",
        },
    ),
    Shape(
        "quickbooks_online",
        frozenset({"full name", "opening balance", "resale number"}),
        {
            "full name": "name", "company": "company", "email": "email", "phone": "phone",
            "mobile": "phone.cell",
            "fax": "phone.fax", **_address("", "service", street="street", city="city", state="state",
            zip="zip code"),
            "resale number": "tax_certificate",
        },
    ),
    Shape(
        QUICKBOOKS_DESKTOP,
        frozenset({"active status", "customer", "main phone", "bill to 1"}),
        {
            "active status": "active", "customer": "name", "company": "company", "mr ms": "title",
            "first name": "first_name", "m i": "middle_name", "last name": "last_name",
            "primary contact": "contact", "main phone": "phone", "fax": "phone.fax",
            "alt phone": "phone.other",
            "main email": "email", **{f"bill to {n}": "billing.lines" for n in range(1, 6)},
            **{f"ship to {n}": "service.lines" for n in range(1, 6)}, "customer type": "kind",
            "terms": "terms",
            "sales tax code": "taxable", "resale num": "tax_certificate", "note": "notes", "notes": "notes",
        },
    ),
    Shape(
        "jobber",
        frozenset({"main phone s", "property street 1"}),
        {
            "client id": "external_id", "display name": "name", "title": "title", "first name": "first_name",
            "last name": "last_name", "company name": "company", "main phone s": "phone",
            "mobile phone s": "phone.cell", "home phone s": "phone.home", "work phone s": "phone.work",
            "fax phone s": "phone.fax", "other phone s": "phone.other", "e mails": "email",
            **_address("billing", "billing", **_STREET12), **_address("property", "service", **_STREET12),
            "lead source": "lead_source", "tags": "tags", "archived": "archived", "notes": "notes",
        },
    ),
    Shape(
        "servicetitan",
        frozenset({"customer id", "customer name", "location id"}),
        {
            "customer id": "external_id", "customer name": "name", "type": "kind", "customer type": "kind",
            "do not service": "do_not_service", **_address("billing", "billing", **_UNITED),
            "location id": "location_id", "location name": "location_name", **_address("", "service",
            **_UNITED),
            **_address("location", "service", **_UNITED), "phone number": "phone", "phone": "phone",
            "email": "email", "lead source": "lead_source", "tags": "tags", "active": "active",
            "notes": "notes",
        },
    ),
    Shape(
        "hvacbizpro",
        frozenset({"company", "customer name", "address", "phone"}),
        {
            "company": "company", "customer name": "name", "phone": "phone", "email": "email",
            **_address("", "service", street="address", city="city", state="state", zip="zip"),
        },
    ),
)  # fmt: skip
SYSTEMS: Final = (*(shape.system for shape in SHAPES), OTHER)

# Headings that the common reader does not know; the words as `heading` writes them.
_ALIASES: Final = {
    "notes": "notes", "note": "notes", "comments": "notes", "comment": "notes", "remarks": "notes",
    "memo": "notes",
    "notepad": "notes", "customer notes": "notes", "tags": "tags", "tag": "tags", "labels": "tags",
    "do not service": "do_not_service", "dns": "do_not_service", "do not contact": "do_not_service",
    "lead source": "lead_source", "source": "lead_source", "referral source": "lead_source",
    "how did you hear about us": "lead_source", "referred by": "lead_source",
    "marketing source": "lead_source",
    "terms": "terms", "payment terms": "terms", "taxable": "taxable", "tax code": "taxable",
    "sales tax code": "taxable", "resale number": "tax_certificate",
    "exemption certificate": "tax_certificate",
    "tax exempt number": "tax_certificate", "gate code": "gate_code", "lockbox": "gate_code",
    "access notes": "access_notes", "access instructions": "access_notes", "customer type": "kind",
    "type": "kind",
    "category": "kind", "location name": "location_name", "property name": "location_name",
    "site name": "location_name", "title": "title", "salutation": "title", "fax": "phone.fax",
    "fax number": "phone.fax", "mobile": "phone.cell", "mobile phone": "phone.cell",
    "mobile number": "phone.cell",
    "cell": "phone.cell", "cell phone": "phone.cell", "home phone": "phone.home", "home number": "phone.home",
    "work phone": "phone.work", "work number": "phone.work", "office phone": "phone.work",
    "alt phone": "phone.other",
    "alternate phone": "phone.other", "other phone": "phone.other", "phone 2": "phone.other",
    "contact": "contact", "primary contact": "contact", "contact name": "contact",
    "do not service reason": "do_not_service_reason",
}  # fmt: skip
_NEAR_WORDS: Final = {
    **_ALIASES, "name": "name", "customer name": "name", "full name": "name", "first name": "first_name",
    "last name": "last_name", "company name": "company", "email address": "email", "phone number": "phone",
    "telephone": "phone", "street address": "service.street", "city": "service.city",
    "state": "service.state",
    "zip code": "service.zip", "postal code": "service.zip", "customer id": "external_id",
    "billing address": "billing.street", "service address": "service.street",
}  # fmt: skip
_THEIRS: Final = {
    "name": "name", "first_name": "first_name", "middle_name": "middle_name", "last_name": "last_name",
    "company": "company", "email": "email", "phone": "phone", "external_id": "external_id",
    "location_id": "location_id", "parent": "parent", "archived": "archived", "active": "active",
    "tax_id": "tax_certificate",
}  # fmt: skip
_BILLING_WORDS: Final = ("bill", "mailing")


@dataclass(frozen=True)
class Flaw:
    """Why a mapping cannot be used: `code` names the sentence, `columns` and `meaning` fill it."""

    code: str
    meaning: str = ""
    columns: tuple[str, ...] = ()


def shape_of(columns: Iterable[str]) -> Shape | None:
    """The system whose export has these headings; the one with most of its own headings wins."""
    said = {heading(column) for column in columns}
    fitting = [shape for shape in SHAPES if shape.signs <= said]
    return max(fitting, key=lambda shape: len(said & shape.columns.keys()), default=None)


def headers_key(columns: Iterable[str]) -> str:
    """The same for files with the same headings, in whatever order."""
    said = "\n".join(sorted(heading(column) for column in columns))
    return hashlib.sha256(said.encode()).hexdigest()


def suggest(
    columns: Sequence[str],
    rows: Sequence[SourceRow] = (),
    *,
    shape: Shape | None = None,
    kept: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What each column probably means; `kept` is what a person confirmed for such a file before."""
    if kept is not None:
        return usable({column: kept.get(column, "") for column in columns})
    found: dict[str, str] = {}
    if shape:
        found = {column: shape.columns.get(heading(column), "") for column in columns}
        return usable(found)
    guessed = guess_columns(columns, [TableRow(row.line, row.values) for row in rows]).meanings
    groups = [said.partition("@")[2] for said in guessed.values() if "@" in said]
    places = _places(dict.fromkeys(groups))
    for column in columns:
        found[column] = _ALIASES.get(heading(column)) or _ours(guessed.get(column, ""), places)
    taken = set(found.values())
    for column in columns:
        if not found[column] and (near := _near(heading(column))) and (near in MANY or near not in taken):
            found[column] = near
            taken.add(near)
    return usable(found)


def _places(groups: Iterable[str]) -> dict[str, str]:
    """Our name for each address that the reader saw. One alone is where the work is."""
    names = list(groups)
    billing = [name for name in names if name.startswith(_BILLING_WORDS)]
    places: dict[str, str] = {}
    if billing and len(names) > 1:
        places[billing[0]] = "billing"
    rest = [name for name in names if name not in places]
    places.update(zip(rest, ADDRESSES[1:], strict=False))
    return places


def _ours(said: str, places: Mapping[str, str]) -> str:
    name, at, group = said.partition("@")
    if not at:
        return _THEIRS.get(name, "")
    part = {"address": "lines", "street_number": ""}.get(name, name)
    return f"{places[group]}.{part}" if part and group in places else ""


def _near(words: str) -> str:
    from rapidfuzz import fuzz, process

    best = process.extractOne(words, _NEAR_WORDS.keys(), scorer=fuzz.ratio, score_cutoff=NEARLY)
    return _NEAR_WORDS[best[0]] if best else ""


def usable(found: Mapping[str, str]) -> dict[str, str]:
    """The same mapping without meanings we do not have and without second columns of a single meaning."""
    taken: set[str] = set()
    result: dict[str, str] = {}
    for column, meaning in found.items():
        if meaning in MEANINGS and (meaning in MANY or meaning not in taken):
            taken.add(meaning)
            result[column] = meaning
        else:
            result[column] = ""
    return result


def flaws(columns: Mapping[str, str]) -> list[Flaw]:
    """What stands against using the mapping: nothing that names a customer, or one meaning twice."""
    chosen: dict[str, list[str]] = {}
    for column, meaning in columns.items():
        if meaning:
            chosen.setdefault(meaning, []).append(column)
    found = [
        Flaw("unknown", meaning, tuple(names)) for meaning, names in chosen.items() if meaning not in MEANINGS
    ]
    found += [
        Flaw("twice", meaning, tuple(names))
        for meaning, names in chosen.items()
        if len(names) > 1 and meaning not in MANY
    ]
    has_names = bool(NAMING & chosen.keys())
    if not has_names and not {"external_id", "location_id"} <= chosen.keys():
        found.append(Flaw("no_name"))
    for address in ADDRESSES:
        parts = {meaning.partition(".")[2] for meaning in chosen if meaning.partition(".")[0] == address}
        if parts and not parts & {"street", "lines"}:
            found.append(Flaw("no_street", f"{address}.street"))
    return found


# One row ---------------------------------------------------------------------------------------


def translated(row: SourceRow, columns: Mapping[str, str], system: str) -> SourceRow:
    """The row in the words of `import_rules`, with what was wrong with a cell among its oddities."""
    if not columns:
        return row
    cells = _by_meaning(row, columns)
    oddities = list(row.oddities)
    values = {word: cells[meaning][0] for meaning, word in PLAIN.items() if cells.get(meaning)}
    name = _first(cells, "name") or _first(cells, "contact")
    person = f"{_first(cells, 'first_name')} {_first(cells, 'last_name')}".strip()
    values["NAME"] = name or _first(cells, "company") or person
    if parent := _first(cells, "parent"):
        values["NAME"] = f"{parent}:{values['NAME'].rpartition(':')[2]}"
    for meaning, label in PHONES.items():
        if cells.get(meaning):
            values[f"PHONE {label}".strip()] = " / ".join(cells[meaning])
    values["EMAIL"] = " ".join(cells.get("email", ()))
    values["TAGS"] = "; ".join(cells.get("tags", ()))
    values["NOTEPAD"] = "\n".join(dict.fromkeys(cells.get("notes", ())))
    for number, address in enumerate(ADDRESSES):
        prefix = "BADDR" if not number else "SADDR" if number == 1 else f"S{number}ADDR"
        for at, line in enumerate(_address_lines(cells, address, oddities), start=1):
            values[f"{prefix}{at}"] = line
    _flags(cells, values, oddities)
    if "external_id" not in columns.values() or not values.get("REFNUM"):
        values["IDENTITY"] = _identity(values, system)
    if not any(values.values()):
        values["EMPTY"] = "Y"
    elif _is_totals(row, values):
        values["TOTALS"] = "Y"
    kept = {word: text for word, text in values.items() if text}
    return SourceRow(row.line, kept, tuple(oddities))


def _by_meaning(row: SourceRow, columns: Mapping[str, str]) -> dict[str, list[str]]:
    cells: dict[str, list[str]] = {}
    for column, meaning in columns.items():
        if meaning and (text := clean_cell(row.values.get(column, ""))):
            cells.setdefault(meaning, []).append(text)
    return cells


def _first(cells: Mapping[str, Sequence[str]], meaning: str) -> str:
    return next(iter(cells.get(meaning, ())), "")


def _address_lines(
    cells: Mapping[str, Sequence[str]], address: str, oddities: list[tuple[str, tuple[tuple[str, str], ...]]]
) -> list[str]:
    if lines := cells.get(f"{address}.lines"):
        return [line for text in lines for line in text.splitlines() if line.strip()][:5]
    street, unit, city, state = (
        _first(cells, f"{address}.{part}") for part in ("street", "street2", "city", "state")
    )
    written = _first(cells, f"{address}.zip")
    postal_code = clean_zip(written)
    if written and not postal_code:
        oddities.append(("zip_unreadable", (("zip", written[:40]),)))
    place = f"{city}, {state} {postal_code}".strip(" ,")
    if not (street or unit or place):
        return []
    if unit and is_unit(unit):
        bare = unit[0] != "#" and not re.match(r"[a-z]{2}", unit, re.I)
        street, unit = f"{street} {'# ' if bare else ''}{unit}", ""
    return [text for line in (street, unit, place) if (text := " ".join(line.split()))]


def _flags(
    cells: Mapping[str, Sequence[str]],
    values: dict[str, str],
    oddities: list[tuple[str, tuple[tuple[str, str], ...]]],
) -> None:
    archived, active = _first(cells, "archived").casefold(), _first(cells, "active").casefold()
    if archived in YES or re.match(r"\d{1,4}[-/]\d", archived) or (active in NOT_ACTIVE):
        values["HIDDEN"] = "Y"
    if _first(cells, "taxable").casefold() in UNTAXED:
        values["TAXABLE"] = "N"
    if values.get("RESALENUM"):
        values.setdefault("TAXABLE", "N")
    refused, reason = _first(cells, "do_not_service"), _first(cells, "do_not_service_reason")
    if refused.casefold() in YES or (reason and refused.casefold() not in NO - {""}):
        values["REFUSED"] = reason or "Y"
    elif refused and refused.casefold() not in NO:
        values["REFUSED"] = refused  # a reason where a yes was expected is a yes
        oddities.append(("yes_or_no", (("text", refused[:60]),)))


def _identity(values: Mapping[str, str], system: str) -> str:
    """A row without a number of its own is recognised by its name and its door, number or address."""
    name = " ".join(values.get("NAME", "").split())
    if system == QUICKBOOKS_DESKTOP or not name:
        return ""
    words = " ".join(sorted(re.sub(r"[^\w&]+", " ", name.casefold()).split()))
    street = values.get("SADDR1") or values.get("BADDR1", "")
    place = values.get("SADDR2") or values.get("BADDR2", "")
    parts = street_parts(street)
    zips = re.findall(r"(\d{4,5})(?:-\d{4})?$", place)
    door = f"{parts.number} {parts.name} {parts.unit} {zips[-1].zfill(5) if zips else ''}".split()
    phone = next(
        (
            search_digits(one.e164)
            for text in _phone_cells(values)
            for one in find_phones(text).phones
            if one.e164
        ),
        "",
    )
    said = " ".join(door) or phone or values.get("EMAIL", "").casefold()
    whole = f"name:{words}|{said}"
    return whole if len(whole) <= 120 else f"{whole[:87]}#{hashlib.sha256(whole.encode()).hexdigest()[:32]}"


def _phone_cells(values: Mapping[str, str]) -> list[str]:
    return [text for word, text in values.items() if word.startswith("PHONE")]


def _is_totals(row: SourceRow, values: Mapping[str, str]) -> bool:
    """A footer: it says total, and has nothing by which anybody could be reached."""
    if any(
        word.startswith(("PHONE", "SADDR", "BADDR", "EMAIL", "REFNUM")) for word in values if values[word]
    ):
        return False
    filled = [text.strip() for text in row.values.values() if text.strip()]
    return any(_TOTALS.match(text) for text in filled) and (
        len(filled) <= 3 or bool(_TOTALS.match(values.get("NAME", "")))
    )


# Cells -----------------------------------------------------------------------------------------


def clean_cell(text: str) -> str:
    """A cell without blanks and the marks that spreadsheets put around text (`="02134"`, `'02134`)."""
    text = text.replace("\u00a0", " ").replace("\x00", "").strip()
    if len(text) > 3 and text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    if len(text) > 1 and text[0] == "'" and text[1].isdigit():
        text = text[1:]
    return "" if text.casefold() in {"n/a", "null", "none", "-", "--", "#n/a", "nan"} else text


def clean_zip(text: str) -> str:
    """A ZIP as five digits, or nine with a hyphen; nothing where it is none. Zeros lost in front come back
    only when nine digits were meant: a shorter ZIP stays short, for the address to say that it lost one.
    """
    text = re.sub(r"\.0+$", "", clean_cell(text)).strip(" -.,")
    if found := re.fullmatch(r"([0-9]{3,5})\s*-\s*([0-9]{4})", text):
        return f"{found[1].zfill(5)}-{found[2]}"
    if re.fullmatch(r"[0-9]{7,9}", text):
        text = text.zfill(9)
        return f"{text[:5]}-{text[5:]}"
    return text if re.fullmatch(r"[0-9]{3,5}", text) else ""


def is_unit(text: str) -> bool:
    """Whether a second street line is a unit: `# 4B`, `Apt 4`, `Suite 100`, `4B`."""
    return bool(
        re.fullmatch(
            r"(?:(?:apartment|apt|unit|suite|ste|room|rm|building|bldg|floor|fl|lot|space|spc|trlr|trailer|no)\b\.?"
            r"\s*#?\s*|#\s*)?[a-z]?\d*[a-z]?(?:-\w{1,4})?",
            text.strip(),
            re.I,
        )
    )


def tags_of(text: str, *, longest: int = 40, most: int = 30) -> list[str]:
    """The tags in a cell, each once whatever its case, cut to what there is room for."""
    found: dict[str, str] = {}
    for part in re.split(r"[,;|\n]+", text):
        tag = " ".join(part.split())[:longest].strip()
        if tag:
            found.setdefault(tag.casefold(), tag)
    return list(found.values())[:most]


def terms_of(text: str, known: Collection[str]) -> str:
    """Our terms for how another system writes them, or nothing: `NET30`, `Due upon receipt`, `30 days`."""
    said = " ".join(re.sub(r"[^a-z0-9]+", " ", text.casefold()).split())
    exact = next((terms for terms in known if terms.casefold() == text.strip().casefold()), "")
    if exact or not said:
        return exact
    if found := re.fullmatch(r"(?:net|n)?\s*(\d{1,3})(?:\s*days?)?(?:\s*net)?", said):
        return next((terms for terms in known if terms == f"Net {int(found[1])}"), "")
    if re.search(r"\b(?:receipt|cod|c o d|cash on delivery|immediate(?:ly)?|on completion)\b", said):
        return next((terms for terms in known if terms == "Due on receipt"), "")
    return ""


def couple_of(name: str) -> tuple[str, str] | None:
    """Two people in one name, each in full: `John & Mary Smith` is John Smith and Mary Smith."""
    found = re.fullmatch(
        r"([^\W\d][\w'.-]*)(?: ([^\W\d][\w'-]+))? (?:&|and|\+|y) ([^\W\d][\w'.-]*) ([^\W\d][\w' -]*)",
        name.strip(),
        re.I,
    )
    if not found:
        return None
    first, own, second, last = found.groups()
    return f"{first} {own or last}", f"{second} {last}"
