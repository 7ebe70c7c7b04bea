from __future__ import annotations

import json
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing import (
    LineInput,
    PricingError,
    TaxRateInput,
    as_json,
    from_vector,
    price,
    price_line,
    reversed_lines,
    vectors,
)

TEXAS = [TaxRateInput(key="texas", percent=D("8.25"))]


def line(quantity="1", unit_price="100", *, taxable=True, rate="texas", percent="0", off="0"):
    return LineInput(
        quantity=D(quantity),
        unit_price=D(unit_price),
        discount_percent=D(percent),
        discount_amount=D(off),
        taxable=taxable,
        tax_rate=rate,
    )


quantities = st.decimals(D("-999"), D("999"), places=3)
prices = st.decimals(D("-9999"), D("9999"), places=4)
percents = st.decimals(D(0), D(100), places=4)
rates = st.lists(
    st.builds(TaxRateInput, key=st.sampled_from(["state", "city", "county"]), percent=percents),
    min_size=1,
    max_size=3,
    unique_by=lambda rate: rate.key,
)


@st.composite
def documents(draw):
    """Lines with their rates, discounts in percent or in dollars within their line."""
    known = draw(rates)
    lines = []
    for _ in range(draw(st.integers(0, 12))):
        quantity, unit_price = draw(quantities), draw(prices)
        gross = price_line(LineInput(quantity=quantity, unit_price=unit_price)).gross
        in_dollars = draw(st.booleans()) and gross != 0
        share = draw(st.integers(1, 100))
        off = (
            (abs(gross) * share / 100).quantize(D("0.01"), "ROUND_DOWN").copy_sign(gross)
            if in_dollars
            else D(0)
        )
        lines.append(
            LineInput(
                quantity=quantity,
                unit_price=unit_price,
                discount_percent=D(0) if in_dollars else draw(percents),
                discount_amount=off,
                taxable=draw(st.booleans()),
                tax_rate=draw(st.sampled_from(known)).key,
            )
        )
    return lines, known


def test_a_line_is_rounded_once_half_up():
    assert price_line(line("1", "0.005")).amount == D("0.01")
    assert price_line(line("-1", "0.005")).amount == D("-0.01")
    assert price_line(line("3", "0.335")).amount == D("1.01")  # 1.005, not three times 0.34
    assert price_line(line("1", "1.0049", percent="0.01")).amount == D("1.00")  # not 1.00 less a cent


def test_tax_is_rounded_once_on_the_sum_and_not_per_line():
    ten_pennies = [line("1", "0.06")] * 10
    assert price(ten_pennies, TEXAS).tax == D("0.05")  # per line it would be nothing
    rate = [TaxRateInput(key="texas", percent=D("9.975"))]
    assert price([line("1", "4495.16")], rate).tax == D("448.39")


def test_every_rate_taxes_its_own_lines_and_untaxed_lines_go_free():
    two = [TaxRateInput(key="texas", percent=D("8.25")), TaxRateInput(key="city", percent=D("2"))]
    priced = price([line(), line("1", "50", rate="city"), line("1", "1000", taxable=False, rate="")], two)
    assert priced.taxable == {"texas": D(100), "city": D(50)}
    assert priced.taxes == {"texas": D("8.25"), "city": D("1.00")}
    assert (priced.subtotal, priced.tax, priced.total) == (D(1150), D("9.25"), D("1159.25"))


def test_a_rate_that_taxes_nothing_is_there_with_zero():
    assert price([line(taxable=False)], TEXAS).taxes == {"texas": D("0.00")}
    assert price([], TEXAS).total == D("0.00")


def test_a_discount_in_percent_or_dollars_comes_off_before_tax():
    assert price([line(percent="15")], TEXAS).tax == D("7.01")
    priced = price([line(off="15")], TEXAS)
    assert priced.lines[0].gross == D(100)
    assert priced.lines[0].discount == D(15)
    assert priced.total == D("92.01")


def test_a_fee_credited_against_the_repair_is_a_negative_line():
    assert price([line("1", "400"), line("1", "-89"), line("-1", "11")], TEXAS).subtotal == D(300)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (line(off="100.01"), "discounted by more"),
        (line(off="-1"), "discounted by more"),
        (line("0", off="1"), "discounted by more"),
        (line(percent="100.0001"), "between 0 and 100"),
        (line(percent="10", off="10"), "takes one of them"),
        (line("1.2345"), "more than 3 decimal places"),
        (line("1", "1.23456"), "more than 4 decimal places"),
        (line(off="1.005"), "more than 2 decimal places"),
        (line("NaN"), "not a number"),
        (line("Infinity"), "not a number"),
        (line(rate="utah"), "not a rate here"),
    ],
)
def test_what_cannot_be_priced_is_refused_and_named(wrong, sentence):
    with pytest.raises(PricingError, match=sentence) as refused:
        price([line(), wrong], TEXAS)
    assert "ine 2" in str(refused.value)


@pytest.mark.parametrize("percent", ["-0.01", "100.01", "8.12345"])
def test_a_rate_is_a_percent_with_four_places(percent):
    with pytest.raises(PricingError):
        price([], [TaxRateInput(key="texas", percent=D(percent))])


def test_a_rate_given_twice_is_refused():
    with pytest.raises(PricingError, match="twice"):
        price([], TEXAS * 2)


@given(documents())
def test_the_parts_always_add_up_to_the_total(document):
    priced = price(*document)
    assert priced.subtotal == sum((one.amount for one in priced.lines), D(0))
    assert priced.tax == sum(priced.taxes.values(), D(0))
    assert priced.total == priced.subtotal + priced.tax
    for one in priced.lines:
        assert one.gross - one.discount == one.amount
        assert 0 <= abs(one.amount) <= abs(one.gross)
        assert one.gross * one.discount >= 0
    for amount in (priced.subtotal, priced.tax, priced.total, *(one.amount for one in priced.lines)):
        assert amount.as_tuple().exponent == -2
        assert str(amount) != "-0.00"


@given(documents())
def test_a_credit_of_everything_and_its_invoice_sum_to_zero(document):
    lines, known = document
    invoice, credit = price(lines, known), price(reversed_lines(lines), known)
    assert invoice.total + credit.total == 0
    assert invoice.subtotal + credit.subtotal == 0
    for key, tax in invoice.taxes.items():
        assert tax + credit.taxes[key] == 0
    for one, other in zip(invoice.lines, credit.lines, strict=True):
        assert one.amount + other.amount == 0


@given(documents())
def test_the_order_of_the_lines_changes_nothing(document):
    lines, known = document
    assert price(lines, known).total == price(lines[::-1], known[::-1]).total


@given(quantities, prices, percents)
def test_a_line_is_within_half_a_cent_of_the_exact_amount(quantity, unit_price, percent):
    one = price_line(LineInput(quantity=quantity, unit_price=unit_price, discount_percent=percent))
    exact = quantity * unit_price * (100 - percent) / 100
    assert abs(one.amount - exact) <= D("0.005")


def test_the_vectors_are_plain_json_and_say_what_the_calculator_says():
    cases = json.loads(json.dumps(vectors()))
    assert cases == vectors()
    assert len(cases) > 50
    for case in cases:
        assert as_json(price(*from_vector(case))) == case["expected"]


def test_the_vectors_contain_the_hard_cases():
    lines = [entry for case in vectors() for entry in case["lines"]]
    assert any(D(entry["quantity"]) < 0 for entry in lines)
    assert any(entry["discount_amount"] not in {"0", "-0"} for entry in lines)
    assert any(entry["discount_percent"] == "100" for entry in lines)
    assert any(not entry["taxable"] for entry in lines)
    assert any(len(case["rates"]) == 2 for case in vectors())
    assert max(len(case["lines"]) for case in vectors()) >= 9
