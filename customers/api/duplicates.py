"""Customers who may be one: pairs to decide, merges, and merges taken apart."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from rest_framework import serializers

from fsm.api.fields import Input, Listed, OneOf, Output, Seen, Text, Whole
from fsm.api.views import Deed, Listing, seen_again
from fsm.clock import now
from fsm.permissions import May

from .. import actions
from ..actions import duplicates
from ..match_wording import veto, worded
from ..models import Band, Customer, DuplicatePair, Merge
from ..states import PairState
from ..survivorship import GROUPS, LOSER
from .shapes import CustomerBrief, seen_customers


class DuplicateOutput(Output):
    first = CustomerBrief()
    second = CustomerBrief()
    reasons = serializers.SerializerMethodField(help_text="What speaks for it and against it, with points.")

    class Meta:
        model = DuplicatePair
        fields = (
            "uuid", "first", "second", "score", "band", "reasons", "state", "found_at", "decided_at",
            "decided_because", "version",
        )  # fmt: skip

    def get_reasons(self, row: DuplicatePair) -> list[str]:
        """As the page says them."""
        return [
            f"{worded(word)} ({points:+d})" if points is not None else str(veto(word))
            for word, points in row.reasons
        ]


class DuplicateFilter(filters.FilterSet):  # type: ignore[misc]
    """By what became of them, and by how sure it is."""

    state = filters.ChoiceFilter(choices=PairState.choices)
    band = filters.ChoiceFilter(choices=Band.choices)

    class Meta:
        model = DuplicatePair
        fields: tuple[str, ...] = ()


def _pairs(user: Any) -> QuerySet[DuplicatePair]:
    return DuplicatePair.objects.visible_to(user).select_related("first", "second")


class Duplicates(Listing):
    """Pairs of customers who may be one, the surest first."""

    may = May.MERGE_CUSTOMERS
    OutputSerializer = DuplicateOutput
    order = ("-score", "pk")
    filterset = DuplicateFilter

    def rows(self) -> QuerySet[Any]:
        """Those of which the person sees both."""
        return _pairs(self.user)


class KeepApart(Deed):
    """Say that the two are not the same; no search proposes them again."""

    may = May.MERGE_CUSTOMERS
    OutputSerializer = DuplicateOutput

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of what you read.")
        because = Text(most=300, required=False)

    def rows(self) -> QuerySet[Any]:
        """Those of which the person sees both."""
        return _pairs(self.user)

    def do(self, data: dict[str, Any]) -> DuplicatePair:
        """Decide and show."""
        duplicates.keep_apart(self.thing.pk, now=now(), by=self.user, **data)
        pair: DuplicatePair = seen_again(_pairs(self.user), self.thing.pk)
        return pair


class MergeOutput(Output):
    survivor = CustomerBrief()
    loser = CustomerBrief()

    class Meta:
        model = Merge
        fields = ("uuid", "survivor", "loser", "because", "merged_at", "undone_at")


class UndoneOutput(MergeOutput):
    left_behind = serializers.SerializerMethodField(help_text="What came or changed since, and stays.")

    class Meta(MergeOutput.Meta):
        fields = (*MergeOutput.Meta.fields, "left_behind")  # type: ignore[assignment]

    def get_left_behind(self, row: Merge) -> list[str]:
        """Each with the reason."""
        return [f"{one.label}: {one.why}" for one in actions.left_behind(row)]


def _merges(user: Any) -> QuerySet[Merge]:
    return Merge.objects.visible_to(user).select_related("survivor", "loser")


class Merges(Listing):
    """What was merged, the latest first."""

    may = May.MERGE_CUSTOMERS
    OutputSerializer = MergeOutput
    order = ("-merged_at", "-pk")

    def rows(self) -> QuerySet[Any]:
        """Those whose survivor the person sees."""
        return _merges(self.user)


class MergeCustomers(Deed):
    """Take another customer into this one, with everything that hangs on it. For 90 days it can be undone."""

    may = May.MERGE_CUSTOMERS
    status = 201
    OutputSerializer = MergeOutput

    class InputSerializer(Input):
        version = Whole(least=1, help_text="Of this customer, as you read it.")
        other = Seen(lambda user: Customer.objects.visible_to(user))
        other_version = Whole(least=1, help_text="Of the other, as you read it.")
        take_from_other = Listed(
            OneOf(choices=list(GROUPS)),
            most=len(GROUPS),
            required=False,
            help_text="Groups of fields that stand as the other has them.",
        )
        because = Text(most=300, required=False)

    def rows(self) -> QuerySet[Any]:
        """Those the person sees."""
        return seen_customers(self.user)

    def do(self, data: dict[str, Any]) -> Merge:
        """Merge and show."""
        other = data["other"]
        made = actions.merge_customers(
            self.thing.pk,
            other.pk,
            now=now(),
            by=self.user,
            because=data.get("because", ""),
            chosen=dict.fromkeys(data.get("take_from_other", ()), LOSER),
            seen={self.thing.pk: data["version"], other.pk: data["other_version"]},
        )
        merge: Merge = seen_again(_merges(self.user), made.pk)
        return merge


class UndoMerge(Deed):
    """Take a merge apart: what it moved and is still there goes back, the rest is listed."""

    may = May.MERGE_CUSTOMERS
    OutputSerializer = UndoneOutput

    class InputSerializer(Input):
        because = Text(most=300, required=False)

    def rows(self) -> QuerySet[Any]:
        """Those whose survivor the person sees."""
        return _merges(self.user)

    def do(self, data: dict[str, Any]) -> Merge:
        """Undo and show."""
        actions.undo_merge(self.thing.pk, now=now(), by=self.user, because=data.get("because", ""))
        merge: Merge = seen_again(_merges(self.user), self.thing.pk)
        return merge
