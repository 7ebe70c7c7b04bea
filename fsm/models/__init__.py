"""The kernel's rows."""

from .company import Branch, Company, Counter
from .inbox import FieldOperation, Outcome
from .live import LiveEvent
from .outbox import OutboxRow, OutboxState
from .people import User, UserBranch

__all__ = [
    "Branch",
    "Company",
    "Counter",
    "FieldOperation",
    "LiveEvent",
    "OutboxRow",
    "OutboxState",
    "Outcome",
    "User",
    "UserBranch",
]
