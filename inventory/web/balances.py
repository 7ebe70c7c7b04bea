"""The mass balance of refrigerant and the months of disposals, on screen and as files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateformat import format as format_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from equipment.compliance import disposal
from equipment.compliance.words import pounds as decimal_pounds
from equipment.models import RefrigerantRecord
from equipment.wording import said
from fsm.clock import now as clock_now
from fsm.clock import today_in
from fsm.company import the_company
from fsm.looks import Sensitive, hands_out
from fsm.models import User
from fsm.permissions import May, requires
from fsm.web.audit import download
from fsm.web.pages import render_page

from ..balance import COLUMNS, Balance, balances, by_month
from ..cylinder_rows import Disposed, balance_lines, disposals, sent_away
from ..models import Cylinder, CylinderMoveKind
from .cylinder_forms import BalanceForm

MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
BY = ("refrigerant", "cylinder", "technician", "month")
MOST_MONTHS = 36


def lb(ounces: Any) -> str:
    """Ounces as pounds, exactly where four places do."""
    return decimal_pounds(Fraction(ounces) / 16)


def _month(text: str | None) -> date | None:
    found = MONTH.fullmatch(text or "")
    return date(int(found[1]), int(found[2]), 1) if found else None


def month_words(month: date) -> str:
    """July 2026."""
    return format_date(month, "F Y")


def _today() -> date:
    return today_in(the_company().time_zone, clock_now())


def _before(month: date, months: int) -> date:
    index = month.year * 12 + month.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


# The balance --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BalanceRow:
    """A balance as the page shows it."""

    label: str
    url: str
    balance: Balance


@dataclass(frozen=True)
class Asked:
    """Which months, whose refrigerant, grouped by what."""

    by: str
    since: date
    until: date
    refrigerant: str

    @property
    def query(self) -> dict[str, str]:
        """As an address says it."""
        return {
            "by": self.by,
            "since": f"{self.since:%Y-%m}",
            "until": f"{self.until:%Y-%m}",
            "refrigerant": self.refrigerant,
        }


def _asked(request: HttpRequest, refrigerants: list[str]) -> Asked:
    by = request.GET.get("by", "")
    until = _month(request.GET.get("until")) or _today().replace(day=1)
    since = _month(request.GET.get("since")) or _before(until, 11)
    since = min(max(since, _before(until, MOST_MONTHS - 1)), until)
    refrigerant = request.GET.get("refrigerant", "")
    return Asked(by if by in BY else BY[0], since, until, refrigerant if refrigerant in refrigerants else "")


def _rows(request: HttpRequest, asked: Asked) -> list[BalanceRow]:
    cylinders = Cylinder.objects.visible_to(request.user)
    group = "refrigerant" if asked.by == "month" else asked.by
    lines = balance_lines(cylinders, group=group, until=asked.until, refrigerant=asked.refrigerant)
    if asked.by == "month":
        found = by_month(lines, since=asked.since, until=asked.until)
        found.sort(key=lambda row: (str(row.group), row.month))
        return [
            BalanceRow(f"{row.group}, {month_words(row.month)}", "", row)
            for row in found
            if row.opening or any(row.amounts.values())
        ]
    found = balances(lines, since=asked.since, until=asked.until)
    if asked.by == "refrigerant":
        return [BalanceRow(str(row.group), "", row) for row in sorted(found, key=lambda row: str(row.group))]
    if asked.by == "technician":
        names = dict(
            User.objects.filter(pk__in=[row.group for row in found if row.group]).values_list("pk", "name")
        )
        rows = [BalanceRow(names.get(row.group, _("The office")), "", row) for row in found]
        return sorted(rows, key=lambda row: row.label)
    known = cylinders.select_related("refrigerant").in_bulk([row.group for row in found])
    rows = [
        BalanceRow(
            f"{known[row.group].number} · {known[row.group].refrigerant.designation}",
            reverse("inventory:cylinder", args=[known[row.group].uuid]),
            row,
        )
        for row in found
    ]
    return sorted(rows, key=lambda row: row.label)


def _shown_columns(rows: Iterable[BalanceRow]) -> list[str]:
    """The kinds that any row has: twelve columns are too wide where most are empty."""
    return [kind for kind in COLUMNS if any(row.balance.amounts[kind] for row in rows)]


def _headings() -> list[str]:
    return [str(CylinderMoveKind(kind).label) for kind in COLUMNS]


SHORT = {
    "opening": gettext_lazy("At the start"),
    "purchased": gettext_lazy("Bought"),
    "recovered": gettext_lazy("Recovered"),
    "poured_in": gettext_lazy("Poured in"),
    "charged": gettext_lazy("Charged"),
    "poured_out": gettext_lazy("Poured out"),
    "sent": gettext_lazy("Sent away"),
    "returned": gettext_lazy("Returned"),
    "lost": gettext_lazy("Lost"),
    "weighed": gettext_lazy("By weighing"),
}


def _total(rows: Iterable[BalanceRow], asked: Asked) -> Balance | None:
    """All rows together; months follow one another, so that theirs open with the first and close with the
    last.
    """
    found = [row.balance for row in rows]
    if not found or asked.by == "month":
        return None
    amounts = {kind: sum((row.amounts[kind] for row in found), Decimal(0)) for kind in COLUMNS}
    return replace(
        found[0],
        amounts=amounts,
        opening=sum((row.opening for row in found), Decimal(0)),
        closing=sum((row.closing for row in found), Decimal(0)),
    )


def _refrigerants(request: HttpRequest) -> list[str]:
    seen = Cylinder.objects.visible_to(request.user).order_by("refrigerant__designation")
    return list(seen.values_list("refrigerant__designation", flat=True).distinct())


def _cells(balance: Balance, kinds: Iterable[str] = COLUMNS) -> list[str]:
    amounts = [lb(balance.amounts[kind]) if balance.amounts[kind] else "" for kind in kinds]
    return [lb(balance.opening), *amounts, lb(balance.closing)]


def _named(headings: list[str], balance: Balance, kinds: list[str]) -> list[tuple[str, str]]:
    return list(zip(headings, _cells(balance, kinds), strict=True))


@require_safe
@requires(May.SEE_STOCK)
def balance(request: HttpRequest) -> HttpResponse:
    """Opening + in - out = closing, of each refrigerant, cylinder or technician, or month by month."""
    names = _refrigerants(request)
    asked = _asked(request, names)
    rows = _rows(request, asked)
    total = _total(rows, asked)
    kinds = _shown_columns(rows)
    headings = [_("Opening"), *(str(SHORT[kind]) for kind in kinds), _("Closing")]
    tabs = {
        "refrigerant": _("Refrigerant"),
        "cylinder": _("Cylinder"),
        "technician": _("Technician"),
        "month": _("Month"),
    }
    context = {
        "asked": asked,
        "form": BalanceForm(initial=asked.query, refrigerants=names),
        "tabs": [
            (words, f"?{urlencode(asked.query | {'by': by})}", by == asked.by) for by, words in tabs.items()
        ],
        "headings": headings,
        "rows": [(row.label, row.url, _named(headings, row.balance, kinds)) for row in rows],
        "total": _named(headings, total, kinds) if total else None,
        "closes": all(row.balance.closes for row in rows),
        "period": _("%(since)s to %(until)s")
        % {"since": month_words(asked.since), "until": month_words(asked.until)},
        "file_url": f"{reverse('inventory:balance-file')}?{urlencode(asked.query)}",
    }
    return render_page(request, "inventory/balance.html", context)


@hands_out(Sensitive.EXPORT)
@requires(May.SEE_STOCK)
@require_safe
def balance_file(request: HttpRequest) -> HttpResponse:
    """The same as a file, in pounds."""
    asked = _asked(request, _refrigerants(request))
    headings = [_("Group"), _("From"), _("To"), _("Opening (lb)"), *_headings(), _("Closing (lb)")]
    rows = [
        [
            row.label,
            f"{(row.balance.month if asked.by == 'month' else asked.since):%Y-%m}",
            f"{(row.balance.month if asked.by == 'month' else asked.until):%Y-%m}",
            *(cell or "0" for cell in _cells(row.balance)),
        ]
        for row in _rows(request, asked)
    ]
    return download("refrigerant-balance", headings, rows)


# Disposals ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DisposedRow:
    """A disposal record as the page shows it."""

    disposed: Disposed
    amount: str
    missing: list[str]
    url: str


def _year_of(request: HttpRequest) -> tuple[date, date, date]:
    """The month asked for, and the twelve months that end with it: first day and last day."""
    month = _month(request.GET.get("month")) or _today().replace(day=1)
    return month, _before(month, 11), _before(month, -1) - timedelta(days=1)


def _found(request: HttpRequest, since: date, until: date) -> tuple[list[Disposed], list[Any]]:
    records = RefrigerantRecord.objects.visible_to(request.user)
    cylinders = Cylinder.objects.visible_to(request.user)
    return disposals(records, since, until), sent_away(cylinders, since, until)


def _shown(one: Disposed) -> DisposedRow:
    return DisposedRow(
        one,
        lb(one.record.ounces),
        [said(sentence) for sentence in disposal.missing(one.row).values()],
        reverse("equipment:unit", args=[one.record.circuit.unit.uuid]),
    )


def _in(month: date, day: date | None) -> bool:
    return day is not None and (day.year, day.month) == (month.year, month.month)


@require_safe
@requires(May.SEE_STOCK)
def disposal_months(request: HttpRequest) -> HttpResponse:
    """What was recovered at disposals, month by month, and the records of one month."""
    month, since, until = _year_of(request)
    found, sent = _found(request, since, until)
    totals = disposal.monthly([one.row for one in found], [row for _transfer, row, _numbers in sent])
    here = [_shown(one) for one in found if _in(month, one.row.recovered_on)]
    today = _today().replace(day=1)
    context = {
        "month": month,
        "month_words": month_words(month),
        "earlier": f"{_before(month, 1):%Y-%m}",
        "later": f"{_before(month, -1):%Y-%m}" if month < today else "",
        "totals": [
            {
                "month": f"{total.year}-{total.month:02d}",
                "words": month_words(date(total.year, total.month, 1)),
                "total": total,
                "recovered": decimal_pounds(total.recovered_lb),
                "sent": decimal_pounds(total.sent_lb),
            }
            for total in reversed(totals)
        ],
        "rows": here,
        "incomplete": sum(bool(row.missing) for row in here),
        "sent": [
            (transfer, row, lb(row.ounces), ", ".join(numbers))
            for transfer, row, numbers in sent
            if _in(month, row.sent_on)
        ],
        "citation": disposal.CITATION,
        "file_url": f"{reverse('inventory:disposal-file')}?month={month:%Y-%m}",
    }
    return render_page(request, "inventory/disposal_months.html", context)


@hands_out(Sensitive.EXPORT)
@requires(May.SEE_STOCK)
@require_safe
def disposal_file(request: HttpRequest) -> HttpResponse:
    """The twelve months as a file: each record, each transfer, each month's total."""
    _month_asked, since, until = _year_of(request)
    found, sent = _found(request, since, until)
    headings = (
        _("What"), _("Month"), _("Day"), _("Refrigerant"), _("Pounds"), _("Appliances"), _("Appliance"),
        _("Company"), _("Location"), _("Technician"), _("Why nothing"), _("Cylinders"), _("Sent to"),
        _("Receipt"),
    )  # fmt: skip
    rows: list[list[Any]] = [
        [
            _("Recovered"), f"{row.recovered_on:%Y-%m}", row.recovered_on, row.refrigerant,
            lb(one.record.ounces), 1, row.appliance, row.company, row.location, one.record.technician_name,
            row.nothing_because, row.cylinder, "", "",
        ]
        for one in found
        if (row := one.row)
    ]  # fmt: skip
    rows += [
        [
            _("Sent away"), f"{row.sent_on:%Y-%m}", row.sent_on, row.refrigerant, lb(row.ounces), "", "", "",
            "", "", "", ", ".join(numbers), row.to, transfer.reference,
        ]
        for transfer, row, numbers in sent
    ]  # fmt: skip
    for total in disposal.monthly([one.row for one in found], [row for _transfer, row, _numbers in sent]):
        month = f"{total.year}-{total.month:02d}"
        empty = [""] * 8
        rows.append(
            [_("Total recovered"), month, "", total.refrigerant, decimal_pounds(total.recovered_lb),
             total.appliances, *empty]
        )  # fmt: skip
        rows.append(
            [_("Total sent away"), month, "", total.refrigerant, decimal_pounds(total.sent_lb), "", *empty]
        )
    return download("disposal-months", headings, rows)
