"""Named questions about customers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject

from fsm.models import Company, UserBranch
from fsm.permissions import May, allowed
from fsm.querysets import OfficeQuerySet

from .search import FoundCustomer, statement, understand
from .states import PairState

if TYPE_CHECKING:
    from .models import (  # noqa: F401 (named in strings below)
        Communication,
        Contact,
        Customer,
        CustomerNote,
        DuplicatePair,
        ImportBatch,
        Merge,
        Site,
    )


def find_customers(query: str, user: Any, limit: int = 12) -> list[FoundCustomer]:
    """The customers a caller may mean, best first, in one query.

    By phone in any format (or its last four digits), by name with words in any order and typing errors, by
    contact, address, e-mail or number.
    """
    wanted = understand(query)
    if wanted.is_empty or not allowed(user, May.SEE_CUSTOMERS):
        return []
    sql, params = statement(wanted, limit=limit, branch_ids=user.branch_ids or None)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [FoundCustomer(*row) for row in cursor.fetchall()]


class CustomerQuerySet(OfficeQuerySet["Customer"]):
    """Who we work for."""

    capability = May.SEE_CUSTOMERS

    def living(self) -> Self:
        """Without those that were merged into another."""
        return self.filter(merged_into__isnull=True)

    def visible_to(self, user: Any) -> Self:
        """Tombstones are in no list; their uuid leads to who took their place (`at`, `in_place_of`)."""
        return super().visible_to(user).living()

    def at(self, unique: UUID) -> Self:
        """The customer of this uuid, or the one it was merged into."""
        meant = self.model._base_manager.filter(uuid=unique)
        return self.filter(pk__in=meant.values(living=Coalesce("merged_into_id", "pk")))

    def in_place_of(self, uuids: Iterable[UUID]) -> dict[UUID, Customer]:
        """By the uuid of a tombstone: the customer it was merged into."""
        rows = self.filter(tombstones__uuid__in=list(uuids)).annotate(stood=F("tombstones__uuid"))
        return {row.stood: row for row in rows}  # type: ignore[attr-defined]

    def with_likeness(self) -> Self:
        """With what the matcher compares, as lists on the row: `people`, `numbers`, `addresses`, `places`."""
        from .models import Contact, EmailAddress, PhoneNumber, Site

        def listed(rows: Any, *fields: str) -> Any:
            value = JSONObject(**{name: name for name in fields}) if len(fields) > 1 else F(fields[0])
            return ArraySubquery(rows.order_by("pk").values(listed=value))

        here = {"is_active": True, "customer": OuterRef("pk")}
        theirs = {"contact__is_active": True, "contact__customer": OuterRef("pk")}
        return self.annotate(
            people=listed(Contact.objects.filter(**here), "name"),
            numbers=listed(PhoneNumber.objects.filter(**theirs), "e164"),
            addresses=listed(EmailAddress.objects.filter(**theirs), "address"),
            places=listed(Site.objects.filter(**here), "street", "unit", "city", "state", "postal_code"),
        )

    def for_record(self) -> CustomerQuerySet:
        """A customer with what its page's head shows, and the clock of the company's books."""
        books = Company.objects.order_by("pk").values("time_zone")[:1]
        return self.select_related("branch", "parent", "bill_to").annotate(books_zone=Subquery(books))


class DuplicatePairQuerySet(OfficeQuerySet["DuplicatePair"]):
    """Questions whether two customers are one."""

    capability = May.MERGE_CUSTOMERS
    branch_path = ""

    def visible_to(self, user: Any) -> Self:
        """Where the person sees both; costs no query of its own, so that it can be counted in passing."""
        if not allowed(user, self.capability):
            return self.none()
        mine = UserBranch.objects.filter(user_id=user.pk)
        both = Q(first__branch__in=mine.values("branch"), second__branch__in=mine.values("branch"))
        return self.filter(both | ~Exists(mine))

    def waiting(self) -> Self:
        """Not decided yet."""
        return self.filter(state=PairState.WAITING)


class MergeQuerySet(OfficeQuerySet["Merge"]):
    """What was merged."""

    capability = May.MERGE_CUSTOMERS
    branch_path = "survivor__branch"


class ContactQuerySet(OfficeQuerySet["Contact"]):
    """Whom to call."""

    capability = May.SEE_CUSTOMERS
    branch_path = "customer__branch"


class CustomerNoteQuerySet(OfficeQuerySet["CustomerNote"]):
    """What is to be remembered."""

    capability = May.SEE_CUSTOMERS
    branch_path = "customer__branch"


class SiteQuerySet(OfficeQuerySet["Site"]):
    """Where we work."""

    capability = May.SEE_CUSTOMERS


class CommunicationQuerySet(OfficeQuerySet["Communication"]):
    """What we told them."""

    capability = May.SEE_CUSTOMERS
    branch_path = "customer__branch"


class ImportBatchQuerySet(OfficeQuerySet["ImportBatch"]):
    """Files that were brought in."""

    capability = May.IMPORT_CUSTOMERS
    branch_path = ""
