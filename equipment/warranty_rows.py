"""What the rules of warranties are asked: rows as terms, the place as it matters to a maker."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from customers.models import CustomerKind, SiteRole, SiteRoleKind

from .makers import facts_of
from .models import Unit, Warranty
from .warranties import Answer, Component, Kind, Site, Start, Term, standing, start_of, usual_terms


def term_of(row: Warranty) -> Term:
    """A row as the rules read it."""
    return Term(
        kind=Kind(row.kind),
        provider=row.provider,
        starts_on=row.starts_on,
        base_months=row.base_months,
        registered_months=row.registered_months,
        registration_deadline=row.registration_deadline,
        registered_on=row.registered_on,
        transferable=row.is_transferable,
        owner_occupied_only=row.is_owner_occupied,
        ended_on=row.ended_on,
    )


def place_of(unit: Unit, roles: Iterable[SiteRole] | None = None) -> Site:
    """What matters about where the unit stands; needs its site with the customer. One query where the
    site's roles are not given.
    """
    site = unit.site
    if roles is None:
        roles = SiteRole.objects.filter(site=site.pk)
    roles = list(roles)
    standing_roles = {row.kind: row.customer_id for row in roles if row.until_on is None}
    owner = standing_roles.get(SiteRoleKind.OWNER)
    occupant = standing_roles.get(SiteRoleKind.OCCUPANT)
    lives_there: bool | None = None
    if site.customer.kind == CustomerKind.COMPANY:
        lives_there = False
    elif occupant is not None:
        lives_there = occupant == (owner or site.customer_id)
    elif owner is not None and owner == site.customer_id:
        lives_there = True
    sold = [row.from_on for row in roles if row.kind == SiteRoleKind.OWNER and row.from_on]
    return Site(state=site.state, owner_occupied=lives_there, sold_on=max(sold, default=None))


def cover_of(unit: Unit, rows: Iterable[Warranty], *, on: date, place: Site) -> dict[Component, Answer]:
    """Whether each component is covered on the day, and why."""
    del unit
    return standing([term_of(row) for row in rows], on=on, site=place)


def start_for(unit: Unit) -> Start:
    """The day the maker counts from; needs the unit's maker."""
    facts = facts_of(unit.maker.name) if unit.maker else None
    rule = facts.start_rule if facts else None
    made_on = unit.manufactured_on
    if rule is None:
        from .makers import StartRule

        rule = StartRule.INSTALL
    return start_of(rule, installed_on=unit.installed_on, made_on=made_on)


def proposals_for(unit: Unit, rows: Iterable[Warranty]) -> list[Term]:
    """What the maker usually promises and nobody has put on record: for a person to confirm."""
    facts = facts_of(unit.maker.name) if unit.maker else None
    if facts is None:
        return []
    there = {row.kind for row in rows}
    terms = usual_terms(facts, unit.category, starts_on=start_for(unit).on)
    return [term for term in terms if term.kind not in there]
