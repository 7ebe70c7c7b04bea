"""The kernel's rows."""

from .company import Branch, Company, Counter
from .exchanges import Exchange, ExchangeOutcome, SafekeepingRun, SensitiveLook
from .inbox import FieldOperation, Outcome
from .live import LiveEvent
from .outbox import OutboxRow, OutboxState
from .people import User, UserBranch
from .recent import OpenedItem
from .reviews import Review, ReviewState
from .tokens import ApiQuota, ApiRequest, ApiToken, Invitation, LinkKind, SignIn

__all__ = [
    "ApiQuota",
    "ApiRequest",
    "ApiToken",
    "Branch",
    "Company",
    "Counter",
    "Exchange",
    "ExchangeOutcome",
    "FieldOperation",
    "Invitation",
    "LinkKind",
    "LiveEvent",
    "OpenedItem",
    "OutboxRow",
    "OutboxState",
    "Outcome",
    "Review",
    "ReviewState",
    "SafekeepingRun",
    "SensitiveLook",
    "SignIn",
    "User",
    "UserBranch",
]
