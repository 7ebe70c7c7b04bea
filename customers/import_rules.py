"""What a row of somebody else's customer list means here, and what a person should know about it first.

Every row comes out as one of three: to be imported, held until a person decides, or skipped with a reason.
Nothing is merged: rows that look alike are imported and say so.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from customers.addresses import ParsedAddress, parse_address, standard_case
from customers.import_shapes import PHONES, couple_of, tags_of, terms_of
from customers.phones import FoundPhone, find_phones, format_us
from customers.quickbooks_file import SourceRow

Severity = Literal["hold", "warn", "skip"]
Outcome = Literal["import", "hold", "skip"]
Kind = Literal["household", "company", "property_manager"]

LONGEST: Final = {"name": 120, "first name": 60, "last name": 60, "job name": 80, "street": 120, "unit": 40,
                  "city": 60, "gate code": 40, "reason": 200, "number": 120, "e-mail": 254,
                "lead source": 60, "exemption certificate": 60}  # fmt: skip
TERMS: Final = ("Due on receipt", "Net 15", "Net 30", "Net 45", "Net 60")
VOLATILE: Final = frozenset({"TIMESTAMP"})  # QuickBooks touches it without any change a person made
DECIDABLE: Final = frozenset(
    {"maybe_cut", "columns_missing", "columns_extra", "cells_extra", "unreadable", "same_name",
     "same_identity", "job_refuses_service", "parent_missing", "parent_not_imported", "like_standing"}
)  # fmt: skip

_SUFFIX = re.compile(r"\s*\(\d{1,3}\)\s*$")
_GATE = re.compile(
    r"\b(?:gate|door|entry|lock ?box|alarm)\s*(?:code)?\s*(?:is|[:=#])?\s*(\#?[\d*#][\w*#-]{2,11})", re.I
)
_NO_SERVICE = re.compile(r"\bdo\s+not\s+(?:service|serve|schedule|send)\b|\bno\s+service\b|\bDNS\b", re.I)
_ACCESS = re.compile(
    r"\b(?:dog|dogs|pet|cat|call before|call ahead|key|gate|park|parking|attic|crawl|side door|back door)\b",
    re.I,
)
_PHONE_COLUMNS: Final = (
    ("PHONE1", ""),
    ("PHONE2", ""),
    ("FAXNUM", "fax"),
    *((f"PHONE {label}".strip(), label) for label in PHONES.values()),
)
_COMPANY_WORD = re.compile(
    r"\b(?:llc|inc|corp|co|ltd|company|realty|properties|management|holdings|church|school|"
    r"apartments|dental|plumbing|law group|hoa|association|restaurant|cafe|"
    r"auto|store|office|clinic|city of|county of|isd)\b\.?",
    re.I,
)
_MANAGER = re.compile(r"\bproperty manag|\bmanager\b", re.I)
_EMAIL = re.compile(r"[^\s@,;<>()\"]+@[^\s@,;<>()\"]+\.[a-z]{2,}", re.I)
_ODD_IN_NAME = re.compile(r"[^\w\s'\u2019.,&()/:#+\"!@*-]|_")
_TOTALS_ALONE = re.compile(r"^(?:sub|grand |report )?totals?\W*$", re.I)
_TOTALS = re.compile(r"^(?:sub)?totals?\b|^report total", re.I)


@dataclass(frozen=True)
class Problem:
    """One thing to know about a row; its sentence is made from `code` and `details` for who reads it."""

    severity: Severity
    field: str
    code: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ProposedCustomer:
    """Who the row says this is."""

    kind: Kind
    name: str
    terms: str = ""
    taxable: bool = True
    notes: str = ""
    do_not_service: bool = False
    do_not_service_reason: str = ""
    lead_source: str = ""
    tags: tuple[str, ...] = ()
    tax_certificate: str = ""


@dataclass(frozen=True)
class ProposedContact:
    """The person to talk to."""

    first_name: str
    last_name: str
    email: str = ""
    title: str = ""
    more_emails: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class ProposedSite:
    """Where the work would be."""

    label: str
    address: ParsedAddress
    access_notes: str = ""
    gate_code: str = ""
    notes: str = ""


@dataclass(frozen=True)
class Proposed:
    """A row's meaning. A job row has a `parent_name` and no `customer`: it is a further site.

    A row that is one location of a customer has an `owner_id`; the first of them brings the customer.
    `said` is what the row's cells hold, in the words of these rules.
    """

    line: int
    external_id: str
    source_name: str
    parent_name: str = ""
    customer: ProposedCustomer | None = None
    contact: ProposedContact | None = None
    phones: tuple[FoundPhone, ...] = ()
    site: ProposedSite | None = None
    billing: ParsedAddress | None = None
    owner_id: str = ""
    others: tuple[ProposedContact, ...] = ()
    more_sites: tuple[ProposedSite, ...] = ()
    refuses_service: bool = False
    problems: tuple[Problem, ...] = ()
    said: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def outcome(self) -> Outcome:
        """What happens to the row unless a person says otherwise."""
        severities = {problem.severity for problem in self.problems}
        return "skip" if "skip" in severities else "hold" if "hold" in severities else "import"

    @property
    def is_job(self) -> bool:
        return bool(self.parent_name)


@dataclass(frozen=True)
class Notes:
    """A note cell taken apart."""

    gate_code: str
    do_not_service: bool
    reason: str
    access: str
    rest: str


def interpret_all(rows: Iterable[SourceRow], *, names_are_unique: bool = True) -> list[Proposed]:
    """Each row's meaning, in the file's order, with what only the whole file can tell.

    In QuickBooks Desktop `names_are_unique`: the same name twice is held there.
    """
    proposals = [interpret(row) for row in rows]
    proposals = _doubles(proposals, names_are_unique=names_are_unique)
    proposals = _parents(proposals)
    proposals = _other_spellings(proposals)
    return _lookalikes(proposals)


def interpret(row: SourceRow) -> Proposed:
    """The meaning of one row by itself."""
    return replace(_interpreted(row), said=row.values)


def _interpreted(row: SourceRow) -> Proposed:
    problems = _written_oddly(row)
    source_name = " ".join(row.get("NAME").split())
    if not row.values:
        return Proposed(row.line, "", "", problems=tuple(problems))
    if row.get("EMPTY"):
        return Proposed(row.line, "", "", problems=(Problem("skip", "", "empty_row"),))
    if not source_name and not (row.get("TOTALS") or row.get("LOCATION")):
        problems.append(Problem("hold", "NAME", "no_name"))
    elif (
        row.get("TOTALS")
        or _TOTALS_ALONE.match(source_name)
        or (_TOTALS.match(source_name) and not _reachable(row))
    ):
        return Proposed(row.line, "", source_name, problems=(Problem("skip", "NAME", "totals_row"),))
    if row.get("HIDDEN").upper() == "Y":
        problems.append(Problem("skip", "HIDDEN", "inactive"))
    parent_name, label = _parent_and_label(source_name)
    external_id, owner_id = row.get("REFNUM"), ""
    if external_id and row.get("LOCATION"):
        external_id, owner_id = f"{external_id}/{row.get('LOCATION')}", external_id
    if not external_id:
        if not row.get("IDENTITY"):
            problems.append(Problem("warn", "REFNUM", "no_refnum"))
        named = f"name:{source_name}" if source_name else f"line:{row.line}"
        external_id = row.get("IDENTITY") or named
    notes = _all_notes(row)
    phones, phone_notes = _phones(row, problems)
    site = _site(row, label, notes, problems)
    customer = None
    if not parent_name:
        customer = _customer(row, source_name, notes, phone_notes, problems)
    contact, others = _contacts(row, customer, problems)
    problems.extend(_too_long(external_id, customer, contact, site))
    return Proposed(
        line=row.line,
        external_id=external_id,
        source_name=source_name,
        parent_name=parent_name,
        customer=customer,
        contact=contact,
        phones=phones,
        site=site,
        billing=_billing(row, site),
        owner_id=owner_id,
        others=others,
        more_sites=() if parent_name else tuple(_more_sites(row, site, problems)),
        refuses_service=notes.do_not_service,
        problems=tuple(problems),
    )


def read_notes(text: str) -> Notes:
    """Gate codes, a refusal to serve and why, access hints; what is left stays a note, word for word."""
    gate_code = reason = ""
    do_not_service = False
    access: list[str] = []
    rest: list[str] = []
    for part in (piece.strip() for piece in re.split(r"[\n;|]+", text)):
        if not part:
            continue
        if refusal := _NO_SERVICE.search(part):
            do_not_service = True
            because = part[refusal.end() :].strip(" -:,.(\u2013\u2014)") or part[: refusal.start()].strip(
                " -:,."
            )
            reason = f"{reason}; {because}" if reason and because else reason or because
            continue
        if not gate_code and (gate := _GATE.search(part)):
            gate_code = gate.group(1)
            part = (part[: gate.start()] + part[gate.end() :]).strip(" ,.-")
            if not part:
                continue
        (access if _ACCESS.search(part) else rest).append(part)
    return Notes(gate_code, do_not_service, reason, "\n".join(access), "\n".join(rest))


def fingerprint(values: Mapping[str, str]) -> str:
    """The same for rows that say the same, whenever QuickBooks touched them."""
    said = sorted(
        (name, text.strip()) for name, text in values.items() if text.strip() and name not in VOLATILE
    )
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def changed_columns(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Which columns say something else now."""
    names = sorted((set(before) | set(after)) - VOLATILE)
    return [name for name in names if before.get(name, "").strip() != after.get(name, "").strip()]


def plain(text: str) -> str:
    """Text for comparing: no case, no accents, single blanks."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).split())


def _reachable(row: SourceRow) -> bool:
    """Whether the row has a number or anything by which somebody could be found: a footer has not."""
    return any(
        text.strip() and word.startswith(("REFNUM", "PHONE", "BADDR", "SADDR", "EMAIL"))
        for word, text in row.values.items()
    )


def _all_notes(row: SourceRow) -> Notes:
    """The note cell, and what other columns say about the same things: those have the last word."""
    notes = read_notes(row.get("NOTEPAD"))
    refused = row.get("REFUSED")
    reason = notes.reason if refused in {"", "Y"} else refused
    access = [text for text in (row.get("ACCESS"), notes.access) if text]
    return Notes(
        row.get("GATECODE") or notes.gate_code,
        notes.do_not_service or bool(refused),
        reason,
        "\n".join(dict.fromkeys(access)),
        notes.rest,
    )


def _parent_and_label(name: str) -> tuple[str, str]:
    parent, colon, label = name.partition(":")
    parent, label = parent.strip(), label.strip()
    return (parent, label.replace(":", ", ")) if colon and parent and label else ("", "")


def _written_oddly(row: SourceRow) -> list[Problem]:
    held = {"stray_line", "maybe_cut", "columns_missing", "columns_extra", "cells_extra", "unreadable"}
    return [
        Problem("hold" if code in held else "warn", dict(details).get("column", ""), code, details)
        for code, details in row.oddities
    ]


def _customer(
    row: SourceRow, source_name: str, notes: Notes, phone_notes: str, problems: list[Problem]
) -> ProposedCustomer:
    bare = _SUFFIX.sub("", source_name)
    if bare != source_name:
        problems.append(Problem("warn", "NAME", "numbered_name", (("name", source_name), ("bare", bare))))
    company = row.get("COMPANYNAME")
    person = " ".join(filter(None, (row.get("FIRSTNAME"), row.get("MIDINIT"), row.get("LASTNAME"))))
    kind: Kind = "household"
    if _MANAGER.search(row.get("CTYPE")):
        kind = "property_manager"
    elif (
        company
        or (row.get("CTYPE").casefold() in {"commercial", "business", "company"})
        or (not person and _COMPANY_WORD.search(bare))
    ):
        kind = "company"
    if kind != "household":
        name = _better(company, bare) if company else bare
    elif person and set(plain(person).split()) == set(plain(bare.replace(",", " ")).split()):
        name = standard_case(person)
    elif person and not bare:
        name = person
    else:
        name = standard_case(_turned(bare))
        if person and bare:
            problems.append(Problem("warn", "NAME", "names_differ", (("name", bare), ("person", person))))
    if odd := _ODD_IN_NAME.search(name):
        problems.append(
            Problem("warn", "NAME", "odd_character", (("character", odd.group()), ("name", name)))
        )
    elif kind == "household" and re.search(r"\d", name):
        problems.append(Problem("warn", "NAME", "digit_in_name", (("name", name),)))
    if notes.do_not_service:
        problems.append(Problem("warn", "NOTEPAD", "do_not_service", (("reason", notes.reason),)))
    return ProposedCustomer(
        kind=kind,
        name=name,
        terms=_terms(row.get("TERMS"), problems),
        taxable=row.get("TAXABLE").upper() != "N",
        notes="\n".join(filter(None, (notes.rest, phone_notes))),
        do_not_service=notes.do_not_service,
        do_not_service_reason=(notes.reason or "as marked in the list") if notes.do_not_service else "",
        lead_source=row.get("LEADSOURCE"),
        tags=tuple(tags_of(row.get("TAGS"))),
        tax_certificate=row.get("RESALENUM") if row.get("TAXABLE").upper() == "N" else "",
    )


def _terms(written: str, problems: list[Problem]) -> str:
    known = terms_of(written, TERMS)
    if written and not known:
        problems.append(Problem("warn", "TERMS", "terms_unknown", (("terms", written),)))
    return known


def _too_long(
    external_id: str,
    customer: ProposedCustomer | None,
    contact: ProposedContact | None,
    site: ProposedSite | None,
) -> Iterable[Problem]:
    given = {"number": external_id}
    if customer:
        given |= {"name": customer.name, "reason": customer.do_not_service_reason}
        given |= {"lead source": customer.lead_source, "exemption certificate": customer.tax_certificate}
    if contact:
        given |= {"first name": contact.first_name, "last name": contact.last_name, "e-mail": contact.email}
    if site:
        address = site.address
        given |= {"street": address.street, "unit": address.unit, "city": address.city}
        given |= {"job name": site.label, "gate code": site.gate_code}
    for what, text in given.items():
        if len(text) > LONGEST[what]:
            yield Problem("hold", "", "too_long", (("what", what), ("limit", str(LONGEST[what]))))


def _better(company: str, name: str) -> str:
    """Of two spellings of one company the one that kept its accents; else the company's own field."""
    if plain(company) == plain(name) and not name.isascii():
        return name
    return standard_case(company)


def _turned(name: str) -> str:
    last, comma, first = name.partition(",")
    turns = comma and first.strip() and not _COMPANY_WORD.search(name)
    return f"{first.strip()} {last.strip()}" if turns else name


def _contacts(
    row: SourceRow, customer: ProposedCustomer | None, problems: list[Problem]
) -> tuple[ProposedContact | None, tuple[ProposedContact, ...]]:
    """The person to talk to, and the others whom the name or a contact column tells of."""
    first = " ".join(filter(None, (row.get("FIRSTNAME"), row.get("MIDINIT"))))
    last = row.get("LASTNAME")
    if not (first or last):
        named = row.get("CONT1")
        if not named and customer and customer.kind == "household":
            named = customer.name
        named = standard_case(_turned(named))
        first, _blank, last = named.rpartition(" ") if customer else named.partition(" ")
    emails = _emails(row, problems)
    others: tuple[ProposedContact, ...] = ()
    if couple := couple_of(standard_case(f"{first} {last}".strip())):
        (first, _blank, last), (second, _blank, theirs) = (name.rpartition(" ") for name in couple)
        others = (ProposedContact(second, theirs),)
    if not (first or last or emails):
        return None, ()
    contact = ProposedContact(
        standard_case(first),
        standard_case(last),
        emails[0] if emails else "",
        row.get("SALUTATION"),
        tuple(emails[1:]),
    )
    return contact, others


def _emails(row: SourceRow, problems: list[Problem]) -> list[str]:
    """The addresses in the e-mail cell, each once; what is none is said."""
    text = row.get("EMAIL")
    found = list(dict.fromkeys(one.strip(".").lower() for one in _EMAIL.findall(text)))
    if text and not found:
        problems.append(Problem("warn", "EMAIL", "no_email", (("text", text[:80]),)))
    return found


def _phones(row: SourceRow, problems: list[Problem]) -> tuple[tuple[FoundPhone, ...], str]:
    found: dict[tuple[str, str], FoundPhone] = {}
    words: list[str] = []
    for column, label in _PHONE_COLUMNS:
        read = find_phones(row.get(column))
        if read.leftover:
            words.append(read.leftover)
            problems.append(Problem("warn", column, "words_with_phone", (("words", read.leftover),)))
        for phone in read.phones:
            if label and not phone.label:
                phone = replace(phone, label=label)
            found.setdefault((phone.e164 or phone.raw, phone.extension), phone)
            if phone.flag:
                shown = format_us(phone.e164) if phone.e164 else phone.raw
                problems.append(Problem("warn", column, f"phone_{phone.flag}", (("phone", shown),)))
    if not found:
        problems.append(Problem("warn", "PHONE1", "no_phone"))
    return tuple(found.values()), "\n".join(words)


def _site(row: SourceRow, label: str, notes: Notes, problems: list[Problem]) -> ProposedSite | None:
    shipping = [row.get(f"SADDR{number}") for number in range(1, 6)]
    lines, column = (shipping, "SADDR") if any(shipping) else (_billing_lines(row), "BADDR")
    address = parse_address(_without_name(lines, row))
    for code in address.problems:
        details = (("zip", address.postal_code), ("state", address.state), ("street", address.street))
        problems.append(Problem("warn", column, f"address_{code}", details))
    if not address.street and not label:
        return None
    if not address.street:
        problems.append(Problem("hold", column, "job_without_address", (("job", label),)))
    name = label or standard_case(row.get("SITENAME"))
    return ProposedSite(name, address, notes.access, notes.gate_code, notes.rest if label else "")


def _more_sites(
    row: SourceRow, first: ProposedSite | None, problems: list[Problem]
) -> Iterable[ProposedSite]:
    """The further addresses of a row that has several, each door once."""
    seen = {first.address.match_key} if first else set()
    for number in (2, 3, 4):
        lines = [line for at in range(1, 6) if (line := row.get(f"S{number}ADDR{at}"))]
        if not lines:
            continue
        address = parse_address(lines)
        if not address.street:
            details = (("text", ", ".join(lines)[:80]),)
            problems.append(Problem("warn", f"S{number}ADDR", "site_without_street", details))
        elif address.match_key not in seen:
            seen.add(address.match_key)
            yield ProposedSite("", address)


def _billing(row: SourceRow, site: ProposedSite | None) -> ParsedAddress | None:
    """The billing address where it is another than the site's."""
    billing = parse_address(_without_name(_billing_lines(row), row))
    if not billing.street or (site and billing.match_key == site.address.match_key):
        return None
    return billing


def _billing_lines(row: SourceRow) -> list[str]:
    return [row.get(f"BADDR{number}") for number in range(1, 6)]


def _without_name(lines: Sequence[str], row: SourceRow) -> list[str]:
    """Exports write the addressee above the street: drop leading lines that only name somebody."""
    kept = [line for line in lines if line]
    named = (row.get("NAME").partition(":")[0], row.get("COMPANYNAME"), row.get("CONT1"))
    person = f"{row.get('FIRSTNAME')} {row.get('LASTNAME')}"
    names = {frozenset(plain(_SUFFIX.sub("", name)).replace(",", " ").split()) for name in (*named, person)}
    while len(kept) > 1 and frozenset(plain(kept[0]).replace(",", " ").split()) in names:
        kept.pop(0)
    while len(kept) > 2 and not re.search(r"\d", kept[0]) and re.match(r"\d", kept[1]):
        kept.pop(0)
    return kept


def _with(proposed: Proposed, *problems: Problem) -> Proposed:
    return replace(proposed, problems=(*proposed.problems, *problems))


def _doubles(proposals: list[Proposed], *, names_are_unique: bool) -> list[Proposed]:
    """The same number or name twice in one file: QuickBooks cannot have written that; a person decides."""
    ids: dict[str, int] = {}
    names: dict[str, int] = {}
    times: Counter[str] = Counter()
    result = []
    for proposed in proposals:
        if proposed.outcome != "skip" and proposed.source_name:
            first = ids.setdefault(proposed.external_id, proposed.line)
            if first != proposed.line and "|" in proposed.external_id:
                times[proposed.external_id] += 1
                numbered = f"{proposed.external_id[:116]}#{times[proposed.external_id] + 1}"
                proposed = replace(proposed, external_id=numbered)
                proposed = _with(proposed, Problem("hold", "NAME", "same_identity", (("line", str(first)),)))
                result.append(proposed)
                continue
            if first != proposed.line:
                details = (("id", proposed.external_id), ("line", str(first)))
                proposed = _with(proposed, Problem("hold", "REFNUM", "same_refnum", details))
            if proposed.owner_id or "|" in proposed.external_id or not names_are_unique:
                result.append(proposed)
                continue
            first = names.setdefault(proposed.source_name.casefold(), proposed.line)
            if first != proposed.line:
                proposed = _with(proposed, Problem("hold", "NAME", "same_name", (("line", str(first)),)))
        result.append(proposed)
    return result


def _parents(proposals: list[Proposed]) -> list[Proposed]:
    by_name = {p.source_name.casefold(): p for p in proposals if p.source_name and not p.is_job}
    result = []
    for proposed in proposals:
        if proposed.is_job and proposed.outcome != "skip":
            parent = by_name.get(proposed.parent_name.casefold())
            details = (("parent", proposed.parent_name), ("line", str(parent.line if parent else "")))
            if parent is None:
                proposed = _with(proposed, Problem("hold", "NAME", "parent_missing", details))
            elif parent.outcome != "import":
                proposed = _with(proposed, Problem("hold", "NAME", "parent_not_imported", details))
            elif proposed.refuses_service and not parent.refuses_service:
                proposed = _with(proposed, Problem("hold", "NOTEPAD", "job_refuses_service", details))
            elif parent.phones == proposed.phones:
                proposed = replace(proposed, phones=())
        result.append(proposed)
    return result


def _other_spellings(proposals: list[Proposed]) -> list[Proposed]:
    """A town spelled as nobody else with that ZIP spells it, where at least four agree."""
    towns: dict[str, Counter[str]] = defaultdict(Counter)
    shown: dict[str, str] = {}
    for proposed in proposals:
        if proposed.site and proposed.site.address.postal_code and proposed.site.address.city:
            key = plain(proposed.site.address.city)
            towns[proposed.site.address.postal_code][key] += 1
            shown[key] = proposed.site.address.city
    result = []
    for proposed in proposals:
        address = proposed.site.address if proposed.site else None
        if address and address.city and (counts := towns.get(address.postal_code)):
            usual, times = counts.most_common(1)[0]
            if times >= 4 and counts[plain(address.city)] * 4 <= times and plain(address.city) != usual:
                details = (("city", address.city), ("usual", shown[usual]), ("zip", address.postal_code))
                proposed = _with(proposed, Problem("warn", "SADDR", "city_spelled_otherwise", details))
        result.append(proposed)
    return result


def _lookalikes(proposals: list[Proposed]) -> list[Proposed]:
    """Say which earlier row looks like the same customer: same door, or same number and same last name."""
    seen: dict[str, Proposed] = {}
    result = []
    for proposed in proposals:
        if proposed.customer is None or proposed.outcome == "skip":
            result.append(proposed)
            continue
        keys = list(_twin_keys(proposed))
        twin = next((seen[key] for key in keys if key in seen), None)
        for key in keys:
            seen.setdefault(key, proposed)
        if twin is not None and (
            _is_told(proposed) or (twin.owner_id and twin.owner_id == proposed.owner_id)
        ):
            twin = None
        if twin is not None and twin.customer is not None:
            details = (("line", str(twin.line)), ("name", twin.source_name))
            proposed = _with(proposed, Problem("warn", "NAME", "looks_like", details))
            if twin.refuses_service and not proposed.refuses_service:
                proposed = _with(proposed, Problem("warn", "NAME", "twin_do_not_service", details))
        result.append(proposed)
    return result


def _is_told(proposed: Proposed) -> bool:
    return any(problem.code == "same_identity" for problem in proposed.problems)


def _twin_keys(proposed: Proposed) -> Iterable[str]:
    assert proposed.customer is not None  # noqa: S101  (asked by the caller; tells the type checker)
    name = "".join(sorted(plain(proposed.customer.name).replace(",", " ").split()))
    last = plain(proposed.contact.last_name) if proposed.contact else name
    if proposed.site and proposed.site.address.match_key:
        number, _street, _rest = proposed.site.address.match_key.partition(" ")
        yield f"door {proposed.site.address.match_key} {last}"
        if number.isdigit() and proposed.site.address.postal_code:
            yield f"name {name} {number} {proposed.site.address.postal_code}"
    for phone in proposed.phones:
        if phone.usable and phone.e164:
            yield f"phone {phone.e164} {last}"
