"""Which rules cover a circuit: the worked examples, both rules side by side, and honest doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from equipment.compliance.applicability import (
    SEED_RULES,
    Answer,
    CircuitFacts,
    Exemption,
    RefrigerantFacts,
    Rule,
    applies,
)

R22 = RefrigerantFacts("R-22", True, False, 1810)
R404A = RefrigerantFacts("R-404A", False, True, 3922)
R410A = RefrigerantFacts("R-410A", False, True, 2088)
R134A = RefrigerantFacts("R-134a", False, True, 1430)
R401A = RefrigerantFacts("R-401A", True, True, 1182)
R409A = RefrigerantFacts("R-409A", True, False, 1585)
R1234YF = RefrigerantFacts("R-1234yf", False, False, 1)
ON = date(2026, 6, 1)


def circuit(refrigerant, pounds, category="comfort", **facts):
    ounces = None if pounds is None else Decimal(str(pounds)) * 16
    return CircuitFacts(refrigerant, ounces, category, **facts)


def answers(facts, on=ON, rules=SEED_RULES):
    return {told.code: told.answer.value for told in applies(facts, rules, on).answers}


@pytest.mark.parametrize(
    ("facts", "ods", "hfc"),
    [
        (circuit(R404A, "14.99", "commercial"), "no", "no"),  # W-A1
        (circuit(R404A, "15.00", "commercial"), "no", "yes"),
        (circuit(R22, "49.9"), "no", "no"),  # W-A2
        (circuit(R22, "50.0"), "yes", "no"),
        (circuit(R410A, 18, exemption=Exemption.YES), "no", "no"),  # W-A3
        (circuit(R410A, 18, exemption=Exemption.UNSURE), "no", "unsure"),
        (circuit(R134A, 15), "no", "yes"),  # W-A4
        (circuit(R404A, 9), "no", "no"),  # W-A5: each circuit for itself
        (circuit(R401A, 60, "commercial"), "yes", "yes"),  # a mixed blend
        (circuit(R401A, 60, exemption=Exemption.YES), "yes", "no"),  # 82.157 knows no such exemption
        (circuit(R401A, 20, "commercial"), "no", "yes"),
        (circuit(R409A, 60), "yes", "no"),  # solely ozone-depleting
        (circuit(R1234YF, 900), "no", "no"),
        (circuit(replace(R1234YF, gwp=53), 900), "no", "no"),
        (circuit(replace(R1234YF, gwp=Decimal("53.1")), 900), "no", "yes"),
        (circuit(replace(R1234YF, gwp=None), 900), "no", "unsure"),
        (circuit(R404A, None, "commercial"), "no", "unsure"),
        (circuit(R404A, 40, None), "no", "unsure"),
        (circuit(R404A, 9, None, exemption=Exemption.UNSURE), "no", "no"),  # too small whatever else
        (circuit(R401A, 60, "commercial", retired_on=ON), "no", "no"),
    ],
)
def test_both_rules_answer_side_by_side(facts, ods, hfc):
    assert answers(facts) == {"82.157": ods, "84.106": hfc}


def test_an_hfc_circuit_has_no_rule_before_2026():
    facts = circuit(R404A, 40, "commercial")
    assert answers(facts, date(2025, 12, 31))["84.106"] == "no"
    assert answers(facts, date(2026, 1, 1))["84.106"] == "yes"
    assert "holds from 2026-01-01" in str(applies(facts, SEED_RULES, date(2025, 12, 31)).of("84.106").reason)


def test_an_answer_carries_its_reason_its_citation_and_its_trigger():
    told = applies(circuit(R404A, 40, "commercial"), SEED_RULES, ON)
    assert [(rule.code, rule.trigger_percent) for rule in told.covering] == [("84.106", 20)]
    assert str(told.of("84.106").reason) == (
        "R-404A contains a regulated HFC. Its 40 lb reach 15 lb: a leak rate over 20 % must be addressed."
    )
    assert told.of("84.106").citation.startswith("40 CFR 84.106")
    exempt = applies(
        circuit(R410A, 18, exemption=Exemption.YES, exemption_reason="rooftop of a store."), SEED_RULES, ON
    )
    assert str(exempt.of("84.106").reason).endswith("air conditioning: rooftop of a store.")
    assert exempt.of("84.106").citation == "40 CFR 84.106(a)(3)(ii)"
    assert exempt.is_advisory
    assert not exempt.doubtful


def test_every_reason_is_a_sentence_that_can_be_translated():
    told = applies(circuit(R404A, 40, "commercial"), SEED_RULES, ON).of("84.106")
    words = {"%(name)s contains a regulated HFC.": "%(name)s contiene un HFC regulado."}
    said = told.reason.through(lambda text: words.get(text, text))
    assert said.startswith("R-404A contiene un HFC regulado. Its 40 lb")


def test_a_rule_of_a_state_holds_there_only_and_thresholds_are_dated_data():
    state = Rule("CA-RMP", "CA", None, 50, 10, 14, 14, date(2011, 1, 1), None, "17 CCR 95385")
    facts = circuit(R404A, 60, "commercial")
    assert answers(facts, rules=(*SEED_RULES, state)).get("CA-RMP") is None
    there = applies(replace(facts, state="CA"), (*SEED_RULES, state), ON)
    assert there.of("CA-RMP").answer is Answer.UNSURE
    ended = [replace(rule, effective_to=ON) for rule in SEED_RULES]
    raised = [replace(rule, minimum_charge_lb=50, effective_from=ON) for rule in SEED_RULES]
    small = circuit(R404A, 40, "commercial")
    assert answers(small, date(2026, 5, 31), [*ended, *raised])["84.106"] == "yes"
    assert answers(small, ON, [*ended, *raised])["84.106"] == "no"
