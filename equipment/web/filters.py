"""How the list of units is narrowed down."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ..models import Category, Refrigerant, Unit
from ..states import UnitStatus


class UnitFilter(filters.FilterSet):  # type: ignore[misc]
    """By category, by status, by what they hold."""

    category = filters.ChoiceFilter(label=_("Category"), choices=Category.choices, empty_label=_("Any"))
    status = filters.ChoiceFilter(label=_("Status"), choices=UnitStatus.choices, empty_label=_("Any"))
    refrigerant = filters.ChoiceFilter(label=_("Refrigerant"), empty_label=_("Any"), method="by_refrigerant")

    class Meta:
        model = Unit
        fields = ("category", "status")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Refrigerant.objects.values_list("designation", flat=True)
        self.filters["refrigerant"].extra["choices"] = [(name, name) for name in names]

    def by_refrigerant(self, units: QuerySet[Unit], name: str, value: str) -> QuerySet[Unit]:
        """Units with a circuit of the refrigerant."""
        return units.filter(circuits__refrigerant__designation=value).distinct()
