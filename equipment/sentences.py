"""Sentences of plain rules: English text, with what is needed to say it in the reader's language.

`equipment.wording.translated` does that at the door; the rules stay free of Django.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def gettext_noop(text: str) -> str:
    """Marks a text for the translators (makemessages knows the name) and leaves it as it is."""
    return text


class Sentence(str):
    """A finished English sentence that remembers its text and values."""

    __slots__ = ("text", "values")
    text: str
    values: Mapping[str, object]

    def __new__(cls, text: str, /, **values: object) -> Sentence:
        sentence = super().__new__(cls, text % {name: shown(value) for name, value in values.items()})
        sentence.text, sentence.values = text, values
        return sentence

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (self.text,), dict(self.values)


def shown(value: object) -> str:
    """A value inside an English sentence: Apr 30, 2026; 2,340; 3.5."""
    if isinstance(value, date):
        return f"{MONTHS[value.month - 1]} {value.day}, {value.year}"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return str(value)
