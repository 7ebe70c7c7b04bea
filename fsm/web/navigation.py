"""The navigation: one table, shown by capability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from ..permissions import May, allowed
from ..reviews import to_decide


@dataclass(frozen=True)
class Entry:
    """One line of the table."""

    label: Any
    url_name: str
    icon: str
    may: May
    group: Any


@dataclass(frozen=True)
class Section:
    """An entry as a page shows it."""

    label: Any
    url: str
    icon: str
    current: bool
    group: Any
    count: int = 0


WORK, RECORDS, MONEY, HOUSE = _("Work"), _("Records"), _("Money"), _("House")
ENTRIES = [
    Entry(_("Home"), "fsm:home", "home", May.SEE_HOME, WORK),
    Entry(_("Today"), "dispatch:phone-today", "calendar", May.WORK_VISITS, WORK),
    Entry(_("Board"), "dispatch:board", "board", May.SEE_BOARD, WORK),
    Entry(_("Book a call"), "dispatch:book", "phone", May.BOOK_JOBS, WORK),
    Entry(_("Jobs"), "dispatch:jobs", "wrench", May.SEE_JOBS, WORK),
    Entry(_("Reviews"), "fsm:reviews", "checklist", May.SEE_HOME, WORK),
    Entry(_("Customers"), "customers:customers", "customers", May.SEE_CUSTOMERS, RECORDS),
    Entry(_("Duplicates"), "customers:duplicates", "swap", May.MERGE_CUSTOMERS, RECORDS),
    Entry(_("Messages"), "customers:messages", "message", May.SEE_CUSTOMERS, RECORDS),
    Entry(_("Equipment"), "equipment:units", "snowflake", May.SEE_EQUIPMENT, RECORDS),
    Entry(_("Compliance"), "equipment:compliance", "drop", May.SEE_EQUIPMENT, RECORDS),
    Entry(_("Stock"), "inventory:parts", "box", May.SEE_STOCK, RECORDS),
    Entry(_("Imports"), "customers:imports", "upload", May.IMPORT_CUSTOMERS, RECORDS),
    Entry(_("Invoices"), "billing:invoices", "invoice", May.SEE_MONEY, MONEY),
    Entry(_("Payments"), "billing:payments", "money", May.SEE_MONEY, MONEY),
    Entry(_("Receivables"), "billing:receivables", "chart", May.SEE_MONEY, MONEY),
    Entry(_("Price book"), "billing:prices", "list", May.SEE_MONEY, MONEY),
    Entry(_("QuickBooks"), "billing:quickbooks", "download", May.RUN_QUICKBOOKS, MONEY),
    Entry(_("Company"), "fsm:company", "gear", May.MANAGE_COMPANY, HOUSE),
    Entry(_("People"), "fsm:people", "user", May.MANAGE_PEOPLE, HOUSE),
    Entry(_("Exchanges"), "fsm:exchanges", "swap", May.SEE_HOUSE, HOUSE),
    Entry(_("Outbox"), "fsm:outbox", "send", May.SEE_HOUSE, HOUSE),
    Entry(_("Health"), "fsm:health", "thermometer", May.SEE_HOUSE, HOUSE),
    Entry(_("Who saw what"), "fsm:looks", "eye", May.SEE_HOUSE, HOUSE),
    Entry(_("Set-up and audit"), "admin:index", "list", May.USE_ADMIN, HOUSE),
    Entry(_("Who owns what"), "fsm:ownership", "building", May.SEE_HOME, HOUSE),
    Entry(_("What triggers what"), "fsm:events", "link", May.SEE_HOUSE, HOUSE),
]


# How many things wait behind an entry for a person, as a queryset that costs no query to make.
COUNTS: dict[str, Callable[[Any], QuerySet[Any]]] = {"fsm:reviews": to_decide}


def sections_for(user: Any, path: str, counts: Mapping[str, int] | None = None) -> list[Section]:
    """What this person may enter; the longest address that the path begins with is current."""
    entries = [(entry, url_of(entry.url_name)) for entry in ENTRIES if allowed(user, entry.may)]
    home = reverse("fsm:home")
    here = max(
        (url for _, url in entries if url and path.startswith(url) and url != home), key=len, default=home
    )
    here = here if here != home or path == home else ""
    counts = counts or {}
    return [
        Section(e.label, url, e.icon, url == here, e.group, counts.get(e.url_name, 0))
        for e, url in entries
        if url
    ]


def url_of(name: str) -> str:
    """The address of a page; empty while no app has it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
