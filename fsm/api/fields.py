"""Inputs that take exactly what the description says, and outputs that only show.

JSON has types: an amount is text such as "12.50" (never a binary float), a yes is true, an instant names its
offset. Anything else is refused with a sentence, never guessed at.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ..querysets import leading_to

FIRST_YEAR, LAST_YEAR = 1900, 2199
LARGEST_WHOLE = 2**31 - 1
LONGEST_NAME_SHOWN = 60
UUID_PATTERN = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
INSTANT_PATTERN = r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})"


class Input(serializers.Serializer[Any]):
    """A body: unknown names are refused, so that a misspelt one is not silently left out."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The checked values; a name that no field has is an error of its own."""
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        problems: dict[str, Any] = {
            str(name)[:LONGEST_NAME_SHOWN]: [_("There is no field of this name here.")] for name in unknown
        }
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except serializers.ValidationError as error:
            problems = {**error.detail, **problems} if isinstance(error.detail, dict) else problems
        if problems:
            raise serializers.ValidationError(problems)
        return values


class Nothing(Input):
    """No fields: the address says it all."""


class Shown(serializers.Serializer[Any]):
    """What a program reads that is no row: every field always there, none to be written."""

    def get_fields(self) -> dict[str, Any]:
        """All of them read-only."""
        return _read_only(super().get_fields())


class Output(serializers.ModelSerializer[Any]):
    """What a program reads: every field always there, none to be written."""

    def get_fields(self) -> dict[str, Any]:
        """All of them read-only."""
        return _read_only(super().get_fields())

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        """A foreign key is the uuid of what it points at; its row must have been fetched along."""
        shown = {"slug_field": "uuid", "read_only": True, "allow_null": relation_info.model_field.null}
        return serializers.SlugRelatedField, shown


def _read_only(fields: dict[str, Any]) -> dict[str, Any]:
    for field in fields.values():
        field.read_only = True
    return fields


class Text(serializers.CharField):
    """Text, trimmed; never a number that happens to be readable as one."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        kwargs.setdefault("allow_blank", not kwargs.get("required", True))
        super().__init__(max_length=most, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """The text without outer blanks."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        """Nothing but a JSON boolean."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    """A whole number within what the database keeps."""

    def __init__(self, *, least: int = 0, most: int = LARGEST_WHOLE, **kwargs: Any) -> None:
        super().__init__(min_value=least, max_value=most, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        """Nothing but a JSON integer; 5.0 is one, as in JSON itself."""
        if isinstance(data, float) and data.is_integer() and abs(data) <= LARGEST_WHOLE:
            return int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class OneOf(serializers.ChoiceField):
    """One of the values, in its own type."""

    def to_internal_value(self, data: Any) -> Any:
        """The value itself."""
        if isinstance(data, bool | float | list | dict) or data not in self.choices:
            self.fail("invalid_choice", input=str(data)[:LONGEST_NAME_SHOWN])
        return data


class Amount(serializers.DecimalField):
    """A decimal number as text: "12.50". Digits, at most one point, no exponent."""

    default_error_messages = {
        "text": gettext_lazy("Write the number as text with a point, such as “12.50”."),
    }

    def __init__(self, *, whole: int, places: int, negative: bool = False, **kwargs: Any) -> None:
        self.whole, self.negative = whole, negative
        self.pattern = rf"{'-?' if negative else ''}[0-9]{{1,{whole}}}" + (
            rf"(\.[0-9]{{1,{places}}})?" if places else ""
        )
        super().__init__(max_digits=whole + places, decimal_places=places, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        """The number, exactly."""
        if not isinstance(data, str) or not re.fullmatch(self.pattern, data):
            self.fail("text")
        return super().to_internal_value(data)


class Instant(serializers.DateTimeField):
    """An instant with its offset: "2026-07-14T10:00:00-05:00"."""

    default_error_messages = {
        "offset": gettext_lazy("Write the instant with its offset, such as “2026-07-14T10:00:00-05:00”."),
        "range": gettext_lazy("This year is out of range."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        """The instant in UTC."""
        if not isinstance(value, str) or not re.fullmatch(INSTANT_PATTERN, value, re.ASCII):
            self.fail("offset")
        try:
            found = datetime.fromisoformat(value.upper())
        except ValueError:
            self.fail("offset")
        if not FIRST_YEAR < found.year < LAST_YEAR:
            self.fail("range")
        return found.astimezone(UTC)


class Day(serializers.DateField):
    """A day: "2026-07-14"."""

    default_error_messages = {
        "day": gettext_lazy("Write the day like “2026-07-14”."),
        "range": gettext_lazy("This year is out of range."),
    }

    def to_internal_value(self, value: Any) -> date:
        """The day."""
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            self.fail("day")
        try:
            found = date.fromisoformat(value)
        except ValueError:
            self.fail("day")
        if not FIRST_YEAR < found.year < LAST_YEAR:
            self.fail("range")
        return found


class Unique(serializers.UUIDField):
    """A uuid that the sender made: sent twice it names the same thing."""

    def to_internal_value(self, data: Any) -> Any:
        """The uuid, written with its dashes."""
        if not isinstance(data, str) or not re.fullmatch(UUID_PATTERN, data):
            self.fail("invalid", value=str(data)[:LONGEST_NAME_SHOWN])
        return super().to_internal_value(data)


class Seen(Unique):
    """The uuid of something the person may see; what they may not see is as good as not there."""

    default_error_messages = {"missing": gettext_lazy("There is nothing with this uuid that you may see.")}

    def __init__(self, rows: Callable[[Any], QuerySet[Any]], **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """The row itself."""
        unique = super().to_internal_value(data)
        rows = self.rows(self.context["request"].user)
        found = leading_to(rows, unique).first()
        if found is None:
            self.fail("missing")
        return found


@extend_schema_field({"type": "string", "format": "byte"})
class Picture(serializers.Field[bytes, str, str, Any]):
    """A picture's bytes in base64."""

    default_error_messages = {"bytes": gettext_lazy("Send the picture's bytes in base64.")}

    def to_internal_value(self, data: Any) -> bytes:
        """The bytes."""
        if not isinstance(data, str):
            self.fail("bytes")
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            self.fail("bytes")

    def to_representation(self, value: bytes) -> str:
        """Never shown."""
        raise NotImplementedError


class Dollars(serializers.DecimalField):
    """An amount of money that is shown, as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=2, **kwargs)


class Quantity(serializers.DecimalField):
    """How many or how much, shown as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=15, decimal_places=3, **kwargs)


class Listed(serializers.ListField):
    """A list of at most so many."""

    def __init__(self, child: Any, *, most: int, **kwargs: Any) -> None:
        super().__init__(child=child, max_length=most, **kwargs)


class BecauseInput(Input):
    """Why, in a sentence that stays on record."""

    because = Text(most=200)


class VersionInput(Input):
    """What was read, so that nothing newer is overwritten."""

    version = Whole(least=1, help_text="Of what you read.")
