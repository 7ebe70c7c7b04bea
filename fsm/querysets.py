"""What many querysets share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models.expressions import RawSQL

from .permissions import May, allowed

M = TypeVar("M", bound=models.Model)
Rows = TypeVar("Rows", bound=models.QuerySet[Any])


def any_of(keys: Iterable[Any], kind: str = "bigint") -> RawSQL:
    """For `pk__in=`: thousands of keys that travel as one parameter; `kind` is their type in the database."""
    return RawSQL(f"SELECT unnest(%s::{kind}[])", [list(keys)])  # noqa: S611 (the kind is a programmer's)


MOST_NUMBERS = 300  # a beginning such as "J1" fits a tenth of everything: nobody reads so far


def by_number(rows: Rows, exact: Iterable[str], beginning: models.Q) -> Rows:
    """For a list of suggestions: the rows with one of these numbers, and some of those that begin so."""
    plain = rows.order_by().values("pk")
    some = plain.filter(beginning)[:MOST_NUMBERS]
    # United, because an OR around a subquery would read the whole table.
    return rows.filter(pk__in=plain.filter(number__in=list(exact)).union(some, all=True))


def leading_to(rows: models.QuerySet[M], unique: UUID) -> models.QuerySet[M]:
    """The row that a uuid leads to, of any kind of rows."""
    return rows.at(unique) if isinstance(rows, OfficeQuerySet) else rows.filter(uuid=unique)


class OfficeQuerySet(models.QuerySet[M]):
    """Rows that office roles see, within the branches a person is limited to.

    Subclasses name the capability and the path to the branch ("" where the row has none).
    """

    capability: May
    branch_path = "branch"

    def visible_to(self, user: Any) -> Self:
        """What this person may see; not theirs is as good as not there."""
        if not allowed(user, self.capability):
            return self.none()
        if self.branch_path and user.branch_ids:
            return self.filter(**{f"{self.branch_path}__in": user.branch_ids})
        return self

    def at(self, unique: UUID) -> Self:
        """The row that this uuid leads to; kinds whose rows can take one another's place know more."""
        return self.filter(uuid=unique)

    def in_place_of(self, uuids: Iterable[UUID]) -> dict[UUID, M]:
        """Rows that took the place of others: where the uuid of each of those leads now."""
        del uuids
        return {}
