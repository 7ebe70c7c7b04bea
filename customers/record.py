"""What the record shows of a customer's own: whom to call, where, what to know first, in three queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, JSONObject
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fsm.clock import now
from fsm.models import Review
from fsm.panels import Alert
from fsm.permissions import May, allowed
from fsm.prepared import prepared

from .actions import HOW_VERIFIED, UNDO_FOR
from .approvers import approvers_at, in_words
from .models import (
    ChannelConsent,
    Contact,
    Customer,
    CustomerFile,
    CustomerNote,
    DuplicatePair,
    EmailAddress,
    Merge,
    PhoneNumber,
    Site,
    Wish,
)

SHOWN_NOTES, SHOWN_CHILDREN, SHOWN_FILES, SHOWN_MERGES = 30, 50, 24, 8


@dataclass
class Extras:
    """What hangs on the record in small numbers."""

    notes: list[dict[str, Any]]
    children: list[dict[str, Any]]
    files: list[dict[str, Any]]
    merges: list[dict[str, Any]]  # records that went into this one
    duplicates: int = 0
    look_alike: str = ""  # the uuid of the likeliest of them
    address_waits: str = ""
    alerts: list[Alert] = field(default_factory=list)


def _listed(rows: QuerySet[Any], most: int, **fields: Any) -> Any:
    return ArraySubquery(rows[:most].values(listed=JSONObject(**fields)))


def extras_of(customer: Customer, user: Any) -> Extras:
    """Notes, parts of the customer, files, what went into the record, and what waits about it: one query."""
    row = _extras(user, customer=customer.pk)[0]
    merges_kept = row["merges_kept"] or []
    for kept in (row["notes_kept"], row["files_kept"], merges_kept):
        for one in kept:
            one["at"] = datetime.fromisoformat(one["at"])
    for one in merges_kept:
        one["can_undo"] = now() - one["at"] <= UNDO_FOR
    return Extras(
        row["notes_kept"],
        row["children_kept"],
        row["files_kept"],
        merges_kept,
        row["duplicates"],
        str(row["look_alike"] or ""),
        row["waits"] or "",
    )


@prepared
def _extras(user: Any, *, customer: Any) -> Any:
    mine = {"customer": OuterRef("pk")}
    pairs = DuplicatePair.objects.visible_to(user).waiting()
    pairs = pairs.filter(Q(first=customer) | Q(second=customer)).order_by()
    counted = pairs.values("state").annotate(n=Count("pk")).values("n")
    other = Case(When(first=customer, then="second__uuid"), default="first__uuid")
    likeliest = pairs.order_by("-score", "pk").annotate(other=other).values("other")[:1]
    waiting = Review.objects.waiting().filter(subject_kind="site", kind="site.address")
    waiting = waiting.filter(subject_uuid__in=Site.objects.filter(customer=customer).values("uuid"))
    merges = Merge.objects.visible_to(user).filter(survivor=OuterRef("pk"), undone_at__isnull=True)
    children = Customer.objects.visible_to(user).filter(parent=OuterRef("pk")).order_by("name", "pk")
    return (
        Customer.objects.filter(pk=customer)
        .values(
            notes_kept=_listed(
                CustomerNote.objects.filter(**mine).order_by("-is_pinned", "-created_at", "-pk"),
                SHOWN_NOTES,
                uuid="uuid", body="body", is_pinned="is_pinned", author_name="author_name", at="created_at",
            ),
            children_kept=_listed(children, SHOWN_CHILDREN, uuid="uuid", name="name", number="number"),
            files_kept=_listed(
                CustomerFile.objects.filter(**mine, removed_at=None).order_by("-created_at", "-pk"),
                SHOWN_FILES,
                uuid="uuid", name="name", kind="content_type", size="size", who="author_name",
                at="created_at",
            ),
            merges_kept=_listed(
                merges.order_by("-merged_at", "-pk"),
                SHOWN_MERGES,
                uuid="uuid", name="loser__name", number="loser__number", at="merged_at",
            ),
            duplicates=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
            look_alike=Subquery(likeliest),
            waits=Subquery(waiting.order_by("pk").values("title")[:1]),
        )
    )  # fmt: skip


def contacts_of(customer: Customer, user: Any) -> list[Any]:
    """The contacts with their numbers, addresses and wishes, as lists on the row: one query."""
    contacts: list[Any] = _contacts(user, customer=customer.pk)
    for contact in contacts:
        for one in (*contact.numbers, *contact.addresses):
            one["verified"] = _verified(one)
    return contacts


@prepared
def _contacts(_user: Any, *, customer: Any) -> QuerySet[Contact]:
    mine = {"contact": OuterRef("pk")}
    checked = {"verified_at": "verified_at", "by": "verified_by__name", "how": "verified_how"}
    return (
        Contact.objects.filter(customer=customer)
        .annotate(
            numbers=_listed(
                PhoneNumber.objects.filter(**mine).order_by("-is_primary", "pk"),
                20,
                e164="e164", extension="extension", label="label", doubt="doubt", **checked,
            ),
            addresses=_listed(
                EmailAddress.objects.filter(**mine).order_by("-is_primary", "pk"),
                20,
                address="address",
                **checked,
            ),
            refused=ArraySubquery(
                ChannelConsent.objects.filter(**mine, wish=Wish.NO).order_by("channel").values("channel")
            ),
        )
        .order_by("-is_active", "-is_primary", "name", "pk")
    )  # fmt: skip


def sites_of(customer: Customer, user: Any, today: date) -> list[Any]:
    """The sites, those in use first, each with the sentences about who approves work there: one query."""
    sites: list[Any] = _sites(user, customer=customer.pk, on=today)
    for site in sites:
        site.customer = customer
        site.approvers = in_words(site.approver_rows)
    return sites


@prepared
def _sites(_user: Any, *, customer: Any, on: Any) -> QuerySet[Site]:
    rows = Site.objects.filter(customer=customer).annotate(approver_rows=approvers_at("pk", on=on))
    return rows.order_by("-is_active", "street", "pk")


def _verified(one: dict[str, Any]) -> str:
    """By whom, when and how a number or an address was tried; empty where nobody did."""
    if not one["verified_at"]:
        return ""
    day = date_format(datetime.fromisoformat(one["verified_at"]), "N j, Y")
    how = str(HOW_VERIFIED.get(one["how"], one["how"]))
    return ", ".join(part for part in (_("Verified %(day)s") % {"day": day}, how, one["by"] or "") if part)


def alerts_of(customer: Customer, contacts: list[Any], extras: Extras, user: Any, today: date) -> list[Alert]:
    """What must be known first, beside the refusals that stand above everything."""
    alerts = []
    expires = customer.tax_certificate_expires
    if not customer.is_taxable and expires and expires < today:
        alerts.append(
            Alert(
                "red",
                "warning",
                _("The tax exemption expired."),
                _("%(certificate)s was good until %(day)s. Ask for a new certificate before billing.")
                % {
                    "certificate": customer.tax_certificate or _("The certificate"),
                    "day": date_format(expires, "N j, Y"),
                },
                reverse("customers:edit-customer", args=[customer.uuid]),
                _("Edit"),
            )
        )  # fmt: skip
    if extras.duplicates and allowed(user, May.MERGE_CUSTOMERS):
        words = ngettext(
            "There may be another record of this customer.",
            "There may be %(n)s other records of this customer.",
            extras.duplicates,
        )
        alerts.append(
            Alert(
                "amber",
                "swap",
                words % {"n": extras.duplicates},
                "",
                reverse("customers:compare", args=[customer.uuid, extras.look_alike]),
                _("Compare"),
            )
        )
    if extras.address_waits:
        alerts.append(
            Alert(
                "amber", "clock", _("An address waits for a decision."), extras.address_waits,
                reverse("fsm:reviews"), _("Reviews"),
            )
        )  # fmt: skip
    active = [contact for contact in contacts if contact.is_active]
    if not any(contact.numbers or contact.addresses for contact in active):
        alerts.append(
            Alert(
                "amber",
                "phone",
                _("No way to reach them."),
                _("No contact has a number or an e-mail address."),
            )
        )
    return alerts
