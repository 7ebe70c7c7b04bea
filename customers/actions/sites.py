"""Places we work at: added, changed, and kept where they are while a doubtful address waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fsm.company import the_company
from fsm.models import Branch, Review
from fsm.permissions import May
from fsm.references import ref_of
from fsm.reviews import ask_for_review, drop_reviews, reviewable
from fsm.states import NotPossible, Stale

from ..address_guard import Doubt, Judgement, Place, Point, judge
from ..addresses import STATES, match_key, parse_address, standard_case, time_zone_of
from ..models import AddressStanding, Customer, Site, ZipPlace
from ..versions import check_version
from .holding import hold_customer
from .keys import refresh_match_keys


class SiteFields(TypedDict, total=False):
    """What may be said about a site; street, city and state are needed for a new one."""

    name: str
    street: str
    unit: str
    city: str
    state: str
    postal_code: str
    access_notes: str
    gate_code: str
    branch_id: int
    is_active: bool


SITE_FIELDS = set(SiteFields.__annotations__)
ADDRESS_FIELDS = ("street", "unit", "city", "state", "postal_code")
TOWN_FIELDS = ("city", "state", "postal_code")
# What follows from an address and is written with it.
DERIVED_FIELDS = (
    "match_key",
    "time_zone",
    "address_standing",
    "latitude",
    "longitude",
    "coordinates_quality",
)
ADDRESS_REVIEW = "site.address"
ADDRESS_LIMIT = timedelta(days=2)


@dataclass(frozen=True)
class EditedSite:
    """A site as it stands after an edit, and the new address that waits for a decision, if it does."""

    site: Site
    waits: Review | None = None


@transaction.atomic
def add_site(customer_id: int, *, uuid: UUID | None = None, **fields: Any) -> Site:
    """A new place to work at; its address is written the standard way. The same uuid twice is one."""
    check_fields(fields, SITE_FIELDS)
    customer = hold_customer(customer_id)
    if uuid and (standing := Site.objects.filter(uuid=uuid).first()):
        return standing
    branch = Branch.objects.get(pk=fields["branch_id"]) if fields.get("branch_id") else customer.branch
    site = insert_site(customer, branch, SiteFields(**fields), uuid=uuid)  # type: ignore[typeddict-item]
    refresh_match_keys([customer.pk])
    return site


@transaction.atomic
def edit_site(site_id: int, *, version: int, now: datetime, **fields: Any) -> EditedSite:
    """Change a site, from whichever door.

    A new address gets its match key and time zone and forgets the old coordinates; one that moves the site
    farther than the company's limit, or whose ZIP is unknown or belongs to another city, waits in the review
    queue while the old one stays in force. The other fields are changed at once.
    """
    check_fields(fields, SITE_FIELDS)
    site = Site.objects.select_for_update(no_key=True).select_related("branch").get(pk=site_id)
    check_version(site, version, fields, noun=_("site"))
    before = {name: getattr(site, name) for name in (*ADDRESS_FIELDS, *DERIVED_FIELDS)}
    for name, value in fields.items():
        setattr(site, name, value.strip() if isinstance(value, str) else value)
    waits = None
    if fields.keys() & set(ADDRESS_FIELDS):
        write_address(site)
        if [getattr(site, name) for name in ADDRESS_FIELDS] != [before[name] for name in ADDRESS_FIELDS]:
            judgement = judge_move(before, site)
            if judgement.doubts:
                waits = _propose(site, before, judgement, now)
            else:
                _forget_coordinates(site)
                drop_reviews(
                    ref_of(site), kind=ADDRESS_REVIEW, because=_("The address was changed again."), now=now
                )
    site.version += 1
    site.save()
    refresh_match_keys([site.customer_id])
    return EditedSite(site, waits)


def judge_move(before: dict[str, Any], site: Site) -> Judgement:
    """What speaks against the address that the site now carries, `before` being what stood there."""
    old = {name: str(before[name]) for name in ADDRESS_FIELDS}
    codes = {old["postal_code"][:5], site.postal_code[:5]} - {""}
    places = {place.code: place for place in ZipPlace.objects.filter(code__in=codes)}
    place = places.get(site.postal_code[:5])
    known = before["latitude"] is not None
    return judge(
        before=Point(float(before["latitude"]), float(before["longitude"]))
        if known
        else _middle(places.get(old["postal_code"][:5]), old["city"], old["state"]),
        after=_middle(place, site.city, site.state),
        place=Place(place.state, tuple(place.cities), _point(place)) if place else None,
        city=site.city,
        state=site.state,
        postal_code=site.postal_code[:5],
        same_town=all(
            str(getattr(site, name))[:5].upper() == old[name][:5].upper()
            if name == "postal_code"
            else str(getattr(site, name)).upper() == old[name].upper()
            for name in TOWN_FIELDS
        ),
        limit_miles=the_company().address_move_miles,
    )


def insert_site(customer: Customer, branch: Branch, fields: SiteFields, *, uuid: UUID | None = None) -> Site:
    """Write a new site of a customer that the caller holds."""
    site = Site(uuid=uuid or uuid4(), customer=customer, branch=branch)
    for name, value in fields.items():
        if name != "branch_id":
            setattr(site, name, value.strip() if isinstance(value, str) else value)
    write_address(site)
    site.save(force_insert=True)
    return site


def write_address(site: Site) -> None:
    """The address in its standard form, with what follows from it: match key, time zone, standing."""
    if not site.street:
        raise NotPossible(_("A site needs a street address."), field="street")
    if not site.city:
        raise NotPossible(_("A site needs a city."), field="city")
    site.state = site.state.upper()
    if site.state not in STATES:
        raise NotPossible(_("“%(state)s” is not a state.") % {"state": site.state}, field="state")
    city_line = f"{site.city}, {site.state} {site.postal_code[:5]}"
    parsed = parse_address([" ".join((site.street, site.unit)).strip(), city_line])
    site.address_standing = AddressStanding.AS_GIVEN
    if parsed.street:
        site.street, site.unit = parsed.street, parsed.unit
        if not parsed.problems:
            site.address_standing = AddressStanding.STANDARDISED
    site.city = standard_case(site.city)
    site.match_key = match_key(
        site.street, unit=site.unit, city=site.city, state=site.state, postal_code=site.postal_code
    )[:120]
    site.time_zone = time_zone_of(site.state, site.postal_code) or site.branch.time_zone


def check_fields(fields: dict[str, Any], known: set[str]) -> None:
    """Raise TypeError on a field that no door may change: a mistake of the caller."""
    if unknown := fields.keys() - known:
        raise TypeError(f"unknown fields: {', '.join(sorted(unknown))}")


# A doubtful address ----------------------------------------------------------------------------------

WORDS = {
    Doubt.UNKNOWN_ZIP: gettext_lazy("The ZIP %(zip)s is not known."),
    Doubt.OTHER_CITY: gettext_lazy("%(city)s does not lie in the ZIP %(zip)s."),
    Doubt.OTHER_STATE: gettext_lazy("The ZIP %(zip)s does not lie in %(state)s."),
    Doubt.FAR: gettext_lazy("The site would move %(miles)s miles; more than %(limit)s waits for a look."),
    Doubt.UNKNOWN_DISTANCE: gettext_lazy("How far the site would move is not known."),
}


def _propose(site: Site, before: dict[str, Any], judgement: Judgement, now: datetime) -> Review:
    """Ask for the new address and put the old one back on the site."""
    wanted = {name: getattr(site, name) for name in ADDRESS_FIELDS}
    because = " ".join(
        str(WORDS[doubt])
        % {
            "zip": site.postal_code[:5],
            "city": site.city,
            "state": site.state,
            "miles": f"{judgement.miles or 0:.1f}",
            "limit": f"{the_company().address_move_miles:.0f}",
        }
        for doubt in judgement.doubts
    )
    after = site.one_line
    for name, value in before.items():
        setattr(site, name, value)
    drop_reviews(ref_of(site), kind=ADDRESS_REVIEW, because=_("Another address was proposed since."), now=now)
    return ask_for_review(
        kind=ADDRESS_REVIEW,
        subject=ref_of(site),
        subject_label=site.one_line,
        title=_("New address: %(address)s") % {"address": after},
        before={_("Address"): site.one_line},
        after={_("Address"): after, _("Why it waits"): because},
        payload={"site_id": site.pk, "before": {n: before[n] for n in ADDRESS_FIELDS}, "address": wanted},
        limit=ADDRESS_LIMIT,
        now=now,
        because=because,
        branch_id=site.branch_id,
        key=f"{ADDRESS_REVIEW}:{site.pk}",
    )


def _lock_site(review: Review) -> None:
    Site.objects.select_for_update(no_key=True).get(pk=review.payload["site_id"])


@reviewable(
    ADDRESS_REVIEW, label=gettext_lazy("Address of a site"), decide=May.DECIDE_RECORDS, lock=_lock_site
)
def take_address(review: Review) -> None:
    """Give the site the proposed address; refuses where the address has changed since."""
    move_site(review.payload["site_id"], before=review.payload["before"], wanted=review.payload["address"])


def move_site(site_id: int, *, before: dict[str, str], wanted: dict[str, str]) -> Site:
    """Write what somebody decided about a site, its guard having done its work; Stale where what stood there
    has changed since it was proposed.
    """
    site = Site.objects.select_for_update(no_key=True).select_related("branch").get(pk=site_id)
    if {name: getattr(site, name) for name in before} != before:
        raise Stale(
            _("The site has changed since this was proposed. It stands as %(address)s.")
            % {"address": site.one_line},
            theirs={_("Address"): site.one_line},
        )
    for name, value in wanted.items():
        setattr(site, name, value)
    if wanted.keys() & set(ADDRESS_FIELDS):
        write_address(site)
        _forget_coordinates(site)
    site.version += 1
    site.save()
    refresh_match_keys([site.customer_id])
    return site


def _forget_coordinates(site: Site) -> None:
    site.latitude = site.longitude = None
    site.coordinates_quality = ""


def _middle(place: ZipPlace | None, city: str, state: str) -> Point | None:
    """The middle of the ZIP, or of the city where the ZIP does not say."""
    if place is None and city:
        places = ZipPlace.objects.filter(state=state.upper(), city__iexact=city.strip())
        place = places.order_by("code").first()
    return _point(place) if place else None


def _point(place: ZipPlace) -> Point:
    return Point(float(place.latitude), float(place.longitude))
