"""Disposal of appliances with more than 5 and less than 50 lb: our own records (40 CFR 82.156(a)(3))."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from equipment.leak_rate import Amount, exact

from .applicability import OUNCES_IN_POUND
from .words import Sentence, _

CITATION: Final = "40 CFR 82.156(a)(3)"
OVER_LB: Final = 5
UNDER_LB: Final = 50


def needs_record(full_charge_oz: Amount) -> bool:
    """Whether disposal needs this record: strictly between 5 and 50 lb of full charge."""
    return OVER_LB < exact(full_charge_oz) / OUNCES_IN_POUND < UNDER_LB


@dataclass(frozen=True, slots=True)
class DisposalRow:
    """What was recovered from one appliance before it was scrapped."""

    appliance: str
    company: str
    location: str
    recovered_on: date | None
    refrigerant: str
    recovered_oz: Amount | None
    nothing_because: str = ""  # why nothing was recovered
    cylinder: str = ""


@dataclass(frozen=True, slots=True)
class TransferRow:
    """Recovered refrigerant that left for reclamation or destruction."""

    sent_on: date
    refrigerant: str
    ounces: Amount
    to: str
    purpose: str = "reclamation"


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """A calendar month of one refrigerant."""

    year: int
    month: int
    refrigerant: str
    appliances: int
    recovered_lb: Fraction
    sent_lb: Fraction


_ASKS: Final = {
    "appliance": _("Which appliance was it?"),
    "company": _("The company's name is missing."),
    "location": _("Where was the appliance?"),
    "recovered_on": _("On which day was the refrigerant recovered?"),
    "refrigerant": _("Which refrigerant was it?"),
    "recovered_oz": _("How much was recovered? Nothing is an answer, with a reason."),
    "nothing_because": _("Nothing was recovered: say why, such as “system empty on arrival”."),
    "cylinder": _("Into which cylinder did it go?"),
}


def missing(row: DisposalRow) -> dict[str, Sentence]:
    """The fields that the record still wants, with what to ask; empty when it is complete."""
    wanted = [
        name for name in ("appliance", "company", "location", "refrigerant") if not getattr(row, name).strip()
    ]
    if row.recovered_on is None:
        wanted.append("recovered_on")
    if row.recovered_oz is None or exact(row.recovered_oz) < 0:
        wanted.append("recovered_oz")
    elif exact(row.recovered_oz) == 0:
        wanted += [] if row.nothing_because.strip() else ["nothing_because"]
    elif not row.cylinder.strip():
        wanted.append("cylinder")
    return {name: _ASKS[name] for name in _ASKS if name in wanted}


def monthly(rows: Iterable[DisposalRow], transfers: Iterable[TransferRow] = ()) -> tuple[MonthTotal, ...]:
    """What each calendar month recovered and sent away, by refrigerant; rows without a day are left out."""
    totals: dict[tuple[int, int, str], list[Fraction]] = {}
    counts: dict[tuple[int, int, str], int] = {}
    for row in rows:
        if row.recovered_on is None or row.recovered_oz is None:
            continue
        key = (row.recovered_on.year, row.recovered_on.month, row.refrigerant)
        totals.setdefault(key, [Fraction(0), Fraction(0)])[0] += exact(row.recovered_oz) / OUNCES_IN_POUND
        counts[key] = counts.get(key, 0) + 1
    for sent in transfers:
        key = (sent.sent_on.year, sent.sent_on.month, sent.refrigerant)
        totals.setdefault(key, [Fraction(0), Fraction(0)])[1] += exact(sent.ounces) / OUNCES_IN_POUND
    return tuple(
        MonthTotal(*key, appliances=counts.get(key, 0), recovered_lb=recovered, sent_lb=gone)
        for key, (recovered, gone) in sorted(totals.items())
    )
