"""How the list of customers is narrowed down."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from fsm.models import Branch

from ..models import Channel, Communication, Customer, CustomerKind, Direction
from ..states import DeliveryState

STANDING = [
    ("active", _("Active")),
    ("left", _("Left")),
    ("do_not_service", _("Do not service")),
    ("credit_hold", _("Credit hold")),
    ("tax_exempt", _("Tax exempt")),
]


class CustomerFilter(filters.FilterSet):  # type: ignore[misc]
    """By kind, by standing, by tag, and by branch where there are several."""

    kind = filters.ChoiceFilter(label=_("Kind"), choices=CustomerKind.choices, empty_label=_("Any"))
    standing = filters.ChoiceFilter(
        label=_("Standing"), choices=STANDING, empty_label=_("Any"), method="by_standing"
    )
    tag = filters.CharFilter(label=_("Tag"), field_name="tags", method="by_tag")
    branch = filters.ChoiceFilter(label=_("Branch"), field_name="branch_id", empty_label=_("Any"))

    class Meta:
        model = Customer
        fields = ("kind",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        branches = Branch.objects.visible_to(self.request.user).filter(is_active=True)
        choices = [(str(branch.pk), branch.name) for branch in branches]
        self.filters["branch"].extra["choices"] = choices
        if len(choices) < 2:
            del self.filters["branch"]

    def by_tag(self, customers: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        """Those that carry the word."""
        return customers.filter(tags__contains=[value.strip()[:40]])

    def by_standing(self, customers: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        """One of the words of the standing list."""
        conditions: dict[str, dict[str, bool]] = {
            "active": {"is_active": True},
            "left": {"is_active": False},
            "do_not_service": {"do_not_service": True},
            "credit_hold": {"credit_hold": True},
            "tax_exempt": {"is_taxable": False},
        }
        return customers.filter(**conditions[value])


class CommunicationFilter(filters.FilterSet):  # type: ignore[misc]
    """By state, way and direction."""

    state = filters.ChoiceFilter(label=_("State"), choices=DeliveryState.choices, empty_label=_("Any"))
    channel = filters.ChoiceFilter(label=_("How"), choices=Channel.choices, empty_label=_("Any"))
    direction = filters.ChoiceFilter(label=_("Direction"), choices=Direction.choices, empty_label=_("Any"))

    class Meta:
        model = Communication
        fields: tuple[str, ...] = ()
