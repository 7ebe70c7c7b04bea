"""Places we work at, and who is what to them."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from fsm.api.fields import OneOf, Seen, Text, Unique, Whole, YesNo
from fsm.api.views import Deed, Listing, One, seen_again
from fsm.clock import now
from fsm.permissions import May

from .. import actions
from ..addresses import STATES
from ..models import Site
from ..narrowing import OfCustomer
from .shapes import AddressInput, SiteOutput, seen_branches, seen_customers, seen_sites


class SiteFilter(filters.FilterSet):  # type: ignore[misc]
    """By customer, and whether we work there."""

    customer = OfCustomer("customer")
    standing = filters.ChoiceFilter(
        choices=[("active", gettext_lazy("Active")), ("left", gettext_lazy("Left"))], method="by_standing"
    )

    class Meta:
        model = Site
        fields: tuple[str, ...] = ()

    def by_standing(self, sites: QuerySet[Site], name: str, value: str) -> QuerySet[Site]:
        """Those we work at, or those we left."""
        return sites.filter(is_active=value == "active")


class Sites(Listing):
    """Every place we work at."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = SiteOutput
    filterset = SiteFilter
    searches = True

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_sites(self.user)

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """By words of street, city, name and ZIP."""
        for word in text.split()[:6]:
            rows = rows.filter(
                Q(street__icontains=word)
                | Q(city__icontains=word)
                | Q(name__icontains=word)
                | Q(postal_code=word)
            )
        return rows


class ShowSite(One):
    """One place."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = SiteOutput

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_sites(self.user)


class AddSite(Deed):
    """Another place of the customer's; its address is written the standard way."""

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = SiteOutput

    class InputSerializer(AddressInput):
        uuid = Unique(required=False, help_text="Yours: sent twice it names the same site.")
        branch = Seen(seen_branches, required=False, help_text="The customer's, unless you say.")

    def rows(self) -> QuerySet[Any]:
        """The customers the person sees."""
        return seen_customers(self.user)

    def do(self, data: dict[str, Any]) -> Site:
        """Add and show."""
        branch = data.pop("branch", None)
        made = actions.add_site(self.thing.pk, **data, **({"branch_id": branch.pk} if branch else {}))
        site: Site = seen_again(seen_sites(self.user).filter(customer=self.thing), made.pk)
        return site


class EditSite(Deed):
    """Change a place; what is not sent stays."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = SiteOutput

    class InputSerializer(AddressInput):
        version = Whole(least=1, help_text="Of what you read.")
        street = Text(most=120, required=False, allow_blank=False)
        city = Text(most=60, required=False, allow_blank=False)
        state = OneOf(choices=list(STATES), required=False)
        branch = Seen(seen_branches, required=False)
        is_active = YesNo(required=False)

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            """The ZIP lies in the state, whichever of the two is changed."""
            site = self.context["view"].thing
            super().validate({"state": site.state, "postal_code": site.postal_code, **attrs})
            return attrs

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_sites(self.user)

    def do(self, data: dict[str, Any]) -> Site:
        """Change and show."""
        if "branch" in data:
            data["branch_id"] = data.pop("branch").pk
        actions.edit_site(self.thing.pk, now=now(), **data)
        site: Site = seen_again(seen_sites(self.user), self.thing.pk)
        return site
