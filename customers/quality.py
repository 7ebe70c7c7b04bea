"""How clean the customer data is: what is measured, where records came from, how it went over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import (
    CharField,
    Count,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Left
from django.utils.translation import gettext_lazy as _

from .models import (
    AddressStanding,
    CoordinatesQuality,
    Customer,
    DuplicatePair,
    EmailAddress,
    ExternalId,
    PhoneNumber,
    QualityCount,
    Site,
    ZipPlace,
)
from .required import WANTED
from .states import PairState

Customers = QuerySet[Customer, Any]
BY_HAND = ""


@dataclass(frozen=True)
class Measure:
    """One thing that is wanted: `wanting(customers)` narrows customers to those that lack it."""

    key: str
    label: Any
    why: Any
    wanting: Callable[[Customers], Customers]


@dataclass(frozen=True)
class Found:
    """How many of how many records want it, by where they came from."""

    measure: Measure
    count: int
    total: int
    by_origin: dict[str, int]

    @property
    def percent(self) -> float:
        """The share in percent, one place."""
        return round(100 * self.count / self.total, 1) if self.total else 0.0


def _phones(**facts: Any) -> QuerySet[PhoneNumber]:
    return PhoneNumber.objects.filter(contact__customer=OuterRef("pk"), contact__is_active=True, **facts)


def _emails() -> QuerySet[EmailAddress]:
    return EmailAddress.objects.filter(contact__customer=OuterRef("pk"), contact__is_active=True)


def _sites(**facts: Any) -> QuerySet[Site]:
    return Site.objects.filter(customer=OuterRef("pk"), is_active=True, **facts)


def _duplicates(rows: Customers) -> Customers:
    waiting = DuplicatePair.objects.filter(state=PairState.WAITING)
    mine = Q(first=OuterRef("pk")) | Q(second=OuterRef("pk"))
    return rows.filter(Exists(waiting.filter(mine)))


def _unreachable(rows: Customers) -> Customers:
    return rows.exclude(Exists(_phones())).exclude(Exists(_emails()))


def _unknown_zip(rows: Customers) -> Customers:
    known = ZipPlace.objects.filter(code=OuterRef("zip5"))
    return rows.filter(Exists(_sites().annotate(zip5=Left("postal_code", 5)).exclude(Exists(known))))


def _incomplete(rows: Customers) -> Customers:
    wanting = Q()
    for kind, names in WANTED.items():
        for name in names:
            wanting |= Q(kind=kind, **{name: ""})
    return rows.filter(wanting)


MEASURES: tuple[Measure, ...] = (
    Measure(
        "duplicates",
        _("May be on record twice"),
        _("Two records share one history: half of it is missed on the phone."),
        _duplicates,
    ),
    Measure("unreachable", _("No phone and no e-mail"), _("Nobody can be told anything."), _unreachable),
    Measure(
        "unverified_phones",
        _("No verified phone"),
        _("Ask at the next call; a click marks the number as verified."),
        lambda rows: rows.filter(Exists(_phones())).exclude(Exists(_phones(verified_at__isnull=False))),
    ),
    Measure(
        "doubtful_phones",
        _("A doubtful number"),
        _("Made up, repeated digits or too short: it will not ring."),
        lambda rows: rows.filter(Exists(_phones().exclude(doubt=""))),
    ),
    Measure(
        "no_site",
        _("No site"),
        _("A job needs a place to go to."),
        lambda rows: rows.exclude(Exists(_sites())),
    ),
    Measure(
        "unknown_zip",
        _("A site with an unknown ZIP"),
        _("It stands nowhere on the map, and tax and travel are guessed."),
        _unknown_zip,
    ),
    Measure(
        "no_coordinates",
        _("A site without coordinates"),
        _("Travel to it cannot be planned."),
        lambda rows: rows.filter(Exists(_sites(latitude__isnull=True))),
    ),
    Measure(
        "coarse_coordinates",
        _("A site known only by its ZIP"),
        _("Good for miles, not for minutes."),
        lambda rows: rows.filter(Exists(_sites(coordinates_quality=CoordinatesQuality.ZIP))),
    ),
    Measure(
        "as_given",
        _("An address as it was given"),
        _("It could not be written in the standard way: look whether it exists."),
        lambda rows: rows.filter(Exists(_sites(address_standing=AddressStanding.AS_GIVEN))),
    ),
    Measure(
        "incomplete",
        _("A field missing for its kind"),
        _("Households have both names, companies their name, property managers a billing address."),
        _incomplete,
    ),
)
BY_KEY = {measure.key: measure for measure in MEASURES}


def with_origin(rows: Customers) -> Customers:
    """Annotated with `origin`: the system that the customer was first imported from, empty by hand."""
    first = ExternalId.objects.filter(customer=OuterRef("pk")).order_by("pk").values("system")[:1]
    return rows.annotate(
        origin=Coalesce(Subquery(first, output_field=CharField()), Value(BY_HAND), output_field=CharField())
    )


def measured(customers: Customers) -> list[Found]:
    """Every measure over the customers, one query each and one for the total."""
    total = customers.count()
    return [
        Found(measure, sum(by_origin.values()), total, by_origin)
        for measure in MEASURES
        for by_origin in [_by_origin(measure.wanting(customers))]
    ]


def _by_origin(rows: Customers) -> dict[str, int]:
    origins: Any = with_origin(rows).order_by()
    counted = origins.values("origin").annotate(n=Count("pk"))
    return {row["origin"]: row["n"] for row in counted.order_by("-n", "origin")}


@transaction.atomic
def count_quality(day: date) -> int:
    """Remember the day's counts by origin; the same day counted again replaces them."""
    QualityCount.objects.filter(day=day).delete()
    rows = [
        QualityCount(day=day, measure=found.measure.key, origin=origin, count=count, total=found.total)
        for found in measured(Customer.objects.filter(is_active=True))
        for origin, count in (found.by_origin or {BY_HAND: 0}).items()
    ]
    return len(QualityCount.objects.bulk_create(rows))


def trends(*, until: date, days: int = 60) -> dict[str, list[tuple[date, int]]]:
    """The counts of the last days by measure, oldest first, in one query."""
    found: dict[str, dict[date, int]] = {}
    since = until - timedelta(days=days)
    rows = QualityCount.objects.filter(day__gt=since, day__lte=until)
    for measure, day, count in rows.values_list("measure", "day", "count"):
        counts = found.setdefault(measure, {})
        counts[day] = counts.get(day, 0) + count
    return {measure: sorted(counts.items()) for measure, counts in found.items()}
