"""Sentences of the rules: said in English, translated by whoever shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias

Value: TypeAlias = "str | int | date | Fraction | Sentence"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with named places. `str` says it in English; `through(gettext)` in the reader's language."""

    text: str
    values: tuple[tuple[str, Value], ...] = ()

    def through(self, gettext: Callable[[str], str], day: Callable[[date], str] = date.isoformat) -> str:
        """The sentence translated, its days written by `day`, its fractions as decimals."""
        said = {name: _written(value, gettext, day) for name, value in self.values}
        return gettext(self.text) % said if said else gettext(self.text)

    def __str__(self) -> str:
        return self.through(str)


def _(text: str, /, **values: Value) -> Sentence:
    """A sentence marked for translation."""
    return Sentence(text, tuple(values.items()))


class Refused(ValueError):
    """A rule refuses; the class names the reason, `sentence` says it."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def decimals(number: Fraction, places: int) -> str:
    """Half up, exactly."""
    scale = 10**places
    units = (2 * abs(number.numerator) * scale + number.denominator) // (2 * number.denominator)
    whole, rest = divmod(units, scale)
    sign = "-" if number < 0 and units else ""
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def pounds(number: Fraction) -> str:
    """2.5, 37.0625, 0.333: at most four places, no idle zeros."""
    text = decimals(number, 4).rstrip("0")
    return text[:-1] if text.endswith(".") else text


def _written(value: Value, gettext: Callable[[str], str], day: Callable[[date], str]) -> str:
    if isinstance(value, Sentence):
        return value.through(gettext, day)
    if isinstance(value, date):
        return day(value)
    return pounds(value) if isinstance(value, Fraction) else str(value)
