"""How the lists of stock are narrowed down."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from fsm.clock import day_in
from fsm.company import the_company

from ..models import MovementKind, Part, StockLevel, StockMovement, StockPlace
from ..querysets import PartQuerySet, StockLevelQuerySet, StockMovementQuerySet

FIRST_YEAR, LAST_YEAR = 1970, 9000


class PartFilter(filters.FilterSet):  # type: ignore[misc]
    """By what needs a look; parts no longer stocked only when asked for."""

    look = filters.ChoiceFilter(
        label=_("Stock"),
        choices=[("low", _("Below minimum somewhere")), ("negative", _("Below zero somewhere"))],
        empty_label=_("Any"),
        method="by_look",
    )
    standing = filters.ChoiceFilter(
        label=_("Parts"),
        choices=[("all", _("All")), ("inactive", _("No longer stocked"))],
        empty_label=_("Active"),
        method="by_standing",
    )

    class Meta:
        model = Part
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Part]) -> Any:
        """Without a choice, parts that are stocked."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("standing") else rows.filter(is_active=True)

    @property
    def qs(self) -> Any:
        """Also where the address asks for nothing."""
        return super().qs if self.is_bound else self.queryset.filter(is_active=True)

    def by_look(self, parts: PartQuerySet, name: str, value: str) -> PartQuerySet:
        """Parts with a place where too few are."""
        return parts.low_somewhere() if value == "low" else parts.negative_somewhere()

    def by_standing(self, parts: PartQuerySet, name: str, value: str) -> PartQuerySet:
        """All, or those that are stocked no more."""
        return parts if value == "all" else parts.filter(is_active=False)


class LevelFilter(filters.FilterSet):  # type: ignore[misc]
    """By what needs a look."""

    look = filters.ChoiceFilter(
        label=_("Stock"),
        choices=[("low", _("Below minimum")), ("negative", _("Below zero"))],
        empty_label=_("Any"),
        method="by_look",
    )

    class Meta:
        model = StockLevel
        fields: tuple[str, ...] = ()

    def by_look(self, levels: StockLevelQuerySet, name: str, value: str) -> StockLevelQuerySet:
        """Where too few are."""
        return levels.below_minimum() if value == "low" else levels.negative()


class MovementFilter(filters.FilterSet):  # type: ignore[misc]
    """By place, kind, and days on the company's calendar."""

    place = filters.ChoiceFilter(label=_("Place"), empty_label=_("Any"), method="by_place")
    kind = filters.ChoiceFilter(label=_("What"), choices=MovementKind.choices, empty_label=_("Any"))
    since = filters.DateFilter(
        label=_("From"), method="by_since", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = filters.DateFilter(
        label=_("To"), method="by_until", widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = StockMovement
        fields = ("kind",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = StockPlace.objects.visible_to(self.request.user).ours()
        self.filters["place"].extra["choices"] = [(str(place.uuid), place.name) for place in places]

    def by_place(self, rows: StockMovementQuerySet, name: str, value: Any) -> StockMovementQuerySet:
        """In or out of the place."""
        return rows.at_place(value)

    def by_since(self, rows: StockMovementQuerySet, name: str, value: date) -> StockMovementQuerySet:
        """From the first instant of the day."""
        return rows.between(_day(value)[0], None)

    def by_until(self, rows: StockMovementQuerySet, name: str, value: date) -> StockMovementQuerySet:
        """To the end of the day."""
        return rows.between(None, _day(value)[1])


def _day(day: date) -> tuple[datetime | None, datetime | None]:
    """The company's day in UTC; no bounds where no calendar reaches."""
    return day_in(the_company().time_zone, day) if FIRST_YEAR <= day.year <= LAST_YEAR else (None, None)
