"""Opportunities: a reason to call a customer, looked at, put off, dismissed or turned into work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from fsm.attribution import because as with_reason
from fsm.clock import today_in
from fsm.company import the_company
from fsm.history import update_with_history
from fsm.references import Reference
from fsm.states import NotPossible

from ..models import Opportunity, OpportunityKind, Unit
from ..states import OPPORTUNITY_STATES, OpportunityState

MOST_REASONS = 20


@transaction.atomic
def raise_opportunity(
    unit_id: int, *, kind: str, summary: str, reasons: Sequence[str], score: int = 0, uuid: UUID | None = None
) -> Opportunity:
    """A reason to offer something for a unit. While one of its kind is open the reasons join it: it was seen
    once more and its score is the higher one.
    """
    if kind not in OpportunityKind.values:
        raise NotPossible(_("Say what would be offered."), field="kind")
    if not summary.strip():
        raise NotPossible(_("Say what it is about."), field="summary")
    unit = Unit.objects.select_for_update(no_key=True).get(pk=unit_id)
    score = min(max(score, 0), 100)
    if uuid and (known := Opportunity.objects.filter(uuid=uuid).first()):
        if known.unit_id != unit.pk:
            raise NotPossible(_("Something else already has this uuid. Nothing was changed."), field="uuid")
        return known
    standing = Opportunity.objects.open().select_for_update(no_key=True).filter(unit=unit, kind=kind).first()
    if standing is None:
        return Opportunity.objects.create(
            kind=kind,
            site_id=unit.site_id,
            unit=unit,
            summary=summary.strip()[:200],
            reasons=list(reasons)[:MOST_REASONS],
            score=score,
            **({"uuid": uuid} if uuid else {}),
        )
    standing.reasons = list(dict.fromkeys([*reasons, *standing.reasons]))[:MOST_REASONS]
    standing.score = max(standing.score, score)
    standing.times_seen += 1
    return _save(standing, "reasons", "score", "times_seen")


@transaction.atomic
def triage_opportunity(opportunity_id: int, *, because: str = "") -> Opportunity:
    """Somebody looked at it and keeps it; a dismissed one comes back for a reason."""
    row = _locked(opportunity_id, OpportunityState.TRIAGED)
    if row.state == OpportunityState.DISMISSED:
        if not because.strip():
            raise NotPossible(_("Say why it comes back."), field="because")
        if Opportunity.objects.open().filter(unit=row.unit, kind=row.kind).exists():
            raise NotPossible(_("Another one is open for this unit. Go on with that."))
    row.state, row.snoozed_until = OpportunityState.TRIAGED, None
    with with_reason(because.strip()[:200]):
        return _save(row, "state", "snoozed_until")


@transaction.atomic
def contact_about_opportunity(opportunity_id: int) -> Opportunity:
    """We are talking to the customer."""
    row = _locked(opportunity_id, OpportunityState.CONTACTING)
    row.state, row.snoozed_until = OpportunityState.CONTACTING, None
    return _save(row, "state", "snoozed_until")


@transaction.atomic
def snooze_opportunity(opportunity_id: int, *, until: date, today: date) -> Opportunity:
    """Put it off until a day, on which it comes back by itself."""
    if until <= today:
        raise NotPossible(_("Choose a day to come."), field="until")
    row = _locked(opportunity_id, OpportunityState.SNOOZED)
    row.state, row.snoozed_until = OpportunityState.SNOOZED, until
    return _save(row, "state", "snoozed_until")


@transaction.atomic
def dismiss_opportunity(opportunity_id: int, *, because: str) -> Opportunity:
    """Nothing will come of it, for a reason."""
    if not because.strip():
        raise NotPossible(_("Say why nothing comes of it."), field="because")
    row = _locked(opportunity_id, OpportunityState.DISMISSED)
    row.state, row.dismissed_because, row.snoozed_until = (
        OpportunityState.DISMISSED,
        because.strip()[:200],
        None,
    )
    with with_reason(row.dismissed_because):
        return _save(row, "state", "dismissed_because", "snoozed_until")


@transaction.atomic
def convert_opportunity(opportunity_id: int, *, work: Reference) -> Opportunity:
    """It became work: a job or an estimate, which it points at from now on."""
    row = _locked(opportunity_id, OpportunityState.CONVERTED)
    row.state, row.work_kind, row.work_uuid = OpportunityState.CONVERTED, work.kind, work.uuid
    row.snoozed_until = None
    return _save(row, "state", "work_kind", "work_uuid", "snoozed_until")


@transaction.atomic
def wake_opportunities(*, now: datetime) -> int:
    """Bring back what was put off until today; returns how many."""
    today = today_in(the_company().time_zone, now)
    due = Opportunity.objects.filter(state=OpportunityState.SNOOZED, snoozed_until__lte=today)
    return update_with_history(due, state=OpportunityState.TRIAGED, snoozed_until=None)


def _locked(opportunity_id: int, target: OpportunityState) -> Opportunity:
    row = Opportunity.objects.select_for_update(no_key=True, of=("self",)).get(pk=opportunity_id)
    OPPORTUNITY_STATES.check(row.state, target)
    return row


def _save(row: Opportunity, *fields: str) -> Opportunity:
    row.version += 1
    row.save(update_fields=[*fields, "version"])
    return row
