"""Which leak-repair rules cover a circuit on a day, and why (40 CFR 82.157(a), 84.106(a)); rules are data."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Final

from equipment.leak_rate import Amount, exact

from .words import Sentence, _

ODS_RULE, HFC_RULE = "82.157", "84.106"
HFC_RULE_STARTS: Final = date(2026, 1, 1)
GWP_LIMIT: Final = 53  # 84.106(a)(1): a substitute counts when its GWP is over this
OUNCES_IN_POUND: Final = 16


class Answer(StrEnum):
    """Whether a rule covers a circuit."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Exemption(StrEnum):
    """Whether the circuit is residential or light-commercial air conditioning: 84.106(a)(3)(ii)."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Rule:
    """A leak-repair rule for one category (None: all); `effective_to` is the first day it no longer holds."""

    code: str
    jurisdiction: str
    category: str | None
    minimum_charge_lb: Decimal | Fraction | int
    trigger_percent: Decimal | Fraction | int
    repair_days: int
    shutdown_days: int
    effective_from: date
    effective_to: date | None
    citation: str

    def holds(self, on: date) -> bool:
        """Whether it is in force that day."""
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a file of data; an empty category holds for all, an empty `effective_to` for ever."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Rule(
                code=row["code"],
                jurisdiction=row["jurisdiction"],
                category=row["category"] or None,
                minimum_charge_lb=Decimal(row["minimum_charge_lb"]),
                trigger_percent=Decimal(row["trigger_percent"]),
                repair_days=int(row["repair_days"]),
                shutdown_days=int(row["shutdown_days"]),
                effective_from=date.fromisoformat(row["effective_from"]),
                effective_to=date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
                citation=row["citation"],
            )
            for row in csv.DictReader(file)
        )


SEED_RULES: Final = read_rules(Path(__file__).parent.parent / "data" / "compliance_rules.csv")


@dataclass(frozen=True, slots=True)
class RefrigerantFacts:
    """What the rules ask of a refrigerant; `gwp` as 40 CFR 84.64(b) computes it."""

    designation: str
    is_ozone_depleting: bool
    has_regulated_hfc: bool
    gwp: Decimal | Fraction | int | None
    pressure_class: str = ""


@dataclass(frozen=True, slots=True)
class CircuitFacts:
    """A circuit as it was on a day. Each independent circuit is an appliance of its own (82.152, 84.102)."""

    refrigerant: RefrigerantFacts
    full_charge_oz: Amount | None
    category: str | None
    exemption: Exemption = Exemption.NO
    exemption_reason: str = ""
    retired_on: date | None = None
    state: str = ""  # the site's, for rules of a state

    @property
    def full_charge_lb(self) -> Fraction | None:
        """The full charge in pounds."""
        return None if self.full_charge_oz is None else exact(self.full_charge_oz) / OUNCES_IN_POUND


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """Whether one rule covers the circuit, why, and the rule's row where it may."""

    code: str
    answer: Answer
    reason: Sentence
    citation: str
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class Applicability:
    """All rules side by side."""

    answers: tuple[RuleAnswer, ...]

    @property
    def covering(self) -> tuple[Rule, ...]:
        """The rules that cover the circuit for certain."""
        return tuple(told.rule for told in self.answers if told.answer is Answer.YES and told.rule)

    @property
    def doubtful(self) -> tuple[Rule, ...]:
        """The rules that cover it unless a doubt is settled the other way."""
        return tuple(told.rule for told in self.answers if told.answer is Answer.UNSURE and told.rule)

    @property
    def is_advisory(self) -> bool:
        """I13: no rule covers it for certain, so a rate is for information only."""
        return not any(told.answer is Answer.YES for told in self.answers)

    def of(self, code: str) -> RuleAnswer:
        """The answer of one rule; KeyError when there is none of that code."""
        for told in self.answers:
            if told.code == code:
                return told
        raise KeyError(code)


def applies(facts: CircuitFacts, rules: Iterable[Rule], on: date) -> Applicability:
    """Every rule's answer on that day, by code; states' rules only at their sites."""
    by_code: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.jurisdiction == "US" or rule.jurisdiction == facts.state:
            by_code.setdefault(rule.code, []).append(rule)
    return Applicability(tuple(_answer(code, rows, facts, on) for code, rows in by_code.items()))


def _answer(code: str, rows: list[Rule], facts: CircuitFacts, on: date) -> RuleAnswer:
    citation = f"40 CFR {code}(a)" if code in SCOPES else rows[0].citation
    if facts.retired_on is not None and on >= facts.retired_on:
        return RuleAnswer(
            code, Answer.NO, _("The circuit was retired on %(day)s.", day=facts.retired_on), citation
        )
    in_force = [rule for rule in rows if rule.holds(on)]
    if not in_force:
        starts = [rule.effective_from for rule in rows if rule.effective_from > on]
        reason = (
            _("%(code)s holds from %(day)s.", code=code, day=min(starts))
            if starts
            else _("%(code)s no longer holds.", code=code)
        )
        return RuleAnswer(code, Answer.NO, reason, citation)
    scope, why = SCOPES.get(code, _scope_unknown)(facts.refrigerant)
    if scope is Answer.NO:
        return RuleAnswer(code, Answer.NO, why, citation)
    # Before the category is known, the lowest charge and trigger of the rule stand for it.
    fitting = [rule for rule in in_force if rule.category is None or rule.category == facts.category]
    rule = min(fitting or in_force, key=lambda row: (row.minimum_charge_lb, row.trigger_percent))
    charge = facts.full_charge_lb
    minimum = exact(rule.minimum_charge_lb)
    if charge is not None and charge < minimum:
        below = _("The full charge of %(charge)s lb is below %(minimum)s lb.", charge=charge, minimum=minimum)
        return RuleAnswer(code, Answer.NO, below, rule.citation)
    if code == HFC_RULE and facts.exemption is Exemption.YES:
        return RuleAnswer(code, Answer.NO, _exempt(facts), f"40 CFR {HFC_RULE}(a)(3)(ii)")
    if charge is None:
        unknown = _("The full charge is not known; from %(minimum)s lb the rule holds.", minimum=minimum)
        return RuleAnswer(code, Answer.UNSURE, unknown, rule.citation, rule)
    if scope is Answer.UNSURE:
        return RuleAnswer(code, Answer.UNSURE, why, rule.citation, rule)
    if code == HFC_RULE and facts.exemption is Exemption.UNSURE:
        return RuleAnswer(code, Answer.UNSURE, _maybe_exempt(facts), f"40 CFR {HFC_RULE}(a)(3)(ii)", rule)
    if not fitting:
        reason = _("The circuit has no category, so its trigger is not known.")
        return RuleAnswer(code, Answer.UNSURE, reason, rule.citation, rule)
    covered = _(
        "%(why)s Its %(charge)s lb reach %(minimum)s lb: a leak rate over %(trigger)s %% must be addressed.",
        why=why,
        charge=charge,
        minimum=minimum,
        trigger=exact(rule.trigger_percent),
    )
    return RuleAnswer(code, Answer.YES, covered, rule.citation, rule)


# What a rule asks of the refrigerant -----------------------------------------------------------------


def holds_ods(refrigerant: RefrigerantFacts) -> tuple[Answer, Sentence]:
    """82.157(a): a class I or II substance, or a blend that contains one; nothing solely substitute."""
    if refrigerant.is_ozone_depleting:
        return Answer.YES, _("%(name)s depletes the ozone layer.", name=refrigerant.designation)
    return Answer.NO, _("%(name)s holds nothing that depletes the ozone layer.", name=refrigerant.designation)


def holds_hfc(refrigerant: RefrigerantFacts) -> tuple[Answer, Sentence]:
    """84.106(a): any regulated HFC whatever its GWP, or a substitute with a GWP over 53; not solely ODS."""
    name = refrigerant.designation
    if refrigerant.has_regulated_hfc:
        return Answer.YES, _("%(name)s contains a regulated HFC.", name=name)
    if refrigerant.is_ozone_depleting:
        return Answer.NO, _("%(name)s is solely an ozone-depleting refrigerant.", name=name)
    if refrigerant.gwp is None:
        return Answer.UNSURE, _("The GWP of %(name)s is not known.", name=name)
    gwp = exact(refrigerant.gwp)
    if gwp > GWP_LIMIT:
        return Answer.YES, _("%(name)s has a GWP of %(gwp)s, over 53.", name=name, gwp=gwp)
    return Answer.NO, _("%(name)s holds no regulated HFC; its GWP is %(gwp)s.", name=name, gwp=gwp)


def _scope_unknown(refrigerant: RefrigerantFacts) -> tuple[Answer, Sentence]:
    return Answer.UNSURE, _("Whether it covers %(name)s is to be read.", name=refrigerant.designation)


# A state's rule gets its own function here; the rest of it is a row of data.
SCOPES: Final[dict[str, Callable[[RefrigerantFacts], tuple[Answer, Sentence]]]] = {
    ODS_RULE: holds_ods,
    HFC_RULE: holds_hfc,
}


def _exempt(facts: CircuitFacts) -> Sentence:
    if facts.exemption_reason:
        return _(
            "It is residential or light-commercial air conditioning: %(reason)s.",
            reason=facts.exemption_reason.rstrip("."),
        )
    return _("It is residential or light-commercial air conditioning.")


def _maybe_exempt(facts: CircuitFacts) -> Sentence:
    if facts.exemption_reason:
        return _(
            "It may be exempt as residential or light-commercial air conditioning: %(reason)s.",
            reason=facts.exemption_reason.rstrip("."),
        )
    return _("Nobody has settled whether it is residential or light-commercial air conditioning.")
