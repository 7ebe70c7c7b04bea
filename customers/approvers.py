"""Who approves work at a site, and up to which amount nobody has to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, TextField
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils.translation import gettext as _

from fsm.money import format_money

from .models import Site, SiteRole, SiteRoleKind


def approvers_at(site: str, *, on: date) -> ArraySubquery:
    """For `annotate`: who approves work that day at the site that the path `site` leads to; those who need
    asking soonest first. What it yields is read by `in_words`.
    """
    begun = Q(from_on=None) | Q(from_on__lte=on)
    standing = SiteRole.objects.filter(begun, Q(until_on=None) | Q(until_on__gt=on), site=OuterRef(site))
    rows = standing.filter(kind=SiteRoleKind.APPROVER).order_by("not_to_exceed", "pk")
    limit = Cast("not_to_exceed", TextField())  # as text: JSON would make a float of it
    return ArraySubquery(
        rows.values(row=JSONObject(name=Coalesce("contact__name", "customer__name"), limit=limit))
    )


def who_approves(site_id: int, *, on: date) -> list[str]:
    """The sentences for one site: one query."""
    rows = Site.objects.filter(pk=site_id).values_list(approvers_at("pk", on=on), flat=True)
    return in_words(rows.get())


def in_words(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each approver as a sentence, with the limit where there is one."""
    return [
        _("%(name)s approves the work: up to %(amount)s without asking.")
        % {"name": row["name"], "amount": format_money(Decimal(row["limit"]))}
        if row["limit"] is not None
        else _("%(name)s approves the work.") % {"name": row["name"]}
        for row in rows
    ]
