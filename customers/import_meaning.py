"""What a row of somebody else's customer list means here, as data: who, where, and what to know about it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from customers.addresses import ParsedAddress
from customers.phones import FoundPhone

Severity = Literal["hold", "warn", "skip"]
Outcome = Literal["import", "hold", "skip"]
Kind = Literal["household", "company", "property_manager"]
VOLATILE: Final = frozenset({"TIMESTAMP"})  # QuickBooks touches it without any change a person made


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
