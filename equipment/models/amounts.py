"""Amounts of refrigerant: ounces to the thousandth, so that pounds to the thousandth lose nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

OUNCES_IN_POUND = 16
if TYPE_CHECKING:  # some amounts are not known: None may be set, and what is read is looked at
    Ounces = models.DecimalField[Decimal | str | float | int | None, Any]
else:
    Ounces = models.DecimalField


class OuncesField(Ounces):
    """Ounces with three places: a thousandth of a pound is 0.016 oz, exactly."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 11)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)


def pounds_and_ounces(ounces: Decimal) -> str:
    """2 lb 4 oz; ounces alone below a pound."""
    pounds, rest = divmod(ounces, OUNCES_IN_POUND)
    rest_text = f"{rest.normalize():f}"
    return f"{pounds:f} lb {rest_text} oz" if pounds else f"{rest_text} oz"
