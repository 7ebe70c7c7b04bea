"""The sentences of the plain rules in the language of the reader."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext

from .compliance import words
from .sentences import Sentence, shown


def translated(words: str) -> str:
    """A rule's sentence or marked word in the active language; values that are sentences are turned too."""
    if not isinstance(words, Sentence):
        return gettext(words) if words else ""
    return gettext(words.text) % {name: _value(value) for name, value in words.values.items()}


def _value(value: object) -> str:
    if isinstance(value, Sentence):
        return translated(value)
    if isinstance(value, date):
        return date_format(value)
    return shown(value)


def said(words_of_rule: words.Sentence | date) -> str:
    """A sentence of the leak rules, or a day, as this reader writes it."""
    if isinstance(words_of_rule, date):
        return date_format(words_of_rule, "N j, Y")
    return words_of_rule.through(gettext, day=lambda day: date_format(day, "N j, Y"))
