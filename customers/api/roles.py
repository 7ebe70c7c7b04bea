"""Who is what to a site, from which day until which."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from fsm.api.fields import Amount, Day, Input, OneOf, Output, Seen
from fsm.api.views import Deed, Listing, found, seen_again
from fsm.clock import now, today_in
from fsm.permissions import May

from .. import actions
from ..models import Contact, Customer, Site, SiteRole, SiteRoleKind
from .shapes import seen_sites


class SiteRoleOutput(Output):
    class Meta:
        model = SiteRole
        fields = ("uuid", "site", "kind", "customer", "contact", "from_on", "until_on", "not_to_exceed")


def _roles(user: Any) -> QuerySet[SiteRole]:
    rows = SiteRole.objects.filter(site__in=Site.objects.visible_to(user))
    return rows.select_related("site", "customer", "contact")


class SiteRoles(Listing):
    """Who is or was what to a site."""

    may = May.SEE_CUSTOMERS
    OutputSerializer = SiteRoleOutput

    def rows(self) -> QuerySet[Any]:
        """The site's, where the person sees it."""
        site = found(Site.objects.visible_to(self.user), uuid=self.kwargs["site_uuid"])
        return _roles(self.user).filter(site=site)


class AddSiteRole(Deed):
    """Say who is what to a site from a day on: one owner and one payer at a time.

    Only who approves work has a limit.
    """

    may = May.EDIT_CUSTOMERS
    status = 201
    OutputSerializer = SiteRoleOutput

    class InputSerializer(Input):
        kind = OneOf(choices=SiteRoleKind.values)
        customer = Seen(lambda user: Customer.objects.visible_to(user), help_text="Who it is.")
        contact = Seen(
            lambda user: Contact.objects.visible_to(user),
            required=False,
            allow_null=True,
            help_text="Which person there.",
        )
        from_on = Day(required=False, allow_null=True)
        not_to_exceed = Amount(
            whole=8, places=2, required=False, allow_null=True, help_text="Of who approves work."
        )

    def rows(self) -> QuerySet[Any]:
        """The sites the person sees."""
        return seen_sites(self.user)

    def do(self, data: dict[str, Any]) -> SiteRole:
        """Say and show."""
        customer, contact = data.pop("customer"), data.pop("contact", None)
        made = actions.add_site_role(
            self.thing.pk, customer_id=customer.pk, contact_id=contact.pk if contact else None, **data
        )
        role: SiteRole = seen_again(_roles(self.user), made.pk)
        return role


class EndSiteRole(Deed):
    """From this day on somebody is no longer that; one that ended stays as it ended."""

    may = May.EDIT_CUSTOMERS
    OutputSerializer = SiteRoleOutput

    class InputSerializer(Input):
        on = Day(required=False, help_text="Today at the site, unless you say.")

    def rows(self) -> QuerySet[Any]:
        """Those of sites the person sees."""
        return _roles(self.user)

    def do(self, data: dict[str, Any]) -> SiteRole:
        """End and show."""
        on = data.get("on") or today_in(self.thing.site.time_zone, now())
        actions.end_site_role(self.thing.pk, on=on)
        role: SiteRole = seen_again(_roles(self.user), self.thing.pk)
        return role
