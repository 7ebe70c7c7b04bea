"""Reading one row of somebody else's customer list, and what a person should know about it first.

Every row comes out as one of three: to be imported, held until a person decides, or skipped with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from customers.addresses import ParsedAddress, parse_address, standard_case
from customers.import_meaning import (
    Kind,
    Notes,
    Problem,
    Proposed,
    ProposedContact,
    ProposedCustomer,
    ProposedSite,
    plain,
)
from customers.import_shapes import PHONES, couple_of, tags_of, terms_of
from customers.phones import FoundPhone, find_phones, format_us
from customers.quickbooks_file import SourceRow

LONGEST: Final = {"name": 120, "first name": 60, "last name": 60, "job name": 80, "street": 120, "unit": 40,
                  "city": 60, "gate code": 40, "reason": 200, "number": 120, "e-mail": 254,
                "lead source": 60, "exemption certificate": 60}  # fmt: skip
TERMS: Final = ("Due on receipt", "Net 15", "Net 30", "Net 45", "Net 60")
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
