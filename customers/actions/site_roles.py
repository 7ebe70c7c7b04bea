"""Who is what to a site, and a site that changes hands."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import attributed
from fsm.states import NotPossible

from ..models import Contact, Customer, Site, SiteRole, SiteRoleKind
from ..selling import open_at
from .holding import hold_customer
from .keys import refresh_match_keys

ONE_AT_A_TIME = {SiteRoleKind.OWNER, SiteRoleKind.BILL_TO}


@transaction.atomic
def add_site_role(
    site_id: int,
    *,
    kind: str,
    customer_id: int,
    contact_id: int | None = None,
    from_on: date | None = None,
    not_to_exceed: Decimal | None = None,
) -> SiteRole:
    """Say who is what to a site from a day on. A site has one owner and one payer at a time; only who
    approves work has a limit.
    """
    customer = hold_customer(customer_id)
    site = Site.objects.select_for_update(no_key=True).get(pk=site_id)
    if not_to_exceed is not None and kind != SiteRoleKind.APPROVER:
        raise NotPossible(_("Only who approves work has a limit."), field="not_to_exceed")
    if not_to_exceed is not None and not_to_exceed < 0:
        raise NotPossible(_("A limit is not below zero."), field="not_to_exceed")
    if contact_id and not Contact.objects.filter(pk=contact_id, customer=customer).exists():
        raise NotPossible(_("This contact belongs to another customer."), field="contact")
    standing = site.roles.filter(kind=kind, until_on=None).select_related("customer")
    for role in standing:
        same = role.customer_id == customer.pk and role.contact_id == contact_id
        if kind in ONE_AT_A_TIME or same:
            raise NotPossible(
                _("%(name)s is that already. End it first.") % {"name": role.customer.name}, field="kind"
            )
    return SiteRole.objects.create(
        site=site,
        kind=kind,
        customer=customer,
        contact_id=contact_id,
        from_on=from_on,
        not_to_exceed=not_to_exceed,  # type: ignore[misc]
    )


@transaction.atomic
def end_site_role(role_id: int, *, on: date) -> SiteRole:
    """From this day on somebody is no longer that; one that ended stays as it ended."""
    site_id = SiteRole.objects.values_list("site_id", flat=True).get(pk=role_id)
    Site.objects.select_for_update(no_key=True).get(pk=site_id)
    role = SiteRole.objects.select_for_update(no_key=True, of=("self",)).get(pk=role_id)
    if role.until_on is None:
        _end(role, on)
    return role


@transaction.atomic
def sell_site(
    site_id: int, *, to_customer_id: int, on: date, now: datetime, leave_open_work: bool = False
) -> Site:
    """Hand a site over to another customer: its units and its service history go along, money and messages
    stay with the old one. Open work is refused unless it is left with the old customer, who ordered it. To
    undo it, sell the site back.
    """
    del now
    old_id = Site.objects.values_list("customer_id", flat=True).get(pk=site_id)
    if old_id == to_customer_id:
        raise NotPossible(_("The site is this customer's already."), field="customer")
    held = {pk: hold_customer(pk) for pk in sorted((old_id, to_customer_id))}
    buyer = held[to_customer_id]
    site = Site.objects.select_for_update(no_key=True).get(pk=site_id)
    if site.customer_id != old_id or buyer.pk == old_id:
        raise NotPossible(_("The site has changed hands meanwhile. Look again."), field="customer")
    if not buyer.is_active:
        raise NotPossible(
            _("%(name)s left; make the record active first.") % {"name": buyer.name}, field="customer"
        )
    still_open = open_at(site)
    if still_open and not leave_open_work:
        raise NotPossible(
            _("Open here: %(work)s. Close it first, or leave it with %(name)s, who ordered and pays for it.")
            % {"work": ", ".join(still_open), "name": held[old_id].name},
            field="leave_open_work",
        )
    for role in site.roles.select_for_update(no_key=True).filter(until_on=None):
        _end(role, on)
    site.customer = buyer
    site.version += 1
    with attributed(reason=_("Sold by %(name)s") % {"name": held[old_id].name}):
        site.save(update_fields=["customer", "version"])
    SiteRole.objects.create(site=site, kind=SiteRoleKind.OWNER, customer=buyer, from_on=on)
    refresh_match_keys([old_id, buyer.pk])
    return site


def _end(role: SiteRole, on: date) -> None:
    if role.from_on and on < role.from_on:
        on = role.from_on
    role.until_on = on
    role.save(update_fields=["until_on"])


def former_sites(customer: Customer) -> list[SiteRole]:
    """Sites that were the customer's as an owner until they were handed over."""
    roles = SiteRole.objects.filter(customer=customer, kind=SiteRoleKind.OWNER, until_on__isnull=False)
    return list(
        roles.exclude(site__customer=customer).select_related("site").order_by("-until_on", "pk")[:20]
    )
