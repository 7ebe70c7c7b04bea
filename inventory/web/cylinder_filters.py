"""How the list of cylinders is narrowed down."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from equipment.models import Refrigerant

from ..models import Cylinder, CylinderKind, CylinderOrigin, StockPlace


class CylinderFilter(filters.FilterSet):  # type: ignore[misc]
    """By refrigerant, kind, what is in it and where; those that are gone only when asked for."""

    refrigerant = filters.ChoiceFilter(
        label=_("Refrigerant"), field_name="refrigerant__designation", empty_label=_("Any")
    )
    kind = filters.ChoiceFilter(label=_("Kind"), choices=CylinderKind.choices, empty_label=_("Any"))
    origin = filters.ChoiceFilter(label=_("Holds"), choices=CylinderOrigin.choices, empty_label=_("Any"))
    place = filters.ChoiceFilter(label=_("Where"), field_name="place__uuid", empty_label=_("Any"))
    standing = filters.ChoiceFilter(
        label=_("Cylinders"),
        choices=[
            ("in_use", _("With something in them")),
            ("empty", _("Empty")),
            ("gone", _("Returned or sent off")),
            ("all", _("All")),
        ],
        empty_label=_("Ours"),
        method="by_standing",
    )

    class Meta:
        model = Cylinder
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Cylinder.objects.visible_to(self.request.user)
        names = Refrigerant.objects.filter(pk__in=seen.order_by().values("refrigerant"))
        self.filters["refrigerant"].extra["choices"] = [
            (name, name) for name in names.order_by("designation").values_list("designation", flat=True)
        ]
        places = StockPlace.objects.visible_to(self.request.user).ours()
        self.filters["place"].extra["choices"] = [(str(place.uuid), place.name) for place in places]

    def filter_queryset(self, queryset: QuerySet[Cylinder]) -> Any:
        """Without a choice, those that are still ours."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("standing") else rows.exclude(state="gone")

    @property
    def qs(self) -> Any:
        """Also where the address asks for nothing."""
        return super().qs if self.is_bound else self.queryset.exclude(state="gone")

    def by_standing(self, rows: QuerySet[Cylinder], name: str, value: str) -> QuerySet[Cylinder]:
        """By state, or all."""
        return rows if value == "all" else rows.filter(state=value)
