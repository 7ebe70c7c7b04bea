"""What lines come to: the one calculator of every estimate, invoice and credit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from itertools import product
from typing import Any

from fsm.money import to_cents

ZERO = Decimal(0)
CENTS = Decimal("0.00")
HUNDRED = Decimal(100)
EXACT = 60  # digits: no product of a quantity, a price and a percent is ever rounded on its way


class PricingError(ValueError):
    """The lines or rates cannot be priced; the message says which and why."""


@dataclass(frozen=True, kw_only=True)
class LineInput:
    """One line as typed: quantity to 3 places, unit price to 4, and a discount as a percent or in dollars.

    A line may be negative (a fee credited against the repair). `tax_rate` names one of the document's rates
    and matters only on a taxable line.
    """

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = ZERO
    discount_amount: Decimal = ZERO
    taxable: bool = True
    tax_rate: str = ""


@dataclass(frozen=True, kw_only=True)
class TaxRateInput:
    """A tax rate of the document: its key and its percent, to 4 places."""

    key: str
    percent: Decimal


@dataclass(frozen=True)
class PricedLine:
    """A line in whole cents: gross - discount = amount."""

    gross: Decimal
    discount: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Priced:
    """A document in whole cents; subtotal + tax = total, and the taxes by rate add up to the tax."""

    lines: list[PricedLine]
    subtotal: Decimal
    taxable: dict[str, Decimal]
    taxes: dict[str, Decimal]
    tax: Decimal
    total: Decimal


def price(lines: Sequence[LineInput], rates: Sequence[TaxRateInput] = ()) -> Priced:
    """Price a document: each line rounded once, each rate's tax rounded once on its lines' sum, halves up.

    Every rate given appears in `taxes`, at 0.00 when nothing is taxed by it. Raises PricingError for a rate
    that is missing, a place too many, or a discount larger than its line.
    """
    percents = _percents(rates)
    taxable = dict.fromkeys(percents, CENTS)
    priced = []
    with localcontext() as context:
        context.prec = EXACT
        for position, line in enumerate(lines, start=1):
            one = price_line(line, position=position)
            priced.append(one)
            if line.taxable:
                if line.tax_rate not in percents:
                    raise PricingError(
                        f"Line {position} is taxed by “{line.tax_rate}”, which is not a rate here."
                    )
                taxable[line.tax_rate] += one.amount
        taxes = {key: to_cents(base * percents[key] / HUNDRED) + CENTS for key, base in taxable.items()}
        subtotal = sum((line.amount for line in priced), CENTS)
        tax = sum(taxes.values(), CENTS)
        return Priced(priced, subtotal, taxable, taxes, tax, subtotal + tax)


def price_line(line: LineInput, *, position: int = 1) -> PricedLine:
    """Price one line alone; `position` is only for the message of a refusal."""
    _check_line(line, position)
    with localcontext() as context:
        context.prec = EXACT
        exact = line.quantity * line.unit_price
        gross = to_cents(exact) + CENTS  # plus nothing: -0.00 is no amount
        if line.discount_amount:
            discount = to_cents(line.discount_amount)
            if gross * discount <= 0 or abs(discount) > abs(gross):
                raise PricingError(f"Line {position} is discounted by more than it comes to.")
            return PricedLine(gross, discount, gross - discount)
        amount = to_cents(exact * (HUNDRED - line.discount_percent) / HUNDRED)
        return PricedLine(gross, gross - amount, amount + CENTS)


def reversed_lines(lines: Sequence[LineInput]) -> list[LineInput]:
    """The lines of the credit that takes all these back; priced with the same rates the two sum to zero."""
    return [replace(line, quantity=-line.quantity, discount_amount=-line.discount_amount) for line in lines]


def _percents(rates: Sequence[TaxRateInput]) -> dict[str, Decimal]:
    percents: dict[str, Decimal] = {}
    for rate in rates:
        if rate.key in percents:
            raise PricingError(f"The rate “{rate.key}” is given twice.")
        if not ZERO <= rate.percent <= HUNDRED:
            raise PricingError(f"The rate “{rate.key}” is {rate.percent} %, which is not between 0 and 100.")
        _check_places(rate.percent, 4, f"The rate “{rate.key}”")
        percents[rate.key] = rate.percent
    return percents


def _check_line(line: LineInput, position: int) -> None:
    _check_places(line.quantity, 3, f"The quantity of line {position}")
    _check_places(line.unit_price, 4, f"The price of line {position}")
    _check_places(line.discount_percent, 4, f"The discount of line {position}")
    _check_places(line.discount_amount, 2, f"The discount of line {position}")
    if not ZERO <= line.discount_percent <= HUNDRED:
        raise PricingError(f"The discount of line {position} is not between 0 and 100 %.")
    if line.discount_percent and line.discount_amount:
        raise PricingError(
            f"Line {position} has a discount in percent and one in dollars; it takes one of them."
        )


def _check_places(value: Decimal, places: int, what: str) -> None:
    exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int):
        raise PricingError(f"{what} is not a number.")
    if exponent < -places:
        raise PricingError(f"{what} has more than {places} decimal places.")


# The same numbers for another calculator ----------------------------------------------------------


def vectors() -> list[dict[str, Any]]:
    """Documents and what they come to, as text numbers ready for JSON; the same list on every call.

    Another implementation is right when it reproduces every `expected`.
    """
    quantities = ("1", "2.5", "0.333", "3", "12.125", "-1", "0")
    prices = ("129", "0.005", "99.99", "4495.16", "0.3333", "1234.5678")
    discounts = (("0", "0"), ("10", "0"), ("33.3333", "0"), ("100", "0"), ("0", "0.01"))
    rate_sets = (
        (("state", "8.25"),),
        (("state", "9.975"), ("city", "0")),
        (("state", "6.25"), ("city", "2.0625")),
    )
    documents: list[list[LineInput]] = [[]]
    length = 1
    for quantity, unit_price, (percent, amount) in product(quantities, prices, discounts):
        gross = to_cents(Decimal(quantity) * Decimal(unit_price))
        off = Decimal(amount).copy_sign(gross) if abs(gross) >= Decimal(amount) and gross else ZERO
        ordinal = sum(map(len, documents))
        documents[-1].append(
            LineInput(
                quantity=Decimal(quantity),
                unit_price=Decimal(unit_price),
                discount_percent=Decimal(percent),
                discount_amount=off,
                taxable=ordinal % 4 != 3,
                tax_rate=("state", "city")[ordinal % 5 == 4],
            )
        )
        if len(documents[-1]) == length:
            documents.append([])
            length = length % 9 + 1
    cases: list[dict[str, Any]] = []
    for ordinal, lines in enumerate(documents):
        rates = [TaxRateInput(key=key, percent=Decimal(percent)) for key, percent in rate_sets[ordinal % 3]]
        if len(rates) == 1:
            lines = [replace(line, tax_rate=rates[0].key) for line in lines]
        cases += [_vector(lines, rates), _vector(reversed_lines(lines), rates)]
    return cases


def from_vector(case: Mapping[str, Any]) -> tuple[list[LineInput], list[TaxRateInput]]:
    """The lines and rates that a vector describes."""
    lines = [
        LineInput(
            quantity=Decimal(line["quantity"]),
            unit_price=Decimal(line["unit_price"]),
            discount_percent=Decimal(line["discount_percent"]),
            discount_amount=Decimal(line["discount_amount"]),
            taxable=line["taxable"],
            tax_rate=line["tax_rate"],
        )
        for line in case["lines"]
    ]
    return lines, [TaxRateInput(key=rate["key"], percent=Decimal(rate["percent"])) for rate in case["rates"]]


def as_json(priced: Priced) -> dict[str, Any]:
    """A priced document with text numbers, as vectors and the phone carry it."""
    return {
        "lines": [
            {"gross": str(line.gross), "discount": str(line.discount), "amount": str(line.amount)}
            for line in priced.lines
        ],
        "subtotal": str(priced.subtotal),
        "taxable": {key: str(base) for key, base in priced.taxable.items()},
        "taxes": {key: str(tax) for key, tax in priced.taxes.items()},
        "tax": str(priced.tax),
        "total": str(priced.total),
    }


def _vector(lines: Sequence[LineInput], rates: Sequence[TaxRateInput]) -> dict[str, Any]:
    return {
        "lines": [
            {
                "quantity": str(line.quantity),
                "unit_price": str(line.unit_price),
                "discount_percent": str(line.discount_percent),
                "discount_amount": str(line.discount_amount),
                "taxable": line.taxable,
                "tax_rate": line.tax_rate,
            }
            for line in lines
        ],
        "rates": [{"key": rate.key, "percent": str(rate.percent)} for rate in rates],
        "expected": as_json(price(lines, rates)),
    }
