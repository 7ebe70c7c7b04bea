"""Warranty claims: what failed, sent, approved or denied, the part sent back, the credit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from customers.versions import check_version
from fsm.attribution import because as with_reason
from fsm.references import Reference
from fsm.states import NotPossible

from ..models import Warranty, WarrantyClaim
from ..states import CLAIM_STATES, ClaimState

CLAIM_FIELDS: Final = frozenset(
    {
        "failed_part", "failed_serial", "new_part", "new_serial", "fault", "failed_on", "rma",
        "return_due_on", "returned_on", "credit_expected", "note",
    }
)  # fmt: skip
MOST_CREDIT: Final = Decimal(1_000_000)


@transaction.atomic
def open_claim(
    warranty_id: int,
    *,
    failed_part: str,
    fault: str,
    failed_on: date,
    today: date,
    uuid: UUID | None = None,
    work: Reference | None = None,
    **fields: Any,
) -> WarrantyClaim:
    """A part failed that the warranty may pay for; the same uuid twice is one claim."""
    warranty = Warranty.objects.select_for_update(no_key=True).get(pk=warranty_id)
    if uuid and (standing := WarrantyClaim.objects.filter(uuid=uuid).first()):
        if standing.warranty_id != warranty.pk:
            raise NotPossible(_("Something else already has this uuid. Nothing was changed."), field="uuid")
        return standing
    if failed_on > today:
        raise NotPossible(_("A part cannot have failed on a day to come."), field="failed_on")
    claim = WarrantyClaim(uuid=uuid or uuid4(), warranty=warranty)
    if work is not None:
        claim.work_kind, claim.work_uuid = work.kind, work.uuid
    _assign(claim, {"failed_part": failed_part, "fault": fault, "failed_on": failed_on, **fields})
    claim.save(force_insert=True)
    return claim


@transaction.atomic
def edit_claim(claim_id: int, *, version: int, **fields: Any) -> WarrantyClaim:
    """Correct or complete a claim: part numbers, RMA, when the part goes and went back, what we expect."""
    claim = WarrantyClaim.objects.select_for_update(no_key=True).get(pk=claim_id)
    check_version(claim, version, fields, noun=_("claim"))
    _assign(claim, fields)
    return _save(claim, *fields)


@transaction.atomic
def send_claim(claim_id: int, *, rma: str = "", because: str = "") -> WarrantyClaim:
    """It went to the maker or distributor; a denied one goes again for a reason."""
    claim = _locked(claim_id, ClaimState.SENT)
    if claim.state == ClaimState.DENIED and not because.strip():
        raise NotPossible(_("Say why the claim goes again."), field="because")
    claim.state = ClaimState.SENT
    claim.rma = rma.strip()[:40] or claim.rma
    with with_reason(because.strip()[:200]):
        return _save(claim, "state", "rma")


@transaction.atomic
def approve_claim(claim_id: int, *, credit_expected: Decimal | None = None) -> WarrantyClaim:
    """They will pay, as much as they say."""
    claim = _locked(claim_id, ClaimState.APPROVED)
    claim.state = ClaimState.APPROVED
    if credit_expected is not None:
        claim.credit_expected = _money(credit_expected, "credit_expected")
    return _save(claim, "state", "credit_expected")


@transaction.atomic
def deny_claim(claim_id: int, *, because: str) -> WarrantyClaim:
    """They will not pay, for the reason they gave."""
    if not because.strip():
        raise NotPossible(_("Say why it was denied."), field="because")
    claim = _locked(claim_id, ClaimState.DENIED)
    claim.state, claim.note = ClaimState.DENIED, because.strip()[:200]
    with with_reason(claim.note):
        return _save(claim, "state", "note")


@transaction.atomic
def credit_claim(claim_id: int, *, received: Decimal, on: date, today: date) -> WarrantyClaim:
    """The credit arrived; it may be another amount than we expected."""
    if on > today:
        raise NotPossible(_("A credit cannot have arrived on a day to come."), field="on")
    claim = _locked(claim_id, ClaimState.CREDITED)
    if on < claim.failed_on:
        raise NotPossible(_("The credit cannot be older than the failure."), field="on")
    claim.state, claim.credit_received, claim.credited_on = (
        ClaimState.CREDITED,
        _money(received, "received"),
        on,
    )
    return _save(claim, "state", "credit_received", "credited_on")


def _locked(claim_id: int, target: ClaimState) -> WarrantyClaim:
    claim = WarrantyClaim.objects.select_for_update(no_key=True).get(pk=claim_id)
    CLAIM_STATES.check(claim.state, target)
    return claim


def _assign(claim: WarrantyClaim, fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - CLAIM_FIELDS:
        raise TypeError(f"unknown fields: {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(claim, name, value.strip() if isinstance(value, str) else value)
    for name, words in (
        ("failed_part", _("Say which part failed.")),
        ("fault", _("Say what was wrong with it.")),
    ):
        if not getattr(claim, name):
            raise NotPossible(words, field=name)
    if claim.credit_expected is not None:
        claim.credit_expected = _money(claim.credit_expected, "credit_expected")
    for name in ("return_due_on", "returned_on"):
        if (day := getattr(claim, name)) and day < claim.failed_on:
            raise NotPossible(_("The part cannot go back before it failed."), field=name)


def _money(amount: Decimal, field: str) -> Decimal:
    if not amount.is_finite() or not 0 <= amount <= MOST_CREDIT:
        raise NotPossible(_("A credit is an amount of money, nothing or more."), field=field)
    return amount


def _save(claim: WarrantyClaim, *fields: str) -> WarrantyClaim:
    claim.version += 1
    claim.save(update_fields=[*fields, "version"])
    return claim
