"""Cylinders on the scales: a small difference is a line of the ledger, a large one waits for a manager."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from equipment.compliance_rows import the_settings
from equipment.models import pounds_and_ounces
from fsm.clock import now as clock_now
from fsm.models import Review, ReviewState, User
from fsm.permissions import May, Role, allowed
from fsm.references import ref_of
from fsm.reviews import approve_review, ask_for_review, others_who_may, reviewable
from fsm.states import NotPossible, Stale

from ..models import Cylinder, CylinderMoveKind, CylinderMovement
from .cylinder_ledger import MOST_OZ, locked_cylinders, refuse_gone, refuse_over, standing, write

WEIGHT_REVIEW = "cylinder_weight"
WEIGHT_LIMIT = timedelta(days=2)
WEIGHT_DECIDE = May.EDIT_PARTS  # managers and owners, as for counts
MINUS = "\N{MINUS SIGN}"


@transaction.atomic
def weigh_cylinder(
    cylinder_id: int,
    *,
    gross_oz: Decimal,
    key: str,
    now: datetime,
    by: User,
    note: str = "",
) -> CylinderMovement | Review:
    """Compare the scales with the ledger: within the house's tolerance the difference is a line (also where
    there is none), beyond it a proposal that a manager decides. One key weighs once.
    """
    cylinder = locked_cylinders([cylinder_id])[cylinder_id]
    if made := standing(key, kind=CylinderMoveKind.WEIGHED, cylinder_id=cylinder_id):
        return made
    asked = Review.objects.filter(
        kind=WEIGHT_REVIEW, subject_kind="cylinder", subject_uuid=cylinder.uuid, payload__key=key
    ).first()
    if asked is not None:
        return asked
    refuse_gone(cylinder)
    net = _net(cylinder, gross_oz)
    difference = net - cylinder.content_oz
    if abs(difference) <= the_settings().balance_tolerance_oz:
        return _weighed(cylinder, difference, key=key, now=now, by_id=_technician(by), note=note)
    review = _ask(cylinder, gross_oz, net, key=key, now=now, by=by, note=note)
    if allowed(by, WEIGHT_DECIDE) and not others_who_may(WEIGHT_DECIDE, by).exists():
        review = approve_review(review.pk, by=by, version=review.version, now=now)
    return review


def _technician(by: User) -> int | None:
    return by.pk if by.role == Role.TECHNICIAN else None


def _net(cylinder: Cylinder, gross_oz: Decimal) -> Decimal:
    if cylinder.tare_oz is None:
        raise NotPossible(
            _("Nobody knows what cylinder %(number)s weighs empty. Enter that first.")
            % {"number": cylinder.number},
            field="gross_oz",
        )
    if not gross_oz.is_finite() or not 0 < gross_oz <= MOST_OZ:
        raise NotPossible(_("This is not what a cylinder weighs."), field="gross_oz")
    if gross_oz < cylinder.tare_oz:
        raise NotPossible(
            _("Empty, cylinder %(number)s weighs %(tare)s; it cannot weigh less. Nothing was saved.")
            % {"number": cylinder.number, "tare": pounds_and_ounces(cylinder.tare_oz)},
            field="gross_oz",
        )
    net: Decimal = gross_oz - cylinder.tare_oz
    if cylinder.capacity_oz is not None:
        refuse_over(cylinder, net - cylinder.content_oz, cylinder.capacity_oz - cylinder.content_oz)
    return net


def _weighed(
    cylinder: Cylinder, difference: Decimal, *, key: str, now: datetime, by_id: int | None, note: str
) -> CylinderMovement:
    return write(
        cylinder,
        CylinderMoveKind.WEIGHED,
        difference,
        key=key,
        now=now,
        technician_id=by_id,
        note=note.strip()[:200],
    )


def _ask(
    cylinder: Cylinder, gross: Decimal, net: Decimal, *, key: str, now: datetime, by: User, note: str
) -> Review:
    difference = net - cylinder.content_oz
    holds = str(_("Holds"))
    return ask_for_review(
        kind=WEIGHT_REVIEW,
        subject=ref_of(cylinder),
        subject_label=f"{cylinder.number} {cylinder.refrigerant.designation}",
        title=_("%(difference)s of %(refrigerant)s in cylinder %(number)s by weight")
        % {
            "difference": f"{'+' if difference > 0 else MINUS}{pounds_and_ounces(abs(difference))}",
            "refrigerant": cylinder.refrigerant.designation,
            "number": cylinder.number,
        },
        before={holds: pounds_and_ounces(cylinder.content_oz)},
        after={holds: pounds_and_ounces(net)},
        payload={
            "cylinder_id": cylinder.pk,
            "gross": str(gross),
            "net": str(net),
            "expected": str(cylinder.content_oz),
            "by": _technician(by),
            "note": note.strip()[:200],
            "key": key,
        },
        limit=WEIGHT_LIMIT,
        now=now,
        because=note,
        branch_id=cylinder.place.branch_id,
        key=f"{WEIGHT_REVIEW}:{cylinder.pk}",
    )


def lock_weighed_cylinder(review: Review) -> None:
    """Lock the cylinder that a weighing is about."""
    locked_cylinders([review.payload["cylinder_id"]])


@reviewable(
    WEIGHT_REVIEW,
    label=gettext_lazy("Cylinder weight"),
    decide=WEIGHT_DECIDE,
    lock=lock_weighed_cylinder,
)
def apply_weight(review: Review) -> None:
    """Post the difference to the ledger, once; Stale where the cylinder was used since it was weighed."""
    weighed = review.payload
    cylinder = locked_cylinders([weighed["cylinder_id"]])[weighed["cylinder_id"]]
    expected = Decimal(weighed["expected"])
    if cylinder.content_oz != expected:
        raise Stale(
            _("The cylinder was used since it was weighed. Reject this and have it weighed again."),
            theirs={
                _("Held when weighed"): pounds_and_ounces(expected),
                _("Holds now"): pounds_and_ounces(cylinder.content_oz),
            },
        )
    refuse_gone(cylinder)
    difference = Decimal(weighed["net"]) - cylinder.content_oz
    _weighed(
        cylinder, difference, key=weighed["key"], now=clock_now(), by_id=weighed["by"], note=weighed["note"]
    )


def weights_waiting(cylinder: Cylinder) -> list[Review]:
    """The weighings of a cylinder that wait for a decision, oldest first."""
    waiting = Review.objects.filter(
        kind=WEIGHT_REVIEW,
        state=ReviewState.WAITING,
        subject_kind="cylinder",
        subject_uuid=cylinder.uuid,
    )
    return list(waiting.order_by("asked_at", "pk"))
