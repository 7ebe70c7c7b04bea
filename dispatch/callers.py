"""Who is on the phone: everything that booking a call shows and offers, fetched at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from customers.approvers import who_approves
from customers.models import Contact, Customer, Site
from customers.phones import format_us
from equipment.models import Unit, UnitStatus
from fsm.clock import today_in
from fsm.panels import Panel, panels_for

from .job_lines import JobLine, lines
from .models import Job, JobType

RECENT = 6


@dataclass(frozen=True)
class Reachable:
    """A contact with the numbers as people write them."""

    contact: Contact
    phones: list[tuple[str, str, str]]  # E.164, as written, label
    email: str


@dataclass(frozen=True)
class Caller:
    """One customer with what a call needs: sites, people, equipment of the chosen site, jobs."""

    customer: Customer
    contacts: list[Reachable]
    sites: list[Site]
    site: Site | None
    units: list[Unit]
    open_jobs: list[JobLine]
    past_jobs: list[JobLine]
    pinned: list[str]
    job_types: list[JobType]
    panels: list[Panel] = field(default_factory=list)
    approvers: list[str] = field(default_factory=list)

    @property
    def open_here(self) -> list[JobLine]:
        """Open jobs at the chosen site: the call may be about one of them."""
        return [line for line in self.open_jobs if self.site and line.job.site_id == self.site.pk]

    @property
    def zone(self) -> str:
        """The zone of the chosen site: windows are promised in it."""
        return self.site.time_zone if self.site else "America/Chicago"


def caller(
    user: Any, customer_uuid: UUID, *, site_uuid: UUID | None, unit_uuids: list[UUID], now: datetime
) -> Caller:
    """The customer as a call needs it; raises Customer.DoesNotExist for one that this person may not see.

    Without a site, the site of the first unit is chosen, else the customer's first.
    """
    customer = Customer.objects.visible_to(user).select_related("bill_to").at(customer_uuid).get()
    sites = list(customer.sites.filter(is_active=True))
    site = _chosen(sites, site_uuid, unit_uuids)
    jobs = lines(
        Job.objects.visible_to(user).filter(customer=customer).for_lines().order_by("-created_at")[:40], now
    )
    under_way = [line for line in jobs if line.job.is_unfinished]
    done = [line for line in jobs if not line.job.is_unfinished]
    return Caller(
        customer=customer,
        contacts=[_reachable(contact) for contact in _contacts(customer)],
        sites=sites,
        site=site,
        units=_units(user, site),
        open_jobs=under_way,
        past_jobs=done[:RECENT],
        pinned=list(customer.notes.filter(is_pinned=True).values_list("body", flat=True)),
        job_types=list(JobType.objects.filter(is_active=True)),
        panels=panels_for("caller", customer, user),
        approvers=who_approves(site.pk, on=today_in(site.time_zone, now)) if site else [],
    )


def _chosen(sites: list[Site], site_uuid: UUID | None, unit_uuids: list[UUID]) -> Site | None:
    if site_uuid is None and unit_uuids:
        at_unit = Unit.objects.filter(uuid__in=unit_uuids, site__in=sites).values_list(
            "site__uuid", flat=True
        )
        site_uuid = at_unit.first()
    return next((site for site in sites if site.uuid == site_uuid), sites[0] if sites else None)


def _contacts(customer: Customer) -> list[Contact]:
    return list(customer.contacts.filter(is_active=True).prefetch_related("phones", "emails"))


def _reachable(contact: Contact) -> Reachable:
    emails = [str(email) for email in contact.emails.all()]
    return Reachable(
        contact,
        [(phone.e164, format_us(phone.e164), phone.label) for phone in contact.phones.all()],
        emails[0] if emails else "",
    )


def _units(user: Any, site: Site | None) -> list[Unit]:
    if site is None:
        return []
    return list(
        Unit.objects.visible_to(user)
        .at_site(site.pk)
        .exclude(status=UnitStatus.RETIRED)
        .select_related("maker")
    )
