"""How old a unit is, in the words of the office."""

from __future__ import annotations

from datetime import date


def age_in_years(installed_on: date | None, today: date) -> int | None:
    """Whole years since the installation; None where the date is not known or still to come."""
    if installed_on is None or installed_on > today:
        return None
    not_yet = (today.month, today.day) < (installed_on.month, installed_on.day)
    return today.year - installed_on.year - not_yet
