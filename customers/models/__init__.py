"""Who and where, and what we told them."""

from .communications import Channel, Communication, Direction
from .imports import ImportBatch, ImportRow, RowOutcome
from .records import (
    Contact,
    Customer,
    CustomerKind,
    CustomerNote,
    EmailAddress,
    ExternalId,
    PhoneNumber,
    Site,
    Terms,
)

__all__ = [
    "Channel",
    "Communication",
    "Contact",
    "Customer",
    "CustomerKind",
    "CustomerNote",
    "Direction",
    "EmailAddress",
    "ExternalId",
    "ImportBatch",
    "ImportRow",
    "PhoneNumber",
    "RowOutcome",
    "Site",
    "Terms",
]
