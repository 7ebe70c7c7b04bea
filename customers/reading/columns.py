"""What the columns of somebody's customer list mean: names first, then what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from .tables import TableRow

FIELDS: Final = (
    "name", "first_name", "middle_name", "last_name", "company", "email", "phone", "street", "street_number",
    "street2", "city", "state", "zip", "address", "external_id", "location_id", "parent", "birth_date",
    "tax_id", "archived", "active",
)  # fmt: skip

# The words of a heading, and the field they mean. The first that fits wins, so the narrow ones stand first.
_MEANINGS: Final = (
    (r"baddr\d|bill to \d", "address"),
    (r"saddr\d|ship to \d", "address:ship"),
    (r"(?:(?:main|mobile|home|work|office|primary|secondary|alt|alternate|other|evening|day"
     r"|daytime|business) )?(?:phone|telephone|tel|mobile|cell|cellphone)"
     r"(?: (?:s|numbers?|no|phone))? ?\d?", "phone"),
    (r"(?:main|mobile|home|work|office|primary|secondary|alt|alternate|other|business) numbers?", "phone"),
    (r"(?:(?:main|primary|billing|customer|contact|alt|work|home|cc) )?e ?mails?"
     r"(?: address(?:es)?)? ?\d?", "email"),
    (r"first(?: name)?|given(?: name)?|f name|fname|firstname|forename", "first_name"),
    (r"m i|middle(?: name| initial)?|mid ?init", "middle_name"),
    (r"last(?: name)?|surname|family name|l name|lname|lastname", "last_name"),
    (r"company(?: name)?|companyname|business(?: name)?|organi[sz]ation|account name", "company"),
    (r"(?:customer|client|contact|account) (?:id|no|number)|refnum|rec id|external id|id|uuid",
     "external_id"),
    (r"(?:location|property|site) id", "location_id"),
    (r"parent(?: customer| name)?|sub customer of|job of", "parent"),
    (r"(?:full |display |customer |client |contact |customer full )?name|customer|client|primary contact"
     r"|cont1|homeowner|household", "name"),
    (r"date of birth|birth ?date|dob|born|birthday", "birth_date"),
    (r"tax id|ein|tin|federal tax id", "tax_id"),
    (r"(?:is )?archived(?: at| on)?|deleted|hidden|(?:is )?inactive", "archived"),
    (r"active status|active|is active|(?:customer )?status", "active"),
)  # fmt: skip
_PLACE: Final = re.compile(
    r"^(?P<group>(?:address(?: \d)?|billing(?: address)?|bill to|bill|service(?: address| location)?|shipping"
    r"|ship to|ship|property(?: address)?|location|site|mailing(?: address)?|home|primary|customer"
    r"|street address) ?(?:\d )?)?"
    r"(?P<part>(?:street|house) number|street (?:line )?[12]|street[12]|street(?: address| name)?"
    r"|address line ?[12]|line ?[12]|address ?[12]|address|unit(?: number)?|apt|apartment|suite"
    r"|city|town|suburb|state(?: province)?|province|region|county state|zip ?(?:code)?"
    r"|postal(?: code)?|post ?code)"
    r"(?P<count> \d)?$"
)
_PARTS: Final = (
    (re.compile(r"(?:street|house) number"), "street_number"),
    (re.compile(r".*2|unit.*|apt|apartment|suite"), "street2"),
    (re.compile(r"zip.*|post.*"), "zip"),
    (re.compile(r"city|town|suburb"), "city"),
    (re.compile(r"state.*|province|region|county state"), "state"),
    (re.compile(r".*"), "street"),
)
_COMPILED: Final = tuple((re.compile(f"^(?:{pattern})$"), meaning) for pattern, meaning in _MEANINGS)

_LOOKS: Final = (
    ("email", re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.I)),
    ("phone", re.compile(r"\+?1?[-. ]?\(?\d{3}\)?[-. ]?\d{3}[-. ]?\d{4}(?:\D.*)?")),
    ("zip", re.compile(r"\d{5}(?:-\d{4})?")),
    ("state", re.compile(r"[A-Z]{2}")),
    ("address", re.compile(r"\d+ .+,.+[A-Z]{2},? +\d{5}.*")),
    ("street", re.compile(r"\d+[a-z]? +[a-z0-9].+ .*[a-z].*", re.I)),
    ("name", re.compile(r"[^\W\d]{2,}[ ,]+(?:[^\W\d]|[.'&-]| ){2,}")),
)


@dataclass(frozen=True)
class Mapping:
    """Which column means what: `field`, or `field@group` for one of several addresses."""

    meanings: dict[str, str] = field(default_factory=dict)

    def columns(self, meaning: str) -> list[str]:
        """The columns of that meaning, in the file's order."""
        return [column for column, said in self.meanings.items() if said == meaning]

    def groups(self) -> list[str]:
        """The addresses that a row has, by their group names, in the file's order."""
        found = [said.partition("@")[2] for said in self.meanings.values() if "@" in said]
        return list(dict.fromkeys(found))


def heading(column: str) -> str:
    """A heading in plain words: `Address_1 Street Line 1` is `address 1 street line 1`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    return " ".join(re.sub(r"[^a-z0-9]+", " ", spaced.casefold()).split())


def guess_columns(columns: Sequence[str], rows: Iterable[TableRow] = ()) -> Mapping:
    """A meaning for every column that has one; columns with unknown names are judged by their contents."""
    meanings: dict[str, str] = {}
    sample = list(rows)[:200]
    for column in columns:
        words = heading(column)
        said = _by_name(words)
        if said:
            meanings[column] = said
    meanings = _one_of_each(meanings)
    for column in columns:
        if column not in meanings and (said := _by_contents(column, sample)):
            known = set(meanings.values())
            if said in ("phone", "email") or (
                said != "name" and f"{said}@" not in known and _lacks_place(known)
            ):
                meanings[column] = f"{said}@" if said in ("street", "zip", "state") else said
            elif said == "name" and not known & {"name", "last_name", "first_name"}:
                meanings[column] = said
    return Mapping(meanings)


def _lacks_place(known: set[str]) -> bool:
    return not any(said.startswith(("street@", "address")) for said in known)


def _by_name(words: str) -> str:
    for pattern, meaning in _COMPILED:
        if pattern.match(words):
            if meaning.startswith("address"):
                return "address@" + meaning.partition(":")[2]
            return meaning
    if place := _PLACE.match(words):
        meaning = next(meaning for pattern, meaning in _PARTS if pattern.fullmatch(place["part"]))
        group = (place["group"] or "").strip()
        if group in ("address", "street address") and meaning != "street":
            group = ""
        return f"{meaning}@{group}"
    return ""


def _one_of_each(meanings: dict[str, str]) -> dict[str, str]:
    """`Address` beside `Address 2` and `Address 1` beside `Street number` belong together."""
    said = set(meanings.values())
    kept = dict(meanings)
    for column, meaning in meanings.items():
        field_name, _at, group = meaning.partition("@")
        if field_name == "street" and heading(column) in ("address", "full address") and "city@" not in said:
            kept[column] = "address@"
        if group and re.fullmatch(r"address \d?|address", group) and f"city@{group}" not in said:
            kept[column] = f"{field_name}@"
    return kept


def _by_contents(column: str, rows: Sequence[TableRow]) -> str:
    cells = [text for row in rows if (text := row.cells.get(column, ""))]
    if len(cells) < 3 or len(set(cells)) < 2:
        return ""
    for meaning, pattern in _LOOKS:
        if sum(bool(pattern.fullmatch(cell)) for cell in cells) * 10 >= len(cells) * 7:
            return meaning
    return ""
