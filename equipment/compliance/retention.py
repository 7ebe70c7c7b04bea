"""How long a record is kept. A purge is only ever offered, and never while `keep_until` says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from .dates import months_after
from .words import Sentence, _


class RecordClass(StrEnum):
    """What sort of record it is, where the law or we ask for a time of its own."""

    SERVICE = "service"  # additions, recoveries, inspections, tests, plans, extensions, mothballing
    PROFILE = "profile"  # full charge and how it was found
    DISPOSAL = "disposal"  # 5 to 50 lb
    SALE = "sale"  # invoices of refrigerant
    CERTIFICATE = "certificate"  # a technician's
    WARRANTY = "warranty"  # registration, installation invoice, claims
    SAFETY = "safety"  # combustion and CO readings
    MONEY = "money"  # invoices, payments, contracts
    OTHER = "other"


class Anchor(StrEnum):
    """What the years are counted from."""

    RECORD = "record"
    RETIREMENT = "retirement"  # of the equipment
    LEAVING = "leaving"  # of the technician
    EXPIRY = "expiry"  # of the warranty


@dataclass(frozen=True, slots=True)
class Keep:
    """The rule of one class: what the law asks (`law_years`) and what we keep."""

    anchor: Anchor
    years: int
    law_years: int
    citation: str


OUR_YEARS: Final = 7  # we keep everything at least this long
RULES: Final = {
    RecordClass.SERVICE: Keep(Anchor.RETIREMENT, 3, 3, "40 CFR 82.157(l), 84.106(l)"),
    RecordClass.PROFILE: Keep(Anchor.RETIREMENT, 3, 3, "40 CFR 82.157(l)(1), 84.106(l)(1)"),
    RecordClass.DISPOSAL: Keep(Anchor.RECORD, 7, 3, "40 CFR 82.156(a)(3)"),
    RecordClass.SALE: Keep(Anchor.RECORD, 7, 3, "40 CFR 82.154(c)"),
    RecordClass.CERTIFICATE: Keep(Anchor.LEAVING, 3, 3, "40 CFR 82.161(a)(4)"),
    RecordClass.WARRANTY: Keep(Anchor.EXPIRY, 4, 0, "kept for the warranty and four years"),
    RecordClass.SAFETY: Keep(Anchor.RETIREMENT, 3, 0, "kept for the life of the equipment and three years"),
    RecordClass.MONEY: Keep(Anchor.RECORD, 7, 7, "26 U.S.C. 6501, 6511"),
    RecordClass.OTHER: Keep(Anchor.RECORD, 7, 0, "kept seven years"),
}
_WAITS: Final = {
    Anchor.RETIREMENT: _("For the life of the equipment and %(years)s years."),
    Anchor.LEAVING: _("While the technician works here and %(years)s years."),
    Anchor.EXPIRY: _("Until the warranty has expired and %(years)s years."),
}


@dataclass(frozen=True, slots=True)
class KeepUntil:
    """The first day on which it may go; None while what it counts from has not happened, or a hold stands."""

    day: date | None
    sentence: Sentence
    citation: str

    def may_go(self, on: date) -> bool:
        """Whether a purge may be offered on that day."""
        return self.day is not None and on >= self.day


def keep_until(
    record: RecordClass | str,
    made_on: date,
    *,
    retired_on: date | None = None,
    left_on: date | None = None,
    expires_on: date | None = None,
    legal_hold: bool = False,
) -> KeepUntil:
    """Until when a record made that day is kept: its class's time, and never less than seven years."""
    rule = RULES[RecordClass(record)]
    if legal_hold:
        return KeepUntil(None, _("A legal hold stands; it is kept until the hold is lifted."), rule.citation)
    anchors = {
        Anchor.RECORD: made_on,
        Anchor.RETIREMENT: retired_on,
        Anchor.LEAVING: left_on,
        Anchor.EXPIRY: expires_on,
    }
    since = anchors[rule.anchor]
    if since is None:
        text = _WAITS[rule.anchor].text
        return KeepUntil(None, Sentence(text, (("years", rule.years),)), rule.citation)
    day = max(months_after(since, 12 * rule.years), months_after(made_on, 12 * OUR_YEARS))
    return KeepUntil(day, _("Until %(day)s.", day=day), rule.citation)
