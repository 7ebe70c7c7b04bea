"""What may follow what for a unit."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from fsm.states import StateTable


class UnitStatus(TextChoices):
    """Whether it runs."""

    ACTIVE = "active", _("In service")
    MOTHBALLED = "mothballed", _("Mothballed")
    RETIRED = "retired", _("Retired")


UNIT_STATES = StateTable(
    "unit",
    {
        UnitStatus.ACTIVE: frozenset({UnitStatus.MOTHBALLED, UnitStatus.RETIRED}),
        UnitStatus.MOTHBALLED: frozenset({UnitStatus.ACTIVE, UnitStatus.RETIRED}),
        UnitStatus.RETIRED: frozenset({UnitStatus.ACTIVE}),
    },
)


class CaseState(TextChoices):
    """Where a leak case stands; found from its events (equipment/compliance/clocks.py)."""

    OPEN = "open", _("Open")
    EXTENDED = "extended", _("Extended")
    REPAIRED = "repaired", _("Repaired, not yet tested")
    FOLLOW_UP = "follow_up", _("Follow-up test due")
    PLAN_REQUIRED = "plan_required", _("Plan required")
    PLAN_ACTIVE = "plan_active", _("Plan under way")
    SUSPENDED = "suspended", _("Suspended while mothballed")
    CLOSED = "closed", _("Closed")
    RETROFITTED = "retrofitted", _("Retrofitted")
    RETIRED = "retired", _("Retired")
    RELIEVED = "relieved", _("Relieved")
    WITHDRAWN = "withdrawn", _("Withdrawn")


CASE_CLOSED = frozenset(
    {
        CaseState.CLOSED,
        CaseState.RETROFITTED,
        CaseState.RETIRED,
        CaseState.RELIEVED,
        CaseState.WITHDRAWN,
    }
)


class ClaimState(TextChoices):
    """Where a warranty claim stands."""

    OPEN = "open", _("To be sent")
    SENT = "sent", _("Sent")
    APPROVED = "approved", _("Approved")
    DENIED = "denied", _("Denied")
    CREDITED = "credited", _("Credited")


CLAIM_STATES = StateTable(
    "claim",
    {
        ClaimState.OPEN: frozenset({ClaimState.SENT, ClaimState.DENIED}),
        ClaimState.SENT: frozenset({ClaimState.APPROVED, ClaimState.DENIED, ClaimState.CREDITED}),
        ClaimState.APPROVED: frozenset({ClaimState.CREDITED, ClaimState.DENIED}),
        ClaimState.DENIED: frozenset({ClaimState.SENT}),
        ClaimState.CREDITED: frozenset(),
    },
)


class OpportunityState(TextChoices):
    """Where an opportunity stands."""

    NEW = "new", _("New")
    TRIAGED = "triaged", _("Looked at")
    CONTACTING = "contacting", _("Talking to the customer")
    SNOOZED = "snoozed", _("Later")
    CONVERTED = "converted", _("Became work")
    DISMISSED = "dismissed", _("Dismissed")


OPPORTUNITY_OPEN = frozenset(
    {
        OpportunityState.NEW,
        OpportunityState.TRIAGED,
        OpportunityState.CONTACTING,
        OpportunityState.SNOOZED,
    }
)
OPPORTUNITY_STATES = StateTable(
    "opportunity",
    {
        OpportunityState.NEW: frozenset(OpportunityState) - {OpportunityState.NEW},
        OpportunityState.TRIAGED: frozenset(
            {
                OpportunityState.CONTACTING,
                OpportunityState.SNOOZED,
                OpportunityState.CONVERTED,
                OpportunityState.DISMISSED,
            }
        ),
        OpportunityState.CONTACTING: frozenset(
            {OpportunityState.SNOOZED, OpportunityState.CONVERTED, OpportunityState.DISMISSED}
        ),
        OpportunityState.SNOOZED: frozenset(
            {
                OpportunityState.TRIAGED,
                OpportunityState.CONTACTING,
                OpportunityState.CONVERTED,
                OpportunityState.DISMISSED,
            }
        ),
        OpportunityState.CONVERTED: frozenset(),
        OpportunityState.DISMISSED: frozenset({OpportunityState.TRIAGED}),
    },
)
