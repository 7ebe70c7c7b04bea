"""Rows and cards of the board, drawn once for as long as they say the same.

A board is looked at all day by several people, and from one look to the next hardly a card changes. What a
card shows is nothing but its values: equal values have equal drawings, and a process remembers the last ones.
"""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.utils.translation import get_language

from ..board import Card, Row

register = template.Library()


@lru_cache(maxsize=1_000)
def draw_row(row: Row, language: str | None) -> str:
    """A technician's row, with its cards."""
    return get_template("dispatch/_board_row.html").render({"row": row})


@lru_cache(maxsize=5_000)
def draw_card(card: Card, language: str | None) -> str:
    """A visit's card."""
    return get_template("dispatch/_visit_card.html").render({"card": card})


@register.simple_tag
def board_row(row: Row) -> str:
    """{% board_row row %}"""
    draw = draw_row.__wrapped__ if settings.DEBUG else draw_row
    return draw(row, get_language())


@register.simple_tag
def visit_card(card: Card) -> str:
    """{% visit_card card %}"""
    draw = draw_card.__wrapped__ if settings.DEBUG else draw_card
    return draw(card, get_language())
