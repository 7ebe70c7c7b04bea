"""Named questions about customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from fsm.permissions import May, allowed
from fsm.querysets import OfficeQuerySet

from .search import FoundCustomer, statement, understand

if TYPE_CHECKING:
    from .models import (  # noqa: F401 (named in strings below)
        Communication,
        Contact,
        Customer,
        CustomerNote,
        ImportBatch,
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

    def for_record(self) -> CustomerQuerySet:
        """A customer with what its page's head shows."""
        return self.select_related("branch", "parent", "bill_to")


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
