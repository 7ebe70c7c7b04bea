"""Named questions about customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsm.permissions import May
from fsm.querysets import OfficeQuerySet

if TYPE_CHECKING:
    from .models import Communication, Customer, ImportBatch, Site  # noqa: F401 (named in strings below)


class CustomerQuerySet(OfficeQuerySet["Customer"]):
    """Who we work for."""

    capability = May.SEE_CUSTOMERS


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
