"""The sentences a person reads about an import: why a file was refused, and what to know about a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.import_shapes import Flaw

_REFUSED: Final[Mapping[str, Promise]] = {
    "too_large": _(
        "The file is %(size)s MB; a customer list is at most %(limit)s MB. Nothing was read. "
        "Export only the customer list."
    ),
    "empty": _("The file is empty. Export the customer list again and choose that file."),
    "zip": _("This is a ZIP archive. Unpack it first, then choose the file inside."),
    "excel": _(
        "This is an Excel or Office file. Save it as CSV there, then choose the CSV file. "
        "In QuickBooks Desktop choose File, Utilities, Export, Lists to IIF Files."
    ),
    "pdf": _("This is a PDF. Export the customer list as CSV, or from QuickBooks Desktop as IIF."),
    "utf16": _("The file is saved as Unicode (UTF-16), which QuickBooks does not write."),
    "html": _("This is a web page, not an export. The download may have stopped at a log-in page."),
    "picture": _("This is a picture, not a customer list."),
    "binary": _(
        "This is not a text file. A company file or backup cannot be read; "
        "export the customer list as CSV, or from QuickBooks Desktop as IIF."
    ),
    "csv": _("This looks like a CSV file, not like a QuickBooks Desktop IIF export."),
    "not_iif": _(
        "This is not a whole IIF export: its first line does not start with an exclamation mark. "
        "In QuickBooks Desktop choose File, Utilities, Export, Lists to IIF Files."
    ),
    "broken": _(
        "Line %(line)s cannot be taken apart into cells (%(why)s). Nothing was read. "
        "A quotation mark may be missing there; export the list again."
    ),
    "no_columns": _(
        "No heading line with column names was found. The first line must name the columns, "
        "as Name, Phone, Street, City, State, ZIP."
    ),
    "no_heading": _(
        "Line %(line)s is a customer, but no heading line (!CUST) comes before it. Export the list again."
    ),
    "no_name_column": _(
        "The heading in line %(line)s has no NAME column, so no customer could be told from another."
    ),
    "no_customers_heading": _(
        "The file is an IIF export, but without customers (it holds: %(lists)s). Export the customer list."
    ),
    "no_customers": _("The file has a heading but no customers. Export the customer list again."),
    "too_many_rows": _(
        "The file has %(found)s customers; at most %(limit)s can be brought in at once. Split it."
    ),
    "truncated": _(
        "The file stops in the middle of line %(line)s (%(found)s of %(expected)s columns). "
        "Nothing was read. "
        "The copy is incomplete: export or copy it again."
    ),
}

_SYSTEMS: Final[Mapping[str, Promise | str]] = {
    "housecall_pro": "Housecall Pro",
    "quickbooks_online": "QuickBooks Online",
    "quickbooks_desktop": "QuickBooks Desktop",
    "jobber": "Jobber",
    "servicetitan": "ServiceTitan",
    "hvacbizpro": "HVACBizPro",
    "other": _("Another list"),
}

_MEANINGS: Final[Mapping[str, Promise]] = {
    "name": _("Name"),
    "parent": _("Part of (customer)"),
    "external_id": _("Customer number in the list"),
    "first_name": _("First name"),
    "middle_name": _("Middle name"),
    "last_name": _("Last name"),
    "title": _("Title (Mr., Ms.)"),
    "company": _("Company"),
    "contact": _("Contact person"),
    "kind": _("Residential or commercial"),
    "terms": _("Terms"),
    "tax_certificate": _("Exemption or resale number"),
    "lead_source": _("Lead source"),
    "gate_code": _("Gate code"),
    "access_notes": _("Access notes"),
    "location_id": _("Location number in the list"),
    "location_name": _("Location name"),
    "phone": _("Phone"),
    "phone.cell": _("Cell phone"),
    "phone.home": _("Home phone"),
    "phone.work": _("Work phone"),
    "phone.other": _("Other phone"),
    "phone.fax": _("Fax"),
    "email": _("E-mail"),
    "taxable": _("Pays sales tax (yes or no)"),
    "do_not_service": _("Do not service (yes or no)"),
    "do_not_service_reason": _("Why not to service"),
    "notes": _("Notes"),
    "tags": _("Tags"),
    "active": _("Active (yes or no)"),
    "archived": _("Archived (yes or a date)"),
}
_ADDRESSES: Final[Mapping[str, Promise]] = {
    "billing": _("Billing address"),
    "service": _("Service address"),
    "service2": _("Second service address"),
    "service3": _("Third service address"),
    "service4": _("Fourth service address"),
}
_PARTS: Final[Mapping[str, Promise]] = {
    "street": _("street"),
    "street2": _("unit or second line"),
    "city": _("city"),
    "state": _("state"),
    "zip": _("ZIP"),
    "lines": _("line of free text"),
}
_FLAWS: Final[Mapping[str, Promise]] = {
    "unknown": _("“%(columns)s” has a meaning that is not known here: %(meaning)s."),
    "twice": _("%(columns)s cannot both be “%(meaning)s”. Choose one, and leave the other out."),
    "no_name": _("No column says who the customer is. Choose one for name, first or last name, or company."),
    "no_street": _("%(meaning)s is missing: without it the rest of that address cannot be used."),
}

_ROWS: Final[Mapping[str, Promise]] = {
    "stray_line": _(
        "This line belongs to no list; a line break inside a cell may have split a row: “%(text)s”."
    ),
    "maybe_cut": _("The file ends without a line end, so this last row may be cut short."),
    "columns_missing": _("The row has %(found)s columns where the heading has %(expected)s."),
    "columns_extra": _(
        "The row has %(found)s columns where the heading has %(expected)s: cells may have shifted."
    ),
    "mojibake": _("%(column)s was spoilt by a wrong encoding (“%(was)s”) and read as “%(now)s”."),
    "unreadable": _("%(column)s has characters that cannot be read."),
    "no_name": _("The row has no name."),
    "too_long": _("The %(what)s is longer than the %(limit)s characters there is room for."),
    "terms_unknown": _("The terms “%(terms)s” are not offered here; the company's usual terms are used."),
    "totals_row": _("A totals row, not a customer."),
    "empty_row": _("Nothing stands in the columns that are taken over."),
    "inactive": _("Inactive or archived in the list."),
    "no_refnum": _("The row has no number of its own; it will be recognised by its name."),
    "cells_extra": _("The row has more cells than the heading has columns: “%(text)s”."),
    "cells_missing": _("The row ends early: %(found)s of %(expected)s columns."),
    "zip_unreadable": _("“%(zip)s” is no ZIP code; the address comes without one."),
    "yes_or_no": _("Do not service says “%(text)s”; that is taken as a yes and its reason."),
    "no_email": _("“%(text)s” is no e-mail address and is left out."),
    "site_without_street": _("A further address has no street: “%(text)s”."),
    "same_identity": _("The same name at the same door, number or e-mail already stands in line %(line)s."),
    "like_standing": _("Looks like %(customer)s, who is on record: %(why)s."),
    "link_gone": _("The customer it belongs to is no longer on record."),
    "decided_new": _("Decided: a customer of their own."),
    "decided_link": _("Decided: this is %(customer)s."),
    "decided_take_over": _("Decided: take over what the list says."),
    "took_over": _("Taken over: %(fields)s."),
    "numbered_name": _("The list calls this “%(name)s”; here it is “%(bare)s”."),
    "names_differ": _("The list name “%(name)s” and the person “%(person)s” differ; the list name is used."),
    "odd_character": _("The name “%(name)s” contains “%(character)s”, perhaps from a wrong encoding."),
    "digit_in_name": _("The name “%(name)s” contains a digit."),
    "do_not_service": _("Marked do not service: %(reason)s."),
    "words_with_phone": _("Words beside the telephone number were kept in the notes: “%(words)s”."),
    "phone_fictitious": _("%(phone)s is a number used in films (555-01xx), not a real one."),
    "phone_repeated": _("%(phone)s looks like a placeholder."),
    "phone_too_short": _("%(phone)s has too few digits to be called."),
    "phone_invalid_area": _("%(phone)s has an area code that does not exist."),
    "phone_invalid_exchange": _("%(phone)s cannot be a real number: its middle part starts with 0 or 1."),
    "phone_rounded": _("%(phone)s was rounded by a spreadsheet; its digits are lost."),
    "no_phone": _("No telephone number."),
    "address_no_address": _("No address: the customer comes without a site."),
    "address_no_street": _("The address has no street."),
    "address_no_number": _("The street has no house number: “%(street)s”."),
    "address_odd_number": _("The house number looks mistyped: “%(street)s”."),
    "address_no_city": _("The address has no city."),
    "address_no_state": _("The address has no state."),
    "address_unknown_state": _("The state is not one of the United States."),
    "address_no_zip": _("The address has no ZIP code."),
    "address_zip_not_in_state": _("ZIP %(zip)s does not lie in %(state)s."),
    "address_zip_lost_zero": _("The ZIP code had lost its first digit; it is read as %(zip)s."),
    "address_zip_spoilt": _("The ZIP code cannot be read."),
    "address_po_box": _("A post office box is no place to send a technician to."),
    "address_unclear": _("The address could not be taken apart and stays as it was typed."),
    "job_without_address": _("The job “%(job)s” has no address of its own, so it would be no site."),
    "job_refuses_service": _(
        "This job says do not service, its customer %(parent)s does not. Decide which holds, then import it."
    ),
    "same_refnum": _("Number %(id)s was already used in line %(line)s."),
    "same_name": _("The same name was already used in line %(line)s."),
    "parent_missing": _("A job of “%(parent)s”, who is neither in this file nor imported before."),
    "parent_not_imported": _("A job of “%(parent)s” (line %(line)s), who is not being imported."),
    "city_spelled_otherwise": _("%(city)s is spelled %(usual)s in the other rows with ZIP %(zip)s."),
    "looks_like": _("Looks like line %(line)s, %(name)s. Both are imported; merging is decided later."),
    "twin_do_not_service": _(
        "Looks like line %(line)s, %(name)s, who is marked do not service. This row is not."
    ),
    "changed_since": _(
        "Already here as %(customer)s, but different in the file now: %(what)s. Nothing was changed."
    ),
    "renumbered": _(
        "Already here as %(customer)s under number %(was)s; this row has %(now)s. Nothing was changed."
    ),
    "refused": _("%(sentence)s"),
}


_DOUBTS: Final[Mapping[str, Promise]] = {
    "fictitious": _("not a real number (555-01xx)"),
    "repeated": _("looks like a placeholder"),
    "too_short": _("too few digits"),
    "invalid_area": _("no such area code"),
    "invalid_exchange": _("cannot be a real number"),
    "rounded": _("digits lost in a spreadsheet"),
}


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def refusal(code: str, details: Mapping[str, str]) -> str:
    """Why the whole file was refused, as a sentence for the person who chose it."""
    return str(_REFUSED[code]) % _Blank(details)


def system_words(system: str) -> str:
    """What the system is called that a list comes from."""
    return str(_SYSTEMS.get(system.partition(":")[0], system))


def meaning_words(meaning: str) -> str:
    """What a column can mean, in words: `service.zip` is the ZIP of the service address."""
    address, dot, part = meaning.partition(".")
    if dot and address in _ADDRESSES:
        return f"{_ADDRESSES[address]}: {_PARTS[part]}"
    return str(_MEANINGS.get(meaning, meaning))


def address_words(address: str) -> str:
    """What one of the addresses of a row is called."""
    return str(_ADDRESSES[address])


def flaw_sentence(flaw: Flaw) -> str:
    """What stands against using a mapping."""
    said = {"columns": ", ".join(flaw.columns), "meaning": meaning_words(flaw.meaning)}
    return str(_FLAWS[flaw.code]) % said


def sentence(code: str, details: Iterable[Iterable[str]]) -> str:
    """What to know about a row, as a sentence in the reader's language."""
    text = str(_ROWS[code]) % _Blank((key, value) for key, value in details)
    return text.replace(": .", ".").replace(" .", ".")


def doubt(flag: str) -> str:
    """What is doubtful about a telephone number, in a few words; empty for one that is fine."""
    return str(_DOUBTS[flag]) if flag else ""


def codes() -> frozenset[str]:
    """Every row code that has a sentence."""
    return frozenset(_ROWS)
