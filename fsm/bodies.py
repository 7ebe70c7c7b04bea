"""Reading what a phone or another door sent: wrong shapes become sentences, never raw exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from .states import NotPossible

LONGEST_TEXT = 5000


def uuid_in(body: Mapping[str, Any], name: str) -> UUID:
    """The uuid under the name; refuses a missing or broken one."""
    try:
        return UUID(str(body[name]))
    except (KeyError, ValueError) as problem:
        raise NotPossible(_("“%(name)s” is missing or broken.") % {"name": name}, field=name) from problem


def text_in(body: Mapping[str, Any], name: str, *, longest: int = LONGEST_TEXT) -> str:
    """The text under the name without outer blanks, "" where there is none; refuses what is too long."""
    value = body.get(name)
    text = "" if value is None else str(value).replace("\x00", "").strip()
    if len(text) > longest:
        raise NotPossible(
            _("“%(name)s” is longer than %(longest)s characters.") % {"name": name, "longest": longest},
            field=name,
        )
    return text


def number_in(body: Mapping[str, Any], name: str) -> Decimal | None:
    """The number under the name, None where there is none; refuses anything else."""
    text = text_in(body, name, longest=40).replace(",", "")
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation as problem:
        raise NotPossible(_("“%(text)s” is not a number.") % {"text": text}, field=name) from problem
    if not number.is_finite() or abs(number) >= Decimal(10) ** 9:
        raise NotPossible(_("“%(text)s” is not a number we can use.") % {"text": text}, field=name)
    return number


def quantity_in(body: Mapping[str, Any], name: str) -> Decimal:
    """A number greater than zero with at most three places."""
    number = number_in(body, name)
    if number is None:
        raise NotPossible(_("Enter a quantity."), field=name)
    if number <= 0:
        raise NotPossible(_("The quantity must be more than zero. Nothing was saved."), field=name)
    if number != number.quantize(Decimal("0.001")):
        raise NotPossible(_("A quantity has at most three decimal places."), field=name)
    return number


def yes_in(body: Mapping[str, Any], name: str) -> bool:
    """Whether the name was ticked."""
    return text_in(body, name, longest=10).lower() in {"1", "true", "on", "yes"}


def instant_in(body: Mapping[str, Any], name: str) -> datetime | None:
    """An ISO instant in UTC, None where it is missing or unreadable: a device's clock is only a hint."""
    text = text_in(body, name, longest=40)
    try:
        instant = parse_datetime(text) if text else None
    except ValueError:
        return None
    if instant is None:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
