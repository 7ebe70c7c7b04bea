"""What customers offer to their own record: copies that wait for a decision, and what was merged into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, IntegerField, QuerySet, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy

from fsm.clock import now
from fsm.panels import panel
from fsm.permissions import May

from .actions import UNDO_FOR
from .models import Band, Customer, DuplicatePair, Merge

SHOWN = 8


@dataclass(frozen=True)
class Line:
    """A record that may be this customer, or was."""

    name: str
    number: str
    url: str
    is_merged: bool
    is_sure: bool
    at: datetime
    can_undo: bool


@panel(
    "customer",
    key="copies",
    title=gettext_lazy("One customer, several records"),
    order=90,
    template="customers/_copies_panel.html",
    may=May.MERGE_CUSTOMERS,
)
def of_customer(customer: Customer, user: Any) -> dict[str, Any] | None:
    """Who may be the same, and which records went into this one; away where there is neither. One query."""
    waiting = DuplicatePair.objects.visible_to(user).waiting()
    merges = Merge.objects.visible_to(user).filter(survivor=customer, undone_at__isnull=True)
    shapes: list[tuple[QuerySet[Any], str, F, str]] = [
        (waiting.filter(first=customer), "second", F("second__uuid"), "found_at"),
        (waiting.filter(second=customer), "first", F("first__uuid"), "found_at"),
        (merges, "loser", F("uuid"), "merged_at"),
    ]
    parts = [
        rows.order_by().values(
            kind=Value(number, IntegerField()),
            who=F(f"{other}__name"),
            which=F(f"{other}__number"),
            unique=unique,
            sure=F("band") if other != "loser" else Value("", CharField()),
            at=F(at),
        )
        for number, (rows, other, unique, at) in enumerate(shapes)
    ]
    found = list(parts[0].union(*parts[1:], all=True).order_by("kind", "sure", "-at")[:SHOWN])
    lines = [
        Line(
            row["who"],
            row["which"],
            reverse("customers:merge", args=[row["unique"]])
            if row["kind"] == 2
            else reverse("customers:compare", args=[customer.uuid, row["unique"]]),
            row["kind"] == 2,
            row["sure"] == Band.AUTO,
            row["at"],
            now() - row["at"] <= UNDO_FOR,
        )
        for row in found
    ]
    return {"lines": lines, "zone": customer.branch.time_zone} if lines else None
