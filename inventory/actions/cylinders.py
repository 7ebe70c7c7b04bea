"""Cylinders: new ones, where they lie, and what went from them into circuits and back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from customers.models import Customer, SiteRole, SiteRoleKind
from customers.versions import check_version
from equipment.models import RecordKind, Refrigerant, RefrigerantRecord, pounds_and_ounces
from fsm.clock import today_in
from fsm.states import NotPossible

from ..cylinder_rules import ORIGINS, may_charge, may_take_from_circuit, room_oz
from ..models import (
    Cylinder,
    CylinderKind,
    CylinderMoveKind,
    CylinderMovement,
    CylinderOrigin,
    CylinderState,
    StockPlace,
)
from ..refusals import NotThere, OtherOwner, WrongCylinder, WrongRecord, WrongRefrigerant
from .cylinder_ledger import (
    MOST_OZ,
    NOTHING,
    facts_of,
    ledger_gaps,
    locked_cylinders,
    refuse_gone,
    refuse_less_than,
    refuse_over,
    refuse_unless_amount,
    standing,
    write,
    write_lines,
)

__all__ = [
    "add_cylinder",
    "charge_from_cylinder",
    "edit_cylinder",
    "fill_cylinder",
    "ledger_gaps",
    "move_cylinder",
    "recover_into_cylinder",
    "take_back",
]


# Cylinders themselves -----------------------------------------------------------------------------------


@transaction.atomic
def add_cylinder(
    *,
    number: str,
    refrigerant_id: int,
    kind: str,
    origin: str,
    place_id: int,
    now: datetime,
    owner_id: int | None = None,
    reclaimer: str = "",
    batch_number: str = "",
    tare_oz: Decimal | None = None,
    capacity_oz: Decimal | None = None,
    ounces: Decimal = NOTHING,
    is_purchase: bool = True,
    cost: Decimal | None = None,
    note: str = "",
    uuid: UUID | None = None,
) -> Cylinder:
    """A cylinder with what is in it: bought, or held when the ledger began. The same uuid twice is one."""
    if uuid and (known := Cylinder.objects.filter(uuid=uuid).first()):
        return known
    number = number.strip()
    owner_id = owner_id if origin == CylinderOrigin.RECOVERED else None
    _check_sort(kind, origin, owner_id, reclaimer)
    _check_weights(tare_oz, capacity_oz)
    _check_cost(cost)
    _refuse_number(number)
    place = _open_place(place_id)
    if ounces:
        refuse_unless_amount(ounces)
        _refuse_beyond(ounces, capacity_oz)
        if is_purchase and origin in (CylinderOrigin.RECOVERED, CylinderOrigin.TO_RECLAIM):
            raise WrongCylinder(
                _("Recovered refrigerant is not bought. Say that it was held at the start."),
                field="is_purchase",
            )
    made = Cylinder(
        uuid=uuid or uuid4(),
        number=number,
        refrigerant=Refrigerant.objects.get(pk=refrigerant_id),
        kind=kind,
        origin=origin,
        owner=Customer.objects.get(pk=owner_id) if owner_id else None,
        reclaimer=reclaimer.strip() if origin == CylinderOrigin.RECLAIMED else "",
        batch_number=batch_number.strip(),
        place=place,
        tare_oz=tare_oz,
        capacity_oz=capacity_oz,
        state=CylinderState.IN_USE if ounces else CylinderState.EMPTY,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        if uuid and (known := Cylinder.objects.filter(uuid=uuid).first()):
            return known
        _refuse_number(number)
        raise
    if ounces:
        kind_of_line = CylinderMoveKind.PURCHASED if is_purchase else CylinderMoveKind.OPENING
        write(
            made,
            kind_of_line,
            ounces,
            key=f"cylinder:{made.uuid}",
            now=now,
            cost=cost if is_purchase else None,
            note=note.strip()[:200],
        )
    return made


@transaction.atomic
def edit_cylinder(
    cylinder_id: int,
    *,
    number: str,
    tare_oz: Decimal | None,
    capacity_oz: Decimal | None,
    batch_number: str,
    reclaimer: str,
    version: int | None = None,
) -> Cylinder:
    """Correct a cylinder's facts; what it holds stays. Stale where it is no longer at the given version."""
    cylinder = locked_cylinders([cylinder_id])[cylinder_id]
    values = {
        "number": number.strip(),
        "tare_oz": tare_oz,
        "capacity_oz": capacity_oz,
        "batch_number": batch_number.strip(),
        "reclaimer": reclaimer.strip(),
    }
    if version is not None:
        check_version(cylinder, version, values, noun=_("cylinder"))
    _check_sort(cylinder.kind, cylinder.origin, cylinder.owner_id, reclaimer)
    _check_weights(tare_oz, capacity_oz)
    _refuse_beyond(cylinder.content_oz, capacity_oz, field="capacity_oz")
    _refuse_number(number.strip(), but=cylinder)
    for name, value in values.items():
        setattr(cylinder, name, value)
    cylinder.version += 1
    cylinder.save(update_fields=[*values, "version"])
    return cylinder


@transaction.atomic
def move_cylinder(cylinder_id: int, *, place_id: int) -> Cylinder:
    """To another truck or warehouse, with all it holds; where it lies already nothing changes."""
    cylinder = locked_cylinders([cylinder_id])[cylinder_id]
    refuse_gone(cylinder)
    if cylinder.place_id == place_id:
        return cylinder
    cylinder.place = _open_place(place_id)
    cylinder.version += 1
    cylinder.save(update_fields=["place", "version"])
    return cylinder


@transaction.atomic
def fill_cylinder(
    cylinder_id: int, *, ounces: Decimal, key: str, now: datetime, cost: Decimal | None = None, note: str = ""
) -> CylinderMovement:
    """What a supplier filled into a refillable cylinder. The same key twice is one line."""
    cylinder = locked_cylinders([cylinder_id])[cylinder_id]
    if made := standing(
        key, kind=CylinderMoveKind.PURCHASED, cylinder_id=cylinder_id, change_oz=ounces, cost=cost
    ):
        return made
    refuse_gone(cylinder)
    refuse_unless_amount(ounces)
    _check_cost(cost)
    if cylinder.kind != CylinderKind.REFILLABLE:
        raise WrongCylinder(
            _("Only a refillable cylinder is filled again by a supplier. Nothing was saved."),
            field="cylinder",
        )
    _refuse_beyond(cylinder.content_oz + ounces, cylinder.capacity_oz)
    return write(
        cylinder,
        CylinderMoveKind.PURCHASED,
        ounces,
        key=key,
        now=now,
        cost=cost,
        note=note.strip()[:200],
    )


# Circuits -----------------------------------------------------------------------------------------------


@transaction.atomic
def charge_from_cylinder(
    record_id: int,
    *,
    cylinder_id: int,
    key: str,
    now: datetime,
    ounces: Decimal | None = None,
    place_id: int | None = None,
) -> CylinderMovement:
    """Take what a record says was added out of a cylinder: all that no cylinder gave yet, or so many ounces.

    Refuses another refrigerant, more than it holds or than the record says, recovered refrigerant of another
    owner, and, with `place_id`, a cylinder that lies elsewhere. The line has the record's time. The same key
    twice is one line.
    """
    record, cylinder = _locked_pair(record_id, cylinder_id)
    wanted = {"kind": CylinderMoveKind.CHARGED, "cylinder_id": cylinder_id, "record_id": record_id}
    if made := standing(key, **wanted, **({} if ounces is None else {"change_oz": -ounces})):
        return made
    _refuse_record(record, RecordKind.ADDED)
    _refuse_cylinder(cylinder, record, place_id)
    if cylinder.origin == CylinderOrigin.TO_RECLAIM:
        raise OtherOwner(
            _("Cylinder %(number)s holds recovered refrigerant that is to be reclaimed; it is not charged.")
            % {"number": cylinder.number},
            field="cylinder",
        )
    if not may_charge(facts_of(cylinder), _owners(record, now)):
        raise OtherOwner(
            _(
                "What is in cylinder %(number)s was recovered for another owner. Without being reclaimed it "
                "goes back only into that owner's equipment (40 CFR 82.154(d))."
            )
            % {"number": cylinder.number},
            field="cylinder",
        )
    amount = refuse_unless_amount(_of_record(record, ounces))
    refuse_less_than(cylinder, amount)
    return write(
        cylinder,
        CylinderMoveKind.CHARGED,
        -amount,
        key=key,
        now=record.happened_at,
        record=record,
        technician_id=record.technician_id,
    )


@transaction.atomic
def recover_into_cylinder(
    record_id: int,
    *,
    cylinder_id: int,
    key: str,
    now: datetime,
    ounces: Decimal | None = None,
    place_id: int | None = None,
) -> CylinderMovement:
    """Put what a record says was recovered into a recovery cylinder: all of it that is in none yet, or so
    many ounces.

    Refuses another refrigerant, another owner's cylinder, and filling beyond 80 percent. The same key twice
    is one line.
    """
    record, cylinder = _locked_pair(record_id, cylinder_id)
    wanted = {"kind": CylinderMoveKind.RECOVERED, "cylinder_id": cylinder_id, "record_id": record_id}
    if made := standing(key, **wanted, **({} if ounces is None else {"change_oz": ounces})):
        return made
    _refuse_record(record, RecordKind.RECOVERED)
    _refuse_cylinder(cylinder, record, place_id)
    if cylinder.kind != CylinderKind.RECOVERY:
        raise WrongCylinder(
            _("Cylinder %(number)s is not a recovery cylinder.") % {"number": cylinder.number},
            field="cylinder",
        )
    if not may_take_from_circuit(facts_of(cylinder), _owners(record, now)):
        raise OtherOwner(
            _(
                "Cylinder %(number)s is kept for another owner (40 CFR 82.154(d)). Use that owner's, or one "
                "for what is to be reclaimed."
            )
            % {"number": cylinder.number},
            field="cylinder",
        )
    amount = refuse_unless_amount(_of_record(record, ounces))
    refuse_over(cylinder, amount, room_oz(facts_of(cylinder)))
    return write(
        cylinder,
        CylinderMoveKind.RECOVERED,
        amount,
        key=key,
        now=record.happened_at,
        record=record,
        technician_id=record.technician_id,
    )


@transaction.atomic
def take_back(record_id: int, *, now: datetime) -> list[CylinderMovement]:
    """Undo what a struck-out record moved, once: each of its lines gets one that takes it back.

    Where the cylinder left or was emptied meanwhile, a difference line evens out what cannot be there.
    """
    lines = list(
        CylinderMovement.objects.filter(
            record=record_id, kind__in=[CylinderMoveKind.CHARGED, CylinderMoveKind.RECOVERED]
        ).order_by("pk")
    )
    cylinders = locked_cylinders(line.cylinder_id for line in lines)
    done = set(
        CylinderMovement.objects.filter(reverses__in=[line.pk for line in lines]).values_list(
            "reverses", flat=True
        )
    )
    return [_take_back(cylinders[line.cylinder_id], line, now) for line in lines if line.pk not in done]


def _take_back(cylinder: Cylinder, line: CylinderMovement, now: datetime) -> CylinderMovement:
    after = cylinder.content_oz - line.change_oz
    right = NOTHING if cylinder.state == CylinderState.GONE else max(NOTHING, after)
    if cylinder.capacity_oz is not None:
        right = min(right, cylinder.capacity_oz)
    lines = [
        {
            "kind": CylinderMoveKind.VOIDED,
            "change_oz": -line.change_oz,
            "key": f"void:{line.pk}",
            "reverses": line,
            "record_id": line.record_id,
        }
    ]
    if right != after:
        lines.append(
            {
                "kind": CylinderMoveKind.WEIGHED,
                "change_oz": right - after,
                "key": f"even:{line.pk}",
                "note": _("It had left or been emptied before the record was struck out."),
            }
        )
    return write_lines(cylinder, lines, moved_at=now, technician_id=line.technician_id)[0]


def _locked_pair(record_id: int, cylinder_id: int) -> tuple[RefrigerantRecord, Cylinder]:
    """The record first, as striking it out does, then the cylinder."""
    record = (
        RefrigerantRecord.objects.select_for_update(no_key=True, of=("self",))
        .select_related("refrigerant", "circuit__unit__site")
        .get(pk=record_id)
    )
    return record, locked_cylinders([cylinder_id])[cylinder_id]


def _refuse_record(record: RefrigerantRecord, kind: RecordKind) -> None:
    if record.voided_at is not None:
        raise WrongRecord(_("This refrigerant record is struck out. Log it again first."), field="record")
    if record.kind != kind:
        raise WrongRecord(
            _("This record is about refrigerant that was %(what)s.")
            % {"what": str(record.get_kind_display()).lower()},
            field="record",
        )


def _refuse_cylinder(cylinder: Cylinder, record: RefrigerantRecord, place_id: int | None) -> None:
    refuse_gone(cylinder)
    if cylinder.refrigerant_id != record.refrigerant_id:
        raise WrongRefrigerant(
            _("Cylinder %(number)s holds %(held)s; this circuit holds %(wanted)s. Nothing was moved.")
            % {
                "number": cylinder.number,
                "held": cylinder.refrigerant.designation,
                "wanted": record.refrigerant.designation,
            },
            field="cylinder",
        )
    if place_id is not None and cylinder.place_id != place_id:
        raise NotThere(
            _("Cylinder %(number)s is in %(place)s, not on this truck. Move it first.")
            % {"number": cylinder.number, "place": cylinder.place.name},
            field="cylinder",
        )


def _owners(record: RefrigerantRecord, now: datetime) -> frozenset[int]:
    """Whose equipment it is: the site's owner where one is named, else its customer."""
    site = record.circuit.unit.site
    today = today_in(site.time_zone, now)
    named = SiteRole.objects.filter(
        Q(from_on__isnull=True) | Q(from_on__lte=today),
        Q(until_on__isnull=True) | Q(until_on__gte=today),
        site=site,
        kind=SiteRoleKind.OWNER,
    ).values_list("customer_id", flat=True)
    return frozenset(named) or frozenset({site.customer_id})


def _of_record(record: RefrigerantRecord, ounces: Decimal | None) -> Decimal:
    """How much of the record this cylinder is to move; refuses more than is left of it."""
    moved: Decimal = (
        CylinderMovement.objects.filter(record=record).aggregate(n=Sum("change_oz"))["n"] or NOTHING
    )
    left = record.ounces - abs(moved)
    if left <= 0 or (ounces is not None and ounces > left):
        raise WrongRecord(
            _("The record says %(said)s, and %(moved)s of it is booked on cylinders already.")
            % {"said": pounds_and_ounces(record.ounces), "moved": pounds_and_ounces(abs(moved))},
            field="ounces",
        )
    return left if ounces is None else ounces


# Checks -------------------------------------------------------------------------------------------------


def _check_sort(kind: str, origin: str, owner_id: int | None, reclaimer: str) -> None:
    if kind not in CylinderKind.values:
        raise WrongCylinder(_("Say what sort of cylinder it is."), field="kind")
    if origin not in ORIGINS[kind]:
        names = _(" or ").join(str(CylinderOrigin(name).label).lower() for name in ORIGINS[kind])
        raise WrongCylinder(
            _("What a %(kind)s cylinder holds is %(names)s.")
            % {"kind": str(CylinderKind(kind).label).lower(), "names": names},
            field="origin",
        )
    if origin == CylinderOrigin.RECOVERED and owner_id is None:
        raise OtherOwner(
            _("Say whose refrigerant it is: without being reclaimed it goes back only to them."),
            field="owner",
        )
    if origin == CylinderOrigin.RECLAIMED and not reclaimer.strip():
        raise WrongCylinder(_("Say who reclaimed it."), field="reclaimer")


def _check_weights(tare_oz: Decimal | None, capacity_oz: Decimal | None) -> None:
    for name, value in (("tare_oz", tare_oz), ("capacity_oz", capacity_oz)):
        if value is not None and not (value.is_finite() and 0 < value <= MOST_OZ):
            raise NotPossible(
                _("A weight must be more than nothing, and one that a cylinder can have."), field=name
            )


def _check_cost(cost: Decimal | None) -> None:
    if cost is not None and not (cost.is_finite() and 0 <= cost <= MOST_OZ):
        raise NotPossible(_("A cost cannot be below zero."), field="cost")


def _refuse_beyond(ounces: Decimal, capacity_oz: Decimal | None, field: str = "ounces") -> None:
    if capacity_oz is not None and ounces > capacity_oz:
        raise NotPossible(
            _("%(amount)s is more than this cylinder holds (%(most)s).")
            % {"amount": pounds_and_ounces(ounces), "most": pounds_and_ounces(capacity_oz)},
            field=field,
        )


def _refuse_number(number: str, but: Cylinder | None = None) -> None:
    if not number:
        raise NotPossible(_("Give the number that stands on the cylinder."), field="number")
    others = Cylinder.objects.exclude(pk=but.pk) if but else Cylinder.objects.all()
    if others.filter(number__iexact=number).exists():
        raise NotPossible(
            _("There is already a cylinder with the number %(number)s.") % {"number": number}, field="number"
        )


def _open_place(place_id: int) -> StockPlace:
    place = StockPlace.objects.ours().get(pk=place_id)
    if not place.is_active:
        raise NotPossible(_("%(place)s is closed.") % {"place": place.name}, field="place")
    return place
